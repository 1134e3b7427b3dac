//! Whether all is well with the link, as one list of findings: the page 概要 is green only while the list is empty.

use jiff::{SignedDuration, Timestamp};
use link::report::{Mode, Outcome};
use link::state::RunId;

use crate::decisions::Verdict;
use crate::summaries::{Listed, ListedState, Summary};

/// A daily run that is older has been missed.
const LATE: SignedDuration = SignedDuration::from_hours(25);
/// Two have been missed.
const VERY_LATE: SignedDuration = SignedDuration::from_hours(49);

/// Something that is not well, in the order of weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// `config.toml` is missing or has faults.
    ConfigFaulty,
    /// The link to SmartHR was ended or never made.
    NotConnected,
    /// SmartHR refused the token or the rights, or did not answer, when it was last used.
    SmartHrFailed(RunId),
    /// No daily run for 49 hours.
    RunVeryLate(Timestamp),
    /// The latest run failed.
    RunFailed(RunId),
    /// The latest run is held, and nobody has decided.
    HoldPending(RunId, Option<Timestamp>),
    /// The latest run is held and was refused by a person (却下): every daily run is held until SmartHR's data is put right.
    HoldRefused(RunId),
    /// No daily run for 25 hours.
    RunLate(Timestamp),
    /// The schedule of the daily run is switched off although the link was made.
    ScheduleOff,
    /// No run has been made yet.
    NeverRun,
    /// Some results have not been read, so that nothing can be said of them.
    NotAllRead,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Amber.
    Warning,
    /// Red.
    Problem,
}

impl Finding {
    pub(crate) fn weight(&self) -> Weight {
        match self {
            Self::ConfigFaulty | Self::SmartHrFailed(_) | Self::RunVeryLate(_) | Self::RunFailed(_) => Weight::Problem,
            Self::NotConnected
            | Self::HoldPending(..)
            | Self::HoldRefused(_)
            | Self::RunLate(_)
            | Self::ScheduleOff
            | Self::NeverRun
            | Self::NotAllRead => Weight::Warning,
        }
    }
}

/// What the findings are made from.
pub(crate) struct Facts<'a> {
    /// Newest first.
    pub(crate) runs: &'a [Listed],
    pub(crate) is_config_right: bool,
    pub(crate) is_connected: bool,
    /// What a person has decided about the latest run, if that is held.
    pub(crate) verdict: Option<Verdict>,
    /// Whether the daily schedule is on; `None` where it is not known.
    pub(crate) is_scheduled: Option<bool>,
    pub(crate) now: Timestamp,
}

/// The latest run that linked or tried to.
pub(crate) fn latest_sync(runs: &[Listed]) -> Option<(&RunId, &Summary)> {
    runs.iter().find_map(|run| {
        let summary = run.summary().filter(|summary| summary.mode == Mode::Sync)?;
        (!matches!(summary.outcome, Outcome::Busy | Outcome::Skipped)).then_some((&run.id, summary))
    })
}

/// Everything that is not well; empty where nothing is wrong.
pub(crate) fn findings(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !facts.is_config_right {
        findings.push(Finding::ConfigFaulty);
    }
    if !facts.is_connected {
        findings.push(Finding::NotConnected);
    }
    let latest = latest_sync(facts.runs);
    // A preview or a check uses the connection, too.
    let used = facts.runs.iter().find_map(|run| Some((&run.id, run.summary()?)));
    if let Some((id, summary)) = used
        && summary.is_smarthr_failure()
    {
        findings.push(Finding::SmartHrFailed(id.clone()));
    }
    match latest {
        None if facts.is_connected => findings.push(Finding::NeverRun),
        None => {}
        Some((id, summary)) => {
            if summary.outcome == Outcome::Failure && !findings.contains(&Finding::SmartHrFailed(id.clone())) {
                findings.push(Finding::RunFailed(id.clone()));
            }
            if summary.outcome == Outcome::Held {
                match facts.verdict {
                    None if !summary.is_refused => {
                        findings.push(Finding::HoldPending(id.clone(), summary.approve_until));
                    }
                    None | Some(Verdict::Refused) => findings.push(Finding::HoldRefused(id.clone())),
                    Some(Verdict::Approved) => {}
                }
            }
        }
    }
    match facts.is_scheduled {
        // It is switched on after the first link: before, its absence is no news.
        Some(false) if latest.is_some() => findings.push(Finding::ScheduleOff),
        Some(false) => {}
        _ => findings.extend(lateness(facts)),
    }
    if facts.runs.first().is_some_and(|run| matches!(run.state, ListedState::Later)) {
        findings.push(Finding::NotAllRead);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight()));
    findings
}

