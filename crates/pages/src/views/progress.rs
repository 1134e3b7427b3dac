//! The page that watches a run until it is done. It asks again by itself, by a header and without a script, and can be
//! told not to.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use link::state::{RunId, Trigger, run_in_progress};
use link::time::date_of;
use maud::html;
use serde::Deserialize;

use super::layout::{Frame, MenuItem};
use super::words::time;
use crate::app::{App, Shared};
use crate::audit;
use crate::problem::Problem;
use crate::records;
use crate::respond::see_other;
use crate::session::SignedIn;
use crate::site::Site;

/// After so long without a sign the run was refused: another one held the lock.
const PATIENCE: SignedDuration = SignedDuration::from_secs(6);
/// After so long it is over, whatever became of it.
const LONGEST: SignedDuration = SignedDuration::from_mins(16);

#[derive(Deserialize)]
pub(crate) struct WaitQuery {
    #[serde(default)]
    wait: Option<String>,
    /// The day of the start, for one that lies further back.
    #[serde(default)]
    on: Option<jiff::civil::Date>,
}

/// Where a run is.
enum RunState {
    /// It is at work.
    Working,
    /// It has not begun, or is between two steps.
    Waiting,
    /// Another run is at work, and this one has not been seen.
    Other,
    /// Nothing is to be expected any more.
    Lost,
}

/// `GET /progress/{invocation}`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Path(invocation): Path<String>,
    Query(query): Query<WaitQuery>,
) -> Result<Response, Problem> {
    let fits = (1..=64).contains(&invocation.len())
        && invocation.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !fits {
        return Err(Problem::not_found());
    }
    let (mark, begun) = if let Some(id) = RunId::parse(&invocation) {
        // A run that holds the lock is known by its own name.
        if records::report(&app, &id).await?.is_some() {
            return Ok(see_other(&format!("/runs/{id}")));
        }
        (id.trigger_hash().to_owned(), id.started().unwrap_or_else(|| app.now()))
    } else {
        let day = query.on.unwrap_or_else(|| date_of(app.now()));
        if let Some(id) = records::of_invocation(&app, &invocation, day).await? {
            return Ok(see_other(&format!("/runs/{id}")));
        }
        let mark = Trigger::Invocation(invocation.clone()).trigger_hash();
        let begun = accepted_at(&app, &mark, day).await?.ok_or_else(Problem::not_found)?;
        (mark, begun)
    };
    let holder = run_in_progress(app.site.home()).await?;
    let waited = app.now().duration_since(begun);
    let state = match holder {
        Some(holder) if holder.trigger_hash() == mark => RunState::Working,
        Some(_) if waited > PATIENCE => RunState::Other,
        None if waited > LONGEST => RunState::Lost,
        _ => RunState::Waiting,
    };
    let watches = matches!(state, RunState::Working | RunState::Waiting) && query.wait.as_deref() != Some("off");
    let frame = Frame::of(&app, &session, MenuItem::Runs, "処理の状況").await;
    let page = frame.page(&html! {
        section aria-live="polite" {
            p.big { (sentence(&state)) }
            dl { dt { "受付" } dd { (time(begun)) } dt { "経過" } dd { (passed(begun, app.now())) } }
            @match state {
                RunState::Working | RunState::Waiting => {
                    p { "11,000人ほどの会社で2分程度かかります。この画面を閉じても処理は続き、結果は「実行履歴」とメールで確認できます。" }
                    @if watches {
                        p.soft { "5秒ごとに自動で更新します。" }
                        p { a.button href={ "/progress/" (invocation) "?wait=off" } { "自動更新を止める" } }
                    } @else {
                        p { a.button.primary href={ "/progress/" (invocation) } { "最新の状況を見る" } }
                    }
                }
                RunState::Other => { p { "その処理が終わってから、もう一度操作してください。" } }
                RunState::Lost => { p { "運用担当へご連絡ください。中断した処理は、次の連携で自動的に整合が取られます。" } }
            }
            p { a href="/runs" { "実行履歴を見る" } }
        }
    });
    let mut response = page.into_response();
    if watches {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("5"));
    }
    Ok(response)
}

/// When the start was accepted: on that day, or shortly before or after its midnight.
async fn accepted_at<S: Site>(app: &App<S>, mark: &str, day: Date) -> Result<Option<Timestamp>, Problem> {
    for day in [Some(day), day.yesterday().ok()].into_iter().flatten() {
        let names = audit::names_of_day(app, day).await?;
        if let Some(own) = names.iter().find(|name| name.id.trigger_hash() == mark) {
            return Ok(own.id.started());
        }
    }
    Ok(None)
}

fn sentence(state: &RunState) -> &'static str {
    match state {
        RunState::Working => "処理を実行しています。",
        RunState::Waiting => "処理の開始を待っています。",
        RunState::Other => "ほかの処理が実行中のため、この処理は行われませんでした。何も変更していません。",
        RunState::Lost => "処理の結果が確認できません。",
    }
}

fn passed(begun: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(begun).as_secs().max(0);
    if seconds < 60 { format!("{seconds}秒") } else { format!("{}分{}秒", seconds / 60, seconds % 60) }
}
