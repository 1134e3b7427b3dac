//! 連携設定シート: the one in force, a new one with its faults or its differences, its trial, its adoption, and those before.

use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use link::config::{Mapping, SHEET_COLUMNS, SheetFormat, SheetOrigin};
use link::fault::Faults;
use link::state::RunId;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use sheet::{Change, Row, differences, shown_rows};

use super::layout::{Frame, MenuItem, button, token};
use super::sheet_findings::{checked, dangers, fault_table, file_table, numbered_rows};
use super::start;
use super::words::time;
use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::form::{Posted, Uploaded};
use crate::problem::Problem;
use crate::respond::{CSV, XLSX, download, see_other};
use crate::session::{Session, SignedIn};
use crate::sheet_store::{self, StoredSheet, ending, format_of};
use crate::site::Site;

/// `GET /sheet`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    page(&app, &session, None).await
}

/// A sheet that was uploaded and has faults: nothing of it is kept.
struct Refused<'a> {
    faults: &'a Faults,
    format: SheetFormat,
    content: &'a [u8],
}

async fn page<S: Site>(app: &App<S>, session: &Session, refused: Option<Refused<'_>>) -> Result<Markup, Problem> {
    let in_force = sheet_store::in_force(app).await?;
    let history = sheet_store::history(app).await?;
    let drafts = sheet_store::drafts(app).await?;
    let frame = Frame::of(app, session, MenuItem::Sheet, "連携設定シート").await;
    Ok(frame.page(&html! {
        @if let Some(Refused { faults, format, content }) = refused {
            section aria-labelledby="faults" {
                h2 id="faults" { "アップロードしたシートに誤りがあります" }
                div class="notice bad" role="alert" { p { "次の点を直して、もう一度アップロードしてください。シートは変更していません。" } }
                (fault_table(&faults.0))
                (file_table(format, content, &faults.0))
            }
        }
        section aria-labelledby="upload" {
            h2 id="upload" { "シートを変更する" }
            ol {
                li { "現在のシートをダウンロードし、Excelで変更します。" }
                li { "変更したファイルをアップロードすると、現在のシートとの違いを表示します。まだ反映されません。" }
                li { "「事前確認」で結果を確かめてから「適用する」を押すと、次の連携から反映されます。" }
            }
            form method="post" action="/sheet/upload" enctype="multipart/form-data" {
                (token(session))
                label for="file" { "変更したシート" }
                p.hint id="file-hint" { "Excelブック(.xlsx)またはCSV。2MBまで。" }
                input id="file" type="file" name="file" required aria-describedby="file-hint"
                    accept=".xlsx,.csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,text/csv";
                p {}
                button.primary type="submit" { "アップロードして確認する" }
            }
        }
        @if !drafts.is_empty() {
            section aria-labelledby="drafts" {
                h2 id="drafts" { "適用していないシート" }
                ul.plain { @for draft in drafts.iter().take(20) {
                    li { a href={ "/sheet/drafts/" (draft.name) } { (draft.name.started().map(time).unwrap_or_default()) " にアップロードしたシート" } }
                } }
                p.hint { "30日後に自動で削除されます。" }
            }
        }
        section aria-labelledby="now" {
            h2 id="now" { "現在のシート" }
            (current(in_force.as_ref()))
        }
        section aria-labelledby="before" {
            h2 id="before" { "以前のシート" }
            @if history.is_empty() { p { "以前のシートはありません。" } } @else {
                ul.plain { @for earlier in history.iter().take(50) {
                    li.actions {
                        span { (earlier.name.started().map(time).unwrap_or_default()) " まで使用" }
                        a href={ "/sheet/history/" (earlier.name) } { "ダウンロード(" (ending(earlier.format)) ")" }
                        (button(session, &format!("/sheet/history/{}/restore", earlier.name), "このシートに戻す", "quiet"))
                    }
                } }
                p.hint { "「このシートに戻す」を押すと、現在のシートとの違いを確認できます。すぐには反映されません。" }
            }
        }
    }))
}

fn current(in_force: Option<&StoredSheet>) -> Markup {
    match in_force {
        None => html! {
            p { "連携設定シートはまだ登録されていません。ひな形をダウンロードし、記入してアップロードしてください。" }
            p { a.button.primary href="/sheet/template" { "ひな形をダウンロード(Excel)" } }
        },
        Some(StoredSheet { mapping: Ok(_), origin, format, content, .. }) => html! {
            p { a.button href="/sheet/current" { "ダウンロード(Excel)" } " " a href="/sheet/template" { "ひな形をダウンロード" } }
            (read_from(origin.as_ref()))
            (numbered_rows("現在のシートの内容", *format, content, &[]))
        },
        Some(StoredSheet { mapping: Err(faults), format, content, .. }) => html! {
            div class="notice bad" { p { "現在のシートに誤りがあるため、連携できません。直したシートをアップロードしてください。" } }
            p { a.button href="/sheet/current" { "ダウンロード" } }
            (fault_table(&faults.0))
            (numbered_rows("現在のシートの内容", *format, content, &faults.0))
        },
    }
}

