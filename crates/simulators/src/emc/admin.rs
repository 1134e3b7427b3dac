//! `/_sim/`: the same handles over HTTP, for a process that does not hold the simulator in its hands.
//!
//! | call | what it does |
//! | --- | --- |
//! | `POST /_sim/faults`, `DELETE /_sim/faults` | adds a rule or a list of rules over [`super::Fault`]; takes all away |
//! | `GET /_sim/requests`, `DELETE /_sim/requests` | the record of requests |
//! | `GET /_sim/counts` | how many departments and users EMC holds |
//! | `GET /_sim/user?id=A00027`, `GET /_sim/department?id=A1` | one record's items |
//! | `DELETE /_sim/user?id=A00027` | removes a user by hand |
//! | `GET /_sim/imports` | every body received: id, kind, status |
//! | `GET /_sim/imports/lines?number=1` | the lines of the first body received, decoded |
//! | `PUT /_sim/search-words` | replaces the masters |

use serde_json::{Value, json};

use super::fault::Fault;
use super::{Asked, SearchWord, World};
use crate::http::Reply;

pub(super) fn answer(world: &mut World, asked: &Asked, body: &[u8]) -> Reply {
    let id = asked.query.get("id").unwrap_or_default();
    match (asked.method.as_str(), asked.path.as_str()) {
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
                "departments": world.store.count("departments"),
                "users": world.store.count("users"),
                "imports_received": world.received.len(),
                "imports_committed": committed,
            }))
        }
        ("GET", "/_sim/user") => found(world.store.user(id)),
        ("GET", "/_sim/department") => found(world.store.department(id)),
        ("DELETE", "/_sim/user") => {
            world.store.erase_user(id);
            ok(&json!({}))
        }
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
            let number = asked.query.number("number", world.received.len()).unwrap_or(0);
            let received = number.checked_sub(1).and_then(|at| world.received.get(at));
            let text = received.map(super::Received::text);
            text.map_or_else(|| Reply::json(404, "{}"), |text| Reply::of(200, "application/x-ndjson", text))
        }
        ("PUT", "/_sim/search-words") => match serde_json::from_slice::<Vec<SearchWord>>(body) {
            Ok(words) => {
                world.store.set_search_words(&words);
                ok(&json!({}))
            }
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

fn found(items: Option<std::collections::BTreeMap<String, String>>) -> Reply {
    items.map_or_else(|| Reply::json(404, "{}"), |items| ok(&json!(items)))
}
