//! The first snapshot, made from the ID lists that the customer downloaded from EMC (前回データの入手).

use super::clients::emc_if_asked;
use super::context::Writing;
use super::settle::{previous, same_snapshot};
use super::tenant::{Tenant, state_fault};
use super::{Run, RunResult};
use crate::compare::{
    Approval, DepartmentPart, DepartmentPlan, IdTable, Snapshot, SnapshotError, Today, UserPart, UserPlan,
};
use crate::config::{Config, ReusedIds, folded};
use crate::convert::{DEPARTMENT_ID_MAX, USER_ID_MAX};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::{Counts, FileCounts, Outcome};
use crate::state::keys::Key;
use crate::state::ports::{Condition, Platform, StateErrorKind, StateStore};
use crate::text::decode_text;

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
        let tenant = tenant?;
        match emc_if_asked(run, &tenant)? {
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
    let mut faults = Faults::new();
    let departments = read(run, Key::baseline_departments(), "部署ID", DEPARTMENT_ID_MAX, &prefix, &mut result).await;
    let users = read(run, Key::baseline_users(), "ユーザID", USER_ID_MAX, &prefix, &mut result).await;
    let (departments, users) = match (departments, users) {
        (Ok(departments), Ok(users)) => (departments, users),
        (departments, users) => {
            departments.err().into_iter().chain(users.err()).for_each(|found| faults.extend(found));
            return Err(faults);
        }
    };
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
        Fault::new(Code::StateUnreadable, Subject::State, format!("snapshot.jsonを作成できません({error})。"))
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

/// Reads one file's ID column; all of its faults at once.
async fn read<H: Platform>(
    run: &Run<'_, H>,
    key: Key,
    column: &str,
    longest: usize,
    prefix: &str,
    result: &mut RunResult,
) -> Result<IdTable, Faults> {
    let found = run.platform.state().get(&key).await.map_err(|error| Faults::from(state_fault(&error)))?;
    let Some(found) = found else {
        let detail = format!("{key}がありません。");
        return Err(Fault::new(Code::BaselineMissing, Subject::Baseline, detail).field(key.as_str()).into());
    };
    let (ids, others) = parse(&found.body, key.as_str(), column, longest, prefix)?;
    if others > 0 {
        // Another company linked to the same EMC: taking its IDs for ours would delete its people.
        result
            .details
            .push(format!("{key}: 会社コード「{prefix}」で始まらない{others}件は、この連携の対象外としました。"));
    }
    Ok(ids)
}

fn parse(bytes: &[u8], file: &str, column: &str, longest: usize, prefix: &str) -> Result<(IdTable, u64), Faults> {
    let fault = |line: Option<u32>, detail: String| {
        let fault = Fault::new(Code::BaselineInvalid, Subject::Baseline, detail).field(file);
        match line {
            Some(line) => fault.line(line),
            None => fault,
        }
    };
    let text = decode_text(bytes)
        .ok_or_else(|| fault(None, format!("{file}の文字コードがUTF-8でもShift_JISでもありません。")))?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut at, mut parent_at, mut others) = (None, None, 0);
    let mut ids = IdTable::new();
    let mut parents = Vec::new();
    let mut faults = Faults::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.push(fault(None, format!("{file}をCSVとして読み取れません({error})。")));
                break;
            }
        };
        let line = record.position().and_then(|position| u32::try_from(position.line()).ok()).unwrap_or_default();
        let Some(index) = at else {
            let named = |name: &str| record.iter().position(|cell| folded(cell) == name);
            (at, parent_at) = (named(column), named("親部署ID"));
            continue;
        };
        let id = record.get(index).map(str::trim).unwrap_or_default();
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if id.is_empty() {
            faults.push(fault(Some(line), format!("{file}の{line}行目の{column}が空です。")));
        } else if id.chars().count() > longest {
            faults.push(fault(Some(line), format!("{file}の{line}行目の{column}が{longest}文字を超えています。")));
        } else if !id.starts_with(prefix) {
            others += 1;
        } else if ids.insert(id).is_err() {
            faults.push(fault(Some(line), format!("{file}の{line}行目の{column}「{id}」が重複しています。")));
        } else {
            let parent = parent_at.and_then(|index| record.get(index)).map(str::trim).unwrap_or_default();
            parents.push(parent.to_owned());
        }
    }
    if at.is_none() {
        faults.push(fault(None, format!("{file}に「{column}」の列がありません。")));
    }
    if faults.is_empty() { Ok((parents_first(ids, &parents), others)) } else { Err(faults) }
}

