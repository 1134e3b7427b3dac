//! Emergency Call's import API as a server, on SQLite: one import is one transaction of a real database.
//!
//! It checks what it is told by itself, knows an import again, and can settle one for ever, so that a link that crashed
//! at any point can find out what became of its import. Its data can be looked at from outside while it runs.

mod admin;
mod apply;
mod download;
mod fault;
mod import;
mod items;
mod ledger;
mod line;
mod received;
mod rows;
mod settle;
mod store;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::http::{Delivery, Query, Reply, Requests, Rule, Rules, Server};

pub use fault::Fault;
pub use received::Received;
pub use rows::Counts;
use store::Store;

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
    /// The bearer token of this contract.
    pub token: String,
    /// Where the data is kept; in memory where nothing is given.
    pub database: Option<PathBuf>,
    /// The masters. None given: those that the database has stay.
    pub search_words: Vec<SearchWord>,
}

impl Default for EmcSettings {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST,
            port: 0,
            token: "emc-token".to_owned(),
            database: None,
            search_words: Vec::new(),
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
    token: String,
    store: Store,
    faults: Rules<Fault>,
    requests: Requests,
    received: Vec<Received>,
    /// Imports whose result is not shown yet.
    waiting: settle::Waiting,
}

impl Emc {
    /// Starts an Emergency Call.
    pub fn start(settings: EmcSettings) -> io::Result<Self> {
        let store = Store::open(settings.database.as_deref(), &settings.search_words).map_err(io::Error::other)?;
        let world = Arc::new(Mutex::new(World {
            token: settings.token,
            store,
            faults: Rules::default(),
            requests: Requests::default(),
            received: Vec::new(),
            waiting: settle::Waiting::default(),
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
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
        self.world().store.ids("users")
    }

    /// Every 部署ID, sorted.
    pub fn department_ids(&self) -> Vec<String> {
        self.world().store.ids("departments")
    }

    /// A user's items by name; empty items are absent. 処理フラグ is among them, and the password as it was sent.
    pub fn user(&self, id: &str) -> Option<BTreeMap<String, String>> {
        self.world().store.user(id)
    }

    /// A department's items by name; 親部署ID is absent at the top.
    pub fn department(&self, id: &str) -> Option<BTreeMap<String, String>> {
        self.world().store.department(id)
    }

    /// A user that somebody entered by hand; nothing is checked.
    pub fn enter_user(&self, id: &str, items: &[(&str, &str)]) {
        self.world().store.enter_user(id, items);
    }

    /// A department that somebody entered by hand; nothing is checked.
    pub fn enter_department(&self, id: &str, name: &str, parent: Option<&str>) {
        self.world().store.enter_department(id, name, parent);
    }

    /// Removes a user by hand, as nobody should.
    pub fn erase_user(&self, id: &str) {
        self.world().store.erase_user(id);
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
        self.world().store.set_search_words(words);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }
}

/// What was asked, its body aside.
#[derive(Clone, Debug)]
struct Asked {
    method: String,
    path: String,
    query: Query,
    token: Option<String>,
    content_type: String,
    content_encoding: String,
}

async fn answer(State(world): State<Arc<Mutex<World>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: Query::of(&parts.uri),
        token: header(header::AUTHORIZATION).strip_prefix("Bearer ").map(str::to_owned),
        content_type: header(header::CONTENT_TYPE),
        content_encoding: header(header::CONTENT_ENCODING),
    };
    if asked.path.starts_with("/_sim/") {
        let body = to_bytes(body, 1 << 24).await.unwrap_or_default();
        return admin::answer(&mut lock(&world), &asked, &body).send(Delivery::Whole);
    }
    let (number, faults) = {
        let mut world = lock(&world);
        let number = world.requests.note(&asked.method, &asked.path, parts.uri.query().unwrap_or_default());
        (number, world.faults.hit(&asked.method, &asked.path, &asked.query))
    };
    if faults.contains(&Fault::CutUnread) {
        return Reply::json(500, "").send(Delivery::Cut);
    }
    let Ok(body) = to_bytes(body, 1 << 30).await else {
        // The sender went away in the middle: nothing may come of it.
        return failure(400, "the body did not arrive whole").send(Delivery::Whole);
    };
    for pause in faults.iter().filter_map(Fault::pause_before) {
        tokio::time::sleep(pause).await;
    }
    let instead = faults.iter().find_map(Fault::instead);
    let (reply, cut) = match instead {
        Some(reply) => (reply, false),
        None if faults.contains(&Fault::CutBefore) => (Reply::json(500, ""), true),
        None => (work(Arc::clone(&world), asked, body, faults.clone()).await, faults.contains(&Fault::CutAfter)),
    };
    for pause in faults.iter().filter_map(Fault::pause_after) {
        tokio::time::sleep(pause).await;
    }
    let delivery = if cut { Delivery::Cut } else { faults.iter().find_map(Fault::delivery).unwrap_or_default() };
    lock(&world).requests.answered(number, if delivery == Delivery::Cut { 0 } else { reply.status });
    reply.send(delivery)
}

/// An import may take seconds: off the threads that answer others. It runs to its end even if the caller goes away.
async fn work(world: Arc<Mutex<World>>, asked: Asked, body: Bytes, faults: Vec<Fault>) -> Reply {
    let done = tokio::task::spawn_blocking(move || {
        let mut world = lock(&world);
        if asked.token.as_deref() != Some(world.token.as_str()) {
            return failure(401, "the token is not valid");
        }
        world.api(&asked, body, &faults)
    });
    done.await.unwrap_or_else(|error| failure(500, &error.to_string()))
}

impl World {
    fn api(&mut self, asked: &Asked, body: Bytes, faults: &[Fault]) -> Reply {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/v1/search-words") => {
                Reply::json(200, serde_json::json!({ "search_words": self.store.search_words() }).to_string())
            }
            ("GET", "/v1/departments.csv") => download::departments(&self.store),
            ("GET", "/v1/users.csv") => download::users(&self.store),
            (method, path) => match (method, path.strip_prefix("/v1/imports/")) {
                (_, None | Some("")) => failure(404, "there is no such address"),
                ("PUT", Some(id)) => self.put(id, asked, body, faults),
                ("GET", Some(id)) => self.look_up(id),
                ("DELETE", Some(id)) => self.settle(id),
                _ => failure(405, "an import takes PUT, GET and DELETE"),
            },
        }
    }
}

fn failure(status: u16, message: &str) -> Reply {
    Reply::json(status, serde_json::json!({ "status": "error", "message": message }).to_string())
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    // A test that failed elsewhere should show its own failure, not a poisoned lock.
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
