//! The hand-over: one import that holds everything of today, and what EMC answers to it.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::context::Context;
use super::difference::Compared;
use super::origins::Origins;
use super::pending::{Basis, Pending};
use super::proof::Proof;
use super::receive::Received;
use super::settle::{Previous, behind, keep_snapshot, put_pending, remove_pending, same_basis};
use super::{Progress, Run, RunResult};
use crate::compare::{Approval, Cleared, Difference, Expect, HoldReason, Snapshot};
use crate::emc::{
    Begin, Emc, ImportAnswer, ImportBody, ImportId, ImportMode, ImportResult, Packed, Packer, Rejection, Settled,
};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::{DriftEntry, Outcome, RestoredEntry, UnassignedEntry};
use crate::state::ports::Platform;
use crate::time::rfc3339;

/// What came of the hand-over, or of asking EMC about it.
#[derive(Debug, Default)]
pub(super) struct HandedOver {
    /// [`Outcome::Success`] where nothing is said.
    pub(super) outcome: Option<Outcome>,
    pub(super) errors: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
    pub(super) details: Vec<String>,
    pub(super) drift: Vec<DriftEntry>,
    pub(super) restored: Vec<RestoredEntry>,
    pub(super) unassigned: Vec<UnassignedEntry>,
    /// The addresses of people of `drift` and `restored`, by user ID.
    pub(super) addresses: BTreeMap<String, String>,
    pub(super) reasons: Vec<HoldReason>,
    pub(super) to_approve: Approval,
}

impl HandedOver {
    pub(super) fn failed(faults: Faults) -> Self {
        Self { outcome: Some(Outcome::Failure), errors: faults.0, ..Self::default() }
    }

    /// Nothing is sent.
    pub(super) fn no_change(proof: Proof) -> Self {
        Self { outcome: Some(Outcome::NoChange), warnings: proof.warnings, ..Self::default() }
    }

    /// With what was found when EMC's own IDs were compared; an ID that EMC lacked is drift even where EMC does not say so.
    pub(super) fn proven(mut self, proof: Proof) -> Self {
        self.warnings.extend(proof.warnings);
        if self.errors.is_empty() {
            for entry in proof.drift {
                if !self.drift.iter().any(|known| known.id == entry.id && known.record == entry.record) {
                    self.drift.push(entry);
                }
            }
        }
        self
    }
}

impl RunResult {
    /// With what came of the hand-over.
    pub(super) fn with(mut self, handed_over: HandedOver) -> Self {
        self.errors.extend(handed_over.errors);
        self.warnings.splice(0..0, handed_over.warnings);
        self.details.extend(handed_over.details);
        if !handed_over.reasons.is_empty() {
            return RunResult { drift: handed_over.drift, ..self.held(handed_over.reasons, handed_over.to_approve) };
        }
        RunResult {
            outcome: handed_over.outcome.unwrap_or(Outcome::Success),
            drift: handed_over.drift,
            restored: handed_over.restored,
            unassigned: handed_over.unassigned,
            addresses: handed_over.addresses,
            ..self
        }
    }
}

/// One day's import, ready to be sent.
struct Import {
    body: ImportBody,
    origins: Origins,
    /// The snapshot that it becomes, as it is written.
    snapshot: Bytes,
}

impl Import {
    fn make<H: Platform>(
        ctx: &Context<'_, H>,
        mut received: Received,
        compared: &Compared,
        difference: &Difference,
        previous: &Previous,
    ) -> Result<Self, Faults> {
        let body = assemble(ctx, &mut received, compared, difference, previous);
        let origins = Origins::take(&mut received, ctx);
        let taken_at = rfc3339(ctx.run.started);
        let snapshot = compared.snapshot(ctx.run.id.as_str(), taken_at, received).write().map_err(|error| {
            tracing::error!(%error, "snapshot.json could not be written as JSON");
            Fault::new(Code::StateUnreadable, Subject::State, "snapshot.jsonを作成できません。")
        })?;
        (ctx.run.environment.progress)(Progress::HandingOver { bytes: body.len() });
        Ok(Self { body, origins, snapshot: snapshot.into() })
    }