/// Which of several sheets was read, and rows in force that Excel does not show.
fn read_from(origin: Option<&SheetOrigin>) -> Markup {
    let told = origin.and_then(SheetOrigin::sentence_ja);
    html! {
        @if let Some(told) = told { div.notice { p { (told) } } }
        @for fault in origin.iter().flat_map(|origin| &origin.warnings) {
            div class="notice warn" { p { (fault.message) } }
        }
    }
}

/// `GET /sheet/template`: the sheet that a customer starts from.
pub(crate) async fn template<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    method: Method,
) -> Result<Response, Problem> {
    if method == Method::GET {
        audit::note(&app, &session.record.person, Action::SheetDownloaded, "template").await?;
    }
    let workbook = sheet::new_sheet().map_err(|error| Problem::internal(&error.to_string()))?;
    Ok(download("mapping.xlsx", XLSX, workbook))
}

fn rows(mapping: &Mapping) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="連携設定シートの内容" {
            table {
                thead { tr { @for label in SHEET_COLUMNS { th scope="col" { (label) } } } }
                tbody { @for row in shown_rows(mapping) { tr { @for cell in row { td { (cell) } } } } }
            }
        }
    }
}

/// `GET /sheet/current`: as a workbook where it can be read, else as it lies there.
pub(crate) async fn current_file<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Response, Problem> {
    let found = sheet_store::in_force(&app).await?.ok_or_else(Problem::not_found)?;
    audit::note(&app, &session.record.person, Action::SheetDownloaded, "").await?;
    match (&found.mapping, found.format) {
        // The customer's own rows and columns, so that a fault's row is the row that they see.
        (Ok(_), SheetFormat::Csv) => {
            let made = sheet::csv_to_sheet(&found.content).map_err(|error| Problem::internal(&error.to_string()))?;
            Ok(download("mapping.xlsx", XLSX, made))
        }
        _ => Ok(as_it_is("mapping", found)),
    }
}

fn as_it_is(name: &str, sheet: StoredSheet) -> Response {
    let kind = if sheet.format == SheetFormat::Xlsx { XLSX } else { CSV };
    download(&format!("{name}.{}", ending(sheet.format)), kind, sheet.content)
}

/// `GET /sheet/history/{name}`.
pub(crate) async fn earlier_file<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let name = RunId::parse(&name).ok_or_else(Problem::not_found)?;
    let sheet = sheet_store::earlier(&app, &name).await?.ok_or_else(Problem::not_found)?;
    audit::note(&app, &session.record.person, Action::SheetDownloaded, name.as_str()).await?;
    Ok(as_it_is(&format!("mapping-{name}"), sheet))
}

