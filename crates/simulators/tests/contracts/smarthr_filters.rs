//! `GET /api/v1/crews` with its parameters, and a server that does not know them.

use std::collections::HashSet;

use simulators::company::{Company, Event, Retired, Status};
use simulators::http::Rule;
use simulators::smarthr::{Fault, SmartHr, SmartHrSettings};

use super::support::{get, header, ids, json};

const CREWS: &str = "/api/v1/crews";

fn smarthr(employees: usize, retired: Retired) -> SmartHr {
    let company = Company::generate_with(3, employees, retired);
    SmartHr::start(company, SmartHrSettings::default().without_limits()).unwrap()
}

async fn total(smarthr: &SmartHr, query: &str) -> usize {
    let response = get(smarthr, &format!("{CREWS}?fields=id&{query}")).await;
    assert_eq!(response.status(), 200, "{query}");
    header(&response, "x-total-count").parse().unwrap()
}

#[tokio::test]
async fn each_status_has_its_list_and_together_they_are_everybody() {
    let smarthr = smarthr(200, Retired::PerPerson(3));
    let employed = ids(&smarthr, &format!("{CREWS}?emp_status=employed&per_page=100&fields=id")).await;
    let absent = ids(&smarthr, &format!("{CREWS}?emp_status=absent&per_page=100&fields=id")).await;
    assert_eq!(employed.len() + absent.len(), 200);
    assert!(!absent.is_empty());
    assert_eq!(total(&smarthr, "emp_status=retired").await, 600);
    assert_eq!(total(&smarthr, "").await, 800);
    let listed: HashSet<_> = employed.iter().chain(&absent).cloned().collect();
    let active = smarthr.look(|company| company.active().map(|person| person.id.clone()).collect::<HashSet<_>>());
    assert_eq!(listed, active);
}

#[tokio::test]
async fn a_word_that_is_no_status_is_refused() {
    let smarthr = smarthr(10, Retired::Count(0));
    for query in ["emp_status=employed,absent", "emp_status=seconded", "gender=other", "entered_at_from=yesterday"] {
        let refused = get(&smarthr, &format!("{CREWS}?{query}")).await;
        assert_eq!((refused.status().as_u16(), &json(refused).await["code"]), (400, &serde_json::json!(1)), "{query}");
    }
    // As in Rails, an empty value is none.
    assert_eq!(total(&smarthr, "emp_status=&id=").await, 10);
}

#[tokio::test]
async fn people_are_found_by_id_number_and_address() {
    let smarthr = smarthr(120, Retired::Count(40));
    let wanted = smarthr.look(|company| company.people.iter().take(100).map(|p| p.id.clone()).collect::<Vec<_>>());
    let found = ids(&smarthr, &format!("{CREWS}?id={}&per_page=100&fields=id", wanted.join(","))).await;
    assert_eq!(found.iter().collect::<HashSet<_>>(), wanted.iter().collect());
    let too_many = format!("{CREWS}?id={},one-more", wanted.join(","));
    assert_eq!(get(&smarthr, &too_many).await.status(), 400);
    assert_eq!(total(&smarthr, "id=none,nobody").await, 0);

    let code = smarthr.look(|company| company.people[0].emp_code.clone().unwrap());
    assert!(total(&smarthr, &format!("emp_code={code}")).await >= 1);
    assert_eq!(total(&smarthr, "emp_code=no-such").await, 0);
    let one = json(get(&smarthr, &format!("{CREWS}/{}?fields=emp_code", wanted[0])).await).await;
    assert_eq!((one["id"].as_str(), one["emp_code"].as_str()), (Some(wanted[0].as_str()), Some(code.as_str())));
    assert_eq!(one.as_object().unwrap().len(), 2);
    let gone = get(&smarthr, &format!("{CREWS}/no-such")).await;
    assert_eq!(gone.status(), 404);
    assert_eq!(json(gone).await["code"], 4);
}

