//! A state of the model: what lies in the store, what EMC holds and knows, and where each run is.

/// A run, by its number. Its import, and the snapshot that the import becomes, have the same number.
pub type Run = u8;

/// What `snapshot.json` says, and what EMC holds: the data of this run's import; `None` is what there was at the beginning.
pub type Snapshot = Option<Run>;

/// Where a run is: what it does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// It has not begun.
    Waiting,
    /// It looks for `pending.json`.
    LookingForPending,
    /// It asks EMC to settle this import, another run's or its own.
    Settling(Run),
    /// It writes the snapshot of this import, which EMC has committed.
    Keeping(Run),
    /// It writes that snapshot over this one, as it did before `pending.json` named the basis.
    KeepingOver(Run, Snapshot),
    /// Its write met a conflict: is what lies there this import's snapshot?
    ComparingSnapshot(Run),
    /// It removes the `pending.json` of this import.
    Removing(Run),
    /// It reads the snapshot that its plan will be made from.
    ReadingSnapshot,
    /// It has a plan, and renews its lease before it writes.
    Planned,
    /// It writes `pending.json`.
    Announcing,
    /// Its write met a conflict: is what lies there its own?
    ComparingPending,
    /// Its pending lies there: it renews its lease.
    Fencing,
    /// It looks whether the snapshot is still its basis.
    LookingAgain,
    /// It puts its import; `true` once a request may have reached EMC without an answer.
    Sending(bool),
    /// EMC has taken the import: it asks for the result.
    Polling,
    /// It does nothing more here.
    Ended,
}

/// What EMC knows of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Import {
    /// Nothing.
    Unknown,
    /// It was taken and is worked on.
    Processing,
    /// It has taken effect.
    Committed,
    /// It was refused for its lines.
    Rejected,
    /// It never takes effect.
    Cancelled,
    /// It was cancelled, and EMC has forgotten that: only where EMC breaks its contract.
    Forgotten,
}

/// One run and what became of its import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Where the run is.
    pub at: At,
    /// The snapshot that its plan was made from.
    pub basis: Snapshot,
    /// What EMC knows of its import.
    pub import: Import,
    /// A body of it is on its way, and may come at any time, any number of times.
    pub body_on_its_way: bool,
    /// A request to settle it is on its way likewise.
    pub settling_on_its_way: bool,
}

impl Place {
    /// `is_named`: somebody may still settle this import, or keep its snapshot.
    fn forget(&mut self, is_named: bool) {
        let has_ended = self.at == At::Ended;
        if has_ended && self.import == Import::Unknown && !self.body_on_its_way
            || has_ended && self.import == Import::Rejected
            || has_ended && self.import == Import::Committed && !is_named
        {
            // No run will ask for its result any more and EMC will not apply it: the same state as a cancelled import.
            self.import = Import::Cancelled;
        }
        let is_closed = matches!(self.import, Import::Committed | Import::Rejected | Import::Cancelled);
        if is_closed {
            self.body_on_its_way = false;
        }
        if matches!(self.import, Import::Committed | Import::Cancelled) {
            self.settling_on_its_way = false;
        }
        let compares =
            matches!(self.at, At::Planned | At::Announcing | At::ComparingPending | At::Fencing | At::LookingAgain);
        if is_closed && !compares && !(self.import == Import::Committed && is_named) {
            self.basis = None;
        }
    }
}

/// The whole state, of `N` runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State<const N: usize> {
    /// `snapshot.json`.
    pub snapshot: Snapshot,
    /// `pending.json`: of which run's import.
    pub pending: Option<Run>,
    /// What EMC holds.
    pub emc: Snapshot,
    /// The runs.
    pub runs: [Place; N],
}

impl<const N: usize> State<N> {
    /// No run has begun; EMC and the snapshot agree.
    pub fn new() -> Self {
        let place = Place {
            at: At::Waiting,
            basis: None,
            import: Import::Unknown,
            body_on_its_way: false,
            settling_on_its_way: false,
        };
        Self { snapshot: None, pending: None, emc: None, runs: [place; N] }
    }

    /// This run's place.
    pub fn run(&self, run: Run) -> &Place {
        &self.runs[usize::from(run)]
    }

    pub(crate) fn run_mut(&mut self, run: Run) -> &mut Place {
        &mut self.runs[usize::from(run)]
    }

    /// Forgets what can make no difference any more, so that states that differ in nothing else are one.
    pub(crate) fn forget(&mut self) {
        let mut named = [false; N];
        let mut name = |of: Option<Run>| {
            if let Some(named) = of.and_then(|of| named.get_mut(usize::from(of))) {
                *named = true;
            }
        };
        name(self.pending);
        for place in &self.runs {
            name(match place.at {
                At::Settling(of) | At::Keeping(of) | At::KeepingOver(of, _) => Some(of),
                _ => None,
            });
        }
        for (place, is_named) in self.runs.iter_mut().zip(named) {
            place.forget(is_named);
        }
    }

    /// The state as one number, different for every state of up to five runs.
    pub fn key(&self) -> u128 {
        let reference = |of: Option<Run>| of.map_or(0, |run| u128::from(run) + 1);
        let mut key = reference(self.snapshot) << 6 | reference(self.pending) << 3 | reference(self.emc);
        for place in &self.runs {
            let at = match place.at {
                At::Waiting => 0,
                At::LookingForPending => 1,
                At::ReadingSnapshot => 2,
                At::Planned => 3,
                At::Announcing => 4,
                At::ComparingPending => 5,
                At::Fencing => 6,
                At::LookingAgain => 7,
                At::Sending(false) => 8,
                At::Sending(true) => 9,
                At::Polling => 10,
                At::Ended => 11,
                At::Settling(of) => 16 + u128::from(of),
                At::Keeping(of) => 24 + u128::from(of),
                At::ComparingSnapshot(of) => 32 + u128::from(of),
                At::Removing(of) => 40 + u128::from(of),
                At::KeepingOver(of, over) => 64 + 8 * u128::from(of) + reference(over),
            };
            let import = match place.import {
                Import::Unknown => 0,
                Import::Processing => 1,
                Import::Committed => 2,
                Import::Rejected => 3,
                Import::Cancelled => 4,
                Import::Forgotten => 5,
            };
            let on_its_way = u128::from(place.body_on_its_way) << 1 | u128::from(place.settling_on_its_way);
            key = key << 15 | at << 8 | reference(place.basis) << 5 | import << 2 | on_its_way;
        }
        key
    }
}

impl<const N: usize> Default for State<N> {
    fn default() -> Self {
        Self::new()
    }
}
