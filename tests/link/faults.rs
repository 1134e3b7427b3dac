//! SmartHR and EMC at their worst.

use link::report::Outcome;
use simulators::emc::Fault as EmcFault;
use simulators::http::Rule;
use simulators::samples::{oauth_secret, secret};
use simulators::smarthr::Fault;

use crate::world::{World, codes};

const CREWS: &str = "/api/v1/crews";

#[tokio::test]
async fn what_passes_is_survived() {
    for fault in [
        Fault::Error { status: 500 },
        Fault::Html { status: 502 },
        Fault::TooManyRequests { retry_after: Some(1), reset: 0 },
        Fault::TooManyRequests { retry_after: None, reset: 1 },
        Fault::HalfBody,
        Fault::Reset,
        Fault::WrongContentType { content_type: "text/html".into() },
        Fault::Delay { ms: 300 },
        Fault::Maintenance,
        Fault::Shift { insert: 1, remove: 1 },
    ] {
        let world = World::new(300);
        world.smarthr.inject(Rule::new(CREWS, fault.clone()).page(2));
        let answer = world.sync().await;
        assert_eq!(answer.outcome, Outcome::Success, "{fault:?}: {:?}", answer.errors);
        world.assert_agreement();
    }
}

/// One page among many that cannot be parsed is fetched again, while those ahead wait for the pace.
#[tokio::test]
async fn a_page_of_another_form_is_fetched_again() {
    for (path, body) in [(CREWS, "{\"a\":1}"), ("/api/v1/departments", "[{\"a\":1}]")] {
        for page in [1, 2, 3, 9] {
            let mut world = World::new(2_000);
            (world.rate, world.time) = (Some(200.0), std::time::Duration::from_mins(1));
            let fault = Fault::Answer { status: 200, content_type: "application/json".into(), body: body.into() };
            world.smarthr.inject(Rule::new(path, fault).page(page));
            let answer = world.sync().await;
            assert_eq!(answer.outcome, Outcome::Success, "{path} {page} {body}: {:?}", answer.errors);
            world.assert_agreement();
        }
    }
}

#[tokio::test]
async fn what_does_not_pass_is_told_in_words_and_nothing_is_written() {
    for (fault, code) in [
        (Fault::LoginRedirect, "SMARTHR_REDIRECT"),
        (Fault::InactiveSubdomain, "SMARTHR_SUBDOMAIN"),
        (Fault::Error { status: 401 }, "SMARTHR_UNAUTHORIZED"),
        (Fault::Error { status: 403 }, "SMARTHR_FORBIDDEN"),
        (Fault::Error { status: 404 }, "SMARTHR_REFUSED"),
        (Fault::Garbage { megabytes: 10 }, "SMARTHR_BODY"),
        (Fault::Maintenance, "SMARTHR_MAINTENANCE"),
        (Fault::EndlessNext, "SMARTHR_BODY"),
        (Fault::Shift { insert: 1, remove: 0 }, "SMARTHR_LISTING_SHIFTED"),
    ] {
        let world = World::new(300);
        if fault == Fault::EndlessNext {
            world.smarthr.inject(Rule::new(CREWS, Fault::NoTotalCount).always());
        }
        let rule = Rule::new(CREWS, fault.clone());
        let rule = if matches!(fault, Fault::Shift { .. }) { rule.page(2) } else { rule };
        world.smarthr.inject(rule.always());
        let answer = world.sync().await;
        assert_eq!(codes(&answer.errors), [code], "{fault:?}");
        assert_eq!((answer.outcome, answer.code.as_str()), (Outcome::Failure, "EMC-ERROR-S(SmartHR NG)"));
        assert_eq!((world.emc.imports().len(), world.read("snapshot.json")), (0, None));
        let mail = world.last_mail();
        assert_eq!(mail.subject, "EMC-ERROR-S(SmartHR NG)");
        assert!(mail.body.contains("従業員情報"), "{}", mail.body);
    }
}

#[tokio::test]
async fn a_listing_without_a_count_is_read_to_its_end() {
    let world = World::new(300);
    world.smarthr.inject(Rule::new(CREWS, Fault::NoTotalCount).always());
    assert_eq!(world.sync().await.outcome, Outcome::Success);
    world.assert_agreement();
}

