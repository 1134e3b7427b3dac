//! Nobody goes on a list's word: what SmartHR lists, ignores, refuses or shifts while it is read.

use link::report::Outcome;
use serde_json::json;
use simulators::company::{Company, CustomKind, Event, Status, Untidy};
use simulators::emc::SearchWordOption;
use simulators::http::Rule;
use simulators::samples::{FULL_SHEET, search_words};
use simulators::smarthr::{Fault, LostAttribute, LostResource, SmartHrSettings};

use crate::world::{World, codes};

const CREWS: &str = "/api/v1/crews";

fn requests(world: &World, part: &str) -> usize {
    let all = world.smarthr.requests();
    all.iter().filter(|one| format!("{}?{}", one.path, one.query).contains(part)).count()
}

fn forget_requests(world: &World) {
    world.smarthr.world().requests.clear();
}

fn ids(world: &World, n: usize) -> Vec<String> {
    world.smarthr.look(|company| company.active_ids(n))
}

#[tokio::test]
async fn who_is_not_listed_but_found_by_id_stays() {
    let world = World::new(250).linked().await;
    let before = world.emc.user_ids();
    let unlisted = ids(&world, 7);
    world.smarthr.change(|company| company.unlist(&unlisted));
    forget_requests(&world);
    let answer = world.next_day().await;
    assert_eq!((answer.outcome, codes(&answer.errors)), (Outcome::NoChange, vec![]));
    assert_eq!(world.emc.user_ids(), before);
    assert_eq!(requests(&world, "crews?page=1&per_page=100&id="), 1);
    assert_eq!(answer.counts.unwrap().users.received_total, 250);
}

#[tokio::test]
async fn who_retires_or_is_removed_goes_after_being_asked_for() {
    let world = World::new(250).linked().await;
    let gone = ids(&world, 5);
    world.smarthr.change(|company| {
        company.retire(&gone[..3]);
        company.remove(&gone[3..]);
    });
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.errors);
    assert_eq!(answer.counts.unwrap().users.deleted, 5);
    world.assert_agreement();
    let plan = world.run_file(&answer.run_id, "plan.csv");
    assert_eq!(plan.matches("在籍状況が退職済です").count(), 3, "{plan}");
    assert_eq!(plan.matches("SmartHRの従業員一覧に居ません").count(), 2, "{plan}");
}

#[tokio::test]
async fn people_who_leave_the_list_while_it_is_read_take_nobody_along() {
    for status in [Status::Absent, Status::Retired] {
        let world = World::new(450).linked().await;
        let fault = Fault::FrontBecomes { n: 4, status };
        world.smarthr.inject(Rule::new(CREWS, fault).query("emp_status=employed").page(3));
        let answer = world.next_day().await;
        assert!(answer.errors.is_empty(), "{:#?}", answer.errors);
        let left = if status == Status::Retired { 446 } else { 450 };
        assert_eq!(world.emc.user_ids().len(), left, "{status:?}");
    }
}

#[tokio::test]
async fn who_goes_on_leave_between_the_two_listings_is_still_there_once() {
    let world = World::new(300).linked().await;
    let moved = ids(&world, 3);
    let happens = Fault::Meanwhile { events: vec![Event::Become { ids: moved, status: Status::Absent }] };
    world.smarthr.inject(Rule::new(CREWS, happens).query("emp_status=employed").page(2));
    let answer = world.next_day().await;
    assert!(answer.errors.is_empty(), "{:#?}", answer.errors);
    assert_eq!(answer.counts.unwrap().users.received_total, 300);
    assert_eq!(world.emc.user_ids().len(), 300);
}

