//! What may start a run. Anything else is refused, with the accepted forms.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::Mode;
use crate::state::RunId;

/// An accepted event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The daily run, a re-run, or an approved re-run.
    Sync {
        /// The daily trigger's time.
        scheduled_at: Option<Timestamp>,
        /// The held run that a person approved.
        approve: Option<RunId>,
    },
    /// Everything but writing.
    Preview {
        /// A sheet that is not in force yet, to be tried (`mapping-drafts/{draft}.…`).
        draft: Option<RunId>,
    },
    /// Config, sheet, tokens, rights, masters.
    Check,
    /// The first snapshot.
    Baseline {
        /// Whether an existing snapshot may be replaced.
        replace: bool,
    },
    /// A bulk upload was done by hand.
    Confirm {
        /// The run whose files were uploaded.
        run_id: RunId,
    },
}

const ACCEPTED: &str = "受け付ける形式: {\"mode\":\"sync\"}、{\"mode\":\"sync\",\"scheduled_at\":\"2026-11-23T04:30:00+09:00\"}、\
    {\"mode\":\"sync\",\"approve\":\"実行ID\"}、{\"mode\":\"preview\"}、{\"mode\":\"check\"}、{\"mode\":\"baseline\"}、\
    {\"mode\":\"baseline\",\"replace\":true}、{\"mode\":\"confirm\",\"run_id\":\"実行ID\"}、EventBridgeのScheduled Event。";

impl Event {
    /// Parses an event; all faults at once.
    pub fn parse(event: &Value) -> Result<Self, Faults> {
        let Value::Object(fields) = event else {
            return Err(refusal(None, "イベントがJSONのオブジェクトではありません。").into());
        };
        if fields.contains_key("detail-type") {
            return scheduled_event(fields);
        }
        let mut faults = Faults::new();
        let mode = fields.get("mode").and_then(Value::as_str);
        let allowed: &[&str] = match mode {
            Some("sync") => &["mode", "scheduled_at", "approve"],
            Some("preview") => &["mode", "draft"],
            Some("check") => &["mode"],
            Some("baseline") => &["mode", "replace"],
            Some("confirm") => &["mode", "run_id"],
            _ => return Err(refusal(Some("mode"), "modeが無いか、知らない値です。").into()),
        };
        for key in fields.keys().filter(|key| !allowed.contains(&key.as_str())) {
            faults.push(refusal(Some(key), &format!("「{key}」はこのmodeでは使えません。")));
        }
        let scheduled_at =
            text(fields, "scheduled_at", &mut faults).and_then(|text| time(text, "scheduled_at", &mut faults));
        let approve = text(fields, "approve", &mut faults).and_then(|text| run_id(text, "approve", &mut faults));
        let named = text(fields, "run_id", &mut faults).and_then(|text| run_id(text, "run_id", &mut faults));
        let draft = text(fields, "draft", &mut faults).and_then(|text| run_id(text, "draft", &mut faults));
        let replace = match fields.get("replace") {
            None => false,
            Some(Value::Bool(replace)) => *replace,
            Some(_) => {
                faults.push(refusal(Some("replace"), "replaceはtrueまたはfalseで指定します。"));
                false
            }
        };
        if mode == Some("confirm") && named.is_none() && faults.is_empty() {
            faults.push(refusal(Some("run_id"), "run_idがありません。"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(match (mode, named) {
            (Some("preview"), _) => Self::Preview { draft },
            (Some("check"), _) => Self::Check,
            (Some("baseline"), _) => Self::Baseline { replace },
            (_, Some(run_id)) => Self::Confirm { run_id },
            _ => Self::Sync { scheduled_at, approve },
        })
    }

    /// The sheet that is to be tried instead of the one in force.
    pub fn draft(&self) -> Option<&RunId> {
        match self {
            Self::Preview { draft } => draft.as_ref(),
            _ => None,
        }
    }

    /// The run's mode.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Sync { .. } => Mode::Sync,
            Self::Preview { .. } => Mode::Preview,
            Self::Check => Mode::Check,
            Self::Baseline { .. } => Mode::Baseline,
            Self::Confirm { .. } => Mode::Confirm,
        }
    }
}

/// EventBridge's own scheduled event is a daily run.
fn scheduled_event(fields: &Map<String, Value>) -> Result<Event, Faults> {
    let mut faults = Faults::new();
    if fields.get("detail-type").and_then(Value::as_str) != Some("Scheduled Event") {
        faults.push(refusal(Some("detail-type"), "detail-typeがScheduled Eventではありません。"));
    }
    let scheduled_at = text(fields, "time", &mut faults).and_then(|text| time(text, "time", &mut faults));
    if scheduled_at.is_none() && faults.is_empty() {
        faults.push(refusal(Some("time"), "timeがありません。"));
    }
    if faults.is_empty() { Ok(Event::Sync { scheduled_at, approve: None }) } else { Err(faults) }
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str, faults: &mut Faults) -> Option<&'a str> {
    let value = fields.get(key)?;
    let text = value.as_str();
    if text.is_none() {
        faults.push(refusal(Some(key), &format!("{key}は文字列で指定します。")));
    }
    text
}

