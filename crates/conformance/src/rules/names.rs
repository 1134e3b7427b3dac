//! Chapter 3: names of imports, repeats, dry runs, imports at once.

use crate::body::{self, delete_department, delete_user, department, lines, text, user};
use crate::exchange::Exchange;
use crate::stage::{Caller, Play, Stage, Stop, same};

pub(super) fn repeated(stage: &mut Stage<'_>) -> Play {
    let (one, two, name) = (stage.id(), stage.id(), stage.id());
    let rows = [user(&one, "create"), user(&two, "update")];
    let first = stage.put(&name, &rows);
    first.committed()?.users([2, 0, 0])?.drift("user", &two, "update")?;
    same(&first, &stage.put(&name, &rows))?;
    // What happened since is not undone by a repeat.
    stage.import(&[user(&one, "update").set("氏名", "変更 後")]).committed()?;
    same(&first, &stage.put(&name, &rows))?;
    stage.item_is(&one, "氏名", "変更 後")
}

pub(super) fn other_content(stage: &mut Stage<'_>) -> Play {
    let (one, two, name) = (stage.id(), stage.id(), stage.id());
    stage.put(&name, &[user(&one, "create")]).committed()?;
    stage.put(&name, &[user(&two, "create")]).status_is(409)?;
    stage.users_are(&[(&one, true), (&two, false)])
}

pub(super) fn rejected(stage: &mut Stage<'_>) -> Play {
    let (one, two, name) = (stage.id(), stage.id(), stage.id());
    stage.import(&[user(&one, "create")]).committed()?;
    let bad = [user(&one, "create"), user(&two, "create")];
    let first = stage.put(&name, &bad);
    first.rejected()?;
    same(&first, &stage.put(&name, &bad))?;
    // The reason is gone; the answer stays.
    stage.import(&[delete_user(&one)]).committed()?;
    same(&first, &stage.put(&name, &bad))?;
    stage.put(&name, &[user(&two, "create")]).status_is(409)?;
    stage.users_are(&[(&one, false), (&two, false)])
}

pub(super) fn dry_run(stage: &mut Stage<'_>) -> Play {
    let (one, two, section) = (stage.id(), stage.id(), stage.id());
    stage.import(&[user(&one, "create")]).committed()?;
    let name = stage.id();
    let rows =
        [department(&section, None, "create"), user(&two, "create"), user(&one, "update").set("氏名", "試し 書き")];
    stage.dry_run(&name, &rows).previewed()?.users([1, 1, 0])?;
    let name = stage.id();
    stage.dry_run(&name, &[delete_user(&one)]).previewed()?.users([0, 0, 1])?;
    stage.users_are(&[(&one, true), (&two, false)])?;
    stage.departments_are(&[(&section, false)])?;
    stage.item_is(&one, "氏名", "適合 試験")
}

pub(super) fn dry_run_claims_nothing(stage: &mut Stage<'_>) -> Play {
    let (one, two, name) = (stage.id(), stage.id(), stage.id());
    stage.dry_run(&name, &[user(&one, "create")]).previewed()?;
    stage.dry_run(&name, &[user(&two, "create")]).previewed()?;
    stage.put(&name, &[user(&one, "create")]).committed()?;
    // Neither does one that is rejected.
    let name = stage.id();
    stage.dry_run(&name, &[user(&one, "create")]).rejected()?;
    stage.put(&name, &[user(&two, "create")]).committed()?;
    stage.users_are(&[(&one, true), (&two, true)])
}

pub(super) fn dry_run_of_taken(stage: &mut Stage<'_>) -> Play {
    let (one, name) = (stage.id(), stage.id());
    let rows = [user(&one, "create")];
    let first = stage.put(&name, &rows);
    first.committed()?;
    stage.dry_run(&name, &rows).status_is(409)?;
    stage.dry_run(&name, &[user(&one, "update")]).status_is(409)?;
    same(&first, &stage.put(&name, &rows))?;
    let name = stage.id();
    stage.put(&name, &rows).rejected()?;
    stage.dry_run(&name, &rows).status_is(409)?;
    stage.dry_run(&name, &[user(&one, "update")]).status_is(409)
}

pub(super) fn dry_run_tells_truth(stage: &mut Stage<'_>) -> Play {
    let (one, two, gone, section) = (stage.id(), stage.id(), stage.id(), stage.id());
    let person = stage.person();
    let first = [
        department(&section, None, "create"),
        user(&one, "create").set("所属部署コード", section.as_str()),
        user(&gone, "create").person(&person),
    ];
    stage.import(&first).committed()?;
    stage.import(&[delete_user(&gone).person(&person)]).committed()?;
    let rows = [
        user(&one, "update").unset("所属部署コード"),
        user(&two, "update"),
        user(&gone, "create").person(&person),
        delete_user(&format!("{two}x")),
        delete_department(&section),
    ];
    let name = stage.id();
    let preview = stage.dry_run(&name, &rows);
    preview.previewed()?;
    let mut promised = preview.clone();
    promised.json["status"] = "committed".into();
    same(&promised, &stage.put(&name, &rows)).map_err(|stop| match stop {
        Stop::Broken { request, answer, .. } => Stop::Broken {
            request,
            answer,
            expected: format!("dry_run と同じ件数、drift、restored、unassigned: {}", preview.json),
        },
        Stop::NotPlayed(reason) => Stop::NotPlayed(reason),
    })
}

pub(super) fn dry_run_errors(stage: &mut Stage<'_>) -> Play {
    let (one, two, name) = (stage.id(), stage.id(), stage.id());
    stage.import(&[user(&one, "create")]).committed()?;
    let long = format!("{two}{}", "x".repeat(40));
    let answer = stage.dry_run(&name, &[user(&one, "create"), user(&long, "create"), user(&two, "create")]);
    answer.code("user", &one, "exists")?;
    answer.row_error("user", &long)?;
    stage.users_are(&[(&two, false)])
}

