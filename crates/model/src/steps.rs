//! What can happen next in a state.

use crate::rules::Rules;
use crate::state::{At, Import, Run, Snapshot, State};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A run begins.
    Begin(Run),
    /// A run makes a request.
    Act(Run, Act, Reach),
    /// A run goes no further with its plan: nothing changed, held, out of time.
    Stop(Run),
    /// A run that has put its import without an answer asks EMC for the truth.
    Doubt(Run),
    /// A run could not reach EMC at all, or was refused for certain.
    GiveUp(Run),
    /// A body that was on its way reaches EMC.
    BodyComes(Run),
    /// A request to settle that was on its way reaches EMC.
    SettlingComes(Run),
    /// EMC finishes an import that it had taken.
    Finished(Run, Import),
}

/// A request of a run to the store or to EMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Reads `pending.json`.
    ReadPending,
    /// Reads `snapshot.json`.
    ReadSnapshot,
    /// Writes its own `pending.json`.
    WritePending,
    /// Writes the snapshot of this import.
    WriteSnapshot(Run),
    /// Removes `pending.json`.
    RemovePending,
    /// Renews the lease.
    Renew,
    /// `PUT`s its import.
    Put,
    /// `GET`s the result of its import.
    Ask,
    /// `DELETE`s this import.
    Settle(Run),
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It has its effect, and the run hears this answer.
    Heard(Answer),
    /// It has its effect, and the run has not heard of it: it will ask again, hear of a failure, or never go on.
    Unheard(Answer),
    /// It is on its way to EMC, to come later, and the run has not heard of it.
    OnItsWay,
    /// It has no effect, and the run hears of a failure.
    Failed,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The `pending.json` of this import lies there, or none.
    Pending(Option<Run>),
    /// This snapshot lies there.
    Snapshot(Snapshot),
    /// Done.
    Done,
    /// The condition did not hold; of a lease: it is lost.
    Conflict,
    /// What EMC knows of the import; `Unknown` is a 404.
    Import(Import),
    /// EMC refuses the request, which has no effect: a 409, a 401.
    Refused,
}

use Answer::{Conflict, Done, Refused};
use Reach::{Failed, Heard, OnItsWay, Unheard};

/// What follows a state, with the step that leads there.
pub(crate) type Next<const N: usize> = Vec<(Step, State<N>)>;

/// The steps of one run, or of EMC, being collected.
struct Collected<'s, const N: usize> {
    from: &'s State<N>,
    next: &'s mut Next<N>,
}

impl<const N: usize> Collected<'_, N> {
    fn push(&mut self, step: Step, change: impl FnOnce(&mut State<N>)) {
        let mut state = *self.from;
        change(&mut state);
        state.forget();
        self.next.push((step, state));
    }

    /// The run goes on from here without a request.
    fn local(&mut self, step: Step, run: Run, to: At) {
        self.push(step, |state| state.run_mut(run).at = to);
    }

    /// A request without an effect.
    fn read(&mut self, run: Run, act: Act, answer: Answer, to: At) {
        self.local(Step::Act(run, act, Heard(answer)), run, to);
    }

    /// A renewal of the lease. A conflict may be with its own write, whose answer was lost, and a failure within the lease
    /// is none: only whether the run goes on differs.
    fn renewed(&mut self, run: Run, on: At, lost: At) {
        self.read(run, Act::Renew, Done, on);
        for then in [on, lost] {
            self.read(run, Act::Renew, Conflict, then);
            self.failed(run, Act::Renew, then);
        }
    }

    /// A failure that the run hears of.
    fn failed(&mut self, run: Run, act: Act, to: At) {
        self.local(Step::Act(run, act, Failed), run, to);
    }

    /// A request with this effect: heard of, or not.
    fn write(&mut self, run: Run, act: Act, answer: Answer, to: At, effect: impl Fn(&mut State<N>)) {
        self.push(Step::Act(run, act, Heard(answer)), |state| {
            effect(state);
            state.run_mut(run).at = to;
        });
        self.push(Step::Act(run, act, Unheard(answer)), |state| effect(state));
    }
}

/// Everything that can happen next.
pub(crate) fn next<const N: usize>(state: &State<N>, rules: Rules, next: &mut Next<N>) {
    next.clear();
    for run in 0..N {
        // N is small: a run's number fits.
        let run = Run::try_from(run).unwrap_or(Run::MAX);
        of_run(state, rules, run, next);
        of_emc(state, rules, run, next);
    }
}

