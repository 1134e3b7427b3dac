//! The people: handed on page by page, kept by nobody here.

use std::collections::BTreeSet;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::client::SmartHr;
use super::error::SmartHrError;
use super::fetch::Page;
use super::listing::{Listing, PER_PAGE, PageSink};
use super::template_cache::TemplateCache;
use super::wire::{Crew, Text};
use crate::state::ports::SecretStore;

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
}

/// Takes people in the order received.
pub trait CrewSink: Send {
    /// The listing is read anew; whoever came before is void.
    fn restart(&mut self);
    /// One person. `line` counts from 1.
    fn crew(&mut self, line: u32, crew: Crew<'_>);
    /// An entry that is not a person as SmartHR describes one.
    fn broken(&mut self, line: u32, id: Option<&str>, reason: &str);
}

/// The first page of people, fetched ahead of the rest.
#[derive(Debug)]
pub struct FirstPage {
    page: Page,
    fields: FieldSet,
}

/// A listing was read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// How many entries it has.
    pub total: u64,
}

fn listing(fields: &FieldSet) -> Listing<'_> {
    Listing { name: "crews", reading: "従業員情報", path: "/crews", fields: Some(&fields.0) }
}

impl<K: SecretStore> SmartHr<'_, K> {
    /// Fetches the first page, so that it can be on its way together with the masters.
    pub async fn crews_first_page(&self, fields: &FieldSet) -> Result<FirstPage, SmartHrError> {
        Ok(FirstPage { page: self.listing_page(listing(fields), 1).await?, fields: fields.clone() })
    }

    /// Hands all people to the sink.
    pub async fn crews<S: CrewSink>(&self, first: FirstPage, sink: &mut S) -> Result<Received, SmartHrError> {
        let mut pages = Pages { sink, line: 0, known: TemplateCache::default() };
        let total = self.read(listing(&first.fields), first.page, &mut pages).await?;
        Ok(Received { total })
    }
}

struct Pages<'s, S> {
    sink: &'s mut S,
    line: u32,
    known: TemplateCache,
}

impl<S: CrewSink> PageSink for Pages<'_, S> {
    fn restart(&mut self) {
        self.line = 0;
        self.sink.restart();
    }

    fn page(&mut self, body: &[u8], seen: &mut dyn FnMut(&str)) -> Result<u64, ()> {
        let Self { sink, line, known } = self;
        let mut count = 0;
        if let Some(page) = known.strip(body)
            && let Ok(Crews(crews)) = serde_json::from_str(page.text)
        {
            for mut crew in crews {
                page.restore(&mut crew);
                count += 1;
                *line += 1;
                seen(crew.id.as_str());
                sink.crew(*line, crew);
            }
            return Ok(count);
        }
        parse_crews(body, &mut |entry| {
            count += 1;
            *line += 1;
            match entry {
                Ok(crew) => {
                    seen(crew.id.as_str());
                    sink.crew(*line, crew);
                }
                Err((id, reason)) => {
                    if let Some(id) = &id {
                        seen(id);
                    }
                    sink.broken(*line, id.as_deref(), &reason);
                }
            }
        })
        .ok_or(())?;
        Ok(count)
    }
}

/// One entry of a page: a crew, or its id (as far as it has one) and why it is none.
type Entry<'a> = Result<Crew<'a>, (Option<String>, String)>;

/// A page of crews, with room for all of them from the start: a list that grows moves two kilobytes for each person.
struct Crews<'a>(Vec<Crew<'a>>);

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
            each(Ok(crew));
        }
        return Some(());
    }
    // Rare and slow: each entry for itself, to find the ones that are not as described.
    let entries: Vec<&'a RawValue> = serde_json::from_str(body).ok()?;
    for entry in entries {
        each(serde_json::from_str::<Crew<'a>>(entry.get()).map_err(|error| {
            let id = serde_json::from_str::<Identified<'_>>(entry.get()).ok().and_then(|entry| entry.id);
            // Only the kind of error: its message could quote a value.
            (id.map(|id| id.0.into_owned()), format!("{:?}", error.classify()))
        }));
    }
    Some(())
}
