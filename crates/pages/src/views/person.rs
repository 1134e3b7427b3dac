//! One person's story: what SmartHR says now, what the sheet makes of it, what a run would do and why, and what was done
//! before. Asked of the sync function, which reads SmartHR for this person only; nothing of it is kept here.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use link::config::Config;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::layout::{Frame, MenuItem};
use super::words::time_text;
use crate::app::Shared;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::site::Site;

/// The longest number or ID.
const LONGEST: usize = 100;

/// Who is asked for: 社員番号, ユーザID, or the SmartHR crew's id.
#[derive(Deserialize)]
pub(crate) struct Whom {
    #[serde(default)]
    q: String,
    /// The user ID, where a list of ours names it.
    #[serde(default)]
    id: String,
}

/// The function's answer about one person.
#[derive(Debug, Default, Deserialize)]
struct Story {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    crew: Option<String>,
    #[serde(default)]
    in_smarthr: Option<String>,
    #[serde(default)]
    in_snapshot: bool,
    #[serde(default)]
    verdict: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(default)]
    history: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Row {
    #[serde(default)]
    item: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    present: bool,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    sends: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(default)]
    run_id: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    reason: Option<String>,
}

/// The event that asks for a person. A crew's id is told by its form, a user ID by the tenant's prefix.
fn event(asked: &str, prefix: &str) -> Value {
    let is_crew = asked.len() == 36 && asked.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    if is_crew {
        json!({ "mode": "explain", "crew": asked })
    } else if !prefix.is_empty() && asked.starts_with(prefix) {
        json!({ "mode": "explain", "id": asked })
    } else {
        json!({ "mode": "explain", "number": asked })
    }
}

/// `GET /person?q=…`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Query(whom): Query<Whom>,
) -> Result<Markup, Problem> {
    let asked = if whom.id.is_empty() { whom.q.trim() } else { whom.id.trim() };
    if asked.is_empty() || asked.chars().count() > LONGEST || asked.contains(char::is_control) {
        return Err(Problem::bad_request("社員番号またはユーザIDを入力してください。"));
    }
    if !app.rate_limits.allows_reading(&session.record.csrf) {
        return Err(Problem::too_many());
    }
    let config = app.needed_config().await?;
    let event =
        if whom.id.is_empty() { event(asked, &config.prefix) } else { json!({ "mode": "explain", "id": asked }) };
    let answer = app.site.ask(event).await.map_err(|error| {
        tracing::error!(%error, "a person could not be asked for");
        Problem::new(
            StatusCode::BAD_GATEWAY,
            "確認できませんでした",
            "この方の状況を確認する処理が終わりませんでした。",
            "数分待ってからもう一度お試しください。続くときは運用担当へご連絡ください。",
        )
    })?;
    let frame = Frame::of(&app, &session, MenuItem::Overview, "社員の状況").await;
    Ok(frame.page(&match answer.get("person").cloned().map(serde_json::from_value::<Story>) {
        Some(Ok(story)) => html! { (now(&story, asked, &config)) (rows(&story)) (history(&story)) },
        _ => errors(&answer),
    }))
}

fn now(story: &Story, asked: &str, config: &Config) -> Markup {
    let in_smarthr = match story.in_smarthr.as_deref() {
        Some("employed") => "在籍中",
        Some("absent") => "休職中",
        Some("retired") => "退職済み",
        Some("not_found") => "見つかりません",
        _ => "不明",
    };
    let verdict = match story.verdict.as_deref() {
        Some("update") => "更新(維持)します",
        Some("create") => "新規登録します",
        Some("delete") => "削除します",
        Some("left_out") => "連携の対象外です",
        Some("error") => "エラーになります",
        Some("absent") => "登録も削除もしません(SmartHRにも前回のデータにもありません)",
        Some("ambiguous") => "同じ番号の人が複数います",
        _ => "判定できません",
    };
    html! {
        section aria-labelledby="now" {
            h2 id="now" { "現在の状況" }
            p.big { "次の連携では: " (verdict) }
            @if let Some(reason) = &story.reason { p { (reason) } }
            dl {
                dt { "検索した番号・ID" } dd.mono { (asked) }
                @if let Some(id) = &story.id { dt { "ユーザID" } dd.mono { (id) } }
                dt { "SmartHR" } dd {
                    (in_smarthr)
                    @if let Some(crew) = story.crew.as_ref().filter(|crew| is_plain(crew)) {
                        " " a href={ (config.smarthr.base_url) "/crews/" (crew) } rel="noreferrer" target="_blank" { "SmartHRで開く" }
                    }
                }
                dt { "前回の連携" } dd { @if story.in_snapshot { "登録済み" } @else { "登録なし" } }
            }
        }
    }
}

fn is_plain(crew: &str) -> bool {
    !crew.is_empty() && crew.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn rows(story: &Story) -> Markup {
    html! {
        @if !story.rows.is_empty() {
            section aria-labelledby="rows" {
                h2 id="rows" { "項目ごとの処理" }
                div.scroll tabindex="0" role="region" aria-label="項目ごとの処理の表" {
                    table.cards {
                        thead { tr {
                            th scope="col" { "項目" } th scope="col" { "SmartHR項目" } th scope="col" { "値" }
                            th scope="col" { "処理" } th scope="col" { "送る値" }
                        } }
                        tbody { @for row in &story.rows {
                            tr {
                                td data-label="項目" { (row.item) }
                                td data-label="SmartHR項目" { (row.from) }
                                td data-label="値" { @if row.present { "あり" } @else { "なし" } }
                                td data-label="処理" { (row.action.as_deref().unwrap_or("-")) }
                                td data-label="送る値" { (row.sends.as_deref().unwrap_or("-")) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn history(story: &Story) -> Markup {
    html! {
        section aria-labelledby="history" {
            h2 id="history" { "これまでの処理" }
            @if story.history.is_empty() { p { "記録されている処理はありません。" } } @else {
                ul.plain { @for event in &story.history {
                    li {
                        @if link::state::RunId::parse(&event.run_id).is_some() {
                            a href={ "/runs/" (event.run_id) } { (time_text(&event.at)) }
                        } @else { (time_text(&event.at)) }
                        " " strong { (event.what) }
                        @if let Some(reason) = &event.reason { " " (reason) }
                    }
                } }
            }
        }
    }
}

/// What the function says instead of a story.
fn errors(answer: &Value) -> Markup {
    let messages = answer.get("errors").and_then(Value::as_array).into_iter().flatten();
    let messages: Vec<&str> = messages.filter_map(|error| error.get("message")?.as_str()).collect();
    html! {
        section {
            p { "この方の状況を確認できませんでした。" }
            ul { @for message in messages { li { (message) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_asked_for_by_the_form_of_what_was_typed() {
        assert_eq!(event("00027", "A"), json!({"mode": "explain", "number": "00027"}));
        assert_eq!(event("A00027", "A"), json!({"mode": "explain", "id": "A00027"}));
        assert_eq!(event("A00027", ""), json!({"mode": "explain", "number": "A00027"}));
        let crew = "0723a1df-1111-2222-3333-444455556666";
        assert_eq!(event(crew, "A"), json!({"mode": "explain", "crew": crew}));
    }
}
