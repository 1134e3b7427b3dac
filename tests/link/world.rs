//! A tenant with everything around it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use link::fault::EmcData;
use link::net::Deadline;
use link::report::{Answer, Outcome};
use link::run::{Environment, InvocationError, invoke};
use link::state::TenantId;
use link::state::ports::Clock;
use link_local::LocalPlatform;
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};
use simulators::company::Company;
use simulators::emc::{Emc, EmcSettings};
use simulators::samples::{FULL_SHEET, SampleConfig, search_words, secret};
use simulators::smarthr::{SmartHr, SmartHrSettings};

/// A clock that begins at 4:30 on 2026-11-24 in Tokyo and goes on when told.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn forward(&self, span: SignedDuration) {
        self.0.fetch_add(span.as_millis().try_into().unwrap(), Ordering::Relaxed);
    }
}

impl Clock for &'static TestClock {
    fn now(&self) -> Timestamp {
        // Each look takes a millisecond, so that two runs never begin at once.
        let passed = self.0.fetch_add(1, Ordering::Relaxed);
        "2026-11-23T19:30:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_millis(passed)
    }
}

pub(crate) struct World {
    pub(crate) smarthr: SmartHr,
    pub(crate) emc: Emc,
    pub(crate) home: LocalPlatform<&'static TestClock>,
    pub(crate) clock: &'static TestClock,
    directory: tempfile::TempDir,
    invocations: AtomicU32,
    pub(crate) ops_mail: Option<String>,
    pub(crate) time: Duration,
    /// Requests to SmartHR a second, where they are to be paced.
    pub(crate) rate: Option<f64>,
}

pub(crate) struct Received {
    pub(crate) subject: String,
    pub(crate) to: Vec<String>,
    pub(crate) body: String,
    pub(crate) attachments: Vec<(String, String)>,
}

impl World {
    /// A company of so many people with prefix A, the full sample sheet, and nothing linked yet.
    pub(crate) fn new(employees: usize) -> Self {
        Self::with(Company::generate(7, employees), SmartHrSettings::default(), |config| config.prefix("A"), FULL_SHEET)
    }

