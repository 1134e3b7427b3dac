//! `changes.json`: when runs that a change in SmartHR started took place, and how many requests each sent to SmartHR. Such
//! a run adds its line here; the pages' endpoint reads them, so that these runs together keep to SmartHR's budget.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::keys::Key;
use super::ports::{Condition, StateError, StateErrorKind, StateStore};

/// Maximum number of requests to SmartHR by these runs within any hour.
pub const CHANGE_BUDGET: u64 = 1_500;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// One run that a change started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ChangeRun {
    /// When it had read SmartHR.
    pub at: Timestamp,
    /// The requests that it sent to SmartHR.
    pub requests: u64,
}

/// The runs of the last hour, and the latest one however old, in ascending order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ChangeRuns(Vec<ChangeRun>);

impl ChangeRuns {
    /// Reads the file.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let mut runs: Self = serde_json::from_slice(body)?;
        runs.0.sort_by_key(|run| run.at);
        Ok(runs)
    }

    /// The latest of these runs.
    pub fn latest(&self) -> Option<ChangeRun> {
        self.0.last().copied()
    }

    /// The same with one more run, without those that no hour that is still to come can hold.
    #[must_use]
    pub fn with(mut self, run: ChangeRun) -> Self {
        self.0.push(run);
        self.0.sort_by_key(|run| run.at);
        let Some(latest) = self.latest() else { return self };
        self.0.retain(|run| run.at > latest.at - HOUR || *run == latest);
        self
    }

    /// The first time from `wanted` on at which another run keeps to the budget; it is expected to need as many requests
    /// as the largest known one. `None` where a single run needs more than the budget.
    pub fn next_start(&self, wanted: Timestamp) -> Option<Timestamp> {
        let expected = self.expected();
        let later = self.0.iter().map(|run| run.at + HOUR).filter(|time| *time > wanted);
        std::iter::once(wanted).chain(later).find(|start| {
            let within_hour = self.0.iter().filter(|run| run.at > *start - HOUR).map(|run| run.requests);
            within_hour.sum::<u64>().saturating_add(expected) <= CHANGE_BUDGET
        })
    }

    /// How many such runs an hour the budget allows; `None` where no run is known yet.
    pub fn runs_an_hour(&self) -> Option<u64> {
        CHANGE_BUDGET.checked_div(self.expected())
    }

    fn expected(&self) -> u64 {
        self.0.iter().map(|run| run.requests).max().unwrap_or(0)
    }
}

/// Adds a run to the file. A file that cannot be read is replaced: it only holds what the last hour cost.
pub async fn note_change_run<S: StateStore>(state: &S, run: ChangeRun) -> Result<(), StateError> {
    let mut left = 3;
    loop {
        let found = state.get(&Key::changes()).await?;
        let runs = found.as_ref().and_then(|found| ChangeRuns::parse(&found.body).ok()).unwrap_or_default();
        let condition = found.map_or(Condition::Absent, |found| Condition::Unchanged(found.version));
        match state.put(&Key::changes(), runs.with(run).to_json(), condition).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind == StateErrorKind::Conflict && left > 0 => left -= 1,
            Err(error) => return Err(error),
        }
    }
}

impl ChangeRuns {
    fn to_json(&self) -> Bytes {
        let lines: Vec<String> =
            self.0.iter().map(|run| format!("{{\"at\":\"{}\",\"requests\":{}}}", run.at, run.requests)).collect();
        Bytes::from(format!("[{}]", lines.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        format!("2026-11-23T{text}Z").parse().unwrap()
    }
    fn runs(entries: &[(&str, u64)]) -> ChangeRuns {
        entries.iter().fold(ChangeRuns::default(), |runs, (at, requests)| {
            runs.with(ChangeRun { at: time(at), requests: *requests })
        })
    }

    #[test]
    fn a_small_tenant_runs_when_it_wants_to() {
        let before = runs(&[("01:00:00", 115), ("01:06:00", 115)]);
        assert_eq!(before.next_start(time("01:12:00")), Some(time("01:12:00")));
        assert_eq!(ChangeRuns::default().next_start(time("01:12:00")), Some(time("01:12:00")));
        assert_eq!(before.runs_an_hour(), Some(13));
    }

    #[test]
    fn a_large_tenant_waits_until_the_hour_has_room() {
        let before = runs(&[("01:00:00", 1_010)]);
        assert_eq!(before.next_start(time("01:05:00")), Some(time("02:00:00")));
        assert_eq!(before.next_start(time("02:05:00")), Some(time("02:05:00")));
    }

    #[test]
    fn no_hour_ever_holds_more_than_the_budget() {
        let (mut all, mut kept) = (Vec::new(), ChangeRuns::default());
        let mut wanted = time("00:00:00");
        for round in 0_u64..200 {
            let start = kept.next_start(wanted).unwrap();
            let run = ChangeRun { at: start, requests: 100 + round % 7 };
            all.push(run);
            kept = kept.with(run);
            wanted = start + SignedDuration::from_mins(3);
        }
        for first in &all {
            let hour = all.iter().filter(|run| run.at >= first.at && run.at < first.at + HOUR);
            assert!(hour.map(|run| run.requests).sum::<u64>() <= CHANGE_BUDGET);
        }
    }

    #[test]
    fn a_tenant_whose_single_run_is_above_the_budget_has_no_start() {
        assert_eq!(runs(&[("01:00:00", 1_501)]).next_start(time("05:00:00")), None);
    }

    #[test]
    fn the_file_is_a_list_of_times_and_requests() {
        let one = runs(&[("01:00:00", 115)]);
        assert_eq!(one.to_json(), Bytes::from(r#"[{"at":"2026-11-23T01:00:00Z","requests":115}]"#));
        assert_eq!(ChangeRuns::parse(&one.to_json()).unwrap(), one);
        assert_eq!(runs(&[("01:00:00", 1), ("02:30:00", 2), ("02:40:00", 3)]).0.len(), 2);
        assert!(ChangeRuns::parse(b"{").is_err());
    }
}
