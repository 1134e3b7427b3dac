//! Which imports there were and what became of them; this is what makes a repeat harmless.

use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::Contract;
use crate::http::Reply;

/// What became of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Committed,
    Previewed,
    Rejected,
    Cancelled,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Previewed => "previewed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "committed" => Self::Committed,
            "previewed" => Self::Previewed,
            "rejected" => Self::Rejected,
            _ => Self::Cancelled,
        }
    }
}

/// An import's line in the ledger.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) dry_run: bool,
    /// Of the decoded content.
    pub(super) digest: String,
    pub(super) state: State,
    pub(super) status: u16,
    pub(super) answer: String,
}

impl Entry {
    pub(super) fn cancelled() -> Self {
        let answer = serde_json::json!({ "status": "cancelled" }).to_string();
        Self { dry_run: false, digest: String::new(), state: State::Cancelled, status: 200, answer }
    }

    /// The name is taken. A preview's result can be asked for, and claims nothing.
    pub(super) fn claims_the_name(&self) -> bool {
        !self.dry_run || self.state == State::Cancelled
    }

    pub(super) fn reply(&self) -> Reply {
        Reply::json(self.status, self.answer.clone())
    }
}

pub(super) fn find(db: &Connection, contract: Contract, id: &str) -> Result<Option<Entry>> {
    let sql = "SELECT dry_run, digest, state, status, answer FROM imports WHERE contract = ?1 AND id = ?2";
    let entry = db.query_row(sql, params![contract.0, id], |row| {
        let state: String = row.get(2)?;
        Ok(Entry {
            dry_run: row.get(0)?,
            digest: row.get(1)?,
            state: State::of(&state),
            status: row.get(3)?,
            answer: row.get(4)?,
        })
    });
    entry.optional()
}

pub(super) fn write(db: &Connection, contract: Contract, id: &str, entry: &Entry) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO imports (contract, id, dry_run, digest, state, status, answer)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Entry { dry_run, digest, state, status, answer } = entry;
    db.execute(sql, params![contract.0, id, dry_run, digest, state.as_str(), status, answer]).map(|_| ())
}
