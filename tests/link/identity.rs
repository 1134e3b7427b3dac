//! Who is who: reused and exchanged numbers, people who come back, quiet days, the first link, one person's story.

use link::report::{InSmartHr, Outcome, Verdict};
use serde_json::{Value, json};
use simulators::company::Status;

use crate::world::{World, codes};

/// The user ID and the crew of the person at this place of the company.
fn person(world: &World, at: usize) -> (String, String) {
    world.smarthr.look(|company| {
        let crew = company.active_ids(at + 1).pop().unwrap();
        let person = company.people.iter().find(|person| person.id == crew).unwrap();
        (format!("A{}", person.emp_code.clone().unwrap()), crew)
    })
}

fn reasons(answer: &link::report::Answer) -> Vec<Value> {
    let answer = serde_json::to_value(answer).unwrap();
    answer["hold"]["reasons"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_number_given_to_somebody_else_is_held_and_replaced_when_approved() {
    let world = World::new(60).linked().await;
    let ((id, leaver), (other, joiner)) = (person(&world, 3), person(&world, 4));
    world.emc.change_user(&id, &[("緊急連絡7 媒体", "メールアドレス"), ("緊急連絡7 アドレス", "own@example.jp")]);
    world.smarthr.change(|company| {
        company.retire(std::slice::from_ref(&leaver));
        company.reissue_number(&leaver, &joiner);
    });
    let held = world.next_day().await;
    assert_eq!((held.outcome, held.code.as_str()), (Outcome::Held, "EMC-HOLD(ID NG)"));
    let reason = reasons(&held).pop().unwrap();
    assert_eq!((&reason["code"], &reason["ids"]), (&json!("ID_REUSED"), &json!([id])));
    let mail = world.last_mail();
    assert!(mail.body.contains(&leaver) && mail.body.contains(&joiner), "{}", mail.body);
    let users = held.counts.unwrap().users;
    assert_eq!(users.created + users.updated, users.received_valid);
    assert_eq!(users.updated + users.deleted, users.previous_valid);

    let done = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(done.outcome, Outcome::Success, "{:#?}", done.errors);
    assert_eq!(world.emc.person(&id).as_deref(), Some(joiner.as_str()));
    assert!(!world.emc.user(&id).unwrap().contains_key("緊急連絡7 アドレス"), "nothing of the one before");
    assert!(world.emc.user(&other).is_none(), "the joiner's earlier ID is gone");
    world.assert_agreement();
}

#[tokio::test]
async fn two_exchanged_numbers_are_held_as_two_and_counted_as_two() {
    let world = World::new(60).linked().await;
    let ((one, first), (other, second)) = (person(&world, 3), person(&world, 4));
    world.smarthr.change(|company| company.exchange_numbers(&first, &second));
    let held = world.next_day().await;
    assert_eq!(held.code, "EMC-HOLD(ID NG)");
    assert_eq!(reasons(&held)[0]["ids"].as_array().unwrap().len(), 2);
    let done = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(done.outcome, Outcome::Success, "{:#?}", done.errors);
    let users = done.counts.unwrap().users;
    assert_eq!((users.created, users.deleted), (2, 2));
    let line = &world.emc.committed().pop().unwrap().lines()[0];
    assert_eq!(line["delete_users"], 0, "a replaced ID is not among the deletions");
    assert_eq!(world.emc.person(&one).as_deref(), Some(second.as_str()));
    assert_eq!(world.emc.person(&other).as_deref(), Some(first.as_str()));
    world.assert_agreement();
    assert_eq!(world.next_day().await.outcome, Outcome::NoChange);
}

#[tokio::test]
async fn the_same_person_under_a_new_record_is_taken_over() {
    let world = World::new(60).linked().await;
    let ((id, before), (_, now)) = (person(&world, 3), person(&world, 4));
    world.emc.change_user(&id, &[("緊急連絡7 媒体", "メールアドレス"), ("緊急連絡7 アドレス", "own@example.jp")]);
    world.smarthr.change(|company| {
        company.retire(std::slice::from_ref(&before));
        company.reissue_number(&before, &now);
    });
    let held = world.next_day().await;
    let wrong = world.run(json!({"mode": "sync", "approve": held.run_id, "same_person": ["A-nobody"]})).await;
    assert_eq!((wrong.outcome, codes(&wrong.errors)), (Outcome::Failure, vec!["APPROVAL_UNKNOWN"]));
    let done = world.run(json!({"mode": "sync", "approve": held.run_id, "same_person": [id]})).await;
    assert_eq!(done.outcome, Outcome::Success, "{:#?}", done.errors);
    assert_eq!(world.emc.person(&id).as_deref(), Some(now.as_str()));
    assert_eq!(world.emc.user(&id).unwrap()["緊急連絡7 アドレス"], "own@example.jp");
    world.assert_agreement();
}

#[tokio::test]
async fn reused_update_takes_over_with_a_warning_and_keeps_quiet_afterwards() {
    let world = World::new(60).linked().await;
    let config = world.read("config.toml").unwrap();
    world.write("config.toml", config.replace("prefix = \"A\"", "prefix = \"A\"\nreused = \"update\""));
    let ((id, before), (_, now)) = (person(&world, 3), person(&world, 4));
    world.smarthr.change(|company| {
        company.retire(std::slice::from_ref(&before));
        company.reissue_number(&before, &now);
    });
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.errors);
    assert!(codes(&answer.warnings).contains(&"ID_REUSED"));
    assert_eq!(world.emc.person(&id).as_deref(), Some(now.as_str()));
    assert_eq!(world.next_day().await.outcome, Outcome::NoChange);
}

#[tokio::test]
async fn whoever_was_deleted_by_mistake_is_whole_again_after_a_re_run() {
    let world = World::new(60).linked().await;
    let (id, crew) = person(&world, 3);
    world.emc.change_user(&id, &[("緊急連絡7 媒体", "メールアドレス"), ("緊急連絡7 アドレス", "own@example.jp")]);
    world.smarthr.change(|company| company.set_status(std::slice::from_ref(&crew), Status::Retired));
    assert_eq!(world.next_day().await.outcome, Outcome::Success);
    assert!(world.emc.user(&id).is_none());
    world.smarthr.change(|company| company.set_status(std::slice::from_ref(&crew), Status::Employed));
    let back = world.next_day().await;
    assert_eq!(back.outcome, Outcome::Success, "{:#?}", back.errors);
    assert_eq!(back.restored.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    assert_eq!(world.emc.user(&id).unwrap()["緊急連絡7 アドレス"], "own@example.jp");
    let told = world.last_mail().body;
    assert!(told.contains("復元") && told.contains(&format!("/crews/{crew}")), "{told}");
}

#[tokio::test]
async fn users_deleted_by_hand_in_emc_come_back_on_a_quiet_day() {
    let world = World::new(60).linked().await;
    let (id, _) = person(&world, 3);
    world.emc.erase_user(&id);
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.warnings);
    assert_eq!(answer.drift.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    world.assert_agreement();
    assert_eq!(world.next_day().await.outcome, Outcome::NoChange);
}

#[tokio::test]
async fn an_id_of_our_prefix_that_the_link_does_not_know_is_a_warning_on_a_quiet_day() {
    let world = World::new(60).linked().await;
    world.emc.enter_user("A-by-hand", &[("氏名", "手入力"), ("氏名(ヨミ)", "テニュウリョク")]);
    let answer = world.next_day().await;
    assert_eq!((answer.outcome, codes(&answer.warnings)), (Outcome::NoChange, vec!["EMC_IDS_UNKNOWN"]));
}

#[tokio::test]
async fn the_daily_trigger_makes_no_first_link() {
    let world = World::new(60);
    let daily = json!({"mode": "sync", "scheduled_at": "2026-11-24T04:30:00+09:00"});
    let held = world.run(daily).await;
    assert_eq!((held.outcome, held.code.as_str()), (Outcome::Held, "EMC-HOLD(First NG)"));
    assert_eq!(reasons(&held)[0]["code"], "FIRST_LINK");
    assert!(world.emc.user_ids().is_empty());
    let done = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(done.outcome, Outcome::Success, "{:#?}", done.errors);
    world.assert_agreement();
}

#[tokio::test]
async fn most_of_the_people_losing_a_contact_that_the_sheet_clears_is_held() {
    let world = World::new(60).linked().await;
    let crews = world.smarthr.look(|company| company.active_ids(60));
    world.smarthr.change(|company| {
        for person in company.people.iter_mut().filter(|person| crews[..59].contains(&person.id)) {
            person.email = None;
        }
    });
    let held = world.next_day().await;
    assert_eq!((held.outcome, held.code.as_str()), (Outcome::Held, "EMC-HOLD(Blank NG)"), "{:#?}", held.errors);
    assert_eq!(world.emc.committed().len(), 1);
}

#[tokio::test]
async fn one_persons_story_is_told_without_writing_anything() {
    let world = World::new(60).linked().await;
    let (id, crew) = person(&world, 3);
    let runs = world.read("snapshot.json");
    let told = world.run(json!({"mode": "explain", "id": id})).await;
    assert_eq!(told.outcome, Outcome::Explained, "{:#?}", told.errors);
    let story = told.person.unwrap();
    assert_eq!((story.in_smarthr, story.in_snapshot, story.verdict), (InSmartHr::Employed, true, Verdict::Update));
    assert_eq!(story.crew.as_deref(), Some(crew.as_str()));
    assert_eq!(story.history[0].what, "新規");
    let text = serde_json::to_string(&story).unwrap();
    let name = world.emc.user(&id).unwrap()["氏名"].clone();
    assert!(!text.contains(&name), "no personal value");
    assert!(world.run_files(&told.run_id).is_empty() && world.read("snapshot.json") == runs);

    let number = id.strip_prefix('A').unwrap();
    let by_number = world.run(json!({"mode": "explain", "number": number})).await.person.unwrap();
    assert_eq!(by_number.crew.as_deref(), Some(crew.as_str()));

    world.smarthr.change(|company| company.retire(std::slice::from_ref(&crew)));
    let leaving = world.run(json!({"mode": "explain", "crew": crew})).await.person.unwrap();
    assert_eq!((leaving.in_smarthr, leaving.verdict), (InSmartHr::Retired, Verdict::Delete));
    let nobody = world.run(json!({"mode": "explain", "id": "A-nobody"})).await.person.unwrap();
    assert_eq!((nobody.in_smarthr, nobody.verdict), (InSmartHr::NotFound, Verdict::Absent));
}

#[tokio::test]
async fn a_run_because_of_a_change_tells_a_failure_once_and_the_success_after_it() {
    let world = World::new(60).linked().await;
    let change = || world.run(json!({"mode": "sync", "trigger": "change"}));
    assert_eq!(change().await.outcome, Outcome::NoChange);
    let before = world.mails().len();
    let (_, crew) = person(&world, 3);
    let whole = world.smarthr.look(|company| company.person(&crew).unwrap().clone());
    world.smarthr.change(|company| company.clear_kana(&crew));
    assert_eq!(change().await.outcome, Outcome::Failure);
    assert_eq!(world.mails().len(), before + 1);
    assert_eq!(change().await.outcome, Outcome::Failure);
    assert_eq!(world.mails().len(), before + 1, "the same failure is mailed once");
    world.smarthr.change(|company| {
        *company.person_mut(&crew).unwrap() = whole;
        company.change_positions(1);
    });
    assert_eq!(change().await.outcome, Outcome::Success);
    assert_eq!(world.mails().len(), before + 2, "the first success after a failure");
    assert_eq!(change().await.outcome, Outcome::NoChange);
    assert_eq!(world.mails().len(), before + 2);
    let cost: Value = world.json("changes.json");
    assert_eq!(cost.as_array().unwrap().len(), 5);
}
