//! The gate that every interaction passes: it names each one, and strikes where the plan says.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

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

/// One interaction of one invocation: the `occurrence`th of its name, in the invocation `start` (from 0).
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
    pub(crate) resume: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    start: usize,
    seen: HashMap<String, usize>,
    trace: Vec<Point>,
    plan: Vec<(Point, Fault)>,
    struck: Vec<(Point, Fault)>,
    nth: Option<(usize, Fault)>,
    /// What the frozen interactions were struck with; requests that go out together can freeze together.
    freezing: Vec<Fault>,
}

impl Gate {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on, interactions belong to this start.
    pub(crate) fn begin(&self, start: usize) {
        let mut inner = self.inner();
        inner.start = start;
        inner.seen.clear();
        inner.trace.clear();
    }

    /// Lets another start happen apart from the plan; gives what [`Gate::back`] needs.
    pub(crate) fn aside(&self) -> (usize, HashMap<String, usize>) {
        let mut inner = self.inner();
        (std::mem::replace(&mut inner.start, usize::MAX), std::mem::take(&mut inner.seen))
    }

    pub(crate) fn back(&self, (start, seen): (usize, HashMap<String, usize>)) {
        let mut inner = self.inner();
        (inner.start, inner.seen) = (start, seen);
    }

    pub(crate) fn plan(&self, plan: &[(Point, Fault)]) {
        let mut inner = self.inner();
        inner.plan = plan.to_vec();
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

    pub(crate) fn freezing(&self) -> Option<Fault> {
        self.inner().freezing.pop()
    }

    /// An interaction is about to happen.
    pub(crate) fn meet(&self, label: &str) -> Option<Fault> {
        let mut inner = self.inner();
        let seen = inner.seen.entry(label.to_owned()).or_default();
        let occurrence = *seen;
        *seen += 1;
        let point = Point { start: inner.start, label: label.to_owned(), occurrence };
        inner.trace.push(point.clone());
        if inner.start != usize::MAX && inner.nth.is_some_and(|(nth, _)| nth + 1 == inner.trace.len()) {
            let (_, fault) = inner.nth.take()?;
            inner.struck.push((point, fault));
            return Some(fault);
        }
        let at = inner.plan.iter().position(|(planned, _)| *planned == point)?;
        let (point, fault) = inner.plan.remove(at);
        inner.struck.push((point, fault));
        Some(fault)
    }

    /// The process ends here.
    pub(crate) async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }

    /// Waits until another start has come and gone.
    pub(crate) async fn freeze(&self, fault: Fault) {
        self.inner().freezing.push(fault);
        self.frozen.notify_one();
        self.resume.notified().await;
    }
}
