//! Delivery of upload files to EMC's side, in place of a person's hands. It confirms nothing: the snapshot waits as before.
//!
//! `delivery.json` is written before the first byte leaves and says which files go. A delivery that may have put something
//! at the destination is completed first by the next run, with the same files under the same names; one that certainly put
//! nothing there is forgotten, and the next run delivers its own files. Until a person has confirmed what was delivered, no
//! further files are: they were made from the same snapshot, and EMC would be told the same deletions twice.

mod note;
mod secret;

use std::time::Duration;

use bytes::Bytes;

use super::tenant::{Tenant, state_fault};
use super::{Run, RunResult};
use crate::config::DeliveryTarget;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::Outcome;
use crate::state::RunId;
use crate::state::delivery::{DeliveryError, DeliveryErrorKind, DeliveryFile, Placed, Shipment, Visible};
use crate::state::keys::Key;
use crate::state::ports::{Clock, Condition, Platform, StateStore, Version};
use crate::time::rfc3339;

pub(crate) use note::FileNote;
use note::{DeliveryNote, FILE, Progress};
pub(crate) use secret::upload_secret;

/// What a run says of its delivery.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) details: Vec<String>,
    pub(super) warnings: Vec<Fault>,
    pub(super) errors: Vec<Fault>,
}

/// Everything that a delivery needs to know of its run.
struct Way<'w, 'r, H> {
    run: &'w Run<'r, H>,
    tenant: &'w Tenant,
    target: &'w DeliveryTarget,
}

/// A note, and the version that it was read at.
struct Found {
    note: DeliveryNote,
    version: Version,
}

/// Whether this build can deliver where the config says; told in a check and a preview too.
pub(super) fn supported<H: Platform>(run: &Run<'_, H>, tenant: &Tenant) -> Result<(), Faults> {
    let Some(target) = &tenant.config.delivery else { return Ok(()) };
    run.platform.deliveries().to(target).map(drop).map_err(|error| fault(target, &error).into())
}

/// Looks whether the destination would take files; nothing is written there.
pub(super) async fn probe<H: Platform>(run: &Run<'_, H>, tenant: &Tenant) -> Result<Option<String>, Faults> {
    let Some(target) = &tenant.config.delivery else { return Ok(None) };
    let deliveries = run.platform.deliveries();
    let told = |error: DeliveryError| Faults::from(fault(target, &error));
    let delivery = deliveries.to(target).map_err(told)?;
    let probe = delivery.probe(target, &tenant.upload_secret);
    match tokio::time::timeout(run.environment.deadline.left(), probe).await {
        Ok(found) => found.map_err(told)?,
        Err(_) => return Err(told(DeliveryError::before(DeliveryErrorKind::Failed, "timed out"))),
    }
    Ok(Some(match target {
        DeliveryTarget::Sftp(_) => format!("送付先({target})に接続し、フォルダを確認しました。"),
        DeliveryTarget::S3(_) => {
            format!("送付先は{target}です。書き込めるかどうかは、最初の送付のときにわかります。")
        }
    }))
}

/// Completes deliveries of earlier runs that broke off.
pub(super) async fn finish_earlier<H: Platform>(run: &Run<'_, H>, tenant: &Tenant) -> Result<Vec<String>, Faults> {
    let Some(target) = &tenant.config.delivery else { return Ok(Vec::new()) };
    supported(run, tenant)?;
    let basis = super::bulk_upload::previous(run.platform).await?.snapshot.run_id;
    let way = Way { run, tenant, target };
    let mut details = Vec::new();
    for found in way.notes(&basis).await? {
        if found.note.progress == Progress::Started {
            details.push(format!("実行ID {} の途中で切れた送付を再開しました。", found.note.run_id));
            details.extend(way.send(found, Attempt::Further).await?);
        }
    }
    Ok(details)
}

/// Delivers the files that this run has made, unless earlier ones wait for their confirmation.
pub(super) async fn deliver<H: Platform>(run: &Run<'_, H>, tenant: &Tenant, basis: &str, files: Vec<FileNote>) -> Told {
    let Some(target) = &tenant.config.delivery else { return Told::default() };
    if files.is_empty() {
        return Told { details: vec!["送付するファイルはありません。".to_owned()], ..Told::default() };
    }
    let way = Way { run, tenant, target };
    match way.deliver(basis, files).await {
        Ok(told) => told,
        Err(faults) => Told { errors: faults.0, ..Told::default() },
    }
}

/// A person asks for the delivery of a run's files, whatever was delivered before.
pub(crate) async fn asked_for<H: Platform>(
    run: &Run<'_, H>,
    tenant: Result<Tenant, Faults>,
    which: &RunId,
) -> RunResult {
    match tenant {
        Ok(tenant) => asked(run, &tenant, which).await.unwrap_or_else(RunResult::failure),
        Err(faults) => RunResult::failure(faults),
    }
}

