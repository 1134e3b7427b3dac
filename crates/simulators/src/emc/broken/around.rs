//! Deviations that answer by themselves, or do something more beside the model.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Deviant, Deviation, MEANWHILE, lines};
use crate::emc::model::{Call, Contract, Model, Table};
use crate::http::Reply;

impl Deviant {
    /// An answer without the model.
    pub(super) fn instead(&mut self, model: &mut Model, call: &Call, now: Timestamp) -> Option<Reply> {
        model.contract(call.token.as_deref())?;
        let id = call.import_id().unwrap_or_default();
        let has_columns = call.query.get("columns").is_some();
        match (self.deviation, call.method.as_str()) {
            (Deviation::DownloadNotFresh, "GET") if call.path.contains(".csv") => {
                let key = format!("{:?}{}{:?}", call.token, call.path, call.query);
                let fresh = model.answer(call, now);
                Some(self.downloads.entry(key).or_insert(fresh).clone())
            }
            (Deviation::ColumnsNotKnown, "GET") if has_columns => Some(Reply::json(400, "{}")),
            (Deviation::FirstColumnOnly, "GET") if has_columns => {
                let mut call = call.clone();
                for (_, columns) in &mut call.query.0 {
                    columns.truncate(columns.find(',').unwrap_or(columns.len()));
                }
                Some(model.answer(&call, now))
            }
            (Deviation::HalfIsSeen, _) => self.half_of(model, call, now),
            (Deviation::ResultsForgotten, "GET") if !id.is_empty() => Some(Reply::json(404, "{}")),
            (Deviation::SmallBodiesOnly, "PUT") if call.body.len() > 3_000 => Some(Reply::json(413, "{}")),
            (_, "GET" | "PUT") => self.repeated(model, call, now),
            (_, "DELETE") => self.settled(model, call, now),
            _ => None,
        }
    }

    fn repeated(&self, model: &mut Model, call: &Call, now: Timestamp) -> Option<Reply> {
        let reading = Call { method: "GET".to_owned(), ..call.clone() };
        match self.deviation {
            Deviation::UnknownIsCancelled if call.method == "GET" && call.import_id().is_some() => {
                let reply = model.answer(call, now);
                Some(if reply.status == 404 { cancelled() } else { reply })
            }
            Deviation::OtherContentIsTheSame if call.method == "PUT" && call.query.get("dry_run").is_none() => {
                let known = model.answer(&reading, now);
                (known.status == 200 && status(&known) == "committed").then_some(known)
            }
            Deviation::BothContentsCount if came_meanwhile(call) => {
                let other = Call { path: format!("{}-other", call.path), ..call.clone() };
                (status(&model.answer(&reading, now)) == "committed").then(|| model.answer(&other, now))
            }
            Deviation::SideBySide if came_meanwhile(call) => {
                // As if it had begun before the other one ended: whom that one made is not there.
                let lines = lines::read(call).unwrap_or_default();
                let updated = lines.iter().filter(|line| line["expect"] == "update" && line["record"] == "user");
                for id in updated.filter_map(|line| line["id"].as_str()) {
                    let _ = model.erase_user(Contract::FIRST, id);
                }
                None
            }
            Deviation::ChildrenFirstRefused if call.method == "PUT" => {
                // As if children were looked for before the import and not at its end.
                let lines = lines::read(call).unwrap_or_default();
                let mut deleted = lines.iter().filter(|line| line["op"] == "delete" && line["record"] == "department");
                let parent = deleted.find(|line| line["id"].as_str().is_some_and(|id| has_children(model, id)))?;
                Some(rejected("department", &parent["id"]))
            }
            Deviation::UserBytesCounted => refused(call, "user", |id| id.len() > 40),
            Deviation::UserUtf16Counted => refused(call, "user", |id| id.encode_utf16().count() > 40),
            Deviation::DepartmentBytesCounted => refused(call, "department", |id| id.len() > 30),
            Deviation::UsedDepartmentRefused if call.method == "PUT" => {
                let mut rehearsal = call.clone();
                rehearsal.path.push_str("-rehearsal");
                rehearsal.query.0 = vec![("dry_run".to_owned(), "true".to_owned())];
                let answer: Value = serde_json::from_slice(&model.answer(&rehearsal, now).body).unwrap_or_default();
                let first = answer["unassigned"].as_array().and_then(|list| list.first().cloned())?;
                Some(rejected("department", &first["department"]))
            }
            _ => None,
        }
    }

    /// A settlement that leaves no mark.
    fn settled(&self, model: &mut Model, call: &Call, now: Timestamp) -> Option<Reply> {
        let known = model.answer(&Call { method: "GET".to_owned(), ..call.clone() }, now);
        let leaves_none = match self.deviation {
            Deviation::CancelNotKept => known.status == 404,
            Deviation::RejectedNotCancelled => status(&known) == "rejected",
            Deviation::PreviewedNotCancelled => status(&known) == "previewed",
            Deviation::LateBodyCounts => call.import_id().is_some_and(|id| self.arriving.contains(id)),
            _ => false,
        };
        leaves_none.then(cancelled)
    }
}

