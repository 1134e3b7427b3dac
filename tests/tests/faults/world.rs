//! A tenant in a world where anything may fail, and what must hold in it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use link::net::Deadline;
use link::report::{Answer, Outcome};
use link::run::{Environment, invoke};
use link::state::TenantId;
use serde_json::{Value, json};
use simulators::company::Company;
use simulators::emc::{Emc, EmcSettings};
use simulators::samples::{FULL_SHEET, SampleConfig, search_words, secret};
use simulators::smarthr::{SmartHr, SmartHrSettings};

use crate::home::MemoryHome;
use crate::script::Trouble;

/// How an invocation ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Answered(Box<Answer>),
    /// A function error: Lambda invokes again, and the alarm acts.
    Erred,
    /// The process ended. Lambda invokes again.
    Died,
}

pub(crate) struct World {
    pub(crate) smarthr: SmartHr,
    pub(crate) emc: Emc,
    pub(crate) home: MemoryHome,
    invocations: AtomicU32,
    /// Everybody who was ever rightly gone when an import was committed.
    gone: BTreeSet<String>,
}

impl World {
    /// A company of 30 people that was linked yesterday and has changed since: two joined, one left, one moved.
    pub(crate) async fn with_a_day_of_changes() -> Self {
        let world = Self::new(30);
        let first = world.invoke(&daily(0), "first", &[]).await;
        assert!(matches!(&first, Ending::Answered(answer) if answer.outcome == Outcome::Success), "{first:?}");
        world.smarthr.change(|company| {
            company.hire(2);
            company.retire_some(1);
            company.change_positions(3);
        });
        world.home.forward(SignedDuration::from_hours(24));
        world
    }

    pub(crate) fn new(employees: usize) -> Self {
        let company = Company::generate(11, employees);
        let settings = SmartHrSettings::default().without_limits();
        let search_words = search_words(&company);
        let home = MemoryHome::new(secret(&settings.token, "emc-token"));
        let smarthr = SmartHr::start(company, settings).unwrap();
        let emc = Emc::start(EmcSettings { search_words, ..EmcSettings::default() }).unwrap();
        let config = SampleConfig::new(&smarthr.base_url(), &emc.base_url()).prefix("A");
        home.write("config.toml", config.to_toml());
        home.write("mapping.csv", FULL_SHEET);
        Self { smarthr, emc, home, invocations: AtomicU32::new(0), gone: BTreeSet::new() }
    }

    /// One invocation with these troubles.
    pub(crate) async fn invoke(&self, event: &Value, id: &str, troubles: &[(usize, Trouble)]) -> Ending {
        self.home.script.begin(troubles);
        let environment = Environment {
            tenant: TenantId::parse("acme").unwrap(),
            mail_from: "emc-link@example.co.jp".to_owned(),
            ops_mail: Some("ops@example.co.jp".to_owned()),
            invocation: id.to_owned(),
            deadline: Deadline::after(Duration::from_mins(15)),
            smarthr_rate: None,
            progress: &|_| {},
        };
        // Dropping the run is the end of its process: nothing of it goes on.
        tokio::select! {
            biased;
            () = self.home.script.death() => Ending::Died,
            done = invoke(&self.home, &environment, event) => match done {
                Ok(answer) => Ending::Answered(Box::new(answer)),
                Err(_) => Ending::Erred,
            },
        }
    }

    /// A daily run as AWS starts it: on a function error or a death it is invoked again after a minute, and after two
    /// more; the first invocation has the first troubles, the second the second, the third none.
    pub(crate) async fn daily(&self, day: i64, troubles: [&[(usize, Trouble)]; 2]) -> Option<Answer> {
        let id = format!("invocation-{}", self.invocations.fetch_add(1, Ordering::Relaxed));
        for attempt in [troubles[0], troubles[1], &[]] {
            match self.invoke(&daily(day), &id, attempt).await {
                Ending::Answered(answer) => return Some(*answer),
                Ending::Erred | Ending::Died => self.home.forward(SignedDuration::from_secs(61)),
            }
        }
        None
    }

    /// The user IDs that EMC should have by SmartHR.
    pub(crate) fn wanted(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.smarthr.look(|company| {
            company.active().filter_map(|person| person.emp_code.as_ref()).map(|code| format!("A{code}")).collect()
        });
        ids.sort();
        ids
    }

    /// What must hold after a run that succeeded.
    pub(crate) fn assert_all_is_well(&self, context: &str) {
        let snapshot: Value = serde_json::from_slice(&self.home.read("snapshot.json").expect(context)).unwrap();
        let list = |part: &str, key: Option<&str>| {
            let entries = snapshot[part]["ids"].as_array().unwrap().iter();
            let mut ids: Vec<String> =
                entries.map(|entry| key.map_or(entry, |key| &entry[key]).as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids
        };
        assert_eq!(list("users", Some("id")), self.emc.user_ids(), "{context}: EMC and the snapshot agree on users");
        assert_eq!(list("departments", None), self.emc.department_ids(), "{context}: and on departments");
        assert_eq!(self.emc.user_ids(), self.wanted(), "{context}: EMC has whom SmartHR lists");
        assert_eq!(self.home.read("pending.json"), None, "{context}: nothing is pending");
        assert_eq!(self.home.read("lock.json"), None, "{context}: nobody holds the lock");
    }

    /// Nobody was deleted whom SmartHR lists now.
    pub(crate) fn assert_nobody_was_wiped(&self, context: &str) {
        let wanted: BTreeSet<String> = self.wanted().into_iter().collect();
        for import in self.emc.committed() {
            for line in import.lines().iter().filter(|line| line["op"] == "delete" && line["record"] == "user") {
                let id = line["id"].as_str().unwrap();
                assert!(!wanted.contains(id) || self.gone.contains(id), "{context}: {id} was deleted");
            }
        }
    }

    /// Every recorded run that is mailed at all was mailed: once, or (where an answer of the mail service was lost) twice.
    pub(crate) fn assert_everybody_was_told(&self, context: &str, at_most: usize) {
        let mails: Vec<String> =
            self.home.mails().iter().map(|mail| String::from_utf8_lossy(&mail.message).into_owned()).collect();
        for key in self.home.keys().iter().filter(|key| key.ends_with("/report.json")) {
            let report: Answer = serde_json::from_slice(&self.home.read(key).unwrap()).unwrap();
            let header = format!("Message-ID: <{}.", report.run_id);
            let told = mails.iter().filter(|mail| mail.contains(&header)).count();
            assert!((1..=at_most).contains(&told), "{context}: {} was told {told} times", report.run_id);
        }
    }
}

/// The daily event of a day.
pub(crate) fn daily(day: i64) -> Value {
    let time = "2026-11-24T04:30:00+09:00".parse::<jiff::Timestamp>().unwrap() + SignedDuration::from_hours(24 * day);
    json!({"mode": "sync", "scheduled_at": time.to_string()})
}