/// Departments are deleted in the reverse order of the snapshot, and EMC deletes no parent before its children. A file that
/// tells the parents need not stand in their order; one that does stays as it is.
fn parents_first(ids: IdTable, parents: &[String]) -> IdTable {
    let mut ordered = IdTable::new();
    let mut left: Vec<usize> = (0..ids.len()).collect();
    while !left.is_empty() {
        let waiting = left.len();
        let is_placed = |ordered: &IdTable, at: usize| {
            let parent = parents.get(at).map(String::as_str).unwrap_or_default();
            ids.position(parent).is_none_or(|above| above == at) || ordered.position(parent).is_some()
        };
        left.retain(|at| match ids.get(*at) {
            Some(id) if is_placed(&ordered, *at) => ordered.insert(id).is_err(),
            _ => true,
        });
        if left.len() == waiting {
            // A ring of parents: EMC has none, so the file's order is as good as any.
            return ids;
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_column_is_found_by_name_and_others_are_ignored() {
        let csv = "\u{feff}部署名,部署ＩＤ ,親部署ID\r\n営業部,A1,\r\n営業一課,A11,A1\r\n,,\r\n";
        let (ids, others) = parse(csv.as_bytes(), "f", "部署ID", 30, "").unwrap();
        assert_eq!((ids.iter().collect::<Vec<_>>(), others), (vec!["A1", "A11"], 0));
    }

    #[test]
    fn departments_stand_below_their_parents_whatever_the_files_order() {
        let order = |rows: &str| {
            let csv = format!("部署ID,親部署ID\n{rows}");
            parse(csv.as_bytes(), "f", "部署ID", 30, "").unwrap().0.iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(order("111,11\n12,1\n11,1\n1,\n2,gone\n"), ["1", "2", "12", "11", "111"]);
        assert_eq!(order("1,\n11,1\n2,\n111,11\n"), ["1", "11", "2", "111"]);
        assert_eq!(order("1,2\n2,1\n3,3\n"), ["1", "2", "3"]);
    }

    #[test]
    fn shift_jis_is_read() {
        let (csv, _, _) = encoding_rs::SHIFT_JIS.encode("ユーザID,氏名\r\nA1,佐藤\r\n");
        let (ids, _) = parse(&csv, "f", "ユーザID", 40, "").unwrap();
        assert_eq!(ids.len(), 1);
    }

    #[test]
    fn ids_of_another_company_are_left_alone() {
        let (ids, others) = parse("ユーザID\nA1\nB1\n".as_bytes(), "f", "ユーザID", 40, "A").unwrap();
        assert_eq!((ids.len(), others), (1, 1));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let csv = format!("ユーザID,x\n,y\nA1,\nA1,\n{},\n", "A".repeat(41));
        let faults = parse(csv.as_bytes(), "f", "ユーザID", 40, "").unwrap_err();
        assert_eq!(faults.0.iter().map(|fault| fault.line).collect::<Vec<_>>(), [Some(2), Some(4), Some(5)]);
    }

    #[test]
    fn a_file_without_the_column_is_refused() {
        assert!(parse("部署名\n営業部\n".as_bytes(), "f", "部署ID", 30, "").is_err());
        assert!(parse(b"", "f", "部署ID", 30, "").is_err());
    }
}
