//! Webhooks: which are registered, what they are told, and how often SmartHR tries.
//!
//! Only changes of crews fire events; changes of departments and masters fire none. An event is due as soon as the change
//! is made. Without a 2xx within the time limit it is tried again, and after the last try the webhook is disabled.

mod api;
mod changes;
mod send;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::company::{Person, Random};

pub(super) use api::answer;
pub(super) use changes::{changes, crew_body, import_body};
pub(super) use send::run;

/// What a webhook can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A crew is new.
    CrewCreated,
    /// A crew has changed.
    CrewUpdated,
    /// A crew is deleted.
    CrewDeleted,
    /// Many crews were imported at once; their own events are not sent.
    CrewImported,
    /// Of a dependent; never sent here.
    DependentCreated,
    /// Of a dependent; never sent here.
    DependentUpdated,
    /// Of a dependent; never sent here.
    DependentDeleted,
    /// Of dependents; never sent here.
    DependentImported,
}

impl EventKind {
    /// All of them, in SmartHR's order.
    pub const ALL: [Self; 8] = [
        Self::CrewCreated,
        Self::CrewUpdated,
        Self::CrewDeleted,
        Self::CrewImported,
        Self::DependentCreated,
        Self::DependentUpdated,
        Self::DependentDeleted,
        Self::DependentImported,
    ];

    /// SmartHR's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CrewCreated => "crew_created",
            Self::CrewUpdated => "crew_updated",
            Self::CrewDeleted => "crew_deleted",
            Self::CrewImported => "crew_imported",
            Self::DependentCreated => "dependent_created",
            Self::DependentUpdated => "dependent_updated",
            Self::DependentDeleted => "dependent_deleted",
            Self::DependentImported => "dependent_imported",
        }
    }
}

/// A registered webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// SmartHR's id.
    pub id: String,
    /// Where events go.
    pub url: String,
    /// What an administrator reads.
    pub description: Option<String>,
    /// The events that it is told of.
    pub events: BTreeSet<EventKind>,
    /// Leaves everything but ids out of the body.
    pub expose_only_id: bool,
    /// Sent as `X-SmartHR-Token`; SmartHR never shows it again.
    pub secret_token: Option<String>,
    /// Since when SmartHR no longer sends.
    pub disabled_at: Option<Date>,
}

impl Webhook {
    /// A webhook as an administrator enters it by hand: all four events of crews, ids only. It has no id before it is
    /// registered.
    pub fn for_crews(url: &str, secret_token: &str) -> Self {
        let events = EventKind::ALL.into_iter().take(4).collect();
        Self {
            id: String::new(),
            url: url.to_owned(),
            description: None,
            events,
            expose_only_id: true,
            secret_token: Some(secret_token.to_owned()),
            disabled_at: None,
        }
    }

    fn json(&self) -> Value {
        let mut members = Map::new();
        members.insert("id".to_owned(), json!(self.id));
        members.insert("url".to_owned(), json!(self.url));
        members.insert("description".to_owned(), json!(self.description));
        for kind in EventKind::ALL {
            members.insert(kind.as_str().to_owned(), json!(self.events.contains(&kind)));
        }
        members.insert("expose_only_id".to_owned(), json!(self.expose_only_id));
        members.insert("disabled_at".to_owned(), json!(self.disabled_at.map(|day| day.to_string())));
        members.insert("access_type".to_owned(), json!("read_and_update"));
        members.insert("created_at".to_owned(), json!("2026-11-23T09:00:00.000+09:00"));
        members.insert("updated_at".to_owned(), json!("2026-11-23T09:00:00.000+09:00"));
        Value::Object(members)
    }
}

/// In which order the events of one change leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeliveryOrder {
    /// As the changes were made; several are under way at once, so that they need not arrive so.
    #[default]
    AsChanged,
    /// The last first.
    Reversed,
    /// Any.
    Shuffled,
}

/// How SmartHR delivers events.
#[derive(Clone, Debug)]
pub struct WebhookDelivery {
    /// The time for an answer of 2xx; SmartHR: 60 seconds.
    pub answer_within: Duration,
    /// The wait before each further try; SmartHR: 16 waits over three days, 17 tries in all.
    pub waits: Vec<Duration>,
    /// So many events of a thousand are sent twice.
    pub duplicates_per_mille: usize,
    /// The order within a change.
    pub order: DeliveryOrder,
    /// So many requests are under way at once.
    pub at_once: usize,
}

impl Default for WebhookDelivery {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_mins(1),
            waits: waits_within(Duration::from_hours(72), 16),
            duplicates_per_mille: 0,
            order: DeliveryOrder::AsChanged,
            at_once: 8,
        }
    }
}

impl WebhookDelivery {
    /// The same 17 tries within this time, for a test that sees them all.
    #[must_use]
    pub fn within(self, total: Duration) -> Self {
        Self { waits: waits_within(total, 16), ..self }
    }

    /// The sandbox's 5 tries within this time; SmartHR: 8 minutes.
    #[must_use]
    pub fn sandbox(self, total: Duration) -> Self {
        Self { waits: waits_within(total, 4), ..self }
    }
}

