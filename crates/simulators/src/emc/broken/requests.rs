//! Deviations that change a call before the model sees it.

use serde_json::{Value, json};

use super::{Deviation, lines};
use crate::emc::model::{Call, Contract, Model, Table};

pub(super) fn change(deviation: Deviation, model: &Model, call: &mut Call, token: &str) {
    change_token(deviation, model, call, token);
    if call.method != "PUT" {
        return;
    }
    change_name(deviation, model, call);
    change_text(deviation, call);
    let Some(mut lines) = lines::read(call) else { return };
    let before = lines.clone();
    change_lines(deviation, &mut lines);
    for line in &mut lines {
        change_line(deviation, model, line);
    }
    if lines != before {
        lines::write(call, &lines);
    }
}

fn change_token(deviation: Deviation, model: &Model, call: &mut Call, token: &str) {
    let is_known = model.contract(call.token.as_deref()).is_some();
    let is_first = match deviation {
        Deviation::AnyToken => !is_known,
        Deviation::OpenDownloads => !is_known && call.path.contains(".csv"),
        Deviation::OneContract => is_known,
        Deviation::ResultsForEveryContract => is_known && call.method == "GET" && call.import_id().is_some(),
        _ => false,
    };
    if is_first {
        call.token = Some(token.to_owned());
    }
}

fn change_name(deviation: Deviation, model: &Model, call: &mut Call) {
    let id = call.import_id().unwrap_or_default().replace('\'', "");
    let dry_run = call.query.get("dry_run") == Some("true");
    let forgotten = match deviation {
        Deviation::RepeatedIsDoneAgain => "committed",
        Deviation::RejectedNameFree => "rejected",
        _ => "",
    };
    let _ = model.run(&format!("DELETE FROM imports WHERE id = '{id}' AND state = '{forgotten}'"));
    match deviation {
        Deviation::DryRunCommits => call.query.0.retain(|(key, _)| key != "dry_run"),
        Deviation::DryRunOfTakenName if dry_run => call.path.push_str("-dry"),
        _ => {}
    }
}

fn change_text(deviation: Deviation, call: &mut Call) {
    let text = lines::text(call);
    match deviation {
        Deviation::CutGzipTaken => lines::write_text(call, &text),
        Deviation::FirstMemberOnly => {
            let mut first = String::new();
            let mut decoder = flate2::read::GzDecoder::new(call.body.as_ref());
            if std::io::Read::read_to_string(&mut decoder, &mut first).is_ok() {
                lines::write_text(call, &first);
            }
        }
        Deviation::BrokenLinesSkipped => {
            let good = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut good: Vec<Value> = good.collect();
            lines::recount(&mut good);
            lines::write(call, &good);
        }
        _ => {}
    }
}

fn change_lines(deviation: Deviation, lines: &mut Vec<Value>) {
    let is_one_of = |value: &Value, known: &[&str]| value.as_str().is_some_and(|word| known.contains(&word));
    match deviation {
        Deviation::EndNotNeeded if lines.last().is_some_and(|line| line["op"] != "end") => {
            lines.push(json!({ "op": "end" }));
        }
        Deviation::CountsNotChecked => lines::recount(lines),
        Deviation::OrderNotChecked => lines.sort_by_key(place),
        Deviation::UnknownOpsSkipped => {
            lines.retain(|line| is_one_of(&line["op"], &["begin", "put", "delete", "end"]));
            lines::recount(lines);
        }
        Deviation::UnknownRecordsSkipped => {
            lines.retain(|line| line["record"].is_null() || is_one_of(&line["record"], &["user", "department"]));
            lines::recount(lines);
        }
        Deviation::DeleteIgnored => {
            lines.retain(|line| line["op"] != "delete" || line["record"] != "user");
            lines::recount(lines);
        }
        _ => {}
    }
}

fn place(line: &Value) -> u8 {
    match (line["op"].as_str(), line["record"].as_str()) {
        (Some("begin"), _) => 0,
        (Some("put"), Some("department")) => 1,
        (Some("put"), _) => 2,
        (Some("delete"), Some("user")) => 3,
        (Some("delete"), _) => 4,
        _ => 5,
    }
}

