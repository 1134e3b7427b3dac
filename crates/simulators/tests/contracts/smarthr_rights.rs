//! What an account sees that has lost rights, and other forms that answers take.

use simulators::company::{Company, CustomKind, Status};
use simulators::smarthr::{DiscontinuedDepartments, LostAttribute, LostResource, SmartHr, SmartHrSettings};

use super::support::{get, json};

const CREWS: &str = "/api/v1/crews";
const MASTERS: [&str; 8] = [
    "biz_establishments",
    "employment_types",
    "job_titles",
    "grades",
    "job_categories",
    "recruitment_types",
    "crew_custom_field_templates",
    "crew_custom_field_template_groups",
];

fn smarthr(employees: usize) -> SmartHr {
    SmartHr::start(Company::generate(3, employees), SmartHrSettings::default().without_limits()).unwrap()
}

#[tokio::test]
async fn a_lost_attribute_is_null_or_absent_for_everybody() {
    let smarthr = smarthr(30);
    smarthr.lose_attribute("emp_status", LostAttribute::Null);
    let crews = json(get(&smarthr, &format!("{CREWS}?emp_status=employed&fields=emp_status")).await).await;
    assert!(
        crews.as_array().unwrap().iter().all(|crew| crew["emp_status"].is_null() && crew.get("emp_status").is_some())
    );
    smarthr.regain_all_rights();
    smarthr.lose_attribute("emp_status", LostAttribute::Absent);
    let crews = json(get(&smarthr, CREWS).await).await;
    assert!(crews.as_array().unwrap().iter().all(|crew| crew.get("emp_status").is_none()));
    smarthr.regain_all_rights();
    let crews = json(get(&smarthr, CREWS).await).await;
    assert!(crews.as_array().unwrap().iter().all(|crew| crew["emp_status"].is_string()));
}

#[tokio::test]
async fn a_lost_custom_field_is_null_or_absent_alone() {
    let smarthr = smarthr(30);
    let path = format!("{CREWS}?per_page=100&fields=custom_fields");
    let values = |crews: &serde_json::Value, name: &str| -> Vec<serde_json::Value> {
        let fields = crews.as_array().unwrap().iter().filter_map(|crew| crew["custom_fields"].as_array()).flatten();
        fields.filter(|field| field["template"]["name"] == name).map(|field| field["value"].clone()).collect()
    };
    smarthr.lose_attribute("custom_fields.個人携帯番号", LostAttribute::Null);
    smarthr.lose_attribute("custom_fields.通勤時間", LostAttribute::Absent);
    let crews = json(get(&smarthr, &path).await).await;
    let phones = values(&crews, "個人携帯番号");
    assert!(!phones.is_empty() && phones.iter().all(serde_json::Value::is_null));
    assert!(values(&crews, "通勤時間").is_empty());
    assert!(values(&crews, "入館証有効期限").iter().any(serde_json::Value::is_string));
}

#[tokio::test]
async fn one_person_may_be_unreadable_in_one_field() {
    let smarthr = smarthr(30);
    let id = smarthr.change(|company| {
        let id = company.active_ids(1).remove(0);
        company.make_unreadable(std::slice::from_ref(&id), &["emp_status"]);
        id
    });
    let crew = json(get(&smarthr, &format!("{CREWS}/{id}")).await).await;
    assert!(crew["emp_status"].is_null() && crew["last_name"].is_string());
    let crews = json(get(&smarthr, &format!("{CREWS}?per_page=100")).await).await;
    assert_eq!(crews.as_array().unwrap().iter().filter(|crew| crew["emp_status"].is_null()).count(), 1);
}

#[tokio::test]
async fn a_lost_resource_is_refused_or_empty() {
    let smarthr = smarthr(30);
    for resource in MASTERS.into_iter().chain(["departments", "crews"]) {
        let path = format!("/api/v1/{resource}?per_page=100");
        assert!(!json(get(&smarthr, &path).await).await.as_array().unwrap().is_empty(), "{resource}");
        smarthr.lose_resource(resource, LostResource::Empty);
        assert_eq!(json(get(&smarthr, &path).await).await, serde_json::json!([]), "{resource}");
        smarthr.lose_resource(resource, LostResource::Refused);
        let refused = get(&smarthr, &path).await;
        assert_eq!(
            (refused.status().as_u16(), &json(refused).await["code"]),
            (403, &serde_json::json!(3)),
            "{resource}"
        );
    }
    smarthr.regain_all_rights();
    smarthr.lose_resource("biz_establishments", LostResource::Empty);
    let crews = json(get(&smarthr, &format!("{CREWS}?per_page=100")).await).await;
    assert!(crews.as_array().unwrap().iter().any(|crew| crew["biz_establishment_id"].is_string()));
}

#[tokio::test]
async fn null_stands_in_any_list() {
    let smarthr = smarthr(30);
    smarthr.adjust(|settings| {
        settings.nulls_in = MASTERS.into_iter().chain(["departments", "crews"]).map(str::to_owned).collect();
    });
    for resource in MASTERS.into_iter().chain(["departments", "crews"]) {
        let response = get(&smarthr, &format!("/api/v1/{resource}?per_page=100")).await;
        let total: usize = super::support::header(&response, "x-total-count").parse().unwrap();
        let entries = json(response).await;
        let entries = entries.as_array().unwrap();
        assert_eq!(entries.len(), total + 1, "{resource}");
        assert!(!entries[0].is_null() && entries[1].is_null(), "{resource}");
    }
    let departments = json(get(&smarthr, "/api/v1/departments").await).await;
    assert!(departments[0]["children"].as_array().unwrap().contains(&serde_json::Value::Null));
    let templates = json(get(&smarthr, "/api/v1/crew_custom_field_templates").await).await;
    assert!(templates.as_array().unwrap().iter().any(|template| template["elements"][1].is_null()));
}

