//! The first snapshot, made from the ID lists that the customer downloaded from EMC (前回データの入手).

use super::clients::emc_if_asked;
use super::context::Writing;
use super::settle::{previous, same_snapshot};
use super::tenant::{Tenant, state_fault};
use super::{Run, RunResult};
use crate::compare::{
    Approval, DepartmentPart, DepartmentPlan, IdTable, Snapshot, SnapshotError, Today, UserPart, UserPlan,
};
use crate::config::{Config, ReusedIds};
use crate::emc::Emc;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::id_list::{self, IdList, ListKind};
use crate::report::{Counts, FileCounts, Outcome};
use crate::state::keys::Key;
use crate::state::ports::{Condition, Platform, StateErrorKind, StateStore};

/// Makes the first snapshot.
pub(crate) async fn baseline<H: Platform>(
    run: &Run<'_, H>,
    config: Result<Config, Faults>,
    tenant: Result<Tenant, Faults>,
    replace: bool,
) -> RunResult {
    match make(run, config, tenant, replace).await {
        Ok(result) => result,
        Err(faults) => RunResult::failure(faults),
    }
}

async fn make<H: Platform>(
    run: &Run<'_, H>,
    config: Result<Config, Faults>,
    tenant: Result<Tenant, Faults>,
    replace: bool,
) -> Result<RunResult, Faults> {
    let fault = |error| Faults::from(state_fault(&error));
    // Without the prefix other companies' IDs could not be told from ours.
    let prefix = config?.prefix;
    // What was handed over must be settled first, or it would replace the baseline later.
    if run.platform.state().get(&Key::pending()).await.map_err(fault)?.is_some() {
        let tenant = tenant.as_ref().map_err(Clone::clone)?;
        match emc_if_asked(run.environment, tenant)? {
            Some(emc) => previous(run.platform, &emc, Writing::Allowed).await.map(drop)?,
            None => super::bulk_upload::previous(run.platform).await.map(drop)?,
        }
    }
    let existing = run.platform.state().get(&Key::snapshot()).await.map_err(fault)?;
    if existing.is_some() && !replace {
        return Err(Fault::new(Code::SnapshotExists, Subject::State, "前回データ(snapshot.json)が既にあります。")
            .field("snapshot.json")
            .into());
    }
    let mut result = RunResult::ending(Outcome::Baseline);
    let (departments, users) = futures::join!(
        read(run, Key::baseline_departments(), ListKind::Departments, &prefix),
        read(run, Key::baseline_users(), ListKind::Users, &prefix)
    );
    let (departments, users) = match (departments, users) {
        (Ok(departments), Ok(users)) => (departments, users),
        (departments, users) => {
            let mut faults = Faults::new();
            departments.err().into_iter().chain(users.err()).for_each(|found| faults.extend(found));
            return Err(faults);
        }
    };
    compare(run, &tenant, &prefix, [(ListKind::Departments, &departments), (ListKind::Users, &users)], &mut result)
        .await?;
    let (departments, users) = (departments.ids, users.ids);
    // A snapshot that cannot be read may be replaced too: that is what a baseline is good for.
    let before = existing
        .as_ref()
        .map_or_else(|| Ok(Snapshot::default()), |stored| Snapshot::parse(&stored.body))
        .unwrap_or_else(|_: SnapshotError| Snapshot::default());
    result.counts = Some(counts(&before, &departments, &users));
    let mut crews = IdTable::new();
    for _ in 0..users.len() {
        crews.push_unindexed("");
    }
    let snapshot = Snapshot {
        run_id: run.id.as_str().to_owned(),
        taken_at: crate::time::rfc3339(run.started),
        departments: DepartmentPart {
            received: departments.len() as u64,
            valid: departments.len() as u64,
            digest: String::new(),
            ids: departments,
            ..DepartmentPart::default()
        },
        users: UserPart {
            received: users.len() as u64,
            valid: users.len() as u64,
            ids: users,
            crews,
            ..UserPart::default()
        },
    };
    let body = snapshot.write().map_err(|error| {
        tracing::error!(%error, "snapshot.json could not be written as JSON");
        Fault::new(Code::StateUnreadable, Subject::State, "snapshot.jsonを作成できません。")
    })?;
    let condition = existing.map_or(Condition::Absent, |stored| Condition::Unchanged(stored.version));
    match run.platform.state().put(&Key::snapshot(), body.clone().into(), condition).await {
        Ok(_) => {}
        Err(error) if error.kind == StateErrorKind::Conflict => same_snapshot(run.platform, &body.into()).await?,
        Err(error) => return Err(state_fault(&error).into()),
    }
    Ok(result)
}

