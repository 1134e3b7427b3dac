//! Metrics in CloudWatch's embedded metric format: one line on standard output, no request and no permission needed.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::time::{Duration, SystemTime};

use link::report::{Answer, Mode, Outcome};
use serde_json::{Map, Value, json};

const NAMESPACE: &str = "EmcLink";

/// The one dimension: metrics are charged by name and dimensions, and so an account pays for fourteen and not for fourteen of
/// each tenant. Tenant, outcome and code are fields of the line, which the fleet's watch and a tenant's own alarms read.
const SERVICE: &str = "emc-link";

/// The metrics of a run and their units.
const METRICS: [(&str, &str); 14] = [
    ("Runs", "Count"),
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
];

/// Tells how an invocation ended.
pub(crate) fn emit(answer: &Answer, took: Duration) {
    let is_sync = answer.mode == Mode::Sync;
    // What the missing-run alarm waits for: the daily work was done, or judged and told.
    let finished =
        is_sync && matches!(answer.outcome, Outcome::Success | Outcome::NoChange | Outcome::Failure | Outcome::Held);
    // A keep-alive fails only where somebody has to act.
    let failed = (is_sync || answer.mode == Mode::KeepAlive) && answer.outcome == Outcome::Failure;
    let flags = Flags { finished, failed };
    print_line(&line(answer, &flags, took, now()));
}

/// Tells of an environment that no run can be made from: a failed run of whatever kind it would have been.
pub(crate) fn emit_unfit(answer: &Answer, took: Duration) {
    print_line(&line(answer, &Flags { finished: false, failed: true }, took, now()));
}

/// Tells of a run that could not be recorded or mailed. It is no result: Lambda tries it again, and what stays lost is missing.
pub(crate) fn emit_lost(tenant: &str, took: Duration) {
    let values = [("Runs", 1), ("FailedRuns", 1), ("DurationMs", millis(took))];
    print_line(&embedded(tenant, "lost".into(), &values, Map::new(), now()));
}

struct Flags {
    finished: bool,
    failed: bool,
}

fn line(answer: &Answer, flags: &Flags, took: Duration, at: u64) -> Value {
    let is_sync = answer.mode == Mode::Sync;
    // Only what EMC has committed counts; a file that was not sent updated nobody.
    let written = answer.counts.filter(|_| is_sync && answer.outcome == Outcome::Success).unwrap_or_default();
    let (users, departments) = (written.users, written.departments);
    let values = [
        1,
        flags.finished.into(),
        flags.failed.into(),
        (is_sync && answer.outcome == Outcome::Held).into(),
        millis(took),
        users.created,
        if users.changed { users.updated } else { 0 },
        users.deleted,
        departments.created,
        if departments.changed { departments.updated } else { 0 },
        departments.deleted,
        answer.error_count,
        answer.requests.smarthr,
        answer.requests.emc,
    ];
    let mut values = std::iter::zip(METRICS, values).map(|((name, _), value)| (name, value)).collect::<Vec<_>>();
    // A start that did no work says nothing about how long the work takes.
    if matches!(answer.outcome, Outcome::Skipped | Outcome::Busy) {
        values.retain(|(name, _)| *name != "DurationMs");
    }
    let mut properties = Map::new();
    properties.insert("Mode".to_owned(), serde_json::to_value(answer.mode).unwrap_or_default());
    properties.insert("run_id".to_owned(), answer.run_id.as_str().into());
    properties.insert("Code".to_owned(), answer.code.as_str().into());
    let outcome = serde_json::to_value(answer.outcome).unwrap_or_default();
    embedded(&answer.tenant, outcome, &values, properties, at)
}

