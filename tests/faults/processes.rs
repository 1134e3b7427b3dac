//! The same with real processes: this test program starts itself as a child that makes one run on a directory, and the
//! child is ended by SIGKILL around every step, meets a full disk, or is started twice at once.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use link::net::Deadline;
use link::run::{Environment, invoke};
use link::state::TenantId;
use link::state::keys::Key;
use link::state::ports::{
    Clock, Condition, Mail, Mailer, Platform, PostError, SecretError, SecretStore, StateError, StateStore, Stored,
    StoredSecret, Version,
};
use link_local::LocalPlatform;
use secrecy::SecretString;
use serde_json::{Value, json};
use simulators::company::Company;
use simulators::emc::{Emc, EmcSettings};
use simulators::http::Server;
use simulators::samples::{FULL_SHEET, SampleConfig, search_words, secret};
use simulators::smarthr::{SmartHr, SmartHrSettings};

use crate::gate::{Fault, Gate, Point};
use crate::home::Time;
use crate::proxy;

const DIRECTORY: &str = "EMC_LINK_CHILD_DIRECTORY";
const AHEAD: &str = "EMC_LINK_CHILD_SECONDS_AHEAD";
const KILL_AT: &str = "EMC_LINK_CHILD_KILL_AT";
const STOP_AT: &str = "EMC_LINK_CHILD_STOP_AT";
const FULL_AT: &str = "EMC_LINK_CHILD_FULL_AT";

/// A directory's ports, counted: at one of the counts the process ends.
struct Counted {
    inner: LocalPlatform,
    steps: AtomicU32,
    kill_at: Option<u32>,
    /// Here it stands still until somebody lets it go on.
    stop_at: Option<u32>,
    writes: AtomicU32,
    /// For this write the disk is full.
    full_at: Option<u32>,
    ahead: SignedDuration,
}

/// A signal to this process.
fn signal(name: &str) {
    let _ = Command::new("kill").args([name, &std::process::id().to_string()]).status();
}

/// So much this process can write to a file: a write beyond that is an error, as on a full disk.
fn disk(limit: &str) {
    let process = std::process::id().to_string();
    let status = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={limit}:unlimited")]).status();
    assert!(status.unwrap().success());
}

impl Counted {
    fn step(&self) {
        let at = self.steps.fetch_add(1, Ordering::Relaxed);
        if Some(at) == self.kill_at {
            signal("-KILL");
            std::thread::sleep(Duration::from_mins(1));
        }
        if Some(at) == self.stop_at {
            signal("-STOP");
            // A thread runs on for a moment until the signal has reached it.
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    async fn write<T>(&self, work: impl Future<Output = T>) -> T {
        let is_full = Some(self.writes.fetch_add(1, Ordering::Relaxed)) == self.full_at;
        if is_full {
            disk("0");
        }
        let done = self.around(work).await;
        if is_full {
            disk("unlimited");
        }
        done
    }

    async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        self.step();
        let done = work.await;
        self.step();
        done
    }
}

impl StateStore for Counted {
    async fn get(&self, key: &Key) -> Result<Option<Stored>, StateError> {
        self.around(self.inner.state().get(key)).await
    }
    async fn put(&self, key: &Key, body: Bytes, condition: Condition) -> Result<Version, StateError> {
        self.write(self.inner.state().put(key, body, condition)).await
    }
    async fn delete(&self, key: &Key) -> Result<(), StateError> {
        self.around(self.inner.state().delete(key)).await
    }
    async fn delete_unchanged(&self, key: &Key, read_at: &Version) -> Result<(), StateError> {
        self.around(self.inner.state().delete_unchanged(key, read_at)).await
    }
    async fn list(&self, prefix: &Key) -> Result<Vec<Key>, StateError> {
        self.around(self.inner.state().list(prefix)).await
    }
}

impl SecretStore for Counted {
    async fn load(&self) -> Result<StoredSecret, SecretError> {
        self.around(self.inner.secrets().load()).await
    }
    async fn replace(&self, text: SecretString, read_at: &Version) -> Result<Version, SecretError> {
        self.write(self.inner.secrets().replace(text, read_at)).await
    }
}

impl Mailer for Counted {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        self.write(self.inner.mailer().send(mail)).await
    }
}

