//! Emergency Call's persons, deletions that are taken back, and departments that go.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::emc::{Emc, EmcSettings};

use super::support::{gzip, import, put};

const A_DAY: Duration = Duration::from_hours(24);

fn emc() -> Emc {
    Emc::start(EmcSettings::default()).unwrap()
}

fn user(id: &str, person: &str, expect: &str) -> Value {
    json!({
        "op": "put", "record": "user", "id": id, "person": person, "expect": expect,
        "set": { "氏名": "佐藤 花子", "氏名(ヨミ)": "サトウ ハナコ" },
        "on_create": { "パスワード": "hajime" }, "on_update": { "緊急連絡2 媒体": "電話", "緊急連絡2 アドレス": "03" },
    })
}

fn delete(id: &str, person: &str) -> Value {
    json!({ "op": "delete", "record": "user", "id": id, "person": person })
}

/// Hands an import in and gives status and answer.
async fn hand(emc: &Emc, name: &str, lines: &[Value]) -> (u16, Value) {
    put(emc, name, gzip(&import(lines))).await.unwrap()
}

async fn committed(emc: &Emc, name: &str, lines: &[Value]) -> Value {
    let (status, answer) = hand(emc, name, lines).await;
    assert_eq!((status, answer["status"].as_str()), (200, Some("committed")), "{name}: {answer}");
    answer
}

#[tokio::test]
async fn an_id_stays_with_its_person() {
    let emc = emc();
    committed(&emc, "r1", &[user("A1", "p", "create"), user("A2", "", "create")]).await;
    assert_eq!((emc.person("A1").as_deref(), emc.person("A2")), (Some("p"), None));
    let mut bad = user("A1", "q", "update");
    bad["set"]["血液型"] = json!("A");
    let (status, answer) = hand(&emc, "r2", &[bad, user("A2", "r", "update")]).await;
    // The row is checked no further.
    assert_eq!((status, answer["errors"].as_array().map(Vec::len)), (422, Some(1)), "{answer}");
    assert_eq!((&answer["errors"][0]["code"], &answer["errors"][0]["id"]), (&json!("other_person"), &json!("A1")));
    assert_eq!(emc.person("A2"), None);

    let answer = committed(&emc, "r3", &[user("A2", "r", "update"), delete("A1", "q")]).await;
    assert_eq!(emc.person("A2").as_deref(), Some("r"));
    assert_eq!(
        answer["drift"],
        json!([{ "record": "user", "id": "A1", "expected": "delete", "actual": "other_person" }])
    );
    committed(&emc, "r4", &[user("A1", "", "update"), user("A2", "s", "adopt")]).await;
    assert_eq!((emc.person("A1").as_deref(), emc.person("A2").as_deref()), (Some("p"), Some("s")));
}

#[tokio::test]
async fn a_replaced_id_has_nothing_of_the_one_before() {
    let emc = emc();
    committed(&emc, "r1", &[user("A1", "p", "create")]).await;
    emc.change_user("A1", &[("パスワード", "own"), ("緊急連絡1 媒体", "電話"), ("緊急連絡1 アドレス", "090")]);
    let answer = committed(&emc, "r2", &[user("A1", "q", "replace"), user("A9", "x", "replace")]).await;
    assert_eq!(answer["users"], json!({ "created": 2, "updated": 0, "deleted": 1 }));
    assert_eq!(answer["drift"], json!([{ "record": "user", "id": "A9", "expected": "replace", "actual": "create" }]));
    let anew = emc.user("A1").unwrap();
    assert_eq!((anew["パスワード"].as_str(), anew.keys().any(|item| item.starts_with("緊急"))), ("hajime", false));
    assert_eq!(emc.person("A1").as_deref(), Some("q"));
    // It never restores: q's own deletion stays where it is.
    committed(&emc, "r3", &[delete("A1", "q")]).await;
    assert_eq!(committed(&emc, "r4", &[user("A1", "q", "replace")]).await["restored"], json!([]));
}