/// What this run can do next.
pub(crate) fn of_run<const N: usize>(state: &State<N>, rules: Rules, run: Run, next: &mut Next<N>) {
    let mut to = Collected { from: state, next };
    let here = state.run(run);
    match here.at {
        At::Waiting => {
            // Runs that have not begun are all alike: one after the other is every order.
            if run == 0 || state.run(run - 1).at != At::Waiting {
                to.local(Step::Begin(run), run, At::LookingForPending);
            }
        }
        At::LookingForPending => {
            let then = match state.pending {
                Some(found) if rules.settles_first => At::Settling(found),
                _ => At::ReadingSnapshot,
            };
            to.read(run, Act::ReadPending, Answer::Pending(state.pending), then);
            to.failed(run, Act::ReadPending, At::Ended);
        }
        At::ReadingSnapshot => {
            let read = Step::Act(run, Act::ReadSnapshot, Heard(Answer::Snapshot(state.snapshot)));
            to.push(read, |next| {
                next.run_mut(run).at = At::Planned;
                next.run_mut(run).basis = state.snapshot;
            });
            to.failed(run, Act::ReadSnapshot, At::Ended);
        }
        At::Planned => {
            to.local(Step::Stop(run), run, At::Ended);
            to.renewed(run, At::Announcing, At::Ended);
        }
        At::Announcing => announce(&mut to, rules, run),
        At::ComparingPending => {
            let then = if state.pending == Some(run) { At::Fencing } else { At::Ended };
            to.read(run, Act::ReadPending, Answer::Pending(state.pending), then);
            to.failed(run, Act::ReadPending, At::Ended);
        }
        At::Fencing => {
            let then = if rules.looks_again { At::LookingAgain } else { At::Sending(false) };
            to.renewed(run, then, At::Removing(run));
        }
        At::LookingAgain => {
            let then = if state.snapshot == here.basis { At::Sending(false) } else { At::Removing(run) };
            to.read(run, Act::ReadSnapshot, Answer::Snapshot(state.snapshot), then);
            to.failed(run, Act::ReadSnapshot, At::Removing(run));
        }
        At::Sending(unanswered) => send(&mut to, run, unanswered),
        At::Polling => poll(&mut to, run),
        At::Settling(of) => settle(&mut to, rules, run, of),
        At::Keeping(of) if of != run && !rules.keeps_over_basis => {
            let then = At::KeepingOver(of, state.snapshot);
            to.read(run, Act::ReadSnapshot, Answer::Snapshot(state.snapshot), then);
            to.failed(run, Act::ReadSnapshot, At::Ended);
        }
        At::Keeping(of) => keep(&mut to, run, of, state.run(of).basis),
        At::KeepingOver(of, over) => keep(&mut to, run, of, over),
        At::ComparingSnapshot(of) => {
            let then = if state.snapshot == Some(of) { At::Removing(of) } else { At::Ended };
            to.read(run, Act::ReadSnapshot, Answer::Snapshot(state.snapshot), then);
            to.failed(run, Act::ReadSnapshot, At::Ended);
        }
        At::Removing(of) => remove(&mut to, rules, run, of),
        At::Ended => {}
    }
}

fn announce<const N: usize>(to: &mut Collected<'_, N>, rules: Rules, run: Run) {
    let state = to.from;
    if state.pending.is_none() || !rules.one_pending {
        to.write(run, Act::WritePending, Done, At::Fencing, |state| state.pending = Some(run));
    } else {
        to.read(run, Act::WritePending, Conflict, At::ComparingPending);
    }
    to.failed(run, Act::WritePending, At::Ended);
}

/// The import's `PUT`.
fn send<const N: usize>(to: &mut Collected<'_, N>, run: Run, unanswered: bool) {
    let in_doubt = |certain| if unanswered { At::Settling(run) } else { certain };
    let heard = |answer| Step::Act(run, Act::Put, Heard(answer));
    match to.from.run(run).import {
        Import::Unknown | Import::Forgotten => {
            for (end, then) in [
                (Import::Committed, At::Keeping(run)),
                (Import::Rejected, At::Removing(run)),
                (Import::Processing, At::Polling),
            ] {
                to.push(heard(Answer::Import(end)), |state| {
                    state.come_to(run, end);
                    state.run_mut(run).at = then;
                });
            }
            to.local(heard(Refused), run, in_doubt(At::Removing(run)));
        }
        Import::Processing => to.local(heard(Answer::Import(Import::Processing)), run, At::Polling),
        Import::Committed => to.local(heard(Answer::Import(Import::Committed)), run, At::Keeping(run)),
        Import::Rejected => to.local(heard(Answer::Import(Import::Rejected)), run, At::Removing(run)),
        Import::Cancelled => to.local(heard(Refused), run, in_doubt(At::Removing(run))),
    }
    to.push(Step::Act(run, Act::Put, OnItsWay), |state| {
        state.run_mut(run).body_on_its_way = true;
        state.run_mut(run).at = At::Sending(true);
    });
    if unanswered {
        to.local(Step::Doubt(run), run, At::Settling(run));
    } else {
        to.local(Step::GiveUp(run), run, At::Removing(run));
    }
}

