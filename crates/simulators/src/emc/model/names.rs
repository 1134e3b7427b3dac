//! The calls on an import: hand it in, look it up, settle it for ever. A name stands for one content and one effect.

use std::fmt::Write as _;

use jiff::Timestamp;
use rusqlite::Result;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::apply::Importer;
use super::calls::{Call, failure};
use super::ledger::{self, Entry, State};
use super::rows::{Outcome, RowError};
use super::{Contract, Model, import};
use crate::http::Reply;

impl Model {
    /// `PUT`: does the import, or repeats what became of it.
    pub(super) fn put(&mut self, contract: Contract, id: &str, call: &Call, now: Timestamp) -> Result<Reply> {
        if !call.content_type.starts_with("application/x-ndjson") || call.content_encoding != "gzip" {
            return Ok(failure(415, "an import is application/x-ndjson with content-encoding gzip"));
        }
        let dry_run = match call.query.get("dry_run") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Ok(failure(400, "dry_run is true or false")),
        };
        let content = import::decode(&call.body);
        let digest =
            content.as_ref().map_or_else(|_| hex(&Sha256::digest(&call.body)), |text| hex(&Sha256::digest(text)));
        if let Some(entry) = ledger::find(&self.db, contract, id)?.filter(Entry::claims_the_name) {
            let repeats = !dry_run && entry.digest == digest && entry.state != State::Cancelled;
            return Ok(if repeats { entry.reply() } else { conflict() });
        }
        self.work(contract, id, dry_run, digest, content, now)
    }

    /// `GET`: the result again.
    pub(super) fn look_up(&self, contract: Contract, id: &str) -> Result<Reply> {
        let entry = ledger::find(&self.db, contract, id)?;
        Ok(entry.map_or_else(|| failure(404, "there is no such import"), |entry| entry.reply()))
    }

    /// `DELETE`: what was committed stays; anything else can never be committed any more.
    pub(super) fn settle(&mut self, contract: Contract, id: &str) -> Result<Reply> {
        let entry = match ledger::find(&self.db, contract, id)? {
            Some(entry) if entry.state == State::Committed => entry,
            _ => {
                ledger::write(&self.db, contract, id, &Entry::cancelled())?;
                Entry::cancelled()
            }
        };
        Ok(entry.reply())
    }

    /// Does a new import in one transaction, its result included.
    fn work(
        &mut self,
        contract: Contract,
        id: &str,
        dry_run: bool,
        digest: String,
        content: Result<Vec<u8>, RowError>,
        now: Timestamp,
    ) -> Result<Reply> {
        let words = self.search_words(contract)?;
        let transaction = self.db.transaction()?;
        let result = match content {
            Ok(text) => import::apply(Importer::new(&transaction, contract, &words, now)?, &text)?,
            Err(refusal) => Err(vec![refusal]),
        };
        let entry = entry(dry_run, digest, result);
        if entry.state == State::Committed {
            ledger::write(&transaction, contract, id, &entry)?;
            transaction.commit()?;
        } else {
            transaction.rollback()?;
            ledger::write(&self.db, contract, id, &entry)?;
        }
        Ok(entry.reply())
    }
}

fn entry(dry_run: bool, digest: String, result: Result<Outcome, Vec<RowError>>) -> Entry {
    match result {
        Ok(outcome) => {
            let state = if dry_run { State::Previewed } else { State::Committed };
            let mut answer = Map::from_iter([("status".to_owned(), json!(state.as_str()))]);
            if let Value::Object(parts) = json!(outcome) {
                answer.extend(parts);
            }
            Entry { dry_run, digest, state, status: 200, answer: Value::Object(answer).to_string() }
        }
        Err(errors) => {
            let answer = json!({ "status": State::Rejected.as_str(), "errors": errors }).to_string();
            Entry { dry_run, digest, state: State::Rejected, status: 422, answer }
        }
    }
}

fn conflict() -> Reply {
    Reply::json(409, json!({ "status": "conflict", "message": "this id was used for something else" }).to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
