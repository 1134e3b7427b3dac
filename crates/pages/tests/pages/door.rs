//! Who gets in, and for how long.

use jiff::SignedDuration;
use reqwest::Method;

use crate::stage::{KEY, Stage, VERSION, Visitor};

const INSIDE: [&str; 9] = [
    "/",
    "/runs",
    "/runs/20261123T043112345-0f1e2d3c4b5a",
    "/sheet",
    "/sheet/current",
    "/connection",
    "/connection/add",
    "/audit",
    "/smarthr/callback?code=x&state=y",
];

#[tokio::test]
async fn a_launch_link_lets_one_in_once() {
    let stage = Stage::set().await;
    let token = stage.token("山田 花子").await;
    let mut visitor = Visitor::outside(&stage.base);
    let looked = visitor.send(visitor.request(Method::HEAD, &format!("/launch?token={token}"))).await;
    assert_eq!((looked.status, visitor.cookie.as_deref()), (200, None));
    let entered = visitor.get(&format!("/launch?token={token}")).await;
    assert_eq!((entered.status, entered.location()), (303, "/"));
    let cookie = entered.header("set-cookie");
    assert!(cookie.starts_with("__Host-emc-link="), "{cookie}");
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"), "{cookie}");
    visitor.get("/").await.says("山田 花子").says("みなと総合サービス株式会社").says("連携済み");

    let mut second = Visitor::outside(&stage.base);
    let replayed = second.get(&format!("/launch?token={token}")).await;
    assert_eq!((replayed.status, second.cookie), (403, None));
    replayed.says("すでに使われました");
    assert_eq!(stage.audited(), ["entered"]);
}

#[tokio::test]
async fn the_build_is_named_to_those_inside_only() {
    let stage = Stage::set().await;
    let mut outsider = Visitor::outside(&stage.base);
    let refused = outsider.get("/").await;
    assert!(refused.body.contains("<footer>") && !refused.body.contains("0.2.0"), "{}", refused.body);
    let mut visitor = stage.visitor().await;
    for page in ["/", "/runs", "/sheet", "/connection", "/audit"] {
        visitor.get(page).await.says(VERSION);
    }
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_gets_in() {
    let stage = Stage::set().await;
    let path = format!("/launch?token={}", stage.token("y").await);
    let tries = (0..8).map(|_| {
        let (mut visitor, path) = (Visitor::outside(&stage.base), path.clone());
        tokio::spawn(async move { visitor.get(&path).await.status })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn what_is_forged_late_or_for_another_tenant_lets_nobody_in() {
    let stage = Stage::set().await;
    let token = stage.token("y").await;
    let (head, tail) = token.rsplit_once('.').unwrap();
    let other = Stage::with("beta", |_| {}, |config| config).await;
    let mut refused = vec![
        String::new(),
        format!("{head}."),
        format!("{head}.{}", tail.chars().rev().collect::<String>()),
        other.token("y").await,
        "%00%0d%0aset-cookie:x=y".to_owned(),
    ];
    for token in &mut refused {
        let mut visitor = Visitor::outside(&stage.base);
        let page = visitor.get(&format!("/launch?token={token}")).await;
        assert_eq!((page.status, visitor.cookie), (403, None), "{token}");
    }
    stage.clock.turn(SignedDuration::from_mins(6));
    let mut visitor = Visitor::outside(&stage.base);
    assert_eq!(visitor.get(&format!("/launch?token={token}")).await.status, 403);
    assert_eq!(stage.audited(), [] as [&str; 0]);
}

#[tokio::test]
async fn without_a_usable_key_nobody_gets_in() {
    let stage = Stage::set().await;
    let path = format!("/launch?token={}", stage.token("y").await);
    for key in [serde_json::json!(null), "short".into(), serde_json::json!({})] {
        let mut secret = stage.secret().await;
        secret["connect"]["launch_key"] = key;
        stage.set_secret(&secret);
        assert_eq!(Visitor::outside(&stage.base).get(&path).await.status, 403);
    }
    let mut secret = stage.secret().await;
    secret["connect"]["launch_key"] = KEY.into();
    stage.set_secret(&secret);
    assert_eq!(Visitor::outside(&stage.base).get(&path).await.status, 303);
}

#[tokio::test]
async fn nothing_is_shown_to_who_is_not_inside() {
    let stage = Stage::set().await;
    let other = Stage::with("beta", |_| {}, |config| config).await;
    let stranger = Visitor::outside(&stage.base);
    let mut with_nonsense = stranger.clone();
    with_nonsense.cookie = Some("x".repeat(43));
    let mut of_another_tenant = Visitor::outside(&stage.base);
    of_another_tenant.cookie = other.visitor().await.cookie;
    for visitor in [stranger, with_nonsense, of_another_tenant] {
        for path in INSIDE {
            let page = visitor.clone().get(path).await;
            assert_eq!(page.status, 401, "{path}");
            assert!(!page.body.contains("みなと総合サービス"), "{path}");
            page.says("メンテナンスサイト");
        }
        let started = visitor.clone().post_as_is("/start/sync", &[("csrf", "x")]).await;
        assert_eq!(started.status, 401);
    }
    assert!(stage.file("lock.json").is_none());
}

#[tokio::test]
async fn after_half_an_hour_without_a_click_one_is_outside() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    for _ in 0..3 {
        stage.clock.turn(SignedDuration::from_mins(29));
        assert_eq!(visitor.get("/").await.status, 200);
    }
    stage.clock.turn(SignedDuration::from_mins(31));
    assert_eq!(visitor.get("/").await.status, 401);
}

#[tokio::test]
async fn a_session_ends_with_the_working_day() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    for _ in 0..23 {
        stage.clock.turn(SignedDuration::from_mins(25));
        assert_eq!(visitor.get("/").await.status, 200);
    }
    stage.clock.turn(SignedDuration::from_mins(28));
    assert_eq!(visitor.get("/").await.status, 401);
}

#[tokio::test]
async fn who_leaves_is_outside_everywhere() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let mut copy = visitor.clone();
    let left = visitor.post("/leave", &[]).await;
    assert_eq!((left.status, left.location()), (303, "/left"));
    assert_eq!(visitor.cookie, None);
    visitor.get("/left").await.says("ログアウトしました");
    assert_eq!(copy.get("/").await.status, 401);
    assert_eq!(stage.audited(), ["entered", "left"]);
}

#[tokio::test]
async fn entering_anew_ends_the_session_before() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let mut before = visitor.clone();
    let path = format!("/launch?token={}", stage.token("y").await);
    assert_eq!(visitor.get(&path).await.status, 303);
    assert_ne!(visitor.cookie, before.cookie);
    assert_eq!(before.get("/").await.status, 401);
    assert_eq!(visitor.get("/").await.status, 200);
}

#[tokio::test]
async fn who_knocks_too_often_is_kept_waiting() {
    let stage = Stage::set().await;
    let mut visitor = Visitor::outside(&stage.base);
    let mut statuses = Vec::new();
    for _ in 0..30 {
        statuses.push(visitor.get("/launch?token=x").await.status);
    }
    assert!(statuses.contains(&403) && statuses.ends_with(&[429]), "{statuses:?}");
}
