//! Today against the snapshot: who is new, who stays, who goes; and the guard that holds a run before it deletes too much.
//!
//! Pure functions over values: no I/O, no clock. The fields of a plan are private, so it can only come from
//! [`UserPlan::between`] or [`DepartmentPlan::between`]; and only [`judge`] makes a [`Cleared`] difference, which is all that
//! can be handed over.

mod approval;
mod difference;
mod digest;
mod expect;
mod guard;
mod id_table;
mod plan;
mod snapshot;

pub use approval::Approval;
pub use difference::{Cleared, Difference, Held, Verdict};
pub use digest::RowDigest;
pub use expect::Expect;
pub(crate) use guard::read_reasons;
pub use guard::{Facts, HoldReason, LostValues, ReusedId, Starter, judge};
pub use id_table::IdTable;
pub use plan::{DeletionReason, DepartmentPlan, Reused, Today, UserPlan};
pub(crate) use snapshot::malformed_ja;
pub use snapshot::{DepartmentPart, Snapshot, SnapshotError, UserPart};
