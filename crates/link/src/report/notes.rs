//! The notes of a mail (【注意】): what is new or rare stands first, and of one kind there are at most three lines and
//! one with the number of the rest, so that thirty departments without a code never hide one changed ID.

use std::collections::HashMap;
use std::hash::Hash;

use super::answer::{Answer, DriftEntry, GroupCount, KindCount};
use super::body::{note_line, one_line};
use crate::fault::{Code, Fault};

/// So many lines of one kind.
const LINES: usize = 3;

/// The notes' lines, without the mark in front.
pub(super) fn notes(answer: &Answer) -> Vec<String> {
    let mut groups = warning_groups(answer);
    groups.extend(drift_groups(answer));
    groups.extend(restored_group(answer));
    groups.retain(|group| !group.lines.is_empty());
    groups.sort_by_key(|group| (group.weight, group.count));
    groups.into_iter().flat_map(Group::lines).collect()
}

/// At most `limit` faults in their order, of each kind some: what is rare is not crowded out by what is frequent.
pub(crate) fn foremost(faults: &[Fault], limit: usize) -> Vec<Fault> {
    if faults.len() <= limit {
        return faults.to_vec();
    }
    let mut seen: HashMap<Code, usize> = HashMap::new();
    let mut is_rare = Vec::with_capacity(faults.len());
    for fault in faults {
        let number = seen.entry(fault.code).or_default();
        *number += 1;
        is_rare.push(*number <= LINES);
    }
    let rare = is_rare.iter().filter(|rare| **rare).count();
    let (mut rare_left, mut others_left) = (limit, limit.saturating_sub(rare));
    let chosen = faults.iter().zip(is_rare).filter(|(_, is_rare)| {
        let left = if *is_rare { &mut rare_left } else { &mut others_left };
        let is_chosen = *left > 0;
        *left -= usize::from(is_chosen);
        is_chosen
    });
    chosen.map(|(fault, _)| fault.clone()).collect()
}

/// How many faults of each kind there are.
pub(crate) fn kinds(faults: &[Fault]) -> Vec<KindCount> {
    let mut kinds: Vec<KindCount> = Vec::new();
    for (code, count) in counted(faults.iter().map(|fault| fault.code)) {
        kinds.push(KindCount { code, count });
    }
    kinds
}

/// How many there are of each kind and item, in the order in which they come first.
pub(crate) fn groups(faults: &[Fault]) -> Vec<GroupCount> {
    let counted = counted(faults.iter().map(|fault| (fault.code, fault.field.as_deref())));
    counted
        .into_iter()
        .map(|((code, field), count)| GroupCount { code, field: field.map(str::to_owned), count })
        .collect()
}

