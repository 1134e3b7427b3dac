//! A page of people, read into crews.

use std::collections::BTreeSet;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::listing::PER_PAGE;
use super::wire::{Crew, Text};

/// The top-level fields of a crew to ask for; `id` and `emp_status` always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSet(String);

impl FieldSet {
    /// A set of fields.
    pub fn new(fields: impl IntoIterator<Item = &'static str>) -> Self {
        let mut all: BTreeSet<&'static str> = fields.into_iter().collect();
        all.extend(["id", "emp_status"]);
        Self(all.into_iter().collect::<Vec<_>>().join(","))
    }

    /// As the query has it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes people in the order received.
pub trait CrewSink: Send {
    /// The listing is read anew; whoever came before is void.
    fn restart(&mut self);
    /// One person. `line` counts from 1.
    fn crew(&mut self, line: u32, crew: Crew<'_>);
    /// An entry that is not a person as SmartHR describes one.
    fn broken(&mut self, line: u32, id: Option<&str>);
}

/// One entry of a page: a crew; or its id, as far as it has one, where it is none; or a null.
#[expect(clippy::large_enum_variant, reason = "handed on at once, never kept")]
#[derive(Debug)]
pub enum Entry<'a> {
    /// A person.
    Crew(Crew<'a>),
    /// Something else.
    Broken(Option<String>),
    /// A null, which is no entry.
    Null,
}

/// A page of crews, with room for all of them from the start: a list that grows moves two kilobytes for each person.
/// A null makes it none.
pub(super) struct Crews<'a>(pub(super) Vec<Crew<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Crews<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Page;

        impl<'de> Visitor<'de> for Page {
            type Value = Crews<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of crews")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Crews<'de>, A::Error> {
                let mut crews = Vec::with_capacity(usize::try_from(PER_PAGE).unwrap_or_default());
                while let Some(crew) = entries.next_element()? {
                    crews.push(crew);
                }
                Ok(Crews(crews))
            }
        }

        deserializer.deserialize_seq(Page)
    }
}

/// The part of an entry that is no crew.
#[derive(serde::Deserialize)]
struct Identified<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
}

/// Parses a page of crews; `None` where it is not a list. An entry that is no crew does not spoil its page.
pub fn parse_crews<'a>(body: &'a [u8], each: &mut dyn FnMut(Entry<'a>)) -> Option<()> {
    // Checked once for the whole page, not string by string.
    let body = simdutf8::basic::from_utf8(body).ok()?;
    if let Ok(Crews(crews)) = serde_json::from_str(body) {
        for crew in crews {
            each(Entry::Crew(crew));
        }
        return Some(());
    }
    // Rare and slow: each entry for itself, to find the ones that are not as described.
    let entries: Vec<&'a RawValue> = serde_json::from_str(body).ok()?;
    for entry in entries {
        each(match serde_json::from_str::<Option<Crew<'a>>>(entry.get()) {
            Ok(Some(crew)) => Entry::Crew(crew),
            Ok(None) => Entry::Null,
            Err(_) => {
                let id = serde_json::from_str::<Identified<'_>>(entry.get()).ok().and_then(|entry| entry.id);
                Entry::Broken(id.map(|id| id.0.into_owned()))
            }
        });
    }
    Some(())
}
