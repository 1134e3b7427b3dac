//! What may start a run. Anything else is refused, with the accepted forms.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::compare::Starter;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::Mode;
use crate::state::RunId;

/// An accepted event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The daily run, a re-run, an approved re-run, or a run because of a change.
    Sync(SyncRequest),
    /// One person's story.
    Explain(Whom),
    /// Everything but writing.
    Preview {
        /// A sheet that is not in force yet, to be tried (`mapping-drafts/{draft}.…`).
        draft: Option<RunId>,
    },
    /// Config, sheet, tokens, rights, masters.
    Check,
    /// The weekly exchange of SmartHR's tokens where nothing else used them.
    KeepAlive,
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
    /// The files of a bulk upload are to be delivered.
    Deliver {
        /// The run that made them.
        run_id: RunId,
    },
}

/// What a sync is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRequest {
    /// The daily trigger's time.
    pub scheduled_at: Option<Timestamp>,
    /// The held run that a person approved.
    pub approve: Option<RunId>,
    /// Of that run's reused IDs, those that are the same person under a new SmartHR record.
    pub same_person: BTreeSet<String>,
    /// Something changed in SmartHR.
    pub because_of_change: bool,
}

impl SyncRequest {
    /// Whether a person asked for it.
    pub fn starter(&self) -> Starter {
        if self.scheduled_at.is_some() || self.because_of_change { Starter::Schedule } else { Starter::Person }
    }
}

/// Who is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// By the user ID, prefix included.
    Id(String),
    /// By the 社員番号.
    Number(String),
    /// By SmartHR's id of the crew.
    Crew(String),
}

