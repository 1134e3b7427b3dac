//! Webhooks: registration, what is sent, and what happens when nobody answers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use simulators::company::Company;
use simulators::http::Server;
use simulators::smarthr::{DeliveryOrder, EventKind, LostResource, SmartHr, SmartHrSettings, Webhook, WebhookDelivery};

use super::support::{client, get, json};

const WEBHOOKS: &str = "/api/v1/webhooks";

/// Who is told: keeps what it got and answers with this status.
struct Told {
    server: Server,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    status: u16,
    pause: Duration,
    got: Vec<(Option<String>, Value)>,
}

impl Told {
    fn start() -> Self {
        let seen = Arc::new(Mutex::new(Seen { status: 204, pause: Duration::ZERO, got: Vec::new() }));
        let router = Router::new().fallback(take).with_state(Arc::clone(&seen));
        Self { server: Server::start("told", (std::net::Ipv4Addr::LOCALHOST, 0), router).unwrap(), seen }
    }

    fn url(&self) -> String {
        self.server.base_url() + "/smarthr/webhook"
    }

    fn answer(&self, status: u16) {
        self.seen.lock().unwrap().status = status;
    }

    fn got(&self) -> Vec<(Option<String>, Value)> {
        self.seen.lock().unwrap().got.clone()
    }

    fn events(&self) -> Vec<String> {
        self.got().iter().map(|(_, body)| body["event"].as_str().unwrap().to_owned()).collect()
    }
}

