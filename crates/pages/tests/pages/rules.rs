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
    visitor.get("/people").await.says("新規登録した社員");
    visitor.get("/people?list=created").await.says(&format!("{}人のうち", ids.len()));
    stage.smarthr.change(|company| company.hide_people(0.5));
    visitor.run("preview").await;
    visitor.get("/people?list=deleted").await.says("最新の事前確認").says("削除予定 (30)").says("30人のうち30人");
    visitor.get("/people?list=left-out").await.says("該当する社員はいません");
}

#[tokio::test]
async fn who_is_left_out_is_listed_with_reasons_and_numbers() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.get("/people?list=left-out").await.says("まだ連携も事前確認も行われていません");
    visitor.run("sync").await.says("成功");
    let ids = stage.emc.user_ids();
    let form = [("to", "a@example.jp"), ("types", "正社員"), ("departments", "")];
    assert_eq!(visitor.post("/connection/rules", &form).await.status, 303);
    let preview = visitor.run("preview").await;
    preview.says("連携対象外の一覧").says("/left-out.xlsx");
    let page = visitor.get("/people?list=left-out").await;
    page.says("連携対象の範囲外です(雇用形態): ").says("最新の事前確認");
    // Some are left out and some are not; those whom EMC has are also to be deleted.
    let count: usize = page.body.split("人のうち").next().unwrap().rsplit('>').next().unwrap().trim().parse().unwrap();
    assert!(count > 0 && count < ids.len(), "{count} of {}", ids.len());
    visitor.get("/people?list=deleted").await.says(&format!("{count}人のうち"));
    let at = page.body.find("/person?q=").expect("a story");
    let story = page.body[at..].split('"').next().unwrap().to_owned();
    visitor.get(&story).await.says("社員の状況").says("連携対象の範囲外です(雇用形態)");
    // By ID and by SmartHR's id.
    let crew = story.rsplit('=').next().unwrap();
    visitor.get(&format!("/people?list=left-out&q={crew}")).await.says("1人のうち1人");
    let id = page.body[at..].split('>').nth(1).unwrap().split('<').next().unwrap();
    visitor.get(&format!("/people?list=left-out&q={id}")).await.says("1人のうち1人").says(id);
}

#[tokio::test]
async fn limits_of_deletions_and_of_lost_values_are_shown_in_words() {
    let stage = Stage::set().await;
    let page = stage.visitor().await.get("/connection").await;
    page.says("保留にする削除").says("社員は前回の10%").says("保留にする値の減少").says("前回の10%を超えて減るとき");
}

#[tokio::test]
async fn a_prefix_that_is_a_neighbours_is_refused() {
    let (stage, neighbour) = (Stage::set().await, Stage::with("beta", |_| {}, |config| config.prefix("BC")).await);
    let links = format!("B社={}|D社=http://127.0.0.1:1", neighbour.base);
    let base = Stage::serve(&stage.tenant, &stage.home, &links).await;
    let mut visitor = crate::stage::Visitor::outside(&base);
    visitor.get(&format!("/launch?token={}", stage.token("山田").await)).await;
    for (prefix, is_refused) in [("B", true), ("BC", true), ("BCD", true), ("C", false), ("BD", false), ("", false)] {
        let page = visitor.post("/connection/settings", &[("prefix", prefix), ("top_id", ""), ("top_name", "")]).await;
        assert_eq!(page.body.contains("ほかの連携「B社」のコードと重なります"), is_refused, "{prefix}: {}", page.body);
    }
    let order = |prefix: &'static str| {
        [
            ("company", "C社"),
            ("tenant", "gamma"),
            ("subdomain", "gamma"),
            ("prefix", prefix),
            ("top_id", "1"),
            ("top_name", "C社"),
            ("mail", "hr@example.jp"),
        ]
    };
    let page = visitor.post("/connection/add", &order("BCD")).await;
    assert_eq!(page.status, 422);
    page.says("ほかの連携「B社」のコードと重なります");
    assert_eq!(visitor.post("/connection/add", &order("X")).await.status, 200);
    // The neighbour says yes or no, and not what its prefix is.
    let asked = crate::stage::Visitor::outside(&neighbour.base).get("/state?prefix=B").await;
    assert!(asked.body.contains("true") && !asked.body.contains("BC"), "{}", asked.body);
}
