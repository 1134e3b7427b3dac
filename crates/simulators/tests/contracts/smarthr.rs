use std::collections::HashSet;
use std::time::{Duration, Instant};

use simulators::company::Company;
use simulators::http::Rule;
use simulators::smarthr::{Fault, SmartHr, SmartHrSettings};

use super::support::{client, get, header, ids, json};

fn smarthr(employees: usize) -> SmartHr {
    SmartHr::start(Company::generate(3, employees), SmartHrSettings::default().without_limits()).unwrap()
}

#[tokio::test]
async fn pages_lead_through_everyone_once() {
    let smarthr = smarthr(250);
    let all = ids(&smarthr, "/api/v1/crews?per_page=100&fields=id&sort=id").await;
    assert_eq!(all.len(), 258);
    assert!(all.is_sorted());
    assert_eq!(smarthr.count("/api/v1/crews"), 3);

    let response = get(&smarthr, "/api/v1/crews").await;
    assert_eq!(header(&response, "x-total-count"), "258");
    assert_eq!((header(&response, "x-page"), header(&response, "x-per-page")), ("1", "10"));
    assert!(header(&response, "link").contains("/api/v1/crews?page=26>; rel=\"last\""));
    assert_eq!(json(get(&smarthr, "/api/v1/crews?page=99").await).await, serde_json::json!([]));
    let refused = get(&smarthr, "/api/v1/crews?per_page=101").await;
    assert_eq!(refused.status(), 400);
    assert_eq!(json(refused).await["code"], 1);
    let unknown = client().get(smarthr.base_url() + "/api/v1/crews").bearer_auth("other").send().await.unwrap();
    assert_eq!(unknown.status(), 401);
    assert_eq!(header(&unknown, "x-rate-limit-remaining"), "4999");
    assert_eq!(json(unknown).await["type"], "unauthorized_token");
}

#[tokio::test]
async fn fields_decide_what_leaves_smarthr() {
    let smarthr = smarthr(30);
    let few = json(get(&smarthr, "/api/v1/crews?fields=emp_code,departments,custom_fields").await).await;
    let keys: HashSet<_> = few[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, HashSet::from(["id", "emp_code", "departments", "custom_fields"].map(str::to_owned)));
    let all = json(get(&smarthr, "/api/v1/crews").await).await;
    assert!(all[0].as_object().unwrap().len() > 130);
    let again = json(get(&smarthr, "/api/v1/crews").await).await;
    assert_ne!(all[0]["profile_images"], again[0]["profile_images"]);
    assert_eq!(all[0]["emp_code"], again[0]["emp_code"]);

    smarthr.adjust(|settings| {
        settings.hidden_as_null.insert("emp_code".into());
        settings.hidden_as_absent.insert("email".into());
    });
    let hidden = json(get(&smarthr, "/api/v1/crews?fields=emp_code,email").await).await;
    assert!(hidden[0]["emp_code"].is_null() && hidden[0].as_object().unwrap().contains_key("emp_code"));
    assert!(!hidden[0].as_object().unwrap().contains_key("email"));
}

#[tokio::test]
async fn departments_are_a_flat_list_with_nested_parents() {
    let smarthr = smarthr(600);
    let total = smarthr.world().company().departments.len();
    let all = json(get(&smarthr, "/api/v1/departments?per_page=100").await).await;
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), total);
    let deep =
        all.iter().find(|department| department["full_name"].as_str().unwrap().matches('/').count() == 4).unwrap();
    assert_eq!(deep["parent"]["parent"]["parent"]["parent"]["code"], "1");
    for path in ["biz_establishments", "employment_types", "job_titles", "grades", "job_categories"] {
        let masters = json(get(&smarthr, &format!("/api/v1/{path}?per_page=100")).await).await;
        assert!(masters.as_array().unwrap().len() >= 5, "{path}");
    }
    let templates = json(get(&smarthr, "/api/v1/crew_custom_field_templates").await).await;
    assert!(templates.as_array().unwrap().iter().any(|template| template["elements"][0]["physical_name"].is_string()));
    assert!(json(get(&smarthr, "/api/v1/users/me").await).await["email"].is_string());
}

