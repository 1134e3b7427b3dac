//! Answers that are kept until it is clear whom they are about: a server may ignore the filter that it was asked with.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::listing::{ListingPage, PageSink};
use super::wire::Text;

/// Keeps the answers of a short listing, to be read once it is whole.
pub(super) struct Gathered {
    /// The 在籍状況 that was asked for; empty where it was not.
    status: &'static str,
    pub(super) bodies: Vec<Bytes>,
    pub(super) ids: HashSet<String>,
    /// Whether somebody came who was not asked for. Then nothing is kept.
    pub(super) has_others: bool,
}

impl Gathered {
    pub(super) fn of(status: &'static str) -> Self {
        Self { status, bodies: Vec::new(), ids: HashSet::new(), has_others: false }
    }
}

impl PageSink for Gathered {
    fn restart(&mut self) {
        *self = Self::of(self.status);
    }

    fn page(&mut self, body: &Bytes, seen: &mut dyn FnMut(Option<&str>)) -> Result<u64, ()> {
        let entries = sketch(body).ok_or(())?;
        let mut count = 0;
        for entry in &entries {
            let Some(entry) = entry else {
                seen(None);
                continue;
            };
            count += 1;
            self.has_others |= entry.is_other_than(self.status);
            if let Some(id) = &entry.id {
                seen(Some(id.as_str()));
                self.ids.insert(id.as_str().to_owned());
            }
        }
        self.bodies.push(body.clone());
        if self.has_others {
            self.bodies.clear();
            self.ids.clear();
        }
        Ok(count)
    }
}

/// What tells whether an entry is of those who were asked for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Sketch<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow, default)]
    emp_status: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) emp_code: Option<Text<'a>>,
}

impl Sketch<'_> {
    /// A status that cannot be read says nothing.
    fn is_other_than(&self, status: &str) -> bool {
        !status.is_empty() && self.emp_status.as_ref().is_some_and(|own| own.as_str() != status)
    }
}

/// The entries of a page, nulls left in; `None` where it is no list.
fn sketch(body: &[u8]) -> Option<Vec<Option<Sketch<'_>>>> {
    let body = simdutf8::basic::from_utf8(body).ok()?;
    if let Ok(entries) = serde_json::from_str(body) {
        return Some(entries);
    }
    let entries: Vec<&RawValue> = serde_json::from_str(body).ok()?;
    // What is no crew is told when it is handed on.
    Some(
        entries.into_iter().map(|entry| serde_json::from_str(entry.get()).unwrap_or(Some(Sketch::default()))).collect(),
    )
}

/// The entries of several pages; one that is no list is told when it is handed on.
pub(super) fn sketches(bodies: &[Bytes]) -> Vec<Sketch<'_>> {
    bodies.iter().filter_map(|body| sketch(body)).flatten().flatten().collect()
}

/// Whether a page holds somebody of another 在籍状況: the filter was ignored.
pub(super) fn lists_others(page: &ListingPage, status: &str) -> bool {
    sketches(&page.bodies).iter().any(|entry| entry.is_other_than(status))
}
