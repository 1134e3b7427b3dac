//! Records as files: the audit log, the runs, everything of a period, and what is kept of whom.

use jiff::SignedDuration;
use link::time::date_of;

use crate::stage::Stage;

fn period(stage: &Stage) -> String {
    use link::state::ports::Clock;
    let today = date_of(stage.clock.now());
    format!("from={}&to={today}", date_of(stage.clock.now() - SignedDuration::from_hours(24 * 7)))
}

#[tokio::test]
async fn the_audit_log_of_a_period_is_narrowed_by_person_and_action() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("check").await;
    stage.visitor_as("viewer").await;
    let at = period(&stage);
    let all = visitor.get(&format!("/export/audit?{at}&format=csv")).await;
    assert_eq!((all.status, all.header("content-type")), (200, "text/csv; charset=utf-8"));
    all.says("山田 花子").says("鈴木").says("点検を開始").says("ログイン");
    let hers = visitor.get(&format!("/export/audit?{at}&format=csv&person=%E9%88%B4%E6%9C%A8")).await;
    hers.says("鈴木");
    assert!(!hers.body.contains("山田"), "{}", hers.body);
    let checks = visitor.get(&format!("/export/audit?{at}&format=csv&action=check_started")).await;
    assert_eq!(checks.body.lines().count(), 2, "{}", checks.body);
    let workbook = visitor.get(&format!("/export/audit?{at}&format=xlsx")).await;
    assert!(workbook.header("content-disposition").contains(".xlsx") && workbook.body.starts_with("PK"));
    assert_eq!(stage.audited().iter().filter(|action| *action == "records_downloaded").count(), 4);
    visitor.get("/export").await.says("Excelでダウンロード").says("保留を却下");
}

#[tokio::test]
async fn the_runs_of_a_period_are_a_table_with_who_started_them() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await;
    visitor.run("preview").await;
    let at = period(&stage);
    let all = visitor.get(&format!("/export/runs?{at}&format=csv")).await;
    assert_eq!(all.body.lines().count(), 3, "{}", all.body);
    all.says("山田 花子").says("成功").says("連携").says("事前確認");
    let previews = visitor.get(&format!("/export/runs?{at}&format=csv&kind=preview")).await;
    assert_eq!(previews.body.lines().count(), 2, "{}", previews.body);
    let others = visitor.get(&format!("/export/runs?{at}&format=csv&person=nobody")).await;
    assert_eq!(others.body.lines().count(), 1, "{}", others.body);
}

#[tokio::test]
async fn a_period_that_cannot_be_is_told() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    for (query, words) in [
        ("from=2026-11-02&to=2026-11-01", "開始日以降"),
        ("from=2026-01-01&to=2026-11-01", "日まで"),
        ("from=x&to=", "開始日と終了日"),
    ] {
        let page = visitor.get(&format!("/export/audit?{query}")).await;
        assert_eq!(page.status, 400, "{query}");
        page.says(words).says("操作の記録");
    }
}

#[tokio::test]
async fn everything_of_a_period_is_one_archive() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await;
    let page = visitor.get(&format!("/export/archive?{}", period(&stage))).await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/zip"));
    // Names stand in a ZIP as they are.
    for name in ["manifest.json", "config.toml", "report.json"] {
        assert!(page.body.contains(name), "{name}");
    }
    assert!(!page.body.contains("snapshot.json"));
}

#[tokio::test]
async fn what_is_kept_of_whom_is_shown() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let page = visitor.get("/privacy").await;
    page.says("個人データの取扱い").says("項目の流れ").says("氏名").says("400日").says("hr@example.co.jp");
    assert!(!page.body.contains("RunsRetentionDays"));
}

#[tokio::test]
async fn errors_are_a_workbook_that_keeps_zeros() {
    let stage = Stage::set().await;
    stage.smarthr.change(|company| {
        let ids = company.active_ids(1);
        company.clear_kana(&ids[0]);
    });
    let mut visitor = stage.visitor().await;
    let page = visitor.run("sync").await;
    let at = page.body.find("/errors.xlsx").expect("a workbook");
    let start = page.body[..at].rfind('"').unwrap() + 1;
    let file = page.body[start..at + "/errors.xlsx".len()].to_owned();
    let before = stage.audited().len();
    let asked = visitor.send(visitor.request(reqwest::Method::HEAD, &file)).await;
    assert_eq!((asked.status, stage.audited().len()), (200, before));
    let workbook = visitor.get(&file).await;
    assert!(workbook.header("content-type").contains("spreadsheetml") && workbook.body.starts_with("PK"));
    assert_eq!(stage.audited().len(), before + 1);
    assert_eq!(visitor.get(&file.replace("errors.xlsx", "report.json")).await.status, 404);
}
