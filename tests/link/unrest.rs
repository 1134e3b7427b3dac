//! A world of people who come and go while SmartHR's list is read, and one oracle that knows who was in service.

use std::collections::{BTreeMap, BTreeSet};

use link::report::Outcome;
use simulators::company::{Company, Event};
use simulators::http::Rule;
use simulators::samples::FULL_SHEET;
use simulators::smarthr::{Fault, SmartHrSettings};

use crate::world::World;

const CREWS: &str = "/api/v1/crews";
const DAYS: u64 = 8;

/// Crew to user ID, of everybody in service.
fn in_service(world: &World) -> BTreeMap<String, String> {
    world.smarthr.look(|company| {
        let number = |person: &simulators::company::Person| person.emp_code.clone().unwrap_or_default();
        company.active().map(|person| (person.id.clone(), format!("A{}", number(person)))).collect()
    })
}

/// Crew to user ID, of everybody in EMC.
fn in_emc(world: &World) -> BTreeMap<String, String> {
    world.emc.user_ids().into_iter().map(|id| (world.emc.person(&id).unwrap(), id)).collect()
}

#[derive(Default, Debug)]
struct Tally {
    changes: u64,
    linked: usize,
    failed: usize,
    held: usize,
}

/// Some days with a change at every page that is read, and a quiet one at the end.
async fn life(seed: u64, tally: &mut Tally) {
    let company = Company::generate(seed, 230);
    let world =
        World::with(company, SmartHrSettings::default(), |config| config.prefix("A"), FULL_SHEET).linked().await;
    for day in 0..DAYS {
        let (before, was) = (in_service(&world), in_emc(&world));
        let came_before = world.smarthr.look(|company| company.who_came().len());
        // From one request in the middle of a reading to changes at each of several.
        let kind = seed.wrapping_mul(31).wrapping_add(day * 7);
        let (events, after, times) = (1 + kind % 3, kind / 3 % 4, 1 + kind / 12 % 5);
        world.smarthr.inject(
            Rule::new(CREWS, Fault::Unrest { events: usize::try_from(events).unwrap() }).after(after).times(times),
        );
        let answer = world.next_day().await;
        tally.changes += events * times;
        world.smarthr.clear_faults();
        let (after, now) = (in_service(&world), in_emc(&world));
        let place = format!("seed {seed}, day {day}, {}", answer.code);
        match answer.outcome {
            Outcome::Success | Outcome::NoChange => {
                tally.linked += 1;
                for (crew, id) in &was {
                    let stays = before.get(crew) == Some(id) && after.get(crew) == Some(id);
                    assert!(
                        !stays || now.get(crew) == Some(id),
                        "{place}: {id} was in service all the time, and is gone"
                    );
                }
                // Somebody may have joined and left again while the pages were read.
                let came: BTreeMap<String, String> = world.smarthr.look(|company| {
                    let today = company.who_came().iter().skip(came_before);
                    today
                        .map(|(crew, number)| (crew.clone(), format!("A{}", number.as_deref().unwrap_or_default())))
                        .collect()
                });
                let known: BTreeSet<_> = before.iter().chain(&after).chain(&came).collect();
                let strange: Vec<_> = now.iter().filter(|entry| !known.contains(entry)).collect();
                assert!(strange.is_empty(), "{place}: {strange:?} were not in service");
            }
            Outcome::Failure | Outcome::Held => {
                *if answer.outcome == Outcome::Held { &mut tally.held } else { &mut tally.failed } += 1;
                assert_eq!(now, was, "{place}");
            }
            other => panic!("{place}: {other:?}"),
        }
    }
    world.smarthr.change(|company| company.apply(&Event::ListAgain));
    let answer = world.next_day().await;
    if answer.outcome == Outcome::Held {
        tally.held += 1;
        return;
    }
    assert!(answer.errors.is_empty(), "seed {seed}: {:#?}", answer.errors);
    assert_eq!(in_emc(&world), in_service(&world), "seed {seed}: a quiet day");
    world.assert_agreement();
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// `EMC_LINK_PEOPLE_WORLDS` and `EMC_LINK_PEOPLE_SEED` for more and for others.
#[tokio::test]
async fn whoever_is_in_service_all_the_time_stays_while_the_list_moves() {
    let first = number("EMC_LINK_PEOPLE_SEED", 1);
    let mut tally = Tally::default();
    for seed in first..first + number("EMC_LINK_PEOPLE_WORLDS", 6) {
        life(seed, &mut tally).await;
    }
    eprintln!("{tally:?}");
    assert!(tally.linked > 0, "{tally:?}");
}
