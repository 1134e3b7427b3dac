//! Runs after a change in SmartHR: the switch, the webhook, its token, and the schedule.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::{Value, json};
use simulators::http::Rule;
use simulators::smarthr::Fault;

use crate::stage::{Page, Stage, Visitor};

const TOKEN: &str = "the webhook's own token";

/// A tenant whose webhook token and switch were set by an operator.
async fn enabled() -> Stage {
    let stage = Stage::set().await;
    let mut secret = stage.secret().await;
    secret["connect"]["webhook_token"] = json!(TOKEN);
    stage.set_secret(&secret);
    let config = stage.file("config.toml").unwrap();
    stage.put("config.toml", format!("{config}\n[on_change]\nenabled = true\nwait_minutes = 60\n"));
    stage
}

async fn event(stage: &Stage, token: Option<&str>, body: impl Into<reqwest::Body>) -> Page {
    let mut sender = Visitor::outside(&stage.base);
    let mut request = sender.request(reqwest::Method::POST, "/smarthr/webhook").body(body);
    if let Some(token) = token {
        request = request.header("x-smarthr-token", token);
    }
    sender.send(request).await
}

fn last_change(stage: &Stage) -> Option<Value> {
    stage.file("connect/last-change.json").map(|text| serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn an_event_is_taken_only_while_enabled_and_with_the_token() {
    let stage = Stage::set().await;
    assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 404);
    let stage = enabled().await;
    for wrong in [None, Some(""), Some("the webhook's own toke"), Some("the webhook's own token2"), Some("x")] {
        assert_eq!(event(&stage, wrong, "{}").await.status, 401, "{wrong:?}");
    }
    assert_eq!(last_change(&stage), None, "a wrong token starts nothing");
    assert_eq!(event(&stage, Some(TOKEN), r#"{"event":"crew_updated"}"#).await.status, 204);
    assert!(last_change(&stage).is_some());
}

#[tokio::test]
async fn without_a_token_in_the_secret_nothing_is_taken() {
    let stage = enabled().await;
    let mut secret = stage.secret().await;
    secret["connect"].as_object_mut().unwrap().remove("webhook_token");
    stage.set_secret(&secret);
    for token in [None, Some(""), Some(TOKEN)] {
        assert_eq!(event(&stage, token, "").await.status, 401);
    }
}

#[tokio::test]
async fn further_events_wait_for_the_run_that_is_scheduled() {
    let stage = enabled().await;
    assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 204);
    let first = last_change(&stage);
    assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 204);
    assert_eq!(last_change(&stage), first);
    let mut visitor = stage.visitor().await;
    visitor.get("/connection").await.says("次の即時反映").says("最後に受け取った変更");
}

#[tokio::test]
async fn bodies_are_neither_believed_nor_kept() {
    let stage = enabled().await;
    let large = vec![b'x'; 10 * 1024 * 1024];
    for body in [large, b"\xff\xfe\0".to_vec(), br#"{"tenant":"beta","event":"crew_deleted"}"#.to_vec(), Vec::new()] {
        let began = Instant::now();
        assert_eq!(event(&stage, Some(TOKEN), body).await.status, 204);
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    assert!(stage.file("runs").is_none() && stage.audited().is_empty());
}

#[tokio::test]
async fn a_storm_of_events_is_answered() {
    let stage = enabled().await;
    let mut slowest = Duration::ZERO;
    for _ in 0..300 {
        let began = Instant::now();
        assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 204);
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    assert_eq!(event(&stage, Some("wrong"), "{}").await.status, 401);
}

#[tokio::test]
async fn a_link_that_was_ended_starts_no_run() {
    let stage = enabled().await;
    let mut secret = stage.secret().await;
    secret["smarthr"].as_object_mut().unwrap().remove("access_token");
    stage.set_secret(&secret);
    assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 204);
    assert_eq!(last_change(&stage), None);
}

#[tokio::test]
async fn runs_of_the_last_hour_push_the_next_one_back() {
    let stage = enabled().await;
    let now = jiff::Timestamp::now();
    stage.put("changes.json", json!([{"at": now.to_string(), "requests": 1_010}]).to_string());
    let config = stage.file("config.toml").unwrap();
    stage.put("config.toml", config.replace("wait_minutes = 60", "wait_minutes = 1"));
    assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 204);
    let expected = link::time::tokyo(now + SignedDuration::from_hours(1)).strftime("%Y/%m/%d %H:%M").to_string();
    let mut visitor = stage.visitor().await;
    visitor.get("/connection").await.says(&expected).says("1時間に1回までです");
}

#[tokio::test]
async fn where_smarthr_refuses_address_and_token_are_shown_to_be_pasted() {
    let stage = Stage::set().await;
    stage.smarthr.inject(Rule::new("/api/v1/webhooks", Fault::Error { status: 403 }).always());
    let mut visitor = stage.visitor().await;
    visitor.get("/connection").await.says("変更の即時反映").says("毎日の連携と同じ確認");
    assert_eq!(visitor.post("/connection/on-change/on", &[]).await.location(), "/connection");
    let token = stage.secret().await["connect"]["webhook_token"].as_str().unwrap().to_owned();
    let page = visitor.get("/connection").await;
    page.says(&token).says("/smarthr/webhook").says("Webhookを登録してください");
    assert!(stage.file("config.toml").unwrap().contains("enabled = true"));
    assert_eq!(event(&stage, Some(&token), "{}").await.status, 204);

    visitor.post("/connection/on-change/rotate", &[]).await;
    let new = stage.secret().await["connect"]["webhook_token"].as_str().unwrap().to_owned();
    assert_ne!(new, token);
    for good in [&token, &new] {
        assert_eq!(event(&stage, Some(good), "{}").await.status, 204);
    }
    stage.clock.turn(SignedDuration::from_hours(25));
    assert_eq!(event(&stage, Some(&token), "{}").await.status, 401);
    assert_eq!(event(&stage, Some(&new), "{}").await.status, 204);

    let mut visitor = stage.visitor().await;
    visitor.post("/connection/on-change/off", &[]).await;
    assert_eq!(event(&stage, Some(&new), "{}").await.status, 404);
    assert_eq!(stage.secret().await["connect"]["webhook_token"], Value::Null);
    visitor.get("/audit").await.says("変更の即時反映を有効にする").says("シークレットトークンを変更");
}

#[tokio::test]
async fn ending_the_link_ends_the_runs_after_changes() {
    let stage = enabled().await;
    assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 204);
    let mut visitor = stage.visitor().await;
    visitor.post("/connection/disconnect", &[("sure", "yes")]).await;
    assert!(stage.file("config.toml").unwrap().contains("enabled = false"));
    assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 404);
}

#[tokio::test]
async fn from_other_networks_the_pages_are_closed_and_the_webhook_is_not() {
    let stage = enabled().await;
    let config = stage.file("config.toml").unwrap();
    stage.put("config.toml", format!("{config}\n[pages]\nallow = [\"203.0.113.0/24\"]\n"));
    let mut outside = Visitor::outside(&stage.base);
    for path in ["/", "/launch?token=x", "/runs", "/nowhere"] {
        let page = outside.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        page.says("このネットワークからは利用できません");
    }
    assert_eq!(event(&stage, Some(TOKEN), "{}").await.status, 204);
    assert_eq!(outside.get("/healthz").await.status, 200);
    stage.put("config.toml", format!("{config}\n[pages]\nallow = [\"127.0.0.0/8\"]\n"));
    stage.visitor().await;
}
