//! Names of runs.

use jiff::{Timestamp, civil::Date};
use sha2::{Digest, Sha256};

use crate::time::tokyo;

/// What started a run, so that the same start is recognised when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The daily trigger's time: delivered at least once, to be done once.
    Scheduled(Timestamp),
    /// The invocation's own id, which an asynchronous retry repeats.
    Invocation(String),
}

impl Trigger {
    /// The mark that the names of its runs end in.
    pub fn trigger_hash(&self) -> String {
        use std::fmt::Write;
        let text = match self {
            Self::Scheduled(time) => format!("scheduled:{}", time.as_second()),
            Self::Invocation(id) => format!("invocation:{id}"),
        };
        Sha256::digest(text.as_bytes()).iter().take(6).fold(String::with_capacity(12), |mut mark, byte| {
            // Writing into a String cannot fail.
            let _ = write!(mark, "{byte:02x}");
            mark
        })
    }
}

/// A run's name, `20261123T043112345-0f1e2d3c4b5a`: the time of its start in Asia/Tokyo to the millisecond, so that names
/// sort by time, and a mark of what started it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(String);

impl RunId {
    /// The name of a run that starts now.
    pub fn new(start: Timestamp, trigger: &Trigger) -> Self {
        let time = tokyo(start);
        Self(format!("{}{:03}-{}", time.strftime("%Y%m%dT%H%M%S"), time.millisecond(), trigger.trigger_hash()))
    }

    /// Parses a name that came from outside; `None` if no run can be named so (it becomes a part of keys).
    pub fn parse(text: &str) -> Option<Self> {
        let (time, mark) = text.split_once('-')?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let fits = time.len() == 18
            && time.is_ascii()
            && digits(&time[..8])
            && &time[8..9] == "T"
            && digits(&time[9..])
            && mark.len() == 12
            && mark.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        fits.then(|| Self(text.to_owned()))
    }

    /// The date of its start in Asia/Tokyo: the folder that its records lie in.
    pub fn date(&self) -> Option<Date> {
        let part = |range: std::ops::Range<usize>| self.0.get(range)?.parse::<i16>().ok();
        Date::new(part(0..4)?, i8::try_from(part(4..6)?).ok()?, i8::try_from(part(6..8)?).ok()?).ok()
    }

    /// Whether it was started by this.
    pub fn was_started_by(&self, trigger: &Trigger) -> bool {
        self.0.ends_with(&format!("-{}", trigger.trigger_hash()))
    }

    /// The mark of what started it: the name's end.
    pub fn trigger_hash(&self) -> &str {
        self.0.rsplit('-').next().unwrap_or_default()
    }

    /// The time of its start in Asia/Tokyo, as written in the name.
    pub fn started(&self) -> Option<Timestamp> {
        let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", self.0.get(..15)?).ok()?;
        let millis = self.0.get(15..18)?.parse::<i64>().ok()?;
        let zoned = time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).ok()?;
        Some(zoned.timestamp() + jiff::SignedDuration::from_millis(millis))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_and_know_their_date_and_start() {
        let time: Timestamp = "2026-11-22T19:31:12.345Z".parse().unwrap();
        let trigger = Trigger::Scheduled("2026-11-23T04:30:00+09:00".parse().unwrap());
        let id = RunId::new(time, &trigger);
        assert!(id.as_str().starts_with("20261123T043112345-"), "{id}");
        assert_eq!(id.date().unwrap().to_string(), "2026-11-23");
        assert_eq!(id.started(), Some(time));
        assert_eq!(id.trigger_hash(), trigger.trigger_hash());
        assert!(id.was_started_by(&Trigger::Scheduled("2026-11-22T19:30:00Z".parse().unwrap())));
        assert!(!id.was_started_by(&Trigger::Invocation("x".into())));
        assert_eq!(RunId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn what_is_no_run_name_is_refused() {
        for text in [
            "",
            "../../x",
            "20261123T043112345",
            "20261123T043112345-0F1E2D3C4B5A",
            "ああああああ-0f1e2d3c4b5a",
            "20261123T0431123あ-0f1e2d3c4b5a",
        ] {
            assert_eq!(RunId::parse(text), None, "{text}");
        }
    }
}
