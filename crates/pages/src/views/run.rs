//! One run: how it ended, its counts, its errors by what is to be done, and its files.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use link::report::{Answer, Counts, FileCounts, Mode, Outcome, hold_reason_text};
use link::state::RunId;
use link::time::date_of;
use maud::{Markup, html};
use serde::Deserialize;

use super::faults::{faults, warnings};
use super::layout::{Frame, MenuItem, button};
use super::words::{
    CHANGE, DAILY, OPERATOR, duration, duration_of, figure, mode, run_badge, separated, time, time_text,
};
use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::decisions::{self, Decision};
use crate::downloads;
use crate::problem::Problem;
use crate::records::{self, ERRORS, LEFT_OUT, PLAN, RunRecord};
use crate::respond::{CSV, XLSX, download};
use crate::session::{Session, SignedIn};
use crate::sheet_store;
use crate::site::Site;

/// `GET /runs/{id}`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Path(name): Path<String>,
) -> Result<Markup, Problem> {
    let told = records::named(&app, &name).await?;
    let starter = starter(&app, &told).await?;
    let decision = decisions::about(&app, &told.run.id).await?;
    let draft = draft_of(&app, &told).await?;
    let smarthr = app.config().await.map(|config| config.smarthr.base_url);
    let frame = Frame::of(&app, &session, MenuItem::Runs, "実行結果").await;
    Ok(frame.page(&html! {
        section {
            dl {
                dt { "開始した人" } dd { (starter) }
                dt { "実行ID" } dd.mono { (told.run.id) }
                @if let Some(answer) = &told.answer {
                    dt { "種類" } dd { (mode(answer.mode)) }
                    dt { "結果" } dd { (run_badge(answer)) }
                    dt { "開始" } dd { (time_text(&answer.started_at)) }
                    @if let Some(span) = duration_of(answer) { dt { "所要時間" } dd { (duration(span)) } }
                }
            }
            @if let Some(answer) = &told.answer { (ending(answer)) } @else {
                p { "この実行の結果は記録されていないか、読み取れません。処理の途中で中断した可能性があります。次の連携で自動的に整合が取られます。" }
            }
            (files(&told))
        }
        @if let Some(answer) = &told.answer {
            @if let Some(draft) = &draft {
                section {
                    h2 { "この事前確認で使ったシート" }
                    p { "変更した連携設定シートの事前確認です。結果がよければ、シートの画面で「適用する」を押してください。" }
                    p { a.button.primary href={ "/sheet/drafts/" (draft) "?previewed=yes" } { "シートの適用に進む" } }
                }
            }
            @if let Some(decision) = &decision { (decided(decision)) } @else { (next(&session, answer, app.now())) }
            @if answer.mode == Mode::Check { (points(answer)) }
            @if !answer.errors.is_empty() {
                (faults("エラーと直し方", "fault", &answer.errors, &answer.error_groups, answer.error_count, smarthr.as_deref()))
            }
            @if !answer.warnings.is_empty() {
                (warnings(answer, smarthr.as_deref()))
            }
            @if let Some(totals) = &answer.counts { (counts(totals)) }
            @if !answer.details.is_empty() {
                section { h2 { "詳細" } ul { @for line in details(answer) { li { (separated(line)) } } } }
            }
        }
    }))
}

/// The sheet that a preview was made with, if it is still there to be put in force.
async fn draft_of<S: Site>(app: &App<S>, told: &RunRecord) -> Result<Option<RunId>, Problem> {
    if told.answer.as_ref().is_none_or(|answer| answer.mode != Mode::Preview) {
        return Ok(None);
    }
    let entry = audit::start_of(app, &told.run.id).await?;
    let Some(name) = entry.and_then(|entry| RunId::parse(&entry.target)) else { return Ok(None) };
    let drafts = sheet_store::drafts(app).await?;
    Ok(drafts.into_iter().map(|draft| draft.name).find(|draft| *draft == name))
}

/// The run's files, each as a workbook and as CSV.
fn files(told: &RunRecord) -> Markup {
    let errors = if told.answer.as_ref().is_some_and(|answer| answer.error_count == 0) {
        "注意の一覧"
    } else {
        "エラーの一覧"
    };
    html! {
        @if [ERRORS, PLAN, LEFT_OUT].iter().any(|file| told.run.files.contains(*file)) { ul.plain { @for (file, label) in [(ERRORS, errors), (PLAN, "新規・削除の一覧"), (LEFT_OUT, "連携対象外の一覧")] {
            @if told.run.files.contains(file) {
                @let to = format!("/runs/{}/{}", told.run.id, file.trim_end_matches(".csv"));
                li.actions { (label) ": " a.button href={ (to) ".xlsx" } { "Excel" } a.button href={ (to) ".csv" } { "CSV" } }
            }
        } } }
    }
}

/// Who or what started the run.
async fn starter<S: Site>(app: &App<S>, record: &RunRecord) -> Result<String, Problem> {
    if record.answer.as_ref().is_some_and(|answer| answer.scheduled_at.is_some()) {
        return Ok(DAILY.to_owned());
    }
    if record.answer.as_ref().is_some_and(|answer| answer.trigger.is_some()) {
        return Ok(CHANGE.to_owned());
    }
    let person = audit::starter_of(app, &record.run.id).await?;
    Ok(person.map_or_else(|| OPERATOR.to_owned(), |person| format!("{person} 様")))
}

