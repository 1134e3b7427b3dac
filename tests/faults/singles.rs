//! One fault at every interaction of a day, and pairs of faults.

use std::collections::BTreeMap;

use futures::StreamExt as _;

use crate::gate::{FAULTS, Fault, Point};
use crate::world::{End, explore, scheduled, second_morning};

type Content = BTreeMap<String, BTreeMap<String, String>>;

/// So many worlds at once: most of a world's time is spent in pauses between two tries.
const AT_ONCE: usize = 12;

/// The interactions of a day without faults, and what it leaves in EMC.
async fn undisturbed() -> (Vec<Point>, Content) {
    let mut world = second_morning().await;
    let end = world.start(&scheduled(25), "day 2").await;
    assert!(matches!(end, End::Answered(_)), "{end:?}");
    (world.gate.trace(), world.emc_content())
}

async fn all(plans: Vec<Vec<(Point, Fault)>>, reference: &Content) -> usize {
    let results: Vec<_> = futures::stream::iter(&plans)
        .map(|plan| async move {
            let within = std::time::Duration::from_mins(2);
            tokio::time::timeout(within, explore(plan, reference))
                .await
                .unwrap_or_else(|_| Err(format!("hangs: {plan:?}")))
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let wrong: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} wrong:\n{}",
        wrong.len(),
        plans.len(),
        wrong[..wrong.len().min(5)].iter().map(|w| w.as_str()).collect::<Vec<_>>().join("\n\n")
    );
    results.iter().flatten().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_fault_at_any_interaction_ends_in_agreement() {
    let (trace, reference) = undisturbed().await;
    let only = std::env::var("EMC_LINK_FAULT_ONLY").unwrap_or_default();
    let mut plans = Vec::new();
    for point in &trace {
        for fault in FAULTS {
            if format!("{} {fault:?}", point.label).contains(&only) {
                plans.push(vec![(point.clone(), fault)]);
            }
        }
    }
    let cases = plans.len();
    let struck = all(plans, &reference).await;
    eprintln!("{} interactions, {cases} fault points, {struck} struck", trace.len());
    assert_eq!(struck, cases, "every planned fault must strike");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_of_faults_ends_in_agreement() {
    let cases: u64 = std::env::var("EMC_LINK_FAULT_PAIRS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let seed: u64 = std::env::var("EMC_LINK_FAULT_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let (trace, reference) = undisturbed().await;
    let mut random = seed;
    let mut below = |count: usize| {
        // SplitMix64: a seed replays its plans.
        random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (random ^ (random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % count as u64).unwrap()
    };
    let mut plans = Vec::new();
    for _ in 0..cases {
        let mut pick = |start: usize| {
            let point = &trace[below(trace.len())];
            (Point { start, ..point.clone() }, FAULTS[below(FAULTS.len())])
        };
        let first = pick(0);
        // The second strikes in the same start or in the one that Lambda makes after it.
        let second = pick(usize::from(matches!(first.1, Fault::Die | Fault::DieAfter)));
        plans.push(vec![first, second]);
    }
    let struck = all(plans, &reference).await;
    eprintln!("{cases} pairs (seed {seed}), {struck} faults struck");
}
