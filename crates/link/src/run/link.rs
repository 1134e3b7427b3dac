//! The line: receive → convert → compare → guard → hand over → settle. [`link`] is the whole of it, top to bottom.

use std::collections::BTreeMap;
use std::time::Duration;

use super::check::half_contacts;
use super::pending::Pending;
use super::receive::{Received, receive, search_words, smarthr, upload_words};
use super::settle::{
    PendingEnd, Previous, Writing, behind, keep_snapshot, previous, put_pending, remove_pending, same_basis,
};
use super::tenant::Tenant;
use super::{Progress, Run, RunResult, bulk_upload, hold};
use crate::compare::{
    Approval, Deletions, DepartmentPart, DepartmentPlan, HoldReason, IdTable, RowDigest, Snapshot, UserPart, UserPlan,
    judge,
};
use crate::config::{Destination, EmcItem};
use crate::convert::{DepartmentSet, Origin};
use crate::emc::{
    Begin, DepartmentRow, Emc, Expect, ImportAnswer, ImportBody, ImportId, ImportMode, ImportResult, Packed, Packer,
    Rejection, Settled,
};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::{Counts, DriftEntry, FileCounts, Outcome, PlanLine};
use crate::state::RunId;
use crate::state::ports::Platform;
use crate::time::rfc3339;

/// The daily run, a re-run, an approved re-run.
pub(crate) async fn sync<H: Platform>(
    run: &Run<'_, H>,
    tenant: Result<Tenant, Faults>,
    approve: Option<&RunId>,
) -> RunResult {
    let approved = match approve {
        None => Ok(Approval::default()),
        Some(held) => hold::approval(run, held).await,
    };
    let mut run_result = match (tenant, approved) {
        (Ok(tenant), Ok(approved)) => link(run, &tenant, &approved, Writing::Allowed).await,
        (tenant, approved) => {
            let mut faults = Faults::new();
            faults.extend(tenant.err().into_iter().flatten());
            faults.extend(approved.err().into_iter().flatten());
            RunResult::failure(faults)
        }
    };
    run_result.approved = approve.map(|held| held.as_str().to_owned());
    run_result
}

/// Everything but writing.
pub(crate) async fn preview<H: Platform>(run: &Run<'_, H>, tenant: Result<Tenant, Faults>) -> RunResult {
    match tenant {
        Ok(tenant) => link(run, &tenant, &Approval::default(), Writing::Forbidden).await,
        Err(faults) => RunResult::failure(faults),
    }
}

async fn link<H: Platform>(run: &Run<'_, H>, tenant: &Tenant, approved: &Approval, writing: Writing) -> RunResult {
    let mut run_result = RunResult::ending(Outcome::Success);
    if writing == Writing::Forbidden {
        // Every day again it would be no news.
        run_result.warnings.extend(half_contacts(tenant));
    }
    let clients = (smarthr(run, tenant), emc_if_asked(run, tenant));
    let (smarthr, emc) = match clients {
        (Ok(smarthr), Ok(emc)) => (smarthr, emc),
        (smarthr, emc) => {
            smarthr.err().into_iter().chain(emc.err()).for_each(|faults| run_result.fail(faults));
            return run_result;
        }
    };
    let result = async {
        let (previous, words) = match &emc {
            Some(emc) => (previous(run.platform, emc, writing).await?, search_words(emc, tenant).await?),
            None => (bulk_upload::previous(run.platform).await?, upload_words(run, tenant).await),
        };
        tell_settled(&previous, &mut run_result);
        let received = receive(run, tenant, &smarthr, &words, &previous, approved).await?;
        let compared = Compared::new(&received, &previous);
        compared.tell(&received, &previous, &mut run_result);
        (run.environment.progress)(Progress::Converted {
            users: compared.counts.users.received_valid,
            departments: compared.counts.departments.received_valid,
        });
        if !run_result.errors.is_empty() {
            run_result.outcome = Outcome::Failure;
            return Ok(());
        }
        compared.guard(tenant, &received, &previous, approved, &mut run_result);
        let held = !run_result.reasons.is_empty();
        if held {
            run_result.outcome = Outcome::Held;
            if writing == Writing::Allowed {
                return Ok(());
            }
        }
        if compared.nothing_changed() {
            if !held {
                run_result.outcome = Outcome::NoChange;
            }
            return Ok(());
        }
        match &emc {
            Some(emc) => {
                hand_over(run, tenant, emc, received, &compared, previous, approved, writing, &mut run_result).await
            }
            None => bulk_upload::hand_over(run, tenant, received, &compared, &previous, writing, &mut run_result).await,
        }
    }
    .await;
    if let Err(faults) = result {
        run_result.fail(faults);
    }
    run_result.requests.smarthr = smarthr.requests();
    run_result.requests.emc = emc.as_ref().map_or(0, Emc::requests);
    run_result
}

