//! The ports in memory, behind the gate.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use link::state::keys::Key;
use link::state::ports::{
    Clock, Condition, Mail, Mailer, Platform, PostError, PostErrorKind, SecretError, SecretErrorKind, SecretStore,
    StateError, StateErrorKind, StateStore, Stored, StoredSecret, Version,
};
use secrecy::{ExposeSecret, SecretString};

use model::{Act, Answer, Reach};

use crate::conformance::{Kind, name_in};
use crate::gate::{Fault, Gate, Met};

/// So long an interaction takes that comes late: longer than a lease.
pub(crate) const LATE: SignedDuration = SignedDuration::from_secs(45);

/// A clock that begins at 4:30 on 2026-11-24 in Tokyo; each look takes a millisecond.
#[derive(Debug, Default)]
pub(crate) struct Time(AtomicI64);

impl Time {
    pub(crate) fn forward(&self, span: SignedDuration) {
        self.0.fetch_add(span.as_millis().try_into().unwrap(), Ordering::Relaxed);
    }
    pub(crate) fn now(&self) -> Timestamp {
        let passed = self.0.fetch_add(1, Ordering::Relaxed);
        "2026-11-23T19:30:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_millis(passed)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) gate: Arc<Gate>,
    pub(crate) time: Arc<Time>,
    kept: Arc<Mutex<Kept>>,
}

/// The holes in the hand-over that were found and closed; each put back shows that the tests find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hole {
    /// `pending.json` is removed whosever it is: the store does not look at the version.
    RemovesAnothersPending,
    /// `pending.json` does not say what its import was made from, as in version 1 of the file: whoever settles it writes its
    /// snapshot over the one found then.
    KeepsOverAnother,
}

#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) objects: BTreeMap<String, (Bytes, u64)>,
    pub(crate) secret: (String, u64),
    pub(crate) mails: Vec<Vec<u8>>,
    /// A hole that was closed, open again.
    pub(crate) hole: Option<Hole>,
    writes: u64,
}

impl Memory {
    pub(crate) fn new(gate: Arc<Gate>, time: Arc<Time>) -> Self {
        Self { gate, time, kept: Arc::default() }
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self, key: &str, body: impl Into<Bytes>) {
        let mut kept = self.kept();
        kept.writes += 1;
        let version = kept.writes;
        kept.objects.insert(key.to_owned(), (body.into(), version));
    }

    pub(crate) fn set_secret(&self, text: String) {
        let mut kept = self.kept();
        kept.writes += 1;
        kept.secret = (text, kept.writes);
    }

    /// Passes the gate; `kind` and `answer` say in the model's words what it is and what came of it.
    async fn pass<T: Send>(
        &self,
        label: String,
        mut effect: impl FnMut() -> T + Send,
        failed: impl FnOnce() -> T + Send,
        kind: impl FnOnce(Met) -> Kind + Send,
        answer: impl Fn(&T) -> Answer + Send,
    ) -> T {
        // A store answers after a while: others get their turn.
        tokio::task::yield_now().await;
        let met = self.gate.meet(&label);
        let kind = kind(met);
        let mut took = |is_heard: bool| {
            let result = effect();
            let answer = answer(&result);
            let reach = if is_heard { Reach::Heard(answer) } else { Reach::Unheard(answer) };
            self.gate.saw(met, &kind, reach);
            result
        };
        let fails = || {
            self.gate.saw(met, &kind, Reach::Failed);
            failed()
        };
        match met.fault {
            None => took(true),
            Some(Fault::Fail) => fails(),
            Some(Fault::FailAfter) => {
                took(false);
                fails()
            }
            Some(Fault::Repeat) => {
                took(false);
                took(true)
            }
            Some(Fault::Late) => {
                self.time.forward(LATE);
                took(true)
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Die) => self.gate.die().await,
            Some(Fault::DieAfter) => {
                took(false);
                self.gate.die().await
            }
            Some(fault @ (Fault::Doubled | Fault::Overtaken)) => {
                self.gate.freeze(fault).await;
                took(true)
            }
            Some(Fault::OvertakenAfter) => {
                let result = took(true);
                self.gate.freeze(Fault::OvertakenAfter).await;
                result
            }
        }
    }
}

