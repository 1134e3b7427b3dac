//! Chapter 6: whose an ID is.

use crate::body::{delete_user, user};
use crate::stage::{Play, Stage};

/// The ID is kept for `own`, and for nobody else.
pub(super) fn belongs_to(stage: &mut Stage<'_>, id: &str, own: &str) -> Play {
    let other = stage.person();
    stage.import(&[user(id, "update").person(&other)]).code("user", id, "other_person")?;
    stage.import(&[user(id, "update").person(own)]).committed()?.users([0, 1, 0])?;
    Ok(())
}

pub(super) fn other_person(stage: &mut Stage<'_>) -> Play {
    let (id, own, other, second) = (stage.id(), stage.person(), stage.person(), stage.id());
    stage.import(&[user(&id, "create").person(&own)]).committed()?;
    let rows = [user(&id, "update").person(&other).set("氏名", "別 人"), user(&second, "create")];
    stage.import(&rows).code("user", &id, "other_person")?;
    stage.item_is(&id, "氏名", "適合 試験")?;
    stage.users_are(&[(&second, false)])?;
    belongs_to(stage, &id, &own)
}

pub(super) fn taken_on(stage: &mut Stage<'_>) -> Play {
    let (id, person) = (stage.id(), stage.person());
    stage.import(&[user(&id, "create")]).committed()?;
    stage.import(&[user(&id, "update").person(&person)]).committed()?.users([0, 1, 0])?;
    belongs_to(stage, &id, &person)
}

pub(super) fn left_alone(stage: &mut Stage<'_>) -> Play {
    let (id, person) = (stage.id(), stage.person());
    stage.import(&[user(&id, "create").person(&person)]).committed()?;
    stage.import(&[user(&id, "update")]).committed()?.users([0, 1, 0])?;
    belongs_to(stage, &id, &person)?;
    stage.import(&[user(&id, "adopt")]).committed()?;
    belongs_to(stage, &id, &person)
}

pub(super) fn adopted(stage: &mut Stage<'_>) -> Play {
    let (id, before, after) = (stage.id(), stage.person(), stage.person());
    let first = user(&id, "create").person(&before).contact("set", 1, "before@example.jp");
    stage.import(&[first]).committed()?;
    let answer = stage.import(&[user(&id, "adopt").person(&after)]);
    answer.committed()?.users([0, 1, 0])?.drift("user", &id, "adopt")?;
    stage.item_is(&id, "緊急連絡1 アドレス", "before@example.jp")?;
    stage.import(&[user(&id, "update").person(&before)]).code("user", &id, "other_person")?;
    belongs_to(stage, &id, &after)
}

pub(super) fn replaced(stage: &mut Stage<'_>) -> Play {
    let (id, before, after) = (stage.id(), stage.person(), stage.person());
    stage.import(&[user(&id, "create").person(&before)]).committed()?;
    stage.import(&[user(&id, "replace").person(&after)]).committed()?.users([1, 0, 1])?;
    stage.import(&[user(&id, "update").person(&before)]).code("user", &id, "other_person")?;
    belongs_to(stage, &id, &after)
}

pub(super) fn delete_of_other(stage: &mut Stage<'_>) -> Play {
    let (id, own, other) = (stage.id(), stage.person(), stage.person());
    stage.import(&[user(&id, "create").person(&own)]).committed()?;
    let answer = stage.import(&[delete_user(&id).person(&other)]);
    answer.committed()?.users([0, 0, 0])?.drift("user", &id, "delete")?.actual("user", &id, "other_person")?;
    stage.users_are(&[(&id, true)])?;
    belongs_to(stage, &id, &own)
}

pub(super) fn delete_of_same(stage: &mut Stage<'_>) -> Play {
    let (one, two, three) = (stage.id(), stage.id(), stage.id());
    let (own, own_of_two, unknown) = (stage.person(), stage.person(), stage.person());
    let rows = [user(&one, "create").person(&own), user(&two, "create").person(&own_of_two), user(&three, "create")];
    stage.import(&rows).committed()?;
    let rows = [delete_user(&one).person(&own), delete_user(&two), delete_user(&three).person(&unknown)];
    stage.import(&rows).committed()?.users([0, 0, 3])?.no_drift()?;
    stage.users_are(&[(&one, false), (&two, false), (&three, false)])
}
