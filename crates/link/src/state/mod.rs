//! What the link remembers and where: the traits of the outside world, the keys below `tenants/{id}/`, and the records
//! that are kept there.

pub mod ports;

pub mod delivery;

pub mod keys;

mod changes;

mod lock;

mod run_id;

mod tenant_id;

pub use changes::{CHANGE_BUDGET, ChangeRun, ChangeRuns, note_change_run};
pub use lock::{LEASE, Lease, LeaseLost, RENEWAL, run_in_progress};
pub use run_id::{RunId, Trigger};
pub use tenant_id::{TenantId, TenantIdError};
