//! Chapter 10: the downloads.

use crate::body::{delete_user, department, user};
use crate::stage::{Play, Stage};
use crate::table::Table;

pub(super) fn now(stage: &mut Stage<'_>) -> Play {
    let (one, two, section) = (stage.id(), stage.id(), stage.id());
    let name = "佐藤, \"花子\"";
    let rows = [
        department(&section, None, "create"),
        user(&one, "create").set("氏名", name).set("所属部署コード", section.as_str()),
        user(&two, "create"),
    ];
    stage.import(&rows).committed()?;
    stage.item_is(&one, "氏名", name)?;
    stage.item_is(&one, "所属部署コード", &section)?;
    for (path, column, ids) in
        [("/v1/users.csv", "ユーザID", vec![&one, &two]), ("/v1/departments.csv", "部署ID", vec![&section])]
    {
        let exchange = stage.caller.get(path);
        let mut found = Table::read(&exchange, column)?.ids(column);
        found.sort();
        let mut expected: Vec<String> = ids.into_iter().cloned().collect();
        expected.sort();
        exchange.expect(found == expected, format!("{column} はちょうど {expected:?}"))?;
    }
    stage.import(&[delete_user(&one)]).committed()?;
    stage.users_are(&[(&one, false), (&two, true)])
}

pub(super) fn id_column(stage: &mut Stage<'_>) -> Play {
    let (id, section) = (stage.id(), stage.id());
    stage.import(&[department(&section, None, "create"), user(&id, "create")]).committed()?;
    stage.users_are(&[(&id, true)])?;
    stage.departments_are(&[(&section, true)])
}

pub(super) fn several_columns(stage: &mut Stage<'_>) -> Play {
    let (id, section) = (stage.id(), stage.id());
    stage.import(&[department(&section, None, "create"), user(&id, "create")]).committed()?;
    for (path, own, columns) in [
        ("/v1/users.csv", &id, ["ユーザID", "氏名", "氏名(ヨミ)"]),
        ("/v1/departments.csv", &section, ["部署ID", "部署名", "部署名(ヨミ)"]),
    ] {
        let exchange = stage.caller.get(&format!("{path}?columns={}", columns.join(",")));
        let table = Table::read(&exchange, columns[0])?;
        for column in columns {
            exchange.expect(table.header.iter().any(|name| name == column), format!("見出し行に {column}"))?;
        }
        let row = table.rows.iter().find(|row| row.get(columns[0]) == Some(own));
        let is_so =
            row.is_some_and(|row| columns.iter().all(|column| row.get(*column).is_some_and(|value| !value.is_empty())));
        exchange.expect(is_so, format!("{own} の行に、指定した列の値"))?;
    }
    Ok(())
}