/// Whether the daily run is overdue. Without any daily run in the list, the latest run of a person counts: a new link has
/// no daily run yet.
fn lateness(facts: &Facts<'_>) -> Option<Finding> {
    let syncs = || facts.runs.iter().filter(|run| run.summary().is_some_and(|summary| summary.mode == Mode::Sync));
    let daily = syncs().find(|run| run.summary().is_some_and(|summary| summary.is_daily));
    let started = daily.or_else(|| syncs().next())?.id.started()?;
    let age = facts.now.duration_since(started);
    if age > VERY_LATE {
        Some(Finding::RunVeryLate(started))
    } else if age > LATE {
        Some(Finding::RunLate(started))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use link::state::Trigger;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T10:00:00+09:00".parse().unwrap()
    }

    fn run(hours_ago: i64, mode: Mode, outcome: Outcome, code: &str, is_daily: bool) -> Listed {
        let start = now() - SignedDuration::from_hours(hours_ago);
        let summary = Summary {
            mode,
            outcome,
            would: None,
            code: code.to_owned(),
            is_daily,
            users: None,
            errors: 0,
            approve_until: None,
            person: None,
            is_change: false,
            is_refused: false,
        };
        Listed { id: RunId::new(start, &Trigger::Invocation("x".into())), state: ListedState::Known(summary) }
    }

    fn of(runs: &[Listed]) -> Vec<Finding> {
        findings(&Facts {
            runs,
            is_config_right: true,
            is_connected: true,
            verdict: None,
            is_scheduled: None,
            now: now(),
        })
    }

    #[test]
    fn a_fresh_daily_success_is_well() {
        assert_eq!(of(&[run(6, Mode::Sync, Outcome::Success, "EMC-OK", true)]), []);
        assert_eq!(of(&[run(24, Mode::Sync, Outcome::NoChange, "EMC-OK", true)]), []);
    }

    #[test]
    fn a_missed_day_is_amber_and_two_are_red() {
        let late = of(&[run(26, Mode::Sync, Outcome::Success, "EMC-OK", true)]);
        assert!(matches!(late[..], [Finding::RunLate(_)]) && late[0].weight() == Weight::Warning);
        let very = of(&[run(50, Mode::Sync, Outcome::Success, "EMC-OK", true)]);
        assert!(matches!(very[..], [Finding::RunVeryLate(_)]) && very[0].weight() == Weight::Problem);
        // A person's run in between does not hide that the schedule stands still.
        let by_hand = [
            run(1, Mode::Sync, Outcome::Success, "EMC-OK", false),
            run(50, Mode::Sync, Outcome::Success, "EMC-OK", true),
        ];
        assert!(matches!(of(&by_hand)[..], [Finding::RunVeryLate(_)]));
    }

    #[test]
    fn a_schedule_that_is_off_is_told_instead_of_a_missed_day() {
        let runs = [run(60, Mode::Sync, Outcome::Success, "EMC-OK", true)];
        let facts = |is_scheduled| Facts {
            runs: &runs,
            is_config_right: true,
            is_connected: true,
            verdict: None,
            is_scheduled,
            now: now(),
        };
        assert_eq!(findings(&facts(Some(false))), [Finding::ScheduleOff]);
        assert!(matches!(findings(&facts(Some(true)))[..], [Finding::RunVeryLate(_)]));
    }

    #[test]
    fn what_failed_or_waits_is_told_until_it_is_over() {
        let failed = run(2, Mode::Sync, Outcome::Failure, "EMC-ERROR-D(Update NG)", true);
        assert!(matches!(of(std::slice::from_ref(&failed))[..], [Finding::RunFailed(_)]));
        let after = [run(1, Mode::Sync, Outcome::Success, "EMC-OK", false), failed];
        assert_eq!(of(&after), []);
        let held = [run(2, Mode::Sync, Outcome::Held, "EMC-HOLD(Delete NG)", true)];
        assert!(matches!(of(&held)[..], [Finding::HoldPending(..)]));
        let decided = |verdict| Facts {
            runs: &held,
            is_config_right: true,
            is_connected: true,
            verdict,
            is_scheduled: None,
            now: now(),
        };
        assert_eq!(findings(&decided(Some(Verdict::Approved))), []);
        // Nothing reaches EMC until SmartHR is put right: that is not well.
        assert!(matches!(findings(&decided(Some(Verdict::Refused)))[..], [Finding::HoldRefused(_)]));
    }

    #[test]
    fn a_connection_that_was_refused_last_is_red_although_the_run_before_was_well() {
        let runs = [
            run(1, Mode::Check, Outcome::Failure, "EMC-ERROR-S(SmartHR NG)", false),
            run(6, Mode::Sync, Outcome::Success, "EMC-OK", true),
        ];
        let found = of(&runs);
        assert!(matches!(found[..], [Finding::SmartHrFailed(_)]) && found[0].weight() == Weight::Problem);
    }

    #[test]
    fn nothing_is_well_without_config_connection_or_runs() {
        let facts = Facts {
            runs: &[],
            is_config_right: false,
            is_connected: false,
            verdict: None,
            is_scheduled: None,
            now: now(),
        };
        assert_eq!(findings(&facts), [Finding::ConfigFaulty, Finding::NotConnected]);
        assert_eq!(of(&[]), [Finding::NeverRun]);
    }
}
