//! One fault at every interaction of a day, pairs of faults and triples, while SmartHR's data changes between the starts.

use std::io::Write as _;
use std::path::PathBuf;

use futures::StreamExt as _;
use simulators::company::Random;

use crate::explore::{Plan, References, explore};
use crate::gate::{FAULTS, Fault, OTHER, Point};
use crate::life::{CHANGES, Change};
use crate::world::{scheduled, second_morning};

/// So many worlds at once: most of a world's time is spent in pauses between two tries.
const AT_ONCE: usize = 12;

/// A fault at an interaction.
type Struck = (Point, Fault);

/// The interactions of an undisturbed day.
async fn undisturbed() -> Vec<Point> {
    let mut world = second_morning().await;
    let end = world.start(&scheduled(25), "day 2").await;
    assert!(end.answer().is_some(), "{end:?}");
    world.gate.trace()
}

/// The interactions of a start that finds an import pending, settles it and hands over what changed since.
async fn settling() -> Vec<Point> {
    let mut world = second_morning().await;
    world.between = [Change::Joins].into();
    let put = Point { start: 0, label: "emc PUT /v1/imports/*".to_owned(), occurrence: 0 };
    world.gate.plan(&[(put, Fault::DieAfter)]);
    let ends = world.day(&scheduled(25), "day 2").await;
    assert_eq!(ends.len(), 2, "{ends:?}");
    let trace = world.gate.trace();
    assert!(trace.iter().any(|point| point.label == "emc DELETE /v1/imports/*"), "{trace:?}");
    trace
}

fn at_start(start: usize, points: &[Point]) -> Vec<Struck> {
    let of = |point: &Point| FAULTS.map(|fault| (Point { start, ..point.clone() }, fault));
    points.iter().flat_map(of).collect()
}

/// Every ordered pair: the second fault strikes in the same start, in the one that Lambda makes after a death, or in the one
/// that comes while the first stands still.
struct Pairs {
    firsts: Vec<Struck>,
    same: Vec<Struck>,
    next: Vec<Struck>,
    other: Vec<Struck>,
}

impl Pairs {
    async fn new() -> Self {
        let (day, settling) = (undisturbed().await, settling().await);
        let mut either = day.clone();
        either.extend(settling.iter().filter(|point| !has(&day, point)).cloned());
        Self {
            firsts: at_start(0, &day),
            same: at_start(0, &day),
            next: at_start(1, &either),
            other: at_start(OTHER, &either),
        }
    }

    fn seconds(&self, fault: Fault) -> [&[Struck]; 2] {
        match fault {
            Fault::Die | Fault::DieAfter => [&self.next, &[]],
            Fault::Overtaken | Fault::OvertakenAfter => [&self.same, &self.other],
            _ => [&self.same, &[]],
        }
    }

    fn count(&self) -> usize {
        let seconds = |(_, fault): &Struck| self.seconds(*fault).iter().map(|part| part.len()).sum::<usize>();
        self.firsts.iter().map(seconds).sum()
    }

    /// The pair of this number. Every sixth is without a change of SmartHR's data.
    fn get(&self, number: usize) -> Plan {
        let mut left = number;
        for first in &self.firsts {
            for part in self.seconds(first.1) {
                if let Some(second) = part.get(left) {
                    let change = CHANGES.get(number % (CHANGES.len() + 1)).copied();
                    let faults = vec![first.clone(), second.clone()];
                    return Plan { faults, changes: change.into_iter().collect(), hole: None };
                }
                left -= part.len();
            }
        }
        panic!("there is no pair {number}")
    }
}

fn has(points: &[Point], point: &Point) -> bool {
    points.iter().any(|known| known.label == point.label && known.occurrence == point.occurrence)
}

/// What some plans came to.
#[derive(Debug, Default)]
struct Tally {
    struck: usize,
    steps: usize,
}

