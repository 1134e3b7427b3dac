//! Starting the sync function: 事前確認, 今すぐ実行, 点検. It runs elsewhere; the browser is sent to watch.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use link::state::keys::Key;
use link::state::ports::{Condition, StateErrorKind, StateStore};
use serde_json::{Value, json};

use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::form::{CLICK, Posted};
use crate::problem::Problem;
use crate::random::digest;
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
    now(&app, &posted, action, "", json!({ "mode": mode })).await
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
    posted: &Posted,
    action: Action,
    target: &str,
    event: Value,
) -> Result<Response, Problem> {
    let click = posted.field(CLICK);
    let key = (!click.is_empty()).then(|| Key::launch(&digest(&format!("start {click}"))));
    if let Some(key) = &key
        && let Some(invocation) = invocation_of(app, key).await?
    {
        return Ok(see_other(&format!("/progress/{invocation}")));
    }
    free(app).await?;
    if let Some(key) = &key {
        match app.state().put(key, Bytes::from_static(b"{}"), Condition::Absent).await {
            Ok(_) => {}
            // The same click, sent twice: the other request is about to start the run.
            Err(error) if error.kind == StateErrorKind::Conflict => return Err(Problem::busy()),
            Err(error) => return Err(error.into()),
        }
    }
    let begun = begin(app, &posted.session, action, target, event).await;
    if let Some(key) = &key {
        match &begun {
            Ok(invocation) => {
                let body = Bytes::from(json!({ "invocation": invocation }).to_string());
                app.state().put(key, body, Condition::Always).await?;
            }
            // Nothing was started: the same click may try again.
            Err(_) => app.state().delete(key).await?,
        }
    }
    let invocation = begun?;
    Ok(see_other(&format!("/progress/{invocation}")))
}

/// The invocation that a click became.
async fn invocation_of<S: Site>(app: &App<S>, key: &Key) -> Result<Option<String>, Problem> {
    let found = app.state().get(key).await?;
    let started = found.and_then(|found| serde_json::from_slice::<Value>(&found.body).ok());
    Ok(started.and_then(|started| Some(started.get("invocation")?.as_str()?.to_owned())))
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
