//! What visitors, other sites and names in the data try.

use serde_json::json;

use crate::stage::{Stage, Visitor};

const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

#[tokio::test]
async fn a_form_without_the_sessions_own_token_does_nothing() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let others_token = stage.visitor().await.get("/").await.csrf();
    let own_token = visitor.get("/").await.csrf();
    let targets = [
        "/start/sync",
        "/start/preview",
        "/leave",
        "/connection/connect",
        "/connection/disconnect",
        "/connection/settings",
        "/connection/add",
        "/sheet/drafts/20261123T043112345-0f1e2d3c4b5a/adopt",
        "/sheet/history/20261123T043112345-0f1e2d3c4b5a/restore",
        "/runs/20261123T043112345-0f1e2d3c4b5a/approve",
    ];
    for path in targets {
        for form in [vec![], vec![("csrf", "")], vec![("csrf", others_token.as_str())]] {
            let page = visitor.post_as_is(path, &form).await;
            assert_eq!(page.status, 403, "{path} {form:?}");
        }
        for site in ["cross-site", "same-site"] {
            let request = visitor.request(reqwest::Method::POST, path).header("sec-fetch-site", site);
            let page = visitor.send(request.form(&[("csrf", own_token.as_str())])).await;
            assert_eq!(page.status, 403, "{path} {site}");
        }
    }
    let body = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--b--\r\n";
    let request = visitor.request(reqwest::Method::POST, "/sheet/upload");
    let request = request.header("content-type", "multipart/form-data; boundary=b").body(body);
    assert_eq!(visitor.send(request).await.status, 403);
    assert_eq!(stage.audited(), ["entered", "entered"]);
    assert_eq!(stage.smarthr.requests().len(), 0);
    assert_eq!(visitor.get("/").await.status, 200, "still inside");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_forbid_what_pages_never_do() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let mut stranger = Visitor::outside(&stage.base);
    for path in
        ["/", "/runs", "/sheet", "/connection", "/connection/add", "/audit", "/nothing", "/style.css", "/healthz"]
    {
        for visitor in [&mut visitor, &mut stranger] {
            let page = visitor.get(path).await;
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
            assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"));
            assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(page.header("referrer-policy"), "same-origin");
            assert!(page.header("strict-transport-security").contains("max-age="));
            if path != "/style.css" {
                assert_eq!(page.header("cache-control"), "no-store", "{path}");
            }
            for sign in ["<script", "javascript:", " style=", " onclick", "src=\"http", "href=\"//"] {
                assert!(!page.body.contains(sign), "{path}: {sign}");
            }
        }
    }
}

#[tokio::test]
async fn names_are_shown_and_never_run() {
    let stage = Stage::with(
        "acme",
        |company| {
            for id in company.active_ids(3) {
                let person = company.person_mut(&id).unwrap();
                person.last_name = EVIL.to_owned();
                person.last_name_yomi = None;
                person.emp_code = Some(EVIL.to_owned());
            }
        },
        |config| config,
    )
    .await;
    let mut visitor = Visitor::outside(&stage.base);
    let path = format!("/launch?token={}", stage.token(EVIL).await);
    assert_eq!(visitor.get(&path).await.status, 303);
    let config = stage.file("config.toml").unwrap().replace("みなと総合サービス株式会社", &EVIL.replace('"', "\\\""));
    stage.put("config.toml", config);
    let failed = visitor.run("sync").await;
    failed.says("失敗").says("&lt;script&gt;");
    for path in ["/", "/runs", "/audit", "/connection", "/sheet"] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{path}: {}", page.body);
        page.says("&lt;script&gt;");
    }
    assert!(!failed.body.contains("<script") && !failed.body.contains("<img"));
    // What is written into a form and shown again.
    let page = visitor.post("/connection/add", &[("company", EVIL), ("tenant", EVIL)]).await;
    assert_eq!(page.status, 422);
    assert!(!page.body.contains("<script") && page.body.contains("&lt;script&gt;"));
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    for path in [
        "/runs/..%2F..%2Fconfig.toml",
        "/runs/20261123T043112345-0f1e2d3c4b5a/..%2F..%2F..%2Fconfig.toml",
        "/runs/20261123T043112345-0f1e2d3c4b5a/config.toml",
        "/runs/20261123T043112345-0f1e2d3c4b5a/hold.json",
        "/sheet/drafts/..%2Fconfig",
        "/sheet/history/%2e%2e%2fconfig",
        "/progress/%0d%0aset-cookie:%20a=b",
        "/progress/..%2Fx",
        "//evil.example/",
    ] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.headers.get_all("set-cookie").iter().count(), 0);
        assert!(!page.body.contains("base_url"));
    }
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_and_no_header_is_split() {
    let stage = Stage::set().await;
    let token = stage.token("y").await;
    let mut visitor = Visitor::outside(&stage.base);
    let page = visitor.get(&format!("/launch?token={token}&next=https://evil.example/&redirect=//evil.example")).await;
    assert_eq!((page.status, page.location()), (303, "/"));
    // The address that SmartHR returns to is the site's own, whatever the request claims.
    let csrf = visitor.get("/").await.csrf();
    let request = visitor.request(reqwest::Method::POST, "/connection/connect");
    let request = request.header("x-forwarded-host", "evil.example").header("forwarded", "host=evil.example");
    let page = visitor.send(request.form(&[("csrf", csrf.as_str())])).await;
    assert_eq!(page.status, 303);
    assert!(page.location().starts_with(&format!("{}/oauth/authorization?", stage.smarthr.base_url())));
    assert!(!page.location().contains("evil"), "{}", page.location());
    let page = visitor.get("/smarthr/callback?state=a%0d%0aset-cookie:x=y&code=%0d%0a").await;
    assert_eq!(page.status, 400);
    assert_eq!(page.headers.get_all("set-cookie").iter().count(), 0);
}

#[tokio::test]
async fn broken_records_break_no_page() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
    let day = today.strftime("%Y-%m-%d").to_string();
    let id = format!("{}T010101001-0123456789ab", today.strftime("%Y%m%d"));
    for (file, text) in [("report.json", "{\"run_id\":1"), ("plan.csv", "\u{fffd}\"x,\n,,"), ("errors.csv", "")] {
        stage.put(&format!("runs/{day}/{id}/{file}"), text);
    }
    stage.put(&format!("runs/{day}/strange/report.json"), "x");
    stage.put(&format!("audit/{day}/{id}.json"), "[]");
    stage.put("connect/connection.json", "nonsense");
    for path in ["/", "/runs", &format!("/runs/{id}"), "/audit", "/connection"] {
        assert_eq!(visitor.get(path).await.status, 200, "{path}");
    }
    visitor.get(&format!("/runs/{id}")).await.says("記録されていないか、読み取れません");
    assert_eq!(visitor.get(&format!("/runs/{id}/approve")).await.status, 409);
    for (name, text) in [("config.toml", "company ="), ("mapping.csv", "x"), ("snapshot.json", "{")] {
        stage.put(name, text);
    }
    visitor.get("/connection").await.says("設定ファイルに誤りがあります");
    visitor.get("/sheet").await.says("現在のシートに誤りがある");
    assert_eq!(visitor.get("/").await.status, 200);
    stage.set_secret(&json!([]));
    visitor.get("/").await.says("シークレット");
}
