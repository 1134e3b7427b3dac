//! 承認して実行: whom a held run would delete, and the approval, typed and not only clicked.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use link::report::{Answer, hold_reason_text};
use maud::{Markup, html};
use serde_json::json;

use super::layout::{Frame, MenuItem, token};
use super::start;
use super::words::{figure, time_text};
use crate::app::{App, Shared};
use crate::audit::Action;
use crate::form::Posted;
use crate::problem::Problem;
use crate::records::{self, PLAN, RunRecord};
use crate::session::SignedIn;
use crate::site::Site;

/// So many lines of the plan are shown; all of them are in the file.
const SHOWN: usize = 200;
/// What is typed where nobody is deleted.
const WORD: &str = "承認";

/// One line of the plan.
struct Line {
    record: String,
    id: String,
    reason: String,
}

struct Plan {
    deletions: Vec<Line>,
    users: u64,
    departments: u64,
}

impl Plan {
    async fn of<S: Site>(app: &App<S>, told: &RunRecord) -> Result<Self, Problem> {
        let mut plan = Self { deletions: Vec::new(), users: 0, departments: 0 };
        let Some(content) = records::file(app, &told.run.id, PLAN).await? else { return Ok(plan) };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(content.as_ref());
        for record in reader.records().filter_map(Result::ok) {
            let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
            if cell(2) != "削除" {
                continue;
            }
            if cell(0) == "社員" {
                plan.users += 1;
            } else {
                plan.departments += 1;
            }
            plan.deletions.push(Line { record: cell(0), id: cell(1), reason: cell(3) });
        }
        Ok(plan)
    }

    /// What has to be typed.
    fn phrase(&self) -> String {
        let deletions = self.users + self.departments;
        if deletions == 0 { WORD.to_owned() } else { deletions.to_string() }
    }
}

async fn open<S: Site>(app: &App<S>, name: &str) -> Result<(RunRecord, Answer), Problem> {
    let told = records::named(app, name).await?;
    match told.answer.clone().filter(|answer| records::is_approvable(answer, app.now())) {
        Some(answer) => Ok((told, answer)),
        None => Err(Problem::new(
            StatusCode::CONFLICT,
            "承認できません",
            "この実行は保留ではないか、承認の期限(7日)を過ぎています。",
            "実行履歴から最新の結果を確認してください。",
        )
        .way("/runs", "実行履歴を見る")),
    }
}

/// `GET /runs/{id}/approve`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Path(name): Path<String>,
) -> Result<Markup, Problem> {
    let (told, answer) = open(&app, &name).await?;
    let plan = Plan::of(&app, &told).await?;
    let hold = answer.hold.as_ref();
    let frame = Frame::of(&app, &session, MenuItem::Runs, "保留の承認").await;
    Ok(frame.page(&html! {
        section {
            h2 { "保留の理由" }
            ul { @for reason in hold.iter().flat_map(|hold| &hold.reasons) { li { (hold_reason_text(reason)) } } }
            dl {
                dt { "保留した実行" } dd { (time_text(&answer.started_at)) " " span.mono { (answer.run_id) } }
                @if let Some(hold) = hold { dt { "承認の期限" } dd { (time_text(&hold.approve_until)) } }
            }
        }
        section {
            h2 { "削除される対象 (社員 " (figure(plan.users)) "件、部署 " (figure(plan.departments)) "件)" }
            @if plan.deletions.is_empty() {
                p { "この承認で削除される社員・部署はありません。" }
            } @else {
                div.scroll.tall tabindex="0" role="region" aria-label="削除される対象の表" {
                    table {
                        thead { tr { th scope="col" { "対象" } th scope="col" { "ID" } th scope="col" { "理由" } } }
                        tbody { @for line in plan.deletions.iter().take(SHOWN) {
                            tr { td { (line.record) } td.mono { (line.id) } td { (line.reason) } }
                        } }
                    }
                }
                @if plan.deletions.len() > SHOWN {
                    p { "このほかに" (figure((plan.deletions.len() - SHOWN) as u64)) "件あります。すべてはファイルでご確認ください。" }
                }
                p { a.button href={ "/runs/" (answer.run_id) "/plan.csv" } { "新規・削除の一覧(plan.csv)" } }
            }
        }
        section {
            h2 { "承認して実行" }
            div class="notice bad" {
                p { "承認すると、上の対象だけがエマージェンシーコールから削除されます。削除された方には緊急連絡が届かなくなります。" }
                p { "SmartHRのデータを改めて受信して実行します。対象が増えていた場合は、もう一度保留になります。" }
            }
            form method="post" action={ "/runs/" (answer.run_id) "/approve" } {
                (token(&session))
                label for="phrase" { (asked(&plan)) }
                input id="phrase" type="text" name="phrase" autocomplete="off" required;
                p { }
                div.actions {
                    button.danger type="submit" { "承認して実行" }
                    a.button href={ "/runs/" (answer.run_id) } { "やめる" }
                }
            }
        }
    }))
}

fn asked(plan: &Plan) -> String {
    let phrase = plan.phrase();
    if phrase == WORD {
        format!("確認のため「{WORD}」と入力してください")
    } else {
        format!("確認のため、削除される件数の合計「{phrase}」を入力してください")
    }
}

/// `POST /runs/{id}/approve`.
pub(crate) async fn approve<S: Site>(
    State(app): State<Shared<S>>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let (told, _) = open(&app, &name).await?;
    let plan = Plan::of(&app, &told).await?;
    if halved(posted.field("phrase")) != plan.phrase() {
        return Err(Problem::bad_request(format!("確認の入力が一致しないため、承認していません。{}。", asked(&plan))));
    }
    let id = told.run.id.as_str();
    start::now(&app, &posted.session, Action::Approved, id, json!({ "mode": "sync", "approve": id })).await
}

/// Full-width digits and commas are how many people type figures.
fn halved(text: &str) -> String {
    text.chars()
        .filter(|letter| !matches!(letter, ',' | '，' | '、'))
        .map(|letter| match letter {
            '０'..='９' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
            _ => letter,
        })
        .collect()
}
