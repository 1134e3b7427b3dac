//! Chapter 2: bodies that are refused as a whole, and what a body may be.

use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::Body;
use serde_json::{Value, json};

use crate::body::{self, delete_department, delete_user, department, gzip, lines, text, user};
use crate::stage::{PATIENCE, Play, Stage, same};
use crate::upload::Breaking;

/// Refused as a whole, and nothing of it is there.
fn refused(stage: &mut Stage<'_>, what: &str, text: &str, ids: &[&str]) -> Play {
    let name = stage.id();
    stage.caller.put(&name, text).refused(what)?;
    let absent: Vec<(&str, bool)> = ids.iter().map(|id| (*id, false)).collect();
    stage.users_are(&absent)
}

pub(super) fn no_end(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    let mut all = lines(&[user(&id, "create")]);
    all.pop();
    refused(stage, "end なし", &text(&all), &[&id])?;
    refused(stage, "空の本文", "", &[&id])
}

pub(super) fn counts(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    let all = lines(&[user(&id, "create")]);
    for (key, count) in
        [("put_users", 2), ("put_users", 0), ("put_departments", 1), ("delete_users", 1), ("delete_departments", 1)]
    {
        let mut wrong = all.clone();
        wrong[0][key] = json!(count);
        refused(stage, &format!("begin の {key} が {count}"), &text(&wrong), &[&id])?;
    }
    Ok(())
}

pub(super) fn order(stage: &mut Stage<'_>) -> Play {
    let (one, two, section) = (stage.id(), stage.id(), stage.id());
    let rows = [department(&section, None, "create"), user(&one, "create")];
    stage.note(&rows);
    let whole = lines(&rows);
    let (begin, put, person, end) = (&whole[0], &whole[1], &whole[2], &whole[3]);
    let gone = lines(&[delete_user(&two), delete_department(&two)]);
    let with_deletion = lines(&[user(&one, "create"), delete_user(&two)]);
    let arranged = |of: &[&Value]| of.iter().map(|line| (*line).clone()).collect::<Vec<_>>();
    for (what, all) in [
        ("ユーザの後に部署", arranged(&[begin, person, put, end])),
        ("begin が先頭でない", arranged(&[put, begin, person, end])),
        ("end の後に行", arranged(&[begin, put, end, person])),
        ("部署の削除の後にユーザの削除", arranged(&[&gone[0], &gone[2], &gone[1], &gone[3]])),
        (
            "ユーザの削除の後に登録",
            arranged(&[&with_deletion[0], &with_deletion[2], &with_deletion[1], &with_deletion[3]]),
        ),
    ] {
        refused(stage, what, &text(&all), &[&one])?;
    }
    stage.departments_are(&[(&section, false)])
}

pub(super) fn no_json(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    let whole = text(&lines(&[user(&id, "create"), user(&format!("{id}x"), "create")]));
    let all: Vec<&str> = whole.lines().collect();
    for (what, line) in [("JSONでない行", "これはJSONではない"), ("途中で切れた行", &all[2][..all[2].len() - 1])]
    {
        let broken = [all[0], all[1], line, all[3]].join("\n") + "\n";
        refused(stage, what, &broken, &[&id])?;
    }
    Ok(())
}

pub(super) fn unknown_op(stage: &mut Stage<'_>) -> Play {
    changed_line(stage, "op", "upsert")
}

pub(super) fn unknown_record(stage: &mut Stage<'_>) -> Play {
    changed_line(stage, "record", "group")
}

pub(super) fn unknown_expect(stage: &mut Stage<'_>) -> Play {
    changed_line(stage, "expect", "upsert")?;
    // A department knows create, update and adopt.
    let (id, section) = (stage.id(), stage.id());
    let rows = [department(&section, None, "replace"), user(&id, "create")];
    stage.note(&rows);
    let answer = stage.import(&rows);
    answer.rejected().map_err(|_| answer.broken("部署の replace: 422"))?;
    stage.users_are(&[(&id, false)])?;
    stage.departments_are(&[(&section, false)])
}

/// Two users, of whom the second has another value at one key.
fn changed_line(stage: &mut Stage<'_>, key: &str, value: &str) -> Play {
    let (one, two) = (stage.id(), stage.id());
    let mut all = lines(&[user(&one, "create"), user(&two, "create")]);
    all[2][key] = json!(value);
    refused(stage, &format!("{key} が {value}"), &text(&all), &[&one, &two])
}

pub(super) fn broken_gzip(stage: &mut Stage<'_>) -> Play {
    let id = stage.id();
    let text = text(&lines(&[user(&id, "create")]));
    let whole = gzip(&text);
    let half = whole[..whole.len() / 2].to_vec();
    // All of the text is there; only the checksum and the length at the end are not.
    let without_trailer = whole[..whole.len() - 8].to_vec();
    for (what, bytes) in
        [("途中で切れたgzip", half), ("末尾のないgzip", without_trailer), ("gzipでない本文", text.clone().into_bytes())]
    {
        let name = stage.id();
        stage.caller.put_bytes(&name, bytes, &format!("({what})\n{text}")).refused(what)?;
        stage.users_are(&[(&id, false)])?;
    }
    Ok(())
}

pub(super) fn gzip_members(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    let text = text(&lines(&[user(&id, "create")]));
    let (head, tail) = text.split_at(text.find('\n').unwrap_or_default() + 20);
    let bytes = [gzip(head), gzip(tail)].concat();
    let answer = stage.caller.put_bytes(&name, bytes, &format!("(gzipの2つのメンバー)\n{text}"));
    answer.committed()?.users([1, 0, 0])?;
    stage.users_are(&[(&id, true)])
}

pub(super) fn refused_name(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    let whole = text(&lines(&[user(&id, "create")]));
    let cut = whole.replace("{\"op\":\"end\"}\n", "");
    let first = stage.caller.put(&name, &cut);
    first.refused("end なし")?;
    same(&first, &stage.caller.put(&name, &cut))?;
    stage.caller.put(&name, &whole).status_is(409)?;
    stage.users_are(&[(&id, false)])
}

pub(super) fn broken_upload(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    // Incompressible enough to leave this machine in more than one piece.
    let long = (0..4000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_string()).collect::<Vec<_>>().concat();
    let broken = gzip(&text(&lines(&[user(&id, "create").set("氏名", long)])));
    let length = broken.len() as u64;
    let body = Body::sized(Breaking { bytes: broken, at: 0 }, length);
    let path = format!("/v1/imports/{name}");
    stage.caller.send_body(&Method::PUT, &path, Some(&stage.caller.token), Some(body), PATIENCE);
    std::thread::sleep(Duration::from_millis(300));
    stage.users_are(&[(&id, false)])?;
    let whole = body::text(&lines(&[user(&id, "create")]));
    let answer = stage.caller.put(&name, &whole);
    answer.committed().map_err(|_| answer.broken("途中で切れたアップロードの後も、この名前は使える: 200"))?;
    stage.users_are(&[(&id, true)])
}