#[tokio::test]
async fn the_other_parameters_narrow_the_list() {
    let smarthr = smarthr(300, Retired::Count(30));
    let company = smarthr.look(Clone::clone);
    let count = |test: &dyn Fn(&simulators::company::Person) -> bool| company.people.iter().filter(|p| test(p)).count();
    let kind = &company.employment_types[1].id;
    let both = format!("employment_type_id={kind},{}", company.employment_types[2].id);
    let in_kind = |at: usize| count(&|p| p.employment_type.as_ref() == Some(&company.employment_types[at].id));
    assert_eq!(total(&smarthr, &both).await, in_kind(1) + in_kind(2));
    let department = &company.departments[0].id;
    let inside = count(&|p| p.departments.iter().flatten().any(|own| own == department));
    assert_eq!(total(&smarthr, &format!("department_id={department}")).await, inside);
    let title = &company.job_titles[8].id;
    let titled = count(&|p| p.positions.iter().flatten().any(|own| own == title));
    assert_eq!(total(&smarthr, &format!("position_id={title}")).await, titled);
    assert_eq!(total(&smarthr, "gender=female").await, count(&|p| p.gender == Some("female")));
    let days = |p: &simulators::company::Person| {
        p.entered_at.as_deref().is_some_and(|day| ("2000-01-01"..="2010-12-31").contains(&day))
    };
    assert_eq!(total(&smarthr, "entered_at_from=2000-01-01&entered_at_to=2010-12-31").await, count(&days));
    let left = count(&|p| p.resigned_at.as_deref().is_some_and(|day| day <= "2020-12-31"));
    assert_eq!(total(&smarthr, "resigned_at_to=2020-12-31").await, left);
    let person = company.active().find(|p| !p.last_name.is_empty()).unwrap();
    let asked = reqwest::Url::parse_with_params("http://x/", [("q", &person.last_name)]).unwrap();
    let found = total(&smarthr, asked.query().unwrap()).await;
    assert!(found >= 1 && found < company.people.len());
    assert_eq!(total(&smarthr, "user_id=7c1d6b2e").await, 0);
}

#[tokio::test]
async fn a_parameter_that_the_server_does_not_know_changes_nothing() {
    let smarthr = smarthr(20, Retired::Count(20));
    for parameter in ["emp_status", "id", "emp_code"] {
        smarthr.adjust(|settings| _ = settings.ignored_parameters.insert(parameter.to_owned()));
    }
    for query in ["emp_status=employed", "emp_status=nonsense", "id=none", "emp_code=none"] {
        assert_eq!(total(&smarthr, query).await, 40, "{query}");
    }
}

#[tokio::test]
async fn an_unlisted_person_is_found_by_who_asks_for_just_them() {
    let smarthr = smarthr(30, Retired::Count(0));
    let (id, code) = smarthr.change(|company| {
        let id = company.active_ids(1).remove(0);
        company.unlist(std::slice::from_ref(&id));
        (id.clone(), company.person(&id).unwrap().emp_code.clone().unwrap())
    });
    assert_eq!(total(&smarthr, "").await, 29);
    assert_eq!(total(&smarthr, &format!("id={id}")).await, 1);
    assert_eq!(total(&smarthr, &format!("emp_code={code}")).await, 1);
    assert_eq!(get(&smarthr, &format!("{CREWS}/{id}")).await.status(), 200);
    smarthr.change(Company::list_again);
    assert_eq!(total(&smarthr, "").await, 30);
}

#[tokio::test]
async fn the_company_changes_between_two_pages() {
    let smarthr = smarthr(250, Retired::Count(0));
    let path = format!("{CREWS}?emp_status=employed&per_page=100&fields=id");
    let before = ids(&smarthr, &path).await;
    // The first takes leave after page 1 was read: the 101st moves up to page 1 and is in neither page.
    let rule = Rule::new(CREWS, Fault::FrontBecomes { n: 1, status: Status::Absent });
    smarthr.inject(rule.query("emp_status=employed").page(2));
    let shifted = ids(&smarthr, &path).await;
    assert!(!shifted.contains(&before[100]));
    assert!(ids(&smarthr, &path).await.contains(&before[100]));
    let absent = ids(&smarthr, &format!("{CREWS}?emp_status=absent&per_page=100&fields=id")).await;
    assert!(absent.contains(&before[0]));

    smarthr.inject(Rule::new(CREWS, Fault::Meanwhile { events: vec![Event::Reorder] }).page(2));
    let reordered = ids(&smarthr, &path).await;
    let distinct: HashSet<_> = reordered.iter().collect();
    assert!(distinct.len() < reordered.len(), "some come twice, others not at all");

    let person = before[5].clone();
    let events = vec![Event::Remove { ids: vec![person.clone()] }, Event::Hire { n: 2 }];
    smarthr.inject(Rule::new(CREWS, Fault::Meanwhile { events }).query("emp_status=absent"));
    let count = smarthr.look(|company| company.people.len());
    ids(&smarthr, &path).await;
    assert_eq!(smarthr.look(|company| company.people.len()), count);
    get(&smarthr, &format!("{CREWS}?emp_status=absent")).await;
    assert_eq!(smarthr.look(|company| company.people.len()), count + 1);
    assert!(smarthr.look(|company| company.person(&person).is_none()));
}

#[tokio::test]
async fn a_department_is_made_between_two_requests() {
    let smarthr = smarthr(30, Retired::Count(0));
    let list = "/api/v1/departments?per_page=100";
    let person = smarthr.look(|company| company.active_ids(1).remove(0));
    let events = vec![Event::OpenDepartmentFor { ids: vec![person.clone()] }];
    smarthr.inject(Rule::new(CREWS, Fault::Meanwhile { events }));
    let before = ids(&smarthr, list).await;
    let crew = json(get(&smarthr, &format!("{CREWS}?id={person}&fields=departments")).await).await;
    let department = crew[0]["departments"][0]["id"].as_str().unwrap().to_owned();
    assert!(!before.contains(&department));
    assert!(ids(&smarthr, list).await.contains(&department));
}

