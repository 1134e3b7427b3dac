//! The record and the mail: first the report is recorded, then it is mailed, then it is noted that it was. Whatever dies
//! in between, the next start finds what is owed.

use std::time::Duration;

use bytes::Bytes;
use jiff::{Timestamp, civil::Date};

use super::event::SyncRequest;
use super::tenant::{load_notify, state_fault};
use super::{
    Environment, Event, InvocationError, InvocationErrorKind, Progress, Run, RunResult, change, hold, known_errors,
};
use crate::config::ChangeMail;
use crate::report::{
    Answer, Attachment, DRIFT_IN_ANSWER, Envelope, Mode, Outcome, compose, compose_small, errors_csv, is_plan_attached,
    plan_csv,
};
use crate::state::keys::Key;
use crate::state::ports::{Clock, Condition, Mailer, Platform, PostErrorKind, StateError, StateStore};
use crate::state::{RunId, Trigger};
use crate::time::{date_of, rfc3339};

const REPORT: &str = "report.json";
const ERRORS: &str = "errors.csv";
const PLAN: &str = "plan.csv";
const LEFT_OUT: &str = "left-out.csv";
const DRIFT: &str = "drift.json";
const SENT: &str = "mail-sent.json";
const NOT_SENT: &str = "mail-failed.json";
/// So many days back a scheduled time is looked for; its delivery is tried for a day at the most.
const LOOKED_BACK: u8 = 14;

pub(super) fn store_error(error: &StateError) -> InvocationError {
    InvocationError { kind: InvocationErrorKind::StateUnreachable, detail: error.to_string() }
}

/// Who is mailed, and about which runs.
pub(crate) struct Addressed {
    /// `notify.to`; empty where it cannot be read.
    pub(crate) notify: Vec<String>,
    /// `on_change.mail`.
    pub(crate) mail: ChangeMail,
}

/// Records the run, mails it where its mode is mailed, and gives the answer.
pub(crate) async fn record<H: Platform>(
    run: &Run<'_, H>,
    event: &Event,
    mut result: RunResult,
    loaded: &Addressed,
) -> Result<Answer, InvocationError> {
    let Addressed { notify, mail } = loaded;
    let mail = *mail;
    let finished = run.platform.clock().now();
    known_errors::date(run, event.mode(), &mut result).await;
    let recorded = write(run, event, &mut result, finished).await;
    let Environment { tenant, version, .. } = run.environment;
    let mut answer = result.answer(run.id.as_str(), tenant.as_str(), version, event.mode(), run.started, finished);
    answer.scheduled_at = scheduled_text(event);
    answer.trigger = trigger_text(event);
    if let Err(error) = recorded {
        tracing::error!(%error, "the run cannot be recorded");
        // Nobody will find it in the records: the operator is told by mail, the alarm by the error.
        answer.warnings.insert(0, state_fault(&error));
        answer.warning_count += 1;
        let to: Vec<String> = run.environment.ops_mail.clone().map_or_else(|| notify.clone(), |to| vec![to]);
        let envelope = envelope(run.environment, &to);
        let mailed = mail_to(run.platform.mailer(), &answer, envelope, &all_told(&answer)).await;
        tracing::info!(mailed = mailed.is_ok(), "told by mail");
        return Err(store_error(&error));
    }
    (run.environment.progress)(Progress::Recorded);
    if is_mailed(event.mode()) && !change::is_to_be_mailed(run, event, mail, &result, &answer).await? {
        // Noted as settled, so that the next start does not take the mail for one that is owed.
        let note = serde_json::json!({"recipients": 0, "reason": "on_change.mail"});
        let key = Key::run_file(date_of(run.started), run.id.as_str(), SENT);
        mark(run.platform, &key, &Bytes::from(note.to_string()), change::is_brief(event, answer.outcome)).await?;
        return Ok(answer);
    }
    if is_mailed(event.mode()) {
        if run.lease.renew().await.is_err() {
            return if is_sent(run).await? { Ok(answer) } else { Err(overtaken()) };
        }
        let attachments = attachments(&result, &answer);
        send(run.platform, run.environment, &answer, notify, &attachments, Size::Full).await?;
        (run.environment.progress)(Progress::Mailed);
    }
    Ok(answer)
}

