//! Runs because of a change in SmartHR: the budget that they share, and which of them are mailed.

use super::event::{Event, SyncRequest};
use super::record::{days_before, load, recorded, store_error};
use super::{InvocationError, Run, RunResult, hold};
use crate::config::ChangeMail;
use crate::report::{Answer, Mode, Outcome};
use crate::state::ports::{Clock, Platform};
use crate::state::{ChangeRun, note_change_run};

/// The days back in which the run before this one is looked for.
const LOOKED_BACK: u8 = 7;

/// Whether the event is a run because of a change.
pub(super) fn is_change(event: &Event) -> bool {
    matches!(event, Event::Sync(SyncRequest { because_of_change: true, .. }))
}

/// Whether the run's files are kept for a week only: with a hundred changes a day such runs would be most of all records.
pub(super) fn is_brief(event: &Event, outcome: Outcome) -> bool {
    is_change(event) && outcome == Outcome::NoChange
}

/// Notes what the run has cost of SmartHR's budget. A run is not lost for it: the pages only plan with the figure.
pub(super) async fn note<H: Platform>(run: &Run<'_, H>, requests: u64) {
    let noted = ChangeRun { at: run.platform.clock().now(), requests };
    if let Err(error) = note_change_run(run.platform.state(), noted).await {
        tracing::warn!(%error, "changes.json could not be written");
    }
}

/// Whether the run is mailed. What was mailed already, the same failure or the same hold, is not mailed again by such a run.
pub(super) async fn is_to_be_mailed<H: Platform>(
    run: &Run<'_, H>,
    event: &Event,
    mail: ChangeMail,
    result: &RunResult,
    answer: &Answer,
) -> Result<bool, InvocationError> {
    if !is_change(event) {
        return Ok(true);
    }
    let is_problem = |outcome: Outcome| matches!(outcome, Outcome::Failure | Outcome::Held);
    let before = run_before(run).await?;
    let was_problem = before.as_ref().is_some_and(|before| is_problem(before.outcome));
    if !is_problem(answer.outcome) {
        return Ok(mail == ChangeMail::All || was_problem);
    }
    let Some(before) = before else { return Ok(true) };
    Ok(!is_the_same(run, result, answer, &before).await?)
}

/// The latest sync that was recorded before this run.
async fn run_before<H: Platform>(run: &Run<'_, H>) -> Result<Option<Answer>, InvocationError> {
    let runs = recorded(run, days_before(run.today(), LOOKED_BACK)).await?;
    for earlier in runs.into_iter().rev().filter(|earlier| earlier.id != *run.id) {
        if let Some(report) = load(run, &earlier.id).await?
            && report.mode == Mode::Sync
        {
            return Ok(Some(report));
        }
    }
    Ok(None)
}

/// The same code and the same errors or IDs.
async fn is_the_same<H: Platform>(
    run: &Run<'_, H>,
    result: &RunResult,
    answer: &Answer,
    before: &Answer,
) -> Result<bool, InvocationError> {
    if before.code != answer.code || before.outcome != answer.outcome {
        return Ok(false);
    }
    if answer.outcome == Outcome::Held {
        let approval = hold::recorded(run, &before.run_id).await.map_err(|error| store_error(&error))?;
        return Ok(approval.is_some_and(|approval| approval == result.to_approve));
    }
    let errors = |answer: &Answer| {
        let mut errors: Vec<_> = answer
            .errors
            .iter()
            .map(|fault| (fault.code.entry().name, fault.id.clone(), fault.crew.clone(), fault.field.clone()))
            .collect();
        errors.sort();
        (answer.error_count, errors)
    };
    Ok(errors(before) == errors(answer))
}
