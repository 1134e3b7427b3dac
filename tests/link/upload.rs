//! The bulk upload in place of the import API: files below `outbox/`, and a snapshot that waits for the operator.

use std::collections::BTreeMap;

use link::report::Outcome;
use serde_json::json;
use simulators::company::Company;
use simulators::samples::{FULL_SHEET, search_words, search_words_table};
use simulators::smarthr::SmartHrSettings;

use crate::world::{World, codes};

/// A tenant whose files are carried to EMC by hand, with more keys of `[csv]`.
fn world(employees: usize, csv: &str) -> World {
    let company = Company::generate(7, employees);
    let masters = search_words_table(&search_words(&company));
    let more = format!("[csv]\n{csv}\n{masters}");
    let world = World::with(company, SmartHrSettings::default(), |config| config.prefix("A").more(&more), FULL_SHEET);
    let config = world.read("config.toml").unwrap();
    world.write("config.toml", config.replace("[emc]\n", "[emc]\ndestination = \"csv\"\n"));
    // Without the API there is no token.
    world.set_secret(&json!({"smarthr": {"access_token": SmartHrSettings::default().token}}).to_string());
    world
}

/// The rows of a file by their ID, each cell by its header.
fn rows(world: &World, run_id: &str, file: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let text = world.read(&format!("outbox/{run_id}/{file}")).unwrap();
    table(text.strip_prefix('\u{feff}').expect("a byte order mark"))
}

fn table(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    reader
        .records()
        .map(|record| {
            let cells: BTreeMap<String, String> =
                headers.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect();
            let id = cells.get("ユーザID").or_else(|| cells.get("部署ID")).unwrap().clone();
            (id, cells)
        })
        .collect()
}

fn confirm(run_id: &str) -> serde_json::Value {
    json!({"mode": "confirm", "run_id": run_id})
}

#[tokio::test]
async fn the_snapshot_waits_until_the_upload_is_confirmed() {
    let world = world(40, "");
    let first = world.sync().await;
    assert_eq!(first.outcome, Outcome::Success, "{:#?}", first.errors);
    let counts = first.counts.unwrap();
    let users = rows(&world, &first.run_id, "users.csv");
    assert_eq!(users.len() as u64, counts.users.received_valid);
    assert_eq!(rows(&world, &first.run_id, "departments.csv").len() as u64, counts.departments.received_valid);
    assert!(users.values().all(|user| user["処理フラグ"] == "自動" && !user["パスワード"].is_empty()));
    assert!(world.emc.requests().is_empty(), "nothing asks EMC");
    assert_eq!(world.read("snapshot.json"), None);
    assert_eq!(world.read("pending.json"), None);

    let mail = world.last_mail();
    assert!(mail.body.contains(&format!("outbox/{}/", first.run_id)), "{}", mail.body);
    assert!(
        mail.attachments.iter().all(|(name, _)| ["errors.csv", "plan.csv"].contains(&name.as_str())),
        "mentioned, never attached"
    );

    let confirmed = world.run(confirm(&first.run_id)).await;
    assert_eq!(confirmed.outcome, Outcome::Success, "{:#?}", confirmed.errors);
    assert_eq!(world.json("snapshot.json")["run_id"], first.run_id.as_str());
    for file in ["users.csv", "departments.csv"] {
        assert_eq!(world.read(&format!("outbox/{}/{file}", first.run_id)), None, "no longer needed, no longer there");
    }
    let snapshot = world.read("snapshot.json");
    assert_eq!(world.run(confirm(&first.run_id)).await.outcome, Outcome::NoChange);
    assert_eq!(world.read("snapshot.json"), snapshot);

    let second = world.next_day().await;
    assert_eq!(second.outcome, Outcome::NoChange);
    assert!(!world.path(&format!("outbox/{}", second.run_id)).exists());
}

