//! `[pages] allow`: the pages are entered from the customer's own networks only, where the configuration names any.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use link::config::Network;
use toml_edit::DocumentMut;

use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::site::{Caller, Site};

/// What answers from everywhere: SmartHR's webhook, the other links' question for this one's status, and the sign of life.
const OPEN: [&str; 4] = ["/smarthr/webhook", "/state", "/healthz", "/style.css"];

/// Lets a request pass only from an allowed network.
pub(crate) async fn only_allowed<S: Site>(State(app): State<Shared<S>>, request: Request, next: Next) -> Response {
    if OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let address = request.extensions().get::<Caller>().and_then(|caller| caller.address.parse().ok());
    match is_allowed(&app, address).await {
        Ok(true) => next.run(request).await,
        Ok(false) => refused().into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn is_allowed<S: Site>(app: &App<S>, address: Option<IpAddr>) -> Result<bool, Problem> {
    let Some(file) = app.config_file().await? else { return Ok(true) };
    let allow = match file.config {
        Ok(config) => Some(config.pages.allow),
        // A fault elsewhere in the file must neither open the pages nor close them.
        Err(_) => networks(&file.text),
    };
    Ok(match allow {
        Some(allow) if allow.is_empty() => true,
        Some(allow) => address.is_some_and(|address| allow.iter().any(|network| network.contains(address))),
        None => false,
    })
}

/// The networks of a file that has faults; `None` where they cannot be read although the file may name some.
fn networks(text: &str) -> Option<Vec<Network>> {
    let Ok(document) = text.parse::<DocumentMut>() else {
        return (!text.contains("allow")).then(Vec::new);
    };
    let Some(allow) = document.get("pages").and_then(|pages| pages.get("allow")) else { return Some(Vec::new()) };
    let networks: Option<Vec<Network>> =
        allow.as_array()?.iter().map(|entry| Network::parse(entry.as_str()?)).collect();
    networks.filter(|networks| !networks.is_empty())
}

fn refused() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "このネットワークからは利用できません",
        "この画面は、会社が許可したネットワークからだけ利用できます。",
        "社内のネットワークまたはVPNに接続してから、もう一度お試しください。",
    )
    .outside()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_faults_neither_opens_nor_closes_the_pages() {
        let read = |text: &str| networks(text).map(|networks| networks.len());
        assert_eq!(read("company = 1\n[pages]\nallow = [\"203.0.113.0/24\"]"), Some(1));
        assert_eq!(read("company = 1"), Some(0));
        assert_eq!(read("company = "), Some(0));
        assert_eq!(read("company = \n[pages]\nallow = [\"203.0.113.0/24\"]"), None);
        assert_eq!(read("[pages]\nallow = [\"203.0.113.0\"]"), None);
        assert_eq!(read("[pages]\nallow = []"), None);
        assert_eq!(read("[pages]\nallow = 7"), None);
    }
}