/// Whoever took the lock over mails what is recorded and not mailed: two of us would mail it twice.
fn overtaken() -> InvocationError {
    let detail = "the lease of lock.json was lost after the run was recorded; the next start mails it".to_owned();
    InvocationError { kind: InvocationErrorKind::Overtaken, detail }
}

async fn is_sent<H: Platform>(run: &Run<'_, H>) -> Result<bool, InvocationError> {
    let key = Key::run_file(date_of(run.started), run.id.as_str(), SENT);
    Ok(run.platform.state().get(&key).await.map_err(|error| store_error(&error))?.is_some())
}

fn is_mailed(mode: Mode) -> bool {
    // Of a keep-alive only what is wrong comes this far.
    matches!(mode, Mode::Sync | Mode::Preview | Mode::Confirm | Mode::Deliver | Mode::KeepAlive)
}

fn trigger_text(event: &Event) -> Option<String> {
    change::is_change(event).then(|| "change".to_owned())
}

fn scheduled_text(event: &Event) -> Option<String> {
    match event {
        Event::Sync(SyncRequest { scheduled_at: Some(time), .. }) => Some(rfc3339(*time)),
        _ => None,
    }
}

/// Writes the run's files; the report last, because a run counts as recorded once it is there.
async fn write<H: Platform>(
    run: &Run<'_, H>,
    event: &Event,
    result: &mut RunResult,
    finished: Timestamp,
) -> Result<(), StateError> {
    let date = date_of(run.started);
    let id = run.id.as_str();
    let is_brief = change::is_brief(event, result.outcome);
    let put =
        async |file: &str, body: Vec<u8>| put_file(run.platform, &Key::run_file(date, id, file), body, is_brief).await;
    if !result.reasons.is_empty() {
        result.hold = Some(if result.outcome == Outcome::Held && event.mode() == Mode::Sync {
            hold::keep(run, result).await?
        } else {
            hold::preview_note(run, result)
        });
    }
    if !result.errors.is_empty() || !result.warnings.is_empty() {
        put(ERRORS, errors_csv(&result.errors, &result.warnings)).await?;
    }
    if result.drift.len() > DRIFT_IN_ANSWER {
        put(DRIFT, hold::to_json(&Key::run_file(date, id, DRIFT), &result.drift)?).await?;
    }
    if !result.plan.is_empty() {
        put(PLAN, plan_csv(&result.plan)).await?;
    }
    // Runs after each change would write the same list all day; the page shows that of the latest run that has one.
    if !result.left_out.is_empty() && !is_brief {
        put(LEFT_OUT, plan_csv(&result.left_out)).await?;
    }
    let Environment { tenant, version, .. } = run.environment;
    let mut answer = result.answer(id, tenant.as_str(), version, event.mode(), run.started, finished);
    answer.scheduled_at = scheduled_text(event);
    answer.trigger = trigger_text(event);
    let report = hold::to_json(&Key::run_file(date, id, REPORT), &answer)?;
    let Err(error) = put(REPORT, report.clone()).await else { return Ok(()) };
    // Perhaps only the answer was lost: what is recorded is not told as unrecorded, and is mailed once.
    match run.platform.state().get(&Key::run_file(date, id, REPORT)).await {
        Ok(Some(found)) if found.body == report => Ok(()),
        _ => Err(error),
    }
}

/// Writes a file of a run. Those of a run that changed nothing and that no person asked for are kept for a week.
async fn put_file<H: Platform>(platform: &H, key: &Key, body: Vec<u8>, is_brief: bool) -> Result<(), StateError> {
    if is_brief {
        platform.state().put_for_a_week(key, Bytes::from(body)).await.map(|_| ())
    } else {
        platform.state().put(key, Bytes::from(body), Condition::Always).await.map(|_| ())
    }
}

/// The errors.csv of an answer that tells all that there is.
pub(super) fn all_told(answer: &Answer) -> [Attachment; 1] {
    [Attachment { name: ERRORS, content: errors_csv(&answer.errors, &answer.warnings) }]
}

