//! The settings before the first link, the consent at SmartHR, its end, and the order for another link.

use jiff::SignedDuration;
use serde_json::{Value, json};
use simulators::http::Rule;
use simulators::smarthr::Fault;

use crate::stage::{Page, Stage, Visitor};

/// A tenant that is not connected yet.
async fn unconnected() -> Stage {
    let stage = Stage::set().await;
    let mut secret = stage.secret().await;
    secret["smarthr"].as_object_mut().unwrap().remove("access_token");
    stage.set_secret(&secret);
    stage
}

/// From 「連携する」 to the address at which SmartHR sends the browser back.
async fn consented(visitor: &mut Visitor) -> String {
    let to_smarthr = visitor.post("/connection/connect", &[]).await;
    assert_eq!(to_smarthr.status, 303, "{}", to_smarthr.body);
    at_smarthr(to_smarthr.location()).await
}

async fn at_smarthr(address: &str) -> String {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let back = http.get(address).send().await.unwrap();
    assert_eq!(back.status(), 302, "{address}");
    let back = back.headers()["location"].to_str().unwrap().to_owned();
    let at = back.find("/smarthr/callback").unwrap();
    back[at..].to_owned()
}

async fn connected(visitor: &mut Visitor) -> Page {
    let back = consented(visitor).await;
    visitor.get(&back).await
}

#[tokio::test]
async fn a_tenant_is_connected_by_its_administrator_and_runs() {
    let stage = unconnected().await;
    let mut visitor = stage.visitor().await;
    visitor.get("/").await.says("未連携");
    let page = visitor.get("/connection").await;
    page.says("未連携").says("連携する").says("ID付与コード");
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("form-action 'self' {};", stage.smarthr.base_url())), "{policy}");

    let to_smarthr = visitor.post("/connection/connect", &[]).await;
    let url = reqwest::Url::parse(to_smarthr.location()).unwrap();
    let asked: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(asked["client_id"], "emc-link");
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["redirect_uri"], format!("{}/smarthr/callback", stage.base));
    assert!(asked["state"].len() >= 43 && asked["code_challenge"].len() == 43);

    let back = at_smarthr(to_smarthr.location()).await;
    let returned = visitor.get(&back).await;
    assert_eq!((returned.status, returned.location()), (303, "/connection"), "{}", returned.body);
    visitor.get("/connection").await.says("SmartHRと連携しました").says("連携済み").says("@");
    let secret = stage.secret().await;
    assert!(secret["smarthr"]["access_token"].as_str().unwrap().starts_with("access-"));
    assert!(secret["smarthr"]["refresh_token"].as_str().unwrap().starts_with("refresh-"));
    assert!(secret["smarthr"]["expires_at"].as_str().is_some());
    assert_eq!(secret["emc"]["token"], "emc-token");
    // Tokens are in the secret and nowhere else.
    for token in ["access_token", "refresh_token"] {
        let token = secret["smarthr"][token].as_str().unwrap();
        let hits = files_with(stage.folder.path(), token);
        assert!(hits.iter().all(|file| file.contains("secrets")), "{hits:?}");
    }
    visitor.run("sync").await.says("成功");
    assert!(stage.audited().contains(&"connected".to_owned()));

    let again = visitor.get(&back).await;
    assert_eq!(again.status, 400, "a callback works once");
    assert_eq!(stage.secret().await, secret);
}