/// EMC's client; `None` where files go to EMC by hand.
pub(crate) fn emc_if_asked<H>(run: &Run<'_, H>, tenant: &Tenant) -> Result<Option<Emc>, Faults> {
    match tenant.config.emc.destination {
        Destination::Api => emc(run, tenant).map(Some),
        Destination::Csv => Ok(None),
    }
}

pub(crate) fn emc<H>(run: &Run<'_, H>, tenant: &Tenant) -> Result<Emc, Faults> {
    let token = tenant.secret.emc_token.clone().unwrap_or_default();
    Emc::new(&tenant.config.emc.base_url, token, run.environment.deadline).map_err(|error| error.to_fault().into())
}

fn tell_settled(previous: &Previous, run_result: &mut RunResult) {
    let what = match previous.settled {
        None => return,
        Some(PendingEnd::Committed) => {
            "前回中断した登録処理は、エマージェンシーコールで完了していました。前回データに反映しました。"
        }
        Some(PendingEnd::Cancelled) => {
            "前回中断した登録処理は、エマージェンシーコールで行われていませんでした。取り消しました。"
        }
    };
    run_result.warnings.push(Fault::new(Code::PendingSettled, Subject::Run, what));
}

/// Today against the snapshot.
pub(super) struct Compared {
    pub(super) departments: DepartmentPlan,
    pub(super) users: UserPlan,
    department_digest: String,
    pub(super) counts: Counts,
}

impl Compared {
    fn new(received: &Received, previous: &Previous) -> Self {
        let before = &previous.snapshot;
        let departments = DepartmentPlan::between(&before.departments.ids, received.departments.ids());
        let users = UserPlan::between(&before.users, &received.users.ids, &received.users.leaving);
        let department_digest = digest_of(&received.departments);
        // Before the first link an empty list is no change: there is nothing to say to EMC.
        let differs =
            |before: &str, now: &str, ids_before: usize, rows: usize| before != now && !(rows == 0 && ids_before == 0);
        let counts = Counts {
            departments: FileCounts {
                previous_total: before.departments.received,
                previous_valid: before.departments.valid,
                received_total: received.departments.received,
                received_valid: received.departments.rows.len() as u64,
                created: departments.created.len() as u64,
                updated: departments.updated,
                deleted: departments.deleted.len() as u64,
                changed: differs(
                    &before.departments.digest,
                    &department_digest,
                    before.departments.ids.len(),
                    received.departments.rows.len(),
                ),
            },
            users: FileCounts {
                previous_total: before.users.received,
                previous_valid: before.users.valid,
                received_total: received.users.received,
                received_valid: received.users.ids.len() as u64,
                created: users.created.len() as u64,
                updated: users.updated,
                deleted: users.deleted.len() as u64,
                changed: differs(
                    &before.users.digest,
                    &received.users.digest,
                    before.users.ids.len(),
                    received.users.ids.len(),
                ),
            },
        };
        Self { departments, users, department_digest, counts }
    }

    fn nothing_changed(&self) -> bool {
        !self.counts.departments.changed && !self.counts.users.changed
    }

    /// Puts what was found into the run_result.
    fn tell(&self, received: &Received, previous: &Previous, run_result: &mut RunResult) {
        run_result.counts = Some(self.counts);
        run_result.errors.extend(received.departments.faults.clone());
        run_result.errors.extend(received.users.faults.clone());
        run_result.warnings.extend(received.departments.warnings.clone());
        run_result.warnings.extend(received.users.warnings.clone());
        run_result.details.push("SmartHRからデータを受信しました[部署 ][社員 ]".to_owned());
        if run_result.errors.is_empty() {
            run_result.details.extend(change_lines(&self.counts));
        }
        if received.users.left_out > 0 {
            let count = received.users.left_out;
            run_result.details.push(format!("ユーザIDの値が無いため連携対象外とした社員: {count}件"));
        }
        run_result.plan = self.plan_lines(received, previous);
    }

