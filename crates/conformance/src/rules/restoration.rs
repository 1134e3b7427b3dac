//! Chapter 7: deletions that can be taken back.

use jiff::Timestamp;

use crate::body::{delete_department, delete_user, department, user};
use crate::stage::{Play, Stage};

const FIRST: &str = "緊急連絡1 アドレス";
const SECOND: &str = "緊急連絡2 アドレス";

/// A user with a contact, deleted again.
fn deleted(stage: &mut Stage<'_>) -> Result<(String, String), crate::stage::Stop> {
    let (id, person) = (stage.id(), stage.person());
    let row = user(&id, "create").person(&person).contact("on_create", 1, "own@example.jp");
    stage.import(&[row]).committed()?;
    stage.import(&[delete_user(&id).person(&person)]).committed()?.users([0, 0, 1])?;
    stage.users_are(&[(&id, false)])?;
    Ok((id, person))
}

/// The put of somebody who comes back: what applies to the new, and what to the known.
fn back(id: &str, person: &str, expect: &str) -> crate::body::Row {
    user(id, expect).person(person).set("氏名(ヨミ)", "モドル").contact("on_create", 1, "new@example.jp").contact(
        "on_update",
        2,
        "update@example.jp",
    )
}

/// Made anew: of the one before there is nothing.
fn is_anew(stage: &Stage<'_>, id: &str) -> Play {
    stage.item_is(id, FIRST, "new@example.jp")?;
    stage.item_is(id, SECOND, "")
}

fn is_back(stage: &Stage<'_>, id: &str) -> Play {
    stage.item_is(id, FIRST, "own@example.jp")
}

pub(super) fn comes_back(stage: &mut Stage<'_>) -> Play {
    let (id, person) = deleted(stage)?;
    let row = user(&id, "create").person(&person);
    stage.import(&[row]).committed()?.users([1, 0, 0])?.restored(&id)?.no_drift()?;
    stage.users_are(&[(&id, true)])?;
    is_back(stage, &id)?;
    super::persons::belongs_to(stage, &id, &person)
}

pub(super) fn items(stage: &mut Stage<'_>) -> Play {
    let (id, person) = deleted(stage)?;
    stage.import(&[back(&id, &person, "create")]).committed()?;
    is_back(stage, &id)?;
    stage.item_is(&id, "氏名(ヨミ)", "モドル")?;
    stage.item_is(&id, SECOND, "update@example.jp")
}

pub(super) fn other_person(stage: &mut Stage<'_>) -> Play {
    let (id, _) = deleted(stage)?;
    let other = stage.person();
    stage.import(&[back(&id, &other, "create")]).committed()?.users([1, 0, 0])?.not_restored()?;
    is_anew(stage, &id)
}

pub(super) fn without_person(stage: &mut Stage<'_>) -> Play {
    let (id, _) = deleted(stage)?;
    let row = user(&id, "create").contact("on_create", 1, "new@example.jp").contact("on_update", 2, "x@example.jp");
    stage.import(&[row]).committed()?.users([1, 0, 0])?.not_restored()?;
    is_anew(stage, &id)
}

pub(super) fn told_twice(stage: &mut Stage<'_>) -> Play {
    for expect in ["update", "adopt"] {
        let (id, person) = deleted(stage)?;
        let answer = stage.import(&[back(&id, &person, expect)]);
        answer.committed()?.users([1, 0, 0])?.drift("user", &id, expect)?.restored(&id)?;
        is_back(stage, &id)?;
    }
    Ok(())
}

pub(super) fn replace_never(stage: &mut Stage<'_>) -> Play {
    let (id, person) = deleted(stage)?;
    let answer = stage.import(&[back(&id, &person, "replace")]);
    answer.committed()?.users([1, 0, 0])?.drift("user", &id, "replace")?.not_restored()?;
    is_anew(stage, &id)
}

pub(super) fn by_id_and_person(stage: &mut Stage<'_>) -> Play {
    let (id, person) = deleted(stage)?;
    // Somebody else has the ID meanwhile, and is deleted too.
    let (other, elsewhere) = (stage.person(), stage.id());
    stage.import(&[user(&id, "create").person(&other)]).committed()?.not_restored()?;
    stage.import(&[delete_user(&id).person(&other)]).committed()?;
    // The person under another ID is somebody new.
    stage.import(&[user(&elsewhere, "create").person(&person)]).committed()?.not_restored()?;
    stage.import(&[user(&id, "create").person(&person)]).committed()?.restored(&id)?;
    is_back(stage, &id)
}

pub(super) fn departments_stay_gone(stage: &mut Stage<'_>) -> Play {
    let (id, section, person) = (stage.id(), stage.id(), stage.person());
    let row = user(&id, "create").person(&person).set("所属部署コード", section.as_str());
    stage.import(&[department(&section, None, "create"), row]).committed()?;
    stage.import(&[delete_user(&id).person(&person), delete_department(&section)]).committed()?;
    stage.import(&[user(&id, "create").person(&person)]).committed()?.restored(&id)?;
    stage.item_is(&id, "所属部署コード", "")?;
    stage.departments_are(&[(&section, false)])
}

pub(super) fn dry_run(stage: &mut Stage<'_>) -> Play {
    let (id, person) = deleted(stage)?;
    let name = stage.id();
    let row = user(&id, "create").person(&person);
    stage.dry_run(&name, std::slice::from_ref(&row)).previewed()?.restored(&id)?;
    stage.users_are(&[(&id, false)])?;
    stage.import(&[row]).committed()?.restored(&id)?;
    is_back(stage, &id)
}

pub(super) fn within_thirty_days(stage: &mut Stage<'_>) -> Play {
    let start = Timestamp::now();
    stage.clock(start, 0, 0);
    let (id, person) = deleted(stage)?;
    stage.clock(start, 30 * 24, -10);
    stage.import(&[user(&id, "create").person(&person)]).committed()?.restored(&id)?;
    is_back(stage, &id)
}

pub(super) fn after_thirty_days(stage: &mut Stage<'_>) -> Play {
    let start = Timestamp::now();
    stage.clock(start, 0, 0);
    let (id, person) = deleted(stage)?;
    stage.clock(start, 30 * 24, 10);
    stage.import(&[back(&id, &person, "create")]).committed()?.users([1, 0, 0])?.not_restored()?;
    is_anew(stage, &id)
}

pub(super) fn again(stage: &mut Stage<'_>) -> Play {
    let (id, person) = deleted(stage)?;
    for _ in 0..2 {
        stage.import(&[user(&id, "create").person(&person)]).committed()?.restored(&id)?;
        stage.import(&[delete_user(&id).person(&person)]).committed()?;
    }
    stage.import(&[user(&id, "create").person(&person)]).committed()?.restored(&id)?;
    is_back(stage, &id)
}
