//! The rules of the data, one error and nothing is written.

use link::report::Outcome;
use serde_json::json;
use simulators::company::Company;
use simulators::emc::{Fault as EmcFault, SearchWordOption};
use simulators::http::Rule;
use simulators::samples::{FULL_SHEET, search_words};
use simulators::smarthr::SmartHrSettings;

use crate::world::{World, codes};

#[tokio::test]
async fn one_error_and_nothing_is_written_and_all_errors_are_told() {
    let world = World::new(300).linked().await;
    let before = (world.emc.user_ids(), world.read("snapshot.json"), world.emc.imports().len());
    let people = {
        let mut smarthr = world.smarthr.world();
        let company = smarthr.company_mut();
        company.hire(2);
        let people = company.active_ids(3);
        company.clear_kana(&people[0]);
        company.clear_kana(&people[1]);
        company.set_employee_code(&people[2], Some(&"9".repeat(41)));
        people
    };
    let answer = world.next_day().await;
    assert_eq!((answer.outcome, answer.code.as_str()), (Outcome::Failure, "EMC-ERROR-D(Update NG)"));
    let mut found = codes(&answer.errors);
    found.sort_unstable();
    assert_eq!(found, ["KANA_MISSING", "KANA_MISSING", "USER_ID_TOO_LONG"]);
    assert_eq!((world.emc.user_ids(), world.read("snapshot.json"), world.emc.imports().len()), before);
    assert_eq!(answer.counts, None);
    let mail = world.last_mail();
    assert_eq!(mail.subject, "EMC-ERROR-D(Update NG)");
    assert!(mail.body.starts_with("処理結果: 失敗\n"));
    let line = mail.body.lines().find(|line| line.contains("氏名(ヨミ)")).unwrap();
    assert!(line.starts_with(" - 受信社員情報ファイル、氏名(ヨミ)の設定値が異常です。[line:"), "{line}");
    assert!(
        line.contains("] ユーザID:A")
            && line.ends_with(&format!("/crews/{}", answer.errors[0].crew.as_deref().unwrap())),
        "{line}"
    );
    assert!(people.contains(answer.errors[0].crew.as_ref().unwrap()));
    assert!(mail.body.contains("\n社員データ 新規件数:\n"), "{}", mail.body);
    let (name, csv) = &mail.attachments[0];
    assert_eq!(name, "errors.csv");
    assert!(csv.starts_with('\u{feff}') && csv.lines().count() > 3);
}

#[tokio::test]
async fn departments_in_a_ring_are_told_and_nothing_is_written() {
    let world = World::new(100).linked().await;
    let before = (world.emc.user_ids(), world.read("snapshot.json"), world.emc.imports().len());
    let [own, first, second] = {
        let mut smarthr = world.smarthr.world();
        let company = smarthr.company_mut();
        let coded: Vec<String> = company.coded_departments().take(3).map(|department| department.id.clone()).collect();
        let [own, first, second] = <[String; 3]>::try_from(coded).unwrap();
        for (id, above) in [(&own, &own), (&first, &second), (&second, &first)] {
            let department = company.departments.iter_mut().find(|department| department.id == *id).unwrap();
            department.parent = Some(above.clone());
        }
        [own, first, second]
    };
    let answer = world.next_day().await;
    assert_eq!((answer.outcome, answer.code.as_str()), (Outcome::Failure, "EMC-ERROR-D(Update NG)"));
    let rings = answer.errors.iter().filter(|error| error.code == link::fault::Code::DepartmentCycle);
    let told: Vec<&str> = rings.map(|error| error.message.as_str()).collect();
    for id in [own, first, second] {
        assert!(told.iter().any(|message| message.ends_with(&format!("/departments/{id}"))), "{id}: {told:#?}");
    }
    assert_eq!((world.emc.user_ids(), world.read("snapshot.json"), world.emc.imports().len()), before);
}

/// A sheet knows 部署コード; EMC knows them behind the prefix.
#[tokio::test]
async fn a_department_code_that_the_sheet_spells_out_gets_the_prefix() {
    let company = Company::generate(3, 120);
    let coded: Vec<_> = company.coded_departments().filter_map(|department| department.code.clone()).collect();
    let code = coded.first().unwrap();
    let kept = FULL_SHEET.lines().filter(|line| !line.starts_with("所属部署コード") && !line.starts_with("兼務"));
    let mut rows: Vec<String> = kept.map(str::to_owned).collect();
    rows.push(format!("所属部署コード,部署10,登録,デフォルト:{code},更新,デフォルト:{code}"));
    for (slot, value) in [(1, code.clone()), (2, "0".to_owned()), (3, format!("A{code}"))] {
        rows.push(format!("兼務管理部署コード{slot},固定値「{value}」,登録,登録しない,更新,更新しない"));
    }
    let sheet = rows.join("\n");
    let world = World::with(
        company,
        SmartHrSettings::default(),
        |config| config.prefix("A").top_department("0", "〇〇株式会社"),
        &sheet,
    )
    .linked()
    .await;
    for id in world.emc.user_ids() {
        let user = world.emc.user(&id).unwrap();
        let linked = ["所属部署コード", "兼務管理部署コード1", "兼務管理部署コード2", "兼務管理部署コード3"]
            .map(|item| user[item].as_str());
        assert_eq!(linked[1..], [&format!("A{code}"), "A0", &format!("A{code}")], "{id}");
        assert!(linked[0].starts_with('A'), "{id} {linked:?}");
    }
    world.assert_agreement();
}