#[tokio::test]
async fn changes_only_are_who_came_who_goes_and_who_changed() {
    let world = world(
        60,
        "content = \"changes\"\nkeep = \"(変更なし)\"\nusers = [\"ユーザID\", \"処理フラグ\", \
        \"氏名=名前\", \"氏名(ヨミ)\", \"パスワード\", \"パスワード強制変更\", \"所属部署コード\", \"兼務管理部署コード1\", \
        \"兼務管理部署コード2\", \"緊急連絡1 媒体\", \"緊急連絡1 アドレス\", \"緊急連絡2 媒体\", \"緊急連絡2 アドレス\", \
        \"緊急連絡3 媒体\", \"緊急連絡3 アドレス\", \"検索ワード1\", \"検索ワード2\", \"検索ワード3\", \"検索ワード4\", \
        \"検索ワード5\"]",
    );
    let first = world.sync().await;
    assert_eq!(first.outcome, Outcome::Success, "{:#?}", first.errors);
    world.run(confirm(&first.run_id)).await;

    let (hired, gone, renamed) = world.smarthr.change(|company| {
        let person = company.active_ids(1).remove(0);
        company.set_email(&person, Some("new-address@example.co.jp"));
        let code = |company: &Company, id: &str| format!("A{}", company.person(id).unwrap().emp_code.clone().unwrap());
        let gone = company.retire_some(1).iter().map(|id| code(company, id)).collect::<Vec<_>>();
        let hired = company.hire(1).iter().map(|id| code(company, id)).collect::<Vec<_>>();
        (hired, gone, code(company, &person))
    });
    let second = world.next_day().await;
    assert_eq!(second.outcome, Outcome::Success, "{:#?}", second.errors);
    let users = rows(&world, &second.run_id, "users.csv");
    let mut expected = [hired[0].clone(), gone[0].clone(), renamed.clone()];
    expected.sort();
    assert_eq!(users.keys().cloned().collect::<Vec<_>>(), expected);
    assert_eq!(users[&gone[0]]["処理フラグ"], "削除");
    assert_eq!(users[&renamed]["緊急連絡1 アドレス"], "new-address@example.co.jp");
    assert_eq!(users[&renamed]["パスワード"], "(変更なし)");
    assert_eq!(users[&hired[0]]["パスワード"], hired[0][1..]);
    assert!(!users[&hired[0]]["名前"].is_empty());
    assert!(!world.path(&format!("outbox/{}/departments.csv", second.run_id)).exists(), "departments did not change");

    // Not confirmed: the next run tells so, and works out the same changes again from the same snapshot.
    let third = world.next_day().await;
    assert_eq!(rows(&world, &third.run_id, "users.csv").keys().cloned().collect::<Vec<_>>(), expected);
    assert!(world.last_mail().body.contains(&second.run_id), "{}", world.last_mail().body);
}

#[tokio::test]
async fn of_two_uploads_from_one_snapshot_only_the_first_confirmed_counts() {
    let world = world(30, "");
    let first = world.sync().await;
    world.smarthr.change(|company| company.hire(1));
    let second = world.next_day().await;
    assert_eq!(world.run(confirm(&first.run_id)).await.outcome, Outcome::Success);
    assert!(!world.path(&format!("outbox/{}/users.csv", second.run_id)).exists(), "of no more use");
    let refused = world.run(confirm(&second.run_id)).await;
    assert_eq!((refused.outcome, codes(&refused.errors)), (Outcome::Failure, vec!["UPLOAD_OUTDATED"]));
    assert_eq!(world.json("snapshot.json")["run_id"], first.run_id.as_str());

    // What the second had beyond the first comes again.
    let third = world.next_day().await;
    assert_eq!(third.counts.unwrap().users.created, 1);
    assert_eq!(world.run(confirm(&first.run_id)).await.outcome, Outcome::NoChange);
    assert!(world.path(&format!("outbox/{}/users.csv", third.run_id)).exists(), "still to be uploaded");
    assert_eq!(world.run(confirm(&third.run_id)).await.outcome, Outcome::Success);
    let stale = world.run(confirm(&first.run_id)).await;
    assert_eq!(codes(&stale.errors), ["UPLOAD_OUTDATED"]);
    let checked = world.run(json!({"mode": "check"})).await;
    let unknown = world.run(confirm(&checked.run_id)).await;
    assert_eq!(codes(&unknown.errors), ["UPLOAD_UNKNOWN"]);
}

#[tokio::test]
async fn what_was_half_written_cannot_be_confirmed() {
    let world = world(20, "");
    let first = world.sync().await;
    std::fs::remove_file(world.path(&format!("outbox/{}/upload.json", first.run_id))).unwrap();
    assert_eq!(codes(&world.run(confirm(&first.run_id)).await.errors), ["UPLOAD_UNKNOWN"]);
    assert_eq!(world.read("snapshot.json"), None);
}