fn counts(before: &Snapshot, departments: &IdTable, users: &IdTable) -> Counts {
    let department_plan = DepartmentPlan::between(&before.departments.ids, departments.iter());
    let today = Today { ids: users, crews: &IdTable::new(), exclusions: &[] };
    let user_plan = UserPlan::between(&before.users, today, &Approval::default(), ReusedIds::Hold);
    let file = |total, valid, count: usize, created: usize, updated, deleted: usize| FileCounts {
        previous_total: total,
        previous_valid: valid,
        received_total: count as u64,
        received_valid: count as u64,
        created: created as u64,
        updated,
        deleted: deleted as u64,
        changed: created + deleted > 0,
    };
    Counts {
        departments: file(
            before.departments.received,
            before.departments.valid,
            departments.len(),
            department_plan.created().len(),
            department_plan.updated_count(),
            department_plan.deleted().len(),
        ),
        users: file(
            before.users.received,
            before.users.valid,
            users.len(),
            user_plan.created().len(),
            user_plan.updated_count(),
            user_plan.deleted().len(),
        ),
    }
}

fn key(kind: ListKind) -> Key {
    match kind {
        ListKind::Departments => Key::baseline_departments(),
        ListKind::Users => Key::baseline_users(),
    }
}

async fn read<H: Platform>(run: &Run<'_, H>, key: Key, kind: ListKind, prefix: &str) -> Result<IdList, Faults> {
    let found = run.platform.state().get(&key).await.map_err(|error| Faults::from(state_fault(&error)))?;
    let Some(found) = found else {
        let detail = format!("{key}がありません。");
        return Err(Fault::new(Code::BaselineMissing, Subject::Baseline, detail).field(key.as_str()).into());
    };
    id_list::read(&found.body, key.as_str(), kind, prefix)
}

/// Compares the lists with what EMC has now, where it can be asked; tells what differs, and refuses what differs too much.
async fn compare<H: Platform>(
    run: &Run<'_, H>,
    tenant: &Result<Tenant, Faults>,
    prefix: &str,
    lists: [(ListKind, &IdList); 2],
    result: &mut RunResult,
) -> Result<(), Faults> {
    // A baseline needs neither sheet nor secret: without them it is made as well, and says what was not compared.
    let emc = tenant.as_ref().ok().and_then(|tenant| emc_if_asked(run.environment, tenant).ok().flatten());
    let mut faults = Faults::new();
    for (kind, list) in lists {
        let file = key(kind);
        if list.others > 0 {
            // Another company linked to the same EMC: taking its IDs for ours would delete its people.
            let others = list.others;
            result
                .details
                .push(format!("{file}: 会社コード「{prefix}」で始まらない{others}件は、この連携の対象外としました。"));
        }
        let held = match &emc {
            Some(emc) => held(emc, kind, prefix, result).await,
            None => None,
        };
        let (errors, warnings) = list.doubts(file.as_str(), kind, held.as_ref());
        faults.extend(errors);
        result.warnings.extend(warnings);
        match held.map(|held| id_list::difference(&list.ids, &held, file.as_str())) {
            None => result.details.push(format!("{file}: エマージェンシーコールの現在のIDとは照合していません。")),
            Some(None) => {
                result.details.push(format!("{file}: エマージェンシーコールの現在のIDと一致しています。"));
            }
            Some(Some(difference)) if difference.is_too_much => faults.push(difference.fault),
            Some(Some(difference)) => result.warnings.push(difference.fault),
        }
    }
    result.requests.emc = emc.as_ref().map_or(0, Emc::requests);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// The IDs that EMC has now; `None` where it does not tell.
async fn held(emc: &Emc, kind: ListKind, prefix: &str, result: &mut RunResult) -> Option<IdTable> {
    let answer = match kind {
        ListKind::Departments => emc.department_ids().await,
        ListKind::Users => emc.user_ids().await,
    };
    match answer {
        Ok(body) => body.and_then(|body| id_list::held(&body, kind, prefix)),
        Err(error) => {
            result.warnings.push(error.to_fault());
            None
        }
    }
}
