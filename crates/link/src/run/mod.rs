//! One invocation, from the event to the answer. `link` is the line itself: receive → convert → compare →
//! guard → hand over → settle; what is around it here is the same for every mode: the event, the lock, the record and the
//! mail.

mod assigned;
mod baseline;
mod bulk_upload;
mod change;
mod check;
mod clients;
mod context;
mod delivery;
mod difference;
mod event;
mod explain;
mod history;
mod hold;
mod import;
mod keep_alive;
mod known_errors;
mod link;
mod modes;
mod origins;
mod pending;
mod proof;
mod receive;
mod record;
mod result;
mod settle;
mod sheet_check;
mod tenant;

use std::time::Duration;

use futures::FutureExt;
use futures::future::{Either, select};
use jiff::Timestamp;

pub use event::{Event, SyncRequest, Whom};
pub use pending::{Basis, Pending, PendingError};
pub use result::RunResult;
pub use sheet_check::sheet_faults;
pub use tenant::{load_notify, secret_fault, state_fault};

use crate::fault::{Code, Fault, Faults, Subject};
use crate::net::Deadline;
use crate::report::{Answer, Envelope, Mode, Outcome};
use crate::state::keys::Key;
use crate::state::ports::{Clock, Mailer, Platform, StateError, StateStore};
use crate::state::{Lease, RunId, TenantId, Trigger};
use crate::time::tokyo;

/// What an invocation is given, beside the event.
pub struct Environment<'a> {
    /// The tenant; no event can name another.
    pub tenant: TenantId,
    /// The build that runs, for answer and records. Handed in, so that records do not depend on the commit that tests run at.
    pub version: &'a str,
    /// The sender of the report mail.
    pub mail_from: String,
    /// Gets the failure mail when the tenant's own addresses cannot be read.
    pub ops_mail: Option<String>,
    /// The address at which a customer enters the pages; named in held and failure mails.
    pub pages_entry: Option<String>,
    /// The invocation's id, which an asynchronous retry repeats.
    pub invocation: String,
    /// By when the invocation must be over.
    pub deadline: Deadline,
    /// Requests per second to SmartHR; `None` for a simulator without a limit.
    pub smarthr_rate: Option<f64>,
    /// Told how far the run is.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The run has a name.
    Started {
        /// The run's name.
        run_id: String,
    },
    /// A page of a SmartHR list has arrived.
    SmartHr {
        /// `crews`, `departments`, or a master's name.
        listing: &'static str,
        /// Pages received.
        done: u64,
        /// Pages in all, as far as known.
        total: u64,
    },
    /// Everything is received and converted.
    Converted {
        /// 有効件数 of the users.
        users: u64,
        /// 有効件数 of the departments.
        departments: u64,
    },
    /// The import is on its way to EMC.
    HandingOver {
        /// Its size in bytes, compressed.
        bytes: u64,
    },
    /// EMC has committed, and the snapshot is replaced.
    Settled,
    /// The report is recorded.
    Recorded,
    /// The mail is sent.
    Mailed,
}

/// The invocation's outcome could not be recorded or mailed: the caller must fail, so that retry and alarm act.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct InvocationError {
    /// What could not be done.
    pub kind: InvocationErrorKind,
    /// The store's or the mail service's own words.
    pub detail: String,
}

/// What could not be done with an outcome. The names are read by operators and alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationErrorKind {
    /// The run's record cannot be read or written.
    StateUnreachable,
    /// The result cannot be mailed.
    MailRefused,
    /// Another run took the lock over before the result was mailed; the next start mails it.
    Overtaken,
}

impl InvocationErrorKind {
    /// The name, as the function's error type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StateUnreachable => "StateUnreachable",
            Self::MailRefused => "MailRefused",
            Self::Overtaken => "Overtaken",
        }
    }
}

impl std::fmt::Display for InvocationErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::StateUnreachable => "the run's record cannot be read or written",
            Self::MailRefused => "the result cannot be mailed",
            Self::Overtaken => "the run was overtaken before it was mailed",
        })
    }
}

/// One run, while it is in progress.
pub(crate) struct Run<'r, H> {
    pub(crate) platform: &'r H,
    pub(crate) environment: &'r Environment<'r>,
    pub(crate) id: &'r RunId,
    pub(crate) started: Timestamp,
    pub(crate) lease: &'r Lease<'r, H>,
}

/// Does what an event asks for.
pub async fn invoke<H: Platform>(
    platform: &H,
    environment: &Environment<'_>,
    event: &serde_json::Value,
) -> Result<Answer, InvocationError> {
    let started = platform.clock().now();
    let (tenant, version) = (environment.tenant.as_str(), environment.version);
    let invocation = Trigger::Invocation(environment.invocation.clone());
    let event = match Event::parse(event) {
        Ok(event) => event,
        // Nobody asked for a run that could be recorded: the answer alone tells.
        Err(faults) => {
            let id = RunId::new(started, &invocation);
            return Ok(RunResult::failure(faults).answer(
                id.as_str(),
                tenant,
                version,
                Mode::Unknown,
                started,
                started,
            ));
        }
    };
    let trigger = match &event {
        Event::Sync(SyncRequest { scheduled_at: Some(time), .. }) => Trigger::Scheduled(*time),
        _ => invocation,
    };
    let id = RunId::new(started, &trigger);
    (environment.progress)(Progress::Started { run_id: id.as_str().to_owned() });
    tracing::info!(run_id = id.as_str(), tenant, version, mode = ?event.mode(), "run started");

    if let Event::Explain(whom) = &event {
        let told = Box::pin(explain::explain(platform, environment, whom)).await;
        return Ok(told.answer(id.as_str(), tenant, version, Mode::Explain, started, platform.clock().now()));
    }
    let lease = match acquire(platform, id.as_str(), &event).await {
        Ok(Some(lease)) => lease,
        Ok(None) => {
            let busy = RunResult::ending(Outcome::Busy);
            return Ok(busy.answer(id.as_str(), tenant, version, event.mode(), started, platform.clock().now()));
        }
        Err(error) => return record::unrecordable(platform, environment, &event, id.as_str(), started, &error).await,
    };
    let run = Run { platform, environment, id: &id, started, lease: &lease };
    let answer = match select(std::pin::pin!(run.perform(&event, &trigger)), std::pin::pin!(lease.keep())).await {
        Either::Left((answer, _)) => answer,
        Either::Right((never, _)) => match never {},
    };
    lease.release().await;
    if let Ok(answer) = &answer {
        tracing::info!(run_id = answer.run_id, outcome = ?answer.outcome, errors = answer.error_count, "run finished");
    }
    answer
}

