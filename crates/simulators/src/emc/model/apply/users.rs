//! Users: their items, and the checks of each.

use std::collections::BTreeMap;

use rusqlite::{Result, params};

use super::super::items::{self, AUTOMATIC, FLAG, KANA, Kind, NAME, PASSWORD, USER_ID_CHARS};
use super::super::line::{Actual, Delete, Expect, Put, Record};
use super::super::rows::Restored;
use super::people::{self, Account, Decision};
use super::{At, Importer, is_blank};

/// What a user who is made anew must have; one who is there has a password already.
const REQUIRED: [&str; 3] = [NAME, KANA, PASSWORD];
const REQUIRED_OF_KNOWN: &[&str] = REQUIRED.split_at(2).0;

impl Importer<'_> {
    pub(in super::super) fn put_user(&mut self, line: u64, put: Put) -> Result<()> {
        let Put { id, person, expect, set, on_create, on_update, .. } = put;
        let at = At { record: Record::User, line: Some(line), id: &id };
        if !self.id_is_good(at, "ユーザID", USER_ID_CHARS) {
            return Ok(());
        }
        let before = people::find(self.db, self.contract, &id)?;
        let (account, further, required) = match people::decide(expect, before.as_ref(), person.as_deref()) {
            Decision::Refused { code, message } => {
                self.refuse(at, code, message);
                return Ok(());
            }
            Decision::Update { person, drift } => {
                self.note_drift(at, expect, drift);
                self.outcome.users.updated += 1;
                (
                    Account { person, items: before.map(|before| before.items).unwrap_or_default() },
                    on_update,
                    REQUIRED_OF_KNOWN,
                )
            }
            Decision::Create { clears, may_restore, drift } => {
                self.note_drift(at, expect, drift);
                self.outcome.users.created += 1;
                if let Some(before) = before.filter(|_| clears) {
                    people::delete(self.db, self.contract, &id, &before, None, self.now)?;
                    self.outcome.users.deleted += 1;
                }
                let back = if may_restore { self.restore(at, person.as_deref())? } else { None };
                match back {
                    Some(account) => (account, on_update, REQUIRED_OF_KNOWN),
                    None => (Account { person, items: BTreeMap::new() }, on_create, &REQUIRED[..]),
                }
            }
        };
        self.write_user(at, account, required, set.into_iter().chain(further))
    }

    pub(in super::super) fn delete_user(&mut self, delete: &Delete) -> Result<()> {
        let at = At { record: Record::User, line: None, id: &delete.id };
        if !self.is_first(at) {
            return Ok(());
        }
        let named = delete.person.as_deref();
        match people::find(self.db, self.contract, at.id)? {
            None => self.drift(at, Expect::Delete, Actual::None),
            Some(account) if named.is_some() && account.person.as_deref().is_some_and(|kept| Some(kept) != named) => {
                self.drift(at, Expect::Delete, Actual::OtherPerson);
            }
            Some(account) => {
                people::delete(self.db, self.contract, at.id, &account, named, self.now)?;
                self.outcome.users.deleted += 1;
            }
        }
        Ok(())
    }

    /// The account that the same person had; without what is no more.
    fn restore(&mut self, at: At<'_>, person: Option<&str>) -> Result<Option<Account>> {
        let Some(person) = person else { return Ok(None) };
        let Some(mut account) = people::take_back(self.db, self.contract, at.id, person, self.now)? else {
            return Ok(None);
        };
        account.items.retain(|item, value| match items::kind(item) {
            Some(Kind::Department) => self.departments.contains(value),
            Some(Kind::SearchWord(number)) => self.has_option(number, value),
            _ => true,
        });
        self.outcome.restored.push(Restored { record: Record::User, id: at.id.to_owned() });
        Ok(Some(account))
    }

    fn write_user(
        &mut self,
        at: At<'_>,
        account: Account,
        required: &[&str],
        values: impl Iterator<Item = (String, Option<String>)>,
    ) -> Result<()> {
        let Account { person, items: mut own } = account;
        for (item, value) in values {
            let value = value.filter(|value| !value.is_empty());
            self.check_item(at, &item, value.as_deref());
            match value {
                Some(value) => own.insert(item, value),
                None => own.remove(&item),
            };
        }
        self.check_user(at, &own, required);
        own.insert(FLAG.to_owned(), AUTOMATIC.to_owned());
        let sql = "INSERT OR REPLACE INTO users (contract, id, person, items, tenant) VALUES (?1, ?2, ?3, ?4, ?5)";
        let values = params![self.contract.0, at.id, person, items::text(&own), self.tenant];
        self.db.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn note_drift(&mut self, at: At<'_>, expect: Expect, drift: Option<Actual>) {
        if let Some(actual) = drift {
            self.drift(at, expect, actual);
        }
    }

    fn has_option(&self, number: u8, id: &str) -> bool {
        self.options.get(&number).is_some_and(|ids| ids.contains(id))
    }

    fn check_item(&mut self, at: At<'_>, item: &str, value: Option<&str>) {
        match (items::kind(item), value) {
            (None, _) => self.error(at, item, "there is no such item of a user"),
            (Some(Kind::Department), Some(id)) if !self.departments.contains(id) => {
                self.error(at, item, "there is no such department");
            }
            (Some(Kind::SearchWord(number)), Some(id)) if !self.has_option(number, id) => {
                self.error(at, item, "there is no option of this ID in the master of the search word");
            }
            _ => {}
        }
    }

    fn check_user(&mut self, at: At<'_>, own: &BTreeMap<String, String>, required: &[&str]) {
        for item in required {
            if is_blank(own.get(*item).map(String::as_str)) {
                self.error(at, item, "the item is required");
            }
        }
        if !own.keys().any(|item| item.starts_with("緊急連絡")) {
            return;
        }
        for slot in 1..=10 {
            let (medium, address) = (items::medium(slot), items::address(slot));
            if own.contains_key(&medium) && !own.contains_key(&address) {
                self.error(at, &address, "a contact has a medium and no address");
            }
            if own.contains_key(&address) && !own.contains_key(&medium) {
                self.error(at, &medium, "a contact has an address and no medium");
            }
        }
    }
}
