//! The bulk upload in place of the hand-over: today's files are written below `outbox/{run_id}/`, and the snapshot waits beside
//! them (`upload.json`) until the operator confirms that EMC has taken them.
//!
//! `upload.json` is written last: what is not complete cannot be confirmed. It names the run whose snapshot it was made
//! from. Of two uploads made from the same snapshot only the one that is confirmed first can become the next snapshot; the
//! other is refused, because its deletions were worked out from data that is no longer EMC's.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::context::Context;
use super::delivery::{self, FileNote};
use super::difference::Compared;
use super::import::HandedOver;
use super::receive::Received;
use super::settle::{Previous, same_snapshot};
use super::tenant::{Tenant, state_fault};
use super::{Run, RunResult};
use crate::bulk_upload::{
    Changed, Digests, Files, Rows, UnencodableCell, WriteError, ambiguous_blank, user_columns, write,
};
use crate::compare::{Cleared, Difference, Snapshot};
use crate::emc::Packed;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::Outcome;
use crate::state::RunId;
use crate::state::keys::Key;
use crate::state::ports::{Condition, Platform, StateErrorKind, StateStore};

const VERSION: u64 = 1;
const UPLOAD: &str = "upload.json";
const DIGESTS: &str = "digests.json";
/// The files that hold people's data: once EMC has them, they are of no more use.
const DATA: [&str; 3] = ["departments.csv", "users.csv", "departments-delete.csv"];

/// `upload.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting<'a> {
    version: u64,
    run_id: String,
    /// The run of the snapshot that the files were made from; empty before the first link.
    basis: String,
    #[serde(borrow)]
    snapshot: &'a RawValue,
}

/// Reads the snapshot without asking EMC. An import of the API destination must be settled there first.
pub(super) async fn previous<H: Platform>(platform: &H) -> Result<Previous, Faults> {
    no_import_pending(platform).await?;
    let fault = |error| Faults::from(state_fault(&error));
    let Some(stored) = platform.state().get(&Key::snapshot()).await.map_err(fault)? else {
        return Ok(Previous::default());
    };
    let snapshot = Snapshot::parse(&stored.body).map_err(|error| {
        let detail = format!("snapshot.jsonを読み取れません({})。", error.reason_ja());
        Faults::from(Fault::new(Code::SnapshotInvalid, Subject::State, detail).field("snapshot.json"))
    })?;
    Ok(Previous { snapshot, version: Some(stored.version), settled: None })
}

async fn no_import_pending<H: Platform>(platform: &H) -> Result<(), Faults> {
    let found = platform.state().get(&Key::pending()).await.map_err(|error| Faults::from(state_fault(&error)))?;
    if found.is_none() {
        return Ok(());
    }
    let detail = "API連携の登録処理が確定していません(pending.json)。\
                 emc.destinationを\"api\"に戻して一度実行し、確定させてください。";
    Err(Fault::new(Code::EmcUnsettled, Subject::State, detail).field("pending.json").into())
}

/// Finds out what would not fit into today's files.
pub(super) async fn try_out<H: Platform>(
    ctx: &Context<'_, H>,
    mut received: Received,
    compared: &Compared,
    difference: &Difference,
    previous: &Previous,
) -> HandedOver {
    if let Err(faults) = delivery::supported(ctx.run, ctx.tenant) {
        return HandedOver::failed(faults);
    }
    match prepare(ctx, &mut received, compared, difference, previous).await {
        Ok(prepared) => HandedOver { details: prepared.details, ..HandedOver::default() },
        Err(faults) => HandedOver::failed(faults),
    }
}

/// Writes today's files, and the snapshot that they will become.
pub(super) async fn hand_over<H: Platform>(
    ctx: &Context<'_, H>,
    received: Received,
    compared: &Compared,
    cleared: &Cleared,
    previous: &Previous,
) -> HandedOver {
    let (details, files) = match write_files(ctx, received, compared, cleared.difference(), previous).await {
        Ok(written) => written,
        Err(faults) => return HandedOver::failed(faults),
    };
    let told = delivery::deliver(ctx.run, ctx.tenant, &previous.snapshot.run_id, files).await;
    HandedOver {
        outcome: (!told.errors.is_empty()).then_some(Outcome::Failure),
        errors: told.errors,
        warnings: told.warnings,
        details: details.into_iter().chain(told.details).collect(),
        ..HandedOver::default()
    }
}