/// The ending in sentences.
fn ending(answer: &Answer) -> Markup {
    let text = match (answer.outcome, answer.would) {
        (Outcome::Success, _) => "エマージェンシーコールに反映しました。",
        (Outcome::NoChange, _) => "前回から変更がないため、何も送っていません。",
        (Outcome::Failure, _) => answer.yesterday().sentence_ja(),
        (Outcome::Held, _) => {
            "確認が必要な変更があるため、何も登録せずに保留しました。エマージェンシーコールは前回のままです。"
        }
        (Outcome::Preview, Some(Outcome::Failure)) => "確認のみを行いました。このまま実行するとエラーになります。",
        (Outcome::Preview, Some(Outcome::Held)) => "確認のみを行いました。このまま実行すると保留になります。",
        (Outcome::Preview, _) => "確認のみを行いました。このまま実行できます。何も登録していません。",
        (Outcome::Checked, _) if !answer.failing.is_empty() => {
            "設定と権限を確認しました。このまま連携を実行するとエラーになる点があります。"
        }
        (Outcome::Checked, _) if answer.warning_count > 0 => {
            "設定と権限を確認しました。連携は実行できますが、確認していただきたい点があります。"
        }
        (Outcome::Checked, _) => "設定と権限を確認しました。問題はありません。",
        (Outcome::Baseline, _) => "エマージェンシーコールの現在の登録内容を、前回のデータとして記録しました。",
        (Outcome::Skipped | Outcome::Busy | Outcome::Explained, _) => "この実行では何も行っていません。",
    };
    let class = match answer.outcome {
        Outcome::Checked if !answer.failing.is_empty() => "notice bad",
        Outcome::Checked if answer.warning_count > 0 => "notice warn",
        _ => "ending",
    };
    html! {
        div class=(class) { p.big { (text) } }
        @if let Some(hold) = &answer.hold {
            ul { @for reason in &hold.reasons { li { (separated(&hold_reason_text(reason))) } } }
            @if hold.days > 1 { p { "同じ内容での保留は" (hold.since) "から" (hold.days) "日目です。" } }
        }
    }
}

/// What a person decided about a held run. It offers nothing any more.
fn decided(decision: &Decision) -> Markup {
    html! {
        section aria-labelledby="decision" {
            h2 id="decision" { "保留についての決定" }
            dl {
                dt { "決定" } dd { (decision.verdict.label()) }
                dt { "決定した人" } dd { (decision.person.name) " 様" }
                dt { "日時" } dd { (time(decision.at)) }
                dt { "理由" } dd { (decision.reason) }
                @if let Some(invocation) = &decision.invocation {
                    dt { "実行" }
                    dd { a href={ "/progress/" (invocation) "?on=" (date_of(decision.at)) } { "承認による実行の結果" } }
                }
            }
        }
    }
}

/// What to do now.
fn next(session: &Session, answer: &Answer, now: Timestamp) -> Markup {
    match (answer.mode, answer.outcome) {
        (Mode::Sync, Outcome::Held) => html! {
            section aria-labelledby="next" {
                h2 id="next" { "次にすること" }
                @if let Some(refusal) = answer.hold.as_ref().and_then(|hold| hold.refused.as_ref()) {
                    p { "同じ内容の保留を、" (time_text(&refusal.at)) "に" (refusal.person) "様が却下しています(理由: " (refusal.reason) ")。" }
                    p { "SmartHRのデータまたは連携アカウントの権限を直し、「今すぐ実行」を押してください。次の毎日の連携でも反映されます。" }
                    div.actions { (button(session, "/start/sync", "今すぐ実行", "primary")) }
                    @if records::is_approvable(answer, now) {
                        p { a href={ "/runs/" (answer.run_id) "/approve" } { "考え直して承認する" } }
                    }
                } @else if records::is_approvable(answer, now) {
                    ul {
                        li { "意図した変更のとき: 対象を確認して承認してください。" }
                        li { "意図しない変更のとき: SmartHRのデータまたは連携アカウントの権限を直し、「今すぐ実行」を押してください。" }
                    }
                    div.actions {
                        a.button.primary href={ "/runs/" (answer.run_id) "/approve" } { "対象を確認して承認する" }
                        (button(session, "/start/sync", "今すぐ実行", ""))
                    }
                } @else {
                    p { "承認の期限(7日)を過ぎました。「今すぐ実行」で改めて確認してください。" }
                    div.actions { (button(session, "/start/sync", "今すぐ実行", "primary")) }
                }
            }
        },
        (Mode::Sync | Mode::Preview | Mode::Check, Outcome::Failure) | (Mode::Preview, Outcome::Preview) => html! {
            section aria-labelledby="next" {
                h2 id="next" { "次にすること" }
                @if answer.outcome == Outcome::Failure || answer.would == Some(Outcome::Failure) {
                    p { "下のエラーを直してから、もう一度確認または実行してください。すぐに実行しなくても、次の毎日の連携で反映されます。" }
                } @else {
                    p { "この内容でよければ「今すぐ実行」を押してください。次の毎日の連携でも反映されます。" }
                }
                div.actions {
                    (button(session, "/start/preview", "事前確認", ""))
                    (button(session, "/start/sync", "今すぐ実行", "primary"))
                }
            }
        },
        _ => html! {},
    }
}