/// Whom EMC kept the users of a body for.
pub(super) fn before(deviation: Deviation, model: &Model, call: &Call) -> Vec<(String, Option<String>)> {
    if deviation != Deviation::ReplaceKeepsPerson || call.method != "PUT" {
        return Vec::new();
    }
    let lines = lines::read(call).unwrap_or_default();
    let replaced = lines.iter().filter(|line| line["expect"] == "replace").filter_map(|line| line["id"].as_str());
    replaced.map(|id| (id.to_owned(), model.person(Contract::FIRST, id).ok().flatten())).collect()
}

pub(super) fn after(
    deviation: Deviation,
    model: &mut Model,
    call: &Call,
    reply: &Reply,
    remembered: Vec<(String, Option<String>)>,
    now: Timestamp,
) {
    if call.method != "PUT" {
        return;
    }
    let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let name = quoted(call.import_id().unwrap_or_default());
    let refused = answer["errors"][0]["record"] == "import";
    let dry_run = call.query.get("dry_run") == Some("true");
    let mut statements = Vec::new();
    match deviation {
        Deviation::RefusedNameFree if refused => statements.push(format!("DELETE FROM imports WHERE id = {name}")),
        Deviation::DryRunTakesName if dry_run => {
            statements.push(format!("UPDATE imports SET dry_run = 0, state = 'committed' WHERE id = {name}"));
        }
        Deviation::DryRunUsesDeletionUp if dry_run => {
            let ids = answer["restored"].as_array().into_iter().flatten().filter_map(|entry| entry["id"].as_str());
            statements.extend(ids.map(|id| format!("DELETE FROM deleted_users WHERE id = {}", quoted(id))));
        }
        Deviation::PersonForgotten if reply.status == 200 => {
            let lines = lines::read(call).unwrap_or_default();
            let nameless = lines.iter().filter(|line| line["expect"] == "update" && line["person"].is_null());
            let ids = nameless.filter_map(|line| line["id"].as_str());
            statements.extend(ids.map(|id| format!("UPDATE users SET person = NULL WHERE id = {}", quoted(id))));
        }
        Deviation::ReplaceKeepsPerson if reply.status == 200 => {
            for (id, person) in remembered {
                if let Some(person) = person {
                    let (id, person) = (quoted(&id), quoted(&person));
                    statements.push(format!("UPDATE users SET person = {person} WHERE id = {id}"));
                }
            }
        }
        Deviation::GoodRowsStay if reply.status == 422 && !refused => keep_good_rows(model, call, &answer, now),
        _ => {}
    }
    for statement in statements {
        let _ = model.run(&statement);
    }
}

/// Hands the rows without an error in under another name.
fn keep_good_rows(model: &mut Model, call: &Call, answer: &Value, now: Timestamp) {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let mut lines = lines::read(call).unwrap_or_default();
    lines.retain(|line| line["id"].is_null() || !errors.iter().any(|error| error["id"] == line["id"]));
    lines::recount(&mut lines);
    let mut rest = call.clone();
    rest.path.push_str("-rest");
    lines::write(&mut rest, &lines);
    model.answer(&rest, now);
}

fn refused(call: &Call, record: &str, is_long: impl Fn(&str) -> bool) -> Option<Reply> {
    if call.method != "PUT" {
        return None;
    }
    let lines = lines::read(call)?;
    let mut puts = lines.iter().filter(|line| line["op"] == "put" && line["record"] == record);
    let long = puts.find(|line| line["id"].as_str().is_some_and(&is_long))?;
    Some(rejected(record, &long["id"]))
}

fn rejected(record: &str, id: &Value) -> Reply {
    let error = json!({ "record": record, "id": id, "field": "ID", "message": "broken on purpose" });
    Reply::json(422, json!({ "status": "rejected", "errors": [error] }).to_string())
}

fn came_meanwhile(call: &Call) -> bool {
    call.method == "PUT" && call.query.get(MEANWHILE).is_some()
}

fn has_children(model: &Model, parent: &str) -> bool {
    let ids = model.ids(Contract::FIRST, Table::Departments).unwrap_or_default();
    ids.iter().any(|id| {
        let items = model.department(Contract::FIRST, id).ok().flatten().unwrap_or_default();
        items.get("親部署ID").is_some_and(|own| own == parent)
    })
}

fn cancelled() -> Reply {
    Reply::json(200, json!({ "status": "cancelled" }).to_string())
}

fn status(reply: &Reply) -> String {
    let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    answer["status"].as_str().unwrap_or_default().to_owned()
}