async fn write_files<H: Platform>(
    ctx: &Context<'_, H>,
    mut received: Received,
    compared: &Compared,
    difference: &Difference,
    previous: &Previous,
) -> Result<(Vec<String>, Vec<FileNote>), Faults> {
    let run = ctx.run;
    let Prepared { files, mut details } = prepare(ctx, &mut received, compared, difference, previous).await?;
    // The rows are in the files now: both at once would be the run's peak of memory.
    received.users.packed = Packed::empty();
    details.extend(unconfirmed(run, &previous.snapshot.run_id).await?);
    let order = (1..).zip(&files.files);
    let order: Vec<String> =
        order.map(|(at, (name, _, rows))| format!("アップロードの順序 {at}: {name} ({rows}件)")).collect();
    let kept = keep(run, files, compared, received, previous).await?;
    details.push(format!("一括アップロード用ファイルを作成しました。保存先: outbox/{}/", run.id));
    details.extend(order);
    details.push(format!(
        "すべてアップロードした後に、確認(confirm)を行ってください。確認するまで前回データは変わりません。\
         {{\"mode\":\"confirm\",\"run_id\":\"{}\"}}",
        run.id
    ));
    Ok((details, kept))
}

struct Prepared {
    files: Files,
    details: Vec<String>,
}

async fn prepare<H: Platform>(
    ctx: &Context<'_, H>,
    received: &mut Received,
    compared: &Compared,
    difference: &Difference,
    previous: &Previous,
) -> Result<Prepared, Faults> {
    let tenant = ctx.tenant;
    let upload = &tenant.config.upload;
    let columns = user_columns(upload, &tenant.mapping).map_err(|lost| {
        let items = lost.iter().map(|item| item.label()).collect::<Vec<_>>().join("、");
        let detail = format!("連携設定シートの項目が、csv.usersの列にありません({items})。");
        Faults::from(Fault::new(Code::ConfigValueInvalid, Subject::Config, detail).field("csv.users"))
    })?;
    let mut details = Vec::new();
    if ambiguous_blank(upload, &tenant.mapping) {
        details.push(
            "連携設定シートに「更新しない」と「更新」(値を空にする)の両方がありますが、csv.keepとcsv.clearが同じです。\
             エマージェンシーコールでの空欄の扱いを確認してください。"
                .to_owned(),
        );
    }
    let before = confirmed_digests(ctx.run, &previous.snapshot.run_id).await?;
    let known = &previous.snapshot;
    let rows = Rows {
        departments: &received.departments.rows,
        has_department: &|id| known.departments.ids.position(id).is_some(),
        users: &received.users.packed,
        delete_users: difference.users().deleted_ids(&known.users).collect(),
        delete_departments: difference.departments().deleted().iter().map(String::as_str).collect(),
        changed: Changed { departments: compared.counts.departments.changed, users: compared.counts.users.changed },
    };
    match write(&rows, upload, &columns, &before) {
        Ok(files) => Ok(Prepared { files, details }),
        Err(WriteError::UnencodableCell(cells)) => Err(located(&cells, tenant, received)),
        Err(WriteError::Unreadable) => {
            Err(Fault::new(Code::StateUnreadable, Subject::Run, "変換したデータを読み戻せません。").into())
        }
    }
}

/// What the encoding cannot hold, told at the person or department whose it is.
fn located(cells: &[UnencodableCell], tenant: &Tenant, received: &mut Received) -> Faults {
    let lines = received.users.take_lines();
    let base = &tenant.config.smarthr.base_url;
    let fault = |cell: &UnencodableCell| {
        let detail = format!("{}の文字「{}」はShift_JISで表せません。", cell.field, cell.character);
        let fault = Fault::new(Code::CharacterUnsupported, cell.record, detail).field(&cell.field);
        match cell.record {
            Subject::User => {
                let fault = fault.id(&cell.id);
                let Some(at) = received.users.ids.position(&cell.id) else { return fault };
                let crew = received.users.crews.get(at).unwrap_or_default();
                let line = lines.get(at).copied().unwrap_or_default();
                fault.line(line).crew(crew).address(&format!("{base}/crews/{crew}"))
            }
            Subject::Department => {
                let fault = fault.id(&cell.id);
                let Some(origin) = received.departments.origins.get(&cell.id) else { return fault };
                let address = format!("{base}/departments/{}", origin.smarthr_id);
                fault.line(origin.line).address(&address)
            }
            _ => fault,
        }
    };
    Faults(cells.iter().map(fault).collect())
}

