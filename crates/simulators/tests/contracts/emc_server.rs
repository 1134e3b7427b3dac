//! Emergency Call as a server: contracts side by side, downloads by column, dry runs and names, databases of before.

use serde_json::{Value, json};
use simulators::emc::{Emc, EmcSettings};

use super::support::{client, gzip, import, put, settle};

fn user(id: &str) -> Value {
    json!({
        "op": "put", "record": "user", "id": id, "expect": "create",
        "set": { "氏名": "佐藤 花子", "氏名(ヨミ)": "サトウ ハナコ" }, "on_create": { "パスワード": "hajime" },
    })
}

async fn download(emc: &Emc, token: &str, what: &str) -> (u16, String) {
    let response = client().get(format!("{}/v1/{what}", emc.base_url())).bearer_auth(token).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn contracts_are_apart() {
    let settings = EmcSettings { other_tokens: vec!["other".to_owned()], ..EmcSettings::default() };
    let emc = Emc::start(settings).unwrap();
    put(&emc, "r1", gzip(&import(&[user("A1")]))).await.unwrap();
    assert_eq!(download(&emc, "other", "users.csv?columns=ユーザID").await, (200, "\u{feff}ユーザID\r\n".to_owned()));
    assert_eq!(download(&emc, "other", "imports/r1").await.0, 404);
    assert_eq!(download(&emc, "third", "imports/r1").await.0, 401);
}

#[tokio::test]
async fn a_download_has_the_columns_that_were_asked_for() {
    let emc = Emc::start(EmcSettings::default()).unwrap();
    put(&emc, "r1", gzip(&import(&[user("A1")]))).await.unwrap();
    let (_, text) = download(&emc, "emc-token", "users.csv?columns=氏名,ユーザID").await;
    assert_eq!(text, "\u{feff}氏名,ユーザID\r\n佐藤 花子,A1\r\n");
    assert_eq!(download(&emc, "emc-token", "departments.csv?columns=部署ID").await.1, "\u{feff}部署ID\r\n");
    assert_eq!(download(&emc, "emc-token", "users.csv?columns=パスワード").await.0, 400);
}

#[tokio::test]
async fn a_dry_run_claims_no_name_and_respects_one_that_is_taken() {
    let emc = Emc::start(EmcSettings::default()).unwrap();
    let (one, other) = (gzip(&import(&[user("A1")])), gzip(&import(&[user("A2")])));
    for body in [&one, &other] {
        assert_eq!(put(&emc, "r1?dry_run=true", body.clone()).await.unwrap().1["status"], "previewed");
    }
    assert_eq!(put(&emc, "r1", one.clone()).await.unwrap().0, 200);
    assert_eq!(put(&emc, "r1?dry_run=true", one.clone()).await.unwrap().0, 409);
    assert_eq!(put(&emc, "r2", one.clone()).await.unwrap().0, 422);
    assert_eq!(put(&emc, "r2?dry_run=true", one.clone()).await.unwrap().0, 409);
    assert_eq!(put(&emc, "r2", other.clone()).await.unwrap().0, 409);
    assert_eq!(put(&emc, "r3?dry_run=true", one).await.unwrap().0, 422);
    assert_eq!(settle(&emc, "r3").await.1["status"], "cancelled");
    assert_eq!(put(&emc, "r3?dry_run=true", other).await.unwrap().0, 409);
}

#[tokio::test]
async fn a_body_that_is_refused_as_a_whole_has_one_error() {
    let emc = Emc::start(EmcSettings::default()).unwrap();
    let whole = import(&[user("A1"), user(&"x".repeat(41))]);
    for (what, text) in [
        ("op", whole.replace("\"op\":\"put\"", "\"op\":\"push\"")),
        ("record", whole.replace("\"record\":\"user\"", "\"record\":\"person\"")),
        ("expect", whole.replace("\"expect\":\"create\"", "\"expect\":\"upsert\"")),
        ("replace", import(&[json!({ "op": "put", "record": "department", "id": "1", "expect": "replace" })])),
        ("json", whole.replace("{\"op\":\"end\"}", "{\"op\":\"end\"")),
    ] {
        let (status, answer) = put(&emc, what, gzip(&text)).await.unwrap();
        let errors = answer["errors"].as_array().unwrap();
        assert_eq!((status, errors.len(), &errors[0]["record"]), (422, 1, &json!("import")), "{what}: {answer}");
    }
    assert!(emc.user_ids().is_empty());
}

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("emc.sqlite");
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(include_str!("emc_first_version.sql")).unwrap();
    drop(old);
    let settings = EmcSettings { database: Some(file), ..EmcSettings::default() };
    for _ in 0..2 {
        let emc = Emc::start(settings.clone()).unwrap();
        assert_eq!((emc.user_ids(), emc.department_ids()), (vec!["A1".to_owned()], vec!["1".to_owned()]));
        assert_eq!(emc.user("A1").unwrap()["氏名"], "佐藤 花子");
        assert_eq!(settle(&emc, "r1").await.1["status"], "committed");
        assert!(download(&emc, "emc-token", "search-words").await.1.contains("部長"));
    }
}
