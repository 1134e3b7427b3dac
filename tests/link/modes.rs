//! Preview, check, refused events, the lock.

use link::report::Outcome;
use serde_json::json;
use simulators::company::{Company, PREFECTURES};
use simulators::samples::{FULL_SHEET, PRODUCT_SHEET, search_words};
use simulators::smarthr::SmartHrSettings;

use crate::world::{World, codes};

#[tokio::test]
async fn a_preview_tells_everything_and_writes_nothing() {
    let world = World::new(60);
    let preview = world.run(json!({"mode": "preview"})).await;
    assert_eq!(
        (preview.outcome, preview.would, preview.code.as_str()),
        (Outcome::Preview, Some(Outcome::Success), "EMC-PREVIEW")
    );
    assert!(preview.counts.unwrap().users.created > 50);
    assert_eq!((world.emc.user_ids().len(), world.read("snapshot.json"), world.read("pending.json")), (0, None, None));
    let mail = world.last_mail();
    assert_eq!(mail.subject, "EMC-PREVIEW");
    assert!(mail.body.starts_with("処理結果: 確認のみ\n"), "{}", mail.body);

    let id = world.smarthr.world().company().active_ids(1).remove(0);
    world.smarthr.world().company_mut().clear_kana(&id);
    let failing = world.run(json!({"mode": "preview"})).await;
    assert_eq!((failing.outcome, failing.would), (Outcome::Preview, Some(Outcome::Failure)));
    assert!(failing.counts.is_some());
    assert_eq!(codes(&failing.errors), ["KANA_MISSING"]);
}

#[tokio::test]
async fn a_preview_says_that_it_would_be_held_or_that_nothing_changed() {
    let world = World::new(100).linked().await;
    let same = world.run(json!({"mode": "preview"})).await;
    assert_eq!((same.outcome, same.would), (Outcome::Preview, Some(Outcome::NoChange)));
    world.smarthr.world().company_mut().hide_people(0.5);
    let held = world.run(json!({"mode": "preview"})).await;
    assert_eq!((held.outcome, held.would), (Outcome::Preview, Some(Outcome::Held)), "{:?}", held.errors);
    // What only a preview held cannot be approved.
    let approved = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
    assert_eq!(codes(&approved.errors), ["APPROVAL_UNKNOWN"]);
}

#[tokio::test]
async fn a_preview_of_ids_that_emc_has_would_be_held() {
    let world = World::new(60);
    let code = world.smarthr.world().company().active().find_map(|p| p.emp_code.clone()).unwrap();
    world.emc.enter_user(&format!("A{code}"), &[("氏名", "x")]);
    let preview = world.run(json!({"mode": "preview"})).await;
    assert_eq!((preview.outcome, preview.would), (Outcome::Preview, Some(Outcome::Held)), "{:?}", preview.errors);
}

#[tokio::test]
async fn a_check_names_nobody_and_is_not_mailed() {
    let world = World::new(200);
    let (id, code) = {
        let smarthr = world.smarthr.world();
        let person = smarthr.company().active().find(|p| p.emp_code.is_some()).unwrap();
        (person.id.clone(), person.emp_code.clone().unwrap())
    };
    world.smarthr.world().company_mut().clear_kana(&id);
    let checked = world.run(json!({"mode": "check"})).await;
    assert_eq!(checked.outcome, Outcome::Checked, "{:#?}", checked.errors);
    assert!(codes(&checked.warnings).contains(&"KANA_MISSING"), "{:#?}", checked.warnings);
    assert_eq!(world.mails().len(), 0);
    let files = world.run_files(&checked.run_id).into_iter().map(|name| world.run_file(&checked.run_id, &name));
    let all: String = files.collect();
    assert!(!all.contains(&id) && !all.contains(&format!("A{code}")));
    assert!(checked.details.iter().any(|line| line.starts_with("✗ Point③")), "{:#?}", checked.details);
}

#[tokio::test]
async fn a_check_tells_missing_rights_masters_and_tokens() {
    let world = World::new(60);
    {
        let mut smarthr = world.smarthr.world();
        smarthr.settings.hidden_as_absent.insert("last_name_yomi".into());
        smarthr.settings.hidden_as_absent.insert("first_name_yomi".into());
        smarthr.settings.hidden_as_null.insert("business_last_name_yomi".into());
        smarthr.settings.hidden_as_null.insert("business_first_name_yomi".into());
        smarthr.forget_pages();
    }
    let checked = world.run(json!({"mode": "check"})).await;
    assert_eq!((checked.outcome, checked.code.as_str()), (Outcome::Failure, "EMC-ERROR-S(SmartHR NG)"));
    assert_eq!(codes(&checked.errors), ["PERMISSION_SUSPECTED"]);
    assert_eq!(checked.errors[0].field.as_deref(), Some("氏名(ヨミ)"));

    world.emc.set_search_words(&[]);
    let checked = world.run(json!({"mode": "check"})).await;
    assert_eq!(codes(&checked.errors), ["SEARCH_WORD_NUMBER_UNKNOWN"; 5]);

    world.set_secret(&simulators::samples::secret("wrong", "wrong"));
    let checked = world.run(json!({"mode": "check"})).await;
    assert_eq!(codes(&checked.errors), ["EMC_UNAUTHORIZED", "SMARTHR_UNAUTHORIZED"]);
}