/// Writes the files and, last, what makes them confirmable.
async fn keep<H: Platform>(
    run: &Run<'_, H>,
    files: Files,
    compared: &Compared,
    received: Received,
    previous: &Previous,
) -> Result<Vec<FileNote>, Faults> {
    let broken = |what: &str| {
        Faults::from(Fault::new(Code::StateUnreadable, Subject::State, format!("{what}を作成できません。")))
    };
    let taken_at = crate::time::rfc3339(run.started);
    let snapshot = compared.snapshot(run.id.as_str(), taken_at, received).write().map_err(|_| broken("snapshot"))?;
    let snapshot = serde_json::from_slice::<&RawValue>(&snapshot).map_err(|_| broken(UPLOAD))?;
    let basis = previous.snapshot.run_id.clone();
    let waiting = Waiting { version: VERSION, run_id: run.id.as_str().to_owned(), basis, snapshot };
    let waiting = serde_json::to_vec(&waiting).map_err(|_| broken(UPLOAD))?;
    let digests = files.digests.write().map_err(|_| broken(DIGESTS))?;
    drop(files.digests);
    let put = async |name: &str, body: Bytes| {
        let key = Key::upload(run.id.as_str(), name);
        run.platform.state().put(&key, body, Condition::Always).await.map_err(|error| Faults::from(state_fault(&error)))
    };
    // Only whoever holds the lock writes: a run that was overtaken leaves no second set of files.
    run.lease.renew().await.map_err(|_| {
        Faults::from(
            Fault::new(Code::LockLost, Subject::Run, "処理中に排他(lock.json)を失いました。").field("lock.json"),
        )
    })?;
    let mut kept = Vec::new();
    for (name, content, _) in files.files {
        kept.push(FileNote::of(name, &content));
        put(name, Bytes::from(content)).await?;
    }
    put(DIGESTS, digests.into()).await?;
    put(UPLOAD, waiting.into()).await?;
    Ok(kept)
}

/// The digests of the rows that EMC has; none where the snapshot is no upload's.
async fn confirmed_digests<H: Platform>(run: &Run<'_, H>, confirmed: &str) -> Result<Digests, Faults> {
    let Some(confirmed) = RunId::parse(confirmed) else { return Ok(Digests::new()) };
    let key = Key::upload(confirmed.as_str(), DIGESTS);
    let found = run.platform.state().get(&key).await.map_err(|error| Faults::from(state_fault(&error)))?;
    // Without them every row counts as changed: more is uploaded than needed, and nothing is lost.
    Ok(found.and_then(|found| Digests::parse(&found.body).ok()).unwrap_or_else(Digests::new))
}

/// An upload that was not confirmed: perhaps it was done, and only the confirmation is missing.
async fn unconfirmed<H: Platform>(run: &Run<'_, H>, confirmed: &str) -> Result<Option<String>, Faults> {
    let keys = run.platform.state().list(&Key::outbox()).await.map_err(|error| Faults::from(state_fault(&error)))?;
    let waiting = keys.iter().filter_map(|key| {
        let folder = key.as_str().strip_prefix("outbox/")?.strip_suffix(UPLOAD)?.strip_suffix('/')?;
        RunId::parse(folder).filter(|id| id.as_str() > confirmed)
    });
    Ok(waiting.max().map(|last| {
        format!(
            "実行ID {last} のファイルは、まだ確認されていません。アップロード済みであれば、今回のファイルは使わずに\
             確認を行い、連携を再実行してください。"
        )
    }))
}

/// The operator says that EMC has taken a run's files: its snapshot becomes the snapshot.
pub(crate) async fn confirm<H: Platform>(run: &Run<'_, H>, uploaded: &RunId) -> RunResult {
    match confirmed(run, uploaded).await {
        Ok(result) => result,
        Err(faults) => RunResult::failure(faults),
    }
}

/// A fault of the run id that an event names.
fn named(uploaded: &RunId, code: Code, detail: &str) -> Faults {
    Fault::new(code, Subject::Event, detail).field("run_id").id(uploaded.as_str()).into()
}

/// `upload.json`, read.
struct Upload {
    basis: String,
    body: Bytes,
    snapshot: Snapshot,
}

