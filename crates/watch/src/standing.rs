//! How a tenant stands: judged by its schedule and by the newest run that the table knows, and by nothing that is assumed.

use jiff::Timestamp;

use crate::line::Outcome;
use crate::row::Row;
use crate::schedules::Schedule;

/// How a tenant stands, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// No run has finished since one was due.
    Missing,
    /// The newest run failed or was lost.
    Failed,
    /// The newest run waits for a person.
    Held,
    /// The newest run came to a good end, and none is overdue.
    Well,
    /// The first day is still to come.
    NotYet,
    /// The schedule is off.
    Paused,
}

impl Standing {
    /// Whether somebody has to look.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Missing | Self::Failed | Self::Held)
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Well => "well",
            Self::NotYet => "not_yet",
            Self::Paused => "paused",
        }
    }
}

/// A tenant and how it stands.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// What the table knows.
    pub row: Row,
    /// How it stands.
    pub standing: Standing,
    /// When a run was due last; `None` where none is expected.
    pub due: Option<Timestamp>,
}

/// Every tenant that has a row or a schedule, worst first.
pub fn judge(rows: Vec<Row>, schedules: &[Schedule], now: Timestamp) -> Vec<Tenant> {
    let mut rows = rows;
    for schedule in schedules {
        // A schedule whose tenant the table does not know is a tenant nevertheless.
        if !rows.iter().any(|row| row.id == schedule.tenant) {
            rows.push(Row { id: schedule.tenant.clone(), ..Row::default() });
        }
    }
    let mut tenants: Vec<Tenant> = rows
        .into_iter()
        .map(|row| {
            let schedule = schedules.iter().find(|schedule| schedule.tenant == row.id);
            let (standing, due) = stands(&row, schedule, now);
            Tenant { row, standing, due }
        })
        .collect();
    tenants.sort_by(|one, other| (one.standing, &one.row.id).cmp(&(other.standing, &other.row.id)));
    tenants
}

fn stands(row: &Row, schedule: Option<&Schedule>, now: Timestamp) -> (Standing, Option<Timestamp>) {
    let Some(schedule) = schedule.filter(|schedule| schedule.enabled) else { return (Standing::Paused, None) };
    let due = schedule.last_due(now);
    if let Some(due) = due
        && row.finished.is_none_or(|finished| finished < due)
    {
        return (Standing::Missing, Some(due));
    }
    let standing = match row.seen.as_ref().map(|seen| seen.outcome) {
        Some(Outcome::Failure | Outcome::Lost) => Standing::Failed,
        Some(Outcome::Held) => Standing::Held,
        Some(Outcome::Success | Outcome::NoChange) if due.is_some() => Standing::Well,
        _ => Standing::NotYet,
    };
    (standing, due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Seen;
    use crate::schedules::Due;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn row(id: &str, outcome: Outcome, when: &str) -> Row {
        let seen = Seen {
            at: at(when),
            run_id: "r".into(),
            outcome,
            code: "EMC-OK".into(),
            version: "0.2.0".into(),
            errors: 0,
            millis: 1,
        };
        let finished = (outcome != Outcome::Lost).then(|| at(when));
        Row { id: id.into(), seen: Some(seen), finished, ..Row::default() }
    }

    fn schedule(id: &str) -> Schedule {
        Schedule { tenant: id.into(), enabled: true, first_day: None, due: Due { hour: 4, minute: 30, window: 15 } }
    }

    /// 06:45 in Tokyo on 2026-11-25.
    const NOW: &str = "2026-11-24T21:45:00Z";
    const TODAY: &str = "2026-11-24T19:31:00Z";
    const YESTERDAY: &str = "2026-11-23T19:31:00Z";

    fn standing(row: Row, schedule: Schedule) -> Standing {
        judge(vec![row], &[schedule], at(NOW))[0].standing
    }

    #[test]
    fn the_newest_run_says_how_a_tenant_stands() {
        for (outcome, expected) in [
            (Outcome::Success, Standing::Well),
            (Outcome::NoChange, Standing::Well),
            (Outcome::Failure, Standing::Failed),
            (Outcome::Held, Standing::Held),
            // Nothing finished today.
            (Outcome::Lost, Standing::Missing),
        ] {
            assert_eq!(standing(row("acme", outcome, TODAY), schedule("acme")), expected, "{outcome:?}");
            // Whatever yesterday's was, today's is missing: nobody is well by yesterday's run.
            assert_eq!(standing(row("acme", outcome, YESTERDAY), schedule("acme")), Standing::Missing, "{outcome:?}");
        }
        // Finished today and lost a later one.
        let lost = Row { finished: Some(at(TODAY)), ..row("acme", Outcome::Lost, "2026-11-24T21:00:00Z") };
        assert_eq!(standing(lost, schedule("acme")), Standing::Failed);
    }

    #[test]
    fn who_is_off_or_has_not_begun_is_not_missing() {
        let never = || Row { id: "acme".into(), ..Row::default() };
        assert_eq!(standing(never(), Schedule { enabled: false, ..schedule("acme") }), Standing::Paused);
        let tomorrow = Schedule { first_day: Some(at("2026-11-25T15:00:00Z")), ..schedule("acme") };
        assert_eq!(standing(never(), tomorrow), Standing::NotYet);
        let today = Schedule { first_day: Some(at("2026-11-24T15:00:00Z")), ..schedule("acme") };
        assert_eq!(standing(never(), today), Standing::Missing, "a first run that never came");
        assert_eq!(judge(vec![never()], &[], at(NOW))[0].standing, Standing::Paused);
    }

    #[test]
    fn a_schedule_without_a_row_is_a_tenant_and_the_worst_come_first() {
        let rows = vec![row("well", Outcome::Success, TODAY), row("bad", Outcome::Failure, TODAY)];
        let judged = judge(rows, &[schedule("well"), schedule("bad"), schedule("unknown")], at(NOW));
        let order: Vec<(&str, Standing)> = judged.iter().map(|t| (t.row.id.as_str(), t.standing)).collect();
        assert_eq!(order, [("unknown", Standing::Missing), ("bad", Standing::Failed), ("well", Standing::Well)]);
    }
}
