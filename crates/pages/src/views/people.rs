//! 社員の一覧: who is registered, and who comes or goes by the last run or preview; each leads to the person's story.

use axum::extract::{Query, State};
use link::compare::Snapshot;
use link::report::Mode;
use link::state::RunId;
use link::state::keys::Key;
use link::state::ports::StateStore;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Frame, MenuItem};
use super::words::{figure, mode, time};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::records::{self, PLAN};
use crate::session::SignedIn;
use crate::site::Site;
use crate::summaries;

/// People on one page.
const ON_PAGE: usize = 100;
const LISTS: [(&str, &str); 4] =
    [("registered", "登録済み"), ("created", "新規予定"), ("deleted", "削除予定"), ("left-out", "連携対象外")];

/// Which list, and what of it.
#[derive(Default, Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    list: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
}

/// A person in a list: the ID and the reason.
type Listed = (String, String);

/// `GET /people`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Query(which): Query<Which>,
) -> Result<Markup, Problem> {
    let (list, label) = LISTS.into_iter().find(|(name, _)| *name == which.list).unwrap_or(LISTS[0]);
    let runs = summaries::recent(&app).await?;
    let latest = runs.iter().find_map(|run| {
        let summary = run.summary().filter(|summary| matches!(summary.mode, Mode::Sync | Mode::Preview))?;
        Some((run.id.clone(), summary.mode))
    });
    let latest_id = latest.as_ref().map(|(id, _)| id);
    let people = match list {
        "registered" => registered(&app).await?,
        "created" => planned(&app, latest_id, "新規").await?,
        "deleted" => planned(&app, latest_id, "削除").await?,
        _ => Vec::new(),
    };
    let left_out = left_out(&app, latest_id).await?;
    let q = which.q.trim();
    let found: Vec<&Listed> = people.iter().filter(|(id, reason)| id.contains(q) || reason.contains(q)).collect();
    let first = which.page.min(found.len() / ON_PAGE) * ON_PAGE;
    let shown = found.get(first..(first + ON_PAGE).min(found.len())).unwrap_or_default();
    let to = |page: usize| format!("{}&page={page}", address("/people", &[("list", list), ("q", q)]));
    let frame = Frame::of(&app, &session, MenuItem::Overview, "社員の一覧").await;
    Ok(frame.page(&html! {
        section {
            p.actions { @for (name, label) in LISTS {
                a.button href={ "/people?list=" (name) } aria-current=[(name == list).then_some("page")] { (label) }
            } }
            h2 { (label) }
            @if list == "registered" { p.soft { "前回の連携で登録されている社員です。" } }
            @else if let Some((id, kind)) = &latest {
                p.soft { "最新の" (mode(*kind)) "(" a href={ "/runs/" (id) } { (id.started().map(time).unwrap_or_default()) } ")の内容です。" }
            }
            @if list == "left-out" {
                p { strong { (left_out.map_or("-".to_owned(), figure)) "人" } "が、連携する範囲の外か、連携設定シートの「連携しない」にあたります。" }
                p { "一人ずつの理由は、画面上部の「社員を探す」に社員番号を入力すると確認できます。" }
            } @else {
                form.filters method="get" action="/people" {
                    input type="hidden" name="list" value=(list);
                    label for="q" { "ユーザIDまたは理由で探す" }
                    input id="q" type="text" name="q" value=(q) autocomplete="off";
                    button type="submit" { "探す" }
                }
                p.soft { (figure(found.len() as u64)) "人のうち" (figure(shown.len() as u64)) "人を表示しています。" }
                (table(shown))
                div.actions {
                    @if first > 0 { a.button href=(to(first / ON_PAGE - 1)) { "前の" (ON_PAGE) "人" } }
                    @if first + ON_PAGE < found.len() { a.button href=(to(first / ON_PAGE + 1)) { "次の" (ON_PAGE) "人" } }
                }
            }
        }
    }))
}

fn table(shown: &[&Listed]) -> Markup {
    html! {
        @if !shown.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="社員の表" {
                table.cards {
                    thead { tr { th scope="col" { "ユーザID" } th scope="col" { "理由" } } }
                    tbody { @for (id, reason) in shown { tr {
                        td.mono data-label="ユーザID" { a href=(address("/person", &[("id", id)])) { (id) } }
                        td data-label="理由" { @if reason.is_empty() { "-" } @else { (reason) } }
                    } } }
                }
            }
        }
    }
}

fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://localhost/").ok();
    if let Some(url) = &mut url {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    let query = url.as_ref().and_then(|url| url.query()).unwrap_or_default();
    format!("{path}?{query}")
}

async fn registered<S: Site>(app: &App<S>) -> Result<Vec<Listed>, Problem> {
    let Some(found) = app.state().get(&Key::snapshot()).await? else { return Ok(Vec::new()) };
    let snapshot = Snapshot::parse(&found.body).map_err(|error| Problem::internal(&error.to_string()))?;
    Ok(snapshot.users.ids.iter().map(|id| (id.to_owned(), String::new())).collect())
}

/// The people of a run's plan whom it creates or deletes.
async fn planned<S: Site>(app: &App<S>, run: Option<&RunId>, action: &str) -> Result<Vec<Listed>, Problem> {
    let Some(run) = run else { return Ok(Vec::new()) };
    let Some(plan) = records::file(app, run, PLAN).await? else { return Ok(Vec::new()) };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(plan.as_ref());
    let rows = reader
        .records()
        .filter_map(Result::ok)
        .filter(|row| row.get(0).is_some_and(|record| record.ends_with("社員")) && row.get(2) == Some(action));
    let cell = |row: &csv::StringRecord, at: usize| row.get(at).unwrap_or_default().to_owned();
    Ok(rows.map(|row| (cell(&row, 1), cell(&row, 3))).collect())
}

/// How many of those received are not linked.
async fn left_out<S: Site>(app: &App<S>, run: Option<&RunId>) -> Result<Option<u64>, Problem> {
    let Some(run) = run else { return Ok(None) };
    let counts = records::report(app, run).await?.and_then(|answer| answer.counts);
    Ok(counts.map(|counts| counts.users.received_total.saturating_sub(counts.users.received_valid)))
}
