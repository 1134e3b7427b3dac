//! Every kind of mail as the customer gets it, kept as snapshots: a changed word is seen in review.

use serde_json::{Value, json};

use super::*;

fn answer(change: impl FnOnce(&mut Value)) -> Answer {
    let file = |changed: bool| {
        json!({"previous_total": 212, "previous_valid": 208, "received_total": 214, "received_valid": 210,
               "created": 3, "updated": 207, "deleted": 1, "changed": changed})
    };
    let mut form = json!({
        "run_id": "20261123T043000123-0f1e2d3c4b5a", "tenant": "acme", "company": "〇〇株式会社", "mode": "sync",
        "outcome": "success", "code": "EMC-OK",
        "started_at": "2026-11-23T04:30:00+09:00", "finished_at": "2026-11-23T04:31:12+09:00",
        "counts": {"departments": file(false), "users": file(true)},
        "errors": [], "warnings": [], "drift": [],
        "details": ["SmartHRからデータを受信しました[部署 ][社員 ]"],
    });
    change(&mut form);
    serde_json::from_value(form).unwrap()
}

fn fault(code: &str, record: &str, line: u32, field: &str, message: &str) -> Value {
    json!({"code": code, "record": record, "line": line, "id": format!("A{line:05}"), "crew": "0723a1df",
           "field": field, "message": message})
}

/// The body as customers of a tenant with pages get it.
fn mail(change: impl FnOnce(&mut Value)) -> String {
    body(&answer(change), Some("https://emc.example.co.jp/link"), &[]).replace("\r\n", "\n")
}

#[test]
fn a_success_with_warnings_and_drift() {
    insta::assert_snapshot!(mail(|form| {
        form["warnings"] =
            json!([fault("ID_CHANGED", "user", 7, "ユーザID", "ユーザIDが「A1」から「A2」に変わりました。")]);
        form["warning_count"] = json!(1);
        form["drift"] = json!([
            {"record": "user", "id": "A00031", "expected": "update", "actual": "create"},
            {"record": "department", "id": "A12", "expected": "delete", "actual": "absent"},
        ]);
    }));
}

#[test]
fn a_failure_of_the_data() {
    insta::assert_snapshot!(mail(|form| {
        form["outcome"] = json!("failure");
        form["code"] = json!("EMC-ERROR-D(Update NG)");
        form["counts"] = Value::Null;
        let kana = "氏名(ヨミ)の値がありません。SmartHRで氏名(ヨミガナ)を入力してください。 https://acme.smarthr.jp/crews/0723a1df";
        let mut errors =
            vec![fault("DEPARTMENT_ID_DUPLICATE", "department", 3, "部署コード", "部署コードが重複しています。")];
        errors.extend((1..=59).map(|line| fault("KANA_MISSING", "user", line, "氏名(ヨミ)", kana)));
        form["errors"] = json!(errors);
        form["error_count"] = json!(180);
    }));
}

#[test]
fn a_failure_of_the_configuration() {
    insta::assert_snapshot!(mail(|form| {
        form["outcome"] = json!("failure");
        form["code"] = json!("EMC-ERROR-C(Config NG)");
        form["counts"] = Value::Null;
        form["errors"] = json!([
            {"code": "CONFIG_VALUE_INVALID", "record": "config", "field": "notify.to", "message": "1件以上5件以下です。"},
            {"code": "SHEET_MISSING", "record": "mapping", "message": "mapping.xlsxもmapping.csvもありません。"},
        ]);
        form["error_count"] = json!(2);
    }));
}

#[test]
fn a_held_run_on_its_third_day() {
    insta::assert_snapshot!(mail(|form| {
        form["outcome"] = json!("held");
        form["code"] = json!("EMC-HOLD(Delete NG)");
        form["hold"] = json!({
            "reasons": [{"reason": "user_deletions", "deletions": 3739, "previous": 11217}],
            "since": "2026-11-21", "days": 3, "approve_until": "2026-11-30T04:31:12+09:00",
        });
    }));
}

#[test]
fn a_preview_of_a_run_that_would_be_held() {
    insta::assert_snapshot!(mail(|form| {
        form["mode"] = json!("preview");
        form["outcome"] = json!("preview");
        form["would"] = json!("held");
        form["code"] = json!("EMC-PREVIEW");
        form["hold"] = json!({
            "reasons": [{"reason": "user_deletions", "deletions": 30, "previous": 208}],
            "since": "2026-11-23", "days": 1, "approve_until": "2026-11-30T04:31:12+09:00",
        });
    }));
}

#[test]
fn what_is_rare_stands_above_what_is_the_same_every_day() {
    let text = mail(|form| {
        let skipped = |line| {
            fault("DEPARTMENT_SKIPPED", "department", line, "部署コード", "部署コードの無い部署を除外しました。")
        };
        let mut warnings: Vec<Value> = (1..=30).map(skipped).collect();
        warnings.push(fault("STATUS_UNKNOWN", "user", 8, "在籍状況", "在籍状況が「parental_leave」です。"));
        warnings.push(fault("ID_CHANGED", "user", 7, "ユーザID", "ユーザIDが「A1」から「A2」に変わりました。"));
        form["warnings"] = json!(warnings);
        form["warning_count"] = json!(532);
        form["warning_kinds"] = json!([
            {"code": "DEPARTMENT_SKIPPED", "count": 530}, {"code": "STATUS_UNKNOWN", "count": 1},
            {"code": "ID_CHANGED", "count": 1},
        ]);
        let drift = |number: u32| json!({"record": "user", "id": format!("A{number}"), "expected": "update", "actual": "create"});
        form["drift"] = json!(
            (1..=5)
                .map(drift)
                .chain([json!({"record": "user", "id": "A9", "expected": "delete", "actual": "other_person"})])
                .collect::<Vec<_>>()
        );
        form["restored"] = json!([{"record": "user", "id": "A00031"}]);
    });
    insta::assert_snapshot!(text);
}

#[test]
fn reports_of_earlier_versions_still_make_a_mail() {
    let text = mail(|form| {
        form.as_object_mut().unwrap().remove("company");
        form["warnings"] = json!([fault("ID_CHANGED", "user", 7, "ユーザID", "x")]);
        form["warning_count"] = json!(120);
    });
    assert!(text.contains(" - 連携: acme\n"), "{text}");
    assert!(text.contains("【注意】ほかに119件の注意があります。"), "{text}");
}

#[test]
fn without_an_address_of_the_pages_the_mail_still_names_them() {
    let text = body_text(&answer(|form| {
        form["outcome"] = json!("held");
        form["hold"] = json!({"reasons": [{"reason": "no_users", "previous": 9}], "since": "2026-11-23", "days": 1,
                              "approve_until": "2026-11-30T04:31:12+09:00"});
    }));
    assert!(text.contains("「人事データ連携」の画面で、2026/11/30 4:31:12までに"), "{text}");
}

#[test]
fn nothing_changed() {
    insta::assert_snapshot!(mail(|form| form["outcome"] = json!("no_change")));
}

#[test]
fn no_text_from_outside_makes_a_line_of_its_own() {
    let text = mail(|form| {
        form["errors"] = json!([fault("KANA_MISSING", "user", 1, "氏名\n処理結果: 成功", "x\r\n処理結果: 成功")]);
        form["error_count"] = json!(1);
        form["drift"] =
            json!([{"record": "user", "id": "A1\n処理結果: 成功", "expected": "update", "actual": "create"}]);
    });
    assert_eq!(text.lines().filter(|line| line.starts_with("処理結果:")).count(), 1, "{text}");
}
