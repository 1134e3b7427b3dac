//! Imports that are "being processed": their result exists, and is not shown yet.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::Reply;

#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<String, (u32, Instant)>);

impl Waiting {
    /// Hides the result of an import until it was asked for so often and so much time has passed.
    pub(super) fn hide(&mut self, id: &str, polls: u32, time: Duration) {
        self.0.insert(id.to_owned(), (polls, Instant::now() + time));
    }

    /// The 202 of an import whose time has not come; asking is what wears the wait down.
    pub(super) fn still(&mut self, id: &str) -> Option<Reply> {
        let (polls, until) = self.0.get_mut(id)?;
        if *polls == 0 && *until <= Instant::now() {
            self.0.remove(id);
            return None;
        }
        *polls = polls.saturating_sub(u32::from(*polls != u32::MAX));
        Some(processing())
    }
}

pub(super) fn processing() -> Reply {
    Reply::json(202, json!({ "status": "processing" }).to_string())
}
