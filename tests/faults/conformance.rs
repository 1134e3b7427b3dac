//! What the runs were seen to do, in the model's words, and held against the model step by step.

use std::collections::HashMap;

use model::replay::ROOM;
use model::{Act, Answer, Import, Reach, Replay, Rules, Run, Seen};
use serde_json::Value;

/// What an interaction was, as far as the model knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Act(Act),
    /// Reads what a plan is made from.
    Gathers,
    /// Records or mails.
    Tells,
    /// Reads or gives back the lock, lists: tells the model nothing.
    Other,
}

#[derive(Debug)]
pub(crate) struct Conformance {
    replay: Replay,
    /// Which run handed over the import of this name.
    runs: HashMap<String, Run>,
    wrong: Option<String>,
}

impl Default for Conformance {
    fn default() -> Self {
        Self { replay: Replay::new(Rules::ALL), runs: HashMap::new(), wrong: None }
    }
}

impl Conformance {
    /// The run that an import, or a snapshot, is of; `None` for what was there at the beginning.
    pub(crate) fn run_of(&self, name: &str) -> Option<Run> {
        self.runs.get(name).copied()
    }

    /// A run names its import for the first time.
    pub(crate) fn named(&mut self, name: &str, run: usize) {
        if let Ok(run) = Run::try_from(run) {
            self.runs.insert(name.to_owned(), run);
        }
    }

    /// A run was seen to do this.
    pub(crate) fn saw(&mut self, run: usize, kind: &Kind, reach: Reach) {
        if self.wrong.is_some() || run >= ROOM {
            return;
        }
        let run = Run::try_from(run).unwrap();
        let seen = match kind {
            Kind::Act(act) => Seen::Act(run, *act, reach),
            Kind::Gathers => Seen::Gathers(run),
            Kind::Tells => Seen::Tells(run),
            Kind::Other => return,
        };
        self.wrong = self.replay.take(seen).err().map(|refused| refused.to_string());
    }

    /// How many steps the model has allowed; or the one that it has not.
    pub(crate) fn verdict(&self) -> Result<usize, String> {
        match &self.wrong {
            Some(wrong) => Err(wrong.clone()),
            None if self.replay.is_right() => Ok(self.replay.steps()),
            None => Err("the model's end is wrong".to_owned()),
        }
    }
}

/// The name in a `pending.json` or `snapshot.json`.
pub(crate) fn name_in(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap();
    value["run_id"].as_str().unwrap().to_owned()
}

/// What EMC said of an import.
pub(crate) fn answer_of(status: u16, body: &[u8]) -> Answer {
    let said = serde_json::from_slice::<Value>(body).unwrap_or_default();
    match (status, said["status"].as_str().unwrap_or_default()) {
        (200, "committed") => Answer::Import(Import::Committed),
        (200, "cancelled") => Answer::Import(Import::Cancelled),
        (202, _) => Answer::Import(Import::Processing),
        (404, _) => Answer::Import(Import::Unknown),
        (422, _) => Answer::Import(Import::Rejected),
        _ => Answer::Refused,
    }
}
