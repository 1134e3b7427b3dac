//! Starting the sync function: 事前確認, 今すぐ実行, 点検. It runs elsewhere; the browser is sent to watch.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::form::Posted;
use crate::problem::Problem;
use crate::respond::see_other;
use crate::session::Session;
use crate::site::Site;

/// `POST /start/{what}`.
pub(crate) async fn post<S: Site>(
    State(app): State<Shared<S>>,
    Path(what): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let (action, mode) = match what.as_str() {
        "preview" => (Action::PreviewStarted, "preview"),
        "sync" => (Action::SyncStarted, "sync"),
        "check" => (Action::CheckStarted, "check"),
        _ => return Err(Problem::not_found()),
    };
    now(&app, &posted.session, action, "", json!({ "mode": mode })).await
}

/// Refused while a run is in progress.
pub(crate) async fn free<S: Site>(app: &App<S>) -> Result<(), Problem> {
    if link::state::run_in_progress(app.site.home()).await?.is_some() {
        return Err(Problem::busy());
    }
    Ok(())
}

/// Starts a run and leads to the page that watches it.
pub(crate) async fn now<S: Site>(
    app: &App<S>,
    session: &Session,
    action: Action,
    target: &str,
    event: Value,
) -> Result<Response, Problem> {
    free(app).await?;
    let invocation = begin(app, session, action, target, event).await?;
    Ok(see_other(&format!("/progress/{invocation}")))
}

/// Writes down who wants what, starts it, and writes down the invocation that it became.
pub(crate) async fn begin<S: Site>(
    app: &App<S>,
    session: &Session,
    action: Action,
    target: &str,
    event: Value,
) -> Result<String, Problem> {
    let person = &session.record.person;
    audit::note(app, person, action, target).await?;
    let invocation = app.site.start(event).await.map_err(|error| {
        tracing::error!(%error, "a run could not be started");
        Problem::new(
            StatusCode::BAD_GATEWAY,
            "実行を開始できませんでした",
            "処理を開始する要求が受け付けられませんでした。何も実行していません。",
            "数分待ってからもう一度お試しください。続くときは運用担当へご連絡ください。",
        )
    })?;
    audit::note_start(app, person, Action::Accepted, target, &invocation).await?;
    Ok(invocation)
}
