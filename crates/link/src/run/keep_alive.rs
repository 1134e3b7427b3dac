//! The keep-alive: SmartHR lets a consent lapse that nobody uses for 90 days. A schedule of its own, on also while the daily
//! run is off, asks once a week; the tokens are exchanged only where nothing else has used them since. Neither recorded nor
//! mailed while all is well.

use jiff::{SignedDuration, Timestamp};

use super::record::{self, Addressed, days_before, load, recorded};
use super::tenant::secret_fault;
use super::{Event, InvocationError, InvocationErrorKind, Run, RunResult};
use crate::config::{Config, SmartHrConfig};
use crate::fault::{Code, Family, Fault, Faults, Subject};
use crate::report::{Answer, Mode, Outcome};
use crate::smarthr::{SmartHr, SmartHrError, SmartHrSecret, parse_secret};
use crate::state::ports::{Clock, Platform, SecretErrorKind, SecretStore, StoredSecret};

/// Used within so many days: nothing needs to be done. Below the week of the schedule, whose start may vary by hours.
const FRESH_DAYS: u8 = 6;
/// From so many days without use on, people are told.
const TOLD_FROM: i64 = 60;
/// After so many days without use the consent is taken for lapsed.
const LAPSES_AFTER: u8 = 90;

/// What a keep-alive came to.
enum Kept {
    /// Nothing to do, and why.
    Unneeded(&'static str),
    /// The tokens were exchanged, and the new pair is stored.
    Renewed,
    /// It did not work now; next week's attempt is in time.
    Later(Fault),
    /// Somebody has to do something.
    Wrong(Faults),
}

/// Does the weekly exchange.
pub(super) async fn keep_alive<H: Platform>(
    run: &Run<'_, H>,
    config: Result<Config, Faults>,
    addressed: &Addressed,
) -> Result<Answer, InvocationError> {
    let company = config.as_ref().ok().map(|config| config.company.clone());
    let kept = match run.platform.secrets().load().await {
        Err(error) if error.kind == SecretErrorKind::Missing => {
            Kept::Unneeded("シークレットがまだ登録されていません。")
        }
        // Nobody at the customer's can help here: the error makes Lambda try again, and the operators' alarm act.
        Err(error) => {
            let detail = secret_fault(&error).message;
            return Err(InvocationError { kind: InvocationErrorKind::StateUnreachable, detail });
        }
        Ok(stored) => match parse_secret(&stored.text, false) {
            Err(_) => Kept::Unneeded("SmartHRのトークンがまだ登録されていません。"),
            Ok(secret) => kept(run, config.map(|config| config.smarthr), secret.smarthr, stored).await?,
        },
    };
    let mut result = match kept {
        Kept::Wrong(faults) => {
            let result = RunResult { company, ..RunResult::failure(faults) };
            return record::record(run, &Event::KeepAlive, result, addressed).await;
        }
        Kept::Renewed => {
            let mut result = RunResult::ending(Outcome::Checked);
            result.details.push("SmartHRのトークンを更新しました。".to_owned());
            result
        }
        Kept::Unneeded(why) => {
            let mut result = RunResult::ending(Outcome::Skipped);
            result.details.push(why.to_owned());
            result
        }
        Kept::Later(fault) => {
            tracing::warn!(
                code = fault.code.entry().name,
                "the tokens could not be exchanged; next week's attempt is in time"
            );
            RunResult { warnings: vec![fault], ..RunResult::ending(Outcome::Skipped) }
        }
    };
    result.company = company;
    let (tenant, version) = (run.environment.tenant.as_str(), run.environment.version);
    Ok(result.answer(run.id.as_str(), tenant, version, Mode::KeepAlive, run.started, run.platform.clock().now()))
}

async fn kept<H: Platform>(
    run: &Run<'_, H>,
    config: Result<SmartHrConfig, Faults>,
    secret: SmartHrSecret,
    stored: StoredSecret,
) -> Result<Kept, InvocationError> {
    if secret.refresh_token.is_none() {
        return Ok(Kept::Unneeded("期限のない固定のトークンです。更新の必要はありません。"));
    }
    let fresh = run.started - SignedDuration::from_hours(24 * i64::from(FRESH_DAYS));
    let is_fresh = |at: Timestamp| at > fresh;
    if secret.refreshed_at.is_some_and(is_fresh) || last_use(run, FRESH_DAYS).await?.is_some_and(is_fresh) {
        return Ok(Kept::Unneeded("最近使われています。更新の必要はありません。"));
    }
    let before = secret.refreshed_at.or(secret.expires_at);
    let failed = match config {
        Err(faults) => faults,
        Ok(config) => {
            let (secrets, clock) = (run.platform.secrets(), run.platform.clock());
            let client = SmartHr::new(&config, secrets, stored, secret, clock, run.environment.deadline);
            let renewed = match &client {
                Ok(client) => client.renew_tokens().await,
                Err(error) => Err(error.clone()),
            };
            match renewed {
                Ok(()) => return Ok(Kept::Renewed),
                Err(error) if !is_passing(&error) => return Ok(Kept::Wrong(error.to_fault().into())),
                Err(error) => error.to_fault().into(),
            }
        }
    };
    let used = before.max(last_use(run, LAPSES_AFTER).await?);
    let days = used.map(|at| run.started.duration_since(at).as_hours() / 24);
    Ok(match (days, failed.0.first().cloned()) {
        (Some(days), Some(fault)) if days < TOLD_FROM => Kept::Later(fault),
        _ => {
            let mut faults = Faults::from(idle(days));
            faults.extend(failed);
            Kept::Wrong(faults)
        }
    })
}

/// Whether next week's attempt may well succeed without anybody's doing.
fn is_passing(error: &SmartHrError) -> bool {
    matches!(error.code(), Code::SmarthrDown | Code::SmarthrRateLimit | Code::SmarthrUnreachable | Code::SmarthrBody)
}

fn idle(days: Option<i64>) -> Fault {
    let lapses = i64::from(LAPSES_AFTER);
    let detail = match days {
        Some(days) if days >= lapses => {
            format!(
                "SmartHRとの連携の許可が{days}日間使われていません。{lapses}日を過ぎたため、許可のやり直しが必要です。"
            )
        }
        Some(days) => format!(
            "SmartHRとの連携の許可が{days}日間使われていません。あと{}日で、許可のやり直しが必要になります。",
            lapses - days
        ),
        None => format!("SmartHRとの連携の許可が、{lapses}日以上使われていないか、いつ使われたか分かりません。"),
    };
    Fault::new(Code::SmarthrConsentIdle, Subject::Smarthr, detail)
}

/// When a recorded run of the last days last read SmartHR.
async fn last_use<H: Platform>(run: &Run<'_, H>, days: u8) -> Result<Option<Timestamp>, InvocationError> {
    for earlier in recorded(run, days_before(run.today(), days)).await?.into_iter().rev() {
        let Some(report) = load(run, &earlier.id).await? else { continue };
        let refused = report.errors.iter().any(|fault| fault.code.entry().family == Family::SmartHr);
        if report.requests.smarthr > 0 && !refused {
            return Ok(earlier.id.started());
        }
    }
    Ok(None)
}
