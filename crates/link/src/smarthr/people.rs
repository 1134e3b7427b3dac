//! The people who are in service. Only they leave SmartHR: the list is asked for by 在籍状況, and whoever was linked and does
//! not come in it is asked for alone, so that nobody goes because of what a list said while it shifted.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io;

use bytes::Bytes;
use futures::try_join;
use hashbrown::HashSet as Hashes;
use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::xxh3_64;

use super::client::SmartHr;
use super::crews::{CrewSink, Crews, Entry, FieldSet, parse_crews};
use super::error::SmartHrError;
use super::gathered::{Gathered, Sketch, lists_others, sketches};
use super::listing::{Listing, ListingPage, PageSink};
use super::template_cache::TemplateCache;
use super::wire::Crew;
use crate::characters::trimmed;
use crate::fault::Code;
use crate::state::ports::SecretStore;

const READING: &str = "従業員情報";
/// So many ids are asked for at once.
const IDS_AT_ONCE: usize = 100;

/// The first pages of both listings, fetched ahead of the rest.
#[derive(Debug)]
pub struct FirstPages {
    employed: ListingPage,
    absent: ListingPage,
}

/// Whether the server did what a filter asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// It did: the answer is about those asked for.
    Heeded,
    /// It did not know the filter: nothing was taken.
    Ignored,
}

/// Which people a reading held, whatever their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attendance {
    count: u64,
    sum: u64,
}

/// Receives people for one run and numbers them in the order received.
pub struct People<'p, 'a, K> {
    smarthr: &'p SmartHr<'a, K>,
    fields: &'p FieldSet,
    templates: TemplateCache,
    line: u32,
    attendance: Attendance,
    /// The ids received, as hashes; kept only where it matters who has come before.
    seen: Option<Hashes<u64>>,
}

fn crews<'q>(fields: &'q FieldSet, filter: (&'q str, &'q str)) -> Listing<'q> {
    Listing { name: "crews", reading: READING, path: "/crews", fields: Some(fields.as_str()), filter: Some(filter) }
}

impl<K: SecretStore> SmartHr<'_, K> {
    /// Fetches the first pages, so that they can be on their way together with the masters.
    pub async fn first_pages(&self, fields: &FieldSet) -> Result<FirstPages, SmartHrError> {
        let (employed, absent) = try_join!(
            self.listing_page(crews(fields, ("emp_status", "employed")), 1),
            self.listing_page(crews(fields, ("emp_status", "absent")), 1)
        )?;
        Ok(FirstPages { employed, absent })
    }
}

impl<'p, 'a, K: SecretStore> People<'p, 'a, K> {
    /// Nobody yet. `remembers`: who has come is kept, for [`People::read_who_is_new`].
    pub fn new(smarthr: &'p SmartHr<'a, K>, fields: &'p FieldSet, remembers: bool) -> Self {
        let seen = remembers.then(Hashes::new);
        Self { smarthr, fields, templates: TemplateCache::default(), line: 0, attendance: Attendance::default(), seen }
    }

    /// Who was in service when the listings were read last.
    pub fn attendance(&self) -> Attendance {
        self.attendance
    }

    /// Hands everybody in service to the sink, which begins anew.
    pub async fn read<S: CrewSink>(&mut self, first: Option<FirstPages>, sink: &mut S) -> Result<(), SmartHrError> {
        self.listings(first, sink, Who::Everybody).await
    }

    /// Reads the listings once more and hands on only those who have not come before.
    pub async fn read_who_is_new<S: CrewSink>(&mut self, sink: &mut S) -> Result<(), SmartHrError> {
        self.listings(None, sink, Who::IsNew).await
    }

    /// The first page of people in service is asked for first, then those on leave, who are few, then the other pages: who is
    /// in both listings changed meanwhile, and the later reading counts. People on leave are handed on behind the others all
    /// the same.
    async fn listings<S: CrewSink>(
        &mut self,
        first: Option<FirstPages>,
        sink: &mut S,
        who: Who,
    ) -> Result<(), SmartHrError> {
        let FirstPages { employed, absent } = match first {
            Some(first) => first,
            None => self.smarthr.first_pages(self.fields).await?,
        };
        let (smarthr, fields) = (self.smarthr, self.fields);
        let mut on_leave = Gathered::of("absent");
        // A server that does not know the filter lists everybody under either word: once is enough.
        let is_one_list = employed.bodies == absent.bodies && !sketches(&employed.bodies).is_empty();
        if !is_one_list && !lists_others(&employed, "employed") && !lists_others(&absent, "absent") {
            smarthr.read(crews(fields, ("emp_status", "absent")), absent, &mut on_leave).await?;
            if on_leave.has_others {
                on_leave = Gathered::of("absent");
            }
        }
        let (on_leave, ids) = on_leave.into_parts();
        let mut pages = Pages::of(self, sink, who, &ids);
        pages.earlier = employed.bodies.clone();
        smarthr.read(crews(fields, ("emp_status", "employed")), employed, &mut pages).await?;
        let twice = pages.twice;
        self.hand_on(on_leave.iter(), sink, who, &twice)
    }

