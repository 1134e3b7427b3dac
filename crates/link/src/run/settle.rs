//! The pending protocol: what was handed over and not confirmed is settled at EMC before anything else happens, so that
//! EMC and the snapshot agree whatever died, and whenever.

use bytes::Bytes;

use super::context::Writing;
use crate::compare::Snapshot;
use crate::emc::{Emc, Settled};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::run::tenant::state_fault;
use crate::run::{Basis, Pending};
use crate::state::keys::Key;
use crate::state::ports::{Condition, Platform, StateErrorKind, StateStore, Version};

/// The snapshot in force.
#[derive(Debug, Default)]
pub(crate) struct Previous {
    /// Its content; empty before the first link.
    pub snapshot: Snapshot,
    /// Its version; `None` where there is no `snapshot.json` yet.
    pub version: Option<Version>,
    /// An interrupted run's import was settled: committed or cancelled.
    pub settled: Option<PendingEnd>,
}

/// How an interrupted import ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingEnd {
    /// EMC had committed it: its snapshot is in force now.
    Committed,
    /// EMC had not, and never will.
    Cancelled,
}

impl Previous {
    /// Whether nothing was ever linked and no baseline taken.
    pub(crate) fn is_first(&self) -> bool {
        self.version.is_none() && self.snapshot.run_id.is_empty()
    }

    /// What became of an interrupted import.
    pub(crate) fn warnings(&self) -> Vec<Fault> {
        let detail = match self.settled {
            None => return Vec::new(),
            Some(PendingEnd::Committed) => {
                "前回中断した登録処理は、エマージェンシーコールで完了していました。前回データに反映しました。"
            }
            Some(PendingEnd::Cancelled) => {
                "前回中断した登録処理は、エマージェンシーコールで行われていませんでした。取り消しました。"
            }
        };
        vec![Fault::new(Code::PendingSettled, Subject::Run, detail)]
    }
}

/// Reads the snapshot; an import still pending is settled first.
pub(crate) async fn previous<H: Platform>(platform: &H, emc: &Emc, writing: Writing) -> Result<Previous, Faults> {
    let fault = |error| Faults::from(state_fault(&error));
    let mut settled = None;
    let mut assumed = None;
    if let Some(found) = platform.state().get(&Key::pending()).await.map_err(fault)? {
        let pending = Pending::parse(&found.body).map_err(|error| {
            let detail = format!("pending.jsonを読み取れません({})。", error.reason_ja());
            Faults::from(Fault::new(Code::SnapshotInvalid, Subject::State, detail).field("pending.json"))
        })?;
        match writing {
            Writing::Allowed => settled = Some(settle(platform, emc, &pending, &found.version).await?),
            Writing::Forbidden => {
                let result = emc.look(&pending.import_id).await.map_err(|error| Faults::from(error.to_fault()))?;
                assumed = result.map(|_| pending.snapshot);
            }
        }
    }
    let stored = platform.state().get(&Key::snapshot()).await.map_err(fault)?;
    let version = stored.as_ref().map(|stored| stored.version.clone());
    let body = assumed.or(stored.map(|stored| stored.body));
    let snapshot = match body {
        None => Snapshot::default(),
        Some(body) => Snapshot::parse(&body).map_err(|error| {
            let detail = format!("snapshot.jsonを読み取れません({})。", error.reason_ja());
            Faults::from(Fault::new(Code::SnapshotInvalid, Subject::State, detail).field("snapshot.json"))
        })?,
    };
    Ok(Previous { snapshot, version, settled })
}

/// Settles one pending import, read at this version: committed → its snapshot becomes the snapshot; cancelled → it is
/// dropped.
async fn settle<H: Platform>(
    platform: &H,
    emc: &Emc,
    pending: &Pending,
    read_at: &Version,
) -> Result<PendingEnd, Faults> {
    let end = match emc.settle(&pending.import_id).await {
        Ok(Settled::Committed(_)) => {
            keep_snapshot(platform, pending).await.map_err(behind)?;
            PendingEnd::Committed
        }
        Ok(Settled::Cancelled) => PendingEnd::Cancelled,
        Err(error) => {
            let mut faults = Faults::from(error.to_fault());
            let detail = "前回中断した登録処理の結果を確認できません。";
            faults.push(Fault::new(Code::EmcUnsettled, Subject::Emc, detail));
            return Err(faults);
        }
    };
    remove_pending(platform, read_at).await?;
    tracing::info!(import_id = pending.import_id.as_str(), end = ?end, "pending import settled");
    Ok(end)
}