#[tokio::test]
async fn the_eleventh_request_of_a_second_is_refused() {
    let smarthr = SmartHr::start(Company::generate(3, 5), SmartHrSettings::default()).unwrap();
    for _ in 0..10 {
        assert_eq!(get(&smarthr, "/api/v1/grades").await.status(), 200);
    }
    let refused = get(&smarthr, "/api/v1/grades").await;
    assert_eq!(refused.status(), 429);
    assert_eq!(header(&refused, "x-rate-limit-reset"), "1");
    assert_eq!(json(refused).await["code"], 6);
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert_eq!(get(&smarthr, "/api/v1/grades").await.status(), 200);
}

#[tokio::test]
async fn a_list_that_shifts_is_stable_afterwards() {
    let smarthr = smarthr(250);
    let path = "/api/v1/crews?per_page=100&fields=id";
    smarthr.inject(Rule::new("/api/v1/crews", Fault::Shift { insert: 1, remove: 0 }).page(2));
    let shifted = ids(&smarthr, path).await;
    assert_eq!(shifted.len(), 259);
    assert_eq!(shifted.iter().collect::<HashSet<_>>().len(), 258, "one is there twice");
    smarthr.inject(Rule::new("/api/v1/crews", Fault::Shift { insert: 0, remove: 1 }).page(2));
    let shifted = ids(&smarthr, path).await;
    assert_eq!(shifted.len(), 258, "one fewer than the first page announced");
    let stable = ids(&smarthr, path).await;
    assert_eq!(stable.iter().collect::<HashSet<_>>().len(), 258);
    assert_ne!(stable, shifted);
    smarthr.inject(Rule::new("/api/v1/departments", Fault::Shift { insert: 1, remove: 0 }));
    let before = smarthr.world().company().departments.len();
    assert_eq!(ids(&smarthr, "/api/v1/departments?per_page=100").await.len(), before + 1);
}

