//! Whole listings: all pages, verified against `x-total-count`, and read again when the list shifted meanwhile.
//!
//! SmartHR pages by offset and has no snapshot: someone who is added or removed while one reads moves others across a
//! page's edge, so that an id comes twice or not at all.

use std::hash::BuildHasher;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use hashbrown::{DefaultHashBuilder, HashSet};

use super::client::SmartHr;
use super::error::SmartHrError;
use super::fetch::Page;
use crate::fault::Code;
use crate::state::ports::SecretStore;

/// What is asked for at once, SmartHR's maximum.
pub(super) const PER_PAGE: u64 = 100;
/// Requests on their way at the same time: enough to keep the pace when an answer takes a second.
const AT_ONCE: usize = 12;
/// A shifted listing is read again so often.
const READ_AGAIN: usize = 3;
/// A listing with more pages does not end.
const MOST_PAGES: u64 = 20_000;
/// A page that cannot be parsed is fetched again so often.
const REFETCH: usize = 2;
/// What is asked for at once where a page is too large to be taken. Each divides the one before.
const SMALLER: [u64; 3] = [50, 25, 10];

/// One of SmartHR's listings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing<'q> {
    pub(crate) name: &'static str,
    pub(crate) reading: &'static str,
    pub(crate) path: &'static str,
    pub(crate) fields: Option<&'q str>,
    /// A query parameter that says which entries are meant.
    pub(crate) filter: Option<(&'q str, &'q str)>,
}

/// A page of a listing: one answer, or several where the whole was too large to be taken.
#[derive(Debug)]
pub(crate) struct ListingPage {
    pub(crate) bodies: Vec<Bytes>,
    /// `x-total-count`; where its parts contradict each other, a count that no listing has.
    pub(crate) total: Option<u64>,
    has_next: Option<bool>,
}

impl From<Page> for ListingPage {
    fn from(page: Page) -> Self {
        Self { bodies: vec![page.body], total: page.total, has_next: page.has_next }
    }
}

/// Why a reading of a listing ended early.
pub(crate) enum Stop {
    Shifted,
    /// A page of nothing but what came before: the list shifted by a page, or its `next` leads in a circle.
    Repeated,
    Failed(SmartHrError),
}

impl From<SmartHrError> for Stop {
    fn from(error: SmartHrError) -> Self {
        Self::Failed(error)
    }
}

/// Takes the pages of a listing in order.
pub(crate) trait PageSink: Send {
    /// A new reading begins; what came before is void.
    fn restart(&mut self);
    /// One page's body; gives each entry's id to `seen`, and `None` for a null, which is no entry. Tells how many entries
    /// there are. `Err` where it is not a list of entries; then none was taken.
    fn page(&mut self, body: &Bytes, seen: &mut dyn FnMut(Option<&str>)) -> Result<u64, ()>;
}