#[tokio::test]
async fn a_page_can_be_larger_than_eight_mebibytes() {
    let smarthr = smarthr(120);
    smarthr.adjust(|settings| settings.padding_per_crew = 84_000);
    let large = get(&smarthr, &format!("{CREWS}?per_page=100&fields=id")).await.bytes().await.unwrap();
    assert!(large.len() > 8 << 20);
    let smaller = get(&smarthr, &format!("{CREWS}?per_page=50&fields=id")).await.bytes().await.unwrap();
    assert!(smaller.len() < 8 << 20);
    assert!(serde_json::from_slice::<serde_json::Value>(&large).unwrap()[99]["id"].is_string());
}

#[tokio::test]
async fn no_total_count_where_the_settings_say_so() {
    let smarthr = smarthr(5);
    smarthr.adjust(|settings| settings.total_count = false);
    for path in [CREWS, "/api/v1/departments", "/api/v1/grades"] {
        assert!(!get(&smarthr, path).await.headers().contains_key("x-total-count"), "{path}");
    }
}

#[tokio::test]
async fn a_new_word_for_a_status_is_in_no_filtered_list() {
    let smarthr = smarthr(30);
    let id = smarthr.change(|company| {
        let ids = company.active_ids(1);
        company.set_status(&ids, Status::Seconded);
        ids.into_iter().next().unwrap()
    });
    let crew = json(get(&smarthr, &format!("{CREWS}?id={id}&fields=emp_status")).await).await;
    assert_eq!(crew[0]["emp_status"], "seconded");
    for word in ["employed", "absent", "retired"] {
        let crews = json(get(&smarthr, &format!("{CREWS}?id={id}&emp_status={word}")).await).await;
        assert_eq!(crews, serde_json::json!([]), "{word}");
    }
}

#[tokio::test]
async fn two_groups_may_hold_a_field_of_one_name() {
    let smarthr = smarthr(10);
    let (person, usual, other) = smarthr.change(|company| {
        let group = company.add_custom_group("社宅");
        let field = company.add_custom_field(&group, "個人携帯番号", CustomKind::String);
        company.add_custom_field(&group, "契約書", CustomKind::File);
        let person = company.active_ids(1).remove(0);
        company.set_custom(&person, &field, serde_json::json!("090-0000-0000"));
        (person, company.custom_groups[0].id.clone(), group)
    });
    let groups = json(get(&smarthr, "/api/v1/crew_custom_field_template_groups").await).await;
    assert_eq!((groups[0]["id"].as_str(), groups[1]["name"].as_str()), (Some(usual.as_str()), Some("社宅")));
    let plain = json(get(&smarthr, "/api/v1/crew_custom_field_templates?per_page=100").await).await;
    let embedded = json(get(&smarthr, "/api/v1/crew_custom_field_templates?per_page=100&embed=group").await).await;
    let of_name = |list: &serde_json::Value| {
        list.as_array().unwrap().iter().filter(|one| one["name"] == "個人携帯番号").cloned().collect::<Vec<_>>()
    };
    let (plain, embedded) = (of_name(&plain), of_name(&embedded));
    assert_eq!((plain.len(), embedded.len()), (2, 2));
    assert_eq!(
        (plain[0]["group_id"].as_str(), plain[1]["group_id"].as_str()),
        (Some(usual.as_str()), Some(other.as_str()))
    );
    assert_eq!(embedded[1]["group"]["name"], "社宅");
    assert!(embedded[1].get("group_id").is_none());
    let crew = json(get(&smarthr, &format!("{CREWS}/{person}?fields=custom_fields")).await).await;
    assert!(
        crew["custom_fields"].as_array().unwrap().iter().any(|field| field["template"]["group_id"] == other.as_str())
    );
}

#[tokio::test]
async fn a_discontinued_department_is_listed_marked_or_gone() {
    let smarthr = smarthr(30);
    let (id, person) = smarthr.change(|company| {
        let person = company.active_ids(1);
        let id = company.open_department_for(&person).unwrap();
        company.discontinue_department(&id);
        (id, person.into_iter().next().unwrap())
    });
    let listed = async || {
        let all = json(get(&smarthr, "/api/v1/departments?per_page=100").await).await;
        all.as_array().unwrap().iter().find(|one| one["id"] == id.as_str()).cloned()
    };
    assert!(listed().await.unwrap().get("discontinued_date").is_none());
    smarthr.adjust(|settings| settings.discontinued_departments = DiscontinuedDepartments::Marked);
    assert!(listed().await.unwrap()["discontinued_date"].is_string());
    smarthr.adjust(|settings| settings.discontinued_departments = DiscontinuedDepartments::Unlisted);
    assert!(listed().await.is_none());
    let crew = json(get(&smarthr, &format!("{CREWS}/{person}?fields=departments")).await).await;
    assert_eq!(crew["departments"][0]["id"], id.as_str());
}
