//! The other links of the same EMC contract and their status. Tenants cannot read each other's state, so each link's pages
//! say one word about themselves to whoever asks: connected or not.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use link::net::{self, read_body};
use reqwest::Url;
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::secret_file;
use crate::site::{OtherLink, Site};
use crate::status::{LinkStatus, StatusBody, prefixes_clash};

/// How long a page waits for another link's answer.
const PATIENCE: Duration = Duration::from_secs(3);
const BODY_LIMIT: usize = 1_024;
/// The cache's entry of this link itself; no address is empty.
const OWN: &str = "";

/// What another link asks for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// A prefix that somebody wants to use; it is answered with yes or no.
    #[serde(default)]
    prefix: String,
}

/// `GET /state`: this link's status, without a session.
pub(crate) async fn own<S: Site>(
    State(app): State<Shared<S>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let state = if let Some(status) = app.statuses.get(OWN) {
        status
    } else {
        let connected = secret_file::load_or_empty(&app).await?.access_token().is_some();
        let status = if connected { LinkStatus::Connected } else { LinkStatus::Unconnected };
        app.statuses.put(OWN, status);
        status
    };
    // Whoever asks for one prefix after the other finds the own one: that is made slow.
    if !asked.prefix.is_empty() && !app.rate_limits.allows_reading("prefix") {
        return Err(Problem::too_many());
    }
    let prefix_clashes = !asked.prefix.is_empty() && prefixes_clash(&own_prefix(&app).await, &asked.prefix);
    Ok(axum::Json(StatusBody { state, prefix_clashes }).into_response())
}

async fn own_prefix<S: Site>(app: &App<S>) -> String {
    if let Some(prefix) = app.own_prefix.get() {
        return prefix;
    }
    let prefix = app.config().await.map(|config| config.prefix).unwrap_or_default();
    app.own_prefix.put(&prefix);
    prefix
}

/// The other links whose IDs could be confused with those of this prefix. One that does not answer says nothing.
pub(crate) async fn with_clashing_prefix<'a, S: Site>(app: &'a App<S>, prefix: &str) -> Vec<&'a OtherLink> {
    if prefix.is_empty() {
        return Vec::new();
    }
    let asking = app.settings.links.iter().map(|link| async move {
        let answered =
            tokio::time::timeout(PATIENCE, body_of(&link.address, &[("prefix", prefix)])).await.ok().flatten();
        answered.is_some_and(|body| body.prefix_clashes).then_some(link)
    });
    futures::future::join_all(asking).await.into_iter().flatten().collect()
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
    body_of(address, &[]).await.map(|body| body.state)
}

async fn body_of(address: &str, query: &[(&str, &str)]) -> Option<StatusBody> {
    let mut url = Url::parse(&format!("{address}/state")).ok()?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    let response = net::client().ok()?.get(url).send().await.ok()?;
    let body = if response.status().is_success() { read_body(response, BODY_LIMIT).await.ok()? } else { return None };
    serde_json::from_slice(&body).ok()
}