    fn fault(&self, fault: Fault) -> Faults {
        self.origins.concealed(fault).into()
    }
}

/// Asks EMC what it would do with today's data; nothing is written anywhere.
pub(super) async fn try_out<H: Platform>(
    ctx: &Context<'_, H>,
    emc: &Emc,
    received: Received,
    compared: &Compared,
    difference: &Difference,
    previous: &Previous,
) -> HandedOver {
    let import = match Import::make(ctx, received, compared, difference, previous) {
        Ok(import) => import,
        Err(faults) => return HandedOver::failed(faults),
    };
    let id = ImportId::new(&format!("{}-preview", ctx.run.id));
    match emc.import(&id, &import.body, ImportMode::DryRun).await {
        Ok(ImportAnswer::Done(result)) => done(result, &import, &previous.snapshot),
        Ok(ImportAnswer::Rejected(lines)) => rejected(lines, &import, ctx.approved),
        Err(error) => HandedOver::failed(import.fault(error.to_fault())),
    }
}

/// Hands over what the guard let pass, and makes it the snapshot once EMC has committed it.
pub(super) async fn hand_over<H: Platform>(
    ctx: &Context<'_, H>,
    emc: &Emc,
    received: Received,
    compared: &Compared,
    cleared: &Cleared,
    previous: &Previous,
) -> HandedOver {
    let import = match Import::make(ctx, received, compared, cleared.difference(), previous) {
        Ok(import) => import,
        Err(faults) => return HandedOver::failed(faults),
    };
    match send(ctx, emc, &import, previous).await {
        Ok(ImportAnswer::Done(result)) => done(result, &import, &previous.snapshot),
        Ok(ImportAnswer::Rejected(lines)) => rejected(lines, &import, ctx.approved),
        Err(faults) => HandedOver::failed(faults),
    }
}

/// Writes `pending.json`, puts the import, and settles it.
async fn send<H: Platform>(
    ctx: &Context<'_, H>,
    emc: &Emc,
    import: &Import,
    previous: &Previous,
) -> Result<ImportAnswer, Faults> {
    let run = ctx.run;
    let import_id = ImportId::new(run.id.as_str());
    let pending = Pending {
        import_id: import_id.clone(),
        run_id: run.id.as_str().to_owned(),
        basis: Basis::of(previous.version.clone()),
        snapshot: import.snapshot.clone(),
    };
    enough_time(run)?;
    still_ours(run).await?;
    let fence = put_pending(run.platform, &pending).await?;
    // From here on every start settles this import first. A run that finished before has left another snapshot, and one that
    // is at work has the lock: then today's plan is void.
    if let Err(faults) = still_valid(run, previous).await {
        remove_pending(run.platform, &fence).await?;
        return Err(faults);
    }
    let result = match emc.import(&import_id, &import.body, ImportMode::Commit).await {
        Ok(ImportAnswer::Done(result)) => result,
        Ok(rejected @ ImportAnswer::Rejected(_)) => {
            remove_pending(run.platform, &fence).await?;
            return Ok(rejected);
        }
        Err(error) => {
            let faults = import.fault(error.to_fault());
            let truth =
                if error.is_uncertain() { ask_for_the_truth(emc, &import_id, faults).await } else { Err(faults) };
            match truth {
                Ok(Settled::Committed(result)) => result,
                Ok(Settled::Cancelled) => {
                    remove_pending(run.platform, &fence).await?;
                    return Err(import.fault(error.to_fault()));
                }
                Err(faults) => {
                    if !error.is_uncertain() {
                        remove_pending(run.platform, &fence).await?;
                    }
                    return Err(faults);
                }
            }
        }
    };
    keep_snapshot(run.platform, &pending).await.map_err(behind)?;
    // The work is done. A pending import that stays is settled by the next run, to the same snapshot.
    if remove_pending(run.platform, &fence).await.is_err() {
        tracing::warn!("pending.json could not be removed; the next run settles it");
    }
    (run.environment.progress)(Progress::Settled);
    Ok(ImportAnswer::Done(result))
}

