//! One cause, one line, however many people it hits.

use std::collections::BTreeMap;

use crate::fault::Code;

/// What several people may have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    /// The EMC item.
    pub(super) field: &'static str,
    /// The name of the fault, so that causes can be put in order.
    pub(super) code: &'static str,
    /// The value that is the cause; empty where the item is.
    pub(super) value: String,
}

/// The first person whom it hit, and how many they are.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) code: Code,
    pub(super) line: u32,
    pub(super) crew: String,
    pub(super) id: Option<String>,
    pub(super) detail: String,
    pub(super) people: u64,
}

/// The causes found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Grouped(BTreeMap<Cause, Hit>);

impl Grouped {
    /// One more person; `hit` describes the first.
    pub(super) fn add(&mut self, cause: Cause, hit: impl FnOnce() -> Hit) {
        self.0.entry(cause).or_insert_with(hit).people += 1;
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All causes, in the order of the people whom they hit first.
    pub(super) fn into_hits(self) -> Vec<(Cause, Hit)> {
        let mut hits: Vec<(Cause, Hit)> = self.0.into_iter().collect();
        hits.sort_by_key(|(_, hit)| hit.line);
        hits
    }
}
