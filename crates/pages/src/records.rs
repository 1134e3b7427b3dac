//! The records of runs: what lies below `runs/`, as the pages read it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use futures::StreamExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use link::report::{Answer, Mode, Outcome};
use link::state::keys::Key;
use link::state::ports::StateStore;
use link::state::{RunId, Trigger};
use link::time::date_of;

use crate::app::App;
use crate::audit;
use crate::problem::Problem;
use crate::site::Site;

/// So many days are shown.
pub(crate) const DAYS: i32 = 60;
/// So many reports are read at once.
const AT_ONCE: usize = 16;

pub(crate) const ERRORS: &str = "errors.csv";
pub(crate) const PLAN: &str = "plan.csv";

/// A run and the files that it left.
#[derive(Clone, Debug)]
pub(crate) struct RunFiles {
    pub(crate) id: RunId,
    pub(crate) files: BTreeSet<String>,
}

/// A run with its report; `None` where that cannot be read or is not there (yet).
#[derive(Clone, Debug)]
pub(crate) struct RunRecord {
    pub(crate) run: RunFiles,
    pub(crate) answer: Option<Answer>,
}

/// The first day that is shown.
pub(crate) fn first_day<S: Site>(app: &App<S>) -> Date {
    let today = date_of(app.now());
    today.checked_sub(DAYS.days()).unwrap_or(today)
}

/// All runs since a day, newest first.
pub(crate) async fn since<S: Site>(app: &App<S>, first: Date) -> Result<Vec<RunFiles>, Problem> {
    let mut runs: BTreeMap<RunId, BTreeSet<String>> = BTreeMap::new();
    for key in app.state().list(&Key::runs()).await? {
        let mut parts = key.as_str().rsplit('/');
        if let (Some(file), Some(id)) = (parts.next(), parts.next().and_then(RunId::parse))
            && id.date().is_some_and(|date| date >= first)
        {
            runs.entry(id).or_default().insert(file.to_owned());
        }
    }
    Ok(runs.into_iter().rev().map(|(id, files)| RunFiles { id, files }).collect())
}

/// The reports of runs, in their order.
pub(crate) async fn with_reports<S: Site>(app: &App<S>, runs: Vec<RunFiles>) -> Result<Vec<RunRecord>, Problem> {
    let reading = runs.into_iter().map(|run| async move {
        let answer = report(app, &run.id).await?;
        Ok::<_, Problem>(RunRecord { run, answer })
    });
    let read: Vec<_> = futures::stream::iter(reading).buffered(AT_ONCE).collect().await;
    read.into_iter().collect()
}

/// A run's report.
pub(crate) async fn report<S: Site>(app: &App<S>, id: &RunId) -> Result<Option<Answer>, Problem> {
    let Some(body) = file(app, id, "report.json").await? else { return Ok(None) };
    let answer = serde_json::from_slice(&body);
    if let Err(error) = &answer {
        tracing::warn!(run_id = id.as_str(), %error, "a report cannot be read");
    }
    Ok(answer.ok())
}

/// One of a run's files.
pub(crate) async fn file<S: Site>(app: &App<S>, id: &RunId, name: &str) -> Result<Option<Bytes>, Problem> {
    let Some(date) = id.date() else { return Ok(None) };
    Ok(app.state().get(&Key::run_file(date, id.as_str(), name)).await?.map(|found| found.body))
}

/// The run that an invocation became, if it has left anything yet.
pub(crate) async fn of_invocation<S: Site>(app: &App<S>, invocation: &str) -> Result<Option<RunId>, Problem> {
    let trigger = Trigger::Invocation(invocation.to_owned());
    // It began today, or shortly before midnight.
    let first = date_of(app.now() - SignedDuration::from_hours(12));
    let mut dates = vec![first, date_of(app.now())];
    dates.dedup();
    for date in dates {
        for key in app.state().list(&Key::runs_of(date)).await? {
            let id = key.as_str().split('/').nth(2).and_then(RunId::parse);
            if let Some(id) = id.filter(|id| id.was_started_by(&trigger) && key.as_str().ends_with("/report.json")) {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

/// Who started which runs, by the mark that the runs' names end in.
pub(crate) async fn starters<S: Site>(app: &App<S>, first: Date) -> Result<HashMap<String, String>, Problem> {
    let names = audit::entries_since(app, first).await?;
    let entries = audit::read(app, &names).await?;
    let started = entries.into_iter().filter_map(|entry| {
        let mark = Trigger::Invocation(entry.invocation?).trigger_hash();
        Some((mark, entry.person.name))
    });
    Ok(started.collect())
}

/// Who or what started a run.
pub(crate) fn starter(record: &RunRecord, people: &HashMap<String, String>) -> String {
    match (people.get(record.run.id.trigger_hash()), &record.answer) {
        (Some(person), _) => format!("{person} 様"),
        (None, Some(answer)) if answer.scheduled_at.is_some() => "自動(毎日)".to_owned(),
        (None, _) => "運用担当".to_owned(),
    }
}

/// The run that a path names.
pub(crate) async fn named<S: Site>(app: &App<S>, name: &str) -> Result<RunRecord, Problem> {
    let id = RunId::parse(name).ok_or_else(Problem::not_found)?;
    let date = id.date().ok_or_else(Problem::not_found)?;
    let keys = app.state().list(&Key::run_file(date, id.as_str(), "")).await?;
    if keys.is_empty() {
        return Err(Problem::not_found());
    }
    let files = keys.iter().filter_map(|key| key.as_str().rsplit('/').next().map(str::to_owned)).collect();
    let answer = report(app, &id).await?;
    Ok(RunRecord { run: RunFiles { id, files }, answer })
}

/// Whether a run waits for an approval that can still be given.
pub(crate) fn is_approvable(answer: &Answer, now: Timestamp) -> bool {
    let until = answer.hold.as_ref().and_then(|hold| hold.approve_until.parse::<Timestamp>().ok());
    answer.mode == Mode::Sync && answer.outcome == Outcome::Held && until.is_some_and(|until| now <= until)
}
