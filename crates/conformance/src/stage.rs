//! A run against a server: its requests, its names, and what it has to clean up.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use reqwest::blocking::{Body, Client};
use serde_json::Value;

use crate::Options;
use crate::body::{self, Row};
use crate::exchange::Exchange;
use crate::table::Table;

/// How long one request may take: so long the link waits for a `PUT`.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// How long an import may be answered with 202.
const PROCESSING: Duration = Duration::from_mins(15);

/// Why a rule was not played to its end.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    Broken { request: String, answer: String, expected: String },
    NotPlayed(String),
}

impl Stop {
    pub(crate) fn not_played(reason: &str) -> Self {
        Self::NotPlayed(reason.to_owned())
    }
}

/// A rule's outcome.
pub(crate) type Play = Result<(), Stop>;

#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) options: &'a Options,
    pub(crate) caller: Caller,
    /// The same in every ID and import id of this run, and in no other run.
    mark: String,
    numbers: u32,
    /// Departments of both contracts in the order in which they were first named: parents before children.
    departments: Vec<String>,
}

/// Sends requests; cheap to copy to another thread.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    client: Client,
    base: String,
    pub(crate) token: String,
    clock: Option<(String, String)>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(options: &'a Options) -> Result<Self, String> {
        let client = Client::builder()
            .timeout(PATIENCE)
            // A server that answers one connection at a time must not be held by an idle one, nor a restart by an old one.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| format!("HTTPクライアントを用意できません: {error}"))?;
        let random = || RandomState::new().hash_one(0_u8);
        let mark = format!("c{:x}{:05x}", Timestamp::now().as_millisecond(), random() & 0xf_ffff);
        let caller = Caller { client, base: options.base_url.clone(), token: options.token.clone(), clock: None };
        Ok(Self { options, caller, mark, numbers: 0, departments: Vec::new() })
    }

    /// Whether the contracts are empty. The outer error: nothing can be played, and nothing is written. The inner one: the
    /// downloads break their rule, so that it cannot be known.
    pub(crate) fn look_at_contracts(&self) -> Result<Result<(), Stop>, String> {
        for caller in self.callers() {
            for (what, column) in [("users", "ユーザID"), ("departments", "部署ID")] {
                let mut exchange = caller.get(&format!("/v1/{what}.csv?columns={column}"));
                if matches!(exchange.status, 400 | 404 | 422 | 501) {
                    exchange = caller.get(&format!("/v1/{what}.csv"));
                }
                match exchange.status {
                    0 => return Err(format!("サーバが応答しません: {}", String::from_utf8_lossy(&exchange.bytes))),
                    401 | 403 => return Err(format!("トークンが受け付けられません({})", exchange.status)),
                    _ => {}
                }
                if exchange.status == 404 && caller.get("/v1/search-words").status == 404 {
                    return Err("このURLにインポートAPIがありません(404)".to_owned());
                }
                match Table::read(&exchange, column) {
                    Ok(table) if !table.rows.is_empty() => {
                        return Err(format!(
                            "契約が空ではありません({what}.csv に{}件)。試験専用の空の契約を指定してください",
                            table.rows.len()
                        ));
                    }
                    Ok(_) => {}
                    Err(stop) => return Ok(Err(stop)),
                }
            }
        }
        Ok(Ok(()))
    }

    fn callers(&self) -> Vec<Caller> {
        std::iter::once(self.caller.clone()).chain(self.other()).collect()
    }

    /// The second contract.
    pub(crate) fn other(&self) -> Option<Caller> {
        let token = self.options.other_token.clone()?;
        Some(Caller { token, ..self.caller.clone() })
    }

    /// An ID that was never used; short enough for departments and users.
    pub(crate) fn id(&mut self) -> String {
        self.numbers += 1;
        format!("{}-{}", self.mark, self.numbers)
    }

    /// A SmartHR crew's id that nobody has.
    pub(crate) fn person(&mut self) -> String {
        self.numbers += 1;
        let (one, two) = (RandomState::new().hash_one(self.numbers), RandomState::new().hash_one(&self.mark));
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            one >> 32,
            one & 0xffff,
            (one >> 16) & 0xfff,
            two >> 52,
            two & 0xffff_ffff_ffff
        )
    }

    /// Hands these rows in under a name of their own.
    pub(crate) fn import(&mut self, rows: &[Row]) -> Exchange {
        let name = self.id();
        self.put(&name, rows)
    }

    pub(crate) fn put(&mut self, name: &str, rows: &[Row]) -> Exchange {
        self.note(rows);
        self.caller.put(name, &body::text(&body::lines(rows)))
    }

    pub(crate) fn dry_run(&mut self, name: &str, rows: &[Row]) -> Exchange {
        self.note(rows);
        self.caller.put(&format!("{name}?dry_run=true"), &body::text(&body::lines(rows)))
    }

    /// Remembers what has to be cleaned up.
    pub(crate) fn note(&mut self, rows: &[Row]) {
        for row in rows.iter().filter(|row| row.0["record"] == "department") {
            let id = row.0["id"].as_str().unwrap_or_default();
            if !self.departments.iter().any(|known| known == id) {
                self.departments.push(id.to_owned());
            }
        }
    }

    /// From now on the server is told this time; `None`: no time.
    pub(crate) fn clock(&mut self, since: Timestamp, hours: i64, minutes: i64) {
        let time = since + SignedDuration::from_hours(hours) + SignedDuration::from_mins(minutes);
        let header = self.options.clock_header.clone().unwrap_or_default();
        self.caller.clock = Some((header, time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
    }

    pub(crate) fn restart(&self) -> Play {
        if let Some(restart) = &self.options.restart {
            (restart.0)().map_err(Stop::NotPlayed)?;
        }
        let start = Instant::now();
        while self.caller.get("/v1/search-words").status == 0 {
            if start.elapsed() > Duration::from_secs(30) {
                return Err(Stop::not_played("再起動の後、サーバが応答しません"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Broken unless the item of this user has this value; empty for none.
    pub(crate) fn item_is(&self, id: &str, item: &str, value: &str) -> Play {
        let exchange = self.caller.get("/v1/users.csv");
        let table = Table::read(&exchange, "ユーザID")?;
        let row = table.rows.into_iter().find(|row| row.get("ユーザID").is_some_and(|own| own == id));
        let shown = row.as_ref().map(|row| format!("{row:?}")).unwrap_or_default();
        let is_so = row.and_then(|row| row.get(item).map(|own| own == value)).unwrap_or(false);
        let seen = Exchange::new(exchange.request, exchange.status, shown.into_bytes());
        seen.expect(is_so, format!("ユーザ {id} の {item} は「{value}」"))
    }

    /// Broken unless exactly those of these users are there of whom it is said.
    pub(crate) fn users_are(&self, expected: &[(&str, bool)]) -> Play {
        self.caller.are("users", "ユーザID", expected)
    }

    /// Broken unless exactly those of these departments are there of which it is said.
    pub(crate) fn departments_are(&self, expected: &[(&str, bool)]) -> Play {
        self.caller.are("departments", "部署ID", expected)
    }

    /// Takes away whatever a rule left. What cannot be taken away is told at the end.
    pub(crate) fn clear(&mut self) {
        self.caller.clock = None;
        for caller in self.callers() {
            let ids = |what: &str, column: &str| {
                let table = caller.table(&format!("/v1/{what}.csv"), column);
                table.map(|table| table.ids(column)).unwrap_or_default()
            };
            let mut rows: Vec<Row> = ids("users", "ユーザID").iter().map(|id| body::delete_user(id)).collect();
            let there = ids("departments", "部署ID");
            let known = self.departments.iter().rev().filter(|id| there.contains(id));
            rows.extend(known.map(|id| body::delete_department(id)));
            if !rows.is_empty() {
                self.numbers += 1;
                let name = format!("{}-{}", self.mark, self.numbers);
                caller.put(&name, &body::text(&body::lines(&rows)));
            }
        }
        self.departments.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.look_at_contracts(), Ok(Ok(())))
    }
}

impl Caller {
    pub(crate) fn get(&self, path: &str) -> Exchange {
        self.send(&Method::GET, path, Some(&self.token), None)
    }

    /// Hands a text in and waits for its result.
    pub(crate) fn put(&self, address: &str, text: &str) -> Exchange {
        self.put_bytes(address, body::gzip(text), text)
    }

    /// Hands bytes in, which a report shows as `text`, and waits for the result.
    pub(crate) fn put_bytes(&self, address: &str, bytes: Vec<u8>, text: &str) -> Exchange {
        let path = format!("/v1/imports/{address}");
        let mut exchange = self.send(&Method::PUT, &path, Some(&self.token), Some(bytes));
        exchange.request = format!("{}\n{text}", exchange.request);
        self.settled(exchange, &path)
    }

    pub(crate) fn result(&self, name: &str) -> Exchange {
        let path = format!("/v1/imports/{name}");
        self.settled(self.get(&path), &path)
    }

    /// `DELETE`, asked again while the import is processed.
    pub(crate) fn settle(&self, name: &str) -> Exchange {
        let path = format!("/v1/imports/{name}");
        let start = Instant::now();
        loop {
            let exchange = self.send(&Method::DELETE, &path, Some(&self.token), None);
            if exchange.status != 202 || start.elapsed() > PROCESSING {
                return exchange;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The result of what was answered with 202.
    fn settled(&self, mut exchange: Exchange, path: &str) -> Exchange {
        let path = path.split('?').next().unwrap_or(path);
        let start = Instant::now();
        while exchange.status == 202 && start.elapsed() < PROCESSING {
            std::thread::sleep(Duration::from_millis(200));
            let next = self.get(path);
            exchange = Exchange { request: exchange.request, ..next };
        }
        exchange
    }

    pub(crate) fn table(&self, path: &str, id_column: &str) -> Result<Table, Stop> {
        Table::read(&self.get(path), id_column)
    }

    pub(crate) fn are(&self, what: &str, column: &str, expected: &[(&str, bool)]) -> Play {
        let exchange = self.get(&format!("/v1/{what}.csv?columns={column}"));
        let ids = Table::read(&exchange, column)?.ids(column);
        for (id, is_there) in expected {
            let number = ids.iter().filter(|own| own == id).count();
            let word = if *is_there { "あること(1行)" } else { "ないこと" };
            exchange.expect(number == usize::from(*is_there), format!("{what}.csv に {column} {id} が{word}"))?;
        }
        Ok(())
    }

    /// One request; asked again where the server says that it is busy, or the connection broke.
    pub(crate) fn send(&self, method: &Method, path: &str, token: Option<&str>, bytes: Option<Vec<u8>>) -> Exchange {
        for attempt in 0..5 {
            let start = Instant::now();
            let exchange = self.send_body(method, path, token, bytes.clone().map(Body::from), PATIENCE);
            // A connection that breaks at once may be the network's; every call may be repeated.
            let is_lost = attempt == 0 && exchange.status == 0 && start.elapsed() < Duration::from_secs(5);
            if !is_lost && !matches!(exchange.status, 429 | 503) {
                return exchange;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        self.send_body(method, path, token, bytes.map(Body::from), PATIENCE)
    }

    pub(crate) fn send_body(
        &self,
        method: &Method,
        path: &str,
        token: Option<&str>,
        body: Option<Body>,
        patience: Duration,
    ) -> Exchange {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base)).timeout(patience);
        let mut shown = format!("{method} {path}");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some((name, time)) = &self.clock {
            request = request.header(name, time);
            shown = format!("{shown}\n{name}: {time}");
        }
        if let Some(body) = body {
            request =
                request.header("content-type", "application/x-ndjson").header("content-encoding", "gzip").body(body);
        }
        let answer = request.send().and_then(|response| {
            let status = response.status().as_u16();
            response.bytes().map(|bytes| (status, bytes.to_vec()))
        });
        match answer {
            Ok((status, bytes)) => Exchange::new(shown, status, bytes),
            Err(error) => Exchange::new(shown, 0, format!("応答がありません: {error:?}").into_bytes()),
        }
    }
}

/// Both answers are the same result.
pub(crate) fn same(first: &Exchange, again: &Exchange) -> Play {
    let expected = format!("最初と同じ応答: {} {}", first.status, first.json);
    again.expect(first.status == again.status && alike(&first.json, &again.json), expected)
}

/// Lists have no order of their own.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().all(|value| other.iter().any(|own| alike(value, own)))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|own| alike(value, own)))
        }
        _ => one == other,
    }
}