#[tokio::test]
async fn a_character_that_shift_jis_lacks_is_told_by_person() {
    let world = world(20, "encoding = \"shift_jis\"");
    let person = world.smarthr.change(|company| {
        let id = company.active_ids(1).remove(0);
        let person = company.person_mut(&id).unwrap();
        person.last_name = "𠮷野".to_owned();
        person.business_name = [const { None }; 4];
        id
    });
    let failed = world.sync().await;
    assert_eq!((failed.outcome, failed.code.as_str()), (Outcome::Failure, "EMC-ERROR-D(Update NG)"));
    assert!(codes(&failed.errors).iter().all(|code| *code == "CHARACTER_UNSUPPORTED"), "{:#?}", failed.errors);
    let fault = failed.errors.iter().find(|fault| fault.crew.as_deref() == Some(person.as_str())).expect("the person");
    assert!(fault.line.is_some() && fault.message.contains('𠮷') && fault.message.contains("/crews/"));
    assert!(!world.path("outbox").exists());
    let preview = world.run(json!({"mode": "preview"})).await;
    assert_eq!((preview.outcome, preview.would), (Outcome::Preview, Some(Outcome::Failure)));

    world.smarthr.change(|company| {
        for fault in &failed.errors {
            let person = company.person_mut(fault.crew.as_deref().unwrap()).unwrap();
            person.last_name = "髙橋".to_owned();
            person.first_name = "花子".to_owned();
            person.business_name = [const { None }; 4];
        }
    });
    let fine = world.sync().await;
    assert_eq!(fine.outcome, Outcome::Success, "{:#?}", fine.errors);
    let bytes = std::fs::read(world.path(&format!("outbox/{}/users.csv", fine.run_id))).unwrap();
    let (text, _, wrong) = encoding_rs::SHIFT_JIS.decode(&bytes);
    assert!(!wrong && text.contains("髙橋"));
    assert_eq!(table(&text).len() as u64, fine.counts.unwrap().users.received_valid);
}

#[tokio::test]
async fn an_import_of_the_api_that_is_not_settled_is_not_touched() {
    let world = world(20, "");
    let first = world.sync().await;
    world.write("pending.json", "{\"import_id\":\"20261123T043112345-0f1e2d3c4b5a\"}");
    for event in [json!({"mode": "sync"}), confirm(&first.run_id)] {
        assert_eq!(codes(&world.run(event).await.errors), ["EMC_UNSETTLED"]);
    }
    assert_eq!(world.read("pending.json").unwrap(), "{\"import_id\":\"20261123T043112345-0f1e2d3c4b5a\"}");
    assert_eq!(world.read("snapshot.json"), None);
}

#[tokio::test]
async fn a_hold_writes_no_files_and_its_approval_does() {
    let world = world(60, "");
    let first = world.sync().await;
    world.run(confirm(&first.run_id)).await;
    world.smarthr.change(|company| company.hide_people(0.4));
    let held = world.next_day().await;
    assert_eq!(held.outcome, Outcome::Held);
    assert!(!world.path(&format!("outbox/{}", held.run_id)).exists());
    let approved = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(approved.outcome, Outcome::Success, "{:#?}", approved.errors);
    let users = rows(&world, &approved.run_id, "users.csv");
    let gone = users.values().filter(|user| user["処理フラグ"] == "削除").count();
    assert_eq!(gone as u64, approved.counts.unwrap().users.deleted);
}

#[tokio::test]
async fn an_item_of_the_sheet_that_no_column_takes_is_refused() {
    let world = world(20, "users = [\"ユーザID\", \"氏名\"]");
    let refused = world.sync().await;
    assert_eq!(codes(&refused.errors), ["CONFIG_VALUE_INVALID"]);
    assert_eq!(refused.errors[0].field.as_deref(), Some("csv.users"));
    assert!(refused.errors[0].message.contains("氏名(ヨミ)"));
}

/// Only the destination is set: the masters are EMC's own, as far as its API can be asked.
#[tokio::test]
async fn without_masters_in_the_config_those_of_emc_count() {
    let world = world(20, "");
    let config = world.read("config.toml").unwrap();
    let (config, _) = config.split_once("[csv]").unwrap();
    world.write("config.toml", config);
    let unknown = world.sync().await;
    assert!(codes(&unknown.errors).contains(&"SEARCH_WORD_NUMBER_UNKNOWN"), "{:?}", unknown.errors);
    world.set_secret(&simulators::samples::secret(&SmartHrSettings::default().token, "emc-token"));
    let answer = world.sync().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:?}", answer.errors);
    assert!(world.emc.requests().iter().all(|request| request.path == "/v1/search-words"));
    let users = rows(&world, &answer.run_id, "users.csv");
    assert!(users.values().any(|user| !user["検索ワード1"].is_empty()));
}
