//! What a fleet of tenants is doing. The daily functions write one line for each run; the watch function takes it here, the
//! table keeps what came of it, and both the digest and the operator's command judge by the same rule (`standing`).
//!
//! Nothing here is personal: a tenant's id, its company, outcomes, codes, times and counts.

mod digest;
mod line;
mod notice;
mod row;
mod schedules;
mod standing;
mod table;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

pub use digest::{Digest, digest};
pub use line::{Batch, Line, Outcome, Unreadable, lines_of};
pub use notice::{keep_alive_notice, notice};
pub use row::{Row, Seen};
pub use schedules::{Due, Schedule, SchedulesError, daily_schedules};
pub use standing::{Standing, Tenant, judge};
pub use table::{Lease, LeaseError, Table, TableError};

/// The table's name in every account.
pub const TABLE: &str = "emc-link-fleet";

/// Japan's time, which knows no summer: no database of time zones is needed.
pub fn japan() -> TimeZone {
    TimeZone::fixed(offset(9))
}

/// A time as the operators read it.
pub fn tokyo(at: Timestamp) -> String {
    at.to_zoned(japan()).strftime("%Y/%m/%d %H:%M").to_string()
}
