//! SmartHR as a server: its listings, limits, errors and OAuth pages, with a company behind them and faults on demand.
//!
//! What SmartHR documents is done so; what is only known from clients in use can be set, so that a test meets every form.

mod admin;
mod behaviour;
mod crew_json;
mod extra_fields;
mod fault;
mod limits;
mod lists;
mod oauth;
mod pages;
mod settings;
mod tokens;
mod webhooks;
mod world;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;

use crate::company::Company;
use crate::http::{Query, Server};

pub use fault::Fault;
pub use settings::{
    DiscontinuedDepartments, HourLimit, LostAttribute, LostResource, ParentForm, SecondLimit, SmartHrSettings,
};
pub use webhooks::{Delivery, DeliveryOrder, EventKind, Webhook, WebhookDelivery};
pub use world::{Happened, SmartHrWorld};

/// A running SmartHR; it stops when this is dropped.
#[derive(Debug)]
pub struct SmartHr {
    server: Server,
    world: Arc<Mutex<SmartHrWorld>>,
}

impl SmartHr {
    /// Starts a SmartHR with this company in it.
    pub fn start(company: Company, settings: SmartHrSettings) -> io::Result<Self> {
        let address = (settings.host, settings.port);
        let world = Arc::new(Mutex::new(SmartHrWorld::new(company, settings)));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
        let sender = webhooks::run(Arc::clone(&world));
        Ok(Self { server: Server::start_beside("smarthr", address, router, sender)?, world })
    }

    /// The address that goes into `smarthr.base_url`, without a slash at the end. The OAuth pages are at the same address.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The world behind the server, for what the calls below do not offer; requests wait while it is held, so never hold it
    /// across an await.
    pub fn world(&self) -> MutexGuard<'_, SmartHrWorld> {
        lock(&self.world)
    }

    /// Changes the company. Webhooks are told of each crew that has changed.
    pub fn change<T>(&self, event: impl FnOnce(&mut Company) -> T) -> T {
        let mut world = self.world();
        let outcome = event(world.company_mut());
        world.fire_changes();
        outcome
    }

    /// Changes the company by an import: webhooks are told `crew_imported` once.
    pub fn import<T>(&self, event: impl FnOnce(&mut Company) -> T) -> T {
        self.world().import(event)
    }

    /// Registers a webhook as an administrator does by hand; gives its id.
    pub fn add_webhook(&self, webhook: Webhook) -> String {
        self.world().webhooks.register(webhook)
    }

    /// The webhooks that are registered, the disabled ones too.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.world().webhooks.all.clone()
    }

    /// Every try to deliver an event, in the order in which they ended.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world().webhooks.deliveries.clone()
    }

    /// Events that were neither delivered nor given up so far.
    pub fn pending_deliveries(&self) -> usize {
        self.world().webhooks.pending()
    }

    /// How many requests came with this access token within so much time, an hour at most; refused ones count too.
    pub fn requests_within(&self, token: &str, time: Duration) -> usize {
        self.world().limits.within(token, time, Instant::now())
    }

    /// Looks at the company.
    pub fn look<T>(&self, question: impl FnOnce(&Company) -> T) -> T {
        question(self.world().company())
    }

    /// Changes how SmartHR behaves from the next request on; a port or token of the start stays.
    pub fn adjust(&self, change: impl FnOnce(&mut SmartHrSettings)) {
        let mut world = self.world();
        change(&mut world.settings);
        world.forget_pages();
    }

    /// The account may no longer read this crew field (`emp_status`, `email`, `custom_fields.NAME`, …).
    pub fn lose_attribute(&self, field: &str, how: LostAttribute) {
        self.adjust(|settings| {
            let lost = match how {
                LostAttribute::Null => &mut settings.hidden_as_null,
                LostAttribute::Absent => &mut settings.hidden_as_absent,
            };
            lost.insert(field.to_owned());
        });
    }

    /// The account may no longer read this resource (`biz_establishments`, `departments`, `webhooks`, …).
    pub fn lose_resource(&self, resource: &str, how: LostResource) {
        self.adjust(|settings| {
            let lost = match how {
                LostResource::Refused => &mut settings.refused_resources,
                LostResource::Empty => &mut settings.emptied_resources,
            };
            lost.insert(resource.to_owned());
        });
    }

    /// The account may read everything again.
    pub fn regain_all_rights(&self) {
        self.adjust(SmartHrSettings::regain_all_rights);
    }

    /// Requests so far.
    pub fn requests(&self) -> Vec<crate::http::Recorded> {
        self.world().requests.all().to_vec()
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Adds a fault.
    pub fn inject(&self, rule: crate::http::Rule<Fault>) {
        self.world().faults.add(rule);
    }

    /// How many requests went to this path, such as `/api/v1/crews`.
    pub fn count(&self, path: &str) -> usize {
        self.world().requests.count(path)
    }
}

/// What was asked, as far as an answer depends on it.
#[derive(Debug)]
struct Asked {
    method: String,
    path: String,
    query: Query,
    /// As sent, for the record.
    raw_query: String,
    /// Where the client believes to be, for links: it may reach this machine by another name.
    host: String,
    token: Option<String>,
    body: String,
}

async fn answer(State(world): State<Arc<Mutex<SmartHrWorld>>>, request: Request) -> Response {
    let asked = read(request).await;
    if asked.path.starts_with("/_sim/") {
        return admin::answer(&mut lock(&world), &asked).send(crate::http::Delivery::Whole);
    }
    let (number, faults) = {
        let mut world = lock(&world);
        let number = world.requests.note(&asked.method, &asked.path, &asked.raw_query);
        (number, world.faults.hit(&asked.method, &asked.path, &asked.query))
    };
    for pause in faults.iter().filter_map(Fault::pause) {
        tokio::time::sleep(pause).await;
    }
    let (reply, delivery) = {
        let mut world = lock(&world);
        let (reply, delivery) = world.answer(&asked, &faults);
        world.requests.answered(number, if delivery == crate::http::Delivery::Cut { 0 } else { reply.status });
        (reply, delivery)
    };
    reply.send(delivery)
}

async fn read(request: Request) -> Asked {
    let (parts, body) = request.into_parts();
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: Query::of(&parts.uri),
        raw_query: parts.uri.query().unwrap_or_default().to_owned(),
        host: text(header::HOST).unwrap_or("127.0.0.1").to_owned(),
        token: text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

fn lock(world: &Mutex<SmartHrWorld>) -> MutexGuard<'_, SmartHrWorld> {
    // A test that failed while it held the world should show its own failure, not a poisoned lock.
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whole seconds, rounded up and at least one: what SmartHR puts into its `-reset` headers.
fn seconds_left(left: Duration) -> u64 {
    left.as_secs() + u64::from(left.subsec_nanos() > 0).max(u64::from(left.is_zero()))
}