#[tokio::test]
async fn a_server_that_ignores_emp_status_is_served() {
    let world = World::new(250);
    world.smarthr.adjust(|settings| {
        settings.ignored_parameters.insert("emp_status".into());
    });
    let world = world.linked().await;
    assert_eq!(world.emc.user_ids().len(), 250);
    let retired = ids(&world, 2);
    world.smarthr.change(|company| company.retire(&retired));
    forget_requests(&world);
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.errors);
    assert_eq!(answer.counts.unwrap().users.received_total, 248);
    assert_eq!(world.emc.user_ids().len(), 248);
    assert_eq!(requests(&world, "emp_status=absent"), 1, "everybody is read once");
    world.smarthr.change(|company| company.set_status(&company.active_ids(1), Status::Seconded));
    let answer = world.next_day().await;
    assert_eq!(codes(&answer.warnings).iter().filter(|code| **code == "STATUS_UNKNOWN").count(), 1);
    assert_eq!(world.emc.user_ids().len(), 248);
}

#[tokio::test]
async fn a_new_word_for_the_status_keeps_who_is_linked() {
    let world = World::new(150).linked().await;
    world.smarthr.change(|company| company.set_status(&company.active_ids(2), Status::Seconded));
    let answer = world.next_day().await;
    assert_eq!(codes(&answer.warnings).iter().filter(|code| **code == "STATUS_UNKNOWN").count(), 2);
    assert_eq!(world.emc.user_ids().len(), 150);
}

#[tokio::test]
async fn a_server_that_ignores_id_is_asked_for_each() {
    let world = World::new(250).linked().await;
    world.smarthr.adjust(|settings| {
        settings.ignored_parameters.insert("id".into());
    });
    let chosen = ids(&world, 5);
    world.smarthr.change(|company| {
        company.unlist(&chosen[..2]);
        company.retire(&chosen[2..4]);
        company.remove(&chosen[4..]);
    });
    forget_requests(&world);
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.errors);
    assert_eq!(answer.counts.unwrap().users.deleted, 3);
    assert_eq!(requests(&world, "/crews/"), 5);
    world.assert_agreement();
}

#[tokio::test]
async fn a_status_that_cannot_be_read_is_one_error_with_the_tick_to_set() {
    for how in [LostAttribute::Null, LostAttribute::Absent] {
        let world = World::new(120).linked().await;
        world.smarthr.lose_attribute("emp_status", how);
        let answer = world.next_day().await;
        assert_eq!(answer.code, "EMC-ERROR-S(SmartHR NG)");
        assert_eq!(codes(&answer.errors), ["SMARTHR_RIGHT_MISSING"]);
        let message = &answer.errors[0].message;
        assert!(message.contains("「在籍状況」") && message.contains("「閲覧」"), "{message}");
        assert_eq!(world.emc.user_ids().len(), 120);
        let checked = world.run(json!({"mode": "check"})).await;
        assert_eq!(checked.outcome, Outcome::Failure);
        assert_eq!(codes(&checked.errors), ["SMARTHR_RIGHT_MISSING"]);
    }
}

#[tokio::test]
async fn a_master_that_is_refused_or_empty_is_one_error_with_the_tick_to_set() {
    for (resource, name) in [
        ("biz_establishments", "事業所"),
        ("departments", "部署"),
        ("crew_custom_field_templates", "カスタム従業員項目"),
    ] {
        for (how, code) in
            [(LostResource::Refused, "SMARTHR_FORBIDDEN"), (LostResource::Empty, "SMARTHR_RIGHT_MISSING")]
        {
            let world = World::new(120).linked().await;
            world.smarthr.lose_resource(resource, how);
            let answer = world.next_day().await;
            assert_eq!(answer.code, "EMC-ERROR-S(SmartHR NG)", "{resource} {how:?} {:#?}", answer.errors);
            assert_eq!(codes(&answer.errors), [code], "{resource}");
            assert!(answer.errors[0].message.contains(name), "{}", answer.errors[0].message);
        }
    }
}

#[tokio::test]
async fn thirty_people_whose_establishment_is_unknown_are_one_line() {
    let world = World::new(120).linked().await;
    world.smarthr.change(|company| {
        let gone = company.establishments.remove(0).id;
        assert!(company.people.iter().filter(|person| person.establishment.as_ref() == Some(&gone)).count() > 30);
    });
    let answer = world.next_day().await;
    assert_eq!(codes(&answer.errors), ["VALUE_UNKNOWN"]);
    let (told, address) = answer.errors[0].message.rsplit_once(' ').unwrap();
    assert!(told.contains("「事業所」") && address.contains("/crews/"), "{told}");
    assert!(!told.contains(|c: char| c.is_ascii_alphabetic() && c.is_lowercase()) || !told.contains('-'), "{told}");
}

