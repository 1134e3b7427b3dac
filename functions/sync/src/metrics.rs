//! Metrics in CloudWatch's embedded metric format: one line on standard output, no request and no permission needed.

use std::time::Duration;

use link::report::{Answer, Mode, Outcome};
use serde_json::{Value, json};

const NAMESPACE: &str = "EmcLink";

/// Tells how a run ended.
pub(crate) fn emit(answer: &Answer, took: Duration) {
    print_line(&line(answer, took));
}

/// Tells of a run that could not be recorded or mailed.
pub(crate) fn emit_lost(tenant: &str) {
    let mut line = embedded(&[("FailedRuns", "Count")]);
    set(&mut line, "Tenant", tenant.into());
    set(&mut line, "FailedRuns", 1.into());
    print_line(&line);
}

fn line(answer: &Answer, took: Duration) -> Value {
    let mut line = embedded(&[
        ("FinishedRuns", "Count"),
        ("FailedRuns", "Count"),
        ("HeldRuns", "Count"),
        ("DurationMs", "Milliseconds"),
        ("UsersCreated", "Count"),
        ("UsersUpdated", "Count"),
        ("UsersDeleted", "Count"),
        ("DepartmentsCreated", "Count"),
        ("DepartmentsUpdated", "Count"),
        ("DepartmentsDeleted", "Count"),
        ("Errors", "Count"),
        ("SmartHrRequests", "Count"),
        ("EmcRequests", "Count"),
    ]);
    // A run finished when the daily work was done or judged: what the missing-run alarm waits for.
    let is_sync = answer.mode == Mode::Sync;
    let finished =
        is_sync && matches!(answer.outcome, Outcome::Success | Outcome::NoChange | Outcome::Failure | Outcome::Held);
    let flag = |yes: bool| Value::from(u8::from(yes));
    set(&mut line, "Tenant", answer.tenant.as_str().into());
    set(&mut line, "Outcome", serde_json::to_value(answer.outcome).unwrap_or_default());
    set(&mut line, "Mode", serde_json::to_value(answer.mode).unwrap_or_default());
    set(&mut line, "run_id", answer.run_id.as_str().into());
    set(&mut line, "FinishedRuns", flag(finished));
    set(&mut line, "FailedRuns", flag(is_sync && answer.outcome == Outcome::Failure));
    set(&mut line, "HeldRuns", flag(is_sync && answer.outcome == Outcome::Held));
    set(&mut line, "DurationMs", u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into());
    let written = answer.counts.filter(|_| is_sync && answer.outcome == Outcome::Success).unwrap_or_default();
    let (users, departments) = (written.users, written.departments);
    for (name, value) in [
        ("UsersCreated", users.created),
        ("UsersUpdated", if users.changed { users.updated } else { 0 }),
        ("UsersDeleted", users.deleted),
        ("DepartmentsCreated", departments.created),
        ("DepartmentsUpdated", if departments.changed { departments.updated } else { 0 }),
        ("DepartmentsDeleted", departments.deleted),
        ("Errors", answer.error_count),
        ("SmartHrRequests", answer.requests.smarthr),
        ("EmcRequests", answer.requests.emc),
    ] {
        set(&mut line, name, value.into());
    }
    line
}

fn embedded(metrics: &[(&str, &str)]) -> Value {
    let metrics: Vec<Value> = metrics.iter().map(|(name, unit)| json!({"Name": name, "Unit": unit})).collect();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    json!({"_aws": {
        "Timestamp": u64::try_from(now.as_millis()).unwrap_or_default(),
        "CloudWatchMetrics": [
            {"Namespace": NAMESPACE, "Dimensions": [["Tenant"]], "Metrics": metrics},
            {"Namespace": NAMESPACE, "Dimensions": [["Tenant", "Outcome"]], "Metrics": [{"Name": "Runs", "Unit": "Count"}]}
        ]},
        "Runs": 1,
        "Outcome": "failure"
    })
}

fn set(line: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = line {
        fields.insert(name.to_owned(), value);
    }
}

#[expect(clippy::print_stdout, reason = "CloudWatch reads metrics from standard output")]
fn print_line(line: &Value) {
    println!("{line}");
}
