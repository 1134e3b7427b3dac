//! The seams between the link and its platform: state, secrets, mail and clock.
//!
//! Two homes exist: a directory (`link-local`) and AWS (`link-aws`); tests add one in memory. Nothing else in the link
//! knows where it runs.

use std::fmt;
use std::future::Future;

use bytes::Bytes;
use jiff::Timestamp;
use secrecy::SecretString;

use super::delivery::Deliveries;
use super::keys::Key;

/// Everything outside that a run needs, in one place.
pub trait Platform: Send + Sync {
    /// Where the tenant's state lies.
    type State: StateStore;
    /// Where the tenant's tokens lie.
    type Secrets: SecretStore;
    /// What carries the report mail away.
    type Mailer: Mailer;
    /// What tells the time.
    type Clock: Clock;

    /// The tenant's state.
    fn state(&self) -> &Self::State;
    /// The tenant's secret.
    fn secrets(&self) -> &Self::Secrets;
    /// The way out for mail.
    fn mailer(&self) -> &Self::Mailer;
    /// The time.
    fn clock(&self) -> &Self::Clock;
    /// The ways by which upload files can be delivered; none unless a platform says otherwise.
    fn deliveries(&self) -> Deliveries {
        Deliveries::default()
    }
}

/// The tenant's state: small objects under keys below `tenants/{id}/`, replaced as a whole.
pub trait StateStore: Send + Sync {
    /// The object at `key`; `None` where there is none.
    fn get(&self, key: &Key) -> impl Future<Output = Result<Option<Stored>, StateError>> + Send;
    /// Writes the object at `key` if `condition` holds, and tells its new version.
    fn put(
        &self,
        key: &Key,
        body: Bytes,
        condition: Condition,
    ) -> impl Future<Output = Result<Version, StateError>> + Send;
    /// Writes the object at `key` as one that is needed for a week only. A store that can remove it by itself does so then;
    /// any other keeps it.
    fn put_for_a_week(&self, key: &Key, body: Bytes) -> impl Future<Output = Result<Version, StateError>> + Send {
        self.put(key, body, Condition::Always)
    }
    /// Removes the object at `key`; it is no error if there is none.
    fn delete(&self, key: &Key) -> impl Future<Output = Result<(), StateError>> + Send;
    /// Removes the object at `key` if it is still at version `read_at`, a `Conflict` otherwise; it is no error if there
    /// is none.
    fn delete_unchanged(&self, key: &Key, read_at: &Version) -> impl Future<Output = Result<(), StateError>> + Send;
    /// The keys that begin with `prefix`, in ascending order.
    fn list(&self, prefix: &Key) -> impl Future<Output = Result<Vec<Key>, StateError>> + Send;
}

/// An object and the version that it was read at.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The object's content.
    pub body: Bytes,
    /// Its version, for a later conditional write.
    pub version: Version,
}

/// A version of an object (S3's ETag), to be compared only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// What must be true of the object for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: write in any case.
    Always,
    /// There is no such object (`If-None-Match: *`).
    Absent,
    /// The object is still at this version (`If-Match`).
    Unchanged(Version),
}

/// An operation on the tenant's state failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation} {key}: {kind}: {detail}")]
pub struct StateError {
    /// `get`, `put`, `delete` or `list`.
    pub operation: &'static str,
    /// The key below `tenants/{id}/`.
    pub key: String,
    /// What went wrong, as far as the caller can act on it.
    pub kind: StateErrorKind,
    /// The store's own words (error code and message), for the operator.
    pub detail: String,
}

/// The kinds of [`StateError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateErrorKind {
    /// The condition of a write or removal did not hold: someone else wrote.
    Conflict,
    /// The role may not do this.
    Denied,
    /// There is no such bucket or directory, or it is in another region.
    NoStore,
    /// It did not answer, or answered with a fault of its own.
    Unavailable,
}

impl fmt::Display for StateErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conflict => "changed by someone else",
            Self::Denied => "access denied",
            Self::NoStore => "no such store",
            Self::Unavailable => "unavailable",
        })
    }
}

/// The tenant's secret: one JSON text.
pub trait SecretStore: Send + Sync {
    /// The secret as it is now.
    fn load(&self) -> impl Future<Output = Result<StoredSecret, SecretError>> + Send;
    /// Replaces the secret if it is still at version `read_at`; a `Conflict` otherwise.
    fn replace(
        &self,
        text: SecretString,
        read_at: &Version,
    ) -> impl Future<Output = Result<Version, SecretError>> + Send;
}

/// The secret's text and the version that it was read at.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    /// The JSON text.
    pub text: SecretString,
    /// Its version, for [`SecretStore::replace`].
    pub version: Version,
}

/// An operation on the secret failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation} secret {name}: {kind}: {detail}")]
pub struct SecretError {
    /// `load` or `replace`.
    pub operation: &'static str,
    /// The secret's name or ARN.
    pub name: String,
    /// What went wrong.
    pub kind: SecretErrorKind,
    /// The store's own words, without the secret.
    pub detail: String,
}

/// The kinds of [`SecretError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretErrorKind {
    /// There is no such secret, or it has no value.
    Missing,
    /// The role may not do this.
    Denied,
    /// Someone else wrote in the meantime.
    Conflict,
    /// It did not answer, or answered with a fault of its own.
    Unavailable,
}

impl fmt::Display for SecretErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Denied => "access denied",
            Self::Conflict => "changed by someone else",
            Self::Unavailable => "unavailable",
        })
    }
}

/// What carries a finished mail away. One attempt: sending has no idempotency key.
pub trait Mailer: Send + Sync {
    /// Hands one mail over.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), PostError>> + Send;
}

/// A finished mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The sender's address.
    pub from: String,
    /// The recipients' addresses, at least one.
    pub to: Vec<String>,
    /// The whole message in MIME form, headers included.
    pub message: Vec<u8>,
}

/// A mail could not be handed over.
#[derive(Clone, Debug, thiserror::Error)]
#[error("mail not sent: {detail}")]
pub struct PostError {
    /// What went wrong, as far as the caller can act on it.
    pub kind: PostErrorKind,
    /// The mail service's own words.
    pub detail: String,
}

/// The kinds of [`PostError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostErrorKind {
    /// The service takes no mail of this size: the same mail is refused again.
    TooLarge,
    /// Anything else; another attempt may succeed.
    Other,
}

/// What tells the time of day. Durations and sleeping are tokio's, which tests can pause.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