/// In a search word people look for 営業部 and not for its ID.
#[tokio::test]
async fn a_department_in_a_search_word_is_its_name() {
    let company = Company::generate(3, 120);
    let sheet = FULL_SHEET.replace("検索ワード3:役職,役職1", "検索ワード3:部署,部署1");
    assert_ne!(sheet, FULL_SHEET);
    let mut words = search_words(&company);
    let names: std::collections::BTreeSet<_> = company.coded_departments().map(|d| d.name.clone()).collect();
    let third = words.iter_mut().find(|word| word.number == 3).unwrap();
    third.options =
        names.iter().zip(1..).map(|(name, id)| SearchWordOption { id: format!("{id}"), name: name.clone() }).collect();
    let world = World::with(company, SmartHrSettings::default(), |config| config.prefix("A"), &sheet);
    world.emc.set_search_words(&words);
    let world = world.linked().await;
    let chosen = |id: &String| world.emc.user(id).unwrap().get("検索ワード3").cloned();
    assert!(world.emc.user_ids().iter().filter_map(chosen).count() > 50);
    world.assert_agreement();
}

/// What EMC's masters lack and what SmartHR's custom fields lack is one list, not two days' work.
#[tokio::test]
async fn a_sheet_that_neither_side_agrees_with_is_told_whole() {
    let world = World::new(40);
    let sheet = world.read("mapping.csv").unwrap()
        + "検索ワード5,等級,登録,登録しない,更新,更新しない\n緊急連絡9 媒体,固定値「メール」,登録,登録しない,更新,更新しない\n\
           緊急連絡9 アドレス,カスタム項目「無い項目」,登録,登録しない,更新,更新しない\n";
    world.write(
        "mapping.csv",
        sheet.lines().filter(|line| !line.starts_with("検索ワード5:")).collect::<Vec<_>>().join("\n"),
    );
    let mut words = search_words(&Company::generate(7, 40));
    words.retain(|word| word.number != 5);
    world.emc.set_search_words(&words);
    for event in [json!({"mode": "sync"}), json!({"mode": "check"})] {
        let answer = world.run(event).await;
        let found = codes(&answer.errors);
        for code in ["SEARCH_WORD_NUMBER_UNKNOWN", "SHEET_CUSTOM_FIELD_UNKNOWN"] {
            assert!(found.contains(&code), "{found:?}");
        }
    }
}

#[tokio::test]
async fn more_than_fifty_errors_are_in_the_file_and_counted_in_the_mail() {
    let world = World::new(200);
    {
        let mut smarthr = world.smarthr.world();
        let company = smarthr.company_mut();
        for id in company.active_ids(120) {
            company.clear_kana(&id);
        }
    }
    let answer = world.sync().await;
    assert_eq!((answer.errors.len(), answer.error_count), (100, 120));
    let mail = world.last_mail();
    assert_eq!(mail.body.lines().filter(|line| line.contains("氏名(ヨミ)の設定値が異常です")).count(), 50);
    assert!(mail.body.contains("ほかに70件"), "{}", mail.body);
    assert_eq!(mail.attachments[0].1.matches("KANA_MISSING").count(), 120);
}

#[tokio::test]
async fn no_password_leaves_by_mail_report_or_snapshot() {
    let world = World::new(60);
    let sheet = world.read("mapping.csv").unwrap();
    world.write("mapping.csv", sheet.replace("パスワード,社員番号", "パスワード,固定値「Hunter2Hunter2」"));
    assert_eq!(world.sync().await.outcome, Outcome::Success);
    let mut all = String::new();
    let mut folders = vec![world.root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("mapping.csv") {
                all.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
            }
        }
    }
    assert!(!all.contains("Hunter2"));
    let snapshot = world.read("snapshot.json").unwrap();
    let smarthr = world.smarthr.world();
    assert!(smarthr.company().active().all(|p| !snapshot.contains(&format!("\"{}\"", p.last_name))));
}

/// EMC's words may repeat what it was sent.
#[tokio::test]
async fn a_password_in_emcs_own_words_goes_no_further() {
    let say = |status, body: serde_json::Value| EmcFault::Answer {
        status,
        content_type: "application/json".into(),
        body: body.to_string(),
    };
    for (mode, fault) in [
        ("sync", say(400, json!({"message": "bad line: Hunter2Hunter2"}))),
        ("sync", say(422, json!({"errors": [{"record": "user", "message": "氏名とHunter2Hunter2が同じです"}]}))),
        (
            "sync",
            say(422, json!({"errors": [{"record": "user", "field": "パスワード", "message": "P0001は短すぎます"}]})),
        ),
        ("sync", say(422, json!({"errors": [{"record": "user", "message": "パスワード「P0001」は使えません"}]}))),
        ("preview", say(400, json!({"message": "bad line: Hunter2Hunter2"}))),
    ] {
        let world = World::new(20);
        let sheet = world.read("mapping.csv").unwrap();
        world.write("mapping.csv", sheet.replace("パスワード,社員番号", "パスワード,固定値「Hunter2Hunter2」"));
        world.emc.inject(Rule::new("/v1/imports/*", fault).method("PUT").always());
        let answer = world.run(json!({"mode": mode})).await;
        assert_eq!(answer.outcome, if mode == "sync" { Outcome::Failure } else { answer.outcome });
        assert!(!answer.errors.is_empty());
        let mail = world.last_mail();
        let told = format!("{answer:?}{}{:?}", mail.body, mail.attachments);
        assert!(!told.contains("Hunter2") && !told.contains("P0001"), "{told}");
    }
}