/// Waits that grow evenly and add up to `total`; SmartHR documents the number and the sum only.
fn waits_within(total: Duration, waits: u32) -> Vec<Duration> {
    let parts = waits * (waits + 1) / 2;
    (1..=waits).map(|part| total * part / parts).collect()
}

/// One try to deliver an event.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// The webhook's id.
    pub webhook: String,
    /// The event.
    pub event: EventKind,
    /// Whose it is; none for an import.
    pub crew: Option<String>,
    /// 1 for the first try.
    pub attempt: usize,
    /// The answer's status; none without an answer in time.
    pub status: Option<u16>,
    /// When it was sent, since SmartHR started.
    pub at: Duration,
    /// How long the answer took.
    pub took: Duration,
}

/// An event on its way to one webhook.
#[derive(Clone, Debug)]
struct Job {
    webhook: String,
    event: EventKind,
    crew: Option<String>,
    body: String,
    attempt: usize,
    due: Instant,
}

/// An event before it is addressed.
#[derive(Debug)]
pub(super) struct Fired {
    pub(super) event: EventKind,
    pub(super) crew: Option<String>,
    /// The body with everything, and with ids only.
    pub(super) bodies: [String; 2],
}

/// All webhooks, and what is on its way to them.
#[derive(Debug)]
pub(super) struct Webhooks {
    started: Instant,
    random: Random,
    pub(super) all: Vec<Webhook>,
    registered: usize,
    /// Everybody before the changes that were not looked at yet.
    pub(super) before: Option<HashMap<String, Person>>,
    jobs: VecDeque<Job>,
    under_way: usize,
    pub(super) deliveries: Vec<Delivery>,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            random: Random::new(17),
            all: Vec::new(),
            registered: 0,
            before: None,
            jobs: VecDeque::new(),
            under_way: 0,
            deliveries: Vec::new(),
        }
    }
}

impl Webhooks {
    /// Whether anybody is told of anything, so that changes have to be looked for.
    pub(super) fn is_anyone_told(&self) -> bool {
        self.all.iter().any(|webhook| webhook.disabled_at.is_none() && !webhook.events.is_empty())
    }

    /// Registers a webhook; gives its id.
    pub(super) fn register(&mut self, webhook: Webhook) -> String {
        self.registered += 1;
        let id = format!("3eb00000-0000-4000-8000-{:012}", self.registered);
        self.all.push(Webhook { id: id.clone(), ..webhook });
        id
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Webhook> {
        let at = self.all.iter().position(|webhook| webhook.id == id)?;
        self.jobs.retain(|job| job.webhook != id);
        Some(self.all.remove(at))
    }

    /// Addresses these events to every webhook that is told of them.
    pub(super) fn fire(&mut self, fired: &[Fired], delivery: &WebhookDelivery) {
        let mut jobs = Vec::new();
        for event in fired {
            for webhook in self.all.iter().filter(|one| one.disabled_at.is_none() && one.events.contains(&event.event))
            {
                let job = Job {
                    webhook: webhook.id.clone(),
                    event: event.event,
                    crew: event.crew.clone(),
                    body: event.bodies[usize::from(webhook.expose_only_id)].clone(),
                    attempt: 1,
                    due: Instant::now(),
                };
                if self.random.per_mille(delivery.duplicates_per_mille) {
                    jobs.push(job.clone());
                }
                jobs.push(job);
            }
        }
        match delivery.order {
            DeliveryOrder::AsChanged => {}
            DeliveryOrder::Reversed => jobs.reverse(),
            DeliveryOrder::Shuffled => self.random.shuffle(&mut jobs),
        }
        self.jobs.extend(jobs);
    }

    /// Events that were neither delivered nor given up.
    pub(super) fn pending(&self) -> usize {
        self.jobs.len() + self.under_way
    }

    /// Takes up to `most` events that are due.
    fn take_due(&mut self, most: usize) -> Vec<Job> {
        let now = Instant::now();
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(at) = self.jobs.iter().position(|job| job.due <= now)
            && let Some(job) = self.jobs.remove(at)
        {
            taken.push(job);
        }
        self.under_way += taken.len();
        taken
    }

    /// Files what became of a try: done, due again later, or the webhook is disabled.
    fn settle(&mut self, job: Job, status: Option<u16>, took: Duration, delivery: &WebhookDelivery) {
        self.under_way = self.under_way.saturating_sub(1);
        self.deliveries.push(Delivery {
            webhook: job.webhook.clone(),
            event: job.event,
            crew: job.crew.clone(),
            attempt: job.attempt,
            status,
            at: self.started.elapsed().saturating_sub(took),
            took,
        });
        if status.is_some_and(|status| (200..300).contains(&status)) {
            return;
        }
        let Some(webhook) = self.all.iter_mut().find(|one| one.id == job.webhook && one.disabled_at.is_none()) else {
            return;
        };
        if let Some(wait) = delivery.waits.get(job.attempt - 1) {
            self.jobs.push_back(Job { attempt: job.attempt + 1, due: Instant::now() + *wait, ..job });
        } else {
            webhook.disabled_at = Some(jiff::Zoned::now().date());
            self.jobs.retain(|other| other.webhook != job.webhook);
        }
    }
}