const ACCEPTED: &str = "受け付ける形式: {\"mode\":\"sync\"}、{\"mode\":\"sync\",\"scheduled_at\":\"2026-11-23T04:30:00+09:00\"}、\
    {\"mode\":\"sync\",\"approve\":\"実行ID\"}、{\"mode\":\"sync\",\"approve\":\"実行ID\",\"same_person\":[\"ユーザID\"]}、\
    {\"mode\":\"sync\",\"trigger\":\"change\"}、{\"mode\":\"explain\",\"id\":\"ユーザID\"}(またはnumber、crew)、{\"mode\":\"preview\"}、{\"mode\":\"check\"}、{\"mode\":\"keep_alive\"}、{\"mode\":\"baseline\"}、\
    {\"mode\":\"baseline\",\"replace\":true}、{\"mode\":\"confirm\",\"run_id\":\"実行ID\"}、{\"mode\":\"deliver\",\"run_id\":\"実行ID\"}、EventBridgeのScheduled Event。";

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
            Some("sync") => &["mode", "scheduled_at", "approve", "same_person", "trigger"],
            Some("explain") => &["mode", "id", "number", "crew"],
            Some("preview") => &["mode", "draft"],
            Some("check" | "keep_alive") => &["mode"],
            Some("baseline") => &["mode", "replace"],
            Some("confirm" | "deliver") => &["mode", "run_id"],
            _ => return Err(refusal(Some("mode"), "modeが無いか、知らない値です。").into()),
        };
        for key in fields.keys().filter(|key| !allowed.contains(&key.as_str())) {
            faults.push(refusal(Some(key), &format!("「{key}」はこのmodeでは使えません。")));
        }
        let scheduled_at =
            text(fields, "scheduled_at", &mut faults).and_then(|text| time(text, "scheduled_at", &mut faults));
        let approve = text(fields, "approve", &mut faults).and_then(|text| run_id(text, "approve", &mut faults));
        let same_person = same_person(fields, approve.is_some(), &mut faults);
        let because_of_change = match fields.get("trigger").map(Value::as_str) {
            None => false,
            Some(Some("change")) if scheduled_at.is_none() && approve.is_none() => true,
            Some(_) => {
                faults.push(refusal(
                    Some("trigger"),
                    "triggerはchangeだけで、scheduled_atやapproveと一緒には使えません。",
                ));
                false
            }
        };
        let whom = if mode == Some("explain") { whom(fields, &mut faults) } else { None };
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
        if matches!(mode, Some("confirm" | "deliver")) && named.is_none() && faults.is_empty() {
            faults.push(refusal(Some("run_id"), "run_idがありません。"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if let Some(whom) = whom {
            return Ok(Self::Explain(whom));
        }
        Ok(match (mode, named) {
            (Some("preview"), _) => Self::Preview { draft },
            (Some("check"), _) => Self::Check,
            (Some("keep_alive"), _) => Self::KeepAlive,
            (Some("baseline"), _) => Self::Baseline { replace },
            (Some("deliver"), Some(run_id)) => Self::Deliver { run_id },
            (_, Some(run_id)) => Self::Confirm { run_id },
            _ => Self::Sync(SyncRequest { scheduled_at, approve, same_person, because_of_change }),
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
            Self::Sync(_) => Mode::Sync,
            Self::Explain(_) => Mode::Explain,
            Self::Preview { .. } => Mode::Preview,
            Self::Check => Mode::Check,
            Self::KeepAlive => Mode::KeepAlive,
            Self::Baseline { .. } => Mode::Baseline,
            Self::Confirm { .. } => Mode::Confirm,
            Self::Deliver { .. } => Mode::Deliver,
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
    if faults.is_empty() {
        Ok(Event::Sync(SyncRequest { scheduled_at, ..SyncRequest::default() }))
    } else {
        Err(faults)
    }
}

fn same_person(fields: &Map<String, Value>, is_approval: bool, faults: &mut Faults) -> BTreeSet<String> {
    let Some(value) = fields.get("same_person") else { return BTreeSet::new() };
    let ids: Option<BTreeSet<String>> =
        value.as_array().and_then(|ids| ids.iter().map(|id| id.as_str().map(str::to_owned)).collect());
    match ids {
        Some(ids) if is_approval => ids,
        _ => {
            faults.push(refusal(Some("same_person"), "same_personはapproveと一緒に、ユーザIDの配列で指定します。"));
            BTreeSet::new()
        }
    }
}

fn whom(fields: &Map<String, Value>, faults: &mut Faults) -> Option<Whom> {
    let mut named = |key: &'static str| text(fields, key, faults).map(str::to_owned);
    let asked = [named("id").map(Whom::Id), named("number").map(Whom::Number), named("crew").map(Whom::Crew)];
    let mut asked = asked.into_iter().flatten();
    if let (Some(whom), None) = (asked.next(), asked.next()) {
        return Some(whom);
    }
    faults.push(refusal(None, "id、number、crewのいずれか1つを指定します。"));
    None
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
            (json!({"mode":"sync"}), Event::Sync(SyncRequest::default())),
            (
                json!({"mode":"sync","scheduled_at":"2026-11-23T04:30:00+09:00"}),
                Event::Sync(SyncRequest {
                    scheduled_at: "2026-11-22T19:30:00Z".parse().ok(),
                    ..SyncRequest::default()
                }),
            ),
            (
                json!({"mode":"sync","approve":id}),
                Event::Sync(SyncRequest { approve: run.clone(), ..SyncRequest::default() }),
            ),
            (
                json!({"mode":"sync","approve":id,"same_person":["A1"]}),
                Event::Sync(SyncRequest {
                    approve: run.clone(),
                    same_person: BTreeSet::from(["A1".to_owned()]),
                    ..SyncRequest::default()
                }),
            ),
            (
                json!({"mode":"sync","trigger":"change"}),
                Event::Sync(SyncRequest { because_of_change: true, ..SyncRequest::default() }),
            ),
            (json!({"mode":"explain","id":"A1"}), Event::Explain(Whom::Id("A1".to_owned()))),
            (json!({"mode":"explain","number":"00027"}), Event::Explain(Whom::Number("00027".to_owned()))),
            (json!({"mode":"explain","crew":"x"}), Event::Explain(Whom::Crew("x".to_owned()))),
            (json!({"mode":"preview"}), Event::Preview { draft: None }),
            (json!({"mode":"preview","draft":id}), Event::Preview { draft: run.clone() }),
            (json!({"mode":"check"}), Event::Check),
            (json!({"mode":"keep_alive"}), Event::KeepAlive),
            (json!({"mode":"baseline"}), Event::Baseline { replace: false }),
            (json!({"mode":"baseline","replace":true}), Event::Baseline { replace: true }),
            (json!({"mode":"confirm","run_id":id}), Event::Confirm { run_id: run.clone().unwrap() }),
            (json!({"mode":"deliver","run_id":id}), Event::Deliver { run_id: run.clone().unwrap() }),
            (
                json!({"version":"0","id":"x","detail-type":"Scheduled Event","source":"aws.events","account":"1",
                       "time":"2026-11-22T19:30:00Z","region":"ap-northeast-1","resources":[],"detail":{}}),
                Event::Sync(SyncRequest {
                    scheduled_at: "2026-11-22T19:30:00Z".parse().ok(),
                    ..SyncRequest::default()
                }),
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
            json!({"mode":"deliver"}),
            json!({"mode":"deliver","run_id":"../x"}),
            json!({"mode":"keep_alive","scheduled_at":"2026-11-23T04:30:00+09:00"}),
            json!({"mode":"sync","same_person":["A1"]}),
            json!({"mode":"sync","approve":id,"same_person":"A1"}),
            json!({"mode":"sync","trigger":"webhook"}),
            json!({"mode":"sync","trigger":"change","approve":id}),
            json!({"mode":"explain"}),
            json!({"mode":"explain","id":"A1","crew":"x"}),
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
