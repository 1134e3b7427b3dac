//! Chapter 9, second half: every row is checked, all errors are told, and one of them undoes everything.

use serde_json::Value;

use crate::body::{Row, delete_department, delete_user, department, user};
use crate::stage::{Play, Stage};

pub(super) fn all_told(stage: &mut Stage<'_>) -> Play {
    let (known, section, good) = (stage.id(), stage.id(), stage.id());
    stage.import(&[department(&section, None, "create"), user(&known, "create")]).committed()?;
    let long = |stage: &mut Stage<'_>| format!("{}{}", stage.id(), "x".repeat(40));
    let (one, two, three) = (long(stage), long(stage), long(stage));
    let rows = [
        department(&section, None, "create"),
        department(&one, None, "create"),
        user(&two, "create"),
        user(&good, "create"),
        user(&known, "create"),
        user(&three, "create"),
    ];
    let answer = stage.import(&rows);
    answer.code("department", &section, "exists")?;
    answer.code("user", &known, "exists")?;
    for (record, id) in [("department", &one), ("user", &two), ("user", &three)] {
        let error = answer.row_error(record, id)?;
        let has = error["message"].as_str().is_some_and(|message| !message.is_empty());
        answer.expect(has, "各エラーに message")?;
        answer.expect(error["code"] != "exists", "existsでない誤りに \"code\":\"exists\" を付けない")?;
    }
    let errors = answer.rejected()?;
    answer.expect(errors.iter().all(|error| error["id"] != good), "正しい行にエラーを付けない")
}

pub(super) fn all_or_nothing(stage: &mut Stage<'_>) -> Play {
    let (known, leaver, new, section, old) = (stage.id(), stage.id(), stage.id(), stage.id(), stage.id());
    let person = stage.person();
    let rows = [department(&old, None, "create"), user(&known, "create"), user(&leaver, "create").person(&person)];
    stage.import(&rows).committed()?;
    let good =
        [department(&section, None, "create"), user(&new, "create"), user(&known, "update").set("氏名", "変更 後")];
    let deletions = [delete_user(&leaver).person(&person), delete_department(&old)];
    let long = format!("{new}{}", "x".repeat(40));
    // The bad row first, between and last.
    for bad in [
        [&[department(&old, None, "create")][..], &good, &deletions].concat(),
        [&good[..], &[user(&known, "create")][..0], &[user(&long, "create")], &deletions].concat(),
        [&good[..1], &[user(&long, "create")], &good[1..], &deletions].concat(),
    ] {
        stage.import(&bad).rejected()?;
        stage.users_are(&[(&known, true), (&leaver, true), (&new, false)])?;
        stage.departments_are(&[(&section, false), (&old, true)])?;
        stage.item_is(&known, "氏名", "適合 試験")?;
    }
    Ok(())
}

pub(super) fn exists_no_further(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    stage.import(&[user(&id, "create")]).committed()?;
    no_further(stage, user(&id, "create"), &id, "exists")
}

pub(super) fn other_person_no_further(stage: &mut Stage<'_>) -> Play {
    let (id, own, other) = (stage.id(), stage.person(), stage.person());
    stage.import(&[user(&id, "create").person(&own)]).committed()?;
    no_further(stage, user(&id, "update").person(&other), &id, "other_person")
}

/// A row of which everything is wrong has one error.
fn no_further(stage: &mut Stage<'_>, row: Row, id: &str, code: &str) -> Play {
    let nowhere = stage.id();
    let row = row
        .set("所属部署コード", nowhere.as_str())
        .set("検索ワード1", nowhere.as_str())
        .set("氏名", Value::Null)
        .set("氏名(ヨミ)", Value::Null);
    let answer = stage.import(&[row]);
    answer.code("user", id, code)?;
    answer.expect(answer.rejected()?.len() == 1, format!("{code} の行のエラーは1件だけ"))
}

pub(super) fn references(stage: &mut Stage<'_>) -> Play {
    let nowhere = stage.id();
    for item in ["所属部署コード", "兼務管理部署コード3", "検索ワード1", "検索ワード5"] {
        let (id, good) = (stage.id(), stage.id());
        let answer = stage.import(&[user(&id, "create").set(item, nowhere.as_str()), user(&good, "create")]);
        answer.row_error("user", &id)?;
        stage.users_are(&[(&id, false), (&good, false)])?;
    }
    let id = stage.id();
    stage.import(&[department(&id, Some(&nowhere), "create")]).row_error("department", &id)?;
    stage.departments_are(&[(&id, false)])
}