async fn upload_of<H: Platform>(run: &Run<'_, H>, uploaded: &RunId) -> Result<Upload, Faults> {
    let found = run.platform.state().get(&Key::upload(uploaded.as_str(), UPLOAD)).await;
    let Some(found) = found.map_err(|error| Faults::from(state_fault(&error)))? else {
        let detail = format!("実行「{uploaded}」は一括アップロード用ファイルを作成していません。");
        return Err(named(uploaded, Code::UploadUnknown, &detail));
    };
    let waiting = serde_json::from_slice::<Waiting<'_>>(&found.body)
        .ok()
        .filter(|waiting| waiting.version == VERSION && waiting.run_id == uploaded.as_str());
    let upload = waiting.and_then(|waiting| {
        let body = Bytes::copy_from_slice(waiting.snapshot.get().as_bytes());
        Snapshot::parse(&body).ok().map(|snapshot| Upload { basis: waiting.basis, body, snapshot })
    });
    upload.ok_or_else(|| {
        named(uploaded, Code::UploadUnknown, &format!("実行「{uploaded}」のupload.jsonを読み取れません。"))
    })
}

/// The snapshot that a run's files were made from, which must be in force still.
pub(super) async fn basis_of<H: Platform>(run: &Run<'_, H>, uploaded: &RunId) -> Result<String, Faults> {
    let upload = upload_of(run, uploaded).await?;
    let in_force = previous(run.platform).await?.snapshot.run_id;
    if in_force == upload.basis { Ok(upload.basis) } else { Err(outdated(uploaded)) }
}

fn outdated(uploaded: &RunId) -> Faults {
    let detail = format!("実行「{uploaded}」のファイルは、現在の前回データから作成したものではありません。");
    named(uploaded, Code::UploadOutdated, &detail)
}

/// The files of a run as they are kept, in the order of upload.
pub(super) async fn kept_files<H: Platform>(run: &Run<'_, H>, uploaded: &RunId) -> Result<Vec<FileNote>, Faults> {
    let mut kept = Vec::new();
    for name in DATA {
        let found = run.platform.state().get(&Key::upload(uploaded.as_str(), name)).await;
        let found = found.map_err(|error| Faults::from(state_fault(&error)))?;
        kept.extend(found.map(|found| FileNote::of(name, &found.body)));
    }
    if kept.is_empty() {
        let detail = format!("実行「{uploaded}」のファイルがありません。");
        return Err(named(uploaded, Code::UploadUnknown, &detail));
    }
    Ok(kept)
}

async fn confirmed<H: Platform>(run: &Run<'_, H>, uploaded: &RunId) -> Result<RunResult, Faults> {
    let state = run.platform.state();
    let Upload { basis, body, snapshot } = upload_of(run, uploaded).await?;
    no_import_pending(run.platform).await?;
    let in_force = previous(run.platform).await?;
    let mut result = RunResult::ending(Outcome::Success);
    if in_force.snapshot.run_id == uploaded.as_str() {
        result.outcome = Outcome::NoChange;
        result.details.push(format!("実行ID {uploaded} のアップロードは確認済みです。"));
        let own = DATA.map(|name| Key::upload(uploaded.as_str(), name));
        clear(run, own).await;
        return Ok(result);
    }
    if in_force.snapshot.run_id != basis {
        return Err(outdated(uploaded));
    }
    let condition = in_force.version.map_or(Condition::Absent, Condition::Unchanged);
    match state.put(&Key::snapshot(), body.clone(), condition).await {
        Ok(_) => {}
        Err(error) if error.kind == StateErrorKind::Conflict => same_snapshot(run.platform, &body).await?,
        Err(error) => return Err(state_fault(&error).into()),
    }
    result.details.push(format!(
        "実行ID {uploaded} のアップロードを確認しました。前回データを更新しました(部署 {}件、社員 {}件)。",
        snapshot.departments.valid, snapshot.users.valid
    ));
    // Whatever else lies there was made from an earlier snapshot and can be confirmed no more.
    match state.list(&Key::outbox()).await {
        Ok(keys) => {
            let data = |key: &Key| DATA.iter().any(|name| key.as_str().ends_with(&format!("/{name}")));
            clear(run, keys.into_iter().filter(data)).await;
        }
        Err(error) => tracing::warn!(%error, "uploaded files could not be removed"),
    }
    Ok(result)
}

/// Names, contacts and initial passwords do not stay longer than they are needed; the digests do.
async fn clear<H: Platform>(run: &Run<'_, H>, files: impl IntoIterator<Item = Key>) {
    for key in files {
        if let Err(error) = run.platform.state().delete(&key).await {
            tracing::warn!(%error, "an uploaded file could not be removed");
        }
    }
}
