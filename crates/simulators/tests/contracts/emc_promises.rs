//! EMC's side of the hand-over: an import and its cancellation at once, results that are kept, a restart in between.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use simulators::emc::{Emc, EmcSettings, Fault};
use simulators::http::Rule;

use crate::support::{client, gzip, import, put, settle};

/// So long EMC keeps the result of an import.
const KEPT: Duration = Duration::from_hours(7 * 24);

fn body(id: &str) -> Vec<u8> {
    let user = json!({ "op": "put", "record": "user", "id": id, "expect": "create",
        "set": { "氏名": "佐藤 花子", "氏名(ヨミ)": "サトウ ハナコ" },
        "on_create": { "パスワード": "himitsu", "パスワード強制変更": "T" } });
    gzip(&import(&[user]))
}

async fn look(emc: &Emc, id: &str) -> u16 {
    let request = client().get(format!("{}/v1/imports/{id}", emc.base_url())).bearer_auth("emc-token");
    request.send().await.unwrap().status().as_u16()
}

fn status(answer: &(u16, Value)) -> &str {
    answer.1["status"].as_str().unwrap_or_default()
}

/// Either the import was done and everybody hears so, or it was cancelled and never takes effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_import_and_its_cancellation_at_once_have_one_end() {
    let emc = Emc::start(EmcSettings::default()).unwrap();
    let mut ends = [0, 0];
    for round in 0..60_u32 {
        let (name, id) = (format!("r{round}"), format!("A{round}"));
        let cancel = async {
            // Each round the request to cancel comes a little later.
            tokio::time::sleep(Duration::from_micros(u64::from(round) * 60)).await;
            settle(&emc, &name).await
        };
        let (handed, again, settled) = tokio::join!(put(&emc, &name, body(&id)), put(&emc, &name, body(&id)), cancel);
        let (handed, again) = (handed.unwrap(), again.unwrap());
        let is_there = emc.user(&id).is_some();
        match status(&settled) {
            "committed" => assert_eq!((handed.0, again.0, is_there), (200, 200, true), "{handed:?} {again:?}"),
            "cancelled" => assert_eq!((handed.0, again.0, is_there), (409, 409, false), "{handed:?} {again:?}"),
            other => panic!("{other}"),
        }
        ends[usize::from(is_there)] += 1;
        assert_eq!(settle(&emc, &name).await, settled, "for ever");
    }
    assert_eq!(emc.committed().len(), ends[1], "none twice");
}

#[tokio::test]
async fn whoever_cancels_while_it_is_worked_on_hears_the_end() {
    let emc = Emc::start(EmcSettings::default()).unwrap();
    emc.inject(Rule::new("/v1/imports/*", Fault::Processing { polls: 1, ms: 0 }).method("PUT"));
    assert_eq!(put(&emc, "r1", body("A1")).await.unwrap().0, 202);
    assert_eq!(settle(&emc, "r1").await.0, 202);
    assert_eq!(status(&settle(&emc, "r1").await), "committed");
    assert_eq!(emc.user_ids(), ["A1"]);
}

/// The body is there, its work begins later, and meanwhile it is cancelled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cancelled_before_its_work_began_has_no_effect() {
    let emc = Emc::start(EmcSettings::default()).unwrap();
    emc.inject(Rule::new("/v1/imports/*", Fault::DelayBefore { ms: 300 }).method("PUT"));
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        settle(&emc, "r1").await
    };
    let (handed, settled) = tokio::join!(put(&emc, "r1", body("A1")), cancel);
    assert_eq!((handed.unwrap().0, status(&settled)), (409, "cancelled"));
    assert!(emc.user_ids().is_empty());
}

#[tokio::test]
async fn results_are_kept_for_seven_days() {
    let emc = Emc::start(EmcSettings::default()).unwrap();
    let committed = put(&emc, "r1", body("A1")).await.unwrap();
    assert_eq!(settle(&emc, "r2").await.0, 200);
    let refused = put(&emc, "r3", body("A1")).await.unwrap();
    assert_eq!(refused.0, 422);
    emc.advance_clock(KEPT);
    assert_eq!(put(&emc, "r1", body("A1")).await.unwrap(), committed);
    assert_eq!((look(&emc, "r1").await, settle(&emc, "r1").await), (200, committed));
    assert_eq!(put(&emc, "r2", body("A2")).await.unwrap().0, 409);
    assert_eq!(put(&emc, "r3", body("A1")).await.unwrap(), refused);
    assert_eq!(emc.user_ids(), ["A1"]);
}

fn started(database: &Path) -> Emc {
    Emc::start(EmcSettings { database: Some(database.to_owned()), ..EmcSettings::default() }).unwrap()
}

#[tokio::test]
async fn a_restart_forgets_no_end() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("emc.sqlite");
    let first = started(&database);
    // Committed, and the answer is lost with the server.
    first.inject(Rule::new("/v1/imports/*", Fault::CutAfter).method("PUT"));
    put(&first, "r1", body("A1")).await.unwrap_err();
    // Committed, and told as being worked on until the server ends.
    first.inject(Rule::new("/v1/imports/*", Fault::processing_for_ever()).method("PUT"));
    assert_eq!(put(&first, "r2", body("A2")).await.unwrap().0, 202);
    assert_eq!(status(&settle(&first, "r3").await), "cancelled");
    drop(first);
    let second = started(&database);
    assert_eq!(status(&settle(&second, "r1").await), "committed");
    assert_eq!(status(&settle(&second, "r2").await), "committed");
    assert_eq!(put(&second, "r3", body("A3")).await.unwrap().0, 409);
    assert_eq!(second.user_ids(), ["A1", "A2"]);
}

/// The server ends while a body waits for its work: that is done whole or not at all, and can be settled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_amid_an_import_leaves_it_whole_or_undone() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("emc.sqlite");
    for round in 0..8_u64 {
        let (name, id) = (format!("r{round}"), format!("A{round}"));
        let emc = started(&database);
        emc.inject(Rule::new("/v1/imports/*", Fault::DelayBefore { ms: 20 }).method("PUT"));
        let url = format!("{}/v1/imports/{name}", emc.base_url());
        let request = client().put(url).bearer_auth("emc-token").header("content-type", "application/x-ndjson");
        let request = request.header("content-encoding", "gzip").body(body(&id));
        let sent = tokio::spawn(request.send());
        tokio::time::sleep(Duration::from_millis(round * 5)).await;
        drop(emc);
        drop(sent.await);
        let emc = started(&database);
        let settled = settle(&emc, &name).await;
        assert_eq!(emc.user(&id).is_some(), status(&settled) == "committed", "{settled:?}");
        let late = put(&emc, &name, body(&id)).await.unwrap().0;
        assert_eq!(late, if status(&settled) == "committed" { 200 } else { 409 });
    }
}
