//! No page reads more than a bounded number of objects, however old the tenant is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use link::state::keys::Key;
use link::state::ports::{Condition, Platform, StateError, StateStore, Stored, Version};
use link::state::{RunId, Trigger};
use link_local::LocalPlatform;
use pages::loopback::{Loopback, Runs, served_at};
use pages::{Settings, Site, router};
use serde_json::json;
use tokio::sync::Mutex;

use crate::stage::{Stage, TurnedClock, Visitor};

/// Requests that S3 would be sent: a listing answers 1,000 keys at a time.
const MOST: usize = 40;
const KEYS_A_LISTING: usize = 1_000;

/// A state in memory that counts the requests, and takes for each as long as S3 would.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) objects: Mutex<BTreeMap<String, (u64, Bytes)>>,
    pub(crate) requests: AtomicUsize,
    pub(crate) latency: Duration,
    /// The keys that were written for a week only.
    pub(crate) brief: Mutex<Vec<String>>,
}

impl Counted {
    async fn count(&self, requests: usize) {
        self.requests.fetch_add(requests, Ordering::Relaxed);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency * u32::try_from(requests).unwrap()).await;
        }
    }
}

impl StateStore for Counted {
    async fn get(&self, key: &Key) -> Result<Option<Stored>, StateError> {
        self.count(1).await;
        let objects = self.objects.lock().await;
        Ok(objects
            .get(key.as_str())
            .map(|(version, body)| Stored { body: body.clone(), version: Version(version.to_string()) }))
    }

    async fn put(&self, key: &Key, body: Bytes, _: Condition) -> Result<Version, StateError> {
        self.count(1).await;
        let mut objects = self.objects.lock().await;
        let version = objects.get(key.as_str()).map_or(0, |(version, _)| version + 1);
        objects.insert(key.as_str().to_owned(), (version, body));
        Ok(Version(version.to_string()))
    }

    async fn put_for_a_week(&self, key: &Key, body: Bytes) -> Result<Version, StateError> {
        self.brief.lock().await.push(key.as_str().to_owned());
        self.put(key, body, Condition::Always).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StateError> {
        self.count(1).await;
        self.objects.lock().await.remove(key.as_str());
        Ok(())
    }

    async fn delete_unchanged(&self, key: &Key, _: &Version) -> Result<(), StateError> {
        self.delete(key).await
    }

    async fn list(&self, prefix: &Key) -> Result<Vec<Key>, StateError> {
        let objects = self.objects.lock().await;
        let keys: Vec<Key> = objects
            .range(prefix.as_str().to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix.as_str()))
            .map(|(key, _)| Key::from_listing(key.clone()))
            .collect();
        drop(objects);
        self.count(keys.len().div_ceil(KEYS_A_LISTING).max(1)).await;
        Ok(keys)
    }
}

pub(crate) struct CountedPlatform {
    pub(crate) state: Counted,
    local: Arc<LocalPlatform<TurnedClock>>,
}

impl Platform for CountedPlatform {
    type State = Counted;
    type Secrets = <LocalPlatform<TurnedClock> as Platform>::Secrets;
    type Mailer = <LocalPlatform<TurnedClock> as Platform>::Mailer;
    type Clock = TurnedClock;

    fn state(&self) -> &Counted {
        &self.state
    }
    fn secrets(&self) -> &Self::Secrets {
        self.local.secrets()
    }
    fn mailer(&self) -> &Self::Mailer {
        self.local.mailer()
    }
    fn clock(&self) -> &TurnedClock {
        self.local.clock()
    }
}

fn report(id: &RunId, start: Timestamp, is_daily: bool) -> String {
    let counts = json!({"previous_total": 9, "previous_valid": 9, "received_total": 9, "received_valid": 9, "created": 0,
                        "updated": 9, "deleted": 0, "changed": false});
    let mut report = json!({
        "run_id": id.as_str(), "tenant": "acme", "mode": "sync", "outcome": "no_change", "code": "EMC-OK",
        "started_at": start.to_string(), "finished_at": start.to_string(),
        "counts": {"departments": counts, "users": counts},
        "errors": [], "warnings": [], "drift": [],
    });
    if is_daily {
        report["scheduled_at"] = json!(start.to_string());
    }
    report.to_string()
}

/// 400 days of runs, daily ones and those of a person, with their files, and 20,000 entries of the audit log.
pub(crate) async fn old_tenant(state: &Counted, now: Timestamp) -> Vec<RunId> {
    let mut runs = Vec::new();
    let mut objects = state.objects.lock().await;
    for day in 0..400_i64 {
        let start = now - SignedDuration::from_hours(24 * day + 1);
        let date = link::time::date_of(start);
        for (at, is_daily) in [(start, true), (start + SignedDuration::from_mins(20), false)] {
            let trigger = Trigger::Invocation(format!("{day}-{is_daily}"));
            let id = RunId::new(at, &trigger);
            for file in ["report.json", "errors.csv", "plan.csv"] {
                let body = if file == "report.json" { report(&id, at, is_daily) } else { "x".to_owned() };
                objects.insert(format!("runs/{date}/{id}/{file}"), (0, body.into()));
            }
            runs.push(id);
        }
        for number in 0..50_i64 {
            let at = start + SignedDuration::from_secs(number);
            let invocation = if number == 0 { format!("{day}-false") } else { format!("{day}-{number}-other") };
            let id = RunId::new(at, &Trigger::Invocation(invocation.clone()));
            let entry = json!({"version": 1, "at": at.to_string(), "person": {"id": "y", "name": "山田"},
                               "action": "accepted", "target": "", "invocation": invocation});
            objects.insert(format!("audit/{date}/{id}.json"), (0, entry.to_string().into()));
        }
    }
    runs
}

