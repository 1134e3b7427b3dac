//! The records of runs: what lies below `runs/`, as the pages read it.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use link::report::{Answer, Mode, Outcome};
use link::state::keys::Key;
use link::state::ports::StateStore;
use link::state::{RunId, Trigger};

use crate::app::App;
use crate::problem::Problem;
use crate::site::Site;

pub(crate) const REPORT: &str = "report.json";
pub(crate) const ERRORS: &str = "errors.csv";
pub(crate) const HOLD: &str = "hold.json";
pub(crate) const PLAN: &str = "plan.csv";
pub(crate) const LEFT_OUT: &str = "left-out.csv";

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

/// A run's report.
pub(crate) async fn report<S: Site>(app: &App<S>, id: &RunId) -> Result<Option<Answer>, Problem> {
    let Some(body) = file(app, id, REPORT).await? else { return Ok(None) };
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

/// The run that an invocation became on this day or around its midnights, if it has a report yet.
pub(crate) async fn of_invocation<S: Site>(
    app: &App<S>,
    invocation: &str,
    day: Date,
) -> Result<Option<RunId>, Problem> {
    let trigger = Trigger::Invocation(invocation.to_owned());
    for day in [Some(day), day.yesterday().ok(), day.tomorrow().ok()].into_iter().flatten() {
        for key in app.state().list(&Key::runs_of(day)).await? {
            let id = key.as_str().split('/').nth(2).and_then(RunId::parse);
            if let Some(id) = id.filter(|id| id.was_started_by(&trigger) && key.as_str().ends_with(REPORT)) {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
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
