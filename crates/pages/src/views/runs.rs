//! 実行履歴: the runs of the last 60 days.

use std::collections::HashMap;

use axum::extract::State;
use maud::{Markup, html};

use super::layout::{Frame, MenuItem};
use super::words::{figure, mode, run_badge, time};
use crate::app::Shared;
use crate::problem::Problem;
use crate::records::{self, RunRecord, starter};
use crate::session::SignedIn;
use crate::site::Site;

/// `GET /runs`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    let first = records::first_day(&app);
    let runs = records::with_reports(&app, records::since(&app, first).await?).await?;
    let people = records::starters(&app, first).await?;
    let frame = Frame::of(&app, &session, MenuItem::Runs, "実行履歴").await;
    Ok(frame.page(&html! {
        section {
            p.soft { "直近60日の実行です。日時を選ぶと結果を表示します。" }
            (table(&runs, &people))
        }
    }))
}

/// Runs as a table, newest first.
pub(crate) fn table(runs: &[RunRecord], people: &HashMap<String, String>) -> Markup {
    if runs.is_empty() {
        return html! { p { "実行履歴はまだありません。" } };
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="実行履歴の表" {
            table {
                thead { tr {
                    th scope="col" { "開始日時" }
                    th scope="col" { "種類" }
                    th scope="col" { "結果" }
                    th.number scope="col" { "社員" }
                    th.number scope="col" { "新規" }
                    th.number scope="col" { "更新" }
                    th.number scope="col" { "削除" }
                    th.number scope="col" { "エラー" }
                    th scope="col" { "開始した人" }
                } }
                tbody { @for told in runs { (row(told, people)) } }
            }
        }
    }
}

fn row(told: &RunRecord, people: &HashMap<String, String>) -> Markup {
    let when = told.run.id.started().map_or_else(|| told.run.id.to_string(), time);
    let counts = told.answer.as_ref().and_then(|answer| answer.counts).map(|counts| counts.users);
    let cell =
        |value: Option<u64>| html! { td.number { @if let Some(value) = value { (figure(value)) } @else { "-" } } };
    html! {
        tr {
            td.time { a href={ "/runs/" (told.run.id) } { (when) } }
            @if let Some(answer) = &told.answer {
                td { (mode(answer.mode)) }
                td { (run_badge(answer)) }
                (cell(counts.map(|users| users.received_valid)))
                (cell(counts.map(|users| users.created)))
                (cell(counts.map(|users| users.updated)))
                (cell(counts.map(|users| users.deleted)))
                (cell(Some(answer.error_count)))
            } @else {
                td { "-" }
                td { span.badge.plain { "記録が不完全です" } }
                (cell(None)) (cell(None)) (cell(None)) (cell(None)) (cell(None))
            }
            td { (starter(told, people)) }
        }
    }
}
