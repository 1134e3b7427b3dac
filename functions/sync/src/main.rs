//! The daily Lambda function of one tenant: wiring around `link::run::invoke`, and nothing else.

mod environment;
mod logs;
mod metrics;

use std::time::Duration;

use environment::Variables;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use link::net::Deadline;
use link::report::Answer;
use link::run::{Environment, invoke, refuse_environment};
use link::state::ports::{Clock, SystemClock};
use link_aws::Clients;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::start();
    let clients = Clients::from_environment().await;
    // A run's future is large; on the heap it is moved as a pointer.
    lambda_runtime::run(service_fn(|event| Box::pin(handle(&clients, event)))).await
}

async fn handle(clients: &Clients, event: LambdaEvent<Value>) -> Result<Answer, Error> {
    let started = std::time::Instant::now();
    let answer = match Variables::read(|name| std::env::var(name).ok()) {
        Err(refused) => {
            tracing::error!(variables = ?refused.names(), "the environment is not valid");
            refuse_environment(
                Some(&clients.post()),
                refused.mail_from.as_deref(),
                refused.ops_mail.as_deref(),
                &refused.tenant,
                refused.faults,
                SystemClock.now(),
            )
            .await
        }
        Ok(variables) => {
            let home = clients.home(&variables.tenant, &variables.state_bucket, &variables.secret_id);
            let environment = Environment {
                tenant: variables.tenant,
                mail_from: variables.mail_from,
                ops_mail: variables.ops_mail,
                invocation: event.context.request_id.clone(),
                deadline: deadline(&event),
                smarthr_rate: Some(10.0),
                progress: &|_| {},
            };
            match Box::pin(invoke(&home, &environment, &event.payload)).await {
                Ok(answer) => answer,
                Err(error) => {
                    tracing::error!(%error, "the run could not be recorded or mailed");
                    metrics::emit_lost(environment.tenant.as_str());
                    return Err(error.into());
                }
            }
        }
    };
    metrics::emit(&answer, started.elapsed());
    Ok(answer)
}

/// The run must be over some time before Lambda ends it: what has to be recorded and mailed comes last.
fn deadline(event: &LambdaEvent<Value>) -> Deadline {
    let left = event.context.deadline().duration_since(std::time::SystemTime::now()).unwrap_or_default();
    // Lambda never starts an invocation whose time is over; a runtime that names no deadline gets a minute.
    let left = if left.is_zero() { Duration::from_mins(1) } else { left };
    let margin = (left / 10).min(Duration::from_secs(15));
    Deadline::after(left.saturating_sub(margin))
}
