//! Ways to break the contract, one rule each: what the conformance runner must notice.
//!
//! Nothing of it is in [`super::model`]. A deviation changes the call before the model sees it, the answer after it, the
//! database by a trigger, or answers by itself; which of them is the matter of the files here.

mod answers;
mod around;
mod catalogue;
mod database;
mod halves;
mod lines;
mod overlap;
mod requests;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

pub use catalogue::Deviation;

use super::model::{Call, Model};
use crate::http::Reply;

/// The mark of a call that came while another one was worked on.
const MEANWHILE: &str = "_meanwhile";

/// A model that breaks one rule.
#[derive(Debug)]
pub(super) struct Deviant {
    deviation: Deviation,
    /// Names whose body is arriving.
    arriving: HashSet<String>,
    /// Users that were restored before.
    restored: HashSet<String>,
    /// Downloads as they were first given.
    downloads: HashMap<String, Reply>,
    /// An import of which one half is done.
    half: Option<halves::Half>,
    overlap: overlap::Overlap,
    /// The first contract's token.
    token: String,
}

impl Deviant {
    /// Prepares the database and what is remembered.
    pub(super) fn new(deviation: Deviation, model: &Model, token: &str) -> rusqlite::Result<Self> {
        model.run(database::preparation(deviation))?;
        Ok(Self {
            deviation,
            arriving: HashSet::new(),
            restored: HashSet::new(),
            downloads: HashMap::new(),
            half: None,
            overlap: overlap::Overlap::default(),
            token: token.to_owned(),
        })
    }

    /// A call whose body may still be on its way.
    pub(super) fn begins(&mut self, call: &Call) {
        if let Some(id) = call.import_id().filter(|_| call.method == "PUT") {
            self.arriving.insert(id.to_owned());
            self.overlap.begins(id);
        }
    }

    /// A call whose body did not arrive whole.
    pub(super) fn broke_off(&mut self, model: &mut Model, call: &Call, now: Timestamp) {
        if self.deviation == Deviation::BrokenUploadTakesName {
            let call = Call { method: "DELETE".to_owned(), ..call.clone() };
            model.answer(&call, now);
        }
    }

    pub(super) fn answer(&mut self, model: &mut Model, mut call: Call, now: Timestamp) -> Reply {
        let deviation = self.deviation;
        let is_slow = matches!(
            deviation,
            Deviation::BusyIsConflict
                | Deviation::CancelledWhileWorking
                | Deviation::BothContentsCount
                | Deviation::SideBySide
        );
        if call.method == "PUT" && is_slow {
            // Long enough for a second request to arrive on a machine that is busy with other tests.
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        self.mark(&mut call);
        if let Some(reply) = self.instead(model, &call, now) {
            return reply;
        }
        let original = call.clone();
        requests::change(deviation, model, &mut call, &self.token);
        let remembered = around::before(deviation, model, &call);
        let mut reply = model.answer(&call, now);
        if let Some(id) = call.import_id().filter(|_| call.method == "PUT") {
            self.arriving.remove(id);
        }
        around::after(deviation, model, &call, &reply, remembered, now);
        self.remember(model, &reply);
        answers::change(deviation, &original, &mut reply);
        reply
    }

    /// Restored users, and the deletion that cannot be taken back a second time.
    fn remember(&mut self, model: &Model, reply: &Reply) {
        if self.deviation != Deviation::RestoredOnce {
            return;
        }
        let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        for entry in answer["restored"].as_array().into_iter().flatten() {
            self.restored.extend(entry["id"].as_str().map(str::to_owned));
        }
        for id in &self.restored {
            let _ = model.run(&format!("DELETE FROM deleted_users WHERE id = '{}'", id.replace('\'', "''")));
        }
    }
}

impl Deviation {
    /// The answer to a call that comes while another one is worked on, where it is not made to wait. One that waits may be
    /// marked, so that it is known later.
    pub(super) fn meanwhile(self, call: &mut Call) -> Option<Reply> {
        if matches!(self, Self::BothContentsCount | Self::SideBySide) {
            call.query.0.push((MEANWHILE.to_owned(), "true".to_owned()));
        }
        match (self, call.method.as_str(), call.import_id()) {
            (Self::BusyIsConflict, "PUT", Some(_)) => Some(Reply::json(409, "{\"status\":\"conflict\"}")),
            (Self::CancelledWhileWorking, "DELETE", Some(_)) => Some(Reply::json(200, "{\"status\":\"cancelled\"}")),
            _ => None,
        }
    }
}
