//! Emergency Call's import API as a server, on SQLite: one import is one transaction of a real database.
//!
//! `model` is the implementation of the contract and nothing else: EMC's side may imitate it. What is around it serves
//! tests: faults on the wire, a record of requests, a clock that can be set, ways to look at the data while it runs.

mod admin;
mod broken;
mod clock;
mod fault;
mod model;
mod received;
mod waiting;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::http::{Delivery, Query, Reply, Requests, Rule, Rules, Server};

use broken::Deviant;
pub use broken::Deviation;
use clock::Clock;
pub use fault::Fault;
pub use model::Counts;
use model::{Call, Contract, Model, Table, failure};
pub use received::Received;

/// A master of search words: what may be said in 検索ワードN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchWord {
    /// N, from 1 to 5.
    pub number: u8,
    /// Its caption, such as 役職.
    pub name: String,
    /// What can be chosen.
    pub options: Vec<SearchWordOption>,
}

/// An option of a search word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchWordOption {
    /// 選択項目ID, which the import sends.
    pub id: String,
    /// 名称.
    pub name: String,
}

/// The settings of an Emergency Call.
#[derive(Clone, Debug)]
pub struct EmcSettings {
    /// The address; only this machine's own programs reach 127.0.0.1.
    pub host: Ipv4Addr,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// The bearer token of the contract that the handles below look at.
    pub token: String,
    /// The tokens of further contracts on the same server.
    pub other_tokens: Vec<String>,
    /// Where the data is kept; in memory where nothing is given.
    pub database: Option<PathBuf>,
    /// The masters of every contract. None given: those that the database has stay.
    pub search_words: Vec<SearchWord>,
    /// A header whose RFC 3339 time is taken for the present, for tests of what takes 30 days.
    pub clock_header: Option<String>,
    /// The contract is broken in this way, to see that somebody notices.
    pub deviation: Option<Deviation>,
}

impl Default for EmcSettings {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST,
            port: 0,
            token: "emc-token".to_owned(),
            other_tokens: Vec::new(),
            database: None,
            search_words: Vec::new(),
            clock_header: None,
            deviation: None,
        }
    }
}

/// A running Emergency Call; it stops when this is dropped, and a database in a file stays.
#[derive(Debug)]
pub struct Emc {
    server: Server,
    world: Arc<Mutex<World>>,
}

#[derive(Debug)]
struct World {
    model: Model,
    deviant: Option<Deviant>,
    clock: Clock,
    faults: Rules<Fault>,
    requests: Requests,
    received: Vec<Received>,
    /// Imports whose result is not shown yet.
    waiting: waiting::Waiting,
}

impl Emc {
    /// Starts an Emergency Call.
    pub fn start(settings: EmcSettings) -> io::Result<Self> {
        let token = settings.token.clone();
        let tokens = std::iter::once(settings.token).chain(settings.other_tokens).collect();
        let model =
            Model::open(settings.database.as_deref(), tokens, &settings.search_words).map_err(io::Error::other)?;
        let deviant = settings.deviation.map(|deviation| Deviant::new(deviation, &model, &token));
        let deviant = deviant.transpose().map_err(io::Error::other)?;
        let world = Arc::new(Mutex::new(World {
            model,
            deviant,
            clock: Clock::new(settings.clock_header),
            faults: Rules::default(),
            requests: Requests::default(),
            received: Vec::new(),
            waiting: waiting::Waiting::default(),
        }));
        let shared = Shared { world: Arc::clone(&world), deviation: settings.deviation };
        let router = Router::new().fallback(answer).with_state(shared);
        Ok(Self { server: Server::start("emc", (settings.host, settings.port), router)?, world })
    }

