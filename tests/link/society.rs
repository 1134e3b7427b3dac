//! Weeks of a company to which everything happens: rights lost, numbers and addresses passed on and exchanged, people hired
//! again, codes emptied, departments made between two requests, users deleted by hand in EMC, values with invisible parts.
//! After each run that says that all is well, EMC has the people in service, each as the person they are, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use link::report::{Answer, Outcome};
use serde_json::json;
use simulators::company::{Company, Event, Person, Random, Status, Untidy};
use simulators::http::Rule;
use simulators::samples::{FULL_SHEET, search_words};
use simulators::smarthr::{Fault, LostAttribute, LostResource, SmartHrSettings};

use crate::world::World;

const CREWS: &str = "/api/v1/crews";
/// An item that the sheet leaves to the account's owner. Here each owner enters their own crew id.
const OWN: &str = "緊急連絡10 アドレス";
const DAYS: usize = 7;
/// So often people put right what a run tells them, in one day.
const ROUNDS: usize = 6;

#[derive(Default, Debug)]
struct Tally {
    runs: usize,
    linked: usize,
    failed: usize,
    held: usize,
}

/// A 社員番号 as the link takes it: without what nobody sees at its ends.
fn clean(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// User ID to crew, of everybody in service who has a number; the sheet leaves the others out.
fn truth(world: &World) -> BTreeMap<String, String> {
    let entry = |person: &Person| {
        let number = clean(person.emp_code.as_deref()?);
        (!number.is_empty()).then(|| (format!("A{number}"), person.id.clone()))
    };
    world.smarthr.look(|company| company.active().filter_map(entry).collect())
}

/// User ID to person, of everybody in EMC.
fn in_emc(world: &World) -> BTreeMap<String, String> {
    world.emc.user_ids().into_iter().map(|id| (id.clone(), world.emc.person(&id).unwrap_or_default())).collect()
}

/// One thing that happens.
fn event(random: &mut Random, company: &Company) -> Event {
    let active: Vec<String> = company.active().map(|person| person.id.clone()).collect();
    let retired: Vec<String> = company
        .people
        .iter()
        .filter(|person| person.status == Status::Retired)
        .map(|person| person.id.clone())
        .collect();
    let departments: Vec<String> = company.coded_departments().map(|department| department.id.clone()).collect();
    let (one, other) = (random.pick(&active).clone(), random.pick(&active).clone());
    match random.below(16) {
        0 => Event::Hire { n: 1 + random.below(3) },
        1 => Event::HireAtFront { n: 1 + random.below(3) },
        2 => Event::Become { ids: vec![one], status: Status::Retired },
        3 => Event::Become { ids: vec![one], status: Status::Absent },
        4 => Event::Become { ids: vec![one], status: Status::Employed },
        5 => Event::Remove { ids: vec![one] },
        6 if !retired.is_empty() => Event::Rehire { ids: vec![random.pick(&retired).clone()] },
        7 => Event::ReissueNumber { from: one, to: other },
        8 => Event::ExchangeNumbers { one, other },
        9 => Event::ReissueEmail { from: one, to: other },
        10 => Event::ExchangeEmails { one, other },
        11 => Event::ClearDepartmentCode { id: random.pick(&departments).clone() },
        12 => Event::DiscontinueDepartment { id: random.pick(&departments).clone() },
        13 => Event::OpenDepartmentFor { ids: vec![one, other] },
        14 => {
            Event::MakeUntidy { id: one, how: *random.pick(&[Untidy::Spaces, Untidy::Invisible, Untidy::Decomposed]) }
        }
        _ => Event::Move { ids: vec![one], department: random.pick(&departments).clone() },
    }
}

/// What people do about errors: rights, EMC's masters and addresses are put right, and everybody gets a number of their own.
fn repair(world: &World) {
    world.smarthr.adjust(SmartHrSettings::regain_all_rights);
    world.smarthr.change(|company| {
        for address in
            company.people.iter_mut().flat_map(|person| [&mut person.email, &mut person.tel_number]).flatten()
        {
            address.retain(|letter| letter.is_ascii_graphic());
        }
        let mut taken = BTreeSet::new();
        let people: Vec<(String, Option<String>)> =
            company.active().map(|person| (person.id.clone(), person.emp_code.clone())).collect();
        let all: BTreeSet<String> = people.iter().filter_map(|(_, code)| code.as_deref().map(clean)).collect();
        let mut free = (70_000..80_000_u32).map(|number| number.to_string()).filter(|number| !all.contains(number));
        for (id, code) in people {
            let number = code.as_deref().map(clean).filter(|number| !number.is_empty());
            let number = number.filter(|number| taken.insert(number.clone())).or_else(|| free.next());
            company.set_employee_code(&id, number.as_deref());
        }
    });
    let words = world.smarthr.look(search_words);
    world.emc.set_search_words(&words);
}

/// A right of the account is lost: an item, or a master.
fn lose_a_right(random: &mut Random, world: &World) {
    let how = *random.pick(&[LostAttribute::Null, LostAttribute::Absent]);
    match random.below(6) {
        0 => world.smarthr.lose_attribute("emp_status", how),
        1 => world.smarthr.lose_attribute("emp_code", how),
        2 => world.smarthr.lose_attribute("email", how),
        3 => world.smarthr.lose_attribute("departments", how),
        4 => world.smarthr.lose_resource("departments", *random.pick(&[LostResource::Refused, LostResource::Empty])),
        _ => {
            world
                .smarthr
                .lose_resource("biz_establishments", *random.pick(&[LostResource::Refused, LostResource::Empty]));
        }
    }
}

/// Whoever has entered nothing in EMC yet does so now.
fn enter_own(world: &World) {
    for (id, person) in in_emc(world) {
        if world.emc.user(&id).is_some_and(|user| !user.contains_key(OWN)) {
            world.emc.change_user(&id, &[("緊急連絡10 媒体", "電話"), (OWN, &person)]);
        }
    }
}

/// What a run that changed nothing else must not have done, and what one that is well must have done.
fn judge(world: &World, place: &str, answer: &Answer, was: &[BTreeMap<String, String>; 2], moved: bool) {
    let ([before, emc_before], after, emc) = (was, truth(world), in_emc(world));
    match answer.outcome {
        Outcome::Success | Outcome::NoChange => {
            for (id, crew) in before.iter().filter(|(id, crew)| after.get(*id) == Some(*crew)) {
                assert!(
                    emc_before.get(id) != Some(crew) || emc.get(id) == Some(crew),
                    "{place}: {id} was in service all the time, and is {:?}",
                    emc.get(id)
                );
            }
            for (id, person) in &emc {
                let own = world.emc.user(id).and_then(|user| user.get(OWN).cloned());
                assert!(
                    own.as_ref().is_none_or(|own| own == person),
                    "{place}: {id} of {person} has what {own:?} entered"
                );
            }
            if !moved {
                assert_eq!(emc, after, "{place}");
                world.assert_agreement();
            }
        }
        _ => assert_eq!(emc, *emc_before, "{place}: a run that wrote nothing has changed EMC"),
    }
}

async fn week(seed: u64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let company = Company::generate(seed, 120);
    let world =
        World::with(company, SmartHrSettings::default(), |config| config.prefix("A"), FULL_SHEET).linked().await;
    enter_own(&world);
    for day in 0..DAYS {
        let mut told = Vec::new();
        for _ in 0..random.below(4) {
            let next = world.smarthr.look(|company| event(&mut random, company));
            told.push(format!("{next:?}"));
            if random.below(4) == 0 {
                // Between two requests.
                let meanwhile = Fault::Meanwhile { events: vec![next] };
                world
                    .smarthr
                    .inject(Rule::new(CREWS, meanwhile).after(u64::try_from(random.below(3)).unwrap()).times(1));
            } else {
                world.smarthr.change(|company| company.apply(&next));
            }
        }
        if random.below(3) == 0 {
            let users = world.emc.user_ids();
            if let Some(id) = users.get(random.below(users.len().max(1))) {
                world.emc.erase_user(id);
                told.push(format!("{id} erased in EMC"));
            }
        }
        if random.below(3) == 0 {
            lose_a_right(&mut random, &world);
            told.push("a right lost".to_owned());
        }
        let mut approve = None;
        let mut is_well = false;
        for round in 0..ROUNDS {
            let was = [truth(&world), in_emc(&world)];
            let answer = match approve.take() {
                Some(run_id) => world.run(json!({"mode": "sync", "approve": run_id})).await,
                None => world.next_day().await,
            };
            let place = format!("seed {seed}, day {day}, round {round}, {}: {told:?}", answer.code);
            tally.runs += 1;
            told.push(format!("{} {:?}", answer.code, answer.errors.first().map(|error| &error.message)));
            let moved = truth(&world) != was[0];
            judge(&world, &place, &answer, &was, moved);
            match answer.outcome {
                Outcome::Success | Outcome::NoChange => {
                    tally.linked += 1;
                    enter_own(&world);
                    is_well = !moved;
                }
                Outcome::Failure => {
                    tally.failed += 1;
                    repair(&world);
                }
                // Rights first: who approves what a lost right did has deleted people.
                Outcome::Held if round == 0 => {
                    tally.held += 1;
                    repair(&world);
                }
                Outcome::Held => {
                    tally.held += 1;
                    approve = Some(answer.run_id);
                }
                other => panic!("{place}: {other:?}"),
            }
            if is_well {
                break;
            }
        }
        assert!(is_well, "seed {seed}, day {day}: not well after {ROUNDS} rounds: {told:?}");
        world.smarthr.clear_faults();
        world.smarthr.adjust(SmartHrSettings::regain_all_rights);
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// `EMC_LINK_PEOPLE_WEEKS` and `EMC_LINK_PEOPLE_SEED` for more and for others.
#[tokio::test]
async fn everybody_in_service_is_in_emc_as_themselves_whatever_happens() {
    let first = number("EMC_LINK_PEOPLE_SEED", 1);
    let mut tally = Tally::default();
    for seed in first..first + number("EMC_LINK_PEOPLE_WEEKS", 6) {
        week(seed, &mut tally).await;
    }
    eprintln!("{tally:?}");
    assert!(tally.linked > 0 && tally.failed > 0 && tally.held > 0, "{tally:?}");
}
