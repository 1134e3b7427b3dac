//! What the table knows of one tenant.

use jiff::Timestamp;

use crate::line::{Line, Outcome};

/// One tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The tenant.
    pub id: String,
    /// Its company, as the fleet's list names it.
    pub company: String,
    /// The wave that it is deployed with.
    pub wave: String,
    /// The release that was deployed last.
    pub deployed: String,
    /// The newest run's line; `None` where none has come yet.
    pub seen: Option<Seen>,
    /// When a run finished last, with whatever result.
    pub finished: Option<Timestamp>,
    /// Since when each finished run was held.
    pub held_since: Option<Timestamp>,
    /// Since when each finished run failed.
    pub failed_since: Option<Timestamp>,
    /// The run that the operators were told of last.
    pub told: String,
}

/// The newest run of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When its line was written.
    pub at: Timestamp,
    /// Its id; empty where it was lost.
    pub run_id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Its code.
    pub code: String,
    /// The build that ran.
    pub version: String,
    /// Errors that were counted.
    pub errors: u64,
    /// Its length.
    pub millis: u64,
}

impl Row {
    /// The row after a run's line. `None` where the line is not newer than what is known: doubled, or late.
    pub fn after(&self, line: &Line) -> Option<Self> {
        let known = self.seen.as_ref().is_some_and(|seen| line.at < seen.at || (line.at == seen.at && line.run_id == seen.run_id));
        if known {
            return None;
        }
        let finished = line.outcome != Outcome::Lost;
        let since = |of: Outcome, before: Option<Timestamp>| match line.outcome {
            // A lost run says nothing about what holds or fails.
            Outcome::Lost => before,
            outcome if outcome == of => before.or(Some(line.at)),
            _ => None,
        };
        Some(Self {
            seen: Some(Seen {
                at: line.at,
                run_id: line.run_id.clone(),
                outcome: line.outcome,
                code: line.code.clone(),
                version: line.version.clone(),
                errors: line.errors,
                millis: line.millis,
            }),
            finished: if finished { Some(line.at) } else { self.finished },
            held_since: since(Outcome::Held, self.held_since),
            failed_since: since(Outcome::Failure, self.failed_since),
            id: line.tenant.to_string(),
            ..self.clone()
        })
    }

    /// Whether the operators are still to be told of the newest run. A lost one is told by the account's alarm: one run, one
    /// alarm.
    pub fn is_to_be_told(&self) -> bool {
        let Some(seen) = &self.seen else { return false };
        matches!(seen.outcome, Outcome::Failure | Outcome::Held) && self.told != seen.run_id
    }
}

#[cfg(test)]
mod tests {
    use link::state::TenantId;

    use super::*;

    fn line(at: &str, outcome: Outcome) -> Line {
        Line {
            tenant: TenantId::parse("acme").unwrap(),
            at: at.parse().unwrap(),
            run_id: format!("run of {at}"),
            outcome,
            code: "c".into(),
            version: "0.2.0".into(),
            errors: 0,
            millis: 1,
        }
    }

    #[test]
    fn only_what_is_newer_counts() {
        let (first, second) = ("2026-11-24T19:30:00Z", "2026-11-25T19:30:00Z");
        let row = Row::default().after(&line(first, Outcome::Held)).unwrap();
        assert_eq!(row.after(&line(first, Outcome::Held)), None, "doubled");
        let row = row.after(&line(second, Outcome::Success)).unwrap();
        assert_eq!(row.after(&line(first, Outcome::Failure)), None, "a day late");
        assert_eq!((row.held_since, row.finished), (None, Some(second.parse().unwrap())));
    }

    #[test]
    fn a_hold_lasts_from_its_first_day_and_a_lost_run_does_not_end_it() {
        let days = ["2026-11-23T19:30:00Z", "2026-11-24T19:30:00Z", "2026-11-25T19:30:00Z"];
        let row = Row::default().after(&line(days[0], Outcome::Held)).unwrap();
        let row = row.after(&line(days[1], Outcome::Lost)).unwrap();
        assert_eq!((row.finished, row.is_to_be_told()), (Some(days[0].parse().unwrap()), false));
        let row = row.after(&line(days[2], Outcome::Held)).unwrap();
        assert_eq!(row.held_since, Some(days[0].parse().unwrap()));
        assert!(row.is_to_be_told());
    }
}
