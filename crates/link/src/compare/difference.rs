//! The difference between the snapshot and today, and the way from it to what may be handed over.

use super::approval::Approval;
use super::guard::HoldReason;
use super::plan::{DepartmentPlan, UserPlan};

/// What is to happen, before the guard has looked at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    departments: DepartmentPlan,
    users: UserPlan,
}

impl Difference {
    /// The plans of both files.
    pub fn new(departments: DepartmentPlan, users: UserPlan) -> Self {
        Self { departments, users }
    }

    /// What is to happen to the departments.
    pub fn departments(&self) -> &DepartmentPlan {
        &self.departments
    }

    /// What is to happen to the users.
    pub fn users(&self) -> &UserPlan {
        &self.users
    }
}

/// A difference that the guard let pass: nothing else can be handed over. Only [`judge`](super::judge) makes one.
#[derive(Debug)]
pub struct Cleared(Difference);

impl Cleared {
    pub(super) fn new(difference: Difference) -> Self {
        Self(difference)
    }

    /// What is to happen.
    pub fn difference(&self) -> &Difference {
        &self.0
    }
}

/// A difference that waits for a person.
#[derive(Debug)]
pub struct Held {
    /// What would happen.
    pub difference: Difference,
    /// Why the run is held; never empty.
    pub reasons: Vec<HoldReason>,
    /// What a person has to approve for the same run to go on, earlier approvals included.
    pub to_approve: Approval,
}

/// What the guard says.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a run makes one")]
pub enum Verdict {
    /// The run may go on.
    Cleared(Cleared),
    /// A person has to look at it first.
    Held(Held),
}
