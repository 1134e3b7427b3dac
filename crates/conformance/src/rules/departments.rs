//! Chapter 8: departments that go.

use serde_json::Value;

use crate::body::{delete_department, delete_user, department, user};
use crate::exchange::Exchange;
use crate::stage::{Play, Stage};

const MAIN: &str = "所属部署コード";

/// Exactly these items of this user were lost.
fn lost(answer: &Exchange, id: &str, department: &str, fields: &[&str]) -> Play {
    let list = answer.json["unassigned"].as_array();
    let own: Vec<&Value> = list.into_iter().flatten().filter(|entry| entry["id"] == id).collect();
    for field in fields {
        let has = own
            .iter()
            .any(|entry| entry["record"] == "user" && entry["field"] == *field && entry["department"] == department);
        let expected = format!(
            "unassigned に \"record\":\"user\",\"id\":\"{id}\",\"field\":\"{field}\",\"department\":\"{department}\""
        );
        answer.expect(has, expected)?;
    }
    answer.expect(own.len() == fields.len(), format!("unassigned に {id} は{}件", fields.len()))
}

pub(super) fn main_assignment(stage: &mut Stage<'_>) -> Play {
    let (id, other, section, kept) = (stage.id(), stage.id(), stage.id(), stage.id());
    let rows = [
        department(&section, None, "create"),
        department(&kept, None, "create"),
        user(&id, "create").set(MAIN, section.as_str()),
        user(&other, "create").set(MAIN, kept.as_str()),
    ];
    stage.import(&rows).committed()?;
    let answer = stage.import(&[delete_department(&section)]);
    answer.committed()?.departments([0, 0, 1])?;
    lost(&answer, &id, &section, &[MAIN])?;
    lost(&answer, &other, &kept, &[])?;
    stage.item_is(&id, MAIN, "")?;
    stage.item_is(&other, MAIN, &kept)?;
    stage.departments_are(&[(&section, false)])?;
    // Somebody who is put into it by the same import has it at the end, too.
    let new = stage.id();
    let answer = stage.import(&[user(&new, "create").set(MAIN, kept.as_str()), delete_department(&kept)]);
    answer.committed()?;
    lost(&answer, &new, &kept, &[MAIN])?;
    lost(&answer, &other, &kept, &[MAIN])
}

pub(super) fn further_assignments(stage: &mut Stage<'_>) -> Play {
    let (id, section, kept) = (stage.id(), stage.id(), stage.id());
    let further = ["兼務管理部署コード1", "兼務管理部署コード10"];
    let row = user(&id, "create")
        .set(MAIN, kept.as_str())
        .set(further[0], section.as_str())
        .set(further[1], section.as_str());
    stage.import(&[department(&section, None, "create"), department(&kept, None, "create"), row]).committed()?;
    // The user is in the same import, and its items are left as they are.
    let answer = stage.import(&[user(&id, "update"), delete_department(&section)]);
    answer.committed()?;
    lost(&answer, &id, &section, &further)?;
    stage.item_is(&id, further[0], "")?;
    stage.item_is(&id, further[1], "")?;
    stage.item_is(&id, MAIN, &kept)
}

pub(super) fn moved(stage: &mut Stage<'_>) -> Play {
    let (id, leaver, section, kept) = (stage.id(), stage.id(), stage.id(), stage.id());
    let rows = [
        department(&section, None, "create"),
        department(&kept, None, "create"),
        user(&id, "create").set(MAIN, section.as_str()),
        user(&leaver, "create").set(MAIN, section.as_str()),
    ];
    stage.import(&rows).committed()?;
    let rows = [user(&id, "update").set(MAIN, kept.as_str()), delete_user(&leaver), delete_department(&section)];
    let answer = stage.import(&rows);
    answer.committed()?;
    lost(&answer, &id, &section, &[])?;
    lost(&answer, &leaver, &section, &[])?;
    stage.item_is(&id, MAIN, &kept)
}

pub(super) fn child_left(stage: &mut Stage<'_>) -> Play {
    let (top, child, other, new) = (stage.id(), stage.id(), stage.id(), stage.id());
    let rows = [
        department(&top, None, "create"),
        department(&child, Some(&top), "create"),
        department(&other, None, "create"),
    ];
    stage.import(&rows).committed()?;
    let answer = stage.import(&[delete_department(&top)]);
    let errors = answer.rejected()?;
    // Whether it names the parent or the child is not said.
    let names =
        errors.iter().any(|error| error["record"] == "department" && (error["id"] == top || error["id"] == child));
    let with_new_child = [department(&new, Some(&other), "create"), delete_department(&other)];
    stage.import(&with_new_child).rejected()?;
    stage.departments_are(&[(&other, true), (&new, false)])?;
    answer.expect(names, "errors に \"record\":\"department\" と、その部署(または子部署)の id")?;
    stage.departments_are(&[(&top, true), (&child, true)])
}

pub(super) fn children_first(stage: &mut Stage<'_>) -> Play {
    let (top, child, moved) = (stage.id(), stage.id(), stage.id());
    let rows = [
        department(&top, None, "create"),
        department(&child, Some(&top), "create"),
        department(&moved, Some(&top), "create"),
    ];
    stage.import(&rows).committed()?;
    let rows = [department(&moved, None, "update"), delete_department(&child), delete_department(&top)];
    stage.import(&rows).committed()?.departments([0, 1, 2])?;
    stage.departments_are(&[(&top, false), (&child, false), (&moved, true)])
}
