//! The calls on an import: hand it in, look it up, settle it for ever.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::fault::Fault;
use super::ledger::{self, Entry, State};
use super::received::Received;
use super::{Asked, World, failure, import};
use crate::http::Reply;

/// Imports that are "being processed": their result exists, and is not shown yet.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<String, (u32, Instant)>);

impl Waiting {
    fn hide(&mut self, id: &str, polls: u32, time: Duration) {
        self.0.insert(id.to_owned(), (polls, Instant::now() + time));
    }

    /// The 202 of an import whose time has not come; asking is what wears the wait down.
    fn still(&mut self, id: &str) -> Option<Reply> {
        let (polls, until) = self.0.get_mut(id)?;
        if *polls == 0 && *until <= Instant::now() {
            self.0.remove(id);
            return None;
        }
        *polls = polls.saturating_sub(u32::from(*polls != u32::MAX));
        Some(processing())
    }
}

fn processing() -> Reply {
    Reply::json(202, json!({ "status": "processing" }).to_string())
}

impl World {
    pub(super) fn put(&mut self, id: &str, asked: &Asked, body: Bytes, faults: &[Fault]) -> Reply {
        if !asked.content_type.starts_with("application/x-ndjson") || asked.content_encoding != "gzip" {
            return failure(415, "an import is application/x-ndjson with content-encoding gzip");
        }
        let dry_run = match asked.query.get("dry_run") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return failure(400, "dry_run is true or false"),
        };
        if let Some(reply) = self.waiting.still(id) {
            return reply;
        }
        let (entry, is_new) = match self.take(id, dry_run, &body) {
            Ok(taken) => taken,
            Err(error) => return failure(500, &error.to_string()),
        };
        let reply = entry.as_ref().map_or_else(
            || {
                Reply::json(
                    409,
                    json!({ "status": "conflict", "message": "this id was used for something else" }).to_string(),
                )
            },
            Entry::reply,
        );
        let committed = is_new && entry.is_some_and(|entry| entry.state == State::Committed);
        self.received.push(Received { import_id: id.to_owned(), dry_run, status: reply.status, committed, body });
        for fault in faults {
            if let Fault::Processing { polls, ms } = fault {
                self.waiting.hide(id, *polls, Duration::from_millis(*ms));
                return processing();
            }
        }
        reply
    }

    pub(super) fn look_up(&mut self, id: &str) -> Reply {
        if let Some(reply) = self.waiting.still(id) {
            return reply;
        }
        match ledger::find(&self.store.db, id) {
            Ok(Some(entry)) => entry.reply(),
            Ok(None) => failure(404, "no such import"),
            Err(error) => failure(500, &error.to_string()),
        }
    }

    pub(super) fn settle(&mut self, id: &str) -> Reply {
        if let Some(reply) = self.waiting.still(id) {
            return reply;
        }
        let settled = ledger::find(&self.store.db, id).and_then(|entry| match entry {
            Some(entry) if entry.state == State::Committed => Ok(entry),
            _ => ledger::write(&self.store.db, id, &Entry::cancelled()).map(|()| Entry::cancelled()),
        });
        settled.map_or_else(|error| failure(500, &error.to_string()), |entry| entry.reply())
    }

    /// The entry of this import, new or from before; `None` where its id was used for something else.
    fn take(&mut self, id: &str, dry_run: bool, body: &[u8]) -> rusqlite::Result<(Option<Entry>, bool)> {
        let content = import::decode(body);
        let digest = content.as_ref().map_or_else(|_| hex(&Sha256::digest(body)), |text| hex(&Sha256::digest(text)));
        // A preview claims nothing: its id may be used again, for a preview or for the import itself.
        if let Some(entry) = ledger::find(&self.store.db, id)?
            && (!entry.dry_run || entry.state == State::Cancelled)
        {
            let same = !dry_run && entry.digest == digest && entry.state != State::Cancelled;
            return Ok((same.then_some(entry), false));
        }
        let words = self.store.search_words();
        let transaction = self.store.db.transaction()?;
        let result = match content {
            Ok(text) => import::apply(&transaction, &words, &text)?,
            Err(refusal) => Err(vec![refusal]),
        };
        let (state, status, answer) = match result {
            Ok(outcome) => {
                let state = if dry_run { State::Previewed } else { State::Committed };
                let answer = json!({
                    "status": state.as_str(),
                    "departments": outcome.departments,
                    "users": outcome.users,
                    "drift": outcome.drift,
                });
                (state, 200, answer)
            }
            Err(errors) => (State::Rejected, 422, json!({ "status": "rejected", "errors": errors })),
        };
        let entry = Entry { dry_run, digest, state, status, answer: answer.to_string() };
        if state == State::Committed {
            ledger::write(&transaction, id, &entry)?;
            transaction.commit()?;
        } else {
            transaction.rollback()?;
            ledger::write(&self.store.db, id, &entry)?;
        }
        Ok((Some(entry), true))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
