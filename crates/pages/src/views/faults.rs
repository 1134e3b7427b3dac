//! Errors and warnings of a run, grouped by what is to be done about them.

use std::collections::BTreeMap;

use link::fault::{Code, Fault, Subject};
use link::report::{Answer, GroupCount};
use maud::{Markup, html};

use super::words::{actor, figure, separated};

/// Warnings; of a check, those that would fail a run stand apart.
pub(crate) fn warnings(answer: &Answer, smarthr: Option<&str>) -> Markup {
    let (failing, rest): (Vec<_>, Vec<_>) =
        answer.warnings.iter().cloned().partition(|fault| answer.failing.contains(&fault.code));
    let (failing_groups, groups): (Vec<_>, Vec<_>) =
        answer.warning_groups.iter().cloned().partition(|group| answer.failing.contains(&group.code));
    let all = |groups: &[GroupCount]| groups.iter().map(|group| group.count).sum::<u64>();
    let told = all(&failing_groups);
    html! {
        @if !failing.is_empty() {
            (faults("連携を実行するとエラーになる点", "fault", &failing, &failing_groups, told.max(failing.len() as u64), smarthr))
        }
        @if !rest.is_empty() {
            (faults("ご注意", "fault warn", &rest, &groups, answer.warning_count.saturating_sub(told), smarthr))
        }
    }
}

/// Faults grouped by what is to be done about them, in the order in which the kinds were found.
pub(crate) fn faults(
    title: &str,
    class: &str,
    faults: &[Fault],
    totals: &[GroupCount],
    all: u64,
    smarthr: Option<&str>,
) -> Markup {
    let mut groups: Vec<(Code, Option<&str>, Vec<&Fault>)> = Vec::new();
    let mut places: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for fault in faults {
        let field = fault.field.as_deref();
        let at = *places.entry((fault.code.entry().name, field)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, _, group)) => group.push(fault),
            None => groups.push((fault.code, field, vec![fault])),
        }
    }
    let untold = all.saturating_sub(faults.len() as u64);
    html! {
        section {
            h2 { (title) "(" (figure(all)) "件)" }
            @for (code, field, group) in &groups { (one_group(class, total(totals, *code, *field, group), (*code, *field), group, smarthr)) }
            @if untold > 0 {
                p { "このほかに" (figure(untold)) "件あります。すべては上の一覧のファイルでご確認ください。" }
            }
        }
    }
}

/// How many there are of a kind and item; reports of earlier builds only have those that they tell.
fn total(totals: &[GroupCount], code: Code, field: Option<&str>, told: &[&Fault]) -> u64 {
    let own = totals.iter().find(|group| group.code == code && group.field.as_deref() == field);
    own.map_or(told.len() as u64, |group| group.count)
}

fn one_group(
    class: &str,
    total: u64,
    (code, field): (Code, Option<&str>),
    group: &[&Fault],
    smarthr: Option<&str>,
) -> Markup {
    let entry = code.entry();
    let is_dated = group.iter().any(|fault| fault.since.is_some());
    html! {
        div class=(class) {
            h3 { (entry.title_ja) @if let Some(field) = field { " - " (field) } " (" (figure(total)) "件)" }
            p { (entry.cause_ja) }
            dl {
                dt { "直し方" } dd { (entry.remedy_ja) }
                dt { "直す人" } dd { (actor(entry.actor)) }
            }
            div.scroll tabindex="0" role="region" aria-label={ (entry.title_ja) "の一覧" } {
                table.cards {
                    thead { tr {
                        th.number scope="col" { "行" }
                        th scope="col" { "対象" }
                        th scope="col" { "内容" }
                        @if is_dated { th scope="col" { "いつから" } }
                        th scope="col" { "直す場所" }
                    } }
                    tbody { @for fault in group { (one(fault, is_dated, smarthr)) } }
                }
            }
            @if total > group.len() as u64 { p.soft { "このうち" (figure(group.len() as u64)) "件を表示しています。" } }
            p.hint { "コード: " span.mono { (entry.name) } }
        }
    }
}

fn one(fault: &Fault, is_dated: bool, smarthr: Option<&str>) -> Markup {
    let kind = match fault.record {
        Subject::User => "社員",
        Subject::Department => "部署",
        Subject::Mapping => "連携設定シート",
        Subject::Config => "設定ファイル",
        _ => "",
    };
    let (message, address) = parted(&fault.message, smarthr);
    html! {
        tr {
            td.number data-label="行" { @if let Some(line) = fault.line { (line) } @else { "-" } }
            td data-label="対象" { (kind) @if let Some(id) = &fault.id { " " span.mono { (id) } } }
            td data-label="内容" { (separated(message)) }
            @if is_dated { td.time data-label="いつから" { (fault.since.map_or("-".to_owned(), |day| day.strftime("%Y/%m/%d").to_string())) } }
            td data-label="直す場所" { @if let Some(address) = address {
                a href=(address) rel="noreferrer" target="_blank" { "SmartHRで開く" }
            } @else if fault.record == Subject::Mapping {
                a href=(sheet_row(fault)) { "シートを開く" }
            } @else { "-" } }
        }
    }
}

/// The sheet, at the fault's row where it has one.
fn sheet_row(fault: &Fault) -> String {
    fault.line.map_or_else(|| "/sheet".to_owned(), |line| format!("/sheet#row-{line}"))
}

/// A message without the address at its end, and the address: only one in the tenant's own SmartHR becomes a link.
fn parted<'a>(message: &'a str, smarthr: Option<&str>) -> (&'a str, Option<&'a str>) {
    let Some((text, last)) = message.rsplit_once(' ') else { return (message, None) };
    let rest = smarthr.and_then(|base| last.strip_prefix(base));
    let is_ours = rest.is_some_and(|rest| {
        rest.starts_with('/') && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte))
    });
    if is_ours { (text, Some(last)) } else { (message, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_in_the_tenants_own_smarthr_becomes_a_link() {
        let base = Some("https://acme.smarthr.jp");
        let of = |message| parted(message, base);
        assert_eq!(
            of("なおす。 https://acme.smarthr.jp/crews/1-a"),
            ("なおす。", Some("https://acme.smarthr.jp/crews/1-a"))
        );
        for message in [
            "x https://evil.example/crews/1",
            "x https://acme.smarthr.jp.evil.example/",
            "x https://acme.smarthr.jp/\"onmouseover=",
            "x javascript:alert(1)",
            "x",
        ] {
            assert_eq!(of(message), (message, None));
        }
        assert_eq!(parted("x https://acme.smarthr.jp/a", None).1, None);
    }
}
