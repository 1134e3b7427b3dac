//! A tenant in memory, the ways in which an invocation can end, and what must be true afterwards.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use link::fault::EmcData;
use link::net::Deadline;
use link::report::{Answer, Outcome};
use link::run::{Environment, InvocationError, invoke};
use link::state::TenantId;
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};
use simulators::company::Company;
use simulators::emc::{Emc, EmcSettings};
use simulators::http::Server;
use simulators::samples::{FULL_SHEET, SampleConfig, oauth_secret, search_words, secret};
use simulators::smarthr::{SmartHr, SmartHrSettings};

use crate::gate::{Fault, Gate};
use crate::home::{Memory, Time};
use crate::life::Change;
use crate::proxy;

pub(crate) struct World {
    pub(crate) gate: Arc<Gate>,
    pub(crate) time: Arc<Time>,
    pub(crate) home: Memory,
    pub(crate) smarthr: SmartHr,
    pub(crate) emc: Emc,
    settings: SmartHrSettings,
    way: Server,
    starts: usize,
    /// The time that an invocation has.
    pub(crate) patience: Duration,
    /// How other starts ended that came in the middle of one.
    pub(crate) others: Vec<End>,
    /// What people still do in SmartHR: one thing before Lambda starts a run again, or before
    /// one comes in the middle of another.
    pub(crate) between: VecDeque<Change>,
}

/// How an invocation ended.
#[derive(Debug)]
pub(crate) enum End {
    Answered(Box<Answer>),
    /// The function errs: its alarm acts and Lambda invokes again.
    Erred(#[expect(dead_code, reason = "shown where a test fails")] InvocationError),
    /// The process is gone.
    Died,
}

impl End {
    pub(crate) fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::Erred(_) | Self::Died => None,
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.answer().is_some_and(|answer| matches!(answer.outcome, Outcome::Success | Outcome::NoChange))
    }
}

impl World {
    pub(crate) fn new(employees: usize) -> Self {
        let company = Company::generate(7, employees);
        let settings = SmartHrSettings::default().without_limits();
        let masters = search_words(&company);
        let smarthr = SmartHr::start(company, settings.clone()).unwrap();
        let emc = Emc::start(EmcSettings { search_words: masters, ..EmcSettings::default() }).unwrap();
        let (gate, time) = (Arc::new(Gate::default()), Arc::new(Time::default()));
        let way = proxy::start(Arc::clone(&gate), Arc::clone(&time), smarthr.base_url(), emc.base_url());
        let home = Memory::new(Arc::clone(&gate), Arc::clone(&time));
        let world = Self {
            gate,
            time,
            home,
            smarthr,
            emc,
            settings,
            way,
            starts: 0,
            patience: PATIENCE,
            others: Vec::new(),
            between: VecDeque::new(),
        };
        world.configure("A");
        world.home.write("mapping.csv", FULL_SHEET);
        world.home.set_secret(secret(&world.settings.token, "emc-token"));
        world
    }

    pub(crate) fn configure(&self, prefix: &str) {
        let way = self.way.base_url();
        self.home.write("config.toml", SampleConfig::new(&way, &way).prefix(prefix).to_toml());
    }

    /// The SmartHR account is linked by OAuth, and its access token has just ended.
    pub(crate) fn expire_token(&self) {
        self.home.set_secret(oauth_secret(&self.settings, "stale", "2020-01-01T00:00:00Z", "emc-token"));
    }

    /// The customer connects SmartHR anew.
    pub(crate) fn connect_anew(&self) {
        self.home.set_secret(secret(&self.settings.token, "emc-token"));
    }

    /// One invocation, with whatever is planned for it.
    pub(crate) async fn start(&mut self, event: &Value, invocation: &str) -> End {
        self.gate.begin(self.starts);
        self.starts += 1;
        self.invocation(event, invocation, self.patience).await
    }

    /// Something happens in SmartHR, if anything is to.
    pub(crate) fn live(&mut self) {
        if let Some(change) = self.between.pop_front() {
            self.smarthr.change(|company| change.happen(company));
        }
    }