fn attachments(result: &RunResult, answer: &Answer) -> Vec<Attachment> {
    let mut files = Vec::new();
    if !result.errors.is_empty() || !result.warnings.is_empty() {
        files.push(Attachment { name: ERRORS, content: errors_csv(&result.errors, &result.warnings) });
    }
    if is_plan_attached(answer) {
        files.push(Attachment { name: PLAN, content: plan_csv(&result.plan) });
    }
    files
}

/// Mails a recorded run and notes that it was mailed, or why not.
async fn send<H: Platform>(
    platform: &H,
    environment: &Environment<'_>,
    answer: &Answer,
    notify: &[String],
    attachments: &[Attachment],
    size: Size,
) -> Result<(), InvocationError> {
    let to: Vec<String> =
        if notify.is_empty() { environment.ops_mail.iter().cloned().collect() } else { notify.to_vec() };
    let envelope = envelope(environment, &to);
    let sent = match size {
        Size::Full => mail_to(platform.mailer(), answer, envelope, attachments).await,
        Size::Small => small_mail_to(platform.mailer(), answer, envelope, attachments).await,
    };
    let now = rfc3339(platform.clock().now());
    let (file, note) = match &sent {
        Ok(()) => (SENT, serde_json::json!({"sent_at": now, "recipients": to.len()})),
        Err(error) => {
            let reason = &error.error.detail;
            let note = serde_json::json!({"tried_at": now, "recipients": to.len(), "reason": reason,
                                          "too_large": error.is_too_large});
            (NOT_SENT, note)
        }
    };
    if let Some(date) = RunId::parse(&answer.run_id).and_then(|id| id.date()) {
        let key = Key::run_file(date, &answer.run_id, file);
        let body = Bytes::from(note.to_string());
        let is_brief = answer.trigger.is_some() && answer.outcome == Outcome::NoChange;
        mark(platform, &key, &body, is_brief).await?;
    }
    sent.map_err(|error| error.error)
}

