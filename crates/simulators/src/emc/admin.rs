//! `/_sim/`: the same handles over HTTP, on the first contract, for a process that does not hold the simulator in its hands.
//!
//! | call | what it does |
//! | --- | --- |
//! | `POST /_sim/faults`, `DELETE /_sim/faults` | adds a rule or a list of rules over [`super::Fault`]; takes all away |
//! | `GET /_sim/requests`, `DELETE /_sim/requests` | the record of requests |
//! | `GET /_sim/counts` | how many departments and users EMC holds |
//! | `GET /_sim/user?id=A00027`, `GET /_sim/department?id=A1` | one record's items |
//! | `GET /_sim/person?id=A00027` | `{"person":"…"}`, whom EMC keeps the user for; null if for nobody known |
//! | `PATCH /_sim/user?id=A00027` | what a user enters themselves: an object of items |
//! | `DELETE /_sim/user?id=A00027` | removes a user by hand |
//! | `GET /_sim/imports` | every body received: id, kind, status |
//! | `GET /_sim/imports/lines?number=1` | the lines of the first body received, decoded |
//! | `PUT /_sim/search-words` | replaces the masters |

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fault::Fault;
use super::model::{Call, Contract, Table};
use super::{SearchWord, World};
use crate::http::Reply;

pub(super) fn answer(world: &mut World, call: &Call) -> Reply {
    let id = call.query.get("id").unwrap_or_default();
    let (model, body) = (&world.model, &call.body);
    match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/_sim/faults") => match crate::http::rules_from_json::<Fault>(&String::from_utf8_lossy(body)) {
            Ok(rules) => {
                let added = rules.len();
                for rule in rules {
                    world.faults.add(rule);
                }
                ok(&json!({ "added": added }))
            }
            Err(error) => bad(&error),
        },
        ("DELETE", "/_sim/faults") => {
            world.faults.clear();
            ok(&json!({}))
        }
        ("GET", "/_sim/requests") => ok(&json!(world.requests.all())),
        ("DELETE", "/_sim/requests") => {
            world.requests.clear();
            ok(&json!({}))
        }
        ("GET", "/_sim/counts") => {
            let committed = world.received.iter().filter(|received| received.committed).count();
            ok(&json!({
                "departments": model.count(Contract::FIRST, Table::Departments).unwrap_or_default(),
                "users": model.count(Contract::FIRST, Table::Users).unwrap_or_default(),
                "imports_received": world.received.len(),
                "imports_committed": committed,
            }))
        }
        ("GET", "/_sim/user") => found(model.user(Contract::FIRST, id)),
        ("GET", "/_sim/department") => found(model.department(Contract::FIRST, id)),
        ("GET", "/_sim/person") => match model.person(Contract::FIRST, id) {
            Ok(person) => ok(&json!({ "person": person })),
            Err(error) => bad(&error.to_string()),
        },
        ("PATCH", "/_sim/user") => match serde_json::from_slice::<BTreeMap<String, String>>(body) {
            Ok(items) => {
                let items: Vec<(&str, &str)> =
                    items.iter().map(|(item, value)| (item.as_str(), value.as_str())).collect();
                done(model.change_user(Contract::FIRST, id, &items))
            }
            Err(error) => bad(&error.to_string()),
        },
        ("DELETE", "/_sim/user") => done(model.erase_user(Contract::FIRST, id)),
        ("GET", "/_sim/imports") => {
            let all = world.received.iter().map(|received| {
                json!({
                    "import_id": received.import_id, "dry_run": received.dry_run, "status": received.status,
                    "committed": received.committed, "compressed_bytes": received.body.len(),
                })
            });
            ok(&all.collect())
        }
        ("GET", "/_sim/imports/lines") => {
            let number = call.query.number("number", world.received.len()).unwrap_or(0);
            let received = number.checked_sub(1).and_then(|at| world.received.get(at));
            let text = received.map(super::Received::text);
            text.map_or_else(|| Reply::json(404, "{}"), |text| Reply::of(200, "application/x-ndjson", text))
        }
        ("PUT", "/_sim/search-words") => match serde_json::from_slice::<Vec<SearchWord>>(body) {
            Ok(words) => done(model.set_search_words(&words)),
            Err(error) => bad(&error.to_string()),
        },
        _ => Reply::json(404, "{}"),
    }
}

fn ok(value: &Value) -> Reply {
    Reply::json(200, value.to_string())
}

fn bad(message: &str) -> Reply {
    Reply::json(400, json!({ "error": message }).to_string())
}

fn done(result: rusqlite::Result<()>) -> Reply {
    result.map_or_else(|error| bad(&error.to_string()), |()| ok(&json!({})))
}

fn found(items: rusqlite::Result<Option<BTreeMap<String, String>>>) -> Reply {
    match items {
        Ok(Some(items)) => ok(&json!(items)),
        Ok(None) => Reply::json(404, "{}"),
        Err(error) => bad(&error.to_string()),
    }
}
