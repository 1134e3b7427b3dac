//! What the protocol rests on. Each rule can be taken away: then the search must find what it is there for.

/// The rules of the hand-over; all of them hold in the link and at EMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one rule, there or not")]
pub struct Rules {
    /// A run that finds a `pending.json` settles its import before anything else.
    pub settles_first: bool,
    /// `pending.json` is written only where there is none.
    pub one_pending: bool,
    /// Once its pending lies there, a run looks again whether the snapshot is the one that its plan was made from.
    pub looks_again: bool,
    /// `pending.json` is removed only at the version that was read or written.
    pub removes_what_it_read: bool,
    /// The snapshot of a committed import is written only over the one that the import was made from.
    pub keeps_over_basis: bool,
    /// EMC remembers what it cancelled: a body that comes later has no effect.
    pub emc_remembers: bool,
}

/// Every rule by its name, with the rules without it.
pub const RULES: [(&str, Rules); 6] = [
    ("settles-first", Rules { settles_first: false, ..Rules::ALL }),
    ("one-pending", Rules { one_pending: false, ..Rules::ALL }),
    ("looks-again", Rules { looks_again: false, ..Rules::ALL }),
    ("removes-what-it-read", Rules { removes_what_it_read: false, ..Rules::ALL }),
    ("keeps-over-basis", Rules { keeps_over_basis: false, ..Rules::ALL }),
    ("emc-remembers", Rules { emc_remembers: false, ..Rules::ALL }),
];

impl Rules {
    /// All of them.
    pub const ALL: Self = Self {
        settles_first: true,
        one_pending: true,
        looks_again: true,
        removes_what_it_read: true,
        keeps_over_basis: true,
        emc_remembers: true,
    };
}
