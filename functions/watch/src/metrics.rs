//! The watch's own metrics, in CloudWatch's embedded metric format: whether it works, and how many are missing.

use jiff::Timestamp;
use serde_json::json;

#[expect(clippy::print_stdout, reason = "CloudWatch reads metrics from standard output")]
pub(crate) fn emit(missing: usize, tenants: usize, refused: u64, now: Timestamp) {
    let names = ["Digests", "MissingTenants", "Tenants", "RefusedLines"];
    let metrics: Vec<_> = names.iter().map(|name| json!({"Name": name, "Unit": "Count"})).collect();
    let line = json!({
        "_aws": {"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [
            {"Namespace": "EmcLink/Fleet", "Dimensions": [["Service"]], "Metrics": metrics}
        ]},
        "Service": "emc-link-watch", "Digests": 1, "MissingTenants": missing, "Tenants": tenants, "RefusedLines": refused
    });
    println!("{line}");
}
