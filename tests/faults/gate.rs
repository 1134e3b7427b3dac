//! The gate that every interaction passes: it names each one, and strikes where the plan says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Reach;
use tokio::sync::Notify;

use crate::conformance::{Conformance, Kind};

/// What happens to an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails before it takes effect.
    Fail,
    /// It takes effect, and the caller hears of a failure.
    FailAfter,
    /// It is done twice, as by a client that repeats a lost request, and the second answer is heard.
    Repeat,
    /// It takes so long that the lease ends meanwhile, if nobody renews it.
    Late,
    /// It never comes to an end. Not among [`FAULTS`]: each would last as long as an invocation.
    Hang,
    /// The process ends before it.
    Die,
    /// The process ends after it took effect.
    DieAfter,
    /// Another start comes while this one waits, and finds the lock held.
    Doubled,
    /// This one is frozen before it until its lease has ended and another start has run to its end.
    Overtaken,
    /// The same, after it took effect.
    OvertakenAfter,
}

/// All of them.
pub(crate) const FAULTS: [Fault; 9] = [
    Fault::Fail,
    Fault::FailAfter,
    Fault::Repeat,
    Fault::Late,
    Fault::Die,
    Fault::DieAfter,
    Fault::Doubled,
    Fault::Overtaken,
    Fault::OvertakenAfter,
];

/// The first invocation that comes while another stands still; the next one has the next number.
pub(crate) const OTHER: usize = 1_000;

/// One interaction of one invocation: the `occurrence`th of its name, in the invocation `start` (from 0, or from [`OTHER`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) start: usize,
    pub(crate) label: String,
    pub(crate) occurrence: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Gate {
    inner: Mutex<Inner>,
    pub(crate) died: Notify,
    pub(crate) frozen: Notify,
}

/// An interaction that is about to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    /// Which invocation's it is, of all there were.
    pub(crate) run: usize,
    pub(crate) fault: Option<Fault>,
}

/// What goes on after another start has come and gone.
pub(crate) struct Aside {
    start: usize,
    run: usize,
    seen: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct Inner {
    start: usize,
    /// The invocation at work, of all there were.
    run: usize,
    runs: usize,
    others: usize,
    seen: HashMap<String, usize>,
    trace: Vec<Point>,
    conformance: Conformance,
    plan: Vec<(Point, Fault)>,
    struck: Vec<(Point, Fault)>,
    nth: Option<(usize, Fault)>,
    /// What the frozen interactions were struck with; requests that go out together can freeze together.
    freezing: Vec<(Fault, Arc<Notify>)>,
}

impl Gate {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on, interactions belong to this start.
    pub(crate) fn begin(&self, start: usize) {
        let mut inner = self.inner();
        inner.start = start;
        inner.run = inner.runs;
        inner.runs += 1;
        inner.seen.clear();
        inner.trace.clear();
    }

    /// Lets another start happen; gives what [`Gate::back`] needs.
    pub(crate) fn aside(&self) -> Aside {
        let mut inner = self.inner();
        let aside = Aside { start: inner.start, run: inner.run, seen: std::mem::take(&mut inner.seen) };
        inner.start = OTHER + inner.others;
        inner.others += 1;
        inner.run = inner.runs;
        inner.runs += 1;
        aside
    }

    pub(crate) fn back(&self, aside: Aside) {
        let mut inner = self.inner();
        (inner.start, inner.run, inner.seen) = (aside.start, aside.run, aside.seen);
    }

    /// What the runs were seen to do, and what the model says of it.
    pub(crate) fn conformance<T>(&self, look: impl FnOnce(&mut Conformance) -> T) -> T {
        look(&mut self.inner().conformance)
    }

    /// A run was seen to do this.
    pub(crate) fn saw(&self, met: Met, kind: &Kind, reach: Reach) {
        self.conformance(|conformance| conformance.saw(met.run, kind, reach));
    }

    pub(crate) fn plan(&self, plan: &[(Point, Fault)]) {
        let mut inner = self.inner();
        inner.plan = plan.to_vec();
        inner.others = 0;
        inner.nth = None;
    }

    /// Strikes the next start at its n-th interaction, whatever that is.
    pub(crate) fn strike(&self, nth: usize, fault: Fault) {
        self.inner().nth = Some((nth, fault));
    }

    /// The interactions since the last `begin`.
    pub(crate) fn trace(&self) -> Vec<Point> {
        self.inner().trace.clone()
    }

    /// What was struck so far.
    pub(crate) fn struck(&self) -> Vec<(Point, Fault)> {
        self.inner().struck.clone()
    }

    /// An interaction that stands still, and what lets it go on.
    pub(crate) fn freezing(&self) -> Option<(Fault, Arc<Notify>)> {
        self.inner().freezing.pop()
    }

    /// An interaction is about to happen.
    pub(crate) fn meet(&self, label: &str) -> Met {
        let mut inner = self.inner();
        let run = inner.run;
        Met { run, fault: inner.strikes(label) }
    }

    /// The process ends here.
    pub(crate) async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }

    /// Waits until another start has come and gone.
    pub(crate) async fn freeze(&self, fault: Fault) {
        let resume = Arc::new(Notify::new());
        self.inner().freezing.push((fault, Arc::clone(&resume)));
        self.frozen.notify_one();
        resume.notified().await;
    }
}

impl Inner {
    fn strikes(&mut self, label: &str) -> Option<Fault> {
        let inner = self;
        let seen = inner.seen.entry(label.to_owned()).or_default();
        let occurrence = *seen;
        *seen += 1;
        let point = Point { start: inner.start, label: label.to_owned(), occurrence };
        inner.trace.push(point.clone());
        if inner.start < OTHER && inner.nth.is_some_and(|(nth, _)| nth + 1 == inner.trace.len()) {
            let (_, fault) = inner.nth.take()?;
            inner.struck.push((point, fault));
            return Some(fault);
        }
        let at = inner.plan.iter().position(|(planned, _)| *planned == point)?;
        let (point, fault) = inner.plan.remove(at);
        inner.struck.push((point, fault));
        Some(fault)
    }
}
