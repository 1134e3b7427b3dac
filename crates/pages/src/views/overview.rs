//! 概要: whether the link stands, what happened last, and what can be done now.

use axum::extract::State;
use jiff::Timestamp;
use link::report::{Answer, Mode, Outcome};
use link::time::date_of;
use maud::{Markup, html};

use super::chart;
use super::layout::{Frame, MenuItem, button};
use super::runs;
use super::words::{figure, run_badge, time_text};
use crate::app::Shared;
use crate::other_links;
use crate::problem::Problem;
use crate::records::{self, RunRecord};
use crate::secret_file;
use crate::session::{Session, SignedIn};
use crate::site::{OtherLink, Site};
use crate::status::LinkStatus;

/// So many runs are listed here.
const LATEST: usize = 7;

/// `GET /`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    let first = records::first_day(&app);
    let runs = records::with_reports(&app, records::since(&app, first).await?).await?;
    let people = records::starters(&app, first).await?;
    let connected = secret_file::load_or_empty(&app).await?.access_token().is_some();
    let latest = runs.iter().find(|told| told.answer.as_ref().is_some_and(|answer| answer.mode == Mode::Sync));
    let links = other_links::all(&app).await;
    let frame = Frame::of(&app, &session, MenuItem::Overview, "人事データ連携").await;
    Ok(frame.page(&html! {
        div.columns {
            section aria-labelledby="link" {
                h2 id="link" { "SmartHRとの連携" }
                @if connected {
                    p { span.badge.ok { "連携済み" } }
                    p { "SmartHRの従業員と部署を、毎日エマージェンシーコールに反映します。" }
                    p { a href="/connection" { "連携の設定を見る" } }
                } @else {
                    p { span.badge.warn { "未連携" } }
                    p { "SmartHRとの連携がまだ設定されていません。" }
                    p { a.button.primary href="/connection" { "連携する" } }
                }
            }
            section aria-labelledby="last" {
                h2 id="last" { "最新の連携結果" }
                (latest.map_or_else(|| html! { p { "まだ連携は実行されていません。" } }, |told| last(told, app.now())))
            }
        }
        @if connected { (actions(&session)) }
        section aria-labelledby="course" {
            h2 id="course" { "社員数と変更の推移(直近60日)" }
            (chart::people_and_changes(&runs, date_of(app.now())))
        }
        section aria-labelledby="runs" {
            h2 id="runs" { "最近の実行" }
            (runs::table(runs.get(..LATEST).unwrap_or(&runs), &people))
            p { a href="/runs" { "すべての実行履歴を見る" } }
        }
        @if !app.settings.links.is_empty() {
            section aria-labelledby="others" {
                h2 id="others" { "このほかの連携" }
                p { "同じエマージェンシーコールの契約に、次の連携があります。" }
                (link_list(&links))
                p.soft { "移動先では、メンテナンスサイトから入り直す必要がある場合があります。" }
            }
        }
    }))
}

/// The other links with their statuses and addresses.
pub(crate) fn link_list(other_links: &[(&OtherLink, LinkStatus)]) -> Markup {
    html! {
        ul.plain { @for (link, status) in other_links {
            li {
                a href=(link.address) { (link.name) } " "
                @match status {
                    LinkStatus::Connected => { span.badge.ok { "連携済み" } }
                    LinkStatus::Unconnected => { span.badge.warn { "未連携" } }
                    LinkStatus::Unknown => { span.badge.plain { "状態を確認できません" } }
                }
            }
        } }
    }
}

/// What can be started at any time.
fn actions(session: &Session) -> Markup {
    html! {
        section aria-labelledby="actions" {
            h2 id="actions" { "操作" }
            div.actions {
                (button(session, "/start/preview", "事前確認", ""))
                (button(session, "/start/sync", "今すぐ実行", "primary"))
                (button(session, "/start/check", "点検", ""))
            }
            p.hint { "「事前確認」は登録せずに結果だけを確認します。「今すぐ実行」は毎日の連携と同じ処理を行います。「点検」は設定と権限を確認します。" }
        }
    }
}

fn last(told: &RunRecord, now: Timestamp) -> Markup {
    let Some(answer) = &told.answer else { return html! {} };
    let to = format!("/runs/{}", told.run.id);
    html! {
        p { (run_badge(answer)) " " span.soft { (time_text(&answer.started_at)) } }
        @match answer.outcome {
            Outcome::Success | Outcome::NoChange => {
                @if let Some(counts) = answer.counts {
                    p {
                        "有効な社員 " strong { (figure(counts.users.received_valid)) "人" }
                        "(新規 " (figure(counts.users.created)) "、削除 " (figure(counts.users.deleted)) ")"
                    }
                }
                p { a href=(to) { "結果を見る" } }
            }
            Outcome::Held => {
                p { "確認が必要な変更があるため、何も登録せずに保留しました。エマージェンシーコールは前回のままです。" }
                p { (way_from_hold(answer, now, &to)) }
            }
            Outcome::Failure => {
                p {
                    "エラーが" strong { (figure(answer.error_count)) "件" } "あります。"
                    (answer.yesterday().sentence_ja())
                }
                p { a.button.primary href=(to) { "エラーの内容と直し方を見る" } }
            }
            _ => { p { a href=(to) { "結果を見る" } } }
        }
    }
}

fn way_from_hold(answer: &Answer, now: Timestamp, to: &str) -> Markup {
    let open =
        answer.hold.as_ref().is_some_and(|hold| hold.approve_until.parse::<Timestamp>().is_ok_and(|end| now <= end));
    html! {
        @if open { a.button.primary href=(to) { "内容を確認する" } } @else { a href=(to) { "結果を見る" } }
    }
}