    fn invocation<'w>(
        &'w mut self,
        event: &'w Value,
        invocation: &'w str,
        patience: Duration,
    ) -> Pin<Box<dyn Future<Output = End> + 'w>> {
        Box::pin(async move {
            let environment = environment(invocation, patience);
            let home = self.home.clone();
            let mut run = Box::pin(invoke(&home, &environment, event));
            loop {
                tokio::select! {
                    ended = &mut run => {
                        return match ended {
                            Ok(answer) => End::Answered(Box::new(answer)),
                            Err(error) => End::Erred(error),
                        };
                    }
                    () = self.gate.died.notified() => {
                        drop(run);
                        // A request that it had sent may not have reached the proxy yet, which would take it for the next start's.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        return End::Died;
                    }
                    () = self.gate.frozen.notified() => {}
                }
                // This start is not polled from here on: it is frozen as Lambda freezes a process.
                while let Some((fault, resume)) = self.gate.freezing() {
                    if fault != Fault::Doubled {
                        self.time.forward(SignedDuration::from_secs(60));
                    }
                    self.live();
                    let on_demand = json!({"mode": "sync"});
                    let second = if fault == Fault::OvertakenAfter { event } else { &on_demand };
                    let aside = self.gate.aside();
                    let end = self.invocation(second, "the other", PATIENCE).await;
                    self.gate.back(aside);
                    self.others.push(end);
                    resume.notify_one();
                }
            }
        })
    }

    /// As EventBridge and Lambda start a day: again after a minute, twice at the most, where the function erred or died.
    pub(crate) async fn day(&mut self, event: &Value, invocation: &str) -> Vec<End> {
        let mut ends = Vec::new();
        for again in 0..3 {
            if again > 0 {
                self.live();
            }
            let end = self.start(event, invocation).await;
            let is_dealt_with = matches!(end, End::Answered(_));
            ends.push(end);
            if is_dealt_with {
                break;
            }
            self.time.forward(SignedDuration::from_secs(60));
        }
        ends
    }

    pub(crate) fn object(&self, key: &str) -> Option<Value> {
        let kept = self.home.kept();
        kept.objects.get(key).map(|(body, _)| serde_json::from_slice(body).unwrap())
    }

    /// Everyone in EMC with all items.
    pub(crate) fn emc_content(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let user = |id: String| (id.clone(), self.emc.user(&id).unwrap());
        let department = |id: String| (format!("部署 {id}"), self.emc.department(&id).unwrap());
        let users = self.emc.user_ids().into_iter().map(user);
        users.chain(self.emc.department_ids().into_iter().map(department)).collect()
    }

    /// The IDs of everyone whom SmartHR lists, by SmartHR alone.
    pub(crate) fn listed(&self, prefix: &str) -> BTreeSet<String> {
        self.smarthr.look(|company| {
            company
                .active()
                .filter_map(|person| person.emp_code.as_ref())
                .map(|code| format!("{prefix}{code}"))
                .collect()
        })
    }

    /// Nothing is left over of a run that ended undisturbed.
    pub(crate) fn tidy(&self) -> Result<(), String> {
        match (self.object("pending.json"), self.object("lock.json")) {
            (None, None) => Ok(()),
            left => Err(format!("left over: {left:?}")),
        }
    }

    /// EMC and the snapshot agree.
    pub(crate) fn agreement(&self) -> Result<(), String> {
        let snapshot = self.object("snapshot.json").ok_or("no snapshot")?;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let list = |value: &Value| value.as_array().unwrap().clone();
        let mut users: Vec<String> = list(&snapshot["users"]["ids"]).iter().map(|user| text(&user["id"])).collect();
        let mut departments: Vec<String> = list(&snapshot["departments"]["ids"]).iter().map(text).collect();
        users.sort();
        departments.sort();
        if users != self.emc.user_ids() || departments != self.emc.department_ids() {
            return Err("EMC and the snapshot differ".to_owned());
        }
        Ok(())
    }

    /// No report and no mail says that yesterday's data stands where EMC has committed that run's import.
    pub(crate) fn truth(&self) -> Result<(), String> {
        let committed: BTreeSet<String> = self.emc.committed().into_iter().map(|import| import.import_id).collect();
        let kept = self.home.kept();
        let reports = kept.objects.iter().filter(|(key, _)| key.ends_with("/report.json"));
        let reports = reports.map(|(_, (body, _))| serde_json::from_slice::<Answer>(body).unwrap());
        let reported = reports.filter(|report| report.yesterday() == EmcData::Unchanged).map(|report| report.run_id);
        let mailed = kept.mails.iter().filter_map(|mail| {
            let mail = MessageParser::default().parse(mail).unwrap();
            let says_so = mail.body_text(0).unwrap().contains(EmcData::Unchanged.sentence_ja());
            says_so.then(|| mail.message_id().unwrap().split('.').next().unwrap().to_owned())
        });
        match reported.chain(mailed).find(|run| committed.contains(run)) {
            Some(run) => Err(format!("{run} was told to have written nothing, and EMC has committed it")),
            None => Ok(()),
        }
    }

    /// The users that the imports committed since the `from`th deleted.
    pub(crate) fn deleted_since(&self, from: usize) -> BTreeSet<String> {
        let lines = self.emc.committed().into_iter().skip(from).flat_map(|import| import.lines());
        let users = lines.filter(|line| line["op"] == "delete" && line["record"] == "user");
        users.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
    }

    /// How many mails each recorded run has had.
    pub(crate) fn mails_by_run(&self) -> BTreeMap<String, usize> {
        let kept = self.home.kept();
        let recorded = kept.objects.keys().filter_map(|key| key.strip_suffix("/report.json"));
        let mut counts: BTreeMap<String, usize> =
            recorded.map(|folder| (folder.rsplit('/').next().unwrap().to_owned(), 0)).collect();
        for mail in &kept.mails {
            let mail = MessageParser::default().parse(mail).unwrap();
            let id = mail.message_id().unwrap();
            *counts.entry(id.split('.').next().unwrap().to_owned()).or_default() += 1;
        }
        counts
    }

    /// The attachments of this name of all mails.
    pub(crate) fn attached(&self, name: &str) -> Vec<String> {
        let kept = self.home.kept();
        let mails: Vec<_> = kept.mails.iter().map(|mail| MessageParser::default().parse(mail).unwrap()).collect();
        let parts = mails.iter().flat_map(mail_parser::Message::attachments);
        parts
            .filter(|part| part.attachment_name() == Some(name))
            .map(|part| String::from_utf8_lossy(part.contents()).into_owned())
            .collect()
    }

    pub(crate) fn reports(&self) -> Vec<Value> {
        let kept = self.home.kept();
        let reports = kept.objects.iter().filter(|(key, _)| key.ends_with("/report.json"));
        reports.map(|(_, (body, _))| serde_json::from_slice(body).unwrap()).collect()
    }
}

