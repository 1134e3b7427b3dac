//! SmartHR and EMC behind the gate: a server that passes every request on to the simulator that it is for.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use simulators::http::{Delivery, Reply, Server};

use crate::gate::{Fault, Gate};
use crate::home::{LATE, Time};

struct Ways {
    gate: Arc<Gate>,
    time: Arc<Time>,
    smarthr: String,
    emc: String,
    client: reqwest::Client,
}

/// Starts the proxy in front of both.
pub(crate) fn start(gate: Arc<Gate>, time: Arc<Time>, smarthr: String, emc: String) -> Server {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let ways = Arc::new(Ways { gate, time, smarthr, emc, client });
    Server::start("gate", (Ipv4Addr::LOCALHOST, 0), Router::new().fallback(answer).with_state(ways)).unwrap()
}

async fn answer(State(ways): State<Arc<Ways>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let (service, base) = if path.starts_with("/v1/") { ("emc", &ways.emc) } else { ("smarthr", &ways.smarthr) };
    let shape = path.strip_prefix("/v1/imports/").map_or_else(|| path.to_owned(), |_| "/v1/imports/*".to_owned());
    let page = parts.uri.query().and_then(|query| query.split('&').find(|pair| pair.starts_with("page=")));
    let label = format!("{service} {} {shape} {}", parts.method, page.unwrap_or_default());
    let fault = ways.gate.meet(label.trim_end());
    let body = to_bytes(body, 1 << 30).await.unwrap_or_default();
    let mut onward = ways.client.request(parts.method.clone(), format!("{base}{}", parts.uri)).body(body);
    for (name, value) in &parts.headers {
        if name != header::HOST && name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            onward = onward.header(name, value);
        }
    }
    match fault {
        None => pass(onward).await,
        Some(Fault::Fail) => cut(),
        Some(Fault::FailAfter) => {
            pass(onward).await;
            cut()
        }
        Some(Fault::Repeat) => {
            pass(onward.try_clone().unwrap()).await;
            pass(onward).await
        }
        Some(Fault::Late) => {
            ways.time.forward(LATE);
            pass(onward).await
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Die) => ways.gate.die().await,
        Some(Fault::DieAfter) => {
            pass(onward).await;
            ways.gate.die().await
        }
        Some(fault @ (Fault::Doubled | Fault::Overtaken)) => {
            ways.gate.freeze(fault).await;
            pass(onward).await
        }
        Some(Fault::OvertakenAfter) => {
            let response = pass(onward).await;
            ways.gate.freeze(Fault::OvertakenAfter).await;
            response
        }
    }
}

fn cut() -> Response {
    Reply::json(500, "").send(Delivery::Cut)
}

async fn pass(onward: reqwest::RequestBuilder) -> Response {
    let answered = onward.send().await.unwrap();
    let mut response = Response::builder().status(answered.status());
    for (name, value) in answered.headers() {
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(answered.bytes().await.unwrap())).unwrap()
}