pub(super) fn looked_up(stage: &mut Stage<'_>) -> Play {
    let (one, name) = (stage.id(), stage.id());
    stage.caller.result(&name).status_is(404)?;
    let first = stage.put(&name, &[user(&one, "update")]);
    first.committed()?;
    same(&first, &stage.caller.result(&name))?;
    same(&first, &stage.caller.result(&name))?;
    let name = stage.id();
    let rejected = stage.put(&name, &[user(&one, "create")]);
    rejected.rejected()?;
    // The contract does not say with which status a rejected result is shown.
    let mut again = stage.caller.result(&name);
    again.expect(matches!(again.status, 200 | 422), "拒否した結果(422)")?;
    again.status = rejected.status;
    same(&rejected, &again)
}

pub(super) fn same_at_once(stage: &mut Stage<'_>) -> Play {
    // Whether two requests meet is chance: three times.
    for _ in 0..3 {
        let name = stage.id();
        let ids: Vec<String> = (0..50).map(|_| stage.id()).collect();
        let rows: Vec<_> = ids.iter().map(|id| user(id, "create")).collect();
        let text = text(&lines(&rows));
        let answers = at_once(&stage.caller, [(&name, &text), (&name, &text)]);
        for answer in &answers {
            answer.committed()?.users([50, 0, 0])?;
        }
        same(&answers[0], &answers[1])?;
        stage.users_are(&[(&ids[0], true), (&ids[49], true)])?;
    }
    Ok(())
}

pub(super) fn others_at_once(stage: &mut Stage<'_>) -> Play {
    let (name, one, two) = (stage.id(), stage.id(), stage.id());
    let texts = [&one, &two].map(|id| text(&lines(&[user(id, "create")])));
    let answers = at_once(&stage.caller, [(&name, &texts[0]), (&name, &texts[1])]);
    let result = stage.caller.result(&name);
    result.committed()?.users([1, 0, 0])?;
    // Once it is over, one content is the name's, and the other a conflict.
    let again = [0, 1].map(|at| stage.caller.put(&name, &texts[at]));
    let winner = usize::from(again[0].status != 200);
    again[winner].committed()?;
    again[1 - winner].status_is(409)?;
    let loser = &answers[1 - winner];
    // Who asked while the other was processed may have been told to wait, and then sees that one's result.
    let is_so = loser.status == 409 || (loser.status == 200 && loser.json == result.json);
    loser.expect(is_so, "後になった内容: 409")?;
    stage.users_are(&[(&one, winner == 0), (&two, winner == 1)])
}

pub(super) fn one_after_another(stage: &mut Stage<'_>) -> Play {
    for _ in 0..3 {
        let (shared, one, two) = (stage.id(), stage.id(), stage.id());
        let names = [stage.id(), stage.id()];
        let texts = [&one, &two].map(|id| text(&lines(&[user(id, "create"), user(&shared, "update")])));
        let answers = at_once(&stage.caller, [(&names[0], &texts[0]), (&names[1], &texts[1])]);
        for answer in &answers {
            answer.committed()?;
        }
        let created = |answer: &Exchange| answer.json["users"]["created"].as_u64().unwrap_or_default();
        let is_so = created(&answers[0]) + created(&answers[1]) == 3;
        let expected = "同時の2つのインポート: 共通のIDは一方で作成、他方で更新(created の合計は3)";
        answers[1].expect(is_so, expected)?;
        stage.users_are(&[(&shared, true), (&one, true), (&two, true)])?;
    }
    Ok(())
}

pub(super) fn after_restart(stage: &mut Stage<'_>) -> Play {
    let (one, two, name, bad) = (stage.id(), stage.id(), stage.id(), stage.id());
    let person = stage.person();
    let rows = [user(&one, "update").person(&person)];
    let first = stage.put(&name, &rows);
    first.committed()?;
    let (leaver, own) = (stage.id(), stage.person());
    stage.import(&[user(&leaver, "create").person(&own)]).committed()?;
    stage.import(&[delete_user(&leaver).person(&own)]).committed()?;
    let rejected = stage.put(&bad, &[user(&one, "create")]);
    rejected.rejected()?;
    stage.restart()?;
    stage.users_are(&[(&one, true)])?;
    same(&first, &stage.put(&name, &rows))?;
    same(&first, &stage.caller.result(&name))?;
    stage.put(&name, &[user(&two, "create")]).status_is(409)?;
    same(&rejected, &stage.put(&bad, &[user(&one, "create")]))?;
    stage.put(&bad, &[user(&two, "create")]).status_is(409)?;
    let other = stage.person();
    stage.import(&[user(&one, "update").person(&other)]).code("user", &one, "other_person")?;
    stage.users_are(&[(&two, false)])?;
    if !stage.options.without_restoration {
        stage.import(&[user(&leaver, "create").person(&own)]).committed()?.restored(&leaver)?;
    }
    Ok(())
}

/// Two bodies from two threads, and their results.
fn at_once(caller: &Caller, bodies: [(&String, &String); 2]) -> [Exchange; 2] {
    std::thread::scope(|scope| {
        let hand = |(name, text): (&String, &String)| caller.put_bytes(name, body::gzip(text), text);
        let other = scope.spawn(move || hand(bodies[1]));
        let one = hand(bodies[0]);
        let nothing = || Exchange::new("PUT".to_owned(), 0, Vec::new());
        [one, other.join().unwrap_or_else(|_| nothing())]
    })
}