/// Lambda's longest.
const PATIENCE: Duration = Duration::from_mins(15);

fn environment(invocation: &str, patience: Duration) -> Environment<'static> {
    Environment {
        tenant: TenantId::parse("acme").unwrap(),
        version: "0.2.0+gabcdef0",
        mail_from: "emc-link@example.co.jp".into(),
        ops_mail: Some("ops@example.co.jp".into()),
        invocation: invocation.to_owned(),
        deadline: Deadline::after(patience),
        pages_entry: None,
        smarthr_rate: None,
        progress: &|_| {},
    }
}

/// The first day, linked without a fault; then a day's changes have been made in SmartHR.
pub(crate) async fn second_morning() -> World {
    let mut world = World::new(24);
    let first = world.start(&json!({"mode": "sync"}), "day 1").await;
    assert!(matches!(&first, End::Answered(answer) if answer.outcome == Outcome::Success), "{first:?}");
    world.smarthr.change(|company| {
        company.retire_some(1);
        company.hire(2);
        company.change_positions(3);
        let department = company.coded_departments().next().unwrap().id.clone();
        company.rename_department(&department, "改称した部署");
    });
    world.expire_token();
    world.time.forward(SignedDuration::from_hours(24));
    world.starts = 0;
    world
}

pub(crate) fn scheduled(day: u8) -> Value {
    json!({"mode": "sync", "scheduled_at": format!("2026-11-{day}T04:30:00+09:00")})
}
