//! What real runs were seen to do, held against the model.

use std::fmt;

use crate::rules::Rules;
use crate::search::{after, taking};
use crate::state::{At, Import, Run, State};
use crate::steps::{Act, Answer, Next, Reach, Step, next};

/// Runs that one replay has room for: more than the starts of a week in which each is struck.
pub const ROOM: usize = 64;

/// Something that a run was seen to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A request of the hand-over.
    Act(Run, Act, Reach),
    /// It reads configuration, secret, SmartHR, or EMC's masters: only before it has a plan.
    Gathers(Run),
    /// It records or mails: only when it has come to its end, or before it begins.
    Tells(Run),
}

/// A step that the model does not know.
#[derive(Clone, Debug)]
pub struct Refused {
    /// What was seen.
    pub seen: Seen,
    /// What came before it, from the beginning.
    pub before: Vec<Seen>,
    /// Where the run could have been.
    pub could_be: Vec<At>,
    /// Whether the step led to what must never be.
    pub wrong: Option<crate::search::Wrong>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the model does not know {:?} of a run at {:?}", self.seen, self.could_be)?;
        if let Some(wrong) = self.wrong {
            writeln!(f, "it leads to {wrong:?}")?;
        }
        writeln!(f, "after:")?;
        self.before.iter().try_for_each(|seen| writeln!(f, "  {seen:?}"))
    }
}

/// The states in which the world could be, by what was seen so far.
#[derive(Debug)]
pub struct Replay {
    rules: Rules,
    states: Vec<State<ROOM>>,
    seen: Vec<Seen>,
}

impl Replay {
    /// A world in which EMC and the snapshot agree and no run has begun.
    pub fn new(rules: Rules) -> Self {
        // Which run begins first is seen, not assumed: all stand before their first step.
        let mut state = State::new();
        state.runs.iter_mut().for_each(|place| place.at = At::LookingForPending);
        Self { rules, states: vec![state], seen: Vec::new() }
    }

    /// A run was seen to do this.
    pub fn take(&mut self, seen: Seen) -> Result<(), Box<Refused>> {
        let run = match seen {
            Seen::Act(run, ..) | Seen::Gathers(run) | Seen::Tells(run) => run,
        };
        let mut could_be = self.silently(run);
        let mut wrong = None;
        let mut then = Vec::new();
        for state in &could_be {
            match seen {
                Seen::Gathers(_) => {
                    let gathers = [At::LookingForPending, At::ReadingSnapshot, At::Planned, At::Ended];
                    if gathers.contains(&state.run(run).at) {
                        then.push(*state);
                    }
                }
                Seen::Tells(_) => {
                    if matches!(state.run(run).at, At::LookingForPending | At::Ended) {
                        then.push(*state);
                    }
                }
                Seen::Act(_, act, reach) => self.acts(state, run, act, reach, &mut then, &mut wrong),
            }
        }
        distinct(&mut then);
        if then.is_empty() {
            distinct(&mut could_be);
            let could_be = could_be.iter().map(|state| state.run(run).at).collect();
            return Err(Box::new(Refused { seen, before: self.seen.clone(), could_be, wrong }));
        }
        self.states = then;
        self.seen.push(seen);
        Ok(())
    }

    /// The steps seen so far.
    pub fn steps(&self) -> usize {
        self.seen.len()
    }

    /// Whether what must hold could hold now.
    pub fn is_right(&self) -> bool {
        self.states.iter().any(|state| after(state, self.rules).is_none())
    }

    /// The states that this run's steps without a request lead to.
    fn silently(&self, run: Run) -> Vec<State<ROOM>> {
        let mut states = self.states.clone();
        let mut at = 0;
        let mut following = Next::new();
        while let Some(state) = states.get(at).copied() {
            next(&state, self.rules, &mut following);
            for (step, then) in &following {
                let is_silent = match *step {
                    Step::Stop(of)
                    | Step::Doubt(of)
                    | Step::GiveUp(of)
                    // It asks EMC a few times, and then no more.
                    | Step::Act(of, Act::Settle(_) | Act::Ask, Reach::Failed) => of == run,
                    _ => false,
                };
                if is_silent && !states.contains(then) {
                    states.push(*then);
                }
            }
            at += 1;
        }
        states
    }

    fn knows(&self, state: &State<ROOM>, step: Step) -> bool {
        let mut following = Next::new();
        next(state, self.rules, &mut following);
        following.iter().any(|(known, _)| *known == step)
    }

    fn acts(
        &self,
        state: &State<ROOM>,
        run: Run,
        act: Act,
        reach: Reach,
        then: &mut Vec<State<ROOM>>,
        wrong: &mut Option<crate::search::Wrong>,
    ) {
        // Outside the hand-over's two places for it, the lease is renewed by a clock: that changes nothing.
        if act == Act::Renew {
            then.push(*state);
        }
        // EMC does at once what it is sent: what comes unheard has come.
        let steps: Vec<Step> = match (act, reach) {
            (Act::Put, Reach::Unheard(Answer::Import(end))) => {
                let sent = Step::Act(run, act, Reach::OnItsWay);
                match state.run(run).import {
                    Import::Unknown | Import::Forgotten => {
                        vec![sent, Step::BodyComes(run), Step::Finished(run, end)]
                    }
                    known if known == end => vec![sent],
                    _ => return,
                }
            }
            (Act::Put, Reach::Unheard(_)) => vec![Step::Act(run, act, Reach::OnItsWay)],
            (Act::Settle(of), Reach::Unheard(Answer::Import(end))) => {
                let sent = Step::Act(run, act, Reach::OnItsWay);
                match state.run(of).import {
                    known if known == end => vec![sent],
                    Import::Unknown | Import::Rejected if end == Import::Cancelled => {
                        vec![sent, Step::SettlingComes(of)]
                    }
                    _ => return,
                }
            }
            // Without an effect, and without anyone who heard of it, nothing has changed.
            (_, Reach::Unheard(answer)) if !self.knows(state, Step::Act(run, act, reach)) => {
                let heard = Step::Act(run, act, Reach::Heard(answer));
                if self.knows(state, heard) {
                    then.push(*state);
                }
                return;
            }
            _ => vec![Step::Act(run, act, reach)],
        };
        let mut states = vec![*state];
        let mut following = Next::new();
        for step in steps {
            let mut reached = Vec::new();
            for state in &states {
                next(state, self.rules, &mut following);
                for (_, after) in following.iter().filter(|(known, _)| *known == step) {
                    match taking(state, step, after) {
                        Some(found) => *wrong = Some(found),
                        None => reached.push(*after),
                    }
                }
            }
            states = reached;
        }
        then.append(&mut states);
    }
}

fn distinct(states: &mut Vec<State<ROOM>>) {
    let mut kept: Vec<State<ROOM>> = Vec::new();
    for state in states.drain(..) {
        if !kept.contains(&state) {
            kept.push(state);
        }
    }
    *states = kept;
}