#[tokio::test]
async fn a_department_made_between_two_requests_is_read_again() {
    // Pages are asked for twelve at a time: the last ones surely after the second.
    let world = World::new(1_600).linked().await;
    let moved = world.smarthr.look(|company| {
        let employed = company.active().filter(|person| person.status == Status::Employed);
        let employed: Vec<String> = employed.map(|person| person.id.clone()).collect();
        employed[employed.len() - 2..].to_vec()
    });
    let happens = Fault::Meanwhile { events: vec![Event::OpenDepartmentFor { ids: moved }] };
    world.smarthr.inject(Rule::new(CREWS, happens).query("emp_status=employed").page(2));
    let before = world.emc.department_ids().len();
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.errors);
    assert_eq!(world.emc.department_ids().len(), before + 1);
    world.assert_agreement();
}

#[tokio::test]
async fn nulls_in_lists_and_masters_are_skipped() {
    let world = World::new(150);
    world.smarthr.adjust(|settings| {
        settings.nulls_in =
            ["crews", "departments", "biz_establishments", "crew_custom_field_templates"].map(str::to_owned).into();
    });
    let world = world.linked().await;
    assert_eq!(world.emc.user_ids().len(), 150);
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_with_fewer_people() {
    let world = World::new(120);
    world.smarthr.adjust(|settings| settings.padding_per_crew = 90_000);
    let world = world.linked().await;
    assert_eq!(world.emc.user_ids().len(), 120);
    assert!(requests(&world, "per_page=50") > 0);
}

#[tokio::test]
async fn those_who_left_cost_no_requests() {
    let world = World::new(300);
    world.smarthr.change(|company| {
        let former = company.hire(900);
        company.retire(&former);
    });
    let world = world.linked().await;
    let gone = ids(&world, 3);
    world.smarthr.change(|company| company.retire(&gone));
    forget_requests(&world);
    assert_eq!(world.next_day().await.outcome, Outcome::Success);
    let crews = requests(&world, "/crews?");
    let (employed, absent) = world.smarthr.look(|company| {
        let count = |status| company.people.iter().filter(|person| person.status == status).count();
        (count(Status::Employed), count(Status::Absent))
    });
    assert_eq!(crews, employed.div_ceil(100) + absent.div_ceil(100) + 1, "{employed} {absent}");
}

#[tokio::test]
async fn the_first_link_reads_until_two_readings_agree() {
    let world = World::new(250);
    let happens = |n| Fault::Meanwhile { events: vec![Event::Hire { n }] };
    world.smarthr.inject(Rule::new(CREWS, happens(1)).query("emp_status=employed").page(1).after(1));
    assert_eq!(world.sync().await.outcome, Outcome::Success);
    assert_eq!(requests(&world, "crews?page=1&per_page=100&emp_status=employed"), 3);
    assert_eq!(world.emc.user_ids().len(), 251, "who joined during the first link is in it");

    let world = World::new(120);
    world.smarthr.inject(Rule::new(CREWS, happens(1)).query("emp_status=employed").page(1).always());
    let answer = world.sync().await;
    assert_eq!(codes(&answer.errors), ["SMARTHR_LISTING_SHIFTED"]);
    assert!(world.emc.user_ids().is_empty());
}

#[tokio::test]
async fn after_a_baseline_nobody_goes_on_a_lists_word() {
    let world = World::new(150).linked().await;
    let column = |name: &str, ids: &[String]| format!("{name}\n{}\n", ids.join("\n"));
    world.write("baseline/users.csv", column("ユーザID", &world.emc.user_ids()));
    world.write("baseline/departments.csv", column("部署ID", &world.emc.department_ids()));
    let answer = world.run(json!({"mode": "baseline", "replace": true})).await;
    assert_eq!(answer.outcome, Outcome::Baseline, "{:#?}", answer.errors);
    let chosen = ids(&world, 5);
    world.smarthr.change(|company| {
        company.unlist(&chosen[..3]);
        company.retire(&chosen[3..]);
    });
    let answer = world.next_day().await;
    assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.errors);
    assert_eq!(answer.counts.unwrap().users.deleted, 2);
    assert_eq!(world.emc.user_ids().len(), 148);
}

