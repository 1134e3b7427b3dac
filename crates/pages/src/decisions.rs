//! What a person decided about a held run: approved or refused, when, by whom and why.

use bytes::Bytes;
use jiff::Timestamp;
use link::report::{Answer, Envelope, Refusal, compose_refusal};
use link::state::RunId;
use link::state::keys::Key;
use link::state::ports::{Condition, Mailer, Platform, StateErrorKind, StateStore};
use link::time::rfc3339;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;
use crate::site::Site;

/// A decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Decision {
    version: u64,
    pub(crate) at: Timestamp,
    pub(crate) person: Person,
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
    /// The invocation of the approved run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invocation: Option<String>,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// 承認.
    Approved,
    /// 却下.
    Refused,
}

impl Verdict {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Approved => "承認",
            Self::Refused => "却下",
        }
    }
}

/// The decision about a run, if there is one.
pub(crate) async fn about<S: Site>(app: &App<S>, run: &RunId) -> Result<Option<Decision>, Problem> {
    let found = app.state().get(&Key::decision(run)).await?;
    Ok(found.and_then(|found| serde_json::from_slice(&found.body).ok()))
}

/// Writes a decision down. Of two that decide at once, one is refused.
pub(crate) async fn decide<S: Site>(
    app: &App<S>,
    run: &RunId,
    person: &Person,
    verdict: Verdict,
    reason: &str,
) -> Result<Decision, Problem> {
    let decision = Decision {
        version: 1,
        at: app.now(),
        person: person.clone(),
        verdict,
        reason: reason.to_owned(),
        invocation: None,
    };
    match write(app, run, &decision, Condition::Absent).await {
        Ok(()) => Ok(decision),
        Err(error) if error.kind == StateErrorKind::Conflict => Err(Problem::overtaken()),
        Err(error) => Err(error.into()),
    }
}

/// Adds the invocation that an approval started.
pub(crate) async fn started<S: Site>(
    app: &App<S>,
    run: &RunId,
    decision: Decision,
    invocation: &str,
) -> Result<(), Problem> {
    let decision = Decision { invocation: Some(invocation.to_owned()), ..decision };
    Ok(write(app, run, &decision, Condition::Always).await?)
}

/// Takes a decision back whose run could not be started.
pub(crate) async fn take_back<S: Site>(app: &App<S>, run: &RunId) -> Result<(), Problem> {
    Ok(app.state().delete(&Key::decision(run)).await?)
}

/// Mails a refusal to whom the results are mailed.
pub(crate) async fn mail_refusal<S: Site>(app: &App<S>, answer: &Answer, decision: &Decision) -> Result<(), String> {
    let to = app.config().await.map(|config| config.notify).unwrap_or_default();
    if to.is_empty() {
        return Err("nobody is to be notified".to_owned());
    }
    let refusal = Refusal {
        run_id: answer.run_id.clone(),
        at: rfc3339(decision.at),
        person: decision.person.name.clone(),
        reason: decision.reason.clone(),
    };
    let envelope = Envelope { from: &app.settings.mail_from, to: &to, pages_entry: None };
    let mail = compose_refusal(answer, &refusal, envelope).map_err(|error| error.to_string())?;
    app.site.home().mailer().send(&mail).await.map_err(|error| error.to_string())
}

async fn write<S: Site>(
    app: &App<S>,
    run: &RunId,
    decision: &Decision,
    condition: Condition,
) -> Result<(), link::state::ports::StateError> {
    let body = serde_json::json!(decision).to_string();
    app.state().put(&Key::decision(run), Bytes::from(body), condition).await.map(drop)
}
