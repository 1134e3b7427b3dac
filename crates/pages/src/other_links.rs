//! The other links of the same EMC contract and their status. Tenants cannot read each other's state, so each link's pages
//! say one word about themselves to whoever asks: connected or not.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use link::net::{self, read_body};

use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::secret_file;
use crate::site::{OtherLink, Site};
use crate::status::{LinkStatus, StatusBody};

/// How long a page waits for another link's answer.
const PATIENCE: Duration = Duration::from_secs(3);
const BODY_LIMIT: usize = 1_024;
/// The cache's entry of this link itself; no address is empty.
const OWN: &str = "";

/// `GET /state`: this link's status, without a session.
pub(crate) async fn own<S: Site>(State(app): State<Shared<S>>) -> Result<Response, Problem> {
    let state = if let Some(status) = app.statuses.get(OWN) {
        status
    } else {
        let connected = secret_file::load_or_empty(&app).await?.access_token().is_some();
        let status = if connected { LinkStatus::Connected } else { LinkStatus::Unconnected };
        app.statuses.put(OWN, status);
        status
    };
    Ok(axum::Json(StatusBody { state }).into_response())
}

/// The other links with their statuses, asked all at once.
pub(crate) async fn all<S: Site>(app: &App<S>) -> Vec<(&OtherLink, LinkStatus)> {
    let asking = app.settings.links.iter().map(|link| async move {
        if let Some(status) = app.statuses.get(&link.address) {
            return (link, status);
        }
        let answered = tokio::time::timeout(PATIENCE, ask(&link.address)).await.ok().flatten();
        let status = answered.unwrap_or(LinkStatus::Unknown);
        app.statuses.put(&link.address, status);
        (link, status)
    });
    futures::future::join_all(asking).await
}

async fn ask(address: &str) -> Option<LinkStatus> {
    let response = net::client().ok()?.get(format!("{address}/state")).send().await.ok()?;
    let body = if response.status().is_success() { read_body(response, BODY_LIMIT).await.ok()? } else { return None };
    serde_json::from_slice::<StatusBody>(&body).ok().map(|body| body.state)
}
