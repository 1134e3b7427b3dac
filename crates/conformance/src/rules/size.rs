//! Chapter 11: size, and what others see meanwhile.

use std::time::Duration;

use crate::body::{self, delete_user, lines, text, user};
use crate::stage::{PATIENCE, Play, Stage};

pub(super) fn many_users(stage: &mut Stage<'_>) -> Play {
    let count = stage.options.users;
    let (mark, name) = (stage.id(), stage.id());
    let ids: Vec<String> = (0..count).map(|number| format!("{mark}-{number}")).collect();
    let rows: Vec<_> = ids.iter().map(|id| user(id, "create").set("検索ワード1", serde_json::Value::Null)).collect();
    let all = text(&lines(&rows));
    let shown = format!("({count}人のcreate)");
    let answer = stage.caller.put_bytes(&name, body::gzip(&all), &shown);
    let seconds = PATIENCE.as_secs();
    answer.expect(answer.status != 0, format!("{seconds}秒以内に200または202"))?;
    answer.committed()?.users([count as u64, 0, 0])?;
    let table = stage.caller.table("/v1/users.csv?columns=ユーザID", "ユーザID")?;
    answer.expect(table.rows.len() == count, format!("users.csv に{count}行"))?;
    let name = stage.id();
    let rows: Vec<_> = ids.iter().map(|id| delete_user(id)).collect();
    let shown = format!("({count}人のdelete)");
    let answer = stage.caller.put_bytes(&name, body::gzip(&text(&lines(&rows))), &shown);
    answer.committed()?.users([0, 0, count as u64])?;
    Ok(())
}

pub(super) fn never_half(stage: &mut Stage<'_>) -> Play {
    const USERS: usize = 2000;
    let (mark, name) = (stage.id(), stage.id());
    let rows: Vec<_> = (0..USERS).map(|number| user(&format!("{mark}-{number}"), "create")).collect();
    let text = text(&lines(&rows));
    let caller = stage.caller.clone();
    std::thread::scope(|scope| {
        let upload = scope.spawn(|| caller.put_bytes(&name, body::gzip(&text), "(2000人のcreate)"));
        while !upload.is_finished() {
            let exchange = stage.caller.get("/v1/users.csv?columns=ユーザID");
            let seen = crate::table::Table::read(&exchange, "ユーザID")?.rows.len();
            exchange.expect(seen == 0 || seen == USERS, format!("0人または{USERS}人(読み取れたのは{seen}人)"))?;
            std::thread::sleep(Duration::from_millis(5));
        }
        match upload.join() {
            Ok(answer) => answer.committed().map(|_| ()),
            Err(_) => Ok(()),
        }
    })
}