fn poll<const N: usize>(to: &mut Collected<'_, N>, run: Run) {
    let import = to.from.run(run).import;
    let then = match import {
        Import::Unknown | Import::Forgotten => At::Sending(true),
        Import::Processing => At::Polling,
        Import::Committed => At::Keeping(run),
        Import::Rejected | Import::Cancelled => At::Removing(run),
    };
    to.read(run, Act::Ask, Answer::Import(import), then);
    to.failed(run, Act::Ask, At::Settling(run));
}

/// The `DELETE` of an import.
fn settle<const N: usize>(to: &mut Collected<'_, N>, rules: Rules, run: Run, of: Run) {
    let (end, then) = match to.from.run(of).import {
        Import::Processing => (Import::Processing, At::Settling(of)),
        Import::Committed => (Import::Committed, At::Keeping(of)),
        _ => (Import::Cancelled, At::Removing(of)),
    };
    to.push(Step::Act(run, Act::Settle(of), Heard(Answer::Import(end))), |state| {
        state.settle(of, rules);
        state.run_mut(run).at = then;
    });
    to.push(Step::Act(run, Act::Settle(of), OnItsWay), |state| state.run_mut(of).settling_on_its_way = true);
    to.failed(run, Act::Settle(of), At::Ended);
}

fn keep<const N: usize>(to: &mut Collected<'_, N>, run: Run, of: Run, over: Snapshot) {
    if to.from.snapshot == over {
        to.write(run, Act::WriteSnapshot(of), Done, At::Removing(of), |state| state.snapshot = Some(of));
    } else {
        to.read(run, Act::WriteSnapshot(of), Conflict, At::ComparingSnapshot(of));
    }
    to.failed(run, Act::WriteSnapshot(of), At::Ended);
}

fn remove<const N: usize>(to: &mut Collected<'_, N>, rules: Rules, run: Run, of: Run) {
    let then = if of == run { At::Ended } else { At::ReadingSnapshot };
    match to.from.pending {
        Some(found) if found != of && rules.removes_what_it_read => {
            to.read(run, Act::RemovePending, Conflict, then);
        }
        None => to.read(run, Act::RemovePending, Done, then),
        Some(_) => to.write(run, Act::RemovePending, Done, then, |state| state.pending = None),
    }
    to.failed(run, Act::RemovePending, At::Ended);
}

/// What EMC, and what is on its way to it, can do next about this run's import.
fn of_emc<const N: usize>(state: &State<N>, rules: Rules, run: Run, next: &mut Next<N>) {
    let mut to = Collected { from: state, next };
    let here = state.run(run);
    let is_unknown = matches!(here.import, Import::Unknown | Import::Forgotten);
    if here.body_on_its_way && is_unknown {
        to.push(Step::BodyComes(run), |state| state.come_to(run, Import::Processing));
    }
    if here.settling_on_its_way && (is_unknown || here.import == Import::Rejected) {
        to.push(Step::SettlingComes(run), |state| state.settle(run, rules));
    }
    if here.import == Import::Processing {
        // The last: rolled back, as by a restart.
        for end in [Import::Committed, Import::Rejected, Import::Unknown] {
            to.push(Step::Finished(run, end), |state| state.come_to(run, end));
        }
    }
}

impl<const N: usize> State<N> {
    /// EMC comes to this about an import.
    fn come_to(&mut self, run: Run, end: Import) {
        self.run_mut(run).import = end;
        if end == Import::Committed {
            self.emc = Some(run);
        }
    }

    /// EMC settles an import.
    fn settle(&mut self, of: Run, rules: Rules) {
        let import = &mut self.run_mut(of).import;
        if !matches!(import, Import::Committed | Import::Processing) {
            *import = if rules.emc_remembers { Import::Cancelled } else { Import::Forgotten };
        }
    }
}