/// The answer is lost, perhaps the import is not: EMC settles it before anything is told.
async fn ask_for_the_truth(emc: &Emc, id: &ImportId, mut faults: Faults) -> Result<Settled, Faults> {
    emc.settle(id).await.map_err(|_| {
        let detail = "登録処理の結果を確認できません。次回の処理が最初に確定します。";
        faults.push(Fault::new(Code::EmcUnsettled, Subject::Emc, detail));
        faults
    })
}

/// Whether the lock is still this run's, and the snapshot the one that the plan was made from.
async fn still_valid<H: Platform>(run: &Run<'_, H>, previous: &Previous) -> Result<(), Faults> {
    still_ours(run).await?;
    if same_basis(run.platform, previous.version.as_ref()).await? { Ok(()) } else { Err(lost()) }
}

/// A holder that lost the lock does not hand over.
async fn still_ours<H: Platform>(run: &Run<'_, H>) -> Result<(), Faults> {
    run.lease.renew().await.map_err(|_| lost())
}

fn lost() -> Faults {
    Fault::new(Code::LockLost, Subject::Run, "処理中に排他(lock.json)を失いました。").field("lock.json").into()
}

/// A hand-over that the end of the invocation would cut in two is not begun.
fn enough_time<H>(run: &Run<'_, H>) -> Result<(), Faults> {
    const NEEDED: Duration = Duration::from_secs(20);
    let deadline = run.environment.deadline;
    let left = deadline.left();
    // A function with a short time-out is not refused from the start.
    if left > NEEDED.min(deadline.span() / 4) {
        return Ok(());
    }
    let detail = format!("登録処理を始めるには残り時間が足りません(残り{}秒)。登録は行っていません。", left.as_secs());
    Err(Fault::new(Code::TimeShort, Subject::Run, detail).into())
}

fn assemble<H>(
    ctx: &Context<'_, H>,
    received: &mut Received,
    compared: &Compared,
    difference: &Difference,
    previous: &Previous,
) -> ImportBody {
    let before = &previous.snapshot;
    let sent = compared.sent();
    let mut packer = Packer::new();
    if sent.departments {
        for row in &received.departments.rows {
            packer.department(row, Expect::of_department(&before.departments.ids, ctx.approved, &row.id));
        }
    }
    let departments = packer.finish();
    let rows = std::mem::take(&mut received.users.packed);
    let users = if sent.users { rows } else { Packed::empty() };
    let gone_users: Vec<(&str, &str)> =
        if sent.users { difference.users().deleted_people(&before.users).collect() } else { Vec::new() };
    let gone_departments = if sent.departments { difference.departments().deleted() } else { &[] };
    let begin = Begin {
        tenant: ctx.run.environment.tenant.as_str(),
        put_departments: departments.rows(),
        put_users: users.rows(),
        delete_users: gone_users.len() as u64,
        delete_departments: gone_departments.len() as u64,
    };
    let departments_to_delete = gone_departments.iter().map(String::as_str);
    ImportBody::assemble(&begin, departments, users, gone_users.into_iter(), departments_to_delete)
}

