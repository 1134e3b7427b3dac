//! What happens to people's identities and values.

use simulators::company::{Company, Event, FullName, Retired, Status, Untidy};

fn two(company: &Company) -> (String, String) {
    let mut ids = company.active_ids(2);
    (ids.remove(0), ids.remove(0))
}

fn number(company: &Company, id: &str) -> Option<String> {
    company.person(id).unwrap().emp_code.clone()
}

#[test]
fn the_retired_can_outnumber_the_others() {
    let company = Company::generate_with(3, 100, Retired::PerPerson(3));
    assert_eq!((company.active().count(), company.people.len()), (100, 400));
    let few = Company::generate_with(3, 100, Retired::Count(7));
    assert_eq!(few.people.len(), 107);
    let mut ids: Vec<_> = company.active().map(|person| person.id.clone()).collect();
    let mut others: Vec<_> = few.active().map(|person| person.id.clone()).collect();
    ids.sort();
    others.sort();
    assert_eq!(ids, others, "who works there does not depend on who left");
    assert!(company.people[..200].iter().any(|person| person.status == Status::Retired), "they stand among the others");
}

#[test]
fn a_retired_person_comes_back_as_the_same_crew() {
    let mut company = Company::generate(3, 50);
    let id = company.people.iter().find(|person| person.status == Status::Retired).unwrap().id.clone();
    company.rehire(std::slice::from_ref(&id));
    let person = company.person(&id).unwrap();
    assert_eq!((person.status, person.resigned_at.as_ref()), (Status::Employed, None));
    let department = person.departments[0].as_deref().and_then(|own| company.department(own)).unwrap();
    assert!(department.code.is_some());
}

#[test]
fn numbers_and_addresses_pass_from_one_to_another() {
    let mut company = Company::generate(3, 50);
    let (one, other) = two(&company);
    let (first, second) = (number(&company, &one), number(&company, &other));
    company.exchange_numbers(&one, &other);
    assert_eq!((number(&company, &one), number(&company, &other)), (second.clone(), first.clone()));
    company.reissue_number(&one, &other);
    assert_eq!((number(&company, &one), number(&company, &other)), (None, second.clone()));
    company.retire(std::slice::from_ref(&other));
    company.reissue_number(&other, &one);
    assert_eq!((number(&company, &one), number(&company, &other)), (second.clone(), second));

    let email = |company: &Company, id: &str| company.person(id).unwrap().email.clone();
    let (one, other) = two(&company);
    let (first, second) = (email(&company, &one), email(&company, &other));
    company.exchange_emails(&one, &other);
    assert_eq!((email(&company, &one), email(&company, &other)), (second.clone(), first));
    company.reissue_email(&one, &other);
    assert_eq!((email(&company, &one), email(&company, &other)), (None, second));
    company.rename(&one, FullName { last: "新谷", first: "花", last_yomi: "シンタニ", first_yomi: "ハナ" });
    assert_eq!(company.person(&one).unwrap().last_name, "新谷");
}

#[test]
fn values_become_untidy_and_look_the_same() {
    assert_eq!(Untidy::Decomposed.applied_to("ガパヴア"), "カ\u{3099}ハ\u{309a}ウ\u{3099}ア");
    assert_eq!(Untidy::Invisible.applied_to("山田"), "\u{feff}\u{200b}山\u{ad}\u{2060}田\u{200e}");
    assert_eq!(Untidy::LineBreaks.applied_to("ab"), "a\r\nb\u{2028}\u{2029}\u{85}");
    assert_eq!(Untidy::Spaces.applied_to("a").trim(), "a");
    for how in [Untidy::Spaces, Untidy::Invisible, Untidy::LineBreaks] {
        let mut company = Company::generate(3, 5);
        let (one, other) = two(&company);
        let before = company.person(&other).cloned();
        company.make_untidy(&one, how);
        let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric() || *c == 'ー').collect::<String>();
        let person = company.person(&one).unwrap();
        let code = person.emp_code.as_deref().unwrap();
        assert!(code.len() > 5 && plain(code).parse::<u32>().is_ok(), "{code:?}");
        assert_eq!(company.person(&other).cloned(), before);
    }
}

#[test]
fn what_is_planned_takes_effect_on_its_day() {
    let mut company = Company::generate(3, 20);
    let (leaver, mover) = two(&company);
    let department = company.departments.iter().find(|one| one.level == 2).unwrap().id.clone();
    company
        .plan("2026-12-01".parse().unwrap(), Event::Move { ids: vec![mover.clone()], department: department.clone() });
    company.plan("2026-12-02".parse().unwrap(), Event::Hire { n: 1 });
    company.plan_retirement(std::slice::from_ref(&leaver), "2026-11-30".parse().unwrap());
    let own = |company: &Company| company.person(&mover).unwrap().departments[0].clone();
    let status = |company: &Company| company.person(&leaver).unwrap().status;

    assert!(company.begin_day("2026-11-30".parse().unwrap()).is_empty());
    assert_ne!(own(&company), Some(department.clone()));
    assert_ne!(status(&company), Status::Retired);
    assert!(company.begin_day("2026-12-01".parse().unwrap()).is_empty());
    assert_eq!((own(&company), status(&company)), (Some(department), Status::Retired));
    assert_eq!(company.begin_day("2026-12-05".parse().unwrap()).len(), 1);
    assert!(company.begin_day("2026-12-06".parse().unwrap()).is_empty());
}
