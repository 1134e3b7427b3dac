//! `/_sim/`: the same handles over HTTP, for a process that does not hold the simulator in its hands.
//!
//! | call | what it does |
//! | --- | --- |
//! | `POST /_sim/faults` | adds a rule, or a list of rules; a JSON form of [`crate::http::Rule`] over [`super::Fault`] |
//! | `DELETE /_sim/faults` | takes all rules away |
//! | `GET /_sim/requests`, `DELETE /_sim/requests` | the record of requests |
//! | `GET /_sim/company` | counts, and ids to use in the calls below |
//! | `POST /_sim/company/hide?fraction=0.6`, `POST /_sim/company/restore` | the account sees fewer people, and all again |
//! | `POST /_sim/company/hire?n=2`, `…/retire?n=3`, `…/remove?n=1`, `…/change_positions?n=5` | people come, go and rise |
//! | `POST /_sim/company/clear_kana?n=1` | the first n people lose their kana |
//! | `POST /_sim/company/events` | makes events happen: one or a list of [`crate::company::Event`] as JSON; with `?import=1` as an import |
//! | `POST /_sim/behaviour?set=ignore=emp_status` | changes how SmartHR behaves, by name; see [`super::SmartHrSettings::set_behaviour`] |
//! | `DELETE /_sim/behaviour` | all rights are back, and no parameter is ignored |
//! | `GET /_sim/webhooks` | the tries to deliver events, and how many events are on their way |
//! | `POST /_sim/company/begin_day?day=2026-12-01` | what was entered for this day takes effect |
//! | `POST /_sim/company/hidden_fields?fields=a,b&form=null` | attributes the account may not read (`form=absent`: without a key; no fields: all readable) |

use serde_json::json;

use super::Asked;
use super::fault::Fault;
use super::world::SmartHrWorld;
use crate::company::{Company, Event, Status};
use crate::http::{Reply, one_or_many};

pub(super) fn answer(world: &mut SmartHrWorld, asked: &Asked) -> Reply {
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/_sim/faults") => match crate::http::rules_from_json::<Fault>(&asked.body) {
            Ok(rules) => {
                let added = rules.len();
                for rule in rules {
                    world.faults.add(rule);
                }
                ok(&json!({ "added": added }))
            }
            Err(error) => wrong(&error),
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
        ("GET", "/_sim/webhooks") => {
            ok(&json!({ "pending": world.webhooks.pending(), "deliveries": world.webhooks.deliveries }))
        }
        ("POST", "/_sim/behaviour") => match world.settings.set_behaviour(asked.query.get("set").unwrap_or_default()) {
            Ok(()) => {
                world.forget_pages();
                ok(&json!({}))
            }
            Err(error) => wrong(&error),
        },
        ("DELETE", "/_sim/behaviour") => {
            world.settings.regain_all_rights();
            world.settings.ignored_parameters.clear();
            world.forget_pages();
            ok(&json!({}))
        }
        ("POST", "/_sim/company/events") => match one_or_many::<Event>(&asked.body) {
            Ok(events) => {
                let happen = |company: &mut Company| events.iter().flat_map(|event| company.apply(event)).collect();
                let new: Vec<String> = if asked.query.get("import").is_some() {
                    world.import(happen)
                } else {
                    happen(world.company_mut())
                };
                ok(&json!({ "ids": new }))
            }
            Err(error) => wrong(&error),
        },
        ("GET", "/_sim/company") => ok(&summary(world.company())),
        ("POST", "/_sim/company/hidden_fields") => {
            hide_fields(world, asked);
            ok(&json!({}))
        }
        ("POST", path) => match path.strip_prefix("/_sim/company/") {
            Some(event) => company(world, event, asked),
            None => Reply::json(404, "{}"),
        },
        _ => Reply::json(404, "{}"),
    }
}

fn ok(value: &serde_json::Value) -> Reply {
    Reply::json(200, value.to_string())
}

fn wrong(error: &str) -> Reply {
    Reply::json(400, json!({ "error": error }).to_string())
}

fn company(world: &mut SmartHrWorld, event: &str, asked: &Asked) -> Reply {
    let n = asked.query.number("n", 1).unwrap_or(1);
    let company = world.company_mut();
    let ids = match event {
        "hide" => {
            let fraction = asked.query.get("fraction").and_then(|text| text.parse().ok()).unwrap_or(0.5);
            return ok(&json!({ "hidden": company.hide_people(fraction) }));
        }
        "restore" => {
            company.restore();
            Vec::new()
        }
        "hire" => company.hire(n),
        "retire" => company.retire_some(n),
        "remove" => {
            let ids = company.active_ids(n);
            company.remove(&ids);
            ids
        }
        "change_positions" => company.change_positions(n),
        "begin_day" => match asked.query.get("day").unwrap_or_default().parse() {
            Ok(day) => company.begin_day(day),
            Err(_) => return wrong("day is no date"),
        },
        "clear_kana" => {
            let ids = company.active_ids(n);
            for id in &ids {
                company.clear_kana(id);
            }
            ids
        }
        _ => return Reply::json(404, "{}"),
    };
    ok(&json!({ "ids": ids }))
}

fn summary(company: &Company) -> serde_json::Value {
    let count = |status| company.people.iter().filter(|person| person.status == status).count();
    json!({
        "name": company.name,
        "people": company.people.len(),
        "active": company.active().count(),
        "absent": count(Status::Absent),
        "retired": count(Status::Retired),
        "departments": company.departments.len(),
        "departments_with_code": company.coded_departments().count(),
    })
}

fn hide_fields(world: &mut SmartHrWorld, asked: &Asked) {
    let fields = asked.query.get("fields").unwrap_or_default();
    let fields = fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect();
    let settings = &mut world.settings;
    settings.hidden_as_null.clear();
    settings.hidden_as_absent.clear();
    if asked.query.get("form") == Some("absent") {
        settings.hidden_as_absent = fields;
    } else {
        settings.hidden_as_null = fields;
    }
    world.forget_pages();
}
