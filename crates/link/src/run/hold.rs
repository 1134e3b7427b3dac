//! Held runs: what each was held for is kept beside its report (`hold.json`), so that a person can approve exactly that.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::tenant::state_fault;
use super::{Run, RunResult};
use crate::compare::{Approval, HoldReason};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::{HoldNote, Refusal, code_of_reason};
use crate::state::RunId;
use crate::state::keys::Key;
use crate::state::ports::{Clock, Condition, Platform, StateError, StateErrorKind, StateStore};
use crate::time::{date_of, rfc3339};

/// So long a held run can be approved.
pub(crate) const APPROVABLE: SignedDuration = SignedDuration::from_hours(7 * 24);

const VERSION: u64 = 1;
const FILE: &str = "hold.json";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldFile {
    version: u64,
    run_id: String,
    held_at: Timestamp,
    since: Date,
    #[serde(deserialize_with = "crate::compare::read_reasons")]
    reasons: Vec<HoldReason>,
    approval: Approval,
    /// A person's no to the same set, as far back as it has been held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<Refusal>,
}

/// A decision of the pages, as far as a run needs it.
#[derive(Deserialize)]
struct DecisionFile {
    at: Timestamp,
    person: DecisionPerson,
    verdict: String,
    reason: String,
}

#[derive(Deserialize)]
struct DecisionPerson {
    name: String,
}

/// A person's no to a held run.
async fn refusal<H: Platform>(run: &Run<'_, H>, held: &str) -> Result<Option<Refusal>, StateError> {
    let Some(id) = RunId::parse(held) else { return Ok(None) };
    let found = run.platform.state().get(&Key::decision(&id)).await?;
    let decision = found.and_then(|found| serde_json::from_slice::<DecisionFile>(&found.body).ok());
    Ok(decision.filter(|decision| decision.verdict == "refused").map(|decision| Refusal {
        run_id: held.to_owned(),
        at: rfc3339(decision.at),
        person: decision.person.name,
        reason: decision.reason,
    }))
}

/// What approving the run `held` allows.
pub(crate) async fn approval<H: Platform>(
    run: &Run<'_, H>,
    held: &RunId,
    same_person: &BTreeSet<String>,
) -> Result<Approval, Faults> {
    let unknown = |detail: String| {
        Faults::from(Fault::new(Code::ApprovalUnknown, Subject::Event, detail).field("approve").id(held.as_str()))
    };
    let missing = || unknown(format!("実行「{held}」は保留になった実行ではありません。"));
    let date = held.date().ok_or_else(missing)?;
    let key = Key::run_file(date, held.as_str(), FILE);
    let found = run.platform.state().get(&key).await.map_err(|error| Faults::from(state_fault(&error)))?;
    let found = found.ok_or_else(missing)?;
    let file = serde_json::from_slice::<HoldFile>(&found.body)
        .ok()
        .filter(|file| file.version == VERSION && file.run_id == held.as_str())
        .ok_or_else(|| unknown(format!("実行「{held}」の保留の記録を読み取れません。")))?;
    if run.platform.clock().now() > file.held_at + APPROVABLE {
        let detail = format!("実行「{held}」は保留から7日を過ぎています。");
        return Err(Fault::new(Code::ApprovalExpired, Subject::Event, detail)
            .field("approve")
            .id(held.as_str())
            .into());
    }
    let not_reused = |id: &&String| !file.approval.replace.contains_key(*id);
    let faults: Vec<Fault> = same_person
        .iter()
        .filter(not_reused)
        .map(|id| {
            let detail =
                format!("same_personの「{id}」は、実行「{held}」で別の従業員のものになったユーザIDではありません。");
            Fault::new(Code::ApprovalUnknown, Subject::Event, detail).field("same_person").id(id)
        })
        .collect();
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    Ok(Approval { same_person: same_person.clone(), ..file.approval })
}

/// Records what this run is held for; tells since when the same set has been held.
pub(crate) async fn keep<H: Platform>(run: &Run<'_, H>, result: &RunResult) -> Result<HoldNote, StateError> {
    let today = run.today();
    let (since, refused) = match latest(run).await? {
        Some(before) if before.approval == result.to_approve => {
            let refused = refusal(run, &before.run_id).await?.or(before.refused);
            (before.since, refused)
        }
        _ => (today, None),
    };
    let file = HoldFile {
        version: VERSION,
        run_id: run.id.as_str().to_owned(),
        held_at: run.started,
        since,
        reasons: result.reasons.clone(),
        approval: result.to_approve.clone(),
        refused,
    };
    let key = Key::run_file(date_of(run.started), run.id.as_str(), FILE);
    let body = Bytes::from(to_json(&key, &file)?);
    run.platform.state().put(&key, body, Condition::Always).await?;
    Ok(note(run.started, &file))
}

/// The note of a preview that would be held: nothing is kept, and nothing can be approved by it.
pub(crate) fn preview_note<H: Platform>(run: &Run<'_, H>, result: &RunResult) -> HoldNote {
    let file = HoldFile {
        version: VERSION,
        run_id: run.id.as_str().to_owned(),
        held_at: run.started,
        since: run.today(),
        reasons: result.reasons.clone(),
        approval: Approval::default(),
        refused: None,
    };
    note(run.started, &file)
}

fn note(now: Timestamp, file: &HoldFile) -> HoldNote {
    let days = date_of(now).duration_since(file.since).as_hours() / 24 + 1;
    HoldNote {
        codes: file.reasons.iter().map(code_of_reason).collect(),
        reasons: file.reasons.clone(),
        since: file.since.to_string(),
        days: u32::try_from(days).unwrap_or(1),
        approve_until: rfc3339(file.held_at + APPROVABLE),
        refused: file.refused.clone(),
    }
}

/// What an earlier run was held for.
pub(super) async fn recorded<H: Platform>(run: &Run<'_, H>, run_id: &str) -> Result<Option<Approval>, StateError> {
    let Some(date) = RunId::parse(run_id).and_then(|id| id.date()) else { return Ok(None) };
    let found = run.platform.state().get(&Key::run_file(date, run_id, FILE)).await?;
    let file = found.and_then(|found| serde_json::from_slice::<HoldFile>(&found.body).ok());
    Ok(file.map(|file| file.approval))
}

/// The latest hold of the last days before this run.
async fn latest<H: Platform>(run: &Run<'_, H>) -> Result<Option<HoldFile>, StateError> {
    let mut date = run.today();
    for _ in 0..4 {
        let keys = run.platform.state().list(&Key::runs_of(date)).await?;
        let own = format!("/{}/", run.id);
        let last = keys.iter().rev().find(|key| key.as_str().ends_with("/hold.json") && !key.as_str().contains(&own));
        if let Some(key) = last {
            let found = run.platform.state().get(key).await?;
            return Ok(found.and_then(|found| serde_json::from_slice(&found.body).ok()));
        }
        let Ok(before) = date.yesterday() else { break };
        date = before;
    }
    Ok(None)
}

/// A record as JSON; what cannot be written as JSON is an error of the store, and never an empty file.
pub(super) fn to_json<T: Serialize>(key: &Key, record: &T) -> Result<Vec<u8>, StateError> {
    serde_json::to_vec_pretty(record).map_err(|error| StateError {
        operation: "put",
        key: key.as_str().to_owned(),
        kind: StateErrorKind::Unavailable,
        detail: error.to_string(),
    })
}