async fn take(State(seen): State<Arc<Mutex<Seen>>>, request: Request) -> StatusCode {
    let token = request.headers().get("x-smarthr-token").map(|token| token.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let (status, pause) = {
        let mut seen = seen.lock().unwrap();
        seen.got.push((token, serde_json::from_slice(&body).unwrap()));
        (seen.status, seen.pause)
    };
    tokio::time::sleep(pause).await;
    StatusCode::from_u16(status).unwrap()
}

fn smarthr(webhooks: WebhookDelivery) -> SmartHr {
    let settings = SmartHrSettings { webhooks, ..SmartHrSettings::default() }.without_limits();
    SmartHr::start(Company::generate(3, 50), settings).unwrap()
}

/// Waits until nothing is on its way any more.
async fn delivered(smarthr: &SmartHr) {
    let began = Instant::now();
    while smarthr.pending_deliveries() > 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "{} are still on their way", smarthr.pending_deliveries());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn send(smarthr: &SmartHr, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}{WEBHOOKS}{path}", smarthr.base_url());
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = client().request(method, url).bearer_auth("smarthr-token").body(body.to_string());
    let response = request.send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

fn wanted(url: &str) -> Value {
    json!({
        "url": url, "description": "EMC Link", "expose_only_id": true, "secret_token": "secret-1",
        "crew_created": true, "crew_updated": true, "crew_deleted": true, "crew_imported": true,
        "dependent_created": false, "dependent_updated": false, "dependent_deleted": false, "dependent_imported": false,
    })
}

#[tokio::test]
async fn webhooks_are_registered_shown_changed_and_removed() {
    let smarthr = smarthr(WebhookDelivery::default());
    let (status, made) = send(&smarthr, "POST", "", &wanted("https://emc.example/smarthr/webhook")).await;
    assert_eq!(status, 201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!((made["crew_imported"].as_bool(), made["dependent_created"].as_bool()), (Some(true), Some(false)));
    assert!(made.get("secret_token").is_none(), "a secret is never shown");
    assert!(made["disabled_at"].is_null());
    assert_eq!(json(get(&smarthr, WEBHOOKS).await).await, json!([made]));
    assert_eq!(json(get(&smarthr, &format!("{WEBHOOKS}/{id}")).await).await, made);

    let (status, changed) = send(&smarthr, "PATCH", &format!("/{id}"), &json!({ "crew_deleted": false })).await;
    assert_eq!((status, changed["crew_deleted"].as_bool(), &changed["url"]), (200, Some(false), &made["url"]));
    let mut whole = wanted("https://emc.example/new");
    whole.as_object_mut().unwrap().remove("description");
    let (status, changed) = send(&smarthr, "PUT", &format!("/{id}"), &whole).await;
    assert_eq!(
        (status, &changed["description"], changed["url"].as_str()),
        (200, &Value::Null, Some("https://emc.example/new"))
    );
    assert_eq!(smarthr.webhooks()[0].secret_token.as_deref(), Some("secret-1"));

    assert_eq!(send(&smarthr, "DELETE", &format!("/{id}"), &Value::Null).await, (204, Value::Null));
    assert_eq!(send(&smarthr, "DELETE", &format!("/{id}"), &Value::Null).await.0, 404);
    assert_eq!(json(get(&smarthr, WEBHOOKS).await).await, json!([]));
}

#[tokio::test]
async fn a_webhook_that_is_not_whole_or_not_allowed_is_refused() {
    let smarthr = smarthr(WebhookDelivery::default());
    for key in ["url", "crew_created", "dependent_imported"] {
        let mut body = wanted("https://emc.example/");
        body.as_object_mut().unwrap().remove(key);
        let (status, refused) = send(&smarthr, "POST", "", &body).await;
        assert_eq!((status, refused["errors"][0]["field"].as_str()), (400, Some(key)));
    }
    assert_eq!(send(&smarthr, "POST", "", &wanted("ftp://emc.example/")).await.0, 400);
    assert_eq!(send(&smarthr, "POST", "", &json!("no object")).await.0, 400);
    smarthr.lose_resource("webhooks", LostResource::Refused);
    for (method, path) in [("GET", ""), ("POST", ""), ("DELETE", "/any")] {
        let (status, refused) = send(&smarthr, method, path, &wanted("https://emc.example/")).await;
        assert_eq!((status, &refused["code"]), (403, &json!(3)), "{method}");
    }
}

#[tokio::test]
async fn changes_of_crews_are_told_and_others_are_not() {
    let (smarthr, told) = (smarthr(WebhookDelivery { at_once: 1, ..WebhookDelivery::default() }), Told::start());
    smarthr.add_webhook(Webhook::for_crews(&told.url(), "secret-1"));
    let new = smarthr.change(|company| company.hire(1));
    let changed = smarthr.change(|company| company.change_positions(2));
    smarthr.change(|company| company.remove(&changed[..1]));
    // A department's name, a right, and the order of a list are no changes of a crew.
    smarthr.change(|company| {
        let id = company.departments[0].id.clone();
        company.rename_department(&id, "新しい名前");
        company.hide_people(0.5);
        company.reorder();
    });
    delivered(&smarthr).await;
    assert_eq!(told.events(), ["crew_created", "crew_updated", "crew_updated", "crew_deleted"]);
    let got = told.got();
    assert!(got.iter().all(|(token, _)| token.as_deref() == Some("secret-1")));
    let crew = |at: usize| got[at].1["crew"].clone();
    assert_eq!((crew(0), crew(3)), (json!({ "id": new[0] }), json!({ "id": changed[0] })));
    assert!(got[0].1["triggered_at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert!(got[0].1["sender"].is_object());
}

#[tokio::test]
async fn a_change_through_the_guard_is_told_too() {
    let (smarthr, told) = (smarthr(WebhookDelivery::default()), Told::start());
    smarthr.add_webhook(Webhook { expose_only_id: false, ..Webhook::for_crews(&told.url(), "s") });
    let gone = smarthr.world().company_mut().retire_some(1);
    tokio::time::sleep(Duration::from_millis(100)).await;
    delivered(&smarthr).await;
    let got = told.got();
    let crew = &got[0].1["crew"];
    assert_eq!(
        (got.len(), crew["id"].as_str(), crew["emp_status"].as_str()),
        (1, Some(gone[0].as_str()), Some("retired"))
    );
    assert!(crew["last_name"].is_string());
}

#[tokio::test]
async fn an_import_is_told_once() {
    let (smarthr, told) = (smarthr(WebhookDelivery::default()), Told::start());
    smarthr.add_webhook(Webhook::for_crews(&told.url(), "s"));
    smarthr.import(|company| company.hire(30));
    delivered(&smarthr).await;
    let got = told.got();
    assert_eq!((got.len(), got[0].1["event"].as_str()), (1, Some("crew_imported")));
    assert!(got[0].1["crew_import_result"]["id"].is_string());
    assert!(got[0].1.get("crew").is_none());
}

#[tokio::test]
async fn seventeen_tries_and_then_the_webhook_is_disabled() {
    let quick = WebhookDelivery::default().within(Duration::from_millis(400));
    assert_eq!(WebhookDelivery::default().waits.iter().sum::<Duration>().as_secs().div_ceil(3_600), 72);
    let (smarthr, told) = (smarthr(quick), Told::start());
    told.answer(503);
    let id = smarthr.add_webhook(Webhook::for_crews(&told.url(), "s"));
    smarthr.change(|company| company.hire(1));
    delivered(&smarthr).await;
    let tries = smarthr.deliveries();
    assert_eq!((tries.len(), told.got().len()), (17, 17));
    assert_eq!((tries[16].attempt, tries[16].status), (17, Some(503)));
    assert!(smarthr.webhooks()[0].disabled_at.is_some());
    told.answer(204);
    smarthr.change(|company| company.hire(1));
    delivered(&smarthr).await;
    assert_eq!(told.got().len(), 17, "a disabled webhook is told nothing");
    let shown = json(get(&smarthr, &format!("{WEBHOOKS}/{id}")).await).await;
    assert!(shown["disabled_at"].as_str().unwrap().parse::<jiff::civil::Date>().is_ok());
    send(&smarthr, "PATCH", &format!("/{id}"), &json!({ "disabled_at": null })).await;
    smarthr.change(|company| company.hire(1));
    delivered(&smarthr).await;
    assert_eq!(told.got().len(), 18);
}

#[tokio::test]
async fn an_answer_that_comes_late_is_none() {
    let slow = WebhookDelivery { answer_within: Duration::from_millis(50), ..WebhookDelivery::default() };
    let (smarthr, told) = (smarthr(slow.sandbox(Duration::from_millis(50))), Told::start());
    told.seen.lock().unwrap().pause = Duration::from_millis(300);
    smarthr.add_webhook(Webhook::for_crews(&told.url(), "s"));
    smarthr.change(|company| company.hire(1));
    delivered(&smarthr).await;
    let tries = smarthr.deliveries();
    assert_eq!(tries.len(), 5);
    assert!(tries.iter().all(|one| one.status.is_none() && one.took < Duration::from_millis(300)));
}

#[tokio::test]
async fn events_come_twice_and_in_any_order_where_the_settings_say_so() {
    let order = |order, duplicates_per_mille| WebhookDelivery {
        order,
        duplicates_per_mille,
        at_once: 1,
        ..WebhookDelivery::default()
    };
    let crews = |told: &Told| -> Vec<String> {
        told.got().iter().map(|(_, body)| body["crew"]["id"].as_str().unwrap().to_owned()).collect()
    };
    let (turned, told) = (smarthr(order(DeliveryOrder::Reversed, 1_000)), Told::start());
    turned.add_webhook(Webhook::for_crews(&told.url(), "s"));
    let new = turned.change(|company| company.hire(3));
    delivered(&turned).await;
    assert_eq!(crews(&told), [&new[2], &new[2], &new[1], &new[1], &new[0], &new[0]].map(String::clone));

    let (mixed, told) = (smarthr(order(DeliveryOrder::Shuffled, 0)), Told::start());
    mixed.add_webhook(Webhook::for_crews(&told.url(), "s"));
    let new = mixed.change(|company| company.hire(20));
    delivered(&mixed).await;
    let got = crews(&told);
    assert_ne!(got, new);
    assert_eq!(got.len(), 20);
    assert!(new.iter().all(|id| got.contains(id)));
    assert!(mixed.deliveries().iter().all(|one| one.event == EventKind::CrewCreated && one.status == Some(204)));
}

#[tokio::test]
async fn a_storm_is_delivered() {
    let (smarthr, told) = (smarthr(WebhookDelivery { at_once: 32, ..WebhookDelivery::default() }), Told::start());
    smarthr.add_webhook(Webhook::for_crews(&told.url(), "s"));
    smarthr.change(|company| company.hire(1_000));
    delivered(&smarthr).await;
    assert_eq!(told.got().len(), 1_000);
}

#[tokio::test]
async fn requests_are_counted_by_token() {
    let smarthr = smarthr(WebhookDelivery::default());
    for _ in 0..3 {
        get(&smarthr, "/api/v1/grades").await;
    }
    client().get(smarthr.base_url() + "/api/v1/grades").bearer_auth("other").send().await.unwrap();
    let hour = Duration::from_hours(1);
    assert_eq!((smarthr.requests_within("smarthr-token", hour), smarthr.requests_within("other", hour)), (3, 1));
    assert_eq!(smarthr.requests_within("smarthr-token", Duration::ZERO), 0);
}
