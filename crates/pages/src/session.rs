//! A person's stay in the pages. The browser has a random name only; what it stands for lies in the tenant's state, so that
//! leaving ends it everywhere, and no other tenant knows it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use link::state::keys::Key;
use link::state::ports::{Condition, StateErrorKind, StateStore, Version};
use serde::{Deserialize, Serialize};

use crate::app::{App, Shared};
use crate::person::{Person, Role};
use crate::problem::Problem;
use crate::random::{digest, random_name};
use crate::site::Site;

/// The cookie's name. `__Host-` binds it to this host, to the root, and to TLS.
pub const COOKIE: &str = "__Host-emc-link";

/// Without a sign of life for so long, the session is over.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// However busy, a session ends with the working day.
const LONGEST: SignedDuration = SignedDuration::from_hours(10);
/// A sign of life is written down at most so often.
const NOTED: SignedDuration = SignedDuration::from_mins(1);

const VERSION: u64 = 1;

/// What the state knows of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    version: u64,
    /// Who it is.
    pub(crate) person: Person,
    /// What they may do.
    #[serde(default)]
    pub(crate) role: Role,
    /// What every form of this session carries.
    pub(crate) csrf: String,
    began: Timestamp,
    seen: Timestamp,
    /// A consent at SmartHR that was asked for and has not come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) consent: Option<Consent>,
    /// What the next page is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flash: Option<String>,
}

/// A consent on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// The digest of `state`.
    pub(crate) state: String,
    /// PKCE's verifier.
    pub(crate) verifier: String,
    /// When it was asked for.
    pub(crate) asked: Timestamp,
}

/// A session that is in force.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    key: Key,
    pub(crate) record: SessionRecord,
    version: Version,
    /// What the page before wanted to be said.
    pub(crate) flash: Option<String>,
}

impl Session {
    /// Lets the next page say something.
    pub(crate) async fn say<S: Site>(&mut self, app: &App<S>, text: &str) -> Result<(), Problem> {
        self.record.flash = Some(text.to_owned());
        self.keep(app).await
    }

    /// Asks for a consent, in place of any before.
    pub(crate) async fn ask<S: Site>(&mut self, app: &App<S>, consent: Consent) -> Result<(), Problem> {
        self.record.consent = Some(consent);
        self.keep(app).await
    }

    /// Takes the consent that was asked for. Of two that take it at once, one is refused.
    pub(crate) async fn take_consent<S: Site>(&mut self, app: &App<S>) -> Result<Option<Consent>, Problem> {
        let Some(consent) = self.record.consent.take() else { return Ok(None) };
        let body = body(&self.record)?;
        match app.state().put(&self.key, body, Condition::Unchanged(self.version.clone())).await {
            Ok(version) => {
                self.version = version;
                Ok(Some(consent))
            }
            Err(error) if error.kind == StateErrorKind::Conflict => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the record. Two pages of one browser may overlap: the later one wins, unless the session has ended.
    async fn keep<S: Site>(&mut self, app: &App<S>) -> Result<(), Problem> {
        for _ in 0..3 {
            let body = body(&self.record)?;
            match app.state().put(&self.key, body, Condition::Unchanged(self.version.clone())).await {
                Ok(version) => {
                    self.version = version;
                    return Ok(());
                }
                Err(error) if error.kind == StateErrorKind::Conflict => {
                    let Some(found) = app.state().get(&self.key).await? else { return Err(Problem::no_session()) };
                    self.version = found.version;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::overtaken())
    }
}

fn body(record: &SessionRecord) -> Result<Bytes, Problem> {
    serde_json::to_vec(record).map(Bytes::from).map_err(|error| Problem::internal(&error.to_string()))
}

/// Begins a session and gives its name, which only the browser keeps.
pub(crate) async fn begin<S: Site>(app: &App<S>, person: &Person, role: Role) -> Result<String, Problem> {
    let random = || random_name().map_err(|error| Problem::internal(&error.to_string()));
    let (name, csrf) = (random()?, random()?);
    let now = app.now();
    let record = SessionRecord {
        version: VERSION,
        person: person.clone(),
        role,
        csrf,
        began: now,
        seen: now,
        consent: None,
        flash: None,
    };
    let body = body(&record)?;
    app.state().put(&Key::session(&digest(&name)), body, Condition::Absent).await?;
    Ok(name)
}

/// Ends a session; that it cannot be removed is no reason to keep anyone from leaving or coming anew.
pub(crate) async fn end<S: Site>(app: &App<S>, name: &str) {
    if let Err(error) = app.state().delete(&Key::session(&digest(name))).await {
        tracing::warn!(%error, "a session could not be removed; it ends by itself");
    }
}

async fn resume<S: Site>(app: &App<S>, name: &str) -> Result<Session, Problem> {
    let key = Key::session(&digest(name));
    let found = app.state().get(&key).await?.ok_or_else(Problem::no_session)?;
    let record = serde_json::from_slice::<SessionRecord>(&found.body).ok().filter(|record| record.version == VERSION);
    let record = record.ok_or_else(Problem::no_session)?;
    let now = app.now();
    if now.duration_since(record.seen) > IDLE || now.duration_since(record.began) > LONGEST {
        end(app, name).await;
        return Err(Problem::no_session());
    }
    let mut session = Session { key, record, version: found.version, flash: None };
    session.flash = session.record.flash.take();
    if session.flash.is_some() || now.duration_since(session.record.seen) > NOTED {
        session.record.seen = now;
        session.keep(app).await?;
    }
    Ok(session)
}

/// The cookie for a session's name: for this host alone, unseen by scripts, gone with the browser.
pub(crate) fn cookie(name: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&format!("{COOKIE}={name}; Path=/; Secure; HttpOnly; SameSite=Lax"))
        .map_err(|error| Problem::internal(&error.to_string()))
}

/// The cookie that takes it back.
pub(crate) fn no_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-emc-link=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// The session's name in a request; `None` if no name of ours could look so.
pub(crate) fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let name = pairs.find(|(name, _)| *name == COOKIE)?.1;
    let fits = name.len() == 43 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then_some(name)
}

/// Only someone with a session gets past this.
pub(crate) struct SignedIn(pub(crate) Session);

impl<S: Site> FromRequestParts<Shared<S>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared<S>) -> Result<Self, Problem> {
        let name = cookie_of(&parts.headers).ok_or_else(Problem::no_session)?;
        resume(app, name).await.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_nothing_else_is_taken_for_it() {
        let name = random_name().unwrap();
        let of = |text: &str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(text).unwrap())]);
            cookie_of(&headers).map(str::to_owned)
        };
        assert_eq!(of(&format!("a=b; {COOKIE}={name}; c=d")), Some(name.clone()));
        assert_eq!(of(&format!("{COOKIE}=../../config")), None);
        assert_eq!(of(&format!("emc-link={name}")), None);
    }
}
