//! The time that people read: Asia/Tokyo, in one format for machines.

use jiff::tz::{TimeZone, offset};
use jiff::{Timestamp, Zoned, civil::Date};

/// The time in Asia/Tokyo: +09:00 all year, so that no time zone database is needed.
pub fn tokyo(time: Timestamp) -> Zoned {
    time.to_zoned(TimeZone::fixed(offset(9)))
}

/// The date in Asia/Tokyo.
pub fn date_of(time: Timestamp) -> Date {
    tokyo(time).date()
}

/// The time in Asia/Tokyo as RFC 3339 to the second: the form of every time in records and answers.
///
/// ```
/// let time: jiff::Timestamp = "2026-11-22T19:31:12Z".parse()?;
/// assert_eq!(link::time::rfc3339(time), "2026-11-23T04:31:12+09:00");
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn rfc3339(time: Timestamp) -> String {
    tokyo(time).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