/// The longest that a run because of a change waits for another run to end.
const LOCK_PATIENCE: Duration = Duration::from_mins(5);
/// How often it looks.
const LOCK_LOOK: Duration = Duration::from_secs(5);

/// Takes the lock. A run because of a change waits for it: what changed must not wait until tomorrow.
async fn acquire<'h, H: Platform>(
    platform: &'h H,
    holder: &str,
    event: &Event,
) -> Result<Option<Lease<'h, H>>, StateError> {
    let waits = matches!(event, Event::Sync(SyncRequest { because_of_change: true, .. }));
    let started = tokio::time::Instant::now();
    loop {
        let lease = Lease::acquire(platform, holder).await?;
        if lease.is_some() || !waits || started.elapsed() >= LOCK_PATIENCE {
            return Ok(lease);
        }
        tokio::time::sleep(LOCK_LOOK).await;
    }
}

impl<H: Platform> Run<'_, H> {
    async fn perform(&self, event: &Event, trigger: &Trigger) -> Result<Answer, InvocationError> {
        if let Some(earlier) = record::dealt_with(self, trigger).await? {
            return Ok(earlier);
        }
        record::send_owed(self).await?;
        let loaded = tenant::load(self.platform, event.draft()).await;
        let config = loaded.config;
        let company = config.as_ref().ok().map(|config| config.company.clone());
        let sheet = loaded.tenant.as_ref().map(|tenant| tenant.sheet.clone()).unwrap_or_default();
        let mail = config.as_ref().map(|config| config.on_change.mail).unwrap_or_default();
        let addressed = record::Addressed { notify: loaded.notify, mail };
        let work = match event {
            Event::Sync(asked) => modes::sync(self, loaded.tenant, asked).boxed(),
            Event::Preview { .. } => modes::preview(self, loaded.tenant).boxed(),
            // Answered before the lock.
            Event::Explain(whom) => explain::explain(self.platform, self.environment, whom).boxed(),
            Event::Check => check::check(self, loaded.tenant).boxed(),
            Event::KeepAlive => return keep_alive::keep_alive(self, config, &addressed).boxed().await,
            Event::Baseline { replace } => baseline::baseline(self, config, loaded.tenant, *replace).boxed(),
            Event::Confirm { run_id } => bulk_upload::confirm(self, run_id).boxed(),
            Event::Deliver { run_id } => delivery::asked_for(self, loaded.tenant, run_id).boxed(),
        };
        // Each step has its own timeout. This outer one catches a step that hangs, so that report and mail still go out
        // before Lambda kills the process; what it leaves behind is what a crash leaves.
        let deadline = self.environment.deadline;
        let patience = deadline.left() + Duration::from_secs(2).min(deadline.span() / 50);
        let mut result = match tokio::time::timeout(patience, work).await {
            Ok(result) => result,
            Err(_) => self.out_of_time().await,
        };
        result.company = company;
        if change::is_change(event) {
            change::note(self, result.requests.smarthr).await;
        }
        // Told where a person looks at what a sheet would do, and not again every day.
        if matches!(event, Event::Preview { .. }) {
            result.details.extend(sheet.sentence_ja());
            result.warnings.extend(sheet.warnings);
        }
        record::record(self, event, result, &addressed).await
    }

    async fn out_of_time(&self) -> RunResult {
        let detail = "制限時間内に処理が終わりませんでした。";
        let mut result = RunResult::failure(Fault::new(Code::TimeShort, Subject::Run, detail));
        if !matches!(self.platform.state().get(&Key::pending()).await, Ok(None)) {
            let detail = "登録処理の結果を確認できません。次回の処理が最初に確定します。";
            result.errors.push(Fault::new(Code::EmcUnsettled, Subject::Emc, detail));
        }
        result
    }

    pub(crate) fn today(&self) -> jiff::civil::Date {
        tokyo(self.started).date()
    }
}

/// The answer for an environment that no run can be made from, mailed to `ops_mail`. It can be recorded nowhere: where it
/// cannot be mailed either, nobody would be told but by the error.
pub async fn refuse_environment<P: Mailer>(
    post: &P,
    mail_from: Option<&str>,
    ops_mail: Option<&str>,
    tenant: &str,
    version: &str,
    faults: Faults,
    now: Timestamp,
) -> (Answer, Result<(), InvocationError>) {
    let id = RunId::new(now, &Trigger::Invocation(String::new()));
    let answer = RunResult::failure(faults).answer(id.as_str(), tenant, version, Mode::Unknown, now, now);
    let to: Vec<String> = ops_mail.filter(|_| mail_from.is_some()).map(str::to_owned).into_iter().collect();
    let envelope = Envelope { from: mail_from.unwrap_or_default(), to: &to, pages_entry: None };
    let mailed = record::mail_to(post, &answer, envelope, &record::all_told(&answer)).await;
    (answer, mailed.map_err(|error| error.error))
}