/// Notes what became of a mail. Tried more than once: without the note a mail that was sent is sent again.
async fn mark<H: Platform>(platform: &H, key: &Key, body: &Bytes, is_brief: bool) -> Result<(), InvocationError> {
    let mut tries_left = 3;
    loop {
        tries_left -= 1;
        match put_file(platform, key, body.to_vec(), is_brief).await {
            Ok(()) => return Ok(()),
            Err(error) if tries_left == 0 => return Err(store_error(&error)),
            Err(error) => tracing::warn!(%error, "the note of a mail could not be written; trying again"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// In which form a mail is tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    /// With its attachments.
    Full,
    /// Without them: the full form was refused for its size before.
    Small,
}

/// A mail could not be sent.
#[derive(Debug)]
pub(crate) struct NotMailed {
    pub(crate) error: InvocationError,
    /// Whether the form with attachments was refused for its size.
    pub(crate) is_too_large: bool,
}

impl NotMailed {
    fn new(detail: String, is_too_large: bool) -> Self {
        Self { error: InvocationError { kind: InvocationErrorKind::MailRefused, detail }, is_too_large }
    }
}

fn envelope<'a>(environment: &'a Environment<'_>, to: &'a [String]) -> Envelope<'a> {
    Envelope { from: &environment.mail_from, to, pages_entry: environment.pages_entry.as_deref() }
}

/// Mails an answer. A mail that is refused for its size goes without its attachments, never again in the same form.
pub(crate) async fn mail_to<P: Mailer>(
    post: &P,
    answer: &Answer,
    envelope: Envelope<'_>,
    attachments: &[Attachment],
) -> Result<(), NotMailed> {
    has_address(answer, envelope)?;
    let mail = compose(answer, envelope, attachments).map_err(|error| NotMailed::new(error.to_string(), false))?;
    match post.send(&mail).await {
        Ok(()) => Ok(()),
        Err(error) if error.kind == PostErrorKind::TooLarge && !attachments.is_empty() => {
            tracing::warn!(
                bytes = mail.message.len(),
                "the mail was refused for its size; sending it without its files"
            );
            small_mail_to(post, answer, envelope, attachments).await
        }
        Err(error) => Err(NotMailed::new(error.detail, false)),
    }
}

/// Mails an answer without its attachments; the mail says where they are.
async fn small_mail_to<P: Mailer>(
    post: &P,
    answer: &Answer,
    envelope: Envelope<'_>,
    attachments: &[Attachment],
) -> Result<(), NotMailed> {
    has_address(answer, envelope)?;
    let mail = compose_small(answer, envelope, attachments).map_err(|error| NotMailed::new(error.to_string(), true))?;
    post.send(&mail).await.map_err(|error| NotMailed::new(error.detail, true))
}

fn has_address(answer: &Answer, envelope: Envelope<'_>) -> Result<(), NotMailed> {
    if envelope.to.is_empty() {
        let detail = format!("no address: neither notify.to nor OPS_MAIL can be used ({})", codes(answer));
        return Err(NotMailed::new(detail, false));
    }
    Ok(())
}

fn codes(answer: &Answer) -> String {
    let mut codes: Vec<&str> = answer.errors.iter().map(|fault| fault.code.entry().name).collect();
    codes.dedup();
    codes.join(", ")
}

/// If this start was dealt with before: what the earlier run came to, after sending its mail if that is still owed.
///
/// A scheduled time counts once a run for it is recorded. An invocation's id counts only while that run's mail is owed:
/// a retry comes after a failure, and nothing else promises that ids differ.
pub(crate) async fn dealt_with<H: Platform>(
    run: &Run<'_, H>,
    trigger: &Trigger,
) -> Result<Option<Answer>, InvocationError> {
    // The records lie below the day of the run, which a late delivery or a clock can set apart from the scheduled day.
    let yesterday = days_before(run.today(), 1);
    let first = match trigger {
        Trigger::Scheduled(time) => date_of(*time).min(yesterday).max(days_before(run.today(), LOOKED_BACK)),
        Trigger::Invocation(_) => yesterday,
    };
    for earlier in recorded(run, first).await? {
        if !earlier.id.was_started_by(trigger) || (earlier.mailed && matches!(trigger, Trigger::Invocation(_))) {
            continue;
        }
        let Some(report) = load(run, &earlier.id).await? else { continue };
        if !earlier.mailed && is_mailed(report.mode) {
            send_again(run, &report).await?;
        } else if matches!(trigger, Trigger::Invocation(_)) {
            continue;
        }
        return Ok(Some(Answer {
            version: run.environment.version.to_owned(),
            outcome: Outcome::Skipped,
            code: crate::report::code_of(Outcome::Skipped, None, &[]).to_owned(),
            would: None,
            counts: None,
            errors: Vec::new(),
            error_count: 0,
            warnings: Vec::new(),
            warning_count: 0,
            drift: Vec::new(),
            drift_count: 0,
            restored: Vec::new(),
            restored_count: 0,
            unassigned: Vec::new(),
            unassigned_count: 0,
            addresses: std::collections::BTreeMap::new(),
            warning_kinds: Vec::new(),
            error_groups: Vec::new(),
            warning_groups: Vec::new(),
            failing: Vec::new(),
            hold: None,
            details: Vec::new(),
            masters: Vec::new(),
            person: None,
            ..report
        }));
    }
    Ok(None)
}

/// Sends the mails of the last two days that are still owed. What cannot be sent now stays owed.
pub(crate) async fn send_owed<H: Platform>(run: &Run<'_, H>) -> Result<(), InvocationError> {
    for earlier in recorded(run, days_before(run.today(), 1)).await? {
        if earlier.mailed {
            continue;
        }
        if let Some(report) = load(run, &earlier.id).await?
            && is_mailed(report.mode)
            && let Err(error) = send_again(run, &report).await
        {
            tracing::warn!(run_id = earlier.id.as_str(), %error, "an owed mail still cannot be sent");
        }
    }
    Ok(())
}

async fn send_again<H: Platform>(run: &Run<'_, H>, report: &Answer) -> Result<(), InvocationError> {
    let mut attachments = Vec::new();
    if let Some(date) = RunId::parse(&report.run_id).and_then(|id| id.date()) {
        for name in [ERRORS, PLAN] {
            let key = Key::run_file(date, &report.run_id, name);
            let found = run.platform.state().get(&key).await.map_err(|error| store_error(&error))?;
            let wanted = name == ERRORS || is_plan_attached(report);
            if let Some(found) = found.filter(|_| wanted) {
                attachments.push(Attachment { name, content: found.body.to_vec() });
            }
        }
    }
    let notify = load_notify(run.platform).await;
    send(run.platform, run.environment, report, &notify, &attachments, size_of(run, report).await?).await
}

/// The form that an owed mail is tried in: not the one that was refused for its size.
async fn size_of<H: Platform>(run: &Run<'_, H>, report: &Answer) -> Result<Size, InvocationError> {
    let Some(date) = RunId::parse(&report.run_id).and_then(|id| id.date()) else { return Ok(Size::Full) };
    let key = Key::run_file(date, &report.run_id, NOT_SENT);
    let found = run.platform.state().get(&key).await.map_err(|error| store_error(&error))?;
    let note = found.and_then(|found| serde_json::from_slice::<serde_json::Value>(&found.body).ok());
    let was_too_large = note.is_some_and(|note| note.get("too_large") == Some(&serde_json::Value::Bool(true)));
    Ok(if was_too_large { Size::Small } else { Size::Full })
}

pub(super) struct Recorded {
    pub(super) id: RunId,
    mailed: bool,
}

/// The recorded runs since a day, oldest first.
pub(super) async fn recorded<H: Platform>(run: &Run<'_, H>, first: Date) -> Result<Vec<Recorded>, InvocationError> {
    let mut runs = Vec::new();
    let mut date = first;
    while date <= run.today() {
        let keys = run.platform.state().list(&Key::runs_of(date)).await.map_err(|error| store_error(&error))?;
        let sent: std::collections::HashSet<&str> =
            keys.iter().filter_map(|key| key.as_str().strip_suffix(SENT)).collect();
        for folder in keys.iter().filter_map(|key| key.as_str().strip_suffix(REPORT)) {
            if let Some(id) = folder.trim_end_matches('/').rsplit('/').next().and_then(RunId::parse) {
                runs.push(Recorded { id, mailed: sent.contains(folder) });
            }
        }
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    Ok(runs)
}

pub(super) async fn load<H: Platform>(run: &Run<'_, H>, id: &RunId) -> Result<Option<Answer>, InvocationError> {
    let Some(date) = id.date() else { return Ok(None) };
    let key = Key::run_file(date, id.as_str(), REPORT);
    let found = run.platform.state().get(&key).await.map_err(|error| store_error(&error))?;
    Ok(found.and_then(|found| match serde_json::from_slice(&found.body) {
        Ok(report) => Some(report),
        Err(error) => {
            tracing::warn!(run_id = id.as_str(), %error, "a report cannot be read");
            None
        }
    }))
}

pub(super) fn days_before(date: Date, days: u8) -> Date {
    let mut date = date;
    for _ in 0..days {
        date = date.yesterday().unwrap_or(date);
    }
    date
}

/// The state cannot even be locked: told by mail where anyone can be reached, and by an error.
pub(crate) async fn unrecordable<H: Platform>(
    platform: &H,
    environment: &Environment<'_>,
    event: &Event,
    run_id: &str,
    started: Timestamp,
    error: &StateError,
) -> Result<Answer, InvocationError> {
    tracing::error!(%error, "the state cannot be used");
    let result = RunResult::failure(state_fault(error));
    let Environment { tenant, version, .. } = environment;
    let answer = result.answer(run_id, tenant.as_str(), version, event.mode(), started, platform.clock().now());
    let mut to = load_notify(platform).await;
    if to.is_empty() {
        to.extend(environment.ops_mail.clone());
    }
    let envelope = envelope(environment, &to);
    if let Err(NotMailed { error, .. }) = mail_to(platform.mailer(), &answer, envelope, &all_told(&answer)).await {
        tracing::error!(%error, "nobody could be told by mail");
    }
    Err(store_error(error))
}