/// `POST /sheet/upload`.
pub(crate) async fn upload<S: Site>(State(app): State<Shared<S>>, sent: Uploaded) -> Result<Response, Problem> {
    let format = format_of(&sent.content);
    if let Err(faults) = link::config::parse_sheet(format, &sent.content) {
        let refused = Refused { faults: &faults, format, content: &sent.content };
        let page = page(&app, &sent.session, Some(refused)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    audit::note(&app, &sent.session.record.person, Action::SheetUploaded, "").await?;
    let name = sheet_store::keep_draft(&app, format, sent.content).await?;
    Ok(see_other(&format!("/sheet/drafts/{name}")))
}

/// `POST /sheet/history/{name}/restore`: an earlier sheet becomes a draft, to be looked at like any other.
pub(crate) async fn restore<S: Site>(
    State(app): State<Shared<S>>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let name = RunId::parse(&name).ok_or_else(Problem::not_found)?;
    let sheet = sheet_store::earlier(&app, &name).await?.ok_or_else(Problem::not_found)?;
    audit::note(&app, &posted.session.record.person, Action::SheetUploaded, name.as_str()).await?;
    let name = sheet_store::keep_draft(&app, sheet.format, sheet.content).await?;
    Ok(see_other(&format!("/sheet/drafts/{name}")))
}

/// Whether the sheet was tried before.
#[derive(Deserialize)]
pub(crate) struct DraftQuery {
    #[serde(default)]
    previewed: Option<String>,
}

/// `GET /sheet/drafts/{name}`.
pub(crate) async fn draft<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Path(name): Path<String>,
    Query(query): Query<DraftQuery>,
) -> Result<Markup, Problem> {
    let is_previewed = query.previewed.as_deref() == Some("yes");
    let name = RunId::parse(&name).ok_or_else(Problem::not_found)?;
    // Each view asks SmartHR and Emergency Call for their masters.
    if !app.rate_limits.allows_reading(&session.record.csrf) {
        return Err(Problem::too_many());
    }
    let new = sheet_store::draft(&app, &name).await?.ok_or_else(Problem::not_found)?;
    let old = sheet_store::in_force(&app).await?;
    let seen = sheet_store::version_tag(&app).await?;
    let frame = Frame::of(&app, &session, MenuItem::Sheet, "連携設定シートの変更").await;
    let to = |action: &str| format!("/sheet/drafts/{name}/{action}");
    Ok(frame.page(&match &new.mapping {
        Err(faults) => html! {
            section {
                p { "このシートには誤りがあるため、適用できません。" }
                (fault_table(&faults.0))
                (file_table(new.format, &new.content, &faults.0))
                (button(&session, &to("discard"), "この変更を破棄する", ""))
            }
        },
        Ok(mapping) => html! {
            section aria-labelledby="changes" {
                h2 id="changes" { "現在のシートとの違い" }
                (read_from(new.origin.as_ref()))
                (dangers(old.as_ref(), mapping))
                (checked(&app, &name, &new).await)
                @match old.as_ref().map(|old| &old.mapping) {
                    Some(Ok(before)) => { (change_table(&differences(before, mapping))) }
                    _ => { p { "比べられる現在のシートがありません。新しいシートの内容は次のとおりです。" } (rows(mapping)) }
                }
            }
            section aria-labelledby="actions" {
                h2 id="actions" { "次にすること" }
                p { "「事前確認」は、このシートで連携した場合の結果を、何も登録せずに確認します。" }
                div.actions {
                    (button(&session, &to("preview"), "このシートで事前確認", if is_previewed { "" } else { "primary" }))
                    form.inline method="post" action=(to("adopt")) {
                        (token(&session))
                        input type="hidden" name="seen" value=(seen);
                        button class=(if is_previewed { "primary" } else { "" }) type="submit" { "適用する" }
                    }
                    (button(&session, &to("discard"), "この変更を破棄する", ""))
                }
                p.hint { "「適用する」を押すと、次の連携からこのシートを使います。現在のシートは「以前のシート」に残ります。" }
            }
        },
    }))
}

fn change_table(changes: &[Change]) -> Markup {
    if changes.is_empty() {
        return html! { p { "内容の違いはありません。" } };
    }
    let whole = |kind: &str, row: &Row| {
        html! { tr { td { (kind) } @for cell in row { td { (cell) } } } }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="変更点の表" {
            table {
                thead { tr { th scope="col" { "変更" } @for label in SHEET_COLUMNS { th scope="col" { (label) } } } }
                tbody { @for change in changes { @match change {
                    Change::Added(row) => { (whole("追加", row)) }
                    Change::Removed(row) => { (whole("削除", row)) }
                    Change::Changed { before, after } => {
                        tr {
                            td { "変更" }
                            @for (old, new) in before.iter().zip(after) {
                                td.change { @if old == new { (new) } @else { del { (old) } " " ins { (new) } } }
                            }
                        }
                    }
                } } }
            }
        }
    }
}

/// `POST /sheet/drafts/{name}/{action}`.
pub(crate) async fn act<S: Site>(
    State(app): State<Shared<S>>,
    Path((name, action)): Path<(String, String)>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    let name = RunId::parse(&name).ok_or_else(Problem::not_found)?;
    let person = posted.session.record.person.clone();
    match action.as_str() {
        "preview" => {
            sheet_store::draft(&app, &name).await?.ok_or_else(Problem::not_found)?;
            let event = json!({ "mode": "preview", "draft": name.as_str() });
            start::now(&app, &posted, Action::PreviewStarted, name.as_str(), event).await
        }
        "adopt" => {
            audit::note(&app, &person, Action::SheetAdopted, name.as_str()).await?;
            sheet_store::adopt(&app, &name, posted.field("seen")).await?;
            posted.session.say(&app, "新しいシートを適用しました。次の連携から反映されます。").await?;
            Ok(see_other("/sheet"))
        }
        "discard" => {
            audit::note(&app, &person, Action::SheetDiscarded, name.as_str()).await?;
            sheet_store::discard(&app, &name).await?;
            posted.session.say(&app, "変更を破棄しました。シートは変わっていません。").await?;
            Ok(see_other("/sheet"))
        }
        _ => Err(Problem::not_found()),
    }
}
