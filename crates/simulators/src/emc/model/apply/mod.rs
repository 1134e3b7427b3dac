//! Writes one record after the other into the transaction and checks each, as EMC would with no trust in the sender.

mod departments;
mod people;
mod users;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Result, Transaction};

use super::Contract;
use super::line::{Actual, Expect, Record};
use super::rows::{Counts, Drift, Outcome, RowError};
use crate::emc::SearchWord;

#[derive(Debug)]
pub(super) struct Importer<'a> {
    db: &'a Transaction<'a>,
    contract: Contract,
    /// The moment of the import: deletions are kept from one commit to another.
    now: Timestamp,
    /// The option IDs of each search word.
    options: HashMap<u8, HashSet<String>>,
    pub(super) tenant: String,
    outcome: Outcome,
    errors: Vec<RowError>,
    seen: HashSet<(Record, String)>,
    /// The departments that exist at this point of the import.
    departments: HashSet<String>,
    /// The departments that this import deleted.
    gone: HashSet<String>,
}

/// The row at hand, for errors.
#[derive(Clone, Copy)]
struct At<'a> {
    record: Record,
    line: Option<u64>,
    id: &'a str,
}

impl<'a> Importer<'a> {
    pub(super) fn new(
        db: &'a Transaction<'a>,
        contract: Contract,
        words: &[SearchWord],
        now: Timestamp,
    ) -> Result<Self> {
        let mut departments = HashSet::new();
        let mut statement = db.prepare("SELECT id FROM departments WHERE contract = ?1")?;
        for id in statement.query_map([contract.0], |row| row.get(0))? {
            departments.insert(id?);
        }
        let ids = |word: &SearchWord| word.options.iter().map(|option| option.id.clone()).collect();
        Ok(Self {
            db,
            contract,
            now,
            options: words.iter().map(|word| (word.number, ids(word))).collect(),
            tenant: String::new(),
            outcome: Outcome::default(),
            errors: Vec::new(),
            seen: HashSet::new(),
            departments,
            gone: HashSet::new(),
        })
    }

    /// What holds only at the end: assignments to departments that went, and deletions whose time is over.
    pub(super) fn finish(mut self) -> Result<Result<Outcome, Vec<RowError>>> {
        if !self.errors.is_empty() {
            return Ok(Err(self.errors));
        }
        self.unassign()?;
        people::forget_old(self.db, self.contract, self.now)?;
        Ok(Ok(self.outcome))
    }

    fn id_is_good(&mut self, at: At<'_>, field: &str, most: usize) -> bool {
        let is_first = self.is_first(at);
        let length = at.id.chars().count();
        if at.id.trim().is_empty() {
            self.error(at, field, "the ID is empty");
        } else if length > most {
            self.error(at, field, &format!("the ID has {length} characters, of {most} at most"));
        }
        is_first && length <= most && !at.id.trim().is_empty()
    }

    fn is_first(&mut self, at: At<'_>) -> bool {
        let is_first = self.seen.insert((at.record, at.id.to_owned()));
        if !is_first {
            self.error(at, "ID", "the import has two lines for this ID");
        }
        is_first
    }

    fn drift(&mut self, at: At<'_>, expected: Expect, actual: Actual) {
        self.outcome.drift.push(Drift { record: at.record, id: at.id.to_owned(), expected, actual });
    }

    fn error(&mut self, at: At<'_>, field: &str, message: &str) {
        self.errors.push(RowError {
            record: at.record,
            line: at.line,
            id: at.id.to_owned(),
            field: field.to_owned(),
            message: message.to_owned(),
            code: None,
        });
    }

    /// An error that a person may decide about; its row is checked no further.
    fn refuse(&mut self, at: At<'_>, code: &'static str, message: &str) {
        self.error(at, "ID", message);
        if let Some(error) = self.errors.last_mut() {
            error.code = Some(code);
        }
    }
}

fn count(counts: &mut Counts, exists: bool) {
    if exists {
        counts.updated += 1;
    } else {
        counts.created += 1;
    }
}

fn is_blank(value: Option<&str>) -> bool {
    value.is_none_or(|value| value.trim().is_empty())
}
