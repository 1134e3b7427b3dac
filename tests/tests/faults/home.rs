//! The ports in memory: what a script lets happen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use link::state::keys::Key;
use link::state::ports::{
    Clock, Condition, Home, Mail, Post, PostError, SecretError, SecretErrorKind, SecretStore, StateError,
    StateErrorKind, StateStore, Stored, StoredSecret, Version,
};
use secrecy::{ExposeSecret, SecretString};

use crate::script::Script;

/// A tenant's home in memory.
#[derive(Debug)]
pub(crate) struct MemoryHome {
    pub(crate) script: Arc<Script>,
    objects: Mutex<BTreeMap<String, (Bytes, u64)>>,
    secret: Mutex<(String, u64)>,
    mails: Mutex<Vec<Mail>>,
    writes: AtomicI64,
    time: AtomicI64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryHome {
    pub(crate) fn new(secret: String) -> Self {
        Self {
            script: Arc::default(),
            objects: Mutex::default(),
            secret: Mutex::new((secret, 1)),
            mails: Mutex::default(),
            writes: AtomicI64::new(0),
            time: AtomicI64::new(0),
        }
    }
    pub(crate) fn write(&self, key: &str, body: impl Into<Bytes>) {
        let version = self.version();
        lock(&self.objects).insert(key.to_owned(), (body.into(), version));
    }
    pub(crate) fn read(&self, key: &str) -> Option<Bytes> {
        lock(&self.objects).get(key).map(|(body, _)| body.clone())
    }
    pub(crate) fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }
    pub(crate) fn mails(&self) -> Vec<Mail> {
        lock(&self.mails).clone()
    }
    pub(crate) fn forward(&self, span: SignedDuration) {
        self.time.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }
    fn version(&self) -> u64 {
        self.writes.fetch_add(1, Ordering::Relaxed).unsigned_abs() + 1
    }
    fn unavailable(operation: &'static str, key: &Key) -> StateError {
        StateError {
            operation,
            key: key.to_string(),
            kind: StateErrorKind::Unavailable,
            detail: "told by the script".to_owned(),
        }
    }
    fn put_now(&self, key: &Key, body: Bytes, condition: &Condition) -> Result<Version, StateError> {
        let mut objects = lock(&self.objects);
        let holds = match (condition, objects.get(key.as_str())) {
            (Condition::Always, _) | (Condition::Absent, None) => true,
            (Condition::Unchanged(version), Some((_, now))) => version.0 == now.to_string(),
            _ => false,
        };
        if !holds {
            let kind = StateErrorKind::Conflict;
            return Err(StateError { operation: "put", key: key.to_string(), kind, detail: String::new() });
        }
        let version = self.version();
        objects.insert(key.to_string(), (body, version));
        Ok(Version(version.to_string()))
    }
}

impl Home for MemoryHome {
    type State = Self;
    type Secrets = Self;
    type Post = Self;
    type Clock = Self;
    fn state(&self) -> &Self {
        self
    }
    fn secrets(&self) -> &Self {
        self
    }
    fn post(&self) -> &Self {
        self
    }
    fn clock(&self) -> &Self {
        self
    }
}

/// The name of an interaction, without what differs from run to run.
fn named(operation: &str, key: &Key) -> String {
    let key = key.as_str();
    let short = if key.starts_with("runs/") { key.rsplit('/').next().unwrap_or(key) } else { key };
    format!("{operation} {short}")
}

impl StateStore for MemoryHome {
    async fn get(&self, key: &Key) -> Result<Option<Stored>, StateError> {
        let found = || {
            let objects = lock(&self.objects);
            let found = objects.get(key.as_str());
            found.map(|(body, version)| Stored { body: body.clone(), version: Version(version.to_string()) })
        };
        self.script.step(named("get", key), found).await.map_err(|_| Self::unavailable("get", key))
    }
    async fn put(&self, key: &Key, body: Bytes, condition: Condition) -> Result<Version, StateError> {
        let put = || self.put_now(key, body, &condition);
        self.script.step(named("put", key), put).await.map_err(|_| Self::unavailable("put", key))?
    }
    async fn delete(&self, key: &Key) -> Result<(), StateError> {
        let delete = || {
            lock(&self.objects).remove(key.as_str());
        };
        self.script.step(named("delete", key), delete).await.map_err(|_| Self::unavailable("delete", key))
    }
    async fn list(&self, prefix: &Key) -> Result<Vec<Key>, StateError> {
        let list = || {
            let objects = lock(&self.objects);
            objects.keys().filter(|key| key.starts_with(prefix.as_str())).map(Key::from_listing).collect()
        };
        self.script.step(named("list", prefix), list).await.map_err(|_| Self::unavailable("list", prefix))
    }
}

impl SecretStore for MemoryHome {
    async fn load(&self) -> Result<StoredSecret, SecretError> {
        let load = || {
            let (text, version) = lock(&self.secret).clone();
            StoredSecret { text: text.into(), version: Version(version.to_string()) }
        };
        self.script
            .step("load secret".to_owned(), load)
            .await
            .map_err(|_| secret_error("load", SecretErrorKind::Unavailable))
    }
    async fn replace(&self, text: SecretString, read_at: &Version) -> Result<Version, SecretError> {
        let replace = || {
            let mut secret = lock(&self.secret);
            if secret.1.to_string() != read_at.0 {
                return Err(secret_error("replace", SecretErrorKind::Conflict));
            }
            *secret = (text.expose_secret().to_owned(), secret.1 + 1);
            Ok(Version(secret.1.to_string()))
        };
        let done = self.script.step("replace secret".to_owned(), replace).await;
        done.map_err(|_| secret_error("replace", SecretErrorKind::Unavailable))?
    }
}

fn secret_error(operation: &'static str, kind: SecretErrorKind) -> SecretError {
    SecretError { operation, name: "secret".to_owned(), kind, detail: "told by the script".to_owned() }
}

impl Post for MemoryHome {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        let deliver = || lock(&self.mails).push(mail.clone());
        let sent = self.script.step("send mail".to_owned(), deliver).await;
        sent.map_err(|_| PostError { detail: "told by the script".to_owned() })
    }
}

impl Clock for MemoryHome {
    fn now(&self) -> Timestamp {
        // Each look takes a millisecond, so that two runs never begin at once.
        let passed = self.time.fetch_add(1, Ordering::Relaxed);
        "2026-11-23T19:30:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_millis(passed)
    }
}
