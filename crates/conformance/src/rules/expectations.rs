//! Chapter 5: what is expected of an ID, and which items apply.

use serde_json::Value;

use crate::body::{delete_department, delete_user, department, user};
use crate::stage::{Play, Stage};

const ADDRESS: &str = "緊急連絡1 アドレス";
const MEDIUM: &str = "緊急連絡1 媒体";

pub(super) fn create(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    let row = user(&id, "create").contact("on_create", 1, "new@example.jp").on_update("氏名", "更新 時");
    stage.import(&[row]).committed()?.users([1, 0, 0])?.no_drift()?;
    stage.users_are(&[(&id, true)])?;
    stage.item_is(&id, "氏名", "適合 試験")?;
    stage.item_is(&id, ADDRESS, "new@example.jp")
}

pub(super) fn user_exists(stage: &mut Stage<'_>) -> Play {
    let (id, other) = (stage.id(), stage.id());
    stage.import(&[user(&id, "create")]).committed()?;
    let answer = stage.import(&[user(&id, "create").set("氏名", "別 人"), user(&other, "create")]);
    answer.code("user", &id, "exists")?;
    stage.item_is(&id, "氏名", "適合 試験")?;
    stage.users_are(&[(&other, false)])
}

pub(super) fn department_exists(stage: &mut Stage<'_>) -> Play {
    let (id, other) = (stage.id(), stage.id());
    stage.import(&[department(&id, None, "create")]).committed()?;
    let answer = stage.import(&[department(&id, None, "create"), department(&other, None, "create")]);
    answer.code("department", &id, "exists")?;
    stage.departments_are(&[(&id, true), (&other, false)])
}

pub(super) fn update(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    stage.import(&[user(&id, "create")]).committed()?;
    let row = user(&id, "update").set("氏名(ヨミ)", "コウシン").on_create("氏名", "作成 時").contact(
        "on_update",
        1,
        "update@example.jp",
    );
    stage.import(&[row]).committed()?.users([0, 1, 0])?.no_drift()?;
    stage.item_is(&id, "氏名(ヨミ)", "コウシン")?;
    stage.item_is(&id, "氏名", "適合 試験")?;
    stage.item_is(&id, ADDRESS, "update@example.jp")
}

pub(super) fn update_lacking(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    let row = user(&id, "update").contact("on_create", 1, "new@example.jp").on_update("氏名", "更新 時");
    let answer = stage.import(&[row]);
    answer.committed()?.users([1, 0, 0])?.drift("user", &id, "update")?.actual("user", &id, "create")?;
    stage.item_is(&id, "氏名", "適合 試験")?;
    stage.item_is(&id, ADDRESS, "new@example.jp")
}

pub(super) fn adopt(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    stage.import(&[user(&id, "create").contact("on_create", 1, "first@example.jp")]).committed()?;
    let row = user(&id, "adopt").set("氏名", "引継 済").contact("on_create", 1, "second@example.jp");
    stage.import(&[row]).committed()?.users([0, 1, 0])?.drift("user", &id, "adopt")?;
    stage.item_is(&id, "氏名", "引継 済")?;
    stage.item_is(&id, ADDRESS, "first@example.jp")
}

pub(super) fn adopt_lacking(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    stage.import(&[user(&id, "adopt")]).committed()?.users([1, 0, 0])?.drift("user", &id, "adopt")?;
    stage.users_are(&[(&id, true)])
}

pub(super) fn replace(stage: &mut Stage<'_>) -> Play {
    let (id, before, after) = (stage.id(), stage.person(), stage.person());
    let first = user(&id, "create").person(&before).contact("set", 1, "before@example.jp").set("氏名(ヨミ)", "マエ");
    stage.import(&[first]).committed()?;
    let row =
        user(&id, "replace").person(&after).contact("on_create", 2, "new@example.jp").on_update("氏名", "更新 時");
    stage.import(&[row]).committed()?.users([1, 0, 1])?.not_restored()?;
    stage.users_are(&[(&id, true)])?;
    stage.item_is(&id, ADDRESS, "")?;
    stage.item_is(&id, "氏名", "適合 試験")?;
    stage.item_is(&id, "緊急連絡2 アドレス", "new@example.jp")
}

pub(super) fn replace_lacking(stage: &mut Stage<'_>) -> Play {
    let (id, person) = (stage.id(), stage.person());
    let row = user(&id, "replace").person(&person).contact("on_create", 1, "new@example.jp");
    stage.import(&[row]).committed()?.users([1, 0, 0])?.drift("user", &id, "replace")?;
    stage.item_is(&id, ADDRESS, "new@example.jp")
}