    /// The address that goes into `emc.base_url`, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// Adds a fault.
    pub fn inject(&self, rule: Rule<Fault>) {
        self.world().faults.add(rule);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Every ユーザID, sorted.
    pub fn user_ids(&self) -> Vec<String> {
        self.world().model.ids(Contract::FIRST, Table::Users).unwrap_or_default()
    }

    /// Every 部署ID, sorted.
    pub fn department_ids(&self) -> Vec<String> {
        self.world().model.ids(Contract::FIRST, Table::Departments).unwrap_or_default()
    }

    /// A user's items by name; empty items are absent. 処理フラグ is among them, and the password as it was sent.
    pub fn user(&self, id: &str) -> Option<BTreeMap<String, String>> {
        self.world().model.user(Contract::FIRST, id).ok().flatten()
    }

    /// The person that EMC keeps a user for.
    pub fn person(&self, id: &str) -> Option<String> {
        self.world().model.person(Contract::FIRST, id).ok().flatten()
    }

    /// A department's items by name; 親部署ID is absent at the top.
    pub fn department(&self, id: &str) -> Option<BTreeMap<String, String>> {
        self.world().model.department(Contract::FIRST, id).ok().flatten()
    }

    /// A user that somebody entered by hand; nothing is checked.
    pub fn enter_user(&self, id: &str, items: &[(&str, &str)]) {
        let _ = self.world().model.enter_user(Contract::FIRST, id, items);
    }

    /// What a user enters about themselves, such as a contact of their own or another password.
    pub fn change_user(&self, id: &str, items: &[(&str, &str)]) {
        let _ = self.world().model.change_user(Contract::FIRST, id, items);
    }

    /// A department that somebody entered by hand; nothing is checked.
    pub fn enter_department(&self, id: &str, name: &str, parent: Option<&str>) {
        let _ = self.world().model.enter_department(Contract::FIRST, id, name, parent);
    }

    /// Removes a user by hand, as nobody should.
    pub fn erase_user(&self, id: &str) {
        let _ = self.world().model.erase_user(Contract::FIRST, id);
    }

    /// Lets time pass at Emergency Call.
    pub fn advance_clock(&self, time: Duration) {
        self.world().clock.advance(time);
    }

    /// Every body that reached an import, in order, refused ones and previews included.
    pub fn imports(&self) -> Vec<Received> {
        self.world().received.clone()
    }

    /// The imports that changed the data, in order.
    pub fn committed(&self) -> Vec<Received> {
        self.imports().into_iter().filter(|received| received.committed).collect()
    }

    /// Requests so far.
    pub fn requests(&self) -> Vec<crate::http::Recorded> {
        self.world().requests.all().to_vec()
    }

    /// Replaces the masters of search words.
    pub fn set_search_words(&self, words: &[SearchWord]) {
        let _ = self.world().model.set_search_words(words);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }
}

/// What a request's handler holds.
#[derive(Clone, Debug)]
struct Shared {
    world: Arc<Mutex<World>>,
    deviation: Option<Deviation>,
}

async fn answer(State(Shared { world, deviation }): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: Query::of(&parts.uri),
        token: header(header::AUTHORIZATION).strip_prefix("Bearer ").map(str::to_owned),
        content_type: header(header::CONTENT_TYPE),
        content_encoding: header(header::CONTENT_ENCODING),
        body: Bytes::new(),
    };
    if call.path.starts_with("/_sim/") {
        call.body = to_bytes(body, 1 << 24).await.unwrap_or_default();
        return admin::answer(&mut lock(&world), &call).send(Delivery::Whole);
    }
    if let Some(reply) = deviation.filter(|_| world.try_lock().is_err()).and_then(|own| own.meanwhile(&mut call)) {
        let _ = to_bytes(body, 1 << 30).await;
        return reply.send(Delivery::Whole);
    }
    let (number, faults, now) = {
        let mut world = lock(&world);
        let number = world.requests.note(&call.method, &call.path, parts.uri.query().unwrap_or_default());
        let faults = world.faults.hit(&call.method, &call.path, &call.query);
        if let Some(deviant) = &mut world.deviant {
            deviant.begins(&call);
        }
        (number, faults, world.clock.now(&parts.headers))
    };
    let now = match now {
        Ok(now) => now,
        Err(message) => return failure(400, &message).send(Delivery::Whole),
    };
    if faults.contains(&Fault::CutUnread) {
        return Reply::json(500, "").send(Delivery::Cut);
    }
    let Ok(body) = to_bytes(body, 1 << 30).await else {
        // The sender went away in the middle: nothing may come of it.
        let World { model, deviant, .. } = &mut *lock(&world);
        if let Some(deviant) = deviant {
            deviant.broke_off(model, &call, now);
        }
        return failure(400, "the body did not arrive whole").send(Delivery::Whole);
    };
    call.body = body;
    for pause in faults.iter().filter_map(Fault::pause_before) {
        tokio::time::sleep(pause).await;
    }
    let instead = faults.iter().find_map(Fault::instead);
    let (reply, cut) = match instead {
        Some(reply) => (reply, false),
        None if faults.contains(&Fault::CutBefore) => (Reply::json(500, ""), true),
        None => (work(Arc::clone(&world), call, now, faults.clone()).await, faults.contains(&Fault::CutAfter)),
    };
    for pause in faults.iter().filter_map(Fault::pause_after) {
        tokio::time::sleep(pause).await;
    }
    let delivery = if cut { Delivery::Cut } else { faults.iter().find_map(Fault::delivery).unwrap_or_default() };
    lock(&world).requests.answered(number, if delivery == Delivery::Cut { 0 } else { reply.status });
    reply.send(delivery)
}

/// An import may take seconds: off the threads that answer others. It runs to its end even if the caller goes away.
async fn work(world: Arc<Mutex<World>>, call: Call, now: Timestamp, faults: Vec<Fault>) -> Reply {
    let done = tokio::task::spawn_blocking(move || lock(&world).work(call, now, &faults));
    done.await.unwrap_or_else(|error| failure(500, &error.to_string()))
}

impl World {
    /// The model's answer, or that of one which breaks a rule.
    fn ask(&mut self, call: Call, now: Timestamp) -> Reply {
        match &mut self.deviant {
            Some(deviant) => deviant.answer(&mut self.model, call, now),
            None => self.model.answer(&call, now),
        }
    }

    /// The model's answer, noted, or held back behind a 202.
    fn work(&mut self, call: Call, now: Timestamp, faults: &[Fault]) -> Reply {
        let (Some(contract), Some(id)) = (self.model.contract(call.token.as_deref()), call.import_id()) else {
            return self.ask(call, now);
        };
        let id = id.to_owned();
        if let Some(reply) = self.waiting.still(&id) {
            return reply;
        }
        let was_committed = self.model.is_committed(contract, &id).unwrap_or_default();
        let reply = self.ask(call.clone(), now);
        if call.method != "PUT" || !matches!(reply.status, 200 | 409 | 422) {
            return reply;
        }
        let committed = !was_committed && self.model.is_committed(contract, &id).unwrap_or_default();
        let dry_run = call.query.get("dry_run") == Some("true");
        let (status, body) = (reply.status, call.body);
        self.received.push(Received { import_id: id.clone(), dry_run, status, committed, body });
        for fault in faults {
            if let Fault::Processing { polls, ms } = fault {
                self.waiting.hide(&id, *polls, Duration::from_millis(*ms));
                return waiting::processing();
            }
        }
        reply
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    // A test that failed elsewhere should show its own failure, not a poisoned lock.
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
