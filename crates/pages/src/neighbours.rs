//! The other links of the same EMC contract, and how they stand. Tenants cannot read each other's state, so each link's
//! pages say one word about themselves to whoever asks: connected or not.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use link::net::{self, read_body};
use serde::{Deserialize, Serialize};

use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::secret_file;
use crate::site::{OtherLink, Site};

/// A neighbour that does not answer must not hold the page up.
const PATIENCE: Duration = Duration::from_secs(3);
/// So long the own word is remembered: whoever asks again and again costs nothing.
const REMEMBERED: Duration = Duration::from_mins(1);
const BODY_LIMIT: usize = 1_024;

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// 連携済み.
    Connected,
    /// 未連携.
    Unconnected,
    /// It could not be asked.
    #[serde(skip)]
    Unknown,
}

#[derive(Serialize, Deserialize)]
struct Word {
    state: Standing,
}

/// The own word, remembered for a while.
#[derive(Debug, Default)]
pub(crate) struct OwnWord(Mutex<Option<(Instant, Standing)>>);

/// `GET /state`: the one word, without a session.
pub(crate) async fn own<S: Site>(State(app): State<Shared<S>>) -> Result<Response, Problem> {
    let remembered = app.own_word.0.lock().ok().and_then(|word| *word);
    let state = if let Some((_, standing)) = remembered.filter(|(since, _)| since.elapsed() < REMEMBERED) {
        standing
    } else {
        let connected = secret_file::load_or_empty(&app).await?.access_token().is_some();
        let standing = if connected { Standing::Connected } else { Standing::Unconnected };
        if let Ok(mut word) = app.own_word.0.lock() {
            *word = Some((Instant::now(), standing));
        }
        standing
    };
    Ok(axum::Json(Word { state }).into_response())
}

/// The neighbours, each with how it stands.
pub(crate) async fn all<S: Site>(app: &App<S>) -> Vec<(&OtherLink, Standing)> {
    let asking = app.settings.links.iter().map(|link| async move {
        let standing = tokio::time::timeout(PATIENCE, ask(&link.address)).await.ok().flatten();
        (link, standing.unwrap_or(Standing::Unknown))
    });
    futures::future::join_all(asking).await
}

async fn ask(address: &str) -> Option<Standing> {
    let response = net::client().ok()?.get(format!("{address}/state")).send().await.ok()?;
    let body = if response.status().is_success() { read_body(response, BODY_LIMIT).await.ok()? } else { return None };
    serde_json::from_slice::<Word>(&body).ok().map(|word| word.state)
}
