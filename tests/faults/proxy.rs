//! SmartHR and EMC behind the gate: a server that passes every request on to the simulator that it is for.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::response::Response;
use model::{Act, Answer, Reach};
use simulators::http::{Delivery, Reply, Server};

use crate::conformance::{Kind, answer_of};
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
    let met = ways.gate.meet(label.trim_end());
    let kind = kind(&ways.gate, service, &parts.method, path, parts.uri.query());
    let saw = |reach: Reach| ways.gate.saw(met, &kind, reach);
    let body = to_bytes(body, 1 << 30).await.unwrap_or_default();
    let mut onward = ways.client.request(parts.method.clone(), format!("{base}{}", parts.uri)).body(body);
    for (name, value) in &parts.headers {
        if name != header::HOST && name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            onward = onward.header(name, value);
        }
    }
    let unheard = async |onward| {
        let (_, answer) = pass(onward).await;
        saw(Reach::Unheard(answer));
    };
    let heard = async |onward| {
        let (response, answer) = pass(onward).await;
        saw(Reach::Heard(answer));
        response
    };
    match met.fault {
        None => heard(onward).await,
        Some(Fault::Fail) => {
            // Whoever sent it cannot know that it never came.
            saw(Reach::OnItsWay);
            cut()
        }
        Some(Fault::FailAfter) => {
            unheard(onward).await;
            cut()
        }
        Some(Fault::Repeat) => {
            // Doubled on its way: the run sends one request and hears one answer, so a first one that was refused, and had no
            // effect, leaves it in no doubt.
            let (_, answer) = pass(onward.try_clone().unwrap()).await;
            if answer != Answer::Refused {
                saw(Reach::Unheard(answer));
            }
            heard(onward).await
        }
        Some(Fault::Late) => {
            ways.time.forward(LATE);
            heard(onward).await
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Die) => ways.gate.die().await,
        Some(Fault::DieAfter) => {
            unheard(onward).await;
            ways.gate.die().await
        }
        Some(fault @ (Fault::Doubled | Fault::Overtaken)) => {
            ways.gate.freeze(fault).await;
            heard(onward).await
        }
        Some(Fault::OvertakenAfter) => {
            let response = heard(onward).await;
            ways.gate.freeze(Fault::OvertakenAfter).await;
            response
        }
    }
}

/// What a request is, in the model's words.
fn kind(gate: &Gate, service: &str, method: &Method, path: &str, query: Option<&str>) -> Kind {
    let Some(name) = path.strip_prefix("/v1/imports/").filter(|_| service == "emc" && query.is_none()) else {
        return Kind::Gathers;
    };
    match *method {
        Method::PUT => Kind::Act(Act::Put),
        Method::GET => Kind::Act(Act::Ask),
        _ => match gate.conformance(|conformance| conformance.run_of(name)) {
            Some(of) => Kind::Act(Act::Settle(of)),
            None => Kind::Other,
        },
    }
}

fn cut() -> Response {
    Reply::json(500, "").send(Delivery::Cut)
}

async fn pass(onward: reqwest::RequestBuilder) -> (Response, Answer) {
    let answered = onward.send().await.unwrap();
    let status = answered.status();
    let mut response = Response::builder().status(status);
    for (name, value) in answered.headers() {
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            response = response.header(name, value);
        }
    }
    let body = answered.bytes().await.unwrap();
    let answer = answer_of(status.as_u16(), &body);
    (response.body(Body::from(body)).unwrap(), answer)
}
