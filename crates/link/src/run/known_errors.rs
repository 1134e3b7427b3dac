//! `known-errors.json`: since when each error of the latest sync has been there, so that a page can tell what is new from
//! what has been waiting. An error is known by what it is about, as a digest: nothing of it can be read from the file.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Run, RunResult};
use crate::fault::{Family, Fault};
use crate::report::{Mode, Outcome};
use crate::state::keys::Key;
use crate::state::ports::{Condition, Platform, StateStore};

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct KnownErrors {
    version: u32,
    /// The first day of each error, by its digest.
    since: BTreeMap<String, Date>,
}

const VERSION: u32 = 1;

/// Dates the errors of a sync or preview, and after a sync remembers them. A run is not lost for it: without the file an
/// error counts from today.
pub(super) async fn date<H: Platform>(run: &Run<'_, H>, mode: Mode, result: &mut RunResult) {
    if !matches!(mode, Mode::Sync | Mode::Preview) || matches!(result.outcome, Outcome::Busy | Outcome::Skipped) {
        return;
    }
    let found = match run.platform.state().get(&Key::known_errors()).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, "known-errors.json could not be read");
            return;
        }
    };
    let known = found.as_ref().and_then(|found| serde_json::from_slice::<KnownErrors>(&found.body).ok());
    let known = known.filter(|known| known.version == VERSION).unwrap_or_default();
    let now = dated(&known, &mut result.errors, run.today());
    if mode != Mode::Sync || now == known.since {
        return;
    }
    let file = KnownErrors { version: VERSION, since: now };
    let Ok(body) = serde_json::to_vec(&file) else { return };
    if let Err(error) = run.platform.state().put(&Key::known_errors(), Bytes::from(body), Condition::Always).await {
        tracing::warn!(%error, "known-errors.json could not be written");
    }
}

/// Dates the errors, and gives what is known from now on. A run that did not come to the data says nothing about it: what
/// was known stays.
fn dated(known: &KnownErrors, errors: &mut [Fault], today: Date) -> BTreeMap<String, Date> {
    let mut now = BTreeMap::new();
    for fault in errors.iter_mut() {
        let name = digest(fault);
        let since = known.since.get(&name).copied().unwrap_or(today);
        fault.since = Some(since);
        now.insert(name, since);
    }
    let is_about_data = |fault: &Fault| fault.code.entry().family == Family::Data;
    if !errors.is_empty() && !errors.iter().any(is_about_data) {
        now.extend(known.since.iter().map(|(name, since)| (name.clone(), *since)));
    }
    now
}

/// What an error is about: its kind, the person or the ID, the item.
fn digest(fault: &Fault) -> String {
    let whom = fault.crew.as_deref().or(fault.id.as_deref()).unwrap_or_default();
    let field = fault.field.as_deref().unwrap_or_default();
    format!("{:016x}", xxh3_64(format!("{}\n{whom}\n{field}", fault.code.entry().name).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Code, Subject};

    fn day(day: i8) -> Date {
        jiff::civil::date(2026, 11, day)
    }

    fn missing(crew: &str) -> Fault {
        Fault::new(Code::KanaMissing, Subject::User, "").crew(crew).field("氏名(ヨミ)")
    }

    #[test]
    fn an_error_is_dated_by_the_first_day_without_a_break() {
        let mut known = KnownErrors { version: VERSION, ..KnownErrors::default() };
        let mut first = vec![missing("a").line(1)];
        known.since = dated(&known, &mut first, day(1));
        let mut second = vec![missing("b").line(1), missing("a").line(2)];
        known.since = dated(&known, &mut second, day(2));
        assert_eq!((second[0].since, second[1].since), (Some(day(2)), Some(day(1))));
        // SmartHR did not answer: nothing is known of the data.
        let mut none = vec![Fault::new(Code::SmarthrUnauthorized, Subject::Smarthr, "")];
        known.since = dated(&known, &mut none, day(3));
        let mut again = vec![missing("a")];
        known.since = dated(&known, &mut again, day(4));
        assert_eq!(again[0].since, Some(day(1)));
        known.since = dated(&known, &mut [], day(5));
        assert_eq!(known.since.len(), 0);
    }
}
