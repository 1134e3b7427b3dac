//! Requests, size and time of each page over an old and large tenant, for docs/PERFORMANCE.md:
//! `cargo test -p pages --test pages figures -- --ignored --nocapture`.

#![expect(clippy::print_stdout, reason = "the table is what the test is for")]

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan};
use link::compare::{Approval, HoldReason};
use link::state::{RunId, Trigger};
use link::time::date_of;
use serde_json::json;

use crate::bounded::{Counted, old_tenant, open};
use crate::stage::Stage;

/// Requests to AWS that a page may send.
const MOST: usize = 40;
/// What a request to S3 takes within its region.
const LATENCY: Duration = Duration::from_millis(15);
const PEOPLE: u32 = 100_000;
const DELETED: u32 = 60_000;
const LEFT_OUT: u32 = 10_000;
/// What Lambda answers at most, in base64.
const ANSWER: usize = 6_000_000;

fn crew(number: u32) -> String {
    format!("{:08x}-1111-2222-3333-{number:012x}", number.wrapping_mul(2_654_435_761))
}

/// A snapshot of 100,000 people, and a held run that would delete 60,000 of them and leaves 10,000 out.
async fn large(state: &Counted, now: Timestamp) -> RunId {
    let ids: Vec<_> = (0..PEOPLE).map(|at| json!({"id": format!("A{at:06}"), "crew": crew(at)})).collect();
    let part = json!({"received": 0, "valid": 0, "digest": "", "ids": [], "sources": {}});
    let users = json!({"received": PEOPLE, "valid": PEOPLE, "digest": "x", "ids": ids, "filled": {"氏名": PEOPLE}});
    let snapshot =
        json!({"version": 1, "run_id": "x", "taken_at": now.to_string(), "departments": part, "users": users});
    let start = now - Duration::from_mins(10);
    let id = RunId::new(start, &Trigger::Invocation("held".to_owned()));
    let folder = format!("runs/{}/{id}", date_of(start));
    let counts = json!({"previous_total": PEOPLE, "previous_valid": PEOPLE, "received_total": PEOPLE - DELETED,
        "received_valid": PEOPLE - DELETED, "created": 0, "updated": PEOPLE - DELETED, "deleted": DELETED, "changed": true});
    let reason = HoldReason::UserDeletions { deletions: u64::from(DELETED), previous: u64::from(PEOPLE) };
    let report = json!({
        "run_id": id.as_str(), "tenant": "acme", "mode": "sync", "outcome": "held", "code": "EMC-HOLD(Delete NG)",
        "started_at": start.to_string(), "finished_at": now.to_string(), "counts": {"departments": counts, "users": counts},
        "errors": [], "warnings": [], "drift": [],
        "hold": {"reasons": [reason], "since": date_of(start).to_string(), "days": 1, "approve_until": (now + 24.hours()).to_string()},
    });
    let line = |number: u32, action: &str, reason: &str| {
        format!(
            "社員,A{number:06},{action},{reason},http://127.0.0.1:1/crews/{},第{}営業部(A{})\r\n",
            crew(number),
            number % 300,
            number % 300
        )
    };
    let header = "\u{feff}対象,ID,処理,理由,SmartHR,所属部署\r\n";
    let list = |count: u32, action: &str, reason: &str| -> String {
        std::iter::once(header.to_owned()).chain((0..count).map(|number| line(number, action, reason))).collect()
    };
    let mut objects = state.objects.lock().await;
    let mut put = |key: String, body: String| {
        objects.insert(key, (0, body.into()));
    };
    put("snapshot.json".to_owned(), snapshot.to_string());
    put(format!("{folder}/plan.csv"), list(DELETED, "削除", "SmartHRの従業員一覧に居ません"));
    put(format!("{folder}/left-out.csv"), list(LEFT_OUT, "対象外", "連携対象の範囲外です(雇用形態)"));
    put(format!("{folder}/hold.json"), json!({"approval": Approval::default()}).to_string());
    put(format!("{folder}/report.json"), report.to_string());
    id
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute; for docs/PERFORMANCE.md"]
async fn figures_of_an_old_and_large_tenant() {
    let stage = Stage::set().await;
    let state = Counted { latency: LATENCY, ..Counted::default() };
    let now = Timestamp::now();
    old_tenant(&state, now).await;
    let held = large(&state, now).await;
    for file in ["config.toml", "mapping.csv"] {
        state.objects.lock().await.insert(file.into(), (0, stage.file(file).unwrap().into()));
    }
    let (platform, visitor) = open(&stage, state).await;
    let (from, to) = (date_of(now - 30 * 24.hours()), date_of(now));
    let (long, run) = (date_of(now - 91 * 24.hours()), format!("/runs/{held}"));
    let pages: Vec<(String, bool)> = [
        ("/".to_owned(), true),
        ("/ ".to_owned(), true),
        ("/runs".to_owned(), true),
        ("/runs?outcome=held".to_owned(), true),
        (run.clone(), true),
        (format!("{run}/approve"), true),
        (format!("{run}/approve?q=A0599"), true),
        ("/people?list=registered".to_owned(), true),
        ("/people?list=deleted&page=300".to_owned(), true),
        ("/people?list=left-out&q=A00999".to_owned(), true),
        ("/sheet".to_owned(), true),
        ("/connection".to_owned(), true),
        ("/audit".to_owned(), true),
        ("/export".to_owned(), true),
        ("/privacy".to_owned(), true),
        (format!("{run}/plan.csv"), true),
        (format!("{run}/plan.xlsx?part=1"), true),
        (format!("/export/audit?from={from}&to={to}&format=csv"), false),
        (format!("/export/audit?from={long}&to={to}&format=xlsx"), false),
        (format!("/export/runs?from={long}&to={to}&format=csv"), false),
    ]
    .into();
    println!("| page | requests | KB as sent | time, ms |\n| --- | ---: | ---: | ---: |");
    for (path, is_page) in pages {
        let before = platform.state.requests.load(Ordering::Relaxed);
        let started = Instant::now();
        let request = visitor.request(reqwest::Method::GET, path.trim()).header("accept-encoding", "gzip");
        let response = request.send().await.unwrap();
        let status = response.status();
        let sent = response.bytes().await.unwrap().len();
        let time = started.elapsed().as_millis();
        let requests = platform.state.requests.load(Ordering::Relaxed) - before;
        let shown = path
            .replace(held.as_str(), "{id}")
            .replace(&from.to_string(), "…")
            .replace(&long.to_string(), "…")
            .replace(&to.to_string(), "…");
        println!(
            "| `{}`{} | {requests} | {} | {time} |",
            shown.trim(),
            if shown.ends_with(' ') { " again" } else { "" },
            sent.div_ceil(1_024)
        );
        assert_eq!(status, 200, "{path}");
        assert!(!is_page || requests <= MOST, "{path} sent {requests} requests");
        assert!(sent * 4 / 3 < ANSWER, "{path} has {sent} bytes");
    }
}
