//! The lines that CloudWatch Logs delivers: base64 of gzip of JSON, of one log group at a time.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use link::state::TenantId;
use serde::{Deserialize, Serialize};

/// What the daily functions write into `Service`.
const SERVICE: &str = "emc-link";
/// The mode of the weekly exchange of SmartHR's tokens.
const KEEP_ALIVE: &str = "keep_alive";
/// A delivery holds at most 256 KB when compressed; unpacked it has no reason to be larger than this.
const LARGEST: u64 = 32 * 1024 * 1024;

/// How a run ended, as its line tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Written.
    Success,
    /// Nothing to write.
    NoChange,
    /// An error was told.
    Failure,
    /// Waits for a person.
    Held,
    /// Could be neither recorded nor mailed.
    Lost,
}

/// One run of a tenant that was to link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose run, as the log group and the line agree.
    pub tenant: TenantId,
    /// When the line was written.
    pub at: Timestamp,
    /// Empty where the run was lost.
    pub run_id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The mail's subject.
    pub code: String,
    /// The build that ran.
    pub version: String,
    /// Errors that were counted.
    pub errors: u64,
    /// Its length.
    pub millis: u64,
}

/// Why a line or a delivery is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No base64, no gzip, no JSON of that form, or too large.
    #[error("the delivery cannot be read")]
    Delivery,
    /// Not the log group of a tenant's daily function.
    #[error("the log group is no tenant's")]
    Group,
    /// No whole JSON object, or one without the fields of a run.
    #[error("the line is no run's")]
    Line,
    /// The line names a tenant that is not the log group's.
    #[error("the line names another tenant than its log group")]
    Tenant,
}

/// What one delivery held.
#[derive(Debug, Default)]
pub struct Batch {
    /// Runs, in the order of their lines.
    pub lines: Vec<Line>,
    /// Keep-alives that told of something: the operators hear of them, and no tenant stands otherwise for it.
    pub keep_alives: Vec<Line>,
    /// Lines that tell of something else than a link (a check, a preview, a start without work).
    pub others: usize,
    /// Lines that are not believed.
    pub refused: Vec<Unreadable>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    message_type: String,
    #[serde(default)]
    log_group: String,
    #[serde(default)]
    log_events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    timestamp: i64,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    service: String,
    tenant: String,
    outcome: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    mode: String,
    #[serde(default, rename = "run_id")]
    run_id: String,
    #[serde(default, rename = "version")]
    version: String,
    #[serde(default)]
    errors: u64,
    #[serde(default)]
    duration_ms: u64,
}

/// Unpacks what CloudWatch Logs sent (`awslogs.data`).
pub fn lines_of(data: &str) -> Result<Batch, Unreadable> {
    let packed = STANDARD.decode(data).map_err(|_| Unreadable::Delivery)?;
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).take(LARGEST).read_to_string(&mut text).map_err(|_| Unreadable::Delivery)?;
    let delivery: Delivery = serde_json::from_str(&text).map_err(|_| Unreadable::Delivery)?;
    // CloudWatch Logs itself looks whether somebody is there.
    if delivery.message_type == "CONTROL_MESSAGE" {
        return Ok(Batch::default());
    }
    let name = delivery.log_group.strip_prefix("/aws/lambda/emc-link-").and_then(|name| name.strip_suffix("-sync"));
    let tenant = name.and_then(|name| TenantId::parse(name).ok()).ok_or(Unreadable::Group)?;
    let mut batch = Batch::default();
    for event in &delivery.log_events {
        match line_of(&tenant, event) {
            Ok(Some(Meaning::Run(line))) => batch.lines.push(line),
            Ok(Some(Meaning::KeepAlive(line))) => batch.keep_alives.push(line),
            Ok(None) => batch.others += 1,
            Err(refused) => batch.refused.push(refused),
        }
    }
    Ok(batch)
}

/// What a line tells of.
enum Meaning {
    Run(Line),
    KeepAlive(Line),
}