impl Memory {
    /// What reading this told, in the model's words.
    fn answer(&self, key: &Key, body: Option<&Bytes>) -> Answer {
        let of = |body: &Bytes| self.gate.conformance(|conformance| conformance.run_of(&name_in(body)));
        match key.as_str() {
            "pending.json" => Answer::Pending(body.and_then(of)),
            "snapshot.json" => Answer::Snapshot(body.and_then(of)),
            _ => Answer::Done,
        }
    }

    /// What writing this is, in the model's words.
    fn writing(&self, key: &Key, body: &Bytes, met: Met) -> Kind {
        match key.as_str() {
            "pending.json" => {
                self.gate.conformance(|conformance| conformance.named(&name_in(body), met.run));
                Kind::Act(Act::WritePending)
            }
            "snapshot.json" => match self.gate.conformance(|conformance| conformance.run_of(&name_in(body))) {
                Some(of) => Kind::Act(Act::WriteSnapshot(of)),
                None => Kind::Other,
            },
            "lock.json" => Kind::Act(Act::Renew),
            other if other.starts_with("runs/") => Kind::Tells,
            _ => Kind::Other,
        }
    }
}

/// What reading this is, in the model's words.
fn reading(key: &Key) -> Kind {
    match key.as_str() {
        "pending.json" => Kind::Act(Act::ReadPending),
        "snapshot.json" => Kind::Act(Act::ReadSnapshot),
        "config.toml" | "mapping.xlsx" | "mapping.csv" => Kind::Gathers,
        other if other.starts_with("runs/") => Kind::Tells,
        _ => Kind::Other,
    }
}

/// What removing this is, in the model's words.
fn removing(key: &Key) -> Kind {
    if *key == Key::pending() { Kind::Act(Act::RemovePending) } else { Kind::Other }
}

fn done<T, E>(result: &Result<T, E>) -> Answer {
    if result.is_ok() { Answer::Done } else { Answer::Conflict }
}

/// A `pending.json` as an earlier version of the link wrote it.
fn without_basis(body: &Bytes) -> Bytes {
    let mut pending: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).unwrap();
    pending.remove("basis");
    pending.insert("version".to_owned(), 1.into());
    serde_json::to_vec(&pending).unwrap().into()
}

/// The key without what differs from run to run.
fn shape(key: &str) -> String {
    match key.strip_prefix("runs/") {
        Some(rest) => format!("runs/*/{}", rest.rsplit('/').next().unwrap_or_default()),
        None => key.to_owned(),
    }
}

fn error(operation: &'static str, key: &Key, kind: StateErrorKind) -> StateError {
    StateError { operation, key: key.to_string(), kind, detail: "on purpose".to_owned() }
}

impl StateStore for Memory {
    async fn get(&self, key: &Key) -> Result<Option<Stored>, StateError> {
        let effect = || {
            let kept = self.kept();
            Ok(kept
                .objects
                .get(key.as_str())
                .map(|(body, version)| Stored { body: body.clone(), version: Version(version.to_string()) }))
        };
        let failed = || Err(error("get", key, StateErrorKind::Unavailable));
        let answer = |found: &Result<Option<Stored>, StateError>| match found {
            Ok(found) => self.answer(key, found.as_ref().map(|stored| &stored.body)),
            Err(_) => Answer::Refused,
        };
        self.pass(format!("state get {}", shape(key.as_str())), effect, failed, |_| reading(key), answer).await
    }

