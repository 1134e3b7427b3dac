//! What lists show of each run, kept in one object, so that no page reads every report: a page lists the runs of its
//! period, reads the summaries that are kept, and adds a bounded number of those that are missing.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::StreamExt;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use link::report::{Answer, Mode, Outcome};
use link::state::RunId;
use link::state::keys::Key;
use link::state::ports::{Condition, StateStore};
use link::time::date_of;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::audit;
use crate::problem::Problem;
use crate::records;
use crate::site::Site;
use crate::views::words::{CHANGE, DAILY, OPERATOR};

/// Number of days that the lists go back.
pub(crate) const DAYS: i32 = 60;
/// How many requests one page may spend on summaries that are missing.
const REQUESTS: usize = 20;
/// How many objects are read at once.
const AT_ONCE: usize = 6;
/// Requests for the summary of a run that a person started: its report, a day of the audit log, the entry.
const REQUESTS_EACH: usize = 3;

const VERSION: u64 = 1;

/// What a list shows of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) mode: Mode,
    pub(crate) outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) would: Option<Outcome>,
    /// The mail's subject.
    pub(crate) code: String,
    /// Whether the daily schedule started it.
    pub(crate) is_daily: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) users: Option<Users>,
    pub(crate) errors: u64,
    /// Of a held run: until when it can be approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approve_until: Option<Timestamp>,
    /// The person who started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
    /// Whether a change in SmartHR started it.
    #[serde(default)]
    pub(crate) is_change: bool,
    /// Of a held run: whether a person has refused the same set before.
    #[serde(default)]
    pub(crate) is_refused: bool,
}

/// The counts of users that lists show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Users {
    pub(crate) valid: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) deleted: u64,
}

impl Summary {
    fn of(answer: &Answer, person: Option<String>) -> Self {
        let users = answer.counts.map(|counts| Users {
            valid: counts.users.received_valid,
            created: counts.users.created,
            updated: counts.users.updated,
            deleted: counts.users.deleted,
        });
        Self {
            mode: answer.mode,
            outcome: answer.outcome,
            would: answer.would,
            code: answer.code.clone(),
            is_daily: answer.scheduled_at.is_some(),
            users,
            errors: answer.error_count,
            approve_until: answer.hold.as_ref().and_then(|hold| hold.approve_until.parse().ok()),
            person,
            is_change: answer.trigger.is_some(),
            is_refused: answer.hold.as_ref().is_some_and(|hold| hold.refused.is_some()),
        }
    }

    /// Who or what started the run.
    pub(crate) fn starter(&self) -> String {
        match &self.person {
            Some(person) => format!("{person} 様"),
            None if self.is_daily => DAILY.to_owned(),
            None if self.is_change => CHANGE.to_owned(),
            None => OPERATOR.to_owned(),
        }
    }

    /// Whether it failed for SmartHR's side: token, rights, no answer.
    pub(crate) fn is_smarthr_failure(&self) -> bool {
        self.outcome == Outcome::Failure && self.code.starts_with("EMC-ERROR-S")
    }
}

/// A run in a list.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: RunId,
    /// What is known of it.
    pub(crate) state: ListedState,
}

/// What is known of a run in a list.
#[derive(Clone, Debug)]
pub(crate) enum ListedState {
    /// Its summary.
    Known(Summary),
    /// Its report is missing or cannot be read.
    Incomplete,
    /// Its report has not been read yet; one of the next views does.
    Later,
}

impl Listed {
    pub(crate) fn summary(&self) -> Option<&Summary> {
        match &self.state {
            ListedState::Known(summary) => Some(summary),
            _ => None,
        }
    }
}

/// The summaries as they are kept; `None` for a report that cannot be read.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: u64,
    runs: BTreeMap<String, Option<Summary>>,
}

/// The first day of the lists.
pub(crate) fn first_day<S: Site>(app: &App<S>) -> Date {
    let today = date_of(app.now());
    today.checked_sub(DAYS.days()).unwrap_or(today)
}