fn files_with(folder: &std::path::Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_refused_consent_changes_nothing() {
    let stage = unconnected().await;
    stage.smarthr.adjust(|settings| settings.refuse_authorization = true);
    let mut visitor = stage.visitor().await;
    let page = connected(&mut visitor).await;
    assert_eq!(page.status, 403);
    page.says("許可されませんでした").says("管理者アカウント");
    assert_eq!(stage.secret().await["smarthr"]["access_token"], Value::Null);
}

#[tokio::test]
async fn a_consent_belongs_to_the_session_that_asked() {
    let stage = unconnected().await;
    let (mut asking, mut other) = (stage.visitor().await, stage.visitor().await);
    let back = consented(&mut asking).await;
    assert_eq!(other.get(&back).await.status, 400);
    let mut stranger = Visitor::outside(&stage.base);
    assert_eq!(stranger.get(&back).await.status, 401);
    for changed in [
        back.replace("state=", "state=x"),
        back.split("&state").next().unwrap().to_owned(),
        "/smarthr/callback".to_owned(),
    ] {
        assert_eq!(asking.get(&changed).await.status, 400, "{changed}");
    }
    // None of that has spoilt it.
    assert_eq!(asking.get(&back).await.status, 303);
}

#[tokio::test]
async fn a_consent_that_took_too_long_is_asked_for_anew() {
    let stage = unconnected().await;
    let mut visitor = stage.visitor().await;
    let back = consented(&mut visitor).await;
    stage.clock.turn(SignedDuration::from_mins(16));
    let page = visitor.get(&back).await;
    assert_eq!(page.status, 400);
    page.says("有効期限が切れました");
    assert_eq!(connected(&mut visitor).await.status, 303);
}

#[tokio::test]
async fn each_way_a_consent_fails_has_a_page_that_says_what_to_do() {
    let error = |kind: &str| Fault::Answer {
        status: 400,
        content_type: "application/json".into(),
        body: json!({ "error": kind }).to_string(),
    };
    let cases: [(&str, Fault, u16, &str); 10] = [
        ("/oauth/token", error("invalid_grant"), 400, "有効期限が切れました"),
        ("/oauth/token", error("invalid_client"), 502, "アプリの登録を確認できません"),
        ("/oauth/token", Fault::Error { status: 500 }, 502, "SmartHRに接続できません"),
        ("/oauth/token", Fault::Html { status: 200 }, 502, "想定外の応答"),
        ("/api/v1/users/me", Fault::Error { status: 401 }, 403, "別のSmartHR"),
        ("/api/v1/users/me", Fault::InactiveSubdomain, 403, "別のSmartHR"),
        ("/api/v1/users/me", Fault::Maintenance, 502, "メンテナンス"),
        ("/api/v1/crews", Fault::Error { status: 403 }, 403, "従業員リスト"),
        ("/api/v1/departments", Fault::Error { status: 403 }, 403, "部署マスタ"),
        ("/api/v1/crew_custom_field_templates", Fault::Error { status: 403 }, 403, "カスタム従業員項目"),
    ];
    let stage = unconnected().await;
    let mut visitor = stage.visitor().await;
    for (path, fault, status, words) in cases {
        stage.smarthr.inject(Rule::new(path, fault.clone()));
        let page = connected(&mut visitor).await;
        assert_eq!(page.status, status, "{path} {fault:?}: {}", page.body);
        page.says(words).says("SmartHR連携の画面に戻る");
        assert_eq!(stage.secret().await["smarthr"]["access_token"], Value::Null, "{path} {fault:?}");
        stage.smarthr.clear_faults();
    }
    assert_eq!(connected(&mut visitor).await.status, 303);
}

#[tokio::test]
async fn without_the_apps_credentials_the_page_says_so() {
    let stage = unconnected().await;
    stage.set_secret(&json!({"smarthr": {}, "emc": {"token": "e"}, "connect": {"launch_key": crate::stage::KEY}}));
    let mut visitor = stage.visitor().await;
    visitor.get("/connection").await.says("登録情報がまだ登録されていません");
    assert_eq!(visitor.post("/connection/connect", &[]).await.status, 409);
}

#[tokio::test]
async fn a_connection_is_ended_only_knowingly() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.get("/connection/disconnect").await.says("反映されなくなります");
    assert_eq!(visitor.post("/connection/disconnect", &[]).await.status, 400);
    assert_eq!(stage.secret().await["smarthr"]["access_token"], "smarthr-token");
    let ended = visitor.post("/connection/disconnect", &[("sure", "yes")]).await;
    assert_eq!(ended.location(), "/connection");
    let secret = stage.secret().await;
    assert_eq!(secret["smarthr"], json!({"client_id": "emc-link", "client_secret": "emc-link-secret"}));
    visitor.get("/connection").await.says("連携を解除しました").says("未連携");
    assert!(stage.audited().contains(&"disconnected".to_owned()));
}

#[tokio::test]
async fn the_settings_are_checked_against_emc_and_written_into_the_config() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let before = stage.file("config.toml").unwrap();
    stage.emc.enter_user("B0001", &[("氏名", "他社 太郎"), ("氏名(ヨミ)", "タシャ タロウ"), ("パスワード", "x")]);
    stage.emc.enter_department("C0", "他社", None);
    let save = |prefix: &'static str, id: &'static str, name: &'static str| {
        [("prefix", prefix), ("top_id", id), ("top_name", name)]
    };
    for (form, words) in [
        (save("B", "", ""), "すでに1件あります"),
        (save("C", "0", "本社"), "部署ID「C0」は、エマージェンシーコールにすでにあります"),
        (save("D", "1", ""), "両方"),
        (save("D D", "", ""), "半角の英数字"),
        (save("D", "999999999999999999999999999999", "本社"), "top_department"),
    ] {
        let page = visitor.post("/connection/settings", &form).await;
        assert_eq!(page.status, 422, "{form:?} {}", page.body);
        page.says(words).says("保存していません").says(&format!("value=\"{}\"", form[0].1));
        assert_eq!(stage.file("config.toml").unwrap(), before);
    }
    let saved = visitor.post("/connection/settings", &save("Z9", "0", "本社")).await;
    assert_eq!((saved.status, saved.location()), (303, "/connection"), "{}", saved.body);
    let text = stage.file("config.toml").unwrap();
    assert!(
        text.contains("prefix = \"Z9\"") && text.contains("id = \"0\"") && text.contains("name = \"本社\""),
        "{text}"
    );
    visitor.get("/connection").await.says("設定を保存しました");
    visitor.run("sync").await.says("成功");
    assert!(stage.emc.user_ids().iter().any(|id| id.starts_with("Z9")));
    assert_eq!(stage.emc.department("Z90").unwrap()["部署名"], "本社");
    // From now on IDs are made from it.
    visitor.get("/connection").await.says("ここでは変更できません");
    assert_eq!(visitor.post("/connection/settings", &save("Y", "", "")).await.status, 400);
    assert_eq!(stage.file("config.toml").unwrap(), text);
}