    fn plan_lines(&self, received: &Received, previous: &Previous) -> Vec<PlanLine> {
        let line = |record, id: &str, action, reason: &str| PlanLine {
            record,
            id: id.to_owned(),
            action,
            reason: reason.to_owned(),
            address: None,
        };
        let gone = "SmartHRの部署一覧に無い、または部署コードが変わりました";
        let mut lines: Vec<PlanLine> =
            self.departments.deleted.iter().map(|id| line("部署", id, "削除", gone)).collect();
        for (at, why) in &self.users.deleted {
            let id = previous.snapshot.users.ids.get(*at as usize).unwrap_or_default();
            lines.push(line("社員", id, "削除", why.reason_ja()));
        }
        lines.extend(self.departments.created.iter().map(|id| line("部署", id, "新規", "前回データに無いIDです")));
        for at in &self.users.created {
            let id = received.users.ids.get(*at as usize).unwrap_or_default();
            lines.push(line("社員", id, "新規", "前回データに無いIDです"));
        }
        lines
    }

    fn guard(
        &self,
        tenant: &Tenant,
        received: &Received,
        previous: &Previous,
        approved: &Approval,
        run_result: &mut RunResult,
    ) {
        let before = &previous.snapshot;
        let verdict = judge(
            &Deletions {
                users: self.users.deleted_ids(&before.users).collect(),
                departments: self.departments.deleted.iter().map(String::as_str).collect(),
                previous_users: before.users.valid,
                previous_departments: before.departments.valid,
                valid_users: self.counts.users.received_valid,
                filled_before: &before.users.filled,
                filled_now: &received.users.filled,
                orphans: &received.users.orphans,
            },
            &tenant.config.guard,
            approved,
        );
        run_result.reasons = verdict.reasons;
        run_result.to_approve = verdict.to_approve;
    }

    /// The snapshot that today's data becomes once EMC has committed it.
    pub(super) fn snapshot(&self, run: &str, taken_at: String, received: Received) -> Snapshot {
        let mut ids = IdTable::new();
        for id in received.departments.ids() {
            // The conversion has found repeated IDs; a second one could only be left out.
            let _ = ids.insert(id);
        }
        Snapshot {
            run_id: run.to_owned(),
            taken_at,
            departments: DepartmentPart {
                received: received.departments.received,
                valid: ids.len() as u64,
                digest: self.department_digest.clone(),
                ids,
            },
            users: UserPart {
                received: received.users.received,
                valid: received.users.ids.len() as u64,
                digest: received.users.digest,
                ids: received.users.ids,
                crews: received.users.crews,
                filled: received.users.filled,
            },
        }
    }
}

fn change_lines(counts: &Counts) -> Vec<String> {
    let files = [("[部署 ]", counts.departments.changed), ("[社員 ]", counts.users.changed)];
    let which = |changed: bool| files.iter().filter(|(_, c)| *c == changed).map(|(name, _)| *name).collect::<String>();
    let (changed, same) = (which(true), which(false));
    let mut lines = Vec::new();
    if !changed.is_empty() {
        lines.push(format!("前回処理とデータに変化あり{changed},登録処理を行います{changed}"));
    }
    if !same.is_empty() {
        lines.push(format!("前回処理とデータに変化なし{same}"));
    }
    lines
}

fn digest_of(departments: &DepartmentSet) -> String {
    let mut digest = RowDigest::default();
    for DepartmentRow { id, name, kana, parent } in &departments.rows {
        let row = serde_json::to_vec(&(id, name, kana, parent)).unwrap_or_default();
        digest.add([row.as_slice()]);
    }
    digest.text()
}