#[tokio::test]
async fn no_page_sends_more_than_forty_requests_over_an_old_tenant() {
    let stage = Stage::set().await;
    let state = Counted::default();
    let mut runs = old_tenant(&state, Timestamp::now()).await;
    runs.sort();
    state.objects.lock().await.insert("config.toml".into(), (0, stage.file("config.toml").unwrap().into()));
    let (platform, mut visitor) = open(&stage, state).await;
    let latest = runs.last().unwrap();
    let run = format!("/runs/{latest}");
    let paths =
        ["/", "/", "/runs", "/runs?page=1", "/runs?kind=sync&outcome=held", "/audit", &run, "/sheet", "/connection"];
    for path in paths {
        let before = platform.state.requests.load(Ordering::Relaxed);
        let page = visitor.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let sent = platform.state.requests.load(Ordering::Relaxed) - before;
        assert!(sent <= MOST, "{path} sent {sent} requests");
    }
    visitor.get("/audit").await.says("これより前の操作を見る");
    visitor.get("/").await.says("山田 様");
    visitor.get(&run).await.says("山田 様");
}

#[tokio::test]
async fn only_a_run_after_a_change_that_changed_nothing_is_kept_a_week() {
    let stage = Stage::set().await;
    let state = Counted::default();
    for file in ["config.toml", "mapping.csv"] {
        state.objects.lock().await.insert(file.into(), (0, stage.file(file).unwrap().into()));
    }
    let platform = Arc::new(CountedPlatform { state, local: Arc::clone(&stage.home) });
    let site = Loopback::new(Arc::clone(&platform), runs_of(&stage));
    let run = async |event: serde_json::Value, outcome: &str| {
        platform.state.brief.lock().await.clear();
        let answer = site.ask(event).await.unwrap();
        assert_eq!(answer["outcome"], outcome, "{answer}");
        let id = answer["run_id"].as_str().unwrap().to_owned();
        let files = platform.state.objects.lock().await.keys().filter(|key| key.contains(&id)).count();
        (id, files, platform.state.brief.lock().await.clone())
    };
    let by_change = || json!({"mode": "sync", "trigger": "change"});
    assert_eq!(run(json!({"mode": "sync"}), "success").await.2, Vec::<String>::new());
    assert_eq!(run(json!({"mode": "sync"}), "no_change").await.2, Vec::<String>::new());
    let (id, files, brief) = run(by_change(), "no_change").await;
    assert!(files >= 2 && brief.len() == files && brief.iter().all(|key| key.contains(&id)), "{files}: {brief:?}");
    stage.smarthr.change(|company| {
        let ids = company.active_ids(1);
        company.clear_kana(&ids[0]);
    });
    assert_eq!(run(by_change(), "failure").await.2, Vec::<String>::new());
    // Told by mail that it is well again: the note of that mail goes with the run.
    stage.smarthr.change(|company| *company = simulators::company::Company::generate(7, 60));
    let (_, files, brief) = run(by_change(), "no_change").await;
    assert_eq!(brief.len(), files, "{brief:?}");
}

fn runs_of(stage: &Stage) -> Runs {
    Runs {
        tenant: stage.tenant.clone(),
        mail_from: "emc-link@example.co.jp".to_owned(),
        ops_mail: None,
        smarthr_rate: None,
        version: "0",
    }
}

/// The pages over this state, and somebody who has come in.
pub(crate) async fn open(stage: &Stage, state: Counted) -> (Arc<CountedPlatform>, Visitor) {
    let platform = Arc::new(CountedPlatform { state, local: Arc::clone(&stage.home) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mail_from = "emc-link@example.co.jp".to_owned();
    let of = runs_of(stage);
    let settings = Settings {
        tenant: stage.tenant.clone(),
        links: Vec::new(),
        mail_from,
        ops_mail: None,
        version: "0",
        schedule: None,
    };
    let router = served_at(router(Loopback::new(Arc::clone(&platform), of), settings), &base);
    tokio::spawn(async move { axum::serve(listener, router.into_make_service()).await });

    let mut visitor = Visitor::outside(&base);
    let entered = visitor.get(&format!("/launch?token={}", stage.token("山田 花子").await)).await;
    assert_eq!(entered.status, 303, "{}", entered.body);
    (platform, visitor)
}