#[tokio::test]
async fn faults_strike_where_they_should() {
    let smarthr = smarthr(60);
    let crews = "/api/v1/crews";
    smarthr.inject(Rule::new(crews, Fault::Html { status: 502 }).after(1));
    assert_eq!(get(&smarthr, crews).await.status(), 200);
    let html = get(&smarthr, crews).await;
    assert_eq!((html.status().as_u16(), header(&html, "content-type")), (502, "text/html; charset=utf-8"));
    assert_eq!(get(&smarthr, crews).await.status(), 200);

    smarthr.inject(Rule::new(crews, Fault::Maintenance));
    assert_eq!(json(get(&smarthr, crews).await).await["code"], 9);
    smarthr.inject(Rule::new(crews, Fault::InactiveSubdomain));
    assert!(get(&smarthr, crews).await.text().await.unwrap().contains("inactive"));
    smarthr.inject(Rule::new(crews, Fault::LoginRedirect));
    assert_eq!(get(&smarthr, crews).await.status(), 302);
    smarthr.inject(Rule::new(crews, Fault::TooManyRequests { retry_after: Some(2), reset: 2 }));
    assert_eq!(header(&get(&smarthr, crews).await, "retry-after"), "2");
    smarthr.inject(Rule::new(crews, Fault::NoTotalCount));
    assert!(!get(&smarthr, crews).await.headers().contains_key("x-total-count"));
    smarthr.inject(Rule::new(crews, Fault::EndlessNext));
    let endless = get(&smarthr, "/api/v1/crews?page=1").await;
    assert!(header(&endless, "link").contains("rel=\"next\""));
    smarthr.inject(Rule::new(crews, Fault::EndlessNext));
    let endless = get(&smarthr, "/api/v1/crews?page=900").await;
    assert!(header(&endless, "link").contains("page=901>; rel=\"next\""));
    assert!(!json(endless).await.as_array().unwrap().is_empty());

    smarthr.inject(Rule::new(crews, Fault::HalfBody));
    let half = get(&smarthr, crews).await;
    assert_eq!(half.status(), 200);
    assert!(half.text().await.is_err());
    smarthr.inject(Rule::new(crews, Fault::Reset));
    assert!(client().get(smarthr.base_url() + crews).bearer_auth("smarthr-token").send().await.is_err());
    assert_eq!(smarthr.world().requests.all().last().unwrap().status, 0);
    smarthr.inject(Rule::new(crews, Fault::Garbage { megabytes: 2 }));
    assert_eq!(get(&smarthr, crews).await.text().await.unwrap().len(), 2 << 20);
    smarthr.inject(Rule::new(crews, Fault::Drip { piece: 4_000, ms: 10 }));
    let began = Instant::now();
    assert!(json(get(&smarthr, crews).await).await.is_array());
    assert!(began.elapsed() > Duration::from_millis(30));
    smarthr.inject(Rule::new(crews, Fault::RevokeToken));
    assert_eq!(get(&smarthr, crews).await.status(), 401);
    assert_eq!(get(&smarthr, crews).await.status(), 401);
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let smarthr = smarthr(5);
    let renew = async |token: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", "emc-link"),
            ("client_secret", "emc-link-secret"),
        ];
        client().post(smarthr.base_url() + "/oauth/token").form(&form).send().await.unwrap()
    };
    let issued = json(renew("refresh-0").await).await;
    assert_eq!(json(renew("refresh-0").await).await["error"], "invalid_grant");
    let access = issued["access_token"].as_str().unwrap();
    let url = smarthr.base_url() + "/api/v1/crews";
    assert_eq!(client().get(&url).bearer_auth(access).send().await.unwrap().status(), 200);
    assert_eq!(renew(issued["refresh_token"].as_str().unwrap()).await.status(), 200);

    let page = "/oauth/authorization?client_id=emc-link&response_type=code&state=s%201&redirect_uri=http%3A%2F%2Fx.test%2Fback";
    let allowed = client().get(smarthr.base_url() + page).send().await.unwrap();
    let location = header(&allowed, "location").to_owned();
    assert!(location.starts_with("http://x.test/back?code=") && location.ends_with("&state=s%201"), "{location}");
    let code = location.split(['=', '&']).nth(1).unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://x.test/back"),
        ("client_id", "emc-link"),
        ("client_secret", "emc-link-secret"),
    ];
    let token = smarthr.base_url() + "/oauth/token";
    assert_eq!(client().post(&token).form(&form).send().await.unwrap().status(), 200);
    assert_eq!(client().post(&token).form(&form).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn another_process_can_steer() {
    let smarthr = smarthr(50);
    let post = async |path: &str, body: &str| {
        let request = client().post(smarthr.base_url() + path).body(body.to_owned());
        json(request.send().await.unwrap()).await
    };
    assert_eq!(post("/_sim/company/hide?fraction=0.5", "").await["hidden"], 25);
    assert_eq!(smarthr.world().company().active().count(), 25);
    post("/_sim/company/restore", "").await;
    let rule = r#"{"path":"/api/v1/crews","times":2,"fault":{"kind":"error","status":500}}"#;
    assert_eq!(post("/_sim/faults", rule).await["added"], 1);
    assert_eq!(get(&smarthr, "/api/v1/crews").await.status(), 500);
    let requests = json(get(&smarthr, "/_sim/requests").await).await;
    assert_eq!((requests.as_array().unwrap().len(), &requests[0]["status"]), (1, &serde_json::json!(500)));
}

#[test]
fn a_server_gives_its_port_back() {
    let first = smarthr(1);
    let port = first.base_url().rsplit(':').next().unwrap().parse().unwrap();
    drop(first);
    let settings = SmartHrSettings { port, ..SmartHrSettings::default() };
    SmartHr::start(Company::generate(1, 1), settings).unwrap();
}
