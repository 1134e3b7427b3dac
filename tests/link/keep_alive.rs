//! The weekly keep-alive: tokens are exchanged where nothing has used them, never lost, and people are told in time.

use jiff::SignedDuration;
use link::report::{Answer, Outcome};
use serde_json::{Value, json};
use simulators::http::Rule;
use simulators::samples::{oauth_secret, secret};
use simulators::smarthr::Fault;

use crate::world::{World, codes};

/// A consent that was given when the clock began; the access token has long ended.
fn consented(world: &World, refresh_token: Option<&str>) {
    let mut settings = world.smarthr.world().settings.clone();
    if let Some(token) = refresh_token {
        token.clone_into(&mut settings.refresh_token);
    }
    let text = oauth_secret(&settings, "stale", "2026-11-23T21:30:00Z", "emc-token");
    let mut whole: Value = serde_json::from_str(&text).unwrap();
    whole["smarthr"]["refreshed_at"] = "2026-11-23T19:30:00Z".into();
    world.set_secret(&whole.to_string());
}

fn stored(world: &World) -> Value {
    let text = std::fs::read_to_string(world.root().join("secrets/acme.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn after_days(world: &World, days: i64) -> Answer {
    world.clock.forward(SignedDuration::from_hours(24 * days));
    world.run(json!({"mode": "keep_alive"})).await
}

fn exchanges(world: &World) -> usize {
    world.smarthr.requests().iter().filter(|request| request.path == "/oauth/token").count()
}

#[tokio::test]
async fn an_idle_tenants_tokens_are_exchanged_weekly_and_nobody_is_troubled() {
    let world = World::new(20);
    consented(&world, None);
    let mut seen = vec![stored(&world)["smarthr"]["refresh_token"].clone()];
    for week in 1..=20 {
        let answer = after_days(&world, 7).await;
        assert_eq!(answer.outcome, Outcome::Checked, "week {week}: {:?}", answer.errors);
        let now = stored(&world);
        assert!(!seen.contains(&now["smarthr"]["refresh_token"]), "the new pair is the one that is kept");
        assert_eq!((&now["emc"]["token"], now["smarthr"]["client_id"].is_string()), (&json!("emc-token"), true));
        seen.push(now["smarthr"]["refresh_token"].clone());
    }
    assert_eq!((world.mails().len(), world.path("runs").exists(), world.read("lock.json")), (0, false, None));
    assert_eq!(exchanges(&world), 20);
    // What was kept is good for a run, half a year later.
    assert_eq!(world.sync().await.outcome, Outcome::Success);
}

#[tokio::test]
async fn what_was_used_within_six_days_is_left_alone() {
    let world = World::new(20);
    consented(&world, None);
    assert_eq!(after_days(&world, 5).await.outcome, Outcome::Skipped, "exchanged five days ago");
    assert_eq!(after_days(&world, 2).await.outcome, Outcome::Checked);
    let (before, count) = (stored(&world), exchanges(&world));
    // A long-lived access token: runs use the consent without exchanging anything.
    let mut long = before.clone();
    long["smarthr"]["expires_at"] = "2027-12-01T00:00:00Z".into();
    world.set_secret(&long.to_string());
    world.clock.forward(SignedDuration::from_hours(24 * 12));
    assert_eq!(world.run(json!({"mode": "sync"})).await.outcome, Outcome::Success);
    assert_eq!(after_days(&world, 5).await.outcome, Outcome::Skipped, "read five days ago");
    assert_eq!((stored(&world), exchanges(&world)), (long, count));
    assert_eq!(after_days(&world, 2).await.outcome, Outcome::Checked);
    assert_eq!(exchanges(&world), count + 1);
}

#[tokio::test]
async fn a_run_that_smarthr_refused_is_no_use_of_the_consent() {
    let world = World::new(20);
    consented(&world, None);
    world.clock.forward(SignedDuration::from_hours(24 * 10));
    world.smarthr.inject(Rule::new("/api/v1/*", Fault::Error { status: 403 }).always());
    let failed = world.sync().await;
    assert_eq!(failed.outcome, Outcome::Failure);
    assert!(failed.requests.smarthr > 0);
    world.smarthr.clear_faults();
    let mut old = stored(&world);
    old["smarthr"]["refreshed_at"] = "2026-11-23T19:30:00Z".into();
    world.set_secret(&old.to_string());
    assert_eq!(after_days(&world, 1).await.outcome, Outcome::Checked);
}

#[tokio::test]
async fn nothing_to_keep_alive_is_no_error() {
    let world = World::new(20);
    // An administrator's own token has no end and no partner.
    assert_eq!(after_days(&world, 100).await.outcome, Outcome::Skipped);
    for text in ["{}", "no json", r#"{"smarthr":{"client_id":"c"},"emc":{"token":"e"}}"#] {
        world.set_secret(text);
        assert_eq!(after_days(&world, 7).await.outcome, Outcome::Skipped, "{text}");
        assert_eq!(std::fs::read_to_string(world.root().join("secrets/acme.json")).unwrap().trim(), text);
    }
    world.set_secret(&secret("smarthr-token", "emc-token"));
    std::fs::remove_file(world.path("config.toml")).unwrap();
    assert_eq!(after_days(&world, 7).await.outcome, Outcome::Skipped);
    assert_eq!((world.mails().len(), world.path("runs").exists(), exchanges(&world)), (0, false, 0));
}

#[tokio::test]
async fn an_outage_is_told_from_the_sixtieth_day_on_and_the_refresh_token_is_kept() {
    let world = World::new(20);
    consented(&world, None);
    let before = stored(&world);
    world.smarthr.inject(Rule::new("/oauth/token", Fault::Error { status: 503 }).always());
    for week in 1..=8 {
        let answer = after_days(&world, 7).await;
        assert_eq!((answer.outcome, codes(&answer.warnings)), (Outcome::Skipped, vec!["SMARTHR_DOWN"]), "week {week}");
    }
    assert_eq!((world.mails().len(), world.path("runs").exists()), (0, false));
    let told = after_days(&world, 7).await;
    assert_eq!((told.outcome, told.code.as_str()), (Outcome::Failure, "EMC-ERROR-S(SmartHR NG)"));
    assert_eq!(codes(&told.errors), ["SMARTHR_CONSENT_IDLE", "SMARTHR_DOWN"]);
    assert!(world.run_files(&told.run_id).contains(&"report.json".to_owned()));
    let mail = world.last_mail();
    assert!(mail.body.contains("63日間使われていません。あと27日で"), "{}", mail.body);
    assert!(mail.body.contains("連携し直す"), "{}", mail.body);
    for _ in 0..4 {
        after_days(&world, 7).await;
    }
    assert_eq!(world.mails().len(), 5, "told each week until it works again");
    let mail = world.last_mail();
    assert!(mail.body.contains("91日間使われていません。90日を過ぎたため"), "{}", mail.body);
    assert_eq!(stored(&world), before, "nothing was given away");
    world.smarthr.clear_faults();
    assert_eq!(after_days(&world, 7).await.outcome, Outcome::Checked);
    assert_eq!(world.mails().len(), 5);
}

#[tokio::test]
async fn a_refused_exchange_is_told_at_once() {
    let world = World::new(20);
    consented(&world, Some("void"));
    let told = after_days(&world, 7).await;
    assert_eq!((told.outcome, codes(&told.errors)), (Outcome::Failure, vec!["SMARTHR_REFRESH_FAILED"]));
    assert_eq!((world.last_mail().subject.as_str(), world.mails().len()), ("EMC-ERROR-S(SmartHR NG)", 1));
}

#[tokio::test]
async fn a_consent_of_which_nothing_is_known_and_that_cannot_be_exchanged_is_told() {
    let world = World::new(20);
    let settings = world.smarthr.world().settings.clone();
    let mut whole: Value =
        serde_json::from_str(&oauth_secret(&settings, "stale", "2026-11-23T21:30:00Z", "e")).unwrap();
    whole["smarthr"].as_object_mut().unwrap().remove("expires_at");
    world.set_secret(&whole.to_string());
    world.smarthr.inject(Rule::new("/oauth/token", Fault::Error { status: 503 }));
    let told = after_days(&world, 7).await;
    assert_eq!(codes(&told.errors), ["SMARTHR_CONSENT_IDLE", "SMARTHR_DOWN"]);
    assert_eq!(after_days(&world, 7).await.outcome, Outcome::Checked);
}

#[tokio::test]
async fn beside_a_run_nothing_is_exchanged() {
    let world = World::new(20);
    consented(&world, None);
    world.write("lock.json", r#"{"holder":"other","expires_at":"2030-01-01T00:00:00Z"}"#);
    assert_eq!(after_days(&world, 7).await.outcome, Outcome::Busy);
    assert_eq!(exchanges(&world), 0);
}