fn time(text: &str, key: &str, faults: &mut Faults) -> Option<Timestamp> {
    let time = text.parse().ok();
    if time.is_none() {
        faults.push(refusal(Some(key), &format!("{key}は2026-11-23T04:30:00+09:00の形式(時差付き)で指定します。")));
    }
    time
}

fn run_id(text: &str, key: &str, faults: &mut Faults) -> Option<RunId> {
    let id = RunId::parse(text);
    if id.is_none() {
        faults.push(refusal(Some(key), &format!("{key}は実行IDではありません。")));
    }
    id
}

fn refusal(field: Option<&str>, detail: &str) -> Fault {
    let fault = Fault::new(Code::EventInvalid, Subject::Event, format!("{detail}{ACCEPTED}"));
    match field {
        Some(field) => fault.field(field),
        None => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_accepted_form_is_accepted() {
        let id = "20261123T043112345-0f1e2d3c4b5a";
        let run = RunId::parse(id);
        for (event, parsed) in [
            (json!({"mode":"sync"}), Event::Sync { scheduled_at: None, approve: None }),
            (
                json!({"mode":"sync","scheduled_at":"2026-11-23T04:30:00+09:00"}),
                Event::Sync { scheduled_at: "2026-11-22T19:30:00Z".parse().ok(), approve: None },
            ),
            (json!({"mode":"sync","approve":id}), Event::Sync { scheduled_at: None, approve: run.clone() }),
            (json!({"mode":"preview"}), Event::Preview { draft: None }),
            (json!({"mode":"preview","draft":id}), Event::Preview { draft: run.clone() }),
            (json!({"mode":"check"}), Event::Check),
            (json!({"mode":"baseline"}), Event::Baseline { replace: false }),
            (json!({"mode":"baseline","replace":true}), Event::Baseline { replace: true }),
            (json!({"mode":"confirm","run_id":id}), Event::Confirm { run_id: run.clone().unwrap() }),
            (
                json!({"version":"0","id":"x","detail-type":"Scheduled Event","source":"aws.events","account":"1",
                       "time":"2026-11-22T19:30:00Z","region":"ap-northeast-1","resources":[],"detail":{}}),
                Event::Sync { scheduled_at: "2026-11-22T19:30:00Z".parse().ok(), approve: None },
            ),
        ] {
            assert_eq!(Event::parse(&event), Ok(parsed), "{event}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_accepted_forms() {
        let id = "20261123T043112345-0f1e2d3c4b5a";
        for event in [
            json!(null),
            json!([]),
            json!("sync"),
            json!({}),
            json!({"mode":"delete"}),
            json!({"mode":1}),
            json!({"mode":"sync","tenant":"other"}),
            json!({"mode":"sync","scheduled_at":"04:30"}),
            json!({"mode":"sync","approve":"../../x"}),
            json!({"mode":"preview","approve":"x"}),
            json!({"mode":"preview","draft":"../config"}),
            json!({"mode":"sync","draft":id}),
            json!({"mode":"baseline","replace":"yes"}),
            json!({"detail-type":"Scheduled Event"}),
            json!({"detail-type":"S3 Event","time":"2026-11-22T19:30:00Z"}),
            json!({"mode":"confirm"}),
        ] {
            let faults = Event::parse(&event).unwrap_err();
            assert!(faults.0.iter().all(|fault| fault.message.contains("\"mode\":\"preview\"")), "{event}");
        }
    }

    #[test]
    fn all_faults_of_an_event_are_told_at_once() {
        let faults = Event::parse(&json!({"mode":"sync","scheduled_at":5,"approve":"x","more":1})).unwrap_err();
        assert_eq!(faults.0.len(), 3);
    }
}