impl<K: SecretStore> SmartHr<'_, K> {
    /// Gets a page of [`PER_PAGE`] entries; one that is too large to be taken, in parts.
    pub(crate) async fn listing_page(&self, listing: Listing<'_>, number: u64) -> Result<ListingPage, SmartHrError> {
        let mut failed = match self.part(listing, number, PER_PAGE).await {
            Ok(page) => return Ok(page.into()),
            Err(error) => error,
        };
        for per_page in SMALLER {
            if !failed.is_too_large() {
                break;
            }
            match self.in_parts(listing, number, per_page).await {
                Ok(page) => return Ok(page),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    async fn in_parts(&self, listing: Listing<'_>, number: u64, per_page: u64) -> Result<ListingPage, SmartHrError> {
        let parts = PER_PAGE / per_page;
        let first = (number - 1) * parts + 1;
        let mut whole: ListingPage = self.part(listing, first, per_page).await?.into();
        for at in first + 1..first + parts {
            let last_entry_before = (at - 1) * per_page;
            if whole.has_next == Some(false) || whole.total.is_some_and(|total| total <= last_entry_before) {
                break;
            }
            let part = self.part(listing, at, per_page).await?;
            if part.total != whole.total {
                whole.total = Some(u64::MAX);
            }
            whole.has_next = part.has_next;
            whole.bodies.push(part.body);
        }
        Ok(whole)
    }

    async fn part(&self, listing: Listing<'_>, number: u64, per_page: u64) -> Result<Page, SmartHrError> {
        let (page, per_page) = (number.to_string(), per_page.to_string());
        let mut query = vec![("page", page.as_str()), ("per_page", per_page.as_str())];
        query.extend(listing.filter);
        if let Some(fields) = listing.fields {
            query.push(("fields", fields));
        }
        self.page(listing.reading, listing.path, &query).await
    }

    /// Reads a listing to its end, from its first page on; up to three times again while it shifts. Tells how many
    /// entries it has.
    pub(crate) async fn read(
        &self,
        listing: Listing<'_>,
        first: ListingPage,
        sink: &mut impl PageSink,
    ) -> Result<u64, SmartHrError> {
        let mut first = Some(first);
        let mut is_circle = true;
        for round in 0..=READ_AGAIN {
            let page = match first.take() {
                Some(page) => page,
                None => self.listing_page(listing, 1).await?,
            };
            sink.restart();
            match self.read_once(listing, page, sink).await {
                Ok(total) => return Ok(total),
                Err(Stop::Failed(error)) => return Err(error),
                Err(stop) => {
                    is_circle &= matches!(stop, Stop::Repeated);
                    tracing::info!(listing = listing.name, round, "the listing shifted while it was read");
                }
            }
        }
        if is_circle {
            return Err(endless(listing));
        }
        let detail = format!("{READ_AGAIN}回読み直しました");
        Err(SmartHrError::new(Code::SmarthrListingShifted, listing.reading, detail))
    }

    async fn read_once(&self, listing: Listing<'_>, first: ListingPage, sink: &mut impl PageSink) -> Result<u64, Stop> {
        let mut ids = Ids::default();
        let total = first.total;
        let has_next = first.has_next;
        let count = self.take(listing, 1, first, 0, sink, &mut ids).await?;
        let Some(total) = total else {
            return self.read_without_total(listing, count, has_next, sink, ids).await;
        };
        // A server may give fewer than asked for: the first page tells how many.
        let pages = if count == 0 { 1 } else { total.div_ceil(count) };
        if pages > MOST_PAGES {
            return Err(endless(listing).into());
        }
        self.tell_page(listing.name, 1, pages);
        // No more than a tenant may have, whatever the count says.
        ids.seen.reserve(usize::try_from(total.min(200_000)).unwrap_or_default());
        let (mut received, mut next) = (count, 2);
        while next <= pages {
            let mut rest = stream::iter(next..=pages)
                .map(|number| async move { Ok::<_, SmartHrError>((number, self.listing_page(listing, number).await?)) })
                .buffered(AT_ONCE);
            let mut broken = None;
            while let Some((number, page)) = rest.try_next().await? {
                if page.total.is_some_and(|now| now != total) {
                    return Err(Stop::Shifted);
                }
                next = number + 1;
                let mut taken = 0;
                received += give(&page, &mut taken, sink, &mut ids);
                if taken < page.bodies.len() {
                    broken = Some((number, taken));
                    break;
                }
                self.tell_page(listing.name, number, pages);
            }
            // Those ahead are given up first: one that is not polled may hold the pace or the token, and nobody would get
            // a turn any more.
            drop(rest);
            if let Some((number, taken)) = broken {
                let page = self.listing_page(listing, number).await?;
                received += self.take(listing, number, page, taken, sink, &mut ids).await?;
                self.tell_page(listing.name, number, pages);
            }
        }
        // A server may count its nulls.
        let is_whole = received == total || received + ids.nulls == total;
        if ids.repeated || !is_whole { Err(Stop::Shifted) } else { Ok(received) }
    }

    /// Without a count the list ends where no next page is named, or where a page is empty.
    async fn read_without_total(
        &self,
        listing: Listing<'_>,
        first: u64,
        mut has_next: Option<bool>,
        sink: &mut impl PageSink,
        mut ids: Ids,
    ) -> Result<u64, Stop> {
        let (mut received, mut number, mut count) = (first, 1, first);
        while count > 0 && has_next != Some(false) {
            number += 1;
            if number > MOST_PAGES {
                return Err(endless(listing).into());
            }
            let page = self.listing_page(listing, number).await?;
            has_next = page.has_next;
            let known = ids.seen.len();
            count = self.take(listing, number, page, 0, sink, &mut ids).await?;
            if count > 0 && ids.seen.len() == known {
                return Err(Stop::Repeated);
            }
            received += count;
            self.tell_page(listing.name, number, number);
        }
        if ids.repeated { Err(Stop::Shifted) } else { Ok(received) }
    }

    /// Gives a page to the sink, from its part `taken` on; one that cannot be parsed is fetched again.
    async fn take(
        &self,
        listing: Listing<'_>,
        number: u64,
        mut page: ListingPage,
        mut taken: usize,
        sink: &mut impl PageSink,
        ids: &mut Ids,
    ) -> Result<u64, SmartHrError> {
        let mut count = 0;
        for again in 0..=REFETCH {
            count += give(&page, &mut taken, sink, ids);
            if taken >= page.bodies.len() {
                return Ok(count);
            }
            if again < REFETCH {
                page = self.listing_page(listing, number).await?;
            }
        }
        let detail = format!("{number}ページ目を読み取れません");
        Err(SmartHrError::new(Code::SmarthrBody, listing.reading, detail))
    }
}

/// Gives the parts of a page to the sink, from `taken` on, up to one that cannot be parsed.
fn give(page: &ListingPage, taken: &mut usize, sink: &mut impl PageSink, ids: &mut Ids) -> u64 {
    let mut count = 0;
    while let Some(Ok(more)) = page.bodies.get(*taken).map(|body| sink.page(body, &mut |id| ids.add(id))) {
        count += more;
        *taken += 1;
    }
    count
}

fn endless(listing: Listing<'_>) -> SmartHrError {
    SmartHrError::new(Code::SmarthrBody, listing.reading, "一覧が終わりません")
}

/// The ids of one reading, as hashes keyed anew each time: 100,000 ids in 2 MB, and a chance collision is gone when the
/// listing is read again.
#[derive(Default)]
struct Ids {
    seen: HashSet<u64>,
    keys: DefaultHashBuilder,
    repeated: bool,
    nulls: u64,
}

impl Ids {
    fn add(&mut self, id: Option<&str>) {
        let Some(id) = id else {
            self.nulls += 1;
            return;
        };
        if !self.seen.insert(self.keys.hash_one(id)) {
            self.repeated = true;
        }
    }
}
