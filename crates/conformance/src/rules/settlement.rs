//! Chapter 4: an import that is settled for ever.

use std::sync::mpsc;
use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::Body;

use crate::body::{gzip, lines, text, user};
use crate::stage::{PATIENCE, Play, Stage, same};
use crate::upload::Stalling;

pub(super) fn committed(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    let first = stage.put(&name, &[user(&id, "update")]);
    first.committed()?;
    same(&first, &stage.caller.settle(&name))?;
    same(&first, &stage.caller.settle(&name))?;
    stage.users_are(&[(&id, true)])
}

pub(super) fn unknown(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    stage.caller.settle(&name).cancelled()?;
    stage.put(&name, &[user(&id, "create")]).status_is(409)?;
    stage.dry_run(&name, &[user(&id, "create")]).status_is(409)?;
    stage.caller.settle(&name).cancelled()?;
    stage.put(&name, &[user(&id, "create")]).status_is(409)?;
    stage.users_are(&[(&id, false)])
}

pub(super) fn rejected(stage: &mut Stage<'_>) -> Play {
    let (id, other, name) = (stage.id(), stage.id(), stage.id());
    stage.import(&[user(&id, "create")]).committed()?;
    stage.put(&name, &[user(&id, "create")]).rejected()?;
    stage.caller.settle(&name).cancelled()?;
    stage.put(&name, &[user(&id, "create")]).status_is(409)?;
    stage.put(&name, &[user(&other, "create")]).status_is(409)?;
    stage.users_are(&[(&other, false)])
}

pub(super) fn previewed(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    let rows = [user(&id, "create")];
    stage.dry_run(&name, &rows).previewed()?;
    stage.caller.settle(&name).cancelled()?;
    stage.put(&name, &rows).status_is(409)?;
    stage.users_are(&[(&id, false)])
}

pub(super) fn late_body(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    let text = text(&lines(&[user(&id, "create")]));
    let bytes = gzip(&text);
    let (tell, go_on) = mpsc::channel();
    let length = bytes.len() as u64;
    let body = Body::sized(Stalling { bytes, at: 0, go_on }, length);
    let (caller, path) = (stage.caller.clone(), format!("/v1/imports/{name}"));
    let (late, settled) = std::thread::scope(|scope| {
        let upload = scope.spawn(|| caller.send_body(&Method::PUT, &path, Some(&caller.token), Some(body), PATIENCE));
        std::thread::sleep(Duration::from_millis(200));
        // A server that takes one connection at a time answers only after the upload.
        let patience = Duration::from_secs(3);
        let settled = caller.send_body(&Method::DELETE, &path, Some(&caller.token), None, patience);
        let _ = tell.send(());
        let settled = if settled.status == 0 || settled.status == 202 { None } else { Some(settled) };
        (upload.join().ok(), settled)
    });
    let settled = settled.unwrap_or_else(|| stage.caller.settle(&name));
    let was_committed = settled.json["status"] == "committed";
    if was_committed {
        settled.committed()?;
    } else {
        settled.cancelled()?;
        if let Some(late) = late {
            late.expect(late.status != 200, "取消の後に届いた本文: 409")?;
        }
        stage.caller.put(&name, &text).status_is(409)?;
    }
    stage.users_are(&[(&id, was_committed)])
}

pub(super) fn at_once(stage: &mut Stage<'_>) -> Play {
    for pause in [0, 5, 20, 60] {
        let name = stage.id();
        let ids: Vec<String> = (0..300).map(|_| stage.id()).collect();
        let rows: Vec<_> = ids.iter().map(|id| user(id, "create")).collect();
        let text = text(&lines(&rows));
        let caller = stage.caller.clone();
        let settled = std::thread::scope(|scope| {
            let upload = scope.spawn(|| caller.put(&name, &text));
            std::thread::sleep(Duration::from_millis(pause));
            let settled = caller.settle(&name);
            let _ = upload.join();
            settled
        });
        let was_committed = settled.json["status"] == "committed";
        if was_committed {
            settled.committed()?.users([300, 0, 0])?;
        } else {
            settled.cancelled()?;
        }
        stage.users_are(&[(&ids[0], was_committed), (&ids[299], was_committed)])?;
        same(&settled, &stage.caller.settle(&name))?;
    }
    Ok(())
}

pub(super) fn after_restart(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    stage.caller.settle(&name).cancelled()?;
    stage.restart()?;
    stage.put(&name, &[user(&id, "create")]).status_is(409)?;
    stage.caller.settle(&name).cancelled()?;
    stage.users_are(&[(&id, false)])
}