    /// Asks for these people by id and hands on those whom SmartHR still has.
    pub async fn ask_for<S: CrewSink>(&mut self, ids: &[String], sink: &mut S) -> Result<Filter, SmartHrError> {
        for asked in ids.chunks(IDS_AT_ONCE) {
            let list = asked.join(",");
            let listing = crews(self.fields, ("id", &list));
            let first = self.smarthr.listing_page(listing, 1).await?;
            let is_asked_for =
                |entry: &Sketch<'_>| entry.id.as_ref().is_none_or(|id| asked.iter().any(|asked| asked == id.as_str()));
            let more_than_asked = first.total.is_some_and(|total| total != u64::MAX && total > asked.len() as u64);
            if more_than_asked || !sketches(&first.bodies).iter().all(is_asked_for) {
                return Ok(Filter::Ignored);
            }
            let mut found = Gathered::of("");
            self.smarthr.read(listing, first, &mut found).await?;
            self.hand_on(found.into_parts().0.iter(), sink, Who::Everybody, &HashSet::new())?;
        }
        Ok(Filter::Heeded)
    }

    /// Asks for one person by id and hands them on if SmartHR still has them.
    pub async fn ask_for_one<S: CrewSink>(&mut self, id: &str, sink: &mut S) -> Result<(), SmartHrError> {
        let path = format!("/crews/{}", path_segment(id));
        let body = match self.smarthr.page(READING, &path, &[("fields", self.fields.as_str())]).await {
            Ok(page) => page.body,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        let body = Bytes::from([b"[", &body[..], b"]"].concat());
        let is_whom_we_asked_for = |entry: &Sketch<'_>| entry.id.as_ref().is_some_and(|found| found.as_str() == id);
        if !sketches(std::slice::from_ref(&body)).iter().all(is_whom_we_asked_for) {
            return Err(SmartHrError::new(Code::SmarthrBody, READING, "別の従業員の応答を受信しました"));
        }
        self.hand_on(std::iter::once(Ok(body)), sink, Who::Everybody, &HashSet::new())
    }

    /// Asks for the people with this 社員番号 and hands on those who have not come before.
    pub async fn ask_for_number<S: CrewSink>(&mut self, number: &str, sink: &mut S) -> Result<Filter, SmartHrError> {
        let listing = crews(self.fields, ("emp_code", number));
        let first = self.smarthr.listing_page(listing, 1).await?;
        let has_it = |entry: &Sketch<'_>| {
            entry.emp_code.as_ref().is_some_and(|code| trimmed(code.as_str()).nfc().eq(number.nfc()))
        };
        if !sketches(&first.bodies).iter().all(has_it) {
            return Ok(Filter::Ignored);
        }
        let mut found = Gathered::of("");
        self.smarthr.read(listing, first, &mut found).await?;
        self.hand_on(found.into_parts().0.iter(), sink, Who::IsNew, &HashSet::new())?;
        Ok(Filter::Heeded)
    }

    /// Hands on people out of answers that were kept, but for those in `but`.
    fn hand_on<S: CrewSink>(
        &mut self,
        bodies: impl Iterator<Item = io::Result<Bytes>>,
        sink: &mut S,
        who: Who,
        but: &HashSet<String>,
    ) -> Result<(), SmartHrError> {
        let unreadable = || SmartHrError::new(Code::SmarthrBody, READING, "応答を読み取れません");
        let mut pages = Pages::of(self, sink, who, but);
        for body in bodies {
            let body = body.map_err(|_| unreadable())?;
            pages.entries(&body, &mut |_| {}, Elsewhere::LeavesOut).ok_or_else(unreadable)?;
        }
        Ok(())
    }
}

/// Whom a reading hands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Everybody,
    /// Those whose id has not been seen before.
    IsNew,
}

