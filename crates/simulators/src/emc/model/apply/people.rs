//! Who a user is, and deletions that can be taken back: EMC keeps a deleted user for 30 days, by ID and person.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Result, Transaction, params};

use super::super::Contract;
use super::super::items;
use super::super::line::{Actual, Expect};

/// How long a deletion can be taken back.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A user as EMC has it.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) person: Option<String>,
    pub(super) items: BTreeMap<String, String>,
}

/// What a put does to the ID that it names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Refused {
        code: &'static str,
        message: &'static str,
    },
    /// The account stays; it may get another person.
    Update {
        person: Option<String>,
        drift: Option<Actual>,
    },
    /// The ID is free, or is made so; an account of the same person may come back.
    Create {
        clears: bool,
        may_restore: bool,
        drift: Option<Actual>,
    },
}

/// The contract's table of `expect` and what is there.
pub(super) fn decide(expect: Expect, before: Option<&Account>, person: Option<&str>) -> Decision {
    let Some(before) = before else {
        let drift = (expect != Expect::Create).then_some(Actual::Create);
        return Decision::Create { clears: false, may_restore: expect != Expect::Replace, drift };
    };
    let kept = before.person.as_deref();
    match expect {
        Expect::Create => Decision::Refused { code: "exists", message: "the ID exists already" },
        Expect::Replace => Decision::Create { clears: true, may_restore: false, drift: None },
        Expect::Adopt => Decision::Update { person: person.or(kept).map(str::to_owned), drift: Some(Actual::Update) },
        _ if kept.is_some() && person.is_some() && kept != person => {
            Decision::Refused { code: "other_person", message: "the ID is another person's" }
        }
        _ => Decision::Update { person: kept.or(person).map(str::to_owned), drift: None },
    }
}

pub(super) fn find(db: &Transaction<'_>, contract: Contract, id: &str) -> Result<Option<Account>> {
    let sql = "SELECT person, items FROM users WHERE contract = ?1 AND id = ?2";
    db.prepare_cached(sql)?.query_row(params![contract.0, id], account).optional()
}

/// Takes a user away and keeps it for its person. Where EMC knows none, for the person that the delete names; what nobody
/// can be told to own cannot come back.
pub(super) fn delete(
    db: &Transaction<'_>,
    contract: Contract,
    id: &str,
    account: &Account,
    named: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    if let Some(person) = account.person.as_deref().or(named) {
        let sql = "INSERT OR REPLACE INTO deleted_users (contract, id, person, items, deleted_at)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let items = items::text(&account.items);
        db.prepare_cached(sql)?.execute(params![contract.0, id, person, items, now.as_second()])?;
    }
    db.prepare_cached("DELETE FROM users WHERE contract = ?1 AND id = ?2")?.execute(params![contract.0, id])?;
    Ok(())
}

/// Gives back what was deleted within the last 30 days, once.
pub(super) fn take_back(
    db: &Transaction<'_>,
    contract: Contract,
    id: &str,
    person: &str,
    now: Timestamp,
) -> Result<Option<Account>> {
    let sql = "DELETE FROM deleted_users WHERE contract = ?1 AND id = ?2 AND person = ?3 AND deleted_at >= ?4
               RETURNING person, items";
    let since = (now - KEPT).as_second();
    db.prepare_cached(sql)?.query_row(params![contract.0, id, person, since], account).optional()
}

pub(super) fn forget_old(db: &Transaction<'_>, contract: Contract, now: Timestamp) -> Result<()> {
    let sql = "DELETE FROM deleted_users WHERE contract = ?1 AND deleted_at < ?2";
    db.prepare_cached(sql)?.execute(params![contract.0, (now - KEPT).as_second()])?;
    Ok(())
}

fn account(row: &rusqlite::Row<'_>) -> Result<Account> {
    Ok(Account { person: row.get(0)?, items: items::read(&row.get::<_, String>(1)?) })
}
