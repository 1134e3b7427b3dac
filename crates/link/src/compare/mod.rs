//! Today against the snapshot: who is new, who stays, who goes; and the guard that holds a run before it deletes too much.
//!
//! Pure functions over values: no I/O, no clock. A plan can only come from [`UserPlan::between`] or
//! [`DepartmentPlan::between`].

mod digest;
mod guard;
mod id_table;
mod plan;
mod snapshot;

pub use digest::RowDigest;
pub use guard::{Approval, Deletions, HoldReason, Verdict, judge};
pub use id_table::IdTable;
pub use plan::{DeletionReason, DepartmentPlan, UserPlan};
pub use snapshot::{DepartmentPart, Snapshot, SnapshotError, UserPart};