/// The runs of the last 60 days, newest first.
pub(crate) async fn recent<S: Site>(app: &App<S>) -> Result<Vec<Listed>, Problem> {
    let first = first_day(app);
    let (runs, reported) = listed(app, first, date_of(app.now())).await?;
    let found = app.state().get(&Key::run_summaries()).await?;
    let kept = found.as_ref().and_then(|found| serde_json::from_slice::<Kept>(&found.body).ok());
    let mut kept = kept.filter(|kept| kept.version == VERSION).map(|kept| kept.runs).unwrap_or_default();
    kept.retain(|name, _| RunId::parse(name).is_some_and(|id| runs.contains(&id)));
    let missing: Vec<RunId> = reported.iter().rev().filter(|id| !kept.contains_key(id.as_str())).cloned().collect();
    if !missing.is_empty() {
        kept.extend(summarised(app, &missing).await?);
        keep(app, &kept, found.map(|found| found.version)).await?;
    }
    let listed = runs.into_iter().rev().map(|id| {
        let state = match kept.get(id.as_str()) {
            Some(Some(summary)) => ListedState::Known(summary.clone()),
            None if reported.contains(&id) => ListedState::Later,
            Some(None) | None => ListedState::Incomplete,
        };
        Listed { id, state }
    });
    Ok(listed.collect())
}

/// The runs since a day, and those of them that have a report. Listed month by month: at most three listings.
async fn listed<S: Site>(app: &App<S>, first: Date, last: Date) -> Result<(BTreeSet<RunId>, BTreeSet<RunId>), Problem> {
    let (mut runs, mut reported) = (BTreeSet::new(), BTreeSet::new());
    let mut month = first.first_of_month();
    while month <= last {
        for key in app.state().list(&Key::runs_of_month(month)).await? {
            let mut parts = key.as_str().rsplit('/');
            let (Some(file), Some(id)) = (parts.next(), parts.next().and_then(RunId::parse)) else { continue };
            if id.date().is_none_or(|date| date < first || date > last) {
                continue;
            }
            if file == records::REPORT {
                reported.insert(id.clone());
            }
            runs.insert(id);
        }
        month = month.checked_add(1.month()).unwrap_or(Date::MAX);
    }
    Ok((runs, reported))
}

/// The runs of a period that have a report, oldest first.
pub(crate) async fn reported<S: Site>(app: &App<S>, first: Date, last: Date) -> Result<Vec<RunId>, Problem> {
    Ok(listed(app, first, last).await?.1.into_iter().collect())
}

/// The summaries of the newest of these runs, as far as one page may read.
async fn summarised<S: Site>(app: &App<S>, missing: &[RunId]) -> Result<BTreeMap<String, Option<Summary>>, Problem> {
    let mut made = BTreeMap::new();
    let (mut left, mut missing) = (REQUESTS, missing);
    while left >= REQUESTS_EACH && !missing.is_empty() {
        let (now, later) = missing.split_at(missing.len().min(AT_ONCE).min(left / REQUESTS_EACH));
        missing = later;
        let reading = now.iter().cloned().map(|id| async move {
            let answer = records::report(app, &id).await?;
            let Some(answer) = answer else { return Ok((id, None, 1)) };
            // The daily trigger is no person; nobody else's start has a time.
            let (person, spent) = if answer.scheduled_at.is_some() || answer.trigger.is_some() {
                (None, 1)
            } else {
                (audit::starter_of(app, &id).await?, REQUESTS_EACH)
            };
            Ok::<_, Problem>((id, Some(Summary::of(&answer, person)), spent))
        });
        let read: Vec<_> = futures::stream::iter(reading).buffered(AT_ONCE).collect().await;
        for result in read {
            let (id, summary, spent) = result?;
            left = left.saturating_sub(spent);
            made.insert(id.to_string(), summary);
        }
    }
    Ok(made)
}

/// Keeps the summaries. Another page that keeps its own at the same moment wins: nothing is lost but work.
async fn keep<S: Site>(
    app: &App<S>,
    runs: &BTreeMap<String, Option<Summary>>,
    version: Option<link::state::ports::Version>,
) -> Result<(), Problem> {
    let kept = Kept { version: VERSION, runs: runs.clone() };
    let body = serde_json::to_vec(&kept).map_err(|error| Problem::internal(&error.to_string()))?;
    let condition = version.map_or(Condition::Absent, Condition::Unchanged);
    if let Err(error) = app.state().put(&Key::run_summaries(), Bytes::from(body), condition).await {
        tracing::warn!(%error, "the runs' summaries were not kept");
    }
    Ok(())
}
