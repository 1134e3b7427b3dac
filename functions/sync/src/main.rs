//! The daily Lambda function of one tenant: wiring around `link::run::invoke`, and nothing else.

mod environment;
mod metrics;

use std::time::{Duration, Instant, SystemTime};

use environment::Variables;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use link::net::Deadline;
use link::report::Answer;
use link::run::{Environment, InvocationError, Progress, invoke, refuse_environment};
use link::state::ports::{Clock, SystemClock};
use link_aws::Clients;
use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, error, error_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    link_aws::logs::start();
    let clients = Clients::from_environment();
    lambda_runtime::run(service_fn(|event| Box::pin(handle(&clients, event)))).await
}

async fn handle(clients: &Clients, event: LambdaEvent<Value>) -> Result<Answer, Diagnostic> {
    let started = Instant::now();
    match Variables::read(|name| std::env::var(name).ok()) {
        Ok(variables) => {
            // The span is of the gravest level, so that every line has it; the future is large and goes to the heap.
            let span = error_span!("run", tenant = variables.tenant.as_str(), version = version::BUILD, run_id = Empty);
            Box::pin(run(clients, variables, &event, started)).instrument(span).await
        }
        Err(refused) => {
            error!(version = version::BUILD, variables = ?refused.names(), "the environment is not valid");
            let (from, to) = (refused.mail_from.as_deref(), refused.ops_mail.as_deref());
            let (mailer, now, tenant) = (clients.mailer(), SystemClock.now(), &refused.tenant);
            let told = refuse_environment(&mailer, from, to, tenant, version::BUILD, refused.faults, now).await;
            metrics::emit_unfit(&told.0, started.elapsed());
            told.1.map_err(|error| Diagnostic {
                error_type: "EnvironmentInvalid".to_owned(),
                error_message: format!("the environment is not valid; {error}"),
            })?;
            Ok(told.0)
        }
    }
}

async fn run(
    clients: &Clients,
    variables: Variables,
    event: &LambdaEvent<Value>,
    started: Instant,
) -> Result<Answer, Diagnostic> {
    let platform = clients.platform(&variables.tenant, &variables.state_bucket, &variables.secret_id);
    #[cfg(feature = "sftp")]
    let platform = platform.with_sftp(std::sync::Arc::new(link_sftp::SftpDelivery));
    let environment = Environment {
        tenant: variables.tenant,
        version: version::BUILD,
        mail_from: variables.mail_from,
        ops_mail: variables.ops_mail,
        invocation: event.context.request_id.clone(),
        deadline: deadline(event),
        pages_entry: variables.pages_entry,
        smarthr_rate: Some(10.0),
        progress: &|progress| match progress {
            Progress::Started { run_id } => {
                Span::current().record("run_id", run_id);
            }
            step => debug!(?step, "progress"),
        },
    };
    match Box::pin(invoke(&platform, &environment, &event.payload)).await {
        Ok(answer) => {
            metrics::emit(&answer, started.elapsed());
            Ok(answer)
        }
        Err(error) => {
            error!(%error, "the run could not be recorded or mailed");
            metrics::emit_lost(environment.tenant.as_str(), started.elapsed());
            Err(named(&error))
        }
    }
}

/// The function's error, by a name that operators and alarms can read.
fn named(error: &InvocationError) -> Diagnostic {
    Diagnostic { error_type: error.kind.as_str().to_owned(), error_message: error.to_string() }
}

/// The run must be over some time before Lambda ends it: what has to be recorded and mailed comes last.
fn deadline(event: &LambdaEvent<Value>) -> Deadline {
    let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    // Lambda never starts an invocation whose time is over; a runtime that names no deadline gets a minute.
    let left = if left.is_zero() { Duration::from_mins(1) } else { left };
    let margin = if left < Duration::from_mins(1) { left / 10 } else { Duration::from_secs(15) };
    Deadline::after(left.saturating_sub(margin))
}
