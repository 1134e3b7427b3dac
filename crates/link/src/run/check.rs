//! The check: everything that a first link needs, looked at without writing anything and without naming anybody. The whole
//! company is read and converted as in a preview; what is found is told by item and number, never by person.

use std::collections::BTreeMap;

use super::clients::{emc_if_asked, smarthr, upload_words};
use super::receive::{Received, look};
use super::tenant::Tenant;
use super::{Run, RunResult, delivery};
use crate::config::{Absent, Config, EmcItem, Mapping, Source};
use crate::emc::SearchWords;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::{MasterNote, Outcome};
use crate::state::ports::Platform;

/// Checks the tenant.
pub(crate) async fn check<H: Platform>(run: &Run<'_, H>, tenant: Result<Tenant, Faults>) -> RunResult {
    let tenant = match tenant {
        Ok(tenant) => tenant,
        Err(faults) => return RunResult::failure(faults),
    };
    let mut result = RunResult::ending(Outcome::Checked);
    let (smarthr, emc) = match (smarthr(run.platform, run.environment, &tenant), emc_if_asked(run.environment, &tenant))
    {
        (Ok(smarthr), Ok(emc)) => (smarthr, emc),
        (smarthr, emc) => {
            smarthr.err().into_iter().chain(emc.err()).for_each(|faults| result.fail(faults));
            return result;
        }
    };
    result.details.push("設定ファイル、連携設定シート、シークレットを確認しました。".to_owned());
    result.details.extend(tenant.sheet.sentence_ja());
    result.warnings.extend(tenant.sheet.warnings.iter().cloned());
    result.warnings.extend(tenant.half_contacts());
    match delivery::probe(run, &tenant).await {
        Ok(found) => result.details.extend(found),
        Err(faults) => result.fail(faults),
    }
    // EMC is asked even where the sheet needs no master: the check is about the connection, too.
    let words = match &emc {
        None => {
            result.details.push("一括アップロード用ファイルを作成する設定です(emc.destination = \"csv\")。".to_owned());
            Some(upload_words(run.environment, &tenant).await)
        }
        Some(emc) => match emc.search_words().await {
            Ok(words) => {
                result.details.push("エマージェンシーコールに接続できました。".to_owned());
                Some(words)
            }
            Err(error) => {
                result.fail(error.to_fault().into());
                None
            }
        },
    };
    let words_in_use = words.clone().unwrap_or_default();
    let received = match &words {
        Some(_) => look(run, &tenant, &smarthr, &words_in_use).await,
        // Without EMC's masters nothing can be converted; SmartHR is still asked whether it answers.
        None => smarthr.departments().await.map_err(|error| Faults::from(error.to_fault())).and(Err(Faults::new())),
    };
    match received {
        Ok(received) => tell(&tenant, &received, &words_in_use, &mut result),
        Err(faults) if faults.is_empty() => {}
        Err(faults) => result.fail(faults),
    }
    result.requests.smarthr = smarthr.requests();
    result.requests.emc = emc.as_ref().map_or(0, crate::emc::Emc::requests);
    if !result.errors.is_empty() {
        result.outcome = Outcome::Failure;
    }
    result
}

fn tell(tenant: &Tenant, received: &Received, words: &SearchWords, result: &mut RunResult) {
    result.details.push(format!(
        "SmartHRに接続できました。部署 {}件、従業員 {}件(連携対象 {}件)。",
        received.departments.received,
        received.users.received,
        received.users.ids.len()
    ));
    let silent = unreadable(&tenant.mapping, received, result);
    // An item that nobody has is told once, as a question of rights, and not once more for each person.
    let users = received
        .users
        .faults
        .0
        .iter()
        .filter(|fault| !fault.field.as_deref().is_some_and(|field| silent.contains(&field)));
    // A run fails on these; the check only tells them.
    let failing = users.clone().chain(&received.departments.faults.0).map(|fault| fault.code);
    for code in failing {
        if !result.failing.contains(&code) {
            result.failing.push(code);
        }
    }
    summarise(users.chain(&received.users.warnings.0), result);
    summarise(received.departments.faults.0.iter().chain(&received.departments.warnings.0), result);
    missing_options(&tenant.mapping, received, words, result);
    points(&tenant.config, received, result);
}

/// Mapped items that nobody has a value for: perhaps the account may not read them. An error where the sheet cannot do
/// without the value, a warning elsewhere.
fn unreadable<'m>(mapping: &'m Mapping, received: &Received, result: &mut RunResult) -> Vec<&'m str> {
    let mut silent = Vec::new();
    if received.users.received == 0 {
        let detail = "SmartHRから従業員を1人も受信しませんでした。";
        result.errors.push(Fault::new(Code::PermissionSuspected, Subject::Smarthr, detail));
        return silent;
    }
    let mut tell = |label: &'m str, source: &Source, needed: bool, row: u32| {
        let name = match source {
            Source::Field(field) => field.label().to_owned(),
            Source::Custom(name) => format!("カスタム項目「{name}」"),
            Source::Fixed(_) | Source::Nothing => return,
        };
        let detail = format!("「{label}」に連携する「{name}」の値を、1人も取得できませんでした。");
        let fault = Fault::new(Code::PermissionSuspected, Subject::Mapping, detail).field(label).line(row);
        if needed {
            result.errors.push(fault);
        } else {
            result.warnings.push(fault);
        }
        silent.push(label);
    };
    if received.users.ids.is_empty() && received.users.considered > 0 && received.users.with_user_id == 0 {
        tell("ユーザID", &mapping.user_id.source, true, mapping.user_id.row);
    }
    for rule in &mapping.rules {
        let label = rule.item.label();
        if received.users.considered > 0
            && received.users.with_user_id > 0
            && received.users.filled.get(label) == Some(&0)
        {
            let needed = rule.create_absent == Absent::Error || rule.update_absent == Absent::Error;
            tell(label, &rule.source, needed, rule.row);
        }
    }
    silent
}