fn change_line(deviation: Deviation, model: &Model, line: &mut Value) {
    let id = line["id"].as_str().unwrap_or_default().to_owned();
    let of = |op: &str, record: &str| line["op"] == op && line["record"] == record;
    let (puts_user, puts_department) = (of("put", "user"), of("put", "department"));
    let deletes_user = of("delete", "user");
    let expect = line["expect"].as_str().unwrap_or_default().to_owned();
    let kept = || model.person(Contract::FIRST, &id).ok().flatten();
    let exists = || model.user(Contract::FIRST, &id).ok().flatten().is_some();
    match deviation {
        Deviation::UnknownExpectIsUpdate if expect == "upsert" => line["expect"] = json!("update"),
        Deviation::CreateOverwritesUser if puts_user && expect == "create" && exists() => {
            line["expect"] = json!("update");
        }
        Deviation::CreateOverwritesDepartment if puts_department && expect == "create" => {
            let there = model.department(Contract::FIRST, &id).ok().flatten();
            line["expect"] = json!(if there.is_some() { "update" } else { "create" });
        }
        Deviation::ReplaceKeeps if expect == "replace" && exists() => line["expect"] = json!("adopt"),
        Deviation::ReplaceRestores if expect == "replace" && !exists() => line["expect"] = json!("update"),
        Deviation::PersonNotCompared if expect == "update" => without(line, "person"),
        Deviation::PersonNotTaken if expect == "update" && exists() && kept().is_none() => without(line, "person"),
        Deviation::AdoptKeepsPerson if expect == "adopt" => without(line, "person"),
        Deviation::DeleteOfOther if deletes_user => without(line, "person"),
        Deviation::DeleteNeedsPerson if deletes_user && line["person"].is_null() && kept().is_some() => {
            line["person"] = json!("nobody");
        }
        Deviation::RestoredForOthers if puts_user && expect == "create" && line["person"].is_string() => {
            take_any_person(model, &id, line);
        }
        Deviation::RestoredWithoutPerson if puts_user && expect == "create" && line["person"].is_null() => {
            take_any_person(model, &id, line);
        }
        Deviation::UserCaseFolded if puts_user || deletes_user => line["id"] = json!(id.to_lowercase()),
        Deviation::UserBlanksTrimmed if puts_user || deletes_user => line["id"] = json!(id.trim()),
        Deviation::UserZerosTrimmed if puts_user || deletes_user => {
            line["id"] = json!(id.replace("-0", "-").trim_start_matches('0'));
        }
        Deviation::DepartmentCaseFolded if line["record"] == "department" => line["id"] = json!(id.to_lowercase()),
        _ if puts_user => change_items(deviation, model, line),
        _ => {}
    }
}

fn change_items(deviation: Deviation, model: &Model, line: &mut Value) {
    let departments = || model.ids(Contract::FIRST, Table::Departments).unwrap_or_default();
    match deviation {
        Deviation::OnCreateNever => retain(line, "on_create", |item, _| item.starts_with("パスワード")),
        Deviation::OnUpdateNever => without(line, "on_update"),
        Deviation::OnCreateAlways => line["on_update"] = merged(&line["on_update"], &line["on_create"]),
        Deviation::OnCreateWhenRestored if line["expect"] == "create" => {
            line["on_update"] = merged(&line["on_update"], &line["on_create"]);
        }
        Deviation::NullIgnored => {
            for place in ["set", "on_update"] {
                retain(line, place, |_, value| !value.is_null());
            }
        }
        Deviation::EmptyTextIgnored => {
            for place in ["set", "on_update"] {
                retain(line, place, |_, value| value != "");
            }
        }
        Deviation::AbsentClears if line["set"]["緊急連絡1 アドレス"].is_null() && line["expect"] == "update" => {
            line["set"]["緊急連絡1 媒体"] = Value::Null;
            line["set"]["緊急連絡1 アドレス"] = Value::Null;
        }
        Deviation::UnknownDepartmentDropped => {
            let known = departments();
            retain(line, "set", |item, value| {
                !item.contains("部署") || value.as_str().is_none_or(|id| known.iter().any(|own| own == id))
            });
        }
        Deviation::UnknownOptionDropped => {
            retain(line, "set", |item, value| {
                !item.starts_with("検索ワード") || value.as_str().is_none_or(|id| id.len() < 4)
            });
        }
        _ => {}
    }
}

fn take_any_person(model: &Model, id: &str, line: &mut Value) {
    if let Ok(Some(person)) = model.deleted_person(id) {
        line["person"] = json!(person);
    }
}

fn without(line: &mut Value, key: &str) {
    if let Some(line) = line.as_object_mut() {
        line.remove(key);
    }
}

fn retain(line: &mut Value, place: &str, keep: impl Fn(&str, &Value) -> bool) {
    if let Some(items) = line[place].as_object_mut() {
        items.retain(|item, value| keep(item, value));
    }
    if line[place].is_null() {
        without(line, place);
    }
}

fn merged(one: &Value, other: &Value) -> Value {
    let mut all = one.as_object().cloned().unwrap_or_default();
    all.extend(other.as_object().cloned().unwrap_or_default());
    Value::Object(all)
}