/// Hands the people of each page on.
struct Pages<'s, 'p, 'a, K, S> {
    people: &'s mut People<'p, 'a, K>,
    sink: &'s mut S,
    who: Who,
    /// Ids that another listing holds.
    elsewhere: &'s HashSet<String>,
    /// Those of them that came here too, and later.
    twice: HashSet<String>,
    /// Answers that were received before the other listing: of whom is in both, the other listing says more.
    earlier: Vec<Bytes>,
}

/// What becomes of people whom another listing holds as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Elsewhere {
    /// They are handed on from there.
    LeavesOut,
    /// They are handed on from here.
    Notes,
}

impl<'s, 'p, 'a, K, S> Pages<'s, 'p, 'a, K, S> {
    fn of(people: &'s mut People<'p, 'a, K>, sink: &'s mut S, who: Who, elsewhere: &'s HashSet<String>) -> Self {
        Self { people, sink, who, elsewhere, twice: HashSet::new(), earlier: Vec::new() }
    }
}

impl<K: Send + Sync, S: CrewSink> PageSink for Pages<'_, '_, '_, K, S> {
    fn restart(&mut self) {
        self.twice.clear();
        if self.who == Who::IsNew {
            return;
        }
        self.people.line = 0;
        self.people.attendance = Attendance::default();
        if let Some(seen) = &mut self.people.seen {
            seen.clear();
        }
        self.sink.restart();
    }

    fn page(&mut self, body: &Bytes, seen: &mut dyn FnMut(Option<&str>)) -> Result<u64, ()> {
        // Compared by place, not by content: the same page read again is a later answer.
        let is_earlier = self.earlier.iter().any(|earlier| earlier.as_ptr() == body.as_ptr());
        self.entries(body, seen, if is_earlier { Elsewhere::LeavesOut } else { Elsewhere::Notes }).ok_or(())
    }
}

impl<K, S: CrewSink> Pages<'_, '_, '_, K, S> {
    /// `None` where the page is no list.
    fn entries(&mut self, body: &[u8], seen: &mut dyn FnMut(Option<&str>), others: Elsewhere) -> Option<u64> {
        let mut count = 0;
        let mut templates = std::mem::take(&mut self.people.templates);
        if let Some(page) = templates.strip(body)
            && let Ok(Crews(crews)) = serde_json::from_str(page.text)
        {
            for mut crew in crews {
                page.restore(&mut crew);
                count += 1;
                seen(Some(crew.id.as_str()));
                self.person(crew, others);
            }
            self.people.templates = templates;
            return Some(count);
        }
        self.people.templates = templates;
        parse_crews(body, &mut |entry| match entry {
            Entry::Null => seen(None),
            Entry::Crew(crew) => {
                count += 1;
                seen(Some(crew.id.as_str()));
                self.person(crew, others);
            }
            Entry::Broken(id) => {
                count += 1;
                if let Some(id) = &id {
                    seen(Some(id));
                    if self.is_left_out(id, others) {
                        return;
                    }
                }
                self.people.line += 1;
                self.sink.broken(self.people.line, id.as_deref());
            }
        })?;
        Some(count)
    }

    /// Whether the person comes another time; notes those who come here first.
    fn is_left_out(&mut self, id: &str, others: Elsewhere) -> bool {
        let is_elsewhere = self.elsewhere.contains(id);
        if is_elsewhere && others == Elsewhere::Notes {
            self.twice.insert(id.to_owned());
        }
        is_elsewhere && others == Elsewhere::LeavesOut
    }

    fn person(&mut self, crew: Crew<'_>, others: Elsewhere) {
        let id = crew.id.as_str();
        if self.is_left_out(id, others) {
            return;
        }
        let hash = xxh3_64(id.as_bytes());
        let is_new = self.people.seen.as_mut().is_none_or(|seen| seen.insert(hash));
        if self.who == Who::IsNew && !is_new {
            return;
        }
        let is_retired = crew.emp_status.as_ref().is_some_and(|status| status.as_str() == "retired");
        if !is_retired {
            let Attendance { count, sum } = &mut self.people.attendance;
            *count += 1;
            *sum = sum.wrapping_add(hash);
        }
        self.people.line += 1;
        self.sink.crew(self.people.line, crew);
    }
}

/// SmartHR's ids are UUIDs; whatever else one may be, it stays one segment of the path.
fn path_segment(id: &str) -> String {
    let mut segment = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            segment.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}