impl Clock for Counted {
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.ahead
    }
}

impl Platform for Counted {
    type State = Self;
    type Secrets = Self;
    type Mailer = Self;
    type Clock = Self;
    fn state(&self) -> &Self {
        self
    }
    fn secrets(&self) -> &Self {
        self
    }
    fn mailer(&self) -> &Self {
        self
    }
    fn clock(&self) -> &Self {
        self
    }
}

/// The child: one run, its outcome and its number of steps on the last line. Without its variables it does nothing.
#[test]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let tenant = TenantId::parse("acme").unwrap();
    let home = Counted {
        inner: LocalPlatform::open(Path::new(&directory), &tenant),
        steps: AtomicU32::new(0),
        kill_at: number(KILL_AT),
        stop_at: number(STOP_AT),
        writes: AtomicU32::new(0),
        full_at: number(FULL_AT),
        ahead: SignedDuration::from_secs(number(AHEAD).unwrap_or_default().into()),
    };
    let environment = Environment {
        tenant,
        version: "0.2.0+gabcdef0",
        mail_from: "emc-link@example.co.jp".into(),
        ops_mail: None,
        invocation: std::process::id().to_string(),
        deadline: Deadline::after(Duration::from_mins(1)),
        pages_entry: None,
        smarthr_rate: None,
        progress: &|_| {},
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(invoke(&home, &environment, &json!({"mode": "sync"})));
    let outcome = answer.map_or_else(|error| json!(error.to_string()), |answer| json!(answer.outcome));
    let (steps, writes) = (home.steps.load(Ordering::Relaxed), home.writes.load(Ordering::Relaxed));
    eprintln!("CHILD {}", json!({"outcome": outcome, "steps": steps, "writes": writes}));
}

struct Place {
    directory: tempfile::TempDir,
    gate: Arc<Gate>,
    smarthr: SmartHr,
    emc: Emc,
    _way: Server,
    ahead: u32,
}

impl Place {
    fn new() -> Self {
        let company = Company::generate(7, 20);
        let settings = SmartHrSettings::default().without_limits();
        let token = settings.token.clone();
        let masters = search_words(&company);
        let smarthr = SmartHr::start(company, settings).unwrap();
        let emc = Emc::start(EmcSettings { search_words: masters, ..EmcSettings::default() }).unwrap();
        let gate = Arc::new(Gate::default());
        let way = proxy::start(Arc::clone(&gate), Arc::new(Time::default()), smarthr.base_url(), emc.base_url());
        let directory = tempfile::tempdir().unwrap();
        let tenant = directory.path().join("tenants/acme");
        std::fs::create_dir_all(&tenant).unwrap();
        let config = SampleConfig::new(&way.base_url(), &way.base_url()).prefix("A").to_toml();
        std::fs::write(tenant.join("config.toml"), config).unwrap();
        std::fs::write(tenant.join("mapping.csv"), FULL_SHEET).unwrap();
        let home = LocalPlatform::open(directory.path(), &TenantId::parse("acme").unwrap());
        home.secrets().set(&secret(&token, "emc-token").into()).unwrap();
        Self { directory, gate, smarthr, emc, _way: way, ahead: 0 }
    }

    fn spawn(&self, kill_at: Option<u32>, limit: Option<u32>) -> Child {
        self.spawn_with(kill_at.map(|at| (KILL_AT, at)), limit)
    }