/// Faults of people and departments, by code and item, with how many they are.
fn summarise<'f>(faults: impl Iterator<Item = &'f Fault>, result: &mut RunResult) {
    let mut groups: BTreeMap<(&'static str, Option<&str>), (u64, &Fault)> = BTreeMap::new();
    for fault in faults.filter(|fault| fault.code != Code::SearchWordUnknown) {
        let key = (fault.code.entry().name, fault.field.as_deref());
        groups.entry(key).or_insert((0, fault)).0 += 1;
    }
    for (count, fault) in groups.into_values() {
        let entry = fault.code.entry();
        let subject = fault.field.as_deref().map(|field| format!("「{field}」: ")).unwrap_or_default();
        let detail = format!("{subject}{}({count}件)。{}", entry.title_ja, entry.cause_ja);
        let summary = Fault { line: None, id: None, crew: None, ..Fault::new(fault.code, fault.record, detail) };
        let summary = Fault { field: fault.field.clone(), ..summary };
        // Every run fails on a right that is missing; what is wrong in the data may be put right until the first one.
        let told = if fault.code == Code::SmarthrRightMissing { &mut result.errors } else { &mut result.warnings };
        told.push(summary);
    }
}

/// Values that EMC's masters lack, as a list to be entered there. Only names out of SmartHR's own masters are told: what
/// people typed in could be personal.
fn missing_options(mapping: &Mapping, received: &Received, words: &SearchWords, result: &mut RunResult) {
    use crate::config::SmartHrField as F;
    for rule in mapping.rules.iter().filter(|rule| !rule.is_idle()) {
        let EmcItem::SearchWord(number) = rule.item else { continue };
        let registered = words.options(number).map(str::to_owned).collect();
        let Some(names) = received.users.unknown_words.get(rule.item.label()) else {
            result.masters.push(MasterNote { item: rule.label.clone(), registered, missing: Vec::new() });
            continue;
        };
        let from_master = match &rule.source {
            Source::Field(field) => matches!(
                field,
                F::Position(_)
                    | F::Establishment
                    | F::EmploymentType
                    | F::Grade
                    | F::JobCategory
                    | F::RecruitmentType
                    | F::Status
                    | F::Gender
                    | F::Prefecture
                    | F::Department(_)
            ),
            Source::Fixed(_) => true,
            Source::Custom(_) | Source::Nothing => false,
        };
        // As SmartHR shows them, and so as they are to be entered; names without a place come last, by themselves.
        let ordered = names.iter().filter_map(|name| name.get(5..)).map(str::to_owned);
        let missing: Vec<String> = if from_master { ordered.collect() } else { Vec::new() };
        let told = if from_master { format!(": {}", missing.join("、")) } else { String::new() };
        result.masters.push(MasterNote { item: rule.label.clone(), registered, missing });
        let detail = format!("{}のマスタに無い値が{}種類あります{told}。", rule.label, names.len());
        result.warnings.push(
            Fault::new(Code::SearchWordUnknown, Subject::Mapping, detail).line(rule.row).field(rule.item.label()),
        );
    }
}

/// The product document's points, each by name.
fn points(config: &Config, received: &Received, result: &mut RunResult) {
    let count = |faults: &Faults, code: Code| faults.0.iter().filter(|fault| fault.code == code).count();
    let departments = &received.departments;
    let users = &received.users;
    let without_code =
        count(&departments.warnings, Code::DepartmentSkipped) + count(&departments.faults, Code::DepartmentCodeMissing);
    let mark = |bad: usize| if bad == 0 { "✓" } else { "✗" };
    let parents =
        count(&departments.faults, Code::DepartmentParentUnknown) + count(&departments.faults, Code::DepartmentCycle);
    let kana = count(&users.faults, Code::KanaMissing);
    let ids = [Code::UserIdMissing, Code::UserIdTooLong, Code::UserIdDuplicate, Code::ValueInvalid]
        .iter()
        .map(|code| count(&users.faults, *code))
        .sum::<usize>();
    let words: usize = users.unknown_words.values().map(std::collections::BTreeSet::len).sum();
    let top = if config.top_department.is_some() { "(最上位部署を自動作成)" } else { "" };
    result.details.extend([
        format!("{} Point① 部署コード: 部署コードの無い部署 {without_code}件", mark(without_code)),
        format!("{} Point② 上位部署: たどれない上位部署 {parents}件{top}", mark(parents)),
        format!("{} Point③ 氏名(ヨミガナ): 未入力 {kana}件", mark(kana)),
        format!("{} Point④ ユーザID: 未入力・40文字超・重複 {ids}件", mark(ids)),
        format!("{} Point⑤ 検索ワード: マスタに無い値 {words}種類", mark(words)),
    ]);
}
