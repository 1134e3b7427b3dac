//! Days in the life of a tenant.

use link::report::Outcome;
use serde_json::json;
use simulators::emc::Fault as EmcFault;
use simulators::http::Rule;

use crate::world::World;

#[tokio::test]
async fn the_first_link_brings_everybody_and_the_second_run_sends_nothing() {
    let world = World::new(300).linked().await;
    world.assert_agreement();
    let counts = world.json("snapshot.json");
    assert_eq!(counts["users"]["valid"], json!(world.emc.user_ids().len()));
    assert!(world.emc.user_ids().iter().all(|id| id.starts_with('A')));
    let mail = world.last_mail();
    assert_eq!((mail.subject.as_str(), mail.to), ("EMC-OK", vec!["hr@example.co.jp".to_owned()]));
    assert!(mail.body.starts_with("処理結果: 成功\n処理開始日時: (2026/11/24 4:30:0"), "{}", mail.body);

    let first = link::state::RunId::parse(world.json("snapshot.json")["run_id"].as_str().unwrap()).unwrap();
    let report: serde_json::Value = serde_json::from_str(&world.run_file(first.as_str(), "report.json")).unwrap();
    assert_eq!(report["version"], "0.2.0+gabcdef0", "the record names the build");
    let puts = world.emc.imports().len();
    let second = world.next_day().await;
    assert_eq!((second.outcome, second.code.as_str()), (Outcome::NoChange, "EMC-OK"));
    assert_eq!(second.version, "0.2.0+gabcdef0");
    let counts = second.counts.unwrap();
    assert_eq!((counts.users.created, counts.users.deleted, counts.users.changed), (0, 0, false));
    assert_eq!(counts.users.updated, counts.users.received_valid);
    assert_eq!(world.emc.imports().len(), puts, "nothing is sent on a day without change");
    assert!(world.last_mail().body.contains("前回処理とデータに変化なし[部署 ][社員 ]"));
}

#[tokio::test]
async fn a_normal_day_creates_updates_and_deletes_and_the_counts_add_up() {
    let world = World::new(300).linked().await;
    {
        let mut smarthr = world.smarthr.world();
        let company = smarthr.company_mut();
        company.retire_some(7);
        company.hire(2);
        company.change_positions(5);
    }
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:?}", answer.errors);
    let users = answer.counts.unwrap().users;
    assert_eq!((users.created, users.deleted), (2, 7));
    assert_eq!(users.created + users.updated, users.received_valid);
    assert_eq!(users.updated + users.deleted, users.previous_valid);
    world.assert_agreement();
    let body = world.last_mail().body;
    assert!(body.contains("\n - 前回処理とデータに変化あり[社員 ],登録処理を行います[社員 ]\n"), "{body}");
    assert!(body.contains("\n - 前回処理とデータに変化なし[部署 ]\n"), "{body}");
    assert!(body.contains("\n社員データ 新規件数: 2\n") && body.contains("\n社員データ 削除件数: 7\n"), "{body}");
    // Only the changed file was sent.
    let import = world.emc.committed().pop().unwrap();
    assert_eq!(import.lines()[0]["put_departments"], 0);
}

#[tokio::test]
async fn the_same_company_gives_the_same_import_ten_times() {
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let world = World::new(60).linked().await;
        seen.insert(world.emc.committed().pop().unwrap().text());
    }
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn a_department_that_moved_is_sent_and_one_that_closed_is_deleted() {
    let world = World::new(300).linked().await;
    let (closed, renamed) = {
        let mut smarthr = world.smarthr.world();
        let company = smarthr.company_mut();
        let parents: Vec<_> = company.departments.iter().filter_map(|d| d.parent.clone()).collect();
        let used: Vec<_> = company.people.iter().flat_map(|p| p.departments.iter().flatten().cloned()).collect();
        let leaf = company
            .coded_departments()
            .filter(|d| !parents.contains(&d.id))
            .min_by_key(|d| used.iter().filter(|used| **used == d.id).count())
            .unwrap()
            .clone();
        let other = company.coded_departments().find(|d| d.id != leaf.id).unwrap().clone();
        company.close_department(&leaf.id);
        company.rename_department(&other.id, "新しい名前");
        (leaf.code.unwrap(), other.code.unwrap())
    };
    // Everybody of that department loses it: a person looks at that first.
    let held = world.next_day().await;
    assert_eq!(held.code, "EMC-HOLD(Blank NG)", "{:?}", held.hold);
    let answer = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(answer.outcome, Outcome::Success, "{:?} {:?}", answer.errors, answer.hold);
    assert_eq!(answer.counts.unwrap().departments.deleted, 1);
    assert!(!world.emc.department_ids().contains(&format!("A{closed}")));
    assert_eq!(world.emc.department(&format!("A{renamed}")).unwrap()["部署名"], "新しい名前");
    world.assert_agreement();
}

