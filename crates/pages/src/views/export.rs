//! 記録のダウンロード: the audit log, the runs, and everything of a period as one archive.

use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use link::time::date_of;
use maud::{Markup, html};
use tenant_data::{Period, Request};

use super::layout::{Frame, MenuItem};
use super::words;
use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::downloads::{self, WHOLE_MOST};
use crate::export::{self, ExportRequest, LONGEST};
use crate::problem::Problem;
use crate::respond::{CSV, XLSX, download};
use crate::session::SignedIn;
use crate::site::Site;

const ZIP: &str = "application/zip";
/// The archive's longest period, in days.
const ARCHIVE_LONGEST: i32 = 31;

/// `GET /export`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    let to = date_of(app.now());
    let from = to.checked_sub(30.days()).unwrap_or(to);
    let frame = Frame::of(&app, &session, MenuItem::Audit, "記録のダウンロード").await;
    let period = |id: &str| {
        html! {
            label for={ (id) "-from" } { "開始日" }
            input id={ (id) "-from" } type="date" name="from" value=(from) required;
            label for={ (id) "-to" } { "終了日" }
            input id={ (id) "-to" } type="date" name="to" value=(to) required;
        }
    };
    let formats = html! {
        div.actions {
            button type="submit" name="format" value="xlsx" { "Excelでダウンロード" }
            button type="submit" name="format" value="csv" { "CSVでダウンロード" }
        }
    };
    Ok(frame.page(&html! {
        p { "監査や社内の記録のために、期間を指定して記録をダウンロードできます(一度に" (LONGEST) "日まで)。ダウンロードしたことは操作の記録に残ります。" }
        section aria-labelledby="audit" {
            h2 id="audit" { "操作の記録" }
            form method="get" action="/export/audit" {
                (period("audit"))
                label for="audit-person" { "操作した人(氏名またはログインIDの一部。空欄なら全員)" }
                input id="audit-person" type="text" name="person" autocomplete="off";
                label for="audit-action" { "操作" }
                select id="audit-action" name="action" {
                    option value="" { "すべて" }
                    @for (word, label) in export::actions() { option value=(word) { (label) } }
                }
                p {}
                (formats)
            }
        }
        section aria-labelledby="runs" {
            h2 id="runs" { "実行履歴" }
            form method="get" action="/export/runs" {
                (period("runs"))
                label for="runs-person" { "開始した人(氏名の一部。空欄なら全員)" }
                input id="runs-person" type="text" name="person" autocomplete="off";
                label for="runs-kind" { "種類" }
                select id="runs-kind" name="kind" {
                    option value="" { "すべて" }
                    @for (word, mode) in words::KINDS { option value=(word) { (words::mode(mode)) } }
                }
                p {}
                (formats)
            }
        }
        section aria-labelledby="all" {
            h2 id="all" { "まとめてダウンロード" }
            p { "設定、連携設定シート(以前のものを含む)、期間中の実行結果と操作の記録を、1つのファイル(ZIP)にまとめます(一度に" (ARCHIVE_LONGEST) "日まで)。" }
            form method="get" action="/export/archive" {
                (period("all"))
                p {}
                button type="submit" { "ZIPでダウンロード" }
            }
        }
    }))
}

/// `GET /export/{what}`.
pub(crate) async fn file<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Path(what): Path<String>,
    Query(asked): Query<ExportRequest>,
    method: Method,
) -> Result<Response, Problem> {
    if method == Method::HEAD {
        return Err(Problem::not_found());
    }
    if !app.rate_limits.allows_reading(&session.record.csrf) {
        return Err(Problem::too_many());
    }
    let days @ (from, to) = asked.period()?;
    let period = format!("{from}-{to}");
    let answer = match what.as_str() {
        "audit" => table("audit", &period, &export::audit_table(&app, &asked, days).await?, &asked)?,
        "runs" => table("runs", &period, &export::runs_table(&app, &asked, days).await?, &asked)?,
        "archive" => archive(&app, days).await?,
        _ => return Err(Problem::not_found()),
    };
    audit::note(&app, &session.record.person, Action::RecordsDownloaded, &format!("{what} {period}")).await?;
    Ok(answer)
}

fn table(what: &str, period: &str, content: &[u8], asked: &ExportRequest) -> Result<Response, Problem> {
    let (ending, kind, content) = if asked.is_workbook() {
        ("xlsx", XLSX, downloads::workbook(what, content)?)
    } else {
        ("csv", CSV, content.to_vec())
    };
    if content.len() > WHOLE_MOST {
        return Err(too_large());
    }
    Ok(download(&format!("emc-link-{what}-{period}.{ending}"), kind, content))
}

fn too_large() -> Problem {
    Problem::bad_request(
        "ファイルが大きすぎて、この画面からはダウンロードできません。期間を短くするか、運用担当へご依頼ください。",
    )
}

async fn archive<S: Site>(app: &App<S>, (from, to): (Date, Date)) -> Result<Response, Problem> {
    if (to - from).get_days() >= ARCHIVE_LONGEST {
        return Err(Problem::bad_request(format!(
            "まとめてダウンロードできる期間は{ARCHIVE_LONGEST}日までです。期間を短くしてください。"
        )));
    }
    let period = Period::new(from, to).ok_or_else(|| Problem::bad_request("期間を入力してください。"))?;
    let (tenant, version) = (&app.settings.tenant, app.settings.version);
    let request = Request { tenant, period, version, now: app.now() };
    let made =
        tenant_data::export(app.state(), request).await.map_err(|error| Problem::internal(&error.to_string()))?;
    if made.content.len() > WHOLE_MOST {
        return Err(too_large());
    }
    Ok(download(&made.name, ZIP, made.content))
}