#[tokio::test]
async fn settings_that_emc_cannot_confirm_are_not_saved() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    stage
        .emc
        .inject(Rule::new("/v1/users.csv", simulators::emc::Fault::Error { status: 500, retry_after: None }).always());
    let page = visitor.post("/connection/settings", &[("prefix", "Z")]).await;
    assert_eq!(page.status, 502);
    page.says("照合できなかった");
    assert!(stage.file("config.toml").unwrap().contains("prefix = \"A\""));
}

#[tokio::test]
async fn another_link_is_an_order_that_can_be_carried_out() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.get("/connection").await.says("株式会社ベータ").says("href=\"http://127.0.0.1:1\"");
    let form = [
        ("company", "株式会社\"ガンマ\""),
        ("tenant", "gamma"),
        ("subdomain", "gamma"),
        ("prefix", "G"),
        ("top_id", "1"),
        ("top_name", "株式会社ガンマ"),
        ("mail", "hr@gamma.example.jp"),
    ];
    let page = visitor.post("/connection/add", &form).await;
    // HR sees what was ordered; the operator's part stands in the mail.
    page.says("株式会社ガンマ").says("mailto:ops@example.co.jp");
    let letter = page.body.split("href=\"mailto:").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let letter = reqwest::Url::parse(&format!("mailto:{letter}")).unwrap();
    let body = letter.query_pairs().find(|(name, _)| name == "body").unwrap().1.into_owned();
    assert!(body.contains("TenantId=gamma") && body.contains("sam deploy --config-env gamma"), "{body}");
    let part = |from: &str, to: &str| body.split(from).nth(1).unwrap().split(to).next().unwrap().trim().to_owned();
    let (stack, config) = (part("■ samconfig.toml", "■"), part("■ config.toml", "■"));
    let config = link::config::parse_config(config.as_bytes()).unwrap();
    assert_eq!((config.company.as_str(), config.prefix.as_str()), ("株式会社\"ガンマ\"", "G"));
    let stack: toml_edit::DocumentMut = stack.parse().unwrap();
    assert!(stack["gamma"]["deploy"]["parameters"]["parameter_overrides"].is_array());
    for (name, wrong) in
        [("tenant", "Gamma!"), ("tenant", "acme"), ("mail", "x"), ("company", ""), ("subdomain", "a b")]
    {
        let mut form = form;
        form.iter_mut().find(|(own, _)| *own == name).unwrap().1 = wrong;
        assert_eq!(visitor.post("/connection/add", &form).await.status, 422, "{name} {wrong}");
    }
}

#[tokio::test]
async fn the_contracts_other_links_are_shown_with_their_state() {
    let connected = Stage::with("beta", |_| {}, |config| config).await;
    let unconnected = unconnected().await;
    let stage = Stage::set().await;
    let links = format!("B社={}|C社={}|D社=http://127.0.0.1:1", connected.base, unconnected.base);
    let base = Stage::serve(&stage.tenant, &stage.home, &links).await;
    let mut visitor = Visitor::outside(&base);
    assert_eq!(visitor.get(&format!("/launch?token={}", stage.token("y").await)).await.status, 303);
    for path in ["/", "/connection"] {
        let page = visitor.get(path).await;
        let after =
            |name: &str| page.body.split(&format!(">{name}</a>")).nth(1).unwrap().chars().take(80).collect::<String>();
        assert!(after("B社").contains(">連携済み<"), "{}", after("B社"));
        assert!(after("C社").contains(">未連携<"), "{}", after("C社"));
        assert!(after("D社").contains("状態を確認できません"), "{}", after("D社"));
        page.says(&format!("href=\"{}\"", connected.base));
    }
    // What a stranger hears is that word and no more.
    let told = Visitor::outside(&connected.base).get("/state").await;
    assert_eq!((told.status, told.body.as_str()), (200, "{\"state\":\"connected\"}"));
}
