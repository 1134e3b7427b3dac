//! The pending protocol and owed mails. Crashes at every step are explored elsewhere; these are the named cases.

use link::report::Outcome;
use serde_json::json;
use simulators::emc::Fault;
use simulators::http::Rule;

use crate::world::{World, codes};

#[tokio::test]
async fn an_answer_lost_after_the_commit_is_found_again() {
    let world = World::new(60);
    world.emc.inject(Rule::new("/v1/imports/*", Fault::CutAfter).method("PUT"));
    assert_eq!(world.sync().await.outcome, Outcome::Success);
    assert_eq!(world.emc.committed().len(), 1);
    world.assert_agreement();
}

#[tokio::test]
async fn a_processing_import_is_waited_for() {
    let world = World::new(60);
    world.emc.inject(Rule::new("/v1/imports/*", Fault::Processing { polls: 2, ms: 0 }).method("PUT"));
    assert_eq!(world.sync().await.outcome, Outcome::Success);
    world.assert_agreement();
}

#[tokio::test]
async fn a_run_that_died_after_the_commit_is_settled_by_the_next_one() {
    let world = World::new(60).linked().await;
    // As if the process had died between EMC's commit and the snapshot: pending is there, the snapshot is not.
    let committed = world.emc.committed().pop().unwrap();
    let snapshot = world.read("snapshot.json").unwrap();
    let pending =
        format!("{{\"version\":1,\"import_id\":\"{}\",\"run_id\":\"x\",\"snapshot\":{snapshot}}}", committed.import_id);
    world.write("pending.json", pending);
    std::fs::remove_file(world.path("snapshot.json")).unwrap();
    let next = world.next_day().await;
    assert_eq!(next.outcome, Outcome::NoChange, "{:?}", next.errors);
    assert_eq!(codes(&next.warnings), ["PENDING_SETTLED"]);
    world.assert_agreement();
}

#[tokio::test]
async fn a_run_that_died_before_the_put_is_cancelled_by_the_next_one() {
    let world = World::new(60);
    let snapshot = r#"{"version":1,"run_id":"x","taken_at":"","departments":{"received":0,"valid":0,"digest":"","ids":[]},"users":{"received":0,"valid":0,"digest":"","ids":[],"filled":{}}}"#;
    world.write(
        "pending.json",
        format!("{{\"version\":1,\"import_id\":\"never-put\",\"run_id\":\"x\",\"snapshot\":{snapshot}}}"),
    );
    let next = world.sync().await;
    assert_eq!(next.outcome, Outcome::Success, "{:?}", next.errors);
    world.assert_agreement();
}

#[tokio::test]
async fn a_preview_sees_a_committed_pending_import_and_leaves_it() {
    let world = World::new(60).linked().await;
    let committed = world.emc.committed().pop().unwrap();
    let snapshot = world.read("snapshot.json").unwrap();
    let pending =
        format!("{{\"version\":1,\"import_id\":\"{}\",\"run_id\":\"x\",\"snapshot\":{snapshot}}}", committed.import_id);
    world.write("pending.json", pending);
    std::fs::remove_file(world.path("snapshot.json")).unwrap();
    let preview = world.run(json!({"mode": "preview"})).await;
    assert_eq!(preview.would, Some(Outcome::NoChange), "{:?}", preview.errors);
    assert!(world.read("pending.json").is_some() && world.read("snapshot.json").is_none());
}

#[tokio::test]
async fn a_broken_pending_or_snapshot_stops_the_run() {
    for file in ["pending.json", "snapshot.json"] {
        let world = World::new(20);
        world.write(file, "{}");
        let answer = world.sync().await;
        assert_eq!((codes(&answer.errors), answer.code.as_str()), (vec!["SNAPSHOT_INVALID"], "EMC-ERROR-C(Config NG)"));
        assert_eq!(world.read(file).as_deref(), Some("{}"));
    }
}

#[tokio::test]
async fn a_mail_that_could_not_be_sent_is_owed_and_sent_by_the_retry() {
    let world = World::new(60);
    let event = json!({"mode": "sync"});
    // The outbox is a file: nothing can be sent.
    std::fs::write(world.root().join("outbox"), "").unwrap();
    assert!(world.try_run_as("same", &event).await.is_err());
    world.assert_agreement();
    std::fs::remove_file(world.root().join("outbox")).unwrap();
    let retry = world.try_run_as("same", &event).await.unwrap();
    assert_eq!(retry.outcome, Outcome::Skipped);
    assert_eq!(world.mails().len(), 1);
    assert_eq!(world.last_mail().subject, "EMC-OK");
    // The mail is not owed any more: the same id is a new run.
    assert_eq!(world.try_run_as("same", &event).await.unwrap().outcome, Outcome::NoChange);
    assert_eq!(world.mails().len(), 2);
}

#[tokio::test]
async fn an_owed_mail_is_sent_by_any_later_run() {
    let world = World::new(60);
    std::fs::write(world.root().join("outbox"), "").unwrap();
    assert!(world.try_run(json!({"mode": "sync"})).await.is_err());
    std::fs::remove_file(world.root().join("outbox")).unwrap();
    assert_eq!(world.next_day().await.outcome, Outcome::NoChange);
    let subjects: Vec<_> = world.mails().into_iter().map(|mail| mail.body.lines().nth(1).unwrap().to_owned()).collect();
    assert_eq!(subjects.len(), 2);
    assert!(subjects[0].contains("2026/11/24") && subjects[1].contains("2026/11/25"), "{subjects:?}");
}

#[tokio::test]
async fn nobody_to_mail_is_a_function_error() {
    let world = World::new(20);
    std::fs::remove_file(world.path("config.toml")).unwrap();
    let error = world.try_run(json!({"mode": "sync"})).await.unwrap_err();
    assert!(error.to_string().contains("CONFIG_MISSING"), "{error}");
}

#[tokio::test]
async fn with_too_little_time_nothing_is_handed_over() {
    let mut world = World::new(60);
    world.time = std::time::Duration::from_secs(8);
    // The listing takes most of the time.
    world.smarthr.inject(Rule::new("/api/v1/crews", simulators::smarthr::Fault::Delay { ms: 6_500 }));
    let answer = world.sync().await;
    assert_eq!(codes(&answer.errors), ["TIME_SHORT"]);
    assert_eq!((world.emc.imports().len(), world.read("pending.json")), (0, None));
}