fn counts(counts: &Counts) -> Markup {
    let is_first = counts.departments.previous_valid == 0 && counts.users.previous_valid == 0;
    let row = |label: &str, figures: FileCounts| {
        html! {
            tr {
                th scope="row" { (label) }
                @for figures in [figures.previous_total, figures.previous_valid, figures.received_total,
                    figures.received_valid, figures.created, figures.updated, figures.deleted] {
                    td.number { (figure(figures)) }
                }
            }
        }
    };
    html! {
        section {
            h2 { "件数" }
            @if is_first { p { "初回の連携です。前回のデータはありません。" } }
            div.scroll tabindex="0" role="region" aria-label="件数の表" {
                table {
                    thead { tr {
                        th scope="col" { "データ" }
                        @for label in ["前回 全件数", "前回 有効件数", "受信 全件数", "受信 有効件数", "新規", "更新(維持)", "削除"] {
                            th.number scope="col" { (label) }
                        }
                    } }
                    tbody { (row("部署データ", counts.departments)) (row("社員データ", counts.users)) }
                }
            }
        }
    }
}

/// What the run itself noted. Of a run that handed nothing over it is not said that it does.
fn details(answer: &Answer) -> impl Iterator<Item = &str> {
    let hands_over = matches!(answer.outcome, Outcome::Success | Outcome::NoChange);
    let is_check = answer.mode == Mode::Check;
    answer.details.iter().filter(move |line| !(is_check && line.contains("Point"))).map(move |line| {
        match line.split_once(",登録処理を行います") {
            Some((noted, _)) if !hands_over => noted,
            _ => line.as_str(),
        }
    })
}

/// The points of a check, first and as a list.
fn points(answer: &Answer) -> Markup {
    html! {
        section aria-labelledby="points" {
            h2 id="points" { "確認した点" }
            ul { @for line in answer.details.iter().filter(|line| line.contains("Point")) { li { (separated(line)) } } }
        }
    }
}

/// Which part of a file.
#[derive(Deserialize)]
pub(crate) struct PartQuery {
    #[serde(default)]
    part: Option<usize>,
}

/// `GET /runs/{id}/errors.csv` and `plan.csv`; a file that is too large for one answer is offered in parts.
pub(crate) async fn file<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Path((name, file)): Path<(String, String)>,
    Query(query): Query<PartQuery>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = RunId::parse(&name).ok_or_else(Problem::not_found)?;
    // The workbook is made from the CSV file.
    let (stored, is_workbook) = match file.as_str() {
        ERRORS | PLAN | LEFT_OUT => (file.as_str(), false),
        "errors.xlsx" => (ERRORS, true),
        "plan.xlsx" => (PLAN, true),
        "left-out.xlsx" => (LEFT_OUT, true),
        _ => return Err(Problem::not_found()),
    };
    // Only who takes the file is written down, not who asks whether it is there.
    if method == Method::HEAD {
        let record = records::named(&app, &name).await?;
        let found = record.run.files.contains(stored);
        return if found {
            Ok(download(&format!("{id}-{file}"), if is_workbook { XLSX } else { CSV }, Body::empty()))
        } else {
            Err(Problem::not_found())
        };
    }
    let content = records::file(&app, &id, stored).await?.ok_or_else(Problem::not_found)?;
    let parts = if is_workbook {
        downloads::number_of_workbooks(&content)
    } else {
        downloads::number_of_parts(&content, &headers)
    };
    if parts > 1 && query.part.is_none() {
        return Ok(parts_page(&app, &session, &id, &file, parts).await.into_response());
    }
    let part = query.part.unwrap_or(1);
    let answer = if is_workbook {
        downloads::xlsx(&format!("{id}-{}", stored.trim_end_matches(".csv")), &content, part)?
    } else {
        downloads::csv(&format!("{id}-{file}"), &content, part, &headers)?
    };
    let answer = answer.ok_or_else(Problem::not_found)?;
    audit::note(&app, &session.record.person, Action::RunDownloaded, &format!("{id} {file}")).await?;
    Ok(answer)
}

async fn parts_page<S: Site>(app: &App<S>, session: &Session, id: &RunId, file: &str, parts: usize) -> Markup {
    let frame = Frame::of(app, session, MenuItem::Runs, "ダウンロード").await;
    frame.page(&html! {
        section {
            p { "ファイルが大きいため、" (parts) "個に分けてダウンロードします。" }
            ul.plain { @for part in 1..=parts {
                li { a.button href={ "/runs/" (id) "/" (file) "?part=" (part) } { (part) "/" (parts) } }
            } }
            p { a href={ "/runs/" (id) } { "実行結果に戻る" } }
        }
    })
}