#[expect(clippy::too_many_arguments, reason = "the last step needs what all steps before it found")]
async fn hand_over<H: Platform>(
    run: &Run<'_, H>,
    tenant: &Tenant,
    emc: &Emc,
    mut received: Received,
    compared: &Compared,
    previous: Previous,
    approved: &Approval,
    writing: Writing,
    run_result: &mut RunResult,
) -> Result<(), Faults> {
    let body = assemble(run, &mut received, compared, &previous, approved);
    let places = Places::take(&mut received, tenant);
    let taken_at = rfc3339(run.started);
    let import_id = ImportId::new(run.id.as_str());
    let Previous { version, .. } = previous;
    let snapshot = compared.snapshot(run.id.as_str(), taken_at, received).write().map_err(|error| {
        Fault::new(Code::StateUnreadable, Subject::State, format!("snapshot.jsonを作成できません({error})。"))
    })?;
    (run.environment.progress)(Progress::HandingOver { bytes: body.len() });
    if writing == Writing::Forbidden {
        let dry_id = ImportId::new(&format!("{}-preview", run.id));
        let answer = emc.import(&dry_id, &body, ImportMode::DryRun).await;
        let answer = answer.map_err(|error| Faults::from(places.concealed(error.to_fault())))?;
        match answer {
            ImportAnswer::Done(result) => run_result.drift = drift(result),
            ImportAnswer::Rejected(lines) => rejected(lines, &places, &snapshot, run_result),
        }
        return Ok(());
    }
    let pending =
        Pending { import_id: import_id.clone(), run_id: run.id.as_str().to_owned(), snapshot: snapshot.into() };
    enough_time(run)?;
    still_ours(run).await?;
    put_pending(run.platform, &pending).await?;
    // From here on whoever starts settles this import first. Whoever started and finished before has left another
    // snapshot, and whoever is at work has the lock: then today's plan is void.
    let fenced = match still_ours(run).await {
        Ok(()) => {
            same_basis(run.platform, version.as_ref()).await.and_then(|same| if same { Ok(()) } else { Err(lost()) })
        }
        Err(faults) => Err(faults),
    };
    if let Err(faults) = fenced {
        remove_pending(run.platform, &pending).await?;
        return Err(faults);
    }
    let result = match emc.import(&import_id, &body, ImportMode::Commit).await {
        Ok(ImportAnswer::Done(result)) => result,
        Ok(ImportAnswer::Rejected(lines)) => {
            remove_pending(run.platform, &pending).await?;
            rejected(lines, &places, &pending.snapshot, run_result);
            return Ok(());
        }
        Err(error) => {
            let mut faults = Faults::from(places.concealed(error.to_fault()));
            if !error.is_uncertain() {
                remove_pending(run.platform, &pending).await?;
                return Err(faults);
            }
            // The answer is lost, perhaps the import is not: EMC is asked for the truth before anything is told.
            match emc.settle(&import_id).await {
                Ok(Settled::Committed(result)) => result,
                Ok(Settled::Cancelled) => {
                    remove_pending(run.platform, &pending).await?;
                    return Err(faults);
                }
                Err(_) => {
                    let detail = "登録処理の結果を確認できません。次回の処理が最初に確定します。";
                    faults.push(Fault::new(Code::EmcUnsettled, Subject::Emc, detail));
                    return Err(faults);
                }
            }
        }
    };
    keep_snapshot(run.platform, &pending, version).await.map_err(behind)?;
    // The work is done. A pending import that stays is settled by the next run, to the same snapshot.
    if remove_pending(run.platform, &pending).await.is_err() {
        tracing::warn!("pending.json could not be removed; the next run settles it");
    }
    run_result.drift = drift(result);
    (run.environment.progress)(Progress::Settled);
    Ok(())
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
    run: &Run<'_, H>,
    received: &mut Received,
    compared: &Compared,
    previous: &Previous,
    approved: &Approval,
) -> ImportBody {
    let before = &previous.snapshot;
    let counts = &compared.counts;
    let mut packer = Packer::new();
    if counts.departments.changed {
        for row in &received.departments.rows {
            let expect = if before.departments.ids.position(&row.id).is_some() {
                Expect::Update
            } else if approved.adopt_departments.contains(&row.id) {
                Expect::Adopt
            } else {
                Expect::Create
            };
            packer.department(row, expect);
        }
    }
    let departments = packer.finish();
    let rows = std::mem::take(&mut received.users.packed);
    let users = if counts.users.changed { rows } else { Packed::empty() };
    let changed = |changed: bool, figure: u64| if changed { figure } else { 0 };
    let begin = Begin {
        tenant: run.environment.tenant.as_str(),
        put_departments: changed(counts.departments.changed, counts.departments.received_valid),
        put_users: changed(counts.users.changed, counts.users.received_valid),
        delete_users: changed(counts.users.changed, counts.users.deleted),
        delete_departments: changed(counts.departments.changed, counts.departments.deleted),
    };
    let (no_users, no_departments) = (begin.delete_users == 0, begin.delete_departments == 0);
    let gone_users = compared.users.deleted_ids(&before.users).filter(|_| !no_users);
    let gone_departments = compared.departments.deleted.iter().map(String::as_str).filter(|_| !no_departments);
    ImportBody::assemble(&begin, departments, users, gone_users, gone_departments)
}