#[tokio::test]
async fn the_same_scheduled_time_is_done_once() {
    let world = World::new(60).linked().await;
    let event = json!({"mode": "sync", "scheduled_at": "2026-11-24T04:30:00+09:00"});
    let first = world.run(event.clone()).await;
    assert_eq!(first.outcome, Outcome::NoChange);
    for same in [event, json!({"detail-type": "Scheduled Event", "time": "2026-11-23T19:30:00Z"})] {
        let again = world.run(same).await;
        assert_eq!((again.outcome, again.run_id), (Outcome::Skipped, first.run_id.clone()));
    }
    assert_eq!(world.mails().len(), 2);
    assert_eq!(world.smarthr.count("/api/v1/departments"), 2);
    // A time that has not come yet is done once, too.
    let future = json!({"mode": "sync", "scheduled_at": "2026-12-31T04:30:00+09:00"});
    assert_eq!(world.run(future.clone()).await.outcome, Outcome::NoChange);
    assert_eq!(world.run(future).await.outcome, Outcome::Skipped);
    // Another day's is another run.
    let other = world.run(json!({"mode": "sync", "scheduled_at": "2026-11-25T04:30:00+09:00"})).await;
    assert_eq!(other.outcome, Outcome::NoChange);
}

#[tokio::test]
async fn a_failed_scheduled_run_is_not_repeated_either() {
    let world = World::new(60);
    let id = world.smarthr.world().company().active_ids(1).remove(0);
    world.smarthr.world().company_mut().clear_kana(&id);
    let event = json!({"mode": "sync", "scheduled_at": "2026-11-24T04:30:00+09:00"});
    assert_eq!(world.run(event.clone()).await.outcome, Outcome::Failure);
    assert_eq!(world.run(event).await.outcome, Outcome::Skipped);
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn an_id_that_changed_is_deleted_created_and_told() {
    let world = World::new(60).linked().await;
    let (id, old) = {
        let smarthr = world.smarthr.world();
        let id = smarthr.company().active_ids(1).remove(0);
        let old = smarthr.company().person(&id).unwrap().emp_code.clone().unwrap();
        (id, old)
    };
    world.smarthr.world().company_mut().set_employee_code(&id, Some("99999"));
    let answer = world.next_day().await;
    let users = answer.counts.unwrap().users;
    assert_eq!((users.created, users.deleted), (1, 1));
    assert_eq!(crate::world::codes(&answer.warnings), ["ID_CHANGED"]);
    assert!(world.emc.user(&format!("A{old}")).is_none());
    assert!(world.emc.user("A99999").is_some());
    let mail = world.last_mail();
    assert!(mail.body.contains("ID"), "{}", mail.body);
    assert!(mail.attachments.iter().any(|(name, text)| name == "errors.csv" && text.contains("A99999")));
}

#[tokio::test]
async fn what_a_person_erased_in_emc_is_made_again_and_told_as_drift() {
    let world = World::new(60).linked().await;
    let id = world.emc.user_ids().remove(0);
    world.emc.erase_user(&id);
    world.smarthr.world().company_mut().change_positions(1);
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success);
    assert_eq!(answer.drift.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    assert!(world.emc.user(&id).is_some());
    assert!(world.last_mail().body.contains(&id));
}

/// A function's answer has its bounds, whatever EMC lost.
#[tokio::test]
async fn drift_beyond_the_answers_bound_is_counted_and_kept_whole_beside_the_report() {
    let world = World::new(20);
    let drift: Vec<_> = (0..10_050)
        .map(|at| json!({"record": "user", "id": format!("A{at:05}"), "expected": "update", "actual": "create"}))
        .collect();
    let none = json!({"created": 0, "updated": 0, "deleted": 0});
    let body = json!({"status": "committed", "departments": none, "users": none, "drift": drift}).to_string();
    let fault = EmcFault::Answer { status: 200, content_type: "application/json".into(), body };
    world.emc.inject(Rule::new("/v1/imports/*", fault).method("PUT"));
    let answer = world.sync().await;
    assert_eq!((answer.outcome, answer.drift.len(), answer.drift_count), (Outcome::Success, 10_000, 10_050));
    let whole: Vec<serde_json::Value> = serde_json::from_str(&world.run_file(&answer.run_id, "drift.json")).unwrap();
    assert_eq!((whole.len(), &whole[10_049]["id"]), (10_050, &json!("A10049")));
    assert!(world.last_mail().body.contains("ほかに"), "{}", world.last_mail().body);
}
