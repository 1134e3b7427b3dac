//! The tenants' daily schedules: who is to run, from which day on, and when a run was due last.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::ScheduleState;
use jiff::civil::time;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::japan;

/// A run is given so long after its window: its longest time, three attempts, and the line's way to the table.
const GRACE: SignedDuration = SignedDuration::from_mins(60);

/// When a tenant's run is due each day, Asia/Tokyo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Hour.
    pub hour: i8,
    /// Minute.
    pub minute: i8,
    /// Minutes within which it starts.
    pub window: i64,
}

impl Due {
    /// From `cron(30 4 * * ? *)`.
    fn parse(expression: &str, window: i64) -> Option<Self> {
        let fields: Vec<&str> = expression.strip_prefix("cron(")?.strip_suffix(" * * ? *)")?.split(' ').collect();
        let [minute, hour] = fields.as_slice() else { return None };
        let (minute, hour) = (minute.parse().ok()?, hour.parse().ok()?);
        ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(Self { hour, minute, window })
    }
}

/// A tenant's daily schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The tenant.
    pub tenant: String,
    /// Whether it is on.
    pub enabled: bool,
    /// Not before.
    pub first_day: Option<Timestamp>,
    /// Its time.
    pub due: Due,
}

impl Schedule {
    /// When a run was due last, such that it should be over by `now`; `None` before the first day.
    pub fn last_due(&self, now: Timestamp) -> Option<Timestamp> {
        let zone = japan();
        let latest = now.checked_sub(SignedDuration::from_mins(self.due.window)).ok()?.checked_sub(GRACE).ok()?;
        let day = latest.to_zoned(zone.clone()).date();
        let on = |day: jiff::civil::Date| {
            day.to_datetime(time(self.due.hour, self.due.minute, 0, 0)).to_zoned(zone.clone()).ok().map(|at| at.timestamp())
        };
        let today = on(day)?;
        let due = if today <= latest { today } else { on(day.checked_sub(1.day()).ok()?)? };
        (self.first_day.is_none_or(|first| due >= first)).then_some(due)
    }
}

/// Scheduler could not be asked, or holds a daily schedule of another form.
#[derive(Debug, thiserror::Error)]
#[error("the schedules could not be read: {0}")]
pub struct SchedulesError(pub String);

/// The schedules named `emc-link-{tenant}-daily`.
pub async fn daily_schedules(client: &Client) -> Result<Vec<Schedule>, SchedulesError> {
    let mut names = Vec::new();
    let mut pages = client.list_schedules().name_prefix("emc-link-").into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| SchedulesError(link_aws::told(&error)))?;
        names.extend(page.schedules.into_iter().filter_map(|schedule| schedule.name));
    }
    let mut found = Vec::new();
    for name in names {
        let Some(tenant) = name.strip_prefix("emc-link-").and_then(|name| name.strip_suffix("-daily")) else { continue };
        let schedule = client.get_schedule().name(&name).send().await;
        let schedule = schedule.map_err(|error| SchedulesError(link_aws::told(&error)))?;
        let window = schedule.flexible_time_window.and_then(|window| window.maximum_window_in_minutes).unwrap_or(0);
        let expression = schedule.schedule_expression.unwrap_or_default();
        let due = Due::parse(&expression, window.into())
            .ok_or_else(|| SchedulesError(format!("{name} is not daily: {expression}")))?;
        found.push(Schedule {
            tenant: tenant.to_owned(),
            enabled: schedule.state == Some(ScheduleState::Enabled),
            first_day: schedule.start_date.and_then(|date| Timestamp::from_second(date.secs()).ok()),
            due,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(hour: i8, minute: i8) -> Schedule {
        Schedule { tenant: "acme".into(), enabled: true, first_day: None, due: Due { hour, minute, window: 15 } }
    }
    fn due(hour: i8, minute: i8, now: &str) -> String {
        schedule(hour, minute).last_due(now.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_run_is_due_when_its_window_and_an_hour_are_over() {
        // 06:45 in Tokyo: half past four is due, half past five is not yet; eleven at night was due the evening before.
        assert_eq!(due(4, 30, "2026-11-24T21:45:00Z"), "2026-11-24T19:30:00Z");
        assert_eq!(due(5, 30, "2026-11-24T21:44:59Z"), "2026-11-23T20:30:00Z");
        assert_eq!(due(5, 30, "2026-11-24T21:45:00Z"), "2026-11-24T20:30:00Z");
        assert_eq!(due(23, 0, "2026-11-24T21:45:00Z"), "2026-11-24T14:00:00Z");
    }

    #[test]
    fn before_the_first_day_nothing_is_due() {
        let first = Schedule { first_day: Some("2026-11-24T15:00:00Z".parse().unwrap()), ..schedule(4, 30) };
        assert_eq!(first.last_due("2026-11-24T20:00:00Z".parse().unwrap()), None);
        assert!(first.last_due("2026-11-24T21:45:00Z".parse().unwrap()).is_some());
    }

    #[test]
    fn only_a_daily_expression_is_read() {
        assert_eq!(Due::parse("cron(30 4 * * ? *)", 15), Some(Due { hour: 4, minute: 30, window: 15 }));
        for other in ["cron(30 4 ? * MON *)", "rate(1 day)", "cron(30 24 * * ? *)", "cron(* 4 * * ? *)", ""] {
            assert_eq!(Due::parse(other, 15), None, "{other}");
        }
    }
}