/// What is to be entered in EMC stands as SmartHR shows it: positions by rank, prefectures from north to south.
#[tokio::test]
async fn missing_masters_are_told_in_smarthrs_order() {
    let world = World::new(200);
    let company = Company::generate(7, 200);
    let mut words = search_words(&company);
    words.iter_mut().filter(|word| word.number < 4).for_each(|word| word.options.truncate(1));
    world.emc.set_search_words(&words);
    let checked = world.run(json!({"mode": "check"})).await;
    let ranked = company.job_titles.iter().map(|title| title.name.as_str()).collect::<Vec<_>>();
    for (item, order) in [("検索ワード3:役職", &ranked[..]), ("検索ワード2:居住地", &PREFECTURES[..])] {
        let missing = &checked.masters.iter().find(|master| master.item == item).unwrap().missing;
        let expected: Vec<&str> =
            order.iter().copied().filter(|name| missing.iter().any(|known| known == name)).collect();
        assert!(missing.len() > 3 && *missing == expected, "{item}: {missing:?}");
        let told = checked.warnings.iter().find(|fault| fault.message.contains(item)).unwrap();
        assert!(told.message.contains(&expected.join("、")), "{}", told.message);
    }
    // 事業所 have no place of their own.
    let establishments = &checked.masters.iter().find(|master| master.item == "検索ワード1:勤務地").unwrap().missing;
    assert!(establishments.len() > 1 && establishments.is_sorted(), "{establishments:?}");
}

#[tokio::test]
async fn an_event_that_is_none_is_refused_without_record_or_mail() {
    let world = World::new(20);
    let refused = world.run(json!({"mode": "sync", "tenant": "other"})).await;
    assert_eq!((refused.outcome, refused.code.as_str()), (Outcome::Failure, "EMC-ERROR-C(Config NG)"));
    assert!(!world.path("runs").exists());
    assert_eq!(world.mails().len(), 0);
}

#[tokio::test]
async fn a_second_start_is_busy_and_touches_nothing() {
    let world = World::new(20);
    world.write("lock.json", r#"{"holder":"other","expires_at":"2030-01-01T00:00:00Z"}"#);
    let busy = world.sync().await;
    assert_eq!(busy.outcome, Outcome::Busy);
    assert_eq!((world.mails().len(), world.path("runs").exists()), (0, false));
    assert!(world.read("lock.json").unwrap().contains("other"));
    // An expired lock is taken over; so is one that is no lock.
    for lock in [r#"{"holder":"other","expires_at":"2020-01-01T00:00:00Z"}"#, "garbage"] {
        world.write("lock.json", lock);
        assert!(matches!(world.sync().await.outcome, Outcome::Success | Outcome::NoChange));
        assert_eq!(world.read("lock.json"), None);
    }
}

#[tokio::test]
async fn all_faults_of_config_sheet_and_secret_are_told_at_once() {
    let mut world = World::new(20);
    world.ops_mail = Some("ops@example.co.jp".into());
    world.write("config.toml", "company = \"x\"\nextra = 1\n[smarthr]\nsubdomain = \"acme\"\n[emc]\nbase_url = \"nonsense\"\n[notify]\nto = [\"hr@example.co.jp\"]\n");
    world.write("mapping.xlsx", "x");
    world.set_secret("{}");
    let answer = world.sync().await;
    assert_eq!((answer.outcome, answer.code.as_str()), (Outcome::Failure, "EMC-ERROR-C(Config NG)"));
    let found = codes(&answer.errors);
    for code in ["CONFIG_KEY_UNKNOWN", "CONFIG_VALUE_INVALID", "SHEET_TWICE", "SECRET_INVALID"] {
        assert!(found.contains(&code), "{found:?}");
    }
    assert_eq!(world.last_mail().to, ["hr@example.co.jp"]);
    assert_eq!(answer.counts, None);
    assert!(world.last_mail().body.contains("\n社員データ前回 全件数:\n"));

    std::fs::remove_file(world.path("config.toml")).unwrap();
    let answer = world.sync().await;
    assert!(codes(&answer.errors).contains(&"CONFIG_MISSING"));
    assert_eq!(world.last_mail().to, ["ops@example.co.jp"]);
}

#[tokio::test]
async fn the_products_own_sheet_links_a_company() {
    let world = World::with(Company::generate(3, 80), SmartHrSettings::default(), |config| config, PRODUCT_SHEET);
    let answer = world.sync().await;
    // Some people of a believable company have no mail address; the product's sheet says that this is an error.
    if answer.outcome == Outcome::Failure {
        assert!(
            codes(&answer.errors).iter().all(|code| *code == "USER_ID_MISSING" || *code == "USER_ID_DUPLICATE"),
            "{:#?}",
            answer.errors
        );
    } else {
        world.assert_agreement();
    }
}

#[tokio::test]
async fn the_top_department_stands_above_all() {
    let world = World::with(
        Company::generate(3, 80),
        SmartHrSettings::default(),
        |config| config.prefix("A").top_department("0", "〇〇株式会社"),
        FULL_SHEET,
    )
    .linked()
    .await;
    assert_eq!(world.emc.department("A0").unwrap()["部署名"], "〇〇株式会社");
    world.assert_agreement();
}
