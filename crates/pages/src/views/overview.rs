//! 概要: whether all is well, what happened last, and what can be done now.

use axum::extract::State;
use jiff::Timestamp;
use link::report::Outcome;
use link::state::{RunId, run_in_progress};
use link::time::date_of;
use maud::{Markup, html};

use super::chart;
use super::layout::{Frame, MenuItem, button};
use super::runs;
use super::words::{badges, figure, time};
use crate::app::Shared;
use crate::decisions;
use crate::health::{self, Facts, Finding, Weight};
use crate::other_links;
use crate::problem::Problem;
use crate::secret_file;
use crate::session::{Session, SignedIn};
use crate::site::{OtherLink, Schedule, Site};
use crate::status::LinkStatus;
use crate::summaries::{self, Summary};

/// Number of runs that are listed here.
const LATEST: usize = 7;

/// `GET /`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    let runs = summaries::recent(&app).await?;
    let is_connected = secret_file::load_or_empty(&app).await?.access_token().is_some();
    let latest = health::latest_sync(&runs);
    let held = latest.filter(|(_, summary)| summary.outcome == Outcome::Held).map(|(id, _)| id.clone());
    let verdict = match held {
        Some(id) => decisions::about(&app, &id).await?.map(|decision| decision.verdict),
        None => None,
    };
    let is_decided = verdict.is_some() || latest.is_some_and(|(_, summary)| summary.is_refused);
    let is_config_right = app.config().await.is_some();
    let facts = Facts {
        runs: &runs,
        is_config_right,
        is_connected,
        verdict,
        is_scheduled: app.settings.schedule.map(|schedule| schedule.is_on),
        now: app.now(),
    };
    let findings = health::findings(&facts);
    let running = run_in_progress(app.site.home()).await?;
    let links = other_links::all(&app).await;
    let frame = Frame::of(&app, &session, MenuItem::Overview, "人事データ連携").await;
    Ok(frame.page(&html! {
        (state_of_all(&findings, running.as_ref(), app.settings.schedule, app.now()))
        div.columns {
            section aria-labelledby="link" {
                h2 id="link" { "SmartHRとの連携" }
                @if is_connected {
                    p { span.badge.ok { "連携済み" } }
                    p { "SmartHRの従業員と部署を、毎日エマージェンシーコールに反映します。" }
                    p { a href="/people" { "社員の一覧を見る" } " " a href="/connection" { "連携の設定を見る" } }
                } @else {
                    p { span.badge.warn { "未連携" } }
                    p { "SmartHRとの連携がまだ設定されていません。" }
                    p { a.button.primary href="/connection" { "連携する" } }
                }
            }
            section aria-labelledby="last" {
                h2 id="last" { "最新の連携結果" }
                (latest.map_or_else(|| html! { p { "まだ連携は実行されていません。" } }, |(id, summary)| last(id, summary, is_decided)))
            }
        }
        @if is_connected { (actions(&session)) }
        section aria-labelledby="course" {
            h2 id="course" { "社員数と変更の推移(直近60日)" }
            (chart::people_and_changes(&runs, date_of(app.now())))
        }
        section aria-labelledby="runs" {
            h2 id="runs" { "最近の実行" }
            (runs::table(runs.get(..LATEST).unwrap_or(&runs)))
            p { a href="/runs" { "すべての実行履歴を見る" } }
        }
        @if !app.settings.links.is_empty() {
            section aria-labelledby="others" {
                h2 id="others" { "このほかの連携" }
                p { "同じエマージェンシーコールの契約に、次の連携があります。" }
                (link_list(&links))
                p.soft { "移動先では、メンテナンスサイトからログインし直す必要がある場合があります。" }
            }
        }
    }))
}