#[tokio::test]
async fn rules_over_events_come_over_http_too() {
    let smarthr = smarthr(3, Retired::Count(0));
    let id = smarthr.look(|company| company.active_ids(1).remove(0));
    let rule = serde_json::json!({
        "path": CREWS, "query": "emp_status=absent&page=1",
        "fault": { "kind": "meanwhile", "events": [{ "event": "become", "ids": [id], "status": "retired" }] },
    });
    let added = super::support::client().post(smarthr.base_url() + "/_sim/faults").body(rule.to_string());
    assert_eq!(json(added.send().await.unwrap()).await["added"], 1);
    assert_eq!(total(&smarthr, "emp_status=employed").await, 2);
    get(&smarthr, &format!("{CREWS}?emp_status=absent")).await;
    assert_eq!(total(&smarthr, "emp_status=retired").await, 1);
}

#[tokio::test]
async fn unrest_leaves_a_company_that_can_be_linked() {
    let smarthr = smarthr(120, Retired::PerPerson(1));
    smarthr.inject(Rule::new(CREWS, Fault::Unrest { events: 5 }).always());
    for _ in 0..100 {
        get(&smarthr, &format!("{CREWS}?emp_status=employed&per_page=100&fields=id")).await;
    }
    let happened = smarthr.world().happened.clone();
    assert_eq!(happened.len(), 500);
    let has = |test: fn(&Event) -> bool| happened.iter().any(|one| test(&one.event));
    assert!(has(|event| matches!(event, Event::Become { status: Status::Retired, .. })));
    assert!(has(|event| matches!(event, Event::Rehire { .. })));
    assert!(has(|event| matches!(event, Event::Unlist { .. })));
    assert!(has(|event| matches!(event, Event::Remove { .. })));
    let joined = happened.iter().find(|one| matches!(one.event, Event::HireAtFront { .. })).unwrap();
    assert!(!joined.new.is_empty());
    smarthr.look(|company| {
        let mut numbers: Vec<_> = company.active().map(|person| person.emp_code.clone().unwrap()).collect();
        let mut addresses: Vec<_> = company.active().map(|person| person.email.clone().unwrap()).collect();
        let count = numbers.len();
        numbers.sort();
        numbers.dedup();
        addresses.sort();
        addresses.dedup();
        assert_eq!((numbers.len(), addresses.len()), (count, count));
        assert!(count > 60, "{count} are left");
        assert!(company.active().all(|person| person.last_name_yomi.is_some()));
    });
}

#[tokio::test]
async fn another_process_makes_events_happen_and_sets_behaviour() {
    let smarthr = smarthr(4, Retired::Count(3));
    let post = async |path: &str, body: String| {
        json(super::support::client().post(smarthr.base_url() + path).body(body).send().await.unwrap()).await
    };
    let mut ids = smarthr.look(|company| company.active_ids(2));
    let (one, other) = (ids.remove(0), ids.remove(0));
    let numbers = || smarthr.look(|c| [&one, &other].map(|id| c.person(id).unwrap().emp_code.clone()));
    let before = numbers();
    let exchange = serde_json::json!({ "event": "exchange_numbers", "one": one, "other": other });
    post("/_sim/company/events", exchange.to_string()).await;
    assert_eq!(numbers(), [before[1].clone(), before[0].clone()]);
    let hired = post("/_sim/company/events?import=1", r#"[{"event":"hire","n":2}]"#.to_owned()).await;
    assert_eq!(hired["ids"].as_array().unwrap().len(), 2);
    assert!(post("/_sim/company/events", r#"{"event":"dance"}"#.to_owned()).await["error"].is_string());

    assert_eq!(total(&smarthr, "emp_status=retired").await, 3);
    post("/_sim/behaviour?set=ignore%3Demp_status", String::new()).await;
    assert_eq!(total(&smarthr, "emp_status=retired").await, 9);
    post("/_sim/behaviour?set=null%3Demp_status", String::new()).await;
    assert!(json(get(&smarthr, CREWS).await).await[0]["emp_status"].is_null());
    assert!(post("/_sim/behaviour?set=sleep", String::new()).await["error"].is_string());
    let back = super::support::client().delete(smarthr.base_url() + "/_sim/behaviour").send().await.unwrap();
    assert_eq!(back.status(), 200);
    assert_eq!(total(&smarthr, "emp_status=retired").await, 3);
    let webhooks = json(get(&smarthr, "/_sim/webhooks").await).await;
    assert_eq!((webhooks["pending"].as_u64(), webhooks["deliveries"].as_array().map(Vec::len)), (Some(0), Some(0)));
}