fn line_of(tenant: &TenantId, event: &Event) -> Result<Option<Meaning>, Unreadable> {
    let told: Told = serde_json::from_str(event.message.trim()).map_err(|_| Unreadable::Line)?;
    if told.service != SERVICE {
        return Err(Unreadable::Line);
    }
    if told.tenant != tenant.as_str() {
        return Err(Unreadable::Tenant);
    }
    let outcome = match told.outcome.as_str() {
        "lost" => Outcome::Lost,
        // An environment that no run can be made from has no mode.
        "failure" if matches!(told.mode.as_str(), "sync" | "unknown" | KEEP_ALIVE) => Outcome::Failure,
        "success" if told.mode == "sync" => Outcome::Success,
        "no_change" if told.mode == "sync" => Outcome::NoChange,
        "held" if told.mode == "sync" => Outcome::Held,
        _ => return Ok(None),
    };
    let at = Timestamp::from_millisecond(event.timestamp).map_err(|_| Unreadable::Line)?;
    let line = Line {
        tenant: tenant.clone(),
        at,
        run_id: told.run_id,
        outcome,
        code: told.code,
        version: told.version,
        errors: told.errors,
        millis: told.duration_ms,
    };
    Ok(Some(if told.mode == KEEP_ALIVE { Meaning::KeepAlive(line) } else { Meaning::Run(line) }))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::{Value, json};

    use super::*;

    fn packed(delivery: &Value) -> String {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(delivery.to_string().as_bytes()).unwrap();
        STANDARD.encode(gzip.finish().unwrap())
    }

    fn delivered(group: &str, messages: &[String]) -> Result<Batch, Unreadable> {
        let events: Vec<Value> = messages
            .iter()
            .map(|text| json!({"id": "1", "timestamp": 1_795_000_000_000_i64, "message": text}))
            .collect();
        lines_of(&packed(&json!({"messageType": "DATA_MESSAGE", "logGroup": group, "logEvents": events})))
    }

    fn told(tenant: &str, mode: &str, outcome: &str) -> String {
        json!({"Service": "emc-link", "Tenant": tenant, "Mode": mode, "Outcome": outcome, "Code": "EMC-OK",
            "run_id": "20261123T043112345-0f1e2d3c4b5a", "version": "0.2.0", "Errors": 0, "DurationMs": 1500})
        .to_string()
    }

    const GROUP: &str = "/aws/lambda/emc-link-acme-sync";

    #[test]
    fn a_runs_line_is_taken() {
        let batch = delivered(GROUP, &[told("acme", "sync", "success")]).unwrap();
        let line = &batch.lines[0];
        assert_eq!((line.tenant.as_str(), line.outcome, line.version.as_str()), ("acme", Outcome::Success, "0.2.0"));
        assert_eq!((line.millis, line.at.as_millisecond()), (1500, 1_795_000_000_000));
    }

    #[test]
    fn what_links_nothing_is_no_run() {
        let texts = ["check", "preview"].map(|mode| told("acme", mode, "failure"));
        let batch =
            delivered(GROUP, &[&texts[..], &[told("acme", "sync", "skipped"), told("acme", "sync", "busy")]].concat());
        let batch = batch.unwrap();
        assert_eq!((batch.lines.len(), batch.others, batch.refused.len()), (0, 4, 0));
        // A lost run has neither mode nor id.
        let lost = json!({"Service": "emc-link", "Tenant": "acme", "Outcome": "lost", "DurationMs": 9}).to_string();
        assert_eq!(delivered(GROUP, &[lost]).unwrap().lines[0].outcome, Outcome::Lost);
    }

    #[test]
    fn a_keep_alive_is_told_where_it_failed_and_is_no_run() {
        let batch =
            delivered(GROUP, &["failure", "checked", "skipped"].map(|outcome| told("acme", "keep_alive", outcome)));
        let batch = batch.unwrap();
        assert_eq!((batch.lines.len(), batch.keep_alives.len(), batch.others), (0, 1, 2));
    }

    #[test]
    fn what_is_not_a_tenants_own_whole_line_is_refused() {
        for group in ["/aws/lambda/emc-link-acme-connect", "/aws/lambda/emc-link--sync", "/aws/lambda/other-sync", ""] {
            assert_eq!(delivered(group, &[told("acme", "sync", "success")]).unwrap_err(), Unreadable::Group, "{group}");
        }
        let whole = told("acme", "sync", "success");
        let texts = [told("beta", "sync", "success"), whole[..whole.len() / 2].to_owned(), "{}".into(), "plain".into()];
        let batch = delivered(GROUP, &texts).unwrap();
        assert!(batch.lines.is_empty());
        assert_eq!(batch.refused, [Unreadable::Tenant, Unreadable::Line, Unreadable::Line, Unreadable::Line]);
        for data in ["", "!", "aGVsbG8=", &packed(&json!({"x": 1}))] {
            assert_eq!(lines_of(data).unwrap_err(), Unreadable::Delivery, "{data}");
        }
        let control = lines_of(&packed(&json!({"messageType": "CONTROL_MESSAGE", "logEvents": []}))).unwrap();
        assert!(control.lines.is_empty() && control.refused.is_empty());
    }
}