    pub(crate) fn with(
        company: Company,
        settings: SmartHrSettings,
        config: impl FnOnce(SampleConfig) -> SampleConfig,
        sheet: &str,
    ) -> Self {
        let search_words = search_words(&company);
        let token = settings.token.clone();
        let smarthr = SmartHr::start(company, settings.without_limits()).unwrap();
        let emc = Emc::start(EmcSettings { search_words, ..EmcSettings::default() }).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let clock: &'static TestClock = Box::leak(Box::default());
        let home = LocalPlatform::open_at(directory.path(), &tenant(), clock);
        let world = Self {
            clock,
            home,
            directory,
            invocations: AtomicU32::new(0),
            ops_mail: None,
            time: Duration::from_mins(15),
            rate: None,
            smarthr,
            emc,
        };
        let sample = SampleConfig::new(&world.smarthr.base_url(), &world.emc.base_url());
        world.write("config.toml", config(sample).to_toml());
        world.write("mapping.csv", sheet);
        world.set_secret(&secret(&token, "emc-token"));
        world
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.directory.path().join("tenants/acme").join(key)
    }
    pub(crate) fn root(&self) -> &std::path::Path {
        self.directory.path()
    }
    pub(crate) fn write(&self, key: &str, content: impl AsRef<[u8]>) {
        let path = self.path(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    pub(crate) fn read(&self, key: &str) -> Option<String> {
        std::fs::read_to_string(self.path(key)).ok()
    }
    pub(crate) fn json(&self, key: &str) -> Value {
        serde_json::from_str(&self.read(key).unwrap_or_else(|| panic!("no {key}"))).unwrap()
    }
    pub(crate) fn set_secret(&self, text: &str) {
        use link::state::ports::Platform;
        self.home.secrets().set(&text.to_owned().into()).unwrap();
    }
    /// The files of a run.
    pub(crate) fn run_files(&self, run_id: &str) -> Vec<String> {
        let date = format!("{}-{}-{}", &run_id[..4], &run_id[4..6], &run_id[6..8]);
        let Ok(entries) = std::fs::read_dir(self.path(&format!("runs/{date}/{run_id}"))) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
    pub(crate) fn run_file(&self, run_id: &str, file: &str) -> String {
        let date = format!("{}-{}-{}", &run_id[..4], &run_id[4..6], &run_id[6..8]);
        self.read(&format!("runs/{date}/{run_id}/{file}")).unwrap()
    }

    pub(crate) async fn try_run_as(&self, invocation: &str, event: &Value) -> Result<Answer, InvocationError> {
        let environment = Environment {
            tenant: tenant(),
            version: "0.2.0+gabcdef0",
            mail_from: "emc-link@example.co.jp".into(),
            ops_mail: self.ops_mail.clone(),
            invocation: invocation.to_owned(),
            deadline: Deadline::after(self.time),
            pages_entry: None,
            smarthr_rate: self.rate,
            progress: &|_| {},
        };
        let before = self.written();
        let answer = invoke(&self.home, &environment, event).await;
        if let Ok(answer) = &answer {
            self.assert_truth(answer, &before);
        }
        answer
    }
    /// What a run leaves alone while yesterday's data stands: EMC's committed imports and the snapshot.
    fn written(&self) -> (Vec<String>, Option<String>) {
        (self.emc.committed().into_iter().map(|import| import.import_id).collect(), self.read("snapshot.json"))
    }
    /// What the answer's codes say of yesterday's data is so.
    fn assert_truth(&self, answer: &Answer, before: &(Vec<String>, Option<String>)) {
        let now = self.written();
        match answer.yesterday() {
            _ if answer.outcome != Outcome::Failure => {}
            EmcData::Unchanged => assert_eq!(&now, before, "{:#?}", answer.errors),
            EmcData::Unknown => {
                let key = format!("outbox/{}/delivery.json", answer.run_id);
                assert!(self.read("pending.json").or(self.read(&key)).is_some(), "{:#?}", answer.errors);
            }
            EmcData::AheadOfSnapshot => {
                assert!(now.0.contains(&answer.run_id) && self.read("pending.json").is_some(), "{:#?}", answer.errors);
            }
            EmcData::Updated => unreachable!("a failure without an error"),
        }
    }
    pub(crate) async fn try_run(&self, event: Value) -> Result<Answer, InvocationError> {
        let number = self.invocations.fetch_add(1, Ordering::Relaxed);
        self.try_run_as(&format!("invocation-{number}"), &event).await
    }
    pub(crate) async fn run(&self, event: Value) -> Answer {
        self.try_run(event).await.unwrap()
    }
    pub(crate) async fn sync(&self) -> Answer {
        self.run(json!({"mode": "sync"})).await
    }
    /// The next day's sync.
    pub(crate) async fn next_day(&self) -> Answer {
        self.clock.forward(SignedDuration::from_hours(24));
        self.sync().await
    }
    /// A first link that succeeds.
    pub(crate) async fn linked(self) -> Self {
        let answer = self.sync().await;
        assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.errors);
        self
    }

    pub(crate) fn mails(&self) -> Vec<Received> {
        let parse = |path: &PathBuf| {
            let raw = std::fs::read(path).unwrap();
            assert!(raw.len() <= link::report::MAX_MAIL, "{} bytes", raw.len());
            let mail = MessageParser::default().parse(&raw).unwrap();
            Received {
                subject: mail.subject().unwrap().to_owned(),
                to: mail.to().unwrap().iter().map(|address| address.address().unwrap().to_owned()).collect(),
                body: mail.body_text(0).unwrap().replace("\r\n", "\n"),
                attachments: mail
                    .attachments()
                    .map(|part| {
                        let name = part.attachment_name().unwrap().to_owned();
                        (name, String::from_utf8_lossy(part.contents()).into_owned())
                    })
                    .collect(),
            }
        };
        self.home.outbox().mails().unwrap().iter().map(parse).collect()
    }
    pub(crate) fn last_mail(&self) -> Received {
        self.mails().pop().expect("a mail")
    }

    /// The ids of the people and departments in EMC are exactly the snapshot's.
    pub(crate) fn assert_agreement(&self) {
        let snapshot = self.json("snapshot.json");
        let ids = |list: &Value, key: Option<&str>| {
            let mut ids: Vec<String> = list
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| key.map_or(entry, |key| &entry[key]).as_str().unwrap().to_owned())
                .collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(&snapshot["users"]["ids"], Some("id")), self.emc.user_ids());
        assert_eq!(ids(&snapshot["departments"]["ids"], None), self.emc.department_ids());
        assert_eq!(self.read("pending.json"), None);
        assert_eq!(self.read("lock.json"), None);
    }
}

pub(crate) fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

pub(crate) fn codes(faults: &[link::fault::Fault]) -> Vec<&'static str> {
    faults.iter().map(|fault| fault.code.entry().name).collect()
}
