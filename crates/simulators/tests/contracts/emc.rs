use serde_json::{Value, json};
use simulators::emc::{Emc, EmcSettings, Fault, SearchWord, SearchWordOption};
use simulators::http::Rule;

use super::support::{client, gzip, import, put, settle};

fn emc() -> Emc {
    let options = vec![SearchWordOption { id: "1".into(), name: "部長".into() }];
    let words = vec![SearchWord { number: 3, name: "役職".into(), options }];
    Emc::start(EmcSettings { search_words: words, ..EmcSettings::default() }).unwrap()
}

fn department(id: &str, parent: Option<&str>, expect: &str) -> Value {
    let set = json!({ "部署名": "営業部", "部署名(ヨミ)": "ブショ", "親部署ID": parent });
    json!({ "op": "put", "record": "department", "id": id, "expect": expect, "set": set })
}

fn user(id: &str, department: Option<&str>, expect: &str) -> Value {
    json!({
        "op": "put", "record": "user", "id": id, "expect": expect,
        "set": { "氏名": "佐藤 花子", "氏名(ヨミ)": "サトウ ハナコ", "所属部署コード": department, "検索ワード3": "1" },
        "on_create": { "パスワード": "himitsu", "パスワード強制変更": "T" },
        "on_update": { "緊急連絡1 媒体": "メールアドレス", "緊急連絡1 アドレス": "a@example.co.jp" },
    })
}

fn delete(record: &str, id: &str) -> Value {
    json!({ "op": "delete", "record": record, "id": id })
}

fn first_day() -> Vec<u8> {
    let lines = [
        department("1", None, "create"),
        department("11", Some("1"), "create"),
        user("A1", Some("11"), "create"),
        user("A2", Some("1"), "create"),
    ];
    gzip(&import(&lines))
}

#[tokio::test]
async fn an_import_creates_updates_and_deletes() {
    let emc = emc();
    let (status, answer) = put(&emc, "r1", first_day()).await.unwrap();
    assert_eq!((status, &answer["status"]), (200, &json!("committed")), "{answer}");
    assert_eq!(answer["users"], json!({ "created": 2, "updated": 0, "deleted": 0 }));
    let created = emc.user("A1").unwrap();
    assert_eq!((created["パスワード"].as_str(), created["処理フラグ"].as_str()), ("himitsu", "自動"));
    assert!(!created.contains_key("緊急連絡1 アドレス"));

    let lines = [
        department("1", None, "update"),
        user("A1", Some("1"), "update"),
        user("A3", None, "update"),
        delete("user", "A2"),
        delete("user", "A9"),
        delete("department", "11"),
    ];
    // Two gzip members are one gzip.
    let text = import(&lines);
    let (head, tail) = text.split_at(80);
    let body = [gzip(head), gzip(tail)].concat();
    let (_, answer) = put(&emc, "r2", body).await.unwrap();
    assert_eq!(answer["users"], json!({ "created": 1, "updated": 1, "deleted": 1 }), "{answer}");
    assert_eq!(
        answer["drift"],
        json!([
            { "record": "user", "id": "A3", "expected": "update", "actual": "create" },
            { "record": "user", "id": "A9", "expected": "delete", "actual": "none" },
        ])
    );
    assert_eq!((emc.user_ids(), emc.department_ids()), (vec!["A1".into(), "A3".into()], vec!["1".to_owned()]));
    let updated = emc.user("A1").unwrap();
    assert_eq!((updated["緊急連絡1 アドレス"].as_str(), updated["所属部署コード"].as_str()), ("a@example.co.jp", "1"));
    let url = |path| format!("{}/v1/{path}", emc.base_url());
    let csv = async |path| client().get(url(path)).bearer_auth("emc-token").send().await.unwrap().text().await.unwrap();
    assert!(csv("users.csv").await.starts_with("\u{feff}ユーザID,処理フラグ,"));
    assert!(csv("departments.csv").await.contains("\r\n1,営業部,ブショ,,自動\r\n"));
    assert!(!csv("users.csv").await.contains("himitsu"));
    assert_eq!(client().get(url("users.csv")).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_fault_in_one_line_changes_nothing() {
    let emc = emc();
    put(&emc, "r1", first_day()).await.unwrap();
    let mut bad = user("A5", Some("404"), "create");
    bad["set"]["検索ワード3"] = json!("7");
    bad["set"]["氏名(ヨミ)"] = json!(null);
    bad["set"]["緊急連絡2 アドレス"] = json!("b@example.co.jp");
    bad["set"]["血液型"] = json!("A");
    let lines = [
        department("1", Some("11"), "update"),
        department("2", Some("3"), "create"),
        user("A1", None, "create"),
        bad,
        user(&"x".repeat(41), None, "create"),
        delete("department", "11"),
    ];
    let (status, answer) = put(&emc, "r2", gzip(&import(&lines))).await.unwrap();
    assert_eq!((status, &answer["status"]), (422, &json!("rejected")));
    let errors: Vec<_> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
            (error["line"].as_u64(), text("id").chars().take(2).collect::<String>(), text("field"), text("code"))
        })
        .collect();
    let row = |line, id: &str, field: &str, code: &str| (line, id.to_owned(), field.to_owned(), code.to_owned());
    assert_eq!(
        errors,
        [
            row(Some(1), "1", "親部署ID", ""),
            row(Some(2), "2", "親部署ID", ""),
            row(Some(1), "A1", "ID", "exists"),
            row(Some(2), "A5", "所属部署コード", ""),
            row(Some(2), "A5", "検索ワード3", ""),
            row(Some(2), "A5", "血液型", ""),
            row(Some(2), "A5", "氏名(ヨミ)", ""),
            row(Some(2), "A5", "緊急連絡2 媒体", ""),
            row(Some(3), "xx", "ユーザID", ""),
            // It would have a child.
            row(None, "11", "部署ID", ""),
        ]
    );
    assert_eq!(emc.user_ids(), ["A1", "A2"]);
    assert_eq!(emc.committed().len(), 1);

    for (what, text) in [
        ("no end", import(&[user("A7", None, "create")]).replace("{\"op\":\"end\"}\n", "")),
        ("another count", import(&[user("A7", None, "create")]).replace("\"put_users\":1", "\"put_users\":2")),
        ("out of order", import(&[user("A7", None, "create"), department("7", None, "create")])),
        ("no import", "hello\n".to_owned()),
    ] {
        assert_eq!(put(&emc, what.replace(' ', "-").as_str(), gzip(&text)).await.unwrap().0, 422, "{what}");
    }
    let mut half = first_day();
    half.truncate(half.len() / 2);
    assert_eq!(put(&emc, "half", half).await.unwrap().0, 422);
    assert_eq!(emc.user_ids(), ["A1", "A2"]);
}