#[tokio::test]
async fn spaces_and_invisible_characters_around_values_change_nothing() {
    let world = World::new(60).linked().await;
    let person = ids(&world, 1).remove(0);
    world.smarthr.change(|company| company.make_untidy(&person, Untidy::Spaces));
    assert_eq!(world.next_day().await.outcome, Outcome::NoChange);
}

#[tokio::test]
async fn a_custom_field_in_two_groups_takes_its_group() {
    let company = || {
        let mut company = Company::generate(7, 60);
        let group = company.add_custom_group("契約");
        company.add_custom_field(&group, "個人メールアドレス", CustomKind::String);
        company
    };
    let world = World::with(company(), SmartHrSettings::default(), |config| config.prefix("A"), FULL_SHEET);
    let answer = world.sync().await;
    assert_eq!(codes(&answer.errors), ["SHEET_CUSTOM_FIELD_AMBIGUOUS"]);
    let message = &answer.errors[0].message;
    assert!(message.contains("「契約」") && message.contains("「緊急時の情報」"), "{message}");
    let sheet = FULL_SHEET.replace("「個人メールアドレス」", "「緊急時の情報/個人メールアドレス」");
    World::with(company(), SmartHrSettings::default(), |config| config.prefix("A"), &sheet).linked().await;
    let sheet = FULL_SHEET.replace("「個人メールアドレス」", "「通勤経路図」");
    let world = World::with(company(), SmartHrSettings::default(), |config| config.prefix("A"), &sheet);
    assert_eq!(codes(&world.sync().await.errors), ["SHEET_CUSTOM_FIELD_FILE"]);
}

#[tokio::test]
async fn items_that_are_empty_for_everybody_are_told_on_the_first_link_and_in_a_preview() {
    let world = World::new(60);
    world.smarthr.lose_attribute("tel_number", LostAttribute::Null);
    for event in [json!({"mode": "preview"}), json!({"mode": "sync"}), json!({"mode": "preview"})] {
        let answer = world.run(event).await;
        assert!(answer.errors.is_empty(), "{:#?}", answer.errors);
        let told: Vec<_> =
            answer.warnings.iter().filter(|one| one.code.entry().name == "PERMISSION_SUSPECTED").collect();
        assert!(told.iter().any(|one| one.message.contains("「電話番号」")), "{:#?}", answer.warnings);
    }
    assert!(!codes(&world.next_day().await.warnings).contains(&"PERMISSION_SUSPECTED"));
}

#[tokio::test]
async fn two_options_of_one_name_are_told() {
    let world = World::new(60);
    let mut words = world.smarthr.look(search_words);
    let name = words[0].options[0].name.clone();
    words[0].options.push(SearchWordOption { id: "999".into(), name });
    world.emc.set_search_words(&words);
    assert!(codes(&world.sync().await.warnings).contains(&"SEARCH_WORD_REPEATED"));
}

#[tokio::test]
async fn a_user_id_that_nobody_has_is_a_question_of_rights_before_the_first_link() {
    let world = World::new(30);
    world.smarthr.lose_attribute("emp_code", LostAttribute::Null);
    let preview = world.run(json!({"mode": "preview"})).await;
    assert_eq!(preview.outcome, Outcome::Preview);
    let told: Vec<_> = preview.warnings.iter().filter(|one| one.code.entry().name == "PERMISSION_SUSPECTED").collect();
    assert_eq!(told.len(), 1, "{:#?}", preview.warnings);
    assert!(told[0].message.contains("社員番号"), "{}", told[0].message);
}