    async fn put(&self, key: &Key, body: Bytes, condition: Condition) -> Result<Version, StateError> {
        let body = match self.kept().hole {
            Some(Hole::KeepsOverAnother) if *key == Key::pending() => without_basis(&body),
            _ => body,
        };
        let effect = || {
            let mut kept = self.kept();
            let now = kept.objects.get(key.as_str()).map(|(_, version)| version.to_string());
            let fits = match &condition {
                Condition::Always => true,
                Condition::Absent => now.is_none(),
                Condition::Unchanged(version) => now.as_ref() == Some(&version.0),
            };
            if !fits {
                return Err(error("put", key, StateErrorKind::Conflict));
            }
            kept.writes += 1;
            let version = kept.writes;
            kept.objects.insert(key.to_string(), (body.clone(), version));
            Ok(Version(version.to_string()))
        };
        let failed = || Err(error("put", key, StateErrorKind::Unavailable));
        let kind = |met: Met| self.writing(key, &body, met);
        self.pass(format!("state put {}", shape(key.as_str())), effect, failed, kind, done).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StateError> {
        let effect = || {
            self.kept().objects.remove(key.as_str());
            Ok(())
        };
        let failed = || Err(error("delete", key, StateErrorKind::Unavailable));
        self.pass(format!("state delete {}", shape(key.as_str())), effect, failed, |_| removing(key), done).await
    }

    async fn delete_unchanged(&self, key: &Key, read_at: &Version) -> Result<(), StateError> {
        let effect = || {
            let mut kept = self.kept();
            let removes_any = kept.hole == Some(Hole::RemovesAnothersPending) && *key == Key::pending();
            match kept.objects.get(key.as_str()) {
                Some((_, version)) if version.to_string() != read_at.0 && !removes_any => {
                    return Err(error("delete", key, StateErrorKind::Conflict));
                }
                _ => kept.objects.remove(key.as_str()),
            };
            Ok(())
        };
        let failed = || Err(error("delete", key, StateErrorKind::Unavailable));
        self.pass(format!("state delete {}", shape(key.as_str())), effect, failed, |_| removing(key), done).await
    }

    async fn list(&self, prefix: &Key) -> Result<Vec<Key>, StateError> {
        let effect = || {
            let kept = self.kept();
            let below = kept.objects.keys().filter(|key| key.starts_with(prefix.as_str()));
            Ok(below.map(Key::from_listing).collect())
        };
        let failed = || Err(error("list", prefix, StateErrorKind::Unavailable));
        self.pass("state list".to_owned(), effect, failed, |_| Kind::Other, done).await
    }
}

impl SecretStore for Memory {
    async fn load(&self) -> Result<StoredSecret, SecretError> {
        let effect = || {
            let kept = self.kept();
            let (text, version) = &kept.secret;
            Ok(StoredSecret { text: text.clone().into(), version: Version(version.to_string()) })
        };
        let failed = || Err(secret_error("load", SecretErrorKind::Unavailable));
        self.pass("secret load".to_owned(), effect, failed, |_| Kind::Gathers, done).await
    }

    async fn replace(&self, text: SecretString, read_at: &Version) -> Result<Version, SecretError> {
        let effect = || {
            let mut kept = self.kept();
            if kept.secret.1.to_string() != read_at.0 {
                return Err(secret_error("replace", SecretErrorKind::Conflict));
            }
            kept.writes += 1;
            kept.secret = (text.expose_secret().to_owned(), kept.writes);
            Ok(Version(kept.writes.to_string()))
        };
        let failed = || Err(secret_error("replace", SecretErrorKind::Unavailable));
        self.pass("secret replace".to_owned(), effect, failed, |_| Kind::Gathers, done).await
    }
}

fn secret_error(operation: &'static str, kind: SecretErrorKind) -> SecretError {
    SecretError { operation, name: "acme".to_owned(), kind, detail: "on purpose".to_owned() }
}

impl Mailer for Memory {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        let effect = || {
            self.kept().mails.push(mail.message.clone());
            Ok(())
        };
        // A mail that the service takes twice is two mails: nothing repeats it but the link.
        let failed = || Err(PostError { kind: PostErrorKind::Other, detail: "on purpose".to_owned() });
        self.pass("mail".to_owned(), effect, failed, |_| Kind::Tells, done).await
    }
}

impl Clock for Memory {
    fn now(&self) -> Timestamp {
        self.time.now()
    }
}

impl Platform for Memory {
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