/// EMC has committed what the snapshot does not say.
pub(crate) fn behind(mut faults: Faults) -> Faults {
    faults.push(Fault::new(Code::SnapshotBehind, Subject::State, "前回データ(snapshot.json)を更新できません。"));
    faults
}

/// Makes the pending snapshot the snapshot, if the snapshot is still the one that the import was made from. Whoever was
/// overtaken since would put it over a later one otherwise.
pub(crate) async fn keep_snapshot<H: Platform>(platform: &H, pending: &Pending) -> Result<(), Faults> {
    let condition = match pending.basis.clone() {
        Basis::None => Condition::Absent,
        Basis::At(version) => Condition::Unchanged(version),
        Basis::Unknown => {
            let current = platform.state().get(&Key::snapshot()).await;
            let current = current.map_err(|error| Faults::from(state_fault(&error)))?;
            current.map_or(Condition::Absent, |stored| Condition::Unchanged(stored.version))
        }
    };
    match platform.state().put(&Key::snapshot(), pending.snapshot.clone(), condition).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == StateErrorKind::Conflict => same_snapshot(platform, &pending.snapshot).await,
        Err(error) => Err(state_fault(&error).into()),
    }
}

/// After a conflict: our own write whose answer was lost, or another run that settled for us, left the same bytes.
pub(crate) async fn same_snapshot<H: Platform>(platform: &H, written: &Bytes) -> Result<(), Faults> {
    let found = platform.state().get(&Key::snapshot()).await.map_err(|error| Faults::from(state_fault(&error)))?;
    if found.is_some_and(|found| same(&found.body, written)) {
        return Ok(());
    }
    let detail = "処理中に他の処理がsnapshot.jsonを書き換えました。";
    Err(Fault::new(Code::SnapshotConflict, Subject::State, detail).field("snapshot.json").into())
}

/// Writes `pending.json`, of which there must be none, and gives its version.
pub(crate) async fn put_pending<H: Platform>(platform: &H, pending: &Pending) -> Result<Version, Faults> {
    let body = Bytes::from(pending.write().map_err(|error| {
        tracing::error!(%error, "pending.json could not be written as JSON");
        Fault::new(Code::StateUnreadable, Subject::State, "pending.jsonを作成できません。")
    })?);
    match platform.state().put(&Key::pending(), body.clone(), Condition::Absent).await {
        Ok(version) => Ok(version),
        Err(error) if error.kind == StateErrorKind::Conflict => {
            let found =
                platform.state().get(&Key::pending()).await.map_err(|error| Faults::from(state_fault(&error)))?;
            if let Some(found) = found.filter(|found| same(&found.body, &body)) {
                return Ok(found.version);
            }
            let detail = "他の処理がpending.jsonを書き込みました。";
            Err(Fault::new(Code::SnapshotConflict, Subject::State, detail).field("pending.json").into())
        }
        Err(error) => Err(state_fault(&error).into()),
    }
}

/// Removes `pending.json` if it is still the one at this version: a run that was overtaken must not remove what protects
/// the other's import.
pub(crate) async fn remove_pending<H: Platform>(platform: &H, version: &Version) -> Result<(), Faults> {
    match platform.state().delete_unchanged(&Key::pending(), version).await {
        Err(error) if error.kind == StateErrorKind::Conflict => Ok(()),
        done => done.map_err(|error| state_fault(&error).into()),
    }
}

/// Whether the snapshot that a plan was made from is still in force.
pub(crate) async fn same_basis<H: Platform>(platform: &H, basis: Option<&Version>) -> Result<bool, Faults> {
    let found = platform.state().get(&Key::snapshot()).await.map_err(|error| Faults::from(state_fault(&error)))?;
    Ok(found.as_ref().map(|found| &found.version) == basis)
}

fn same(one: &Bytes, other: &Bytes) -> bool {
    one.trim_ascii() == other.trim_ascii()
}
