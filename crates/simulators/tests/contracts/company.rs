use std::collections::HashSet;

use simulators::company::{Company, Status};

#[test]
fn the_same_seed_makes_the_same_company() {
    let (one, two) = (Company::generate(5, 400), Company::generate(5, 400));
    assert_eq!(one.people, two.people);
    assert_eq!(one.departments, two.departments);
    assert_ne!(one.people, Company::generate(6, 400).people);
}

#[test]
fn a_company_has_what_real_ones_have() {
    let company = Company::generate(1, 1_000);
    assert_eq!(company.active().count(), 1_000);
    assert_eq!(company.people.len(), 1_030);
    let codes: HashSet<_> = company.coded_departments().map(|department| &department.code).collect();
    assert_eq!(codes.len(), company.coded_departments().count());
    assert!(codes.len() < company.departments.len());
    for level in 1..=5 {
        assert!(company.departments.iter().any(|department| department.level == level), "level {level}");
    }
    let some = |test: &dyn Fn(&simulators::company::Person) -> bool| company.active().any(test);
    assert!(some(&|person| person.status == Status::Absent));
    assert!(some(&|person| person.resigned_at.as_deref() < Some("2026") && person.resigned_at.is_some()));
    assert!(some(&|person| person.departments.len() == 3));
    assert!(some(&|person| person.business_name[0].as_deref() == Some("")));
    assert!(some(&|person| person.business_name[0].is_none()));
    assert!(some(&|person| person.emp_code.as_deref() == Some("00027")));
    assert!(some(&|person| {
        let own = person.departments.first().cloned().flatten();
        own.and_then(|id| company.department(&id)).is_some_and(|department| department.code.is_none())
    }));
}

#[test]
fn nobody_who_works_there_is_in_the_way_of_a_link() {
    for employees in [1, 30, 100, 3_000] {
        let company = Company::generate(9, employees);
        let emails: HashSet<_> = company.active().map(|person| person.email.clone().unwrap()).collect();
        let codes: HashSet<_> = company.active().map(|person| person.emp_code.clone().unwrap()).collect();
        assert_eq!((emails.len(), codes.len()), (employees, employees));
        assert!(emails.iter().all(|email| email.len() <= 39));
        assert!(company.active().all(|person| person.last_name_yomi.is_some() && person.first_name_yomi.is_some()));
    }
    let sized = |employees| Company::generate(1, employees).departments.len();
    assert_eq!((sized(11_285), sized(100), sized(0)), (212, 6, 6));
}

#[test]
fn hidden_people_come_back() {
    let mut company = Company::generate(2, 200);
    assert_eq!(company.hide_people(0.6), 120);
    assert_eq!(company.active().count(), 80);
    company.restore();
    assert_eq!(company.active().count(), 200);
    let gone = company.retire_some(3);
    let new = company.hire(2);
    assert_eq!(company.active().count(), 199);
    assert_eq!(company.person(&gone[0]).unwrap().status, Status::Retired);
    assert_eq!(company.person(&new[1]).unwrap().emp_code.as_deref(), Some("00208"));
}
