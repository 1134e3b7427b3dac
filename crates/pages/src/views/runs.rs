//! 実行履歴: the runs of the last 60 days, by kind and outcome.

use axum::extract::{Query, State};
use jiff::civil::Date;
use link::report::Outcome;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Frame, MenuItem};
use super::words::{KINDS, badges, figure, mode, time};
use crate::app::Shared;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::site::Site;
use crate::summaries::{self, Listed, ListedState, Summary};

/// Runs on one page.
const ON_PAGE: usize = 50;

/// What the list is narrowed to; empty for everything.
#[derive(Default, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    outcome: String,
    /// The first and the last day, where they are given.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// `hide` leaves out runs after a change in SmartHR that changed nothing.
    #[serde(default)]
    quiet: String,
    #[serde(default)]
    page: usize,
}

const OUTCOMES: [(&str, &str); 4] = [("done", "成功"), ("unchanged", "変化なし"), ("failed", "失敗"), ("held", "保留")];

impl Filter {
    fn takes(&self, run: &Listed) -> bool {
        let day = |text: &str| text.trim().parse::<Date>().ok();
        let date = run.id.date();
        let is_early = day(&self.from).zip(date).is_some_and(|(from, date)| date < from);
        if is_early || day(&self.to).zip(date).is_some_and(|(to, date)| date > to) {
            return false;
        }
        let Some(summary) = run.summary() else { return self.kind.is_empty() && self.outcome.is_empty() };
        let kind = KINDS.iter().find(|(word, _)| *word == self.kind).is_none_or(|(_, mode)| *mode == summary.mode);
        let is_quiet = summary.is_change && summary.outcome == Outcome::NoChange;
        kind && self.takes_outcome(summary) && !(is_quiet && self.quiet == "hide")
    }

    fn takes_outcome(&self, summary: &Summary) -> bool {
        let outcome = summary.would.unwrap_or(summary.outcome);
        match self.outcome.as_str() {
            "done" => matches!(outcome, Outcome::Success | Outcome::Checked | Outcome::Baseline),
            "unchanged" => outcome == Outcome::NoChange,
            "failed" => outcome == Outcome::Failure,
            "held" => outcome == Outcome::Held,
            _ => true,
        }
    }

    fn to_page(&self, page: usize) -> String {
        // Only words of our own: what a visitor typed is not repeated.
        let kind = KINDS.iter().find(|(word, _)| *word == self.kind).map_or("", |(word, _)| *word);
        let outcome = OUTCOMES.iter().find(|(word, _)| *word == self.outcome).map_or("", |(word, _)| *word);
        let day = |text: &str| text.trim().parse::<Date>().map(|day| day.to_string()).unwrap_or_default();
        let quiet = if self.quiet == "hide" { "hide" } else { "" };
        let (from, to) = (day(&self.from), day(&self.to));
        format!("/runs?kind={kind}&outcome={outcome}&from={from}&to={to}&quiet={quiet}&page={page}")
    }
}

/// `GET /runs`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Query(filter): Query<Filter>,
) -> Result<Markup, Problem> {
    let runs = summaries::recent(&app).await?;
    let unread = runs.iter().filter(|run| matches!(run.state, ListedState::Later)).count();
    let taken: Vec<Listed> = runs.into_iter().filter(|run| filter.takes(run)).collect();
    let first = filter.page.min(taken.len() / ON_PAGE) * ON_PAGE;
    let shown = taken.get(first..(first + ON_PAGE).min(taken.len())).unwrap_or_default();
    let frame = Frame::of(&app, &session, MenuItem::Runs, "実行履歴").await;
    Ok(frame.page(&html! {
        section {
            p.soft { "直近60日の実行です。日時を選ぶと結果を表示します。" a href="/export" { "それより前の実行を含めてダウンロードする" } }
            (filters(&filter))
            (table(shown))
            @if unread > 0 {
                p.soft { (figure(unread as u64)) "件の結果は、この画面を開き直すと順に表示します。" }
            }
            div.actions {
                @if first > 0 { a.button href=(filter.to_page(first / ON_PAGE - 1)) { "新しい実行" } }
                @if first + ON_PAGE < taken.len() { a.button href=(filter.to_page(first / ON_PAGE + 1)) { "古い実行" } }
            }
        }
    }))
}

fn filters(filter: &Filter) -> Markup {
    html! {
        form.filters method="get" action="/runs" {
            label for="kind" { "種類" }
            select id="kind" name="kind" {
                option value="" { "すべて" }
                @for (word, kind) in KINDS { option value=(word) selected[word == filter.kind] { (mode(kind)) } }
            }
            label for="outcome" { "結果" }
            select id="outcome" name="outcome" {
                option value="" { "すべて" }
                @for (word, label) in OUTCOMES { option value=(word) selected[word == filter.outcome] { (label) } }
            }
            label for="from" { "開始日" }
            input id="from" type="date" name="from" value=(filter.from);
            label for="to" { "終了日" }
            input id="to" type="date" name="to" value=(filter.to);
            label { input type="checkbox" name="quiet" value="hide" checked[filter.quiet == "hide"]; " 変化のなかった即時反映を隠す" }
            button type="submit" { "絞り込む" }
        }
    }
}

/// Runs as a table, newest first.
pub(crate) fn table(runs: &[Listed]) -> Markup {
    if runs.is_empty() {
        return html! { p { "該当する実行はありません。" } };
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="実行履歴の表" {
            table.cards {
                thead { tr {
                    th scope="col" { "開始日時" }
                    th scope="col" { "種類" }
                    th scope="col" { "結果" }
                    th.number scope="col" { "社員" }
                    th.number scope="col" { "新規" }
                    th.number scope="col" { "更新(維持)" }
                    th.number scope="col" { "削除" }
                    th.number scope="col" { "エラー" }
                    th scope="col" { "開始した人" }
                } }
                tbody { @for run in runs { (row(run)) } }
            }
        }
    }
}

fn row(run: &Listed) -> Markup {
    let when = run.id.started().map_or_else(|| run.id.to_string(), time);
    let cell = |label: &str, value: Option<u64>| {
        html! { td.number data-label=(label) { @if let Some(value) = value { (figure(value)) } @else { "-" } } }
    };
    html! {
        tr {
            td.time data-label="開始日時" { a href={ "/runs/" (run.id) } { (when) } }
            @match &run.state {
                ListedState::Known(summary) => {
                    td data-label="種類" { (mode(summary.mode)) }
                    td data-label="結果" { (badges(summary.outcome, summary.would)) }
                    (cell("社員", summary.users.map(|users| users.valid)))
                    (cell("新規", summary.users.map(|users| users.created)))
                    (cell("更新(維持)", summary.users.map(|users| users.updated)))
                    (cell("削除", summary.users.map(|users| users.deleted)))
                    (cell("エラー", Some(summary.errors)))
                    td data-label="開始した人" { (summary.starter()) }
                }
                ListedState::Incomplete => { td colspan="8" { span.badge.plain { "記録が不完全です" } } }
                ListedState::Later => { td colspan="8" { span.soft { "結果を開く" } } }
            }
        }
    }
}