/// A page that repeats the one before it: a list that shifted by a page, which is read again, and not yet a circle.
#[tokio::test]
async fn a_listing_without_a_count_that_shifted_by_a_page_is_read_again() {
    let world = World::new(300);
    world.smarthr.inject(Rule::new(CREWS, Fault::NoTotalCount).always());
    world.smarthr.inject(Rule::new(CREWS, Fault::Shift { insert: 100, remove: 0 }).page(2));
    let answer = world.sync().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:?}", answer.errors);
    world.assert_agreement();

    let world = World::new(300);
    world.smarthr.inject(Rule::new(CREWS, Fault::NoTotalCount).always());
    world.smarthr.inject(Rule::new(CREWS, Fault::EndlessNext).always());
    assert_eq!(codes(&world.sync().await.errors), ["SMARTHR_BODY"]);
}

/// SmartHR's OAuth site rests while the token in hand is still good: today's link does not need it.
#[tokio::test]
async fn a_token_that_cannot_be_exchanged_early_is_used_while_it_is_valid() {
    const TOKENS: &str = "/oauth/token";
    // The world's clock stands at 19:30.
    const VALID: &str = "2026-11-23T19:33:00Z";
    const OVER: &str = "2026-11-23T19:29:00Z";
    for (fault, ends, code) in [
        (Fault::Error { status: 503 }, VALID, None),
        (Fault::Error { status: 503 }, OVER, Some("SMARTHR_DOWN")),
        (Fault::TooManyRequests { retry_after: Some(1), reset: 0 }, OVER, None),
    ] {
        let mut world = World::new(20);
        let settings = world.smarthr.world().settings.clone();
        world.set_secret(&oauth_secret(&settings, &settings.token, ends, "emc-token"));
        world.time = std::time::Duration::from_secs(20);
        let rule = Rule::new(TOKENS, fault.clone());
        world.smarthr.inject(if matches!(fault, Fault::Error { .. }) { rule.always() } else { rule });
        let answer = world.sync().await;
        assert_eq!(codes(&answer.errors), code.into_iter().collect::<Vec<_>>(), "{fault:?}");
        let asked = world.smarthr.count(TOKENS);
        match (&fault, code) {
            // Once, and not before each request.
            (Fault::Error { .. }, None) => assert_eq!(asked, 1),
            (Fault::TooManyRequests { .. }, _) => assert_eq!(asked, 2),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_rotated_refresh_token_is_stored_before_it_is_used() {
    let world = World::new(60);
    let settings = world.smarthr.world().settings.clone();
    let config = world.read("config.toml").unwrap();
    assert!(config.contains("auth_url"), "{config}");
    // Expired: refreshed before the first request. Revoked in mid-run: refreshed and the request repeated.
    for expires_at in ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"] {
        let refresh = serde_json::from_str::<serde_json::Value>(
            &std::fs::read_to_string(world.root().join("secrets/acme.json")).unwrap(),
        )
        .unwrap()["smarthr"]["refresh_token"]
            .as_str()
            .map_or(settings.refresh_token.clone(), str::to_owned);
        let mut settings = settings.clone();
        settings.refresh_token = refresh.clone();
        world.set_secret(&oauth_secret(&settings, "stale", expires_at, "emc-token"));
        let answer = world.sync().await;
        assert!(matches!(answer.outcome, Outcome::Success | Outcome::NoChange), "{:?}", answer.errors);
        let stored = std::fs::read_to_string(world.root().join("secrets/acme.json")).unwrap();
        assert!(
            !stored.contains("stale") && !stored.contains(&format!("\"{refresh}\"")) && stored.contains("emc-token")
        );
    }
}

#[tokio::test]
async fn a_refused_refresh_token_is_told() {
    let world = World::new(20);
    let mut settings = world.smarthr.world().settings.clone();
    settings.refresh_token = "void".into();
    let config = world.read("config.toml").unwrap();
    assert!(config.contains("auth_url"), "{config}");
    world.set_secret(&oauth_secret(&settings, "stale", "2020-01-01T00:00:00Z", "emc-token"));
    assert_eq!(codes(&world.sync().await.errors), ["SMARTHR_REFRESH_FAILED"]);
}

#[tokio::test]
async fn a_wrong_emc_token_is_told_and_nothing_is_pending() {
    let world = World::new(20);
    world.set_secret(&secret("smarthr-token", "wrong"));
    let answer = world.sync().await;
    assert_eq!((codes(&answer.errors), answer.code.as_str()), (vec!["EMC_UNAUTHORIZED"], "EMC-ERROR-E(EMC NG)"));
    assert_eq!(world.read("pending.json"), None);
}

#[tokio::test]
async fn emc_that_is_down_leaves_everything_as_it_was_or_agrees_later() {
    let world = World::new(60);
    world.emc.inject(Rule::new("/v1/imports/*", EmcFault::Error { status: 503, retry_after: None }).always());
    let answer = world.sync().await;
    assert_eq!(answer.code, "EMC-ERROR-E(EMC NG)");
    assert_eq!(codes(&answer.errors), ["EMC_DOWN", "EMC_UNSETTLED"]);
    assert!(world.read("pending.json").is_some());
    world.emc.clear_faults();
    assert_eq!(world.sync().await.outcome, Outcome::Success);
    world.assert_agreement();
}

#[tokio::test]
async fn rejected_lines_are_told_as_errors_with_line_and_address() {
    let world = World::new(60);
    let sheet = world.read("mapping.csv").unwrap();
    // A medium that EMC does not know.
    world.write("mapping.csv", sheet.replace("固定値「電話」", "固定値「伝書鳩」"));
    let answer = world.sync().await;
    if answer.outcome == Outcome::Failure {
        assert_eq!(answer.code, "EMC-ERROR-D(Update NG)");
        let fault = &answer.errors[0];
        assert!(fault.line.is_some() && fault.crew.is_some() && fault.message.contains("/crews/"), "{fault:?}");
        assert_eq!((world.emc.user_ids().len(), world.read("pending.json")), (0, None));
    } else {
        // This simulator takes any medium: reject by hand.
        let body = r#"{"status":"rejected","errors":[{"record":"user","line":3,"id":"ID","field":"氏名","message":"だめです"}]}"#;
        let id = world.emc.user_ids().remove(0);
        let fault =
            EmcFault::Answer { status: 422, content_type: "application/json".into(), body: body.replace("ID", &id) };
        world.smarthr.world().company_mut().change_positions(1);
        world.emc.inject(Rule::new("/v1/imports/*", fault).method("PUT"));
        let answer = world.next_day().await;
        assert_eq!((codes(&answer.errors), answer.code.as_str()), (vec!["EMC_REJECTED"], "EMC-ERROR-D(Update NG)"));
        let fault = &answer.errors[0];
        assert!(fault.line.is_some() && fault.crew.is_some() && fault.message.contains("/crews/"), "{fault:?}");
        assert_eq!(world.read("pending.json"), None);
    }
}

#[tokio::test]
async fn a_storm_of_429_and_a_slow_drip_are_sat_out() {
    for (fault, times) in
        [(Fault::TooManyRequests { retry_after: None, reset: 1 }, 8), (Fault::Drip { piece: 20_000, ms: 20 }, u64::MAX)]
    {
        let world = World::new(150);
        world.smarthr.inject(Rule::new(CREWS, fault.clone()).times(times));
        assert_eq!(world.sync().await.outcome, Outcome::Success, "{fault:?}");
        world.assert_agreement();
    }
}

#[tokio::test]
async fn a_token_revoked_in_mid_run_is_refreshed_or_told() {
    for has_refresh in [true, false] {
        let world = World::new(300);
        let settings = world.smarthr.world().settings.clone();
        if has_refresh {
            world.set_secret(&oauth_secret(&settings, &settings.token, "2030-01-01T00:00:00Z", "emc-token"));
        }
        world.smarthr.inject(Rule::new(CREWS, Fault::RevokeToken).page(2));
        let answer = world.sync().await;
        if has_refresh {
            assert_eq!(answer.outcome, Outcome::Success, "{:?}", answer.errors);
            world.assert_agreement();
        } else {
            assert_eq!(codes(&answer.errors), ["SMARTHR_UNAUTHORIZED"]);
            assert_eq!((world.emc.imports().len(), world.read("snapshot.json")), (0, None));
        }
    }
}

#[tokio::test]
async fn an_endless_next_is_cut_where_the_count_is_known() {
    let world = World::new(150);
    world.smarthr.inject(Rule::new(CREWS, Fault::EndlessNext).always());
    let answer = world.sync().await;
    assert!(world.smarthr.count(CREWS) < 20, "{}", world.smarthr.count(CREWS));
    assert!(matches!(answer.outcome, Outcome::Success | Outcome::Failure));
    if answer.outcome == Outcome::Success {
        world.assert_agreement();
    }
}

#[tokio::test]
async fn an_answer_of_emc_beyond_all_bounds_is_refused_and_settled() {
    let world = World::new(20);
    let body = "#".repeat(33 << 20);
    let fault = EmcFault::Answer { status: 200, content_type: "application/json".into(), body };
    world.emc.inject(Rule::new("/v1/imports/*", fault).method("PUT").always());
    let answer = world.sync().await;
    assert_eq!((codes(&answer.errors), answer.code.as_str()), (vec!["EMC_BODY"], "EMC-ERROR-E(EMC NG)"));
    assert_eq!((world.read("pending.json"), world.read("snapshot.json")), (None, None));
}

#[tokio::test]
async fn a_silent_smarthr_does_not_outlast_the_invocation() {
    for path in ["/api/v1/crews", "/api/v1/departments"] {
        let mut world = World::new(20);
        world.time = std::time::Duration::from_secs(2);
        world.smarthr.inject(Rule::new(path, Fault::Delay { ms: 30_000 }).always());
        let start = std::time::Instant::now();
        let answer = world.sync().await;
        assert!(start.elapsed() < std::time::Duration::from_mins(1), "{:?}", start.elapsed());
        assert_eq!(codes(&answer.errors), ["SMARTHR_UNREACHABLE"]);
        assert_eq!((world.mails().len(), world.read("pending.json")), (1, None));
    }
}

/// Right answers, but for their size: read to the end they would be taken.
#[tokio::test]
async fn a_right_answer_beyond_its_bound_is_refused_wherever_it_comes_from() {
    let padded = |text: &str, mebibytes: usize| format!("{text}{}", " ".repeat(mebibytes << 20));
    let smarthr = |body: String| Fault::Answer { status: 200, content_type: "application/json".into(), body };

    for path in ["/api/v1/crews", "/api/v1/departments", "/api/v1/crew_custom_field_templates"] {
        let world = World::new(20);
        world.smarthr.inject(Rule::new(path, smarthr(padded("[]", 9))).always());
        assert_eq!(codes(&world.sync().await.errors), ["SMARTHR_BODY"], "{path}");
    }

    let world = World::new(20);
    let settings = world.smarthr.world().settings.clone();
    world.set_secret(&oauth_secret(&settings, "stale", "2020-01-01T00:00:00Z", "emc-token"));
    let tokens = r#"{"access_token":"smarthr-token","token_type":"Bearer","expires_in":7200,"refresh_token":"r"}"#;
    world.smarthr.inject(Rule::new("/oauth/token", smarthr(padded(tokens, 2))).always());
    let refused = world.sync().await;
    assert_eq!(refused.outcome, Outcome::Failure, "{:?}", refused.errors);
    world.smarthr.clear_faults();
    world.smarthr.inject(Rule::new("/oauth/token", smarthr(tokens.to_owned())).always());
    assert_eq!(world.sync().await.outcome, Outcome::Success, "the same answer in its own size");

    let world = World::new(20);
    let words = padded(r#"{"search_words":[]}"#, 17);
    let fault = EmcFault::Answer { status: 200, content_type: "application/json".into(), body: words };
    world.emc.inject(Rule::new("/v1/search-words", fault).always());
    assert_eq!(codes(&world.sync().await.errors), ["EMC_BODY"]);
}
