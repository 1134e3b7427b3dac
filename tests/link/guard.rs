//! Held runs and approvals.

use jiff::SignedDuration;
use link::report::Outcome;
use serde_json::json;
use simulators::http::Rule;
use simulators::smarthr::Fault;

use crate::world::{World, codes};

#[tokio::test]
async fn a_third_of_the_people_gone_is_held_and_approved() {
    let world = World::new(300).linked().await;
    let before = (world.emc.user_ids(), world.read("snapshot.json"));
    let hidden = world.smarthr.world().company_mut().hide_people(0.33);
    assert!(hidden > 50);
    let held = world.next_day().await;
    assert_eq!((held.outcome, held.code.as_str()), (Outcome::Held, "EMC-HOLD(Delete NG)"));
    assert_eq!((world.emc.user_ids(), world.read("snapshot.json")), before, "nothing was written");
    let mail = world.last_mail();
    assert_eq!(mail.subject, "EMC-HOLD(Delete NG)");
    assert!(mail.body.starts_with("処理結果: 保留\n") && mail.body.contains(&held.run_id), "{}", mail.body);
    let plan = mail.attachments.iter().find(|(name, _)| name == "plan.csv").unwrap();
    assert_eq!(
        plan.1.lines().filter(|line| line.contains(",削除,")).count() as u64,
        held.counts.unwrap().users.deleted
    );

    let approved = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(approved.outcome, Outcome::Success, "{:?}", approved.errors);
    assert_eq!(approved.counts.unwrap().users.deleted, held.counts.unwrap().users.deleted);
    world.assert_agreement();
}

#[tokio::test]
async fn an_approval_does_not_cover_one_person_more() {
    let world = World::new(300).linked().await;
    world.smarthr.world().company_mut().hide_people(0.33);
    let held = world.next_day().await;
    world.smarthr.world().company_mut().retire_some(1);
    let again = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(again.outcome, Outcome::Held);
    let approved = world.run(json!({"mode": "sync", "approve": again.run_id})).await;
    assert_eq!(approved.outcome, Outcome::Success);
    world.assert_agreement();
}

#[tokio::test]
async fn an_approval_expires_after_seven_days() {
    let world = World::new(300).linked().await;
    world.smarthr.world().company_mut().hide_people(0.33);
    let held = world.next_day().await;
    world.clock.forward(SignedDuration::from_hours(7 * 24 + 1));
    let late = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!((late.outcome, codes(&late.errors)), (Outcome::Failure, vec!["APPROVAL_EXPIRED"]));
    let unknown = world.run(json!({"mode": "sync", "approve": "20261124T043000000-0123456789ab"})).await;
    assert_eq!(codes(&unknown.errors), ["APPROVAL_UNKNOWN"]);
}

#[tokio::test]
async fn the_same_set_held_day_after_day_counts_its_days() {
    let world = World::new(300).linked().await;
    world.smarthr.world().company_mut().hide_people(0.33);
    for day in 1..=3 {
        let held = world.next_day().await;
        assert_eq!(held.hold.unwrap().days, day);
    }
    assert!(world.last_mail().body.contains("3日目"));
    assert_eq!(world.mails().len(), 4);
}

#[tokio::test]
async fn nobody_at_all_is_held() {
    let world = World::new(20).linked().await;
    let count = world.smarthr.world().company_mut().hide_people(1.0);
    let held = world.next_day().await;
    assert_eq!(held.outcome, Outcome::Held, "{count} hidden: {:?}", held.errors);
    assert_eq!(held.code, "EMC-HOLD(Delete NG)");
}

#[tokio::test]
async fn an_item_that_lost_its_right_is_held_for_being_blank() {
    for absent in [false, true] {
        let world = World::new(100).linked().await;
        {
            let mut smarthr = world.smarthr.world();
            let hidden =
                if absent { &mut smarthr.settings.hidden_as_absent } else { &mut smarthr.settings.hidden_as_null };
            hidden.insert("tel_number".into());
            smarthr.forget_pages();
        }
        let held = world.next_day().await;
        assert_eq!((held.outcome, held.code.as_str()), (Outcome::Held, "EMC-HOLD(Blank NG)"), "{:?}", held.errors);
        assert!(world.last_mail().body.contains("緊急連絡3 アドレス"));
        let approved = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
        assert_eq!(approved.outcome, Outcome::Success);
        let id = world.emc.user_ids().remove(0);
        assert!(!world.emc.user(&id).unwrap().contains_key("緊急連絡3 アドレス"));
    }
}

