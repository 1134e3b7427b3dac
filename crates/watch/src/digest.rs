//! The morning's one mail: how many are well, who is not and why, and which builds run.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;

use crate::notice::{company, version};
use crate::standing::{Standing, Tenant};
use crate::tokyo;

/// SNS takes 256 KB; a mail that somebody reads is shorter. What is left out is counted.
const SHOWN: usize = 200;

/// The digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// ASCII, at most 100 characters.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Tenants without a finished run.
    pub missing: usize,
}

/// Puts into words how all tenants of an account stand. `unreadable` lines were refused since the last digest.
pub fn digest(tenants: &[Tenant], account: &str, now: Timestamp, unreadable: u64) -> Digest {
    let of = |standing| tenants.iter().filter(move |tenant| tenant.standing == standing);
    let count = |standing| of(standing).count();
    let (missing, failed, held) = (count(Standing::Missing), count(Standing::Failed), count(Standing::Held));
    let well = count(Standing::Well);
    let mut text = format!(
        "EMC Link {} 時点(アカウント {account})\n正常 {well} / 失敗 {failed} / 保留 {held} / 結果なし {missing} / 開始前 {} / 停止中 {}\n",
        tokyo(now),
        count(Standing::NotYet),
        count(Standing::Paused),
    );
    let mut left = SHOWN;
    let mut section = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        let shown = lines.len().min(left);
        left -= shown;
        let _ = write!(text, "\n■ {title} {}件\n", lines.len());
        for line in &lines[..shown] {
            let _ = writeln!(text, "{line}");
        }
        if shown < lines.len() {
            let _ = writeln!(text, "(ほか{}件は emc-link fleet status で確認できます)", lines.len() - shown);
        }
    };
    section("結果なし(予定時刻を過ぎても、完了した実行がありません)", of(Standing::Missing).map(missing_line).collect());
    section("失敗", failures(of(Standing::Failed)));
    section("保留(承認待ち)", of(Standing::Held).map(held_line).collect());
    let versions: Vec<String> = versions(tenants).into_iter().map(|(name, count)| format!("{name}: {count}")).collect();
    section("実行中のバージョン", versions);
    if unreadable > 0 {
        let _ = write!(text, "\n読み取れない実行記録が{unreadable}行ありました。該当テナントは、正常とは数えていません。\n");
    }
    let subject = format!("EMC Link: {well} ok, {failed} failed, {held} held, {missing} missing");
    Digest { subject, text, missing }
}

fn missing_line(tenant: &Tenant) -> String {
    let due = tenant.due.map(tokyo).unwrap_or_default();
    let last = tenant.row.finished.map_or_else(|| "実行の記録なし".to_owned(), |at| format!("最後の完了 {}", tokyo(at)));
    format!("{} {}  予定 {due}  {last}", tenant.row.id, company(&tenant.row))
}

fn held_line(tenant: &Tenant) -> String {
    let since = tenant.row.held_since.map(tokyo).unwrap_or_default();
    let code = tenant.row.seen.as_ref().map_or("", |seen| seen.code.as_str());
    format!("{} {}  {code}  {since} から", tenant.row.id, company(&tenant.row))
}

/// By code, the commonest first: a hundred of one code have one cause.
fn failures<'a>(tenants: impl Iterator<Item = &'a Tenant>) -> Vec<String> {
    let mut by_code: BTreeMap<String, Vec<&Tenant>> = BTreeMap::new();
    for tenant in tenants {
        let code = tenant.row.seen.as_ref().map(|seen| seen.code.clone()).filter(|code| !code.is_empty());
        by_code.entry(code.unwrap_or_else(|| "記録も通知もできなかった実行".to_owned())).or_default().push(tenant);
    }
    let mut codes: Vec<(String, Vec<&Tenant>)> = by_code.into_iter().collect();
    codes.sort_by_key(|(_, tenants)| std::cmp::Reverse(tenants.len()));
    let mut lines = Vec::new();
    for (code, tenants) in codes {
        let count = tenants.len();
        lines.extend(tenants.into_iter().map(|tenant| {
            let since = tenant.row.failed_since.map_or_else(String::new, |at| format!("  {} から", tokyo(at)));
            format!("{code}({count}件)  {} {}{since}", tenant.row.id, company(&tenant.row))
        }));
    }
    lines
}

fn versions(tenants: &[Tenant]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for tenant in tenants.iter().filter(|tenant| tenant.standing != Standing::Paused) {
        let name = tenant.row.seen.as_ref().map_or("(実行なし)", |seen| version(&seen.version));
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Outcome;
    use crate::row::{Row, Seen};

    fn tenant(id: &str, standing: Standing, code: &str) -> Tenant {
        let at: Timestamp = "2026-11-24T19:31:00Z".parse().unwrap();
        let seen =
            Seen { at, run_id: "r".into(), outcome: Outcome::Success, code: code.into(), version: "0.2.0".into(), errors: 0, millis: 1 };
        let row = Row {
            id: id.into(),
            company: format!("{id}社"),
            seen: Some(seen),
            finished: Some(at),
            held_since: Some(at),
            failed_since: Some(at),
            ..Row::default()
        };
        Tenant { row, standing, due: Some(at) }
    }

    #[test]
    fn it_tells_how_many_and_who() {
        let tenants = [
            tenant("m", Standing::Missing, "EMC-OK"),
            tenant("f1", Standing::Failed, "EMC-ERROR-D(Update NG)"),
            tenant("f2", Standing::Failed, "EMC-ERROR-S(SmartHR NG)"),
            tenant("f3", Standing::Failed, "EMC-ERROR-S(SmartHR NG)"),
            tenant("f4", Standing::Failed, ""),
            tenant("h", Standing::Held, "EMC-HOLD(Delete NG)"),
            tenant("w", Standing::Well, "EMC-OK"),
            tenant("p", Standing::Paused, "EMC-OK"),
        ];
        let now = "2026-11-24T21:45:00Z".parse().unwrap();
        let told = digest(&tenants, "123456789012", now, 3);
        assert_eq!((told.subject.as_str(), told.missing), ("EMC Link: 1 ok, 4 failed, 1 held, 1 missing", 1));
        let text = told.text;
        for line in [
            "正常 1 / 失敗 4 / 保留 1 / 結果なし 1 / 開始前 0 / 停止中 1",
            "m m社  予定 2026/11/25 04:31  最後の完了 2026/11/25 04:31",
            "EMC-ERROR-S(SmartHR NG)(2件)  f2 f2社  2026/11/25 04:31 から",
            "記録も通知もできなかった実行(1件)  f4 f4社",
            "h h社  EMC-HOLD(Delete NG)  2026/11/25 04:31 から",
            "0.2.0: 7",
            "読み取れない実行記録が3行",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.find("f2").unwrap() < text.find("f1").unwrap(), "the commonest first");
    }

    #[test]
    fn two_thousand_failures_are_a_mail_that_can_be_sent() {
        let tenants: Vec<Tenant> =
            (0..2_000).map(|n| tenant(&format!("tenant-{n:0>25}"), Standing::Failed, "EMC-ERROR-E(EMC NG)")).collect();
        let told = digest(&tenants, "123456789012", Timestamp::UNIX_EPOCH, 0);
        assert!(told.text.len() < 100_000 && told.text.contains("ほか1800件は emc-link fleet status"));
        assert!(told.subject.is_ascii() && told.subject.len() <= 100);
    }
}