#[tokio::test]
async fn a_deletion_can_be_taken_back_for_thirty_days() {
    let emc = emc();
    committed(&emc, "r1", &[user("A1", "p", "create"), user("A2", "p2", "create")]).await;
    for id in ["A1", "A2"] {
        emc.change_user(id, &[("パスワード", "own"), ("緊急連絡1 媒体", "電話"), ("緊急連絡1 アドレス", "090")]);
    }
    committed(&emc, "r2", &[delete("A1", "p"), delete("A2", "p2")]).await;
    // Somebody else with that ID gets nothing, and takes nothing away.
    committed(&emc, "r3", &[user("A1", "q", "create")]).await;
    assert_eq!(emc.user("A1").unwrap()["パスワード"], "hajime");
    committed(&emc, "r4", &[delete("A1", "q")]).await;

    emc.advance_clock(29 * A_DAY);
    let (_, preview) = hand(&emc, "r5?dry_run=true", &[user("A1", "p", "update")]).await;
    let answer = committed(&emc, "r5", &[user("A1", "p", "update")]).await;
    assert_eq!((&preview["restored"], &preview["drift"]), (&answer["restored"], &answer["drift"]));
    assert_eq!(answer["restored"], json!([{ "record": "user", "id": "A1" }]));
    assert_eq!(answer["drift"][0]["actual"], "create");
    assert_eq!(answer["users"], json!({ "created": 1, "updated": 0, "deleted": 0 }));
    let back = emc.user("A1").unwrap();
    assert_eq!((back["パスワード"].as_str(), back["緊急連絡1 アドレス"].as_str()), ("own", "090"));
    assert_eq!(back["緊急連絡2 アドレス"], "03");

    emc.advance_clock(2 * A_DAY);
    assert_eq!(committed(&emc, "r6", &[user("A2", "p2", "create")]).await["restored"], json!([]));
    assert_eq!(emc.user("A2").unwrap()["パスワード"], "hajime");
}

#[tokio::test]
async fn a_department_that_goes_takes_its_assignments_along() {
    let emc = emc();
    let department = |id: &str, parent: Option<&str>, expect: &str| {
        let set = json!({ "部署名": "営業部", "部署名(ヨミ)": "ブショ", "親部署ID": parent });
        json!({ "op": "put", "record": "department", "id": id, "expect": expect, "set": set })
    };
    let mut first = user("A1", "p", "create");
    first["set"]["所属部署コード"] = json!("11");
    first["set"]["兼務管理部署コード2"] = json!("1");
    let mut second = user("A2", "q", "create");
    second["set"]["所属部署コード"] = json!("11");
    committed(&emc, "r1", &[department("1", None, "create"), department("11", Some("1"), "create"), first, second])
        .await;
    let gone = |id: &str| json!({ "op": "delete", "record": "department", "id": id });
    let (status, answer) = hand(&emc, "r2", &[gone("1")]).await;
    assert_eq!((status, &answer["errors"][0]["id"]), (422, &json!("1")));

    let mut moved = user("A2", "q", "update");
    moved["set"]["所属部署コード"] = json!("1");
    let answer = committed(&emc, "r3", &[department("1", None, "update"), moved, gone("11")]).await;
    assert_eq!(
        answer["unassigned"],
        json!([{ "record": "user", "id": "A1", "field": "所属部署コード", "department": "11" }])
    );
    assert!(!emc.user("A1").unwrap().contains_key("所属部署コード"));
    committed(&emc, "r4", &[delete("A1", "p")]).await;
    committed(&emc, "r5", &[gone("1")]).await;
    // A department that is gone does not come back with its people.
    assert_eq!(committed(&emc, "r6", &[user("A1", "p", "create")]).await["restored"][0]["id"], "A1");
    assert!(!emc.user("A1").unwrap().contains_key("兼務管理部署コード2"));
}

#[tokio::test]
async fn an_empty_text_is_like_null_and_ids_are_compared_exactly() {
    let emc = emc();
    let ids = ["a", "A", "\u{ff21}", "A ", "ア", "あ", "\u{ff71}", "\u{e9}", "e\u{301}", "1", "01"];
    let lines: Vec<Value> = ids.iter().map(|id| user(id, "", "create")).collect();
    committed(&emc, "r1", &lines).await;
    assert_eq!(emc.user_ids().len(), ids.len());
    let astral = "𠮷".repeat(40);
    committed(&emc, "r2", &[user(&astral, "", "create")]).await;
    let (status, _) = hand(&emc, "r3", &[user(&format!("{astral}x"), "", "create")]).await;
    assert_eq!(status, 422);
    emc.change_user("A", &[("緊急連絡1 媒体", "電話"), ("緊急連絡1 アドレス", "090")]);
    let mut emptied = user("A", "", "update");
    emptied["set"] = json!({ "緊急連絡1 媒体": "", "緊急連絡1 アドレス": null });
    committed(&emc, "r4", &[emptied]).await;
    assert!(!emc.user("A").unwrap().contains_key("緊急連絡1 媒体"));
}