async fn asked<H: Platform>(run: &Run<'_, H>, tenant: &Tenant, which: &RunId) -> Result<RunResult, Faults> {
    let Some(target) = &tenant.config.delivery else {
        let detail = "config.tomlにupload.deliver(送付先)がありません。";
        return Err(Fault::new(Code::ConfigKeyMissing, Subject::Config, detail).field("upload.deliver").into());
    };
    let basis = super::bulk_upload::basis_of(run, which).await?;
    let mut result = RunResult::ending(Outcome::Success);
    result.details = finish_earlier(run, tenant).await?;
    let way = Way { run, tenant, target };
    let earlier = way.notes(&basis).await?;
    if earlier.iter().any(|found| found.note.run_id == which.as_str()) {
        if result.details.is_empty() {
            result.outcome = Outcome::NoChange;
        }
        result.details.push(format!("実行ID {which} のファイルは送付済みです。"));
        return Ok(result);
    }
    let files = super::bulk_upload::kept_files(run, which).await?;
    let found = way.begin(which.as_str(), &basis, files).await?;
    result.details.extend(way.send(found, Attempt::First).await?);
    Ok(result)
}

/// Whether the same files were tried before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    Further,
}

impl<H: Platform> Way<'_, '_, H> {
    async fn deliver(&self, basis: &str, files: Vec<FileNote>) -> Result<Told, Faults> {
        // Oldest first: what was delivered last is what EMC has seen.
        let waiting = self.notes(basis).await?.pop();
        if let Some(Found { note, .. }) = waiting {
            return Ok(if note.files == files {
                let same = format!("実行ID {} で送付済みのファイルと同じ内容のため、送付していません。", note.run_id);
                Told { details: vec![same], ..Told::default() }
            } else {
                let detail = format!("実行ID {} のファイルを送付済みです。", note.run_id);
                let waits = Fault::new(Code::DeliveryWaits, Subject::Run, detail).id(&note.run_id);
                Told { warnings: vec![waits], ..Told::default() }
            });
        }
        let found = self.begin(self.run.id.as_str(), basis, files).await?;
        Ok(Told { details: self.send(found, Attempt::First).await?, ..Told::default() })
    }

    /// The deliveries made from this snapshot, oldest first.
    async fn notes(&self, basis: &str) -> Result<Vec<Found>, Faults> {
        let state = self.run.platform.state();
        let fault = |error| Faults::from(state_fault(&error));
        let mut notes = Vec::new();
        for key in state.list(&Key::outbox()).await.map_err(fault)? {
            let Some(folder) = key.as_str().strip_prefix("outbox/").and_then(|rest| rest.strip_suffix(FILE)) else {
                continue;
            };
            // Names of runs sort by time: what is older than the snapshot was not made from it.
            if folder.trim_end_matches('/') <= basis {
                continue;
            }
            let Some(found) = state.get(&key).await.map_err(fault)? else { continue };
            let note = DeliveryNote::parse(&found.body).filter(|note| format!("{}/", note.run_id) == folder);
            let Some(note) = note else {
                // Whether something was delivered cannot be known: a second delivery must not be risked.
                let detail = format!("{key}を読み取れません。");
                return Err(Fault::new(Code::StateUnreadable, Subject::State, detail).field(key.as_str()).into());
            };
            if note.basis == basis {
                notes.push(Found { note, version: found.version });
            }
        }
        Ok(notes)
    }

    /// Notes that the delivery begins.
    async fn begin(&self, run_id: &str, basis: &str, files: Vec<FileNote>) -> Result<Found, Faults> {
        supported(self.run, self.tenant)?;
        let now = rfc3339(self.run.platform.clock().now());
        let note = DeliveryNote::started(run_id, basis, self.target.to_string(), now, files);
        let version = self.put(&note, Condition::Absent).await?;
        Ok(Found { note, version })
    }

    async fn put(&self, note: &DeliveryNote, condition: Condition) -> Result<Version, Faults> {
        let key = Key::upload(&note.run_id, FILE);
        let body = serde_json::to_vec(note)
            .map_err(|_| Fault::new(Code::StateUnreadable, Subject::State, "delivery.jsonを作成できません。"))?;
        let state = self.run.platform.state();
        let written = state.put(&key, Bytes::from(body), condition).await;
        written.map_err(|error| state_fault(&error).into())
    }

    /// Delivers the files of a note and notes that they arrived.
    async fn send(&self, found: Found, attempt: Attempt) -> Result<Vec<String>, Faults> {
        let Found { note, version } = found;
        let files = self.files(&note).await?;
        // Only whoever holds the lock delivers.
        self.run.lease.renew().await.map_err(|_| {
            let detail = "処理中に排他(lock.json)を失いました。";
            Faults::from(Fault::new(Code::LockLost, Subject::Run, detail).field("lock.json"))
        })?;
        let shipment = Shipment { target: self.target, secret: &self.tenant.upload_secret, files: &files };
        let placed = match self.ship(shipment).await {
            Ok(placed) => placed,
            Err(error) => {
                if attempt == Attempt::First && error.visible == Visible::Nothing {
                    let key = Key::upload(&note.run_id, FILE);
                    // Where this fails, the next run completes this delivery instead of making its own.
                    if let Err(error) = self.run.platform.state().delete_unchanged(&key, &version).await {
                        tracing::warn!(%error, "the note of a failed delivery could not be removed");
                    }
                }
                return Err(fault(self.target, &error).into());
            }
        };
        self.note_delivered(&note, version).await?;
        let mut details = vec![format!("一括アップロード用ファイルを送付しました。送付先: {}", self.target)];
        details.extend(files.iter().zip(placed).map(|(file, placed)| match placed {
            Placed::Now => format!("送付したファイル: {}", file.name),
            Placed::Before => format!("送付済みであることを確認したファイル: {}", file.name),
        }));
        Ok(details)
    }

