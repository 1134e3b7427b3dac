//! 社員の一覧: who is registered, and who comes or goes by the last run or preview; each leads to the person's story.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use link::compare::Snapshot;
use link::report::{Mode, Outcome};
use link::state::RunId;
use link::state::keys::Key;
use link::state::ports::StateStore;
use maud::{Markup, html};
use serde::Deserialize;

use super::approve::in_smarthr;
use super::layout::{Frame, MenuItem};
use super::words::{figure, mode, time};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::records::{self, LEFT_OUT, PLAN};
use crate::session::SignedIn;
use crate::site::Site;
use crate::summaries::{self, Summary, Users};

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

/// A person in a list.
struct Listed {
    /// The user ID; empty where the sheet gives none.
    id: String,
    reason: String,
    /// The address in SmartHR, where it is known.
    address: String,
}

impl Listed {
    /// SmartHR's id of the person, as the address ends in it.
    fn crew(&self) -> &str {
        self.address.rsplit_once("/crews/").map_or("", |(_, crew)| crew)
    }

    fn is_found_by(&self, text: &str) -> bool {
        self.id.contains(text) || self.reason.contains(text) || (!text.is_empty() && self.crew() == text)
    }
}

/// `GET /people`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Query(which): Query<Which>,
) -> Result<Markup, Problem> {
    let (list, label) = LISTS.into_iter().find(|(name, _)| *name == which.list).unwrap_or(LISTS[0]);
    let runs = summaries::recent(&app).await?;
    // A run that came to no counts says nothing about people; one after a change that changed nothing writes no lists.
    let says = |summary: &&Summary| {
        matches!(summary.mode, Mode::Sync | Mode::Preview)
            && summary.users.is_some()
            && !(list == "left-out" && summary.is_change && summary.outcome == Outcome::NoChange)
    };
    let found = runs.iter().find_map(|run| Some((run.id.clone(), run.summary().filter(says)?)));
    let users = found.as_ref().and_then(|(_, summary)| summary.users);
    let is_done = found.as_ref().is_some_and(|(_, summary)| summary.outcome == Outcome::Success);
    let label = label_of(list, label, is_done);
    let latest = found.map(|(id, summary)| (id, summary.mode));
    let smarthr = app.config().await.map(|config| config.smarthr.base_url);
    let latest_id = latest.as_ref().map(|(id, _)| id);
    let people = match list {
        "registered" => registered(&app).await?,
        "created" => planned(&app, latest_id, PLAN, "新規").await?,
        "deleted" => planned(&app, latest_id, PLAN, "削除").await?,
        _ => planned(&app, latest_id, LEFT_OUT, "対象外").await?,
    };
    let q = which.q.trim();
    let found: Vec<&Listed> = people.iter().filter(|person| person.is_found_by(q)).collect();
    let first = which.page.min(found.len() / ON_PAGE) * ON_PAGE;
    let shown = found.get(first..(first + ON_PAGE).min(found.len())).unwrap_or_default();
    let to = |page: usize| format!("{}&page={page}", address("/people", &[("list", list), ("q", q)]));
    let frame = Frame::of(&app, &session, MenuItem::Overview, "社員の一覧").await;
    Ok(frame.page(&html! {
        section {
            p.actions { @for (name, label) in LISTS {
                a.button href={ "/people?list=" (name) } aria-current=[(name == list).then_some("page")] {
                    (label_of(name, label, is_done)) @if let Some(count) = count_of(name, users) { " (" (figure(count)) ")" }
                }
            } }
            h2 { (label) }
            @if list == "registered" { p.soft { "前回の連携で登録されている社員です。" } }
            @else if let Some((id, kind)) = &latest {
                p.soft { "最新の" (mode(*kind)) "(" a href={ "/runs/" (id) } { (id.started().map(time).unwrap_or_default()) } ")の内容です。" }
            }
            @if list == "left-out" {
                p { "SmartHRで在籍中または休職中で、連携する範囲の外か、連携設定シートの「連携しない」にあたる社員です。" }
            }
            @if list == "left-out" && latest.is_none() {
                p { "まだ連携も事前確認も行われていません。" }
            } @else {
                (by_reason(&people))
                form.filters method="get" action="/people" {
                    input type="hidden" name="list" value=(list);
                    label for="q" { "ID(ユーザID、SmartHRの従業員ID)または理由で探す" }
                    input id="q" type="text" name="q" value=(q) autocomplete="off";
                    button type="submit" { "探す" }
                }
                @if found.is_empty() { p { "該当する社員はいません。" } } @else {
                    p.soft { (figure(found.len() as u64)) "人のうち" (figure(shown.len() as u64)) "人を表示しています。" }
                }
                (table(shown, smarthr.as_deref()))
                div.actions {
                    @if first > 0 { a.button href=(to(first / ON_PAGE - 1)) { "前の" (ON_PAGE) "人" } }
                    @if first + ON_PAGE < found.len() { a.button href=(to(first / ON_PAGE + 1)) { "次の" (ON_PAGE) "人" } }
                }
            }
        }
    }))
}