fn embedded(tenant: &str, outcome: Value, values: &[(&str, u64)], mut line: Map<String, Value>, at: u64) -> Value {
    let metrics: Vec<Value> = METRICS
        .iter()
        .filter(|(name, _)| values.iter().any(|(given, _)| given == name))
        .map(|(name, unit)| json!({"Name": name, "Unit": unit}))
        .collect();
    let directive = json!({
        "Timestamp": at,
        "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["Service"]], "Metrics": metrics}]
    });
    line.insert("_aws".to_owned(), directive);
    line.insert("Service".to_owned(), SERVICE.into());
    line.insert("version".to_owned(), version::BUILD.into());
    line.insert("Tenant".to_owned(), if tenant.is_empty() { "unknown" } else { tenant }.into());
    line.insert("Outcome".to_owned(), outcome);
    line.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
    Value::Object(line)
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn now() -> u64 {
    millis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

#[expect(clippy::print_stdout, reason = "CloudWatch reads metrics from standard output")]
fn print_line(line: &Value) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(mode: &str, outcome: &str) -> Answer {
        let counts = json!({"previous_total": 9, "previous_valid": 8, "received_total": 10, "received_valid": 9,
            "created": 3, "updated": 6, "deleted": 2, "changed": true});
        let unchanged = json!({"previous_total": 4, "previous_valid": 4, "received_total": 4, "received_valid": 4,
            "created": 0, "updated": 4, "deleted": 0, "changed": false});
        serde_json::from_value(json!({
            "run_id": "20261123T043112345-0f1e2d3c4b5a", "tenant": "acme", "mode": mode, "outcome": outcome,
            "code": "EMC-ERROR-D(Update NG)",
            "started_at": "", "finished_at": "", "counts": {"departments": unchanged, "users": counts},
            "errors": [], "error_count": 7, "warnings": [], "drift": [], "requests": {"smarthr": 12, "emc": 3}
        }))
        .unwrap()
    }

    fn told(mode: &str, outcome: &str) -> Value {
        let (answer, failed) = (answer(mode, outcome), outcome == "failure");
        line(&answer, &Flags { finished: true, failed }, Duration::from_millis(1500), 1_795_000_000_000)
    }

    #[test]
    fn every_metric_that_the_directive_names_has_a_number() {
        let line = told("sync", "success");
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{metric}");
            }
            for dimension in directive["Dimensions"][0].as_array().unwrap() {
                assert!(!line[dimension.as_str().unwrap()].as_str().unwrap().is_empty(), "{dimension}");
            }
        }
    }

    #[test]
    fn a_line_says_whose_run_it_was_and_which_build_ran() {
        let line = told("sync", "failure");
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Service"]]));
        assert_eq!(line["_aws"]["CloudWatchMetrics"].as_array().unwrap().len(), 1);
        assert_eq!([&line["Service"], &line["Tenant"], &line["Outcome"]], ["emc-link", "acme", "failure"]);
        assert_eq!((&line["version"], &line["Runs"]), (&json!(version::BUILD), &json!(1)));
        assert_eq!(line["Code"], "EMC-ERROR-D(Update NG)");
    }

    #[test]
    fn only_what_was_committed_and_sent_counts_as_written() {
        let line = told("sync", "success");
        assert_eq!([&line["UsersCreated"], &line["UsersUpdated"], &line["DepartmentsUpdated"]], [3, 6, 0]);
        assert_eq!(told("sync", "held")["UsersDeleted"], 0);
        assert_eq!(told("preview", "preview")["UsersCreated"], 0);
    }

    #[test]
    fn every_line_names_the_build() {
        let lost = embedded("acme", "failure".into(), &[("FailedRuns", 1)], Map::new(), 0);
        for line in [told("sync", "success"), told("sync", "skipped"), lost] {
            assert_eq!(line["version"], version::BUILD);
        }
    }

    #[test]
    fn a_start_without_work_has_no_duration() {
        let line = told("sync", "skipped");
        assert!(line.get("DurationMs").is_none());
        assert!(!line["_aws"].to_string().contains("DurationMs"));
        assert_eq!(told("sync", "success")["DurationMs"], 1500);
    }
}
