//! `POST /smarthr/webhook`: SmartHR says that something has changed. Nothing in the body is believed, kept or even parsed:
//! the first event makes the one-time schedule of the next run, and while that exists further events do nothing.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use link::state::ChangeRuns;
use link::state::keys::Key;
use link::state::ports::{Condition, StateStore};
use secrecy::ExposeSecret;

use crate::app::{App, Shared};
use crate::change_events::Rules;
use crate::change_scheduler::{Creation, schedule};
use crate::problem::Problem;
use crate::random::equal_in_constant_time;
use crate::secret_file;
use crate::site::Site;

/// The header in which SmartHR sends the secret token.
const TOKEN: &str = "x-smarthr-token";
/// A body is read and dropped, so that the sender gets the answer, but no longer than this.
const BODY_TIME: Duration = Duration::from_millis(500);
const BODY_BYTES: usize = 16 * 1024 * 1024;

/// `POST /smarthr/webhook`.
pub(crate) async fn receive<S: Site>(State(app): State<Shared<S>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let token = parts.headers.get(TOKEN).map(HeaderValue::as_bytes).unwrap_or_default();
    let status = answer(&app, token).await.unwrap_or({
        // The cause is in the log already; SmartHR sends the event again.
        StatusCode::SERVICE_UNAVAILABLE
    });
    drop_body(body).await;
    let mut response = status.into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}

async fn answer<S: Site>(app: &App<S>, token: &[u8]) -> Result<StatusCode, Problem> {
    let events = &app.change_events;
    let is_calm = events.is_calm();
    let kept = if is_calm { None } else { events.kept_rules() };
    let rules = if let Some(rules) = kept {
        rules
    } else {
        let rules = read_rules(app).await?;
        events.keep_rules(&rules);
        rules
    };
    let Rules::On { tokens, wait, connected } = rules else { return Ok(StatusCode::NOT_FOUND) };
    // Every token is compared, so that the time tells nothing of which one it was.
    let is_ours =
        tokens.iter().fold(false, |found, own| found | equal_in_constant_time(own.expose_secret().as_bytes(), token));
    if !is_ours {
        return Ok(StatusCode::UNAUTHORIZED);
    }
    // A link that was ended has no run to start; the webhook is on its way out.
    if !connected || (!is_calm && events.is_scheduled()) {
        return Ok(StatusCode::NO_CONTENT);
    }
    start_later(app, wait).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn read_rules<S: Site>(app: &App<S>) -> Result<Rules, Problem> {
    let Some(file) = app.config_file().await? else { return Ok(Rules::Off) };
    // A config with faults starts no run; SmartHR sends the event again until it is put right.
    let config = file.config.map_err(|faults| {
        tracing::warn!("a change was not taken: config.toml has faults");
        Problem::config_faulty(&faults)
    })?;
    if !config.on_change.enabled {
        return Ok(Rules::Off);
    }
    let secret = secret_file::load_or_empty(app).await?;
    Ok(Rules::On {
        tokens: secret.webhook_tokens(app.now()),
        wait: SignedDuration::from_mins(config.on_change.wait_minutes.into()),
        connected: secret.access_token().is_some(),
    })
}

async fn start_later<S: Site>(app: &App<S>, wait: SignedDuration) -> Result<(), Problem> {
    let now = app.now();
    let Some(at) = runs(app).await?.next_start(now + wait) else {
        tracing::warn!("a change starts no run: a single run needs more requests than the budget of an hour");
        return Ok(());
    };
    let created = schedule(app.site.scheduler(), at, now).await.map_err(|error| {
        tracing::error!(%error, "a change could not be scheduled");
        Problem::internal("the run after a change could not be scheduled")
    })?;
    app.change_events.saw_schedule();
    if created == Creation::Created {
        tracing::info!(start_at = %at, "a change in SmartHR: a run is scheduled");
        let seen = Bytes::from(format!("{{\"at\":\"{now}\"}}"));
        app.state().put(&Key::last_change(), seen, Condition::Always).await?;
    }
    Ok(())
}

/// The runs that changes started; where they cannot be read, as many as an hour may hold are taken to be in it.
pub(crate) async fn runs<S: Site>(app: &App<S>) -> Result<ChangeRuns, Problem> {
    let Some(found) = app.state().get(&Key::changes()).await? else { return Ok(ChangeRuns::default()) };
    Ok(ChangeRuns::parse(&found.body).unwrap_or_else(|error| {
        tracing::warn!(%error, "changes.json cannot be read");
        ChangeRuns::default().with(link::state::ChangeRun { at: app.now(), requests: link::state::CHANGE_BUDGET })
    }))
}

/// When SmartHR last told of a change that a run was scheduled for.
pub(crate) async fn last_change<S: Site>(app: &App<S>) -> Result<Option<Timestamp>, Problem> {
    #[derive(serde::Deserialize)]
    struct Seen {
        at: Timestamp,
    }
    let found = app.state().get(&Key::last_change()).await?;
    Ok(found.and_then(|found| serde_json::from_slice::<Seen>(&found.body).ok()).map(|seen| seen.at))
}

/// Reads the body and drops it: a connection that is closed while the sender still writes loses the answer.
async fn drop_body(body: Body) {
    let mut left = BODY_BYTES;
    let mut chunks = body.into_data_stream();
    let reading = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // A sender that is slower than this does without.
    let _ = tokio::time::timeout(BODY_TIME, reading).await;
}