async fn all(plans: Vec<Plan>, references: &References) -> Tally {
    let results: Vec<Result<(usize, usize), String>> = futures::stream::iter(&plans)
        .map(|plan| async move {
            let within = std::time::Duration::from_mins(2);
            let explored = tokio::time::timeout(within, explore(plan, references)).await;
            let explored = explored.map_err(|_| format!("hangs: {plan:?}"))?;
            Ok((explored.world?, explored.model?))
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
    let add = |tally: Tally, (struck, steps): &(usize, usize)| Tally {
        struck: tally.struck + struck,
        steps: tally.steps + steps,
    };
    results.iter().flatten().fold(Tally::default(), add)
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_fault_at_any_interaction_ends_in_agreement() {
    let trace = undisturbed().await;
    let only = std::env::var("EMC_LINK_FAULT_ONLY").unwrap_or_default();
    let faults = at_start(0, &trace).into_iter();
    let faults = faults.filter(|(point, fault)| format!("{} {fault:?}", point.label).contains(&only));
    // Each kind of change meets each kind of fault, and so does no change: their numbers have no common divisor.
    let plans: Vec<Plan> = (0..)
        .zip(faults)
        .map(|(at, struck)| Plan {
            faults: vec![struck],
            changes: CHANGES.get(at % 7).copied().into_iter().collect(),
            hole: None,
        })
        .collect();
    let cases = plans.len();
    let tally = all(plans, &References::default()).await;
    eprintln!(
        "{} interactions, {cases} fault points, {} struck, {} steps in the model",
        trace.len(),
        tally.struck,
        tally.steps
    );
    assert_eq!(tally.struck, cases, "every planned fault must strike");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_of_faults_ends_in_agreement() {
    let cases = from_environment("EMC_LINK_FAULT_PAIRS", 60);
    let seed = from_environment("EMC_LINK_FAULT_SEED", 1);
    let pairs = Pairs::new().await;
    let mut random = Random::new(seed);
    let plans = (0..cases).map(|_| pairs.get(random.below(pairs.count()))).collect();
    let tally = all(plans, &References::default()).await;
    eprintln!("{cases} of {} pairs (seed {seed}), {} struck, {} steps", pairs.count(), tally.struck, tally.steps);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_faults_end_in_agreement() {
    let cases = from_environment("EMC_LINK_FAULT_TRIPLES", 40);
    let seed = from_environment("EMC_LINK_FAULT_SEED", 1);
    let pairs = Pairs::new().await;
    let mut random = Random::new(seed ^ 0x3333);
    let mut plans = Vec::new();
    for _ in 0..cases {
        let mut plan = pairs.get(random.below(pairs.count()));
        let thirds = [&pairs.same, &pairs.next, &pairs.other][random.below(3)];
        plan.faults.push(thirds[random.below(thirds.len())].clone());
        plan.changes.extend(CHANGES.get(random.below(CHANGES.len() + 1)));
        plans.push(plan);
    }
    let tally = all(plans, &References::default()).await;
    eprintln!("{cases} triples (seed {seed}), {} struck, {} steps", tally.struck, tally.steps);
}

/// Every pair once, or every one of a shard: `EMC_LINK_FAULT_SHARD=3/16`. How far it has come is kept below `target/`, so that
/// it goes on where it was ended, as long as a run has the same interactions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "hours: docs/RELIABILITY.md has the command"]
async fn every_pair_of_faults_ends_in_agreement() {
    const STRIDE: usize = 240;
    let shard = std::env::var("EMC_LINK_FAULT_SHARD").unwrap_or_else(|_| "1/1".to_owned());
    let (number, shards) = shard.split_once('/').unwrap();
    let (number, shards): (usize, usize) = (number.parse().unwrap(), shards.parse().unwrap());
    assert!((1..=shards).contains(&number), "EMC_LINK_FAULT_SHARD={shard}");
    let pairs = Pairs::new().await;
    let mine: Vec<usize> = (number - 1..pairs.count()).step_by(shards).collect();
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("pairs-{number}-of-{shards}-{}", pairs.count()));
    let text = std::fs::read_to_string(&kept).unwrap_or_default();
    let mut figures = text.split_whitespace().map(|figure| figure.parse::<usize>().unwrap());
    let mut next = || figures.next().unwrap_or(0);
    let (mut done, mut struck, mut steps) = (next(), next(), next());
    let references = References::default();
    while done < mine.len() {
        let end = mine.len().min(done + STRIDE);
        let tally = all(mine[done..end].iter().map(|number| pairs.get(*number)).collect(), &references).await;
        (done, struck, steps) = (end, struck + tally.struck, steps + tally.steps);
        let mut file = std::fs::File::create(&kept).unwrap();
        writeln!(file, "{done} {struck} {steps}").unwrap();
        eprintln!("shard {shard}: {done} of {} pairs, {struck} struck, {steps} steps", mine.len());
    }
    eprintln!("shard {shard}: all {done} of {} pairs, {struck} struck, {steps} steps", pairs.count());
}
