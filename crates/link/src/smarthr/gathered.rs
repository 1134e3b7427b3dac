//! Answers that are kept until it is clear whom they are about: a server may ignore the filter that it was asked with.

use std::collections::HashSet;
use std::io::{self, Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde_json::value::RawValue;

use super::listing::{ListingPage, PageSink};
use super::wire::Text;

/// Keeps the answers of a short listing, to be read once it is whole.
pub(super) struct Gathered {
    /// The 在籍状況 that was asked for; empty where it was not.
    status: &'static str,
    bodies: KeptBodies,
    pub(super) ids: HashSet<String>,
    /// Whether somebody came who was not asked for. Then nothing is kept.
    pub(super) has_others: bool,
}

impl Gathered {
    pub(super) fn of(status: &'static str) -> Self {
        Self { status, bodies: KeptBodies::default(), ids: HashSet::new(), has_others: false }
    }

    /// The answers, and who is in them.
    pub(super) fn into_parts(self) -> (KeptBodies, HashSet<String>) {
        (self.bodies, self.ids)
    }
}

/// Answers that wait, compressed: of a hundred people each, three of four letters are the names of keys.
#[derive(Debug, Default)]
pub(super) struct KeptBodies(Vec<(Vec<u8>, usize)>);

impl KeptBodies {
    fn push(&mut self, body: &[u8]) -> io::Result<()> {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(body)?;
        let mut kept = deflate.finish()?;
        kept.shrink_to_fit();
        self.0.push((kept, body.len()));
        Ok(())
    }

    /// The answers, one by one.
    pub(super) fn iter(&self) -> impl Iterator<Item = io::Result<Bytes>> {
        self.0.iter().map(|(kept, len)| {
            let mut body = Vec::with_capacity(*len);
            DeflateDecoder::new(kept.as_slice()).read_to_end(&mut body)?;
            Ok(body.into())
        })
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
        if self.has_others {
            self.bodies = KeptBodies::default();
            self.ids.clear();
        } else {
            self.bodies.push(body).map_err(drop)?;
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
