//! Breadth first through every state that can be reached.

use std::fmt;

use hashbrown::HashMap;

use crate::rules::Rules;
use crate::state::{At, Import, Run, State};
use crate::steps::{Next, Step, next};

/// What must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// An import took effect on other data than it was made from.
    OtherBasis(Run),
    /// An import took effect that EMC had cancelled.
    CancelledTookEffect(Run),
    /// Were all runs to end here, one further run would leave EMC and the snapshot different.
    Differ,
    /// Were all runs to end here, a body on its way could still take effect after one further run.
    StillOpen(Run),
    /// Were all runs to end here, no further run could succeed.
    Stuck,
}

/// A way to what must never be, as short as any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong.
    pub wrong: Wrong,
    /// The steps that lead there from the beginning.
    pub way: Vec<Step>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}, after:", self.wrong)?;
        self.way.iter().try_for_each(|step| writeln!(f, "  {step:?}"))
    }
}

/// What a search has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Different states.
    pub states: usize,
    /// Steps from one to another.
    pub steps: usize,
    /// The longest of the shortest ways to a state.
    pub depth: usize,
    /// The first thing that was wrong; `None` where every state is right.
    pub violation: Option<Violation>,
}

/// Looks at every state that `N` runs can reach under these rules, until one is wrong. For up to five runs.
pub fn search<const N: usize>(rules: Rules) -> Report {
    let start = State::<N>::new();
    // By a state's key: the state that it was reached from.
    let mut from: HashMap<u128, u128> = HashMap::new();
    from.insert(start.key(), start.key());
    let mut report = Report { states: 1, steps: 0, depth: 0, violation: None };
    let (mut here, mut there) = (vec![start], Vec::new());
    let mut steps = Next::new();
    while !here.is_empty() {
        for state in here.drain(..) {
            next(&state, rules, &mut steps);
            report.steps += steps.len();
            for (step, then) in &steps {
                let wrong = taking(&state, *step, then).or_else(|| after(then, rules));
                if let Some(wrong) = wrong {
                    let mut way = way(&from, &state, rules);
                    way.push(*step);
                    report.violation = Some(Violation { wrong, way });
                    report.states = from.len();
                    return report;
                }
                if from.try_insert(then.key(), state.key()).is_ok() {
                    there.push(*then);
                }
            }
        }
        std::mem::swap(&mut here, &mut there);
        report.depth += usize::from(!here.is_empty());
    }
    report.states = from.len();
    report
}

/// Whether a step does what must not be.
pub(crate) fn taking<const N: usize>(state: &State<N>, step: Step, then: &State<N>) -> Option<Wrong> {
    let (Step::Act(run, ..) | Step::BodyComes(run) | Step::Finished(run, _)) = step else { return None };
    let (before, after) = (state.run(run).import, then.run(run).import);
    if before == Import::Forgotten && matches!(after, Import::Processing | Import::Committed) {
        return Some(Wrong::CancelledTookEffect(run));
    }
    let takes_effect = before != Import::Committed && after == Import::Committed;
    (takes_effect && state.emc != state.run(run).basis).then_some(Wrong::OtherBasis(run))
}

/// What would be wrong if all runs ended here and one more came, undisturbed. While EMC works on an import the states that
/// follow are looked at instead: EMC always finishes.
pub(crate) fn after<const N: usize>(state: &State<N>, rules: Rules) -> Option<Wrong> {
    if state.runs.iter().any(|place| place.import == Import::Processing) {
        return None;
    }
    let mut snapshot = state.snapshot;
    if let Some(of) = state.pending.filter(|_| rules.settles_first)
        && state.run(of).import == Import::Committed
    {
        if snapshot != Some(of) && rules.keeps_over_basis && snapshot != state.run(of).basis {
            return Some(Wrong::Stuck);
        }
        snapshot = Some(of);
    }
    if state.emc != snapshot {
        return Some(Wrong::Differ);
    }
    let open = |(run, place): (Run, &crate::state::Place)| {
        let is_open = match place.import {
            Import::Unknown => state.pending != Some(run) || !rules.settles_first,
            Import::Forgotten => true,
            _ => false,
        };
        (is_open && place.body_on_its_way).then_some(Wrong::StillOpen(run))
    };
    (0..).zip(&state.runs).find_map(open)
}

/// The steps from the beginning to a state.
fn way<const N: usize>(from: &HashMap<u128, u128>, last: &State<N>, rules: Rules) -> Vec<Step> {
    let mut keys = vec![last.key()];
    while let Some(key) = keys.last()
        && let Some(before) = from.get(key)
        && before != key
    {
        keys.push(*before);
    }
    let mut steps = Vec::new();
    let (mut state, mut following) = (State::<N>::new(), Next::new());
    for key in keys.iter().rev().skip(1) {
        next(&state, rules, &mut following);
        if let Some((step, then)) = following.iter().find(|(_, then)| then.key() == *key) {
            steps.push(*step);
            state = *then;
        }
    }
    steps
}

/// Whether every run has begun and come to its end.
pub fn have_ended<const N: usize>(state: &State<N>) -> bool {
    state.runs.iter().all(|place| place.at == At::Ended)
}
