//! Which crews have changed, and the bodies that say so.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::EventKind;
use crate::company::{Company, Person};

/// What has become of the crews that were there before, in the order of the list; who is gone comes last.
pub(in crate::smarthr) fn changes(
    before: &HashMap<String, Person>,
    company: &Company,
) -> Vec<(EventKind, Option<usize>, String)> {
    let mut found = Vec::new();
    let mut left: HashMap<&String, &Person> = before.iter().collect();
    for (at, person) in company.people.iter().enumerate() {
        match left.remove(&person.id) {
            None => found.push((EventKind::CrewCreated, Some(at), person.id.clone())),
            Some(old) if is_changed(old, person) => found.push((EventKind::CrewUpdated, Some(at), person.id.clone())),
            Some(_) => {}
        }
    }
    let mut gone: Vec<String> = left.into_keys().cloned().collect();
    gone.sort();
    found.extend(gone.into_iter().map(|id| (EventKind::CrewDeleted, None, id)));
    found
}

/// What the account may see of somebody is no change of the crew.
fn is_changed(old: &Person, new: &Person) -> bool {
    old != new && {
        let seen_alike = Person {
            hidden: new.hidden,
            is_unlisted: new.is_unlisted,
            unreadable: new.unreadable.clone(),
            ..old.clone()
        };
        seen_alike != *new
    }
}

/// The body of an event of one crew, whole and with ids only. `crew` is its JSON, where it is still there.
pub(in crate::smarthr) fn crew_body(event: EventKind, id: &str, crew: Option<&str>) -> [String; 2] {
    let bare = json!({ "id": id });
    let whole = crew.and_then(|crew| serde_json::from_str(crew).ok()).unwrap_or_else(|| bare.clone());
    [body(event, "crew", &whole, &sender()), body(event, "crew", &bare, &json!({ "id": SENDER }))]
}

/// The body of an import's event, whole and with ids only.
pub(in crate::smarthr) fn import_body(number: usize, crews: usize) -> [String; 2] {
    let id = format!("1a900000-0000-4000-8000-{number:012}");
    let whole = json!({ "id": id, "imported_count": crews, "error_count": 0 });
    let event = EventKind::CrewImported;
    let key = "crew_import_result";
    [body(event, key, &whole, &sender()), body(event, key, &json!({ "id": id }), &json!({ "id": SENDER }))]
}

const SENDER: &str = "7c1d6b2e-0000-4000-8000-000000000001";

fn sender() -> Value {
    json!({ "id": SENDER, "email": "admin@example.co.jp" })
}

fn body(event: EventKind, key: &str, subject: &Value, sender: &Value) -> String {
    let triggered_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    json!({ "event": event.as_str(), "triggered_at": triggered_at, "sender": sender, key: subject }).to_string()
}
