//! What the operators are told of one run that failed or is held. SNS takes ASCII only in a subject; the text may be Japanese.

use crate::line::{Line, Outcome};
use crate::row::Row;
use crate::tokyo;

/// Subject and text.
pub fn notice(row: &Row, account: &str) -> (String, String) {
    let Some(seen) = &row.seen else { return (format!("EMC Link: {}", row.id), String::new()) };
    let word = if seen.outcome == Outcome::Held { "held" } else { "failed" };
    let subject = format!("EMC Link: {} {word} ({})", row.id, seen.code);
    let since = match (seen.outcome, row.held_since, row.failed_since) {
        (Outcome::Held, Some(since), _) | (Outcome::Failure, _, Some(since)) if since < seen.at => {
            format!("\n継続: {} から", tokyo(since))
        }
        _ => String::new(),
    };
    let way = if seen.run_id.is_empty() {
        "結果の記録はありません。関数のログを確認してください。".to_owned()
    } else {
        let date = folder(&seen.run_id);
        format!(
            "結果の確認: emc-link --tenant {} report {}\n記録: s3://emc-link-{}-{account}/tenants/{}/runs/{date}/{}/report.json",
            row.id, seen.run_id, row.id, row.id, seen.run_id
        )
    };
    let text = format!(
        "テナント: {}\n会社: {}\n結果: {} {}\n時刻: {}{since}\nエラー件数: {}\nバージョン: {}\n{way}\n",
        row.id,
        company(row),
        if seen.outcome == Outcome::Held { "保留" } else { "失敗" },
        seen.code,
        tokyo(seen.at),
        seen.errors,
        version(&seen.version),
    );
    (subject.chars().filter(char::is_ascii).take(100).collect(), text)
}

/// Subject and text about a keep-alive that told of something: the customer was mailed, and has to give the consent anew.
pub fn keep_alive_notice(row: &Row, line: &Line) -> (String, String) {
    let tenant = &line.tenant;
    let text = format!(
        "テナント: {tenant}\n会社: {}\n結果: SmartHRの許可の維持に失敗 {}\n時刻: {}\nバージョン: {}\n\
         お客様にもメールで通知済みです。許可のやり直し(「連携し直す」)が行われたか、確認してください。\n\
         結果の確認: emc-link --tenant {tenant} report {}\n",
        company(row),
        line.code,
        tokyo(line.at),
        version(&line.version),
        line.run_id,
    );
    (format!("EMC Link: {tenant} SmartHR consent not kept alive"), text)
}

/// A run's folder is named by the day that its id begins with.
fn folder(run_id: &str) -> String {
    match (run_id.get(..4), run_id.get(4..6), run_id.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => String::new(),
    }
}

pub(crate) fn company(row: &Row) -> &str {
    if row.company.is_empty() { "(一覧に未登録)" } else { &row.company }
}

pub(crate) fn version(version: &str) -> &str {
    if version.is_empty() { "(不明)" } else { version }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Seen;

    #[test]
    fn a_keep_alives_notice_names_tenant_company_and_the_way_to_the_report() {
        let row = Row { id: "acme".into(), company: "株式会社アクメ".into(), ..Row::default() };
        let line = Line {
            tenant: link::state::TenantId::parse("acme").unwrap(),
            at: "2026-11-24T04:00:00Z".parse().unwrap(),
            run_id: "20261124T130012345-0f1e2d3c4b5a".into(),
            outcome: Outcome::Failure,
            code: "EMC-ERROR-S(SmartHR NG)".into(),
            version: "0.2.0".into(),
            errors: 1,
            millis: 1,
        };
        let (subject, text) = keep_alive_notice(&row, &line);
        assert!(subject.is_ascii() && subject.contains("acme"));
        for told in
            ["会社: 株式会社アクメ", "時刻: 2026/11/24 13:00", "--tenant acme report 20261124T130012345-0f1e2d3c4b5a"]
        {
            assert!(text.contains(told), "{told}\n{text}");
        }
    }

    #[test]
    fn a_notice_names_tenant_company_code_and_the_way_to_the_report() {
        let row = Row {
            id: "acme".into(),
            company: "株式会社アクメ".into(),
            held_since: Some("2026-11-23T19:31:00Z".parse().unwrap()),
            seen: Some(Seen {
                at: "2026-11-24T19:31:00Z".parse().unwrap(),
                run_id: "20261125T043112345-0f1e2d3c4b5a".into(),
                outcome: Outcome::Held,
                code: "EMC-HOLD(Delete NG)".into(),
                version: "0.2.0".into(),
                errors: 0,
                millis: 1,
            }),
            ..Row::default()
        };
        let (subject, text) = notice(&row, "123456789012");
        assert_eq!(subject, "EMC Link: acme held (EMC-HOLD(Delete NG))");
        for told in [
            "テナント: acme",
            "会社: 株式会社アクメ",
            "継続: 2026/11/24 04:31 から",
            "emc-link --tenant acme report 20261125T043112345-0f1e2d3c4b5a",
            "s3://emc-link-acme-123456789012/tenants/acme/runs/2026-11-25/20261125T043112345-0f1e2d3c4b5a/report.json",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
    }
}