/// EMC has done it, or would do it.
fn done(result: ImportResult, import: &Import, before: &Snapshot) -> HandedOver {
    let addresses = addresses(&result, import, before);
    let record = |subject: Subject| if subject == Subject::Department { "department" } else { "user" }.to_owned();
    let drift = result.drift.into_iter().map(|entry| DriftEntry {
        record: record(entry.record),
        id: entry.id,
        expected: entry.expected,
        actual: entry.actual,
    });
    let unassigned: Vec<UnassignedEntry> = result
        .unassigned
        .into_iter()
        .map(|entry| UnassignedEntry {
            record: "user".to_owned(),
            id: entry.id,
            field: entry.field,
            department: entry.department,
        })
        .collect();
    let warnings = unassigned_warnings(&unassigned, import);
    HandedOver {
        drift: drift.collect(),
        restored: result
            .restored
            .into_iter()
            .map(|entry| RestoredEntry { record: record(entry.record), id: entry.id })
            .collect(),
        unassigned,
        addresses,
        warnings,
        ..HandedOver::default()
    }
}

/// The mail and the page link at most so many people of `drift` and `restored` to SmartHR.
const ADDRESSED: usize = 100;

/// Where SmartHR has the people who came back, and those whom EMC did not delete because it keeps the ID for another.
fn addresses(result: &ImportResult, import: &Import, before: &Snapshot) -> BTreeMap<String, String> {
    let kept =
        result.drift.iter().filter(|entry| entry.record != Subject::Department && entry.actual == "other_person");
    let back = result.restored.iter().filter(|entry| entry.record != Subject::Department);
    let ids: Vec<&str> = kept.map(|entry| entry.id.as_str()).chain(back.map(|entry| entry.id.as_str())).collect();
    if ids.is_empty() {
        return BTreeMap::new();
    }
    // Parsed again only here: it is rare, and the tables are large.
    let today = Snapshot::parse(&import.snapshot).unwrap_or_default();
    let crew = |id: &str| {
        let of = |snapshot: &Snapshot| {
            let at = snapshot.users.ids.position(id)?;
            snapshot.users.crews.get(at).filter(|crew| !crew.is_empty()).map(str::to_owned)
        };
        of(&today).or_else(|| of(before))
    };
    let told = ids.into_iter().take(ADDRESSED);
    told.filter_map(|id| Some((id.to_owned(), import.origins.person_address(&crew(id)?)))).collect()
}

fn unassigned_warnings(unassigned: &[UnassignedEntry], import: &Import) -> Vec<Fault> {
    if unassigned.is_empty() {
        return Vec::new();
    }
    // Parsed again only here: it is rare, and the tables are large.
    let today = Snapshot::parse(&import.snapshot).unwrap_or_default();
    let warning = |entry: &UnassignedEntry| {
        let detail = format!("部署「{}」が無くなったため、{}から外れました。", entry.department, entry.field);
        let fault = Fault::new(Code::Unassigned, Subject::User, detail).id(&entry.id).field(&entry.field);
        import.origins.locate(fault, &today)
    };
    unassigned.iter().map(warning).collect()
}

/// EMC refused lines. Where a person can approve each of them, the run is held; anything else is a failure.
fn rejected(lines: Vec<Rejection>, import: &Import, approved: &Approval) -> HandedOver {
    // Parsed again only here: rejections are rare, and the tables are large.
    let today = Snapshot::parse(&import.snapshot).unwrap_or_default();
    let can_be_approved = lines.iter().all(Rejection::can_be_adopted);
    let mut to_approve = approved.clone();
    let (mut users, mut departments) = (0, 0);
    let mut faults = Vec::with_capacity(lines.len());
    for line in lines {
        let record = line.record;
        faults.push(import.origins.locate(import.origins.concealed(line.to_fault()), &today));
        let Some(id) = line.id else { continue };
        if record == Subject::Department {
            departments += 1;
            to_approve.adopt_departments.insert(id);
        } else {
            users += 1;
            to_approve.adopt_users.insert(id);
        }
    }
    if !can_be_approved {
        return HandedOver::failed(Faults(faults));
    }
    let reasons = vec![HoldReason::Exists { users, departments }];
    HandedOver { warnings: faults, reasons, to_approve, ..HandedOver::default() }
}