/// Where each ID of today came from, for telling EMC's rejections in the customer's terms.
struct Places {
    departments: BTreeMap<String, Origin>,
    lines: Vec<u32>,
    address: String,
    passwords: Vec<String>,
}

impl Places {
    fn take(received: &mut Received, tenant: &Tenant) -> Self {
        Self {
            departments: std::mem::take(&mut received.departments.origins),
            lines: received.users.take_lines(),
            address: tenant.config.smarthr.base_url.clone(),
            passwords: tenant.mapping.passwords(),
        }
    }

    /// The fault without the initial password, which EMC's words may repeat: what they say of passwords is left out, and
    /// those that the sheet names are found anywhere.
    fn concealed(&self, mut fault: Fault) -> Fault {
        let is_about_password = fault.field.as_deref() == Some(EmcItem::Password.label())
            || fault.message.contains(EmcItem::Password.label())
            || fault.message.to_ascii_lowercase().contains("password");
        if is_about_password {
            let entry = fault.code.entry();
            fault.message = format!("{}(パスワードに関する説明は表示しません)。{}", entry.title_ja, entry.remedy_ja);
        }
        for password in &self.passwords {
            fault.message = fault.message.replace(password, "*****");
        }
        fault
    }

    /// The fault with the person's or department's line and address, as far as its ID is one of today's.
    fn locate(&self, fault: Fault, snapshot: &Snapshot) -> Fault {
        let Some(id) = fault.id.clone() else { return fault };
        if fault.record == Subject::Department {
            return match self.departments.get(&id) {
                Some(origin) => {
                    let address = format!("{}/departments/{}", self.address, origin.smarthr_id);
                    fault.line(origin.line).address(&address)
                }
                None => fault,
            };
        }
        let Some(at) = snapshot.users.ids.position(&id) else { return fault };
        let crew = snapshot.users.crews.get(at).unwrap_or_default();
        let address = format!("{}/crews/{crew}", self.address);
        let line = self.lines.get(at).copied().unwrap_or_default();
        fault.line(line).crew(crew).address(&address)
    }
}

fn word(record: Subject) -> String {
    if record == Subject::Department { "department" } else { "user" }.to_owned()
}

fn drift(result: ImportResult) -> Vec<DriftEntry> {
    result
        .drift
        .into_iter()
        .map(|entry| DriftEntry {
            record: word(entry.record),
            id: entry.id,
            expected: entry.expected,
            actual: entry.actual,
        })
        .collect()
}

/// EMC refused lines. If it only knows IDs that the snapshot does not, the run is held; anything else is a failure.
fn rejected(lines: Vec<Rejection>, places: &Places, snapshot: &[u8], run_result: &mut RunResult) {
    // Parsed again only here: rejections are rare, and the tables are large.
    let today = Snapshot::parse(snapshot).unwrap_or_default();
    let all_exist = lines.iter().all(Rejection::is_exists);
    let (mut users, mut departments) = (0, 0);
    for line in lines {
        let record = line.record;
        let fault = places.locate(places.concealed(line.to_fault()), &today);
        if !all_exist {
            run_result.errors.push(fault);
            continue;
        }
        run_result.warnings.push(fault);
        let Some(id) = line.id else { continue };
        if record == Subject::Department {
            departments += 1;
            run_result.to_approve.adopt_departments.insert(id);
        } else {
            users += 1;
            run_result.to_approve.adopt_users.insert(id);
        }
    }
    if all_exist {
        run_result.outcome = Outcome::Held;
        run_result.reasons.push(HoldReason::Exists { users, departments });
    } else {
        run_result.outcome = Outcome::Failure;
    }
}