/// One look: all is well, or what is not and what to do about it.
fn state_of_all(findings: &[Finding], running: Option<&RunId>, schedule: Option<Schedule>, now: Timestamp) -> Markup {
    html! {
        section.state aria-labelledby="state" {
            h2 id="state" { "現在の状態" }
            @match findings.iter().map(Finding::weight).max() {
                None => { p { span.badge.ok { "正常" } " 問題はありません。" } }
                Some(Weight::Warning) => { p { span.badge.warn { "確認してください" } } }
                Some(Weight::Problem) => { p { span.badge.bad { "対応が必要です" } } }
            }
            @for finding in findings {
                @let class = if finding.weight() == Weight::Problem { "notice bad" } else { "notice warn" };
                div class=(class) { (sentence(finding)) }
            }
            @match schedule.map(|schedule| (schedule, schedule.next(now))) {
                Some((_, Some(next))) => { p { "次の毎日の連携: " (time(next)) "ごろ" } }
                Some((_, None)) => { p { "毎日の連携: 停止中" } }
                None => {}
            }
            @if let Some(id) = running {
                p { "処理を実行しています(" (id.started().map(time).unwrap_or_default()) " 開始)。 "
                    a href={ "/progress/" (id) } { "処理の状況を見る" } }
            }
        }
    }
}

fn sentence(finding: &Finding) -> Markup {
    html! {
        @match finding {
            Finding::ConfigFaulty => {
                p { "設定に誤りがあるため、連携できません。" a href="/connection" { "内容を確認" } "し、運用担当へご連絡ください。" }
            }
            Finding::NotConnected => { p { "SmartHRと連携していません。" a href="/connection" { "SmartHR連携の画面" } "で「連携する」を押してください。" } }
            Finding::SmartHrFailed(id) => {
                p { "直近の処理で、SmartHRに接続できないか、権限が不足していました。"
                    a href={ "/runs/" (id) } { "原因と直し方を確認" } "してください。認証の期限切れのときは、"
                    a href="/connection" { "SmartHR連携の画面" } "で「連携し直す」を押してください。" }
            }
            Finding::RunVeryLate(at) => { p { "毎日の連携が2日以上行われていません(最後は" (time(*at)) ")。運用担当へご連絡ください。" } }
            Finding::RunLate(at) => { p { "毎日の連携が25時間以上行われていません(最後は" (time(*at)) ")。続くときは運用担当へご連絡ください。" } }
            Finding::RunFailed(id) => { p { "最新の連携はエラーで終わりました。" a href={ "/runs/" (id) } { "エラーの内容と直し方を見る" } } }
            Finding::HoldPending(id, until) => {
                p { "確認が必要な変更があるため、連携を保留しています。" a href={ "/runs/" (id) } { "内容を確認する" }
                    @if let Some(until) = until { " 承認の期限は" (time(*until)) "です。" } }
            }
            Finding::HoldRefused(id) => {
                p { "保留は却下されています。SmartHRのデータまたは連携アカウントの権限を直すまで、エマージェンシーコールには反映されません。"
                    a href={ "/runs/" (id) } { "保留の内容を見る" } }
            }
            Finding::ScheduleOff => { p { "毎日の連携が停止しています。SmartHRの変更は、「今すぐ実行」を押すまで反映されません。再開するときは運用担当へご連絡ください。" } }
            Finding::NeverRun => { p { "まだ連携は実行されていません。「事前確認」で結果を確かめてから「今すぐ実行」を押してください。" } }
            Finding::NotAllRead => { p { "最新の結果を読み込めていません。この画面を開き直してください。" } }
        }
    }
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

fn last(id: &RunId, summary: &Summary, is_decided: bool) -> Markup {
    let to = format!("/runs/{id}");
    html! {
        p { (badges(summary.outcome, summary.would)) " " span.soft { (id.started().map(time).unwrap_or_default()) } }
        @match summary.outcome {
            Outcome::Held => {
                p { "確認が必要な変更があるため、何も登録せずに保留しました。エマージェンシーコールは前回のままです。" }
                @if is_decided { p { a href=(to) { "決定の内容を見る" } } }
                @else { p { a.button.primary href=(to) { "内容を確認する" } } }
            }
            Outcome::Failure => {
                p { "エラーが" strong { (figure(summary.errors)) "件" } "あります。" }
                p { a.button.primary href=(to) { "エラーの内容と直し方を見る" } }
            }
            _ => {
                @if let Some(users) = summary.users {
                    p {
                        "有効な社員 " strong { (figure(users.valid)) "人" }
                        "(新規 " (figure(users.created)) "、削除 " (figure(users.deleted)) ")"
                    }
                }
                p { a href=(to) { "結果を見る" } }
            }
        }
    }
}