/// The kinds in the order in which they come first.
fn counted<K: Copy + Eq + Hash>(kinds: impl Iterator<Item = K>) -> Vec<(K, u64)> {
    let mut places = HashMap::new();
    let mut counts: Vec<(K, u64)> = Vec::new();
    for kind in kinds {
        let at = *places.entry(kind).or_insert(counts.len());
        match counts.get_mut(at) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    counts
}

/// The notes of one kind.
struct Group {
    /// The heaviest first: 0.
    weight: u8,
    count: u64,
    lines: Vec<String>,
    /// What is said of those without a line: before their number, and after it.
    rest: (String, &'static str),
}

impl Group {
    fn lines(self) -> Vec<String> {
        let untold = self.count.saturating_sub(self.lines.len() as u64);
        let mut lines = self.lines;
        if untold > 0 {
            lines.push(format!("{}{untold}{}", self.rest.0, self.rest.1));
        }
        lines
    }
}

/// What may have become of people comes first, then what nobody has seen before, last what is the same every day.
fn weight(code: Code) -> u8 {
    match code {
        Code::IdReused => 0,
        Code::IdChanged => 1,
        Code::Unassigned => 2,
        Code::PendingSettled => 3,
        Code::StatusUnknown => 4,
        Code::DepartmentSkipped => 9,
        _ => 5,
    }
}

fn warning_groups(answer: &Answer) -> Vec<Group> {
    let mut counts: HashMap<Code, u64> = answer.warning_kinds.iter().map(|kind| (kind.code, kind.count)).collect();
    let shown = counted(answer.warnings.iter().map(|fault| fault.code));
    let mut groups = Vec::new();
    for (code, listed) in &shown {
        let lines = answer.warnings.iter().filter(|fault| fault.code == *code).take(LINES).map(note_line).collect();
        let rest = (format!("「{}」がほかに", code.entry().title_ja), "件あります。添付のerrors.csvをご確認ください。");
        let count = counts.remove(code).unwrap_or(*listed);
        groups.push(Group { weight: weight(*code), count, lines, rest });
    }
    // Reports of earlier versions count no kinds.
    let told: u64 = groups.iter().map(|group| group.count).sum::<u64>() + counts.values().sum::<u64>();
    let untold = answer.warning_count.saturating_sub(told);
    if untold > 0 {
        let line = format!("ほかに{untold}件の注意があります。添付のerrors.csvをご確認ください。");
        groups.push(Group { weight: u8::MAX, count: 1, lines: vec![line], rest: (String::new(), "") });
    }
    groups
}

fn drift_groups(answer: &Answer) -> Vec<Group> {
    let key = |entry: &'_ DriftEntry| (entry.record == "department", what(entry));
    let mut groups = Vec::new();
    for (kind, count) in counted(answer.drift.iter().map(key)) {
        let (_, what) = kind;
        let of_kind = answer.drift.iter().filter(|entry| key(entry) == kind).take(LINES);
        let lines = of_kind
            .map(|entry| format!("{} {what}。{}", named(&entry.record, &entry.id), address(answer, &entry.id)))
            .collect();
        let weight = if what == OTHER_PERSON { 1 } else { 2 };
        groups.push(Group {
            weight, count, lines, rest: (format!("ほかに同じ差異({what})が"), "件あります。")
        });
    }
    let untold = answer.drift_count.saturating_sub(answer.drift.len() as u64);
    if untold > 0 {
        let line = format!("登録状態の差異がほかに{untold}件あります。");
        groups.push(Group { weight: 2, count: 1, lines: vec![line], rest: (String::new(), "") });
    }
    groups
}

const OTHER_PERSON: &str = "エマージェンシーコールでは別の人のIDのため削除しませんでした";

/// What EMC did otherwise than expected.
fn what(entry: &DriftEntry) -> &'static str {
    match (entry.expected.as_str(), entry.actual.as_str()) {
        (_, "other_person") => OTHER_PERSON,
        ("update", _) => "エマージェンシーコールに無かったため新規登録しました",
        ("delete", _) => "エマージェンシーコールに既にありませんでした",
        ("adopt", _) => "承認によりエマージェンシーコールの既存のIDを更新しました",
        ("replace", _) => "エマージェンシーコールに無かったため、新しい人として新規登録しました",
        _ => "エマージェンシーコールの登録状態が前回と異なっていました",
    }
}

fn restored_group(answer: &Answer) -> Option<Group> {
    let listed = &answer.restored;
    let lines: Vec<String> = listed
        .iter()
        .take(LINES)
        .map(|entry| {
            let named = named(&entry.record, &entry.id);
            format!(
                "{named} 復元: 削除されていた同じ人が戻ったため、本人が登録した連絡先とパスワードも元に戻りました。{}",
                address(answer, &entry.id)
            )
        })
        .collect();
    let count = answer.restored_count.max(listed.len() as u64);
    let rest = ("復元がほかに".to_owned(), "件あります。");
    (!lines.is_empty()).then_some(Group { weight: 2, count, lines, rest })
}

/// ` https://acme.smarthr.jp/crews/…`, where it is known.
fn address(answer: &Answer, id: &str) -> String {
    answer.addresses.get(id).map(|address| format!(" {address}")).unwrap_or_default()
}

/// `ユーザID:A00027`.
fn named(record: &str, id: &str) -> String {
    let label = if record == "department" { "部署ID" } else { "ユーザID" };
    format!("{label}:{}", one_line(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Subject;

    #[test]
    fn one_rare_fault_among_thousands_is_among_the_foremost() {
        let mut faults: Vec<Fault> =
            (1..=12_500).map(|line| Fault::new(Code::KanaMissing, Subject::User, "x").line(line)).collect();
        faults.push(Fault::new(Code::UserIdDuplicate, Subject::User, "x").line(12_501));
        let chosen = foremost(&faults, 100);
        assert_eq!(chosen.len(), 100);
        assert_eq!((chosen[0].line, chosen[98].line, chosen[99].line), (Some(1), Some(99), Some(12_501)));
        assert_eq!(kinds(&faults).iter().map(|kind| kind.count).collect::<Vec<_>>(), [12_500, 1]);
        assert_eq!(foremost(&faults[..7], 100), faults[..7]);
    }
}