/// A list's name: what the latest run has done already is no plan.
fn label_of(list: &str, label: &'static str, is_done: bool) -> &'static str {
    match (list, is_done) {
        ("created", true) => "新規登録した社員",
        ("deleted", true) => "削除した社員",
        _ => label,
    }
}

/// What the latest run says of the size of a list.
fn count_of(list: &str, users: Option<Users>) -> Option<u64> {
    let users = users?;
    match list {
        "created" => Some(users.created),
        "deleted" => Some(users.deleted),
        _ => None,
    }
}

/// How many there are for each reason, where there is one.
fn by_reason(people: &[Listed]) -> Markup {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for person in people.iter().filter(|person| !person.reason.is_empty()) {
        *counts.entry(&person.reason).or_default() += 1;
    }
    html! {
        @if !counts.is_empty() {
            ul { @for (reason, count) in &counts { li { (reason) ": " strong { (figure(*count)) "人" } } } }
        }
    }
}

fn table(shown: &[&Listed], smarthr: Option<&str>) -> Markup {
    html! {
        @if !shown.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="社員の表" {
                table.cards {
                    thead { tr { th scope="col" { "ユーザID" } th scope="col" { "理由" } th scope="col" { "SmartHR" } } }
                    tbody { @for person in shown { tr {
                        td.mono data-label="ユーザID" { (story(person)) }
                        td data-label="理由" { @if person.reason.is_empty() { "-" } @else { (person.reason) } }
                        td data-label="SmartHR" {
                            @if person.address.is_empty() { "-" } @else { (in_smarthr(&person.address, smarthr, "SmartHRで開く")) }
                        }
                    } } }
                }
            }
        }
    }
}

/// The link to the person's story: by SmartHR's id, which is right also where the ID is another person's or none.
fn story(person: &Listed) -> Markup {
    let label = if person.id.is_empty() { "(ユーザIDなし)" } else { &person.id };
    let crew = person.crew();
    let to =
        if crew.len() == 36 { address("/person", &[("q", crew)]) } else { address("/person", &[("id", &person.id)]) };
    html! { @if crew.len() == 36 || !person.id.is_empty() { a href=(to) { (label) } } @else { (label) } }
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
    let people =
        snapshot.users.ids.iter().map(|id| Listed { id: id.to_owned(), reason: String::new(), address: String::new() });
    Ok(people.collect())
}

/// The people of one of a run's lists who stand there with this action.
async fn planned<S: Site>(app: &App<S>, run: Option<&RunId>, file: &str, action: &str) -> Result<Vec<Listed>, Problem> {
    let Some(run) = run else { return Ok(Vec::new()) };
    let Some(plan) = records::file(app, run, file).await? else { return Ok(Vec::new()) };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(plan.as_ref());
    let rows = reader
        .records()
        .filter_map(Result::ok)
        .filter(|row| row.get(0).is_some_and(|record| record.ends_with("社員")) && row.get(2) == Some(action));
    let cell = |row: &csv::StringRecord, at: usize| row.get(at).unwrap_or_default().to_owned();
    Ok(rows.map(|row| Listed { id: cell(&row, 1), reason: cell(&row, 3), address: cell(&row, 4) }).collect())
}