    async fn ship(&self, shipment: Shipment<'_>) -> Result<Vec<Placed>, DeliveryError> {
        let deliveries = self.run.platform.deliveries();
        let delivery = deliveries.to(self.target)?;
        let done = tokio::time::timeout(self.run.environment.deadline.left(), delivery.deliver(shipment)).await;
        // Nobody can say how far it came.
        done.unwrap_or_else(|_| Err(DeliveryError::before(DeliveryErrorKind::Failed, "timed out").perhaps_visible()))
    }

    /// The files of a note, which must be as they were when the note was made.
    async fn files(&self, note: &DeliveryNote) -> Result<Vec<DeliveryFile>, Faults> {
        let tenant = self.run.environment.tenant.as_str();
        let mut files = Vec::new();
        for (at, file) in note.files.iter().enumerate() {
            let key = Key::upload(&note.run_id, &file.file);
            let found = self.run.platform.state().get(&key).await.map_err(|error| Faults::from(state_fault(&error)))?;
            let content = found.map(|found| found.body).filter(|body| FileNote::of(&file.file, body) == *file);
            let Some(content) = content else {
                let detail = format!("送付する{key}がないか、作成後に書き換えられています。");
                return Err(Fault::new(Code::StateUnreadable, Subject::State, detail).field(key.as_str()).into());
            };
            files.push(DeliveryFile { name: file.name(tenant, &note.run_id, at), content });
        }
        Ok(files)
    }

    /// Tried more than once: without it the next run looks for these files at the destination again.
    async fn note_delivered(&self, note: &DeliveryNote, version: Version) -> Result<(), Faults> {
        let at = rfc3339(self.run.platform.clock().now());
        let delivered = note.delivered(self.target.to_string(), at);
        let mut tries_left = 3;
        loop {
            tries_left -= 1;
            match self.put(&delivered, Condition::Unchanged(version.clone())).await {
                Ok(_) => return Ok(()),
                Err(_) if self.is_noted(&delivered).await => return Ok(()),
                Err(faults) if tries_left == 0 => {
                    let detail = "ファイルは送付先に届いていますが、そのことを記録できません。";
                    let unsettled = Fault::new(Code::DeliveryUnsettled, Subject::Emc, detail);
                    return Err(Faults(std::iter::once(unsettled).chain(faults).collect()));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// A write whose answer was lost looks like a conflict when it is repeated.
    async fn is_noted(&self, delivered: &DeliveryNote) -> bool {
        let found = self.run.platform.state().get(&Key::upload(&delivered.run_id, FILE)).await;
        let Ok(Some(found)) = found else { return false };
        // Another run may have completed the same delivery.
        DeliveryNote::parse(&found.body)
            .is_some_and(|note| note.progress == Progress::Delivered && note.files == delivered.files)
    }
}

/// A failed delivery as a fault of the run.
fn fault(target: &DeliveryTarget, error: &DeliveryError) -> Fault {
    let (code, what) = match (error.kind, error.visible) {
        (DeliveryErrorKind::Unsupported, _) => (Code::DeliveryUnsupported, "に送付できません"),
        (DeliveryErrorKind::HostKey, _) => (Code::DeliveryHostKey, "のホスト鍵が、upload.host_keyと異なります"),
        (DeliveryErrorKind::NameTaken, Visible::Nothing) => {
            (Code::DeliveryNameTaken, "に、同じ名前で内容の異なるファイルがあります")
        }
        (DeliveryErrorKind::NameTaken, Visible::Perhaps) => (
            Code::DeliveryUnsettled,
            "に、同じ名前で内容の異なるファイルがあり、残りを送付できません(送付先の管理者に取り除いてもらってください)",
        ),
        (DeliveryErrorKind::Denied, Visible::Nothing) => (Code::DeliveryDenied, "に拒否されました"),
        (DeliveryErrorKind::Failed, Visible::Nothing) => (Code::DeliveryFailed, "にファイルを送付できません"),
        (DeliveryErrorKind::Denied | DeliveryErrorKind::Failed, Visible::Perhaps) => {
            (Code::DeliveryUnsettled, "へのファイルの送付が途中で切れました")
        }
    };
    let detail = format!("送付先({target}){what}。[{}]", error.detail);
    Fault::new(code, Subject::Emc, detail).field("upload.deliver")
}
