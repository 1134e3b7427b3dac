//! Every step × every fault, and pairs.

use futures::stream::{self, StreamExt};
use jiff::SignedDuration;
use link::report::Outcome;
use simulators::company::Random;
use simulators::emc::Fault as EmcFault;
use simulators::http::Rule;
use simulators::smarthr::Fault as SmartHrFault;

use crate::script::{TROUBLES, Trouble};
use crate::world::{Ending, World, daily};

/// Scenarios at once: they mostly wait.
const AT_ONCE: usize = 4;

/// What a run without trouble does, step by step.
async fn steps() -> Vec<String> {
    let world = World::with_a_day_of_changes().await;
    let ending = world.invoke(&daily(1), "normal", &[]).await;
    assert!(matches!(&ending, Ending::Answered(answer) if answer.outcome == Outcome::Success), "{ending:?}");
    world.assert_all_is_well("without trouble");
    world.home.script.seen()
}

/// A day with troubles, Lambda's retries of it, and the day after.
async fn survives(context: &str, troubles: [&[(usize, Trouble)]; 2], more: impl FnOnce(&World)) {
    let world = World::with_a_day_of_changes().await;
    more(&world);
    let today = world.daily(1, troubles).await;
    world.assert_nobody_was_wiped(context);
    world.emc.clear_faults();
    world.smarthr.clear_faults();
    world.home.forward(SignedDuration::from_hours(24));
    let next = world.daily(2, [&[], &[]]).await.unwrap_or_else(|| panic!("{context}: the next day has no answer"));
    assert!(
        matches!(next.outcome, Outcome::Success | Outcome::NoChange),
        "{context}: {today:?}\nthen {:?} {:?}",
        next.outcome,
        next.errors
    );
    world.assert_all_is_well(context);
    world.assert_nobody_was_wiped(context);
    // The first link and one import of the day's changes: whatever was repeated had no second effect.
    assert_eq!(world.emc.committed().len(), 2, "{context}: imports with effect");
    world.assert_everybody_was_told(context, 1 + troubles.iter().map(|part| part.len()).sum::<usize>());
}

#[tokio::test]
async fn every_step_survives_every_trouble() {
    let steps = steps().await;
    let scenarios: Vec<_> = (0..steps.len()).flat_map(|at| TROUBLES.map(|trouble| (at, trouble))).collect();
    println!("{} steps, {} scenarios: {steps:?}", steps.len(), scenarios.len());
    assert!(steps.len() >= 15, "{steps:?}");
    stream::iter(&scenarios)
        .for_each_concurrent(AT_ONCE, |&(at, trouble)| {
            let context = format!("{trouble:?} at step {at}, {}", steps[at]);
            async move { survives(&context, [&[(at, trouble)], &[]], |_| {}).await }
        })
        .await;
}

#[tokio::test]
async fn a_trouble_of_the_retry_is_survived_too() {
    let steps = steps().await;
    // The retry settles what the first left behind, so it may have more steps than a normal run.
    let retry_steps = steps.len() + 4;
    let mut pairs: Vec<_> = (0..steps.len())
        .flat_map(|first| TROUBLES.map(|trouble| (first, trouble)))
        .flat_map(|first| (0..retry_steps).flat_map(move |second| TROUBLES.map(|trouble| (first, (second, trouble)))))
        .collect();
    let all = pairs.len();
    let seed: u64 = std::env::var("FAULT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    if std::env::var_os("FAULTS").is_none_or(|value| value != "all") {
        Random::new(seed).shuffle(&mut pairs);
        pairs.truncate(120);
    }
    println!("{} of {all} pairs, FAULT_SEED={seed}", pairs.len());
    stream::iter(&pairs)
        .for_each_concurrent(AT_ONCE, |&(first, second)| {
            let context = format!("{first:?} {}, then {second:?} in the retry, FAULT_SEED={seed}", steps[first.0]);
            async move { survives(&context, [&[first], &[second]], |_| {}).await }
        })
        .await;
}

#[tokio::test]
async fn every_answer_of_emc_may_be_lost_late_or_an_error() {
    let faults = [
        EmcFault::Error { status: 500, retry_after: None },
        EmcFault::Error { status: 503, retry_after: Some(0) },
        EmcFault::Html { status: 502 },
        EmcFault::CutUnread,
        EmcFault::CutBefore,
        EmcFault::CutAfter,
        EmcFault::DelayBefore { ms: 300 },
        EmcFault::DelayAfter { ms: 300 },
        EmcFault::Processing { polls: 2, ms: 0 },
    ];
    let requests = 2;
    let scenarios: Vec<_> = (0..requests)
        .flat_map(|at| faults.clone().map(|fault| [(at, fault.clone(), 1), (at, fault, 50)]))
        .flatten()
        .collect();
    println!("{} scenarios", scenarios.len());
    stream::iter(&scenarios)
        .for_each_concurrent(AT_ONCE, |(after, fault, times)| {
            let context = format!("{fault:?} {times} times from EMC's request {after} on");
            async move {
                let rule = Rule::new("*", fault.clone()).after(*after).times(*times);
                survives(&context, [&[], &[]], |world| world.emc.inject(rule)).await;
            }
        })
        .await;
}

#[tokio::test]
async fn every_answer_of_smarthr_may_be_lost_late_or_an_error() {
    let faults = [
        SmartHrFault::Error { status: 500 },
        SmartHrFault::Html { status: 502 },
        SmartHrFault::TooManyRequests { retry_after: Some(0), reset: 0 },
        SmartHrFault::Maintenance,
        SmartHrFault::LoginRedirect,
        SmartHrFault::Delay { ms: 200 },
    ];
    let requests = 4;
    let scenarios: Vec<_> = (0..requests).flat_map(|at| faults.clone().map(|fault| (at, fault))).collect();
    println!("{} scenarios", scenarios.len());
    stream::iter(&scenarios)
        .for_each_concurrent(AT_ONCE, |(after, fault)| {
            let context = format!("{fault:?} at SmartHR's request {after}");
            async move {
                let rule = Rule::new("*", fault.clone()).after(*after);
                survives(&context, [&[], &[]], |world| world.smarthr.inject(rule)).await;
            }
        })
        .await;
}
