//! Whom the results are mailed to, who is linked, the lists of people, and faults beside their fields.

use crate::stage::Stage;

#[tokio::test]
async fn addresses_and_scope_are_changed_and_audited() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.get("/connection").await.says("宛先と連携する範囲を変更する");
    let form = [("to", "a@example.jp\r\nｂ@example.jp\r\n"), ("types", "正社員"), ("departments", "")];
    let saved = visitor.post("/connection/rules", &form).await;
    assert_eq!((saved.status, saved.location()), (303, "/connection"), "{}", saved.body);
    visitor.get("/connection").await.says("a@example.jp、b@example.jp").says("正社員");
    let text = stage.file("config.toml").unwrap();
    let config = link::config::parse_config(text.as_bytes()).unwrap();
    assert_eq!(config.notify, ["a@example.jp", "b@example.jp"]);
    assert!(stage.audited().contains(&"settings_changed".to_owned()));
    for wrong in ["", "x", "a@example.jp\nb@example.jp\nc@example.jp\nd@example.jp\ne@example.jp\nf@example.jp"] {
        let page = visitor.post("/connection/rules", &[("to", wrong)]).await;
        assert_eq!(page.status, 422, "{wrong}");
        page.says("aria-invalid=\"true\"").says("class=\"wrong\"");
    }
    assert_eq!(stage.file("config.toml").unwrap(), text);
    assert_eq!(stage.visitor_as("viewer").await.post("/connection/rules", &form).await.status, 403);
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_stands_beside_each_field() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let page = visitor.post("/connection/settings", &[("prefix", "A B"), ("top_id", "部"), ("top_name", "")]).await;
    assert_eq!(page.status, 422);
    for field in ["prefix", "top_id", "top_name"] {
        page.says(&format!("id=\"{field}-wrong\""));
    }
}

#[tokio::test]
async fn an_order_with_this_links_own_prefix_is_refused() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    for prefix in ["A", "AB", "Ａ"] {
        let form = [
            ("company", "B社"),
            ("tenant", "beta"),
            ("subdomain", "beta"),
            ("prefix", prefix),
            ("top_id", "1"),
            ("top_name", "B社"),
            ("mail", "hr@example.jp"),
        ];
        let page = visitor.post("/connection/add", &form).await;
        assert_eq!(page.status, 422, "{prefix}");
        page.says("重ならない");
    }
}

#[tokio::test]
async fn people_are_listed_and_each_leads_to_the_story() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await.says("成功");
    let ids = stage.emc.user_ids();
    let registered = visitor.get("/people").await;
    registered.says("登録済み").says(&format!("href=\"/person?id={}\"", ids.first().unwrap()));
    let one = ids.first().unwrap();
    visitor.get(&format!("/people?list=registered&q={one}")).await.says("1人のうち1人");
    visitor.get(&format!("/person?id={one}")).await.says("更新(維持)します");
    visitor.get("/people?list=created").await.says(&format!("{}人のうち", ids.len()));
    stage.smarthr.change(|company| company.hide_people(0.5));
    visitor.run("preview").await;
    visitor.get("/people?list=deleted").await.says("最新の事前確認").says("30人のうち30人");
    visitor.get("/people?list=left-out").await.says("人</strong>が、連携する範囲の外");
}