    fn spawn_with(&self, at: Option<(&str, u32)>, limit: Option<u32>) -> Child {
        let program = std::env::current_exe().unwrap();
        // A write beyond the limit is an error, as on a full disk, once its signal is ignored.
        let limit = limit.map_or_else(String::new, |blocks| format!("ulimit -f {blocks};"));
        let mut command = Command::new("sh");
        command.args(["-c", &format!("trap '' XFSZ; {limit} exec \"$0\" \"$@\"")]).arg(program);
        command.args(["--exact", "processes::child", "--nocapture"]);
        command.env(DIRECTORY, self.directory.path()).env(AHEAD, self.ahead.to_string()).env_remove("RUST_BACKTRACE");
        if let Some((what, at)) = at {
            command.env(what, at.to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// What a child came to; `None` if it was killed.
    fn ended(mut child: Child) -> Option<Value> {
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        if status.signal() == Some(9) {
            return None;
        }
        let line = said.lines().find_map(|line| line.split("CHILD ").nth(1));
        Some(serde_json::from_str(line.unwrap_or_else(|| panic!("{status}: {said}"))).unwrap())
    }

    /// A run that nobody disturbs, after the lease of a dead one has ended.
    fn undisturbed(&mut self) -> Value {
        self.ahead += 60;
        Self::ended(self.spawn(None, None)).unwrap()
    }

    fn change(&self) {
        self.smarthr.change(|company| {
            company.change_positions(1);
            company.hire(1);
            company.retire_some(1);
        });
    }

    /// EMC has exactly those whom SmartHR lists, and the snapshot says the same.
    fn assert_agreement(&self, when: &str) {
        let tenant = self.directory.path().join("tenants/acme");
        let snapshot: Value = serde_json::from_slice(&std::fs::read(tenant.join("snapshot.json")).unwrap()).unwrap();
        let ids = snapshot["users"]["ids"].as_array().unwrap();
        let mut ids: Vec<String> = ids.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        let mut listed: Vec<String> = self.smarthr.look(|company| {
            company.active().filter_map(|person| person.emp_code.as_ref()).map(|code| format!("A{code}")).collect()
        });
        listed.sort();
        assert_eq!((&ids, &self.emc.user_ids()), (&listed, &listed), "{when}");
        assert!(!tenant.join("pending.json").exists() && !tenant.join("lock.json").exists(), "{when}");
    }

    /// The run after one that was killed or failed.
    fn recovers(&mut self, when: &str) {
        let before = self.emc.committed().len();
        let next = self.undisturbed();
        let good = [json!("success"), json!("no_change")].contains(&next["outcome"]);
        assert!(good, "{when}: {next}");
        self.assert_agreement(when);
        assert!(self.emc.committed().len() <= before + 1, "{when}: handed over twice");
    }
}

#[test]
fn killed_around_every_step_the_next_process_brings_agreement() {
    let mut place = Place::new();
    assert_eq!(place.undisturbed()["outcome"], "success");
    place.change();
    let steps = u32::try_from(place.undisturbed()["steps"].as_u64().unwrap()).unwrap();
    assert!(steps > 40, "{steps}");
    for at in 0..steps {
        place.change();
        let commits = place.emc.committed().len();
        place.ahead += 60;
        let child = place.spawn(Some(at), None);
        assert_eq!(Place::ended(child), None, "step {at} must kill");
        place.recovers(&format!("killed at step {at} of {steps}"));
        assert_eq!(place.emc.committed().len(), commits + 1, "killed at step {at}: one change, one import");
    }
    eprintln!("{steps} processes killed around the steps of the ports");
}

#[test]
fn killed_around_every_request_the_next_process_brings_agreement() {
    let mut place = Place::new();
    assert_eq!(place.undisturbed()["outcome"], "success");
    place.change();
    place.gate.begin(0);
    place.undisturbed();
    let trace = place.gate.trace();
    assert!(trace.len() > 5, "{trace:?}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut killed = 0;
    for point in &trace {
        for fault in [Fault::Die, Fault::DieAfter] {
            place.change();
            let commits = place.emc.committed().len();
            place.ahead += 60;
            place.gate.begin(0);
            place.gate.plan(&[(Point { start: 0, ..point.clone() }, fault)]);
            let mut child = place.spawn(None, None);
            let died = runtime
                .block_on(async { tokio::time::timeout(Duration::from_secs(30), place.gate.died.notified()).await });
            assert!(died.is_ok(), "{point:?} was not reached");
            child.kill().unwrap();
            assert_eq!(Place::ended(child), None);
            killed += 1;
            place.recovers(&format!("{fault:?} at {}", point.label));
            assert_eq!(
                place.emc.committed().len(),
                commits + 1,
                "{fault:?} at {}: one change, one import",
                point.label
            );
        }
    }
    eprintln!("{killed} processes killed around requests");
}

#[test]
fn on_a_full_disk_nothing_is_lost() {
    let mut place = Place::new();
    assert_eq!(place.undisturbed()["outcome"], "success");
    // In blocks of 512 bytes: nothing fits; the lock fits; the lock and the import's note fit, the report and the mail do not.
    for blocks in [0, 1, 3, 6, 12] {
        place.change();
        place.ahead += 60;
        let told = Place::ended(place.spawn(None, Some(blocks))).unwrap();
        assert_ne!(told["outcome"], "no_change", "{told}");
        place.recovers(&format!("after a disk with {blocks} blocks ({told})"));
    }
}

#[test]
fn with_a_full_disk_at_any_write_nothing_is_lost() {
    let mut place = Place::new();
    assert_eq!(place.undisturbed()["outcome"], "success");
    place.change();
    let writes = u32::try_from(place.undisturbed()["writes"].as_u64().unwrap()).unwrap();
    assert!(writes > 6, "{writes}");
    for at in 0..writes {
        place.change();
        place.ahead += 60;
        let told = Place::ended(place.spawn_with(Some((FULL_AT, at)), None)).unwrap();
        assert_ne!(told["outcome"], "no_change", "{told}");
        place.recovers(&format!("after a full disk at write {at} of {writes} ({told})"));
    }
    eprintln!("the disk full at each of {writes} writes");
}

/// Whether a process stands still, as `ps` tells it.
fn is_stopped(process: u32) -> bool {
    let told = Command::new("ps").args(["-o", "state=", "-p", &process.to_string()]).output().unwrap();
    String::from_utf8_lossy(&told.stdout).trim_start().starts_with('T')
}

#[test]
fn a_process_that_stood_still_at_any_step_undoes_nothing_of_another() {
    let mut place = Place::new();
    assert_eq!(place.undisturbed()["outcome"], "success");
    place.change();
    let steps = u32::try_from(place.undisturbed()["steps"].as_u64().unwrap()).unwrap();
    for at in 0..steps {
        place.change();
        place.ahead += 60;
        let first = place.spawn_with(Some((STOP_AT, at)), None);
        let stopped = (0..3_000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            is_stopped(first.id())
        });
        assert!(stopped, "step {at} must stop");
        place.change();
        let second = place.undisturbed();
        let good = [json!("success"), json!("no_change")].contains(&second["outcome"]);
        assert!(good, "while the first stands still at step {at} of {steps}: {second}");
        Command::new("kill").args(["-CONT", &first.id().to_string()]).status().unwrap();
        let told = Place::ended(first).unwrap();
        place.recovers(&format!("after one stood still at step {at} of {steps} ({told}, {second})"));
    }
    eprintln!("two processes, the first standing still at each of {steps} steps");
}

#[test]
fn of_two_processes_at_once_one_hands_over() {
    let mut place = Place::new();
    assert_eq!(place.undisturbed()["outcome"], "success");
    for round in 0..10 {
        place.change();
        place.ahead += 60;
        let commits = place.emc.committed().len();
        let both = [place.spawn(None, None), place.spawn(None, None)];
        let mut outcomes = both.map(|child| Place::ended(child).unwrap()["outcome"].as_str().unwrap().to_owned());
        outcomes.sort();
        // The second one finds the lock held, or comes after the first has given it back.
        assert!(outcomes == ["busy", "success"] || outcomes == ["no_change", "success"], "round {round}: {outcomes:?}");
        assert_eq!(place.emc.committed().len(), commits + 1);
        place.assert_agreement("two at once");
    }
}