#[tokio::test]
async fn ids_that_emc_already_has_are_held_and_adopted_when_approved() {
    let world = World::new(60);
    let code = world.smarthr.world().company().active().find_map(|p| p.emp_code.clone()).unwrap();
    world.emc.enter_user(&format!("A{code}"), &[("氏名", "別会社 太郎"), ("氏名(ヨミ)", "ベツ"), ("パスワード", "x")]);
    let held = world.sync().await;
    assert_eq!((held.outcome, held.code.as_str()), (Outcome::Held, "EMC-HOLD(ID NG)"), "{:?}", held.errors);
    assert_eq!(world.emc.user_ids().len(), 1);
    assert_eq!(world.read("snapshot.json"), None);
    let approved = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(approved.outcome, Outcome::Success, "{:?}", approved.errors);
    assert_eq!(approved.drift.len(), 1);
    world.assert_agreement();
}

#[tokio::test]
async fn a_baseline_knows_the_ids_that_emc_has() {
    let world = World::new(60);
    let codes: Vec<String> = {
        let smarthr = world.smarthr.world();
        smarthr.company().active().filter_map(|p| p.emp_code.clone()).take(3).collect()
    };
    let mut csv = "氏名,ユーザID\n".to_owned();
    for code in &codes {
        world
            .emc
            .enter_user(&format!("A{code}"), &[("氏名", "古い 名前"), ("氏名(ヨミ)", "フルイ"), ("パスワード", "x")]);
        csv = csv + "x,A" + code + "\n";
    }
    world.write("baseline/users.csv", &csv);
    world.write("baseline/departments.csv", "部署ID\n");
    let made = world.run(json!({"mode": "baseline"})).await;
    assert_eq!(made.outcome, Outcome::Baseline, "{:?}", made.errors);
    assert_eq!(crate::world::codes(&world.run(json!({"mode": "baseline"})).await.errors), ["SNAPSHOT_EXISTS"]);
    assert_eq!(world.run(json!({"mode": "baseline", "replace": true})).await.outcome, Outcome::Baseline);
    let first = world.sync().await;
    assert_eq!(first.outcome, Outcome::Success, "{:?}", first.errors);
    assert_eq!(first.counts.unwrap().users.updated, 3);
    world.assert_agreement();
    assert_eq!(world.mails().len(), 1, "a baseline is not mailed");
}

#[tokio::test]
async fn a_department_that_vanishes_with_people_in_it_is_held() {
    let world = World::new(100).linked().await;
    let gone = {
        let smarthr = world.smarthr.world();
        let company = smarthr.company();
        let is_leaf = |id: &str| company.departments.iter().all(|other| other.parent.as_deref() != Some(id));
        let used = |id: &str| company.active().any(|p| p.departments.iter().flatten().any(|own| own == id));
        company.coded_departments().find(|d| is_leaf(&d.id) && used(&d.id)).unwrap().clone()
    };
    // The list of departments lacks one that people still name.
    let list = reqwest::Client::new()
        .get(format!("{}/api/v1/departments?per_page=100", world.smarthr.base_url()))
        .bearer_auth("smarthr-token")
        .send()
        .await
        .unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&list.bytes().await.unwrap()).unwrap();
    let body = json!(list.into_iter().filter(|one| one["id"] != gone.id.as_str()).collect::<Vec<_>>()).to_string();
    for (page, body) in [(1, body), (2, "[]".to_owned())] {
        let answer = Fault::Answer { status: 200, content_type: "application/json".into(), body };
        world.smarthr.inject(Rule::new("/api/v1/departments", answer).page(page).always());
    }
    let held = world.next_day().await;
    assert_eq!(held.outcome, Outcome::Held, "{:?}", held.errors);
    let mail = world.last_mail();
    let plan = &mail.attachments.iter().find(|(name, _)| name == "plan.csv").unwrap().1;
    let line = plan.lines().find(|line| line.contains(",削除,")).unwrap();
    assert!(line.contains(&format!("A{}", gone.code.unwrap())) && line.contains("部署"), "{plan}");
    let approved = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(approved.outcome, Outcome::Success, "{:?}", approved.errors);
    world.assert_agreement();
}