#[tokio::test]
async fn an_existing_id_is_adopted_only_when_told() {
    let emc = emc();
    emc.enter_user("A1", &[("氏名", "鈴木"), ("氏名(ヨミ)", "スズキ")]);
    assert_eq!(put(&emc, "r1", gzip(&import(&[user("A1", None, "create")]))).await.unwrap().0, 422);
    let (_, answer) = put(&emc, "r2", gzip(&import(&[user("A1", None, "adopt")]))).await.unwrap();
    assert_eq!(answer["drift"], json!([{ "record": "user", "id": "A1", "expected": "adopt", "actual": "update" }]));
}

#[tokio::test]
async fn an_import_happens_once() {
    let emc = emc();
    let (_, preview) = put(&emc, "r1?dry_run=true", first_day()).await.unwrap();
    assert_eq!(preview["status"], "previewed");
    assert!(emc.user_ids().is_empty());
    let first = put(&emc, "r1", first_day()).await.unwrap();
    assert_eq!(first, put(&emc, "r1", first_day()).await.unwrap());
    assert_eq!(emc.committed().len(), 1);
    assert_eq!(put(&emc, "r1", gzip(&import(&[]))).await.unwrap().0, 409);
    assert_eq!(settle(&emc, "r1").await, first);
    assert_eq!(settle(&emc, "r2").await, (200, json!({ "status": "cancelled" })));
    assert_eq!(put(&emc, "r2", gzip(&import(&[user("A1", None, "update")]))).await.unwrap().0, 409);
    let missing = client().get(format!("{}/v1/imports/r3", emc.base_url())).bearer_auth("emc-token");
    assert_eq!(missing.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn connections_break_around_the_commit() {
    let emc = emc();
    emc.inject(Rule::new("/v1/imports/*", Fault::CutBefore).method("PUT"));
    put(&emc, "r1", first_day()).await.unwrap_err();
    assert_eq!(settle(&emc, "r1").await.1["status"], "cancelled");
    emc.inject(Rule::new("/v1/imports/*", Fault::CutAfter).method("PUT"));
    put(&emc, "r2", first_day()).await.unwrap_err();
    assert_eq!(settle(&emc, "r2").await.1["status"], "committed");
    assert_eq!(emc.user_ids(), ["A1", "A2"]);

    emc.inject(Rule::new("/v1/imports/*", Fault::Processing { polls: 2, ms: 0 }).method("PUT"));
    let body = gzip(&import(&[user("A1", None, "update")]));
    assert_eq!(put(&emc, "r3", body).await.unwrap().0, 202);
    assert_eq!((settle(&emc, "r3").await.0, settle(&emc, "r3").await.0), (202, 202));
    assert_eq!(settle(&emc, "r3").await.1["status"], "committed");
    emc.inject(Rule::new("/v1/imports/*", Fault::Html { status: 502 }));
    assert_eq!(put(&emc, "r4", first_day()).await.unwrap(), (502, Value::Null));
}

#[tokio::test]
async fn a_database_in_a_file_outlives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let settings = EmcSettings { database: Some(folder.path().join("emc.sqlite")), ..EmcSettings::default() };
    let first = Emc::start(settings.clone()).unwrap();
    put(&first, "r1", gzip(&import(&[department("1", None, "create")]))).await.unwrap();
    drop(first);
    let second = Emc::start(settings).unwrap();
    assert_eq!(second.department_ids(), ["1"]);
    assert_eq!(settle(&second, "r1").await.1["status"], "committed");
}