pub(super) fn delete(stage: &mut Stage<'_>) -> Play {
    let (one, two) = (stage.id(), stage.id());
    stage.import(&[user(&one, "create"), user(&two, "create")]).committed()?;
    stage.import(&[delete_user(&one)]).committed()?.users([0, 0, 1])?.no_drift()?;
    stage.users_are(&[(&one, false), (&two, true)])
}

pub(super) fn delete_lacking(stage: &mut Stage<'_>) -> Play {
    let (id, section) = (stage.id(), stage.id());
    let answer = stage.import(&[delete_user(&id), delete_department(&section)]);
    answer.committed()?.users([0, 0, 0])?.departments([0, 0, 0])?;
    answer.drift("user", &id, "delete")?.drift("department", &section, "delete")?;
    Ok(())
}

pub(super) fn departments(stage: &mut Stage<'_>) -> Play {
    let (top, section, other) = (stage.id(), stage.id(), stage.id());
    let first = [department(&top, None, "create"), department(&section, Some(&top), "create")];
    stage.import(&first).committed()?.departments([2, 0, 0])?.no_drift()?;
    let second = [
        department(&top, None, "update").set("部署名", "改称"),
        department(&section, Some(&top), "adopt"),
        department(&other, None, "update"),
    ];
    let answer = stage.import(&second);
    answer.committed()?.departments([1, 2, 0])?;
    answer.drift("department", &section, "adopt")?.drift("department", &other, "update")?;
    answer.expect(answer.entry("drift", "department", &top).is_none(), "期待どおりの部署は drift に載せない")?;
    department_item(stage, &top, "部署名", "改称")?;
    department_item(stage, &section, "親部署ID", &top)?;
    let lacking = stage.id();
    let answer = stage.import(&[department(&lacking, None, "adopt"), delete_department(&section)]);
    answer.committed()?.departments([1, 0, 1])?.drift("department", &lacking, "adopt")?;
    stage.departments_are(&[(&section, false), (&lacking, true), (&top, true)])
}

fn department_item(stage: &Stage<'_>, id: &str, item: &str, value: &str) -> Play {
    let exchange = stage.caller.get("/v1/departments.csv");
    let table = crate::table::Table::read(&exchange, "部署ID")?;
    let row = table.rows.iter().find(|row| row.get("部署ID").is_some_and(|own| own == id));
    let is_so = row.is_some_and(|row| row.get(item).is_some_and(|own| own == value));
    exchange.expect(is_so, format!("部署 {id} の {item} は「{value}」"))
}

pub(super) fn untouched(stage: &mut Stage<'_>) -> Play {
    let (id, section) = (stage.id(), stage.id());
    let row = user(&id, "create").contact("set", 1, "first@example.jp").set("所属部署コード", section.as_str());
    stage.import(&[department(&section, None, "create"), row]).committed()?;
    stage.import(&[user(&id, "update").unset("氏名(ヨミ)")]).committed()?;
    stage.item_is(&id, ADDRESS, "first@example.jp")?;
    stage.item_is(&id, "所属部署コード", &section)?;
    stage.item_is(&id, "氏名(ヨミ)", "テキゴウ シケン")
}

pub(super) fn null_clears(stage: &mut Stage<'_>) -> Play {
    cleared(stage, &Value::Null)
}

pub(super) fn empty_text(stage: &mut Stage<'_>) -> Play {
    cleared(stage, &Value::from(""))?;
    // A parent of no text is no parent.
    let top = stage.id();
    let row = department(&top, None, "create").set("親部署ID", "");
    stage.import(&[row]).committed()?;
    stage.departments_are(&[(&top, true)])
}

fn cleared(stage: &mut Stage<'_>, nothing: &Value) -> Play {
    let (id, section) = (stage.id(), stage.id());
    let row = user(&id, "create").contact("set", 1, "first@example.jp").set("所属部署コード", section.as_str());
    stage.import(&[department(&section, None, "create"), row]).committed()?;
    let row = user(&id, "update").set(MEDIUM, nothing.clone()).set(ADDRESS, nothing.clone());
    stage.import(&[row.on_update("所属部署コード", nothing.clone())]).committed()?;
    stage.item_is(&id, ADDRESS, "")?;
    stage.item_is(&id, MEDIUM, "")?;
    stage.item_is(&id, "所属部署コード", "")
}
