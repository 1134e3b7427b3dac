//! Deviations that change an answer.

use serde_json::{Value, json};

use super::{Deviation, lines};
use crate::emc::model::Call;
use crate::http::Reply;

pub(super) fn change(deviation: Deviation, call: &Call, reply: &mut Reply) {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&reply.body) else { return };
    let before = answer.clone();
    change_result(deviation, call, &mut answer);
    change_errors(deviation, &mut answer);
    let dry_run = call.query.get("dry_run") == Some("true");
    match deviation {
        Deviation::OptionsWithoutIds => {
            for word in answer["search_words"].as_array_mut().into_iter().flatten() {
                for option in word["options"].as_array_mut().into_iter().flatten() {
                    option["id"] = option["name"].take();
                }
            }
        }
        Deviation::DryRunWithoutErrors if dry_run && reply.status == 422 => {
            reply.status = 200;
            answer = json!({
                "status": "previewed", "departments": { "created": 0, "updated": 0, "deleted": 0 },
                "users": { "created": 0, "updated": 0, "deleted": 0 },
            });
        }
        Deviation::CommittedIsCancelled if call.method == "DELETE" => answer = json!({ "status": "cancelled" }),
        Deviation::ChildLeftAccepted if reply.status == 422 && only_departments(&answer) => {
            reply.status = 200;
            answer = json!({
                "status": "committed", "departments": { "created": 0, "updated": 0, "deleted": 1 },
                "users": { "created": 0, "updated": 0, "deleted": 0 },
            });
        }
        _ => {}
    }
    if answer != before {
        reply.body = answer.to_string().into();
    }
}

fn change_result(deviation: Deviation, call: &Call, answer: &mut Value) {
    let dry_run = call.query.get("dry_run") == Some("true");
    let is = |entry: &Value, expected: &str, actual: &str| entry["expected"] == expected && entry["actual"] == actual;
    match deviation {
        Deviation::DryRunCommits if dry_run && answer["status"] == "committed" => answer["status"] = json!("previewed"),
        Deviation::DryRunWithoutDrift if dry_run => answer["drift"] = json!([]),
        Deviation::UpdateLackingNotTold => drop_drift(answer, |entry| is(entry, "update", "create")),
        Deviation::AdoptNotTold => drop_drift(answer, |entry| is(entry, "adopt", "update")),
        Deviation::AdoptLackingNotTold => drop_drift(answer, |entry| is(entry, "adopt", "create")),
        Deviation::ReplaceKeeps => drop_drift(answer, |entry| entry["expected"] == "adopt"),
        Deviation::ReplaceLackingNotTold => drop_drift(answer, |entry| entry["expected"] == "replace"),
        Deviation::DeleteLackingNotTold => drop_drift(answer, |entry| is(entry, "delete", "none")),
        Deviation::DepartmentDriftNotTold => drop_drift(answer, |entry| entry["record"] == "department"),
        Deviation::RestoredNotTold => answer["restored"] = json!([]),
        Deviation::UnassignedNotTold => answer["unassigned"] = json!([]),
        Deviation::RestoredInsteadOfDrift => {
            let restored = answer["restored"].clone();
            let has = |id: &Value| restored.as_array().into_iter().flatten().any(|entry| &entry["id"] == id);
            drop_drift(answer, |entry| has(&entry["id"]));
        }
        Deviation::FurtherUnassignedNotTold => {
            if let Some(list) = answer["unassigned"].as_array_mut() {
                list.retain(|entry| entry["field"] == "所属部署コード");
            }
        }
        Deviation::MovedIsUnassigned => add_the_moved(call, answer),
        _ => {}
    }
}

fn change_errors(deviation: Deviation, answer: &mut Value) {
    let Some(errors) = answer["errors"].as_array_mut() else { return };
    let further = match deviation {
        Deviation::ExistsCheckedFurther => "exists",
        Deviation::OtherPersonCheckedFurther => "other_person",
        _ => "",
    };
    let more: Vec<Value> = errors.iter().filter(|error| error["code"] == further).cloned().collect();
    for mut error in more {
        error["field"] = json!("氏名");
        error["code"] = Value::Null;
        errors.push(error);
    }
    if deviation == Deviation::FirstErrorOnly {
        errors.truncate(1);
    }
}

fn drop_drift(answer: &mut Value, is_dropped: impl Fn(&Value) -> bool) {
    if let Some(drift) = answer["drift"].as_array_mut() {
        drift.retain(|entry| !is_dropped(entry));
    }
}

fn only_departments(answer: &Value) -> bool {
    let mut errors = answer["errors"].as_array().into_iter().flatten();
    errors.all(|error| error["record"] == "department" && error["line"].is_null())
}

/// Whoever is put in an import that deletes a department.
fn add_the_moved(call: &Call, answer: &mut Value) {
    let lines = lines::read(call).unwrap_or_default();
    let gone = lines.iter().find(|line| line["op"] == "delete" && line["record"] == "department");
    let (Some(gone), Some(list)) = (gone, answer["unassigned"].as_array_mut()) else { return };
    for line in lines.iter().filter(|line| line["op"] == "put" && line["record"] == "user") {
        list.push(json!({ "record": "user", "id": line["id"], "field": "所属部署コード", "department": gone["id"] }));
    }
}
