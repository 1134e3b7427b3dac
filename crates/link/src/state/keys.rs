//! The keys of the tenant's state, relative to `tenants/{id}/`. No other place spells a key.

use std::fmt;

/// A key below `tenants/{id}/`, such as `snapshot.json`; also used as the prefix of a listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// `config.toml`: the tenant's configuration.
    pub fn config() -> Self {
        Self("config.toml".into())
    }
    /// `mapping.xlsx`: the mapping sheet as a workbook.
    pub fn mapping_xlsx() -> Self {
        Self("mapping.xlsx".into())
    }
    /// `mapping.csv`: the mapping sheet as text.
    pub fn mapping_csv() -> Self {
        Self("mapping.csv".into())
    }
    /// `baseline/departments.csv`: the department IDs that EMC had before the first link.
    pub fn baseline_departments() -> Self {
        Self("baseline/departments.csv".into())
    }
    /// `baseline/users.csv`: the user IDs that EMC had before the first link.
    pub fn baseline_users() -> Self {
        Self("baseline/users.csv".into())
    }
    /// `snapshot.json`: the last data that EMC accepted.
    pub fn snapshot() -> Self {
        Self("snapshot.json".into())
    }
    /// `pending.json`: an import that was handed over and not yet confirmed.
    pub fn pending() -> Self {
        Self("pending.json".into())
    }
    /// `lock.json`: the run in progress.
    pub fn lock() -> Self {
        Self("lock.json".into())
    }
    /// `runs/`: all runs.
    pub fn runs() -> Self {
        Self("runs/".into())
    }
    /// `runs/{date}/`: all runs of one day (Asia/Tokyo).
    pub fn runs_of(date: jiff::civil::Date) -> Self {
        Self(format!("runs/{date}/"))
    }
    /// `runs/{date}/{run_id}/{file}`: a record of one run.
    pub fn run_file(date: jiff::civil::Date, run_id: &str, file: &str) -> Self {
        Self(format!("runs/{date}/{run_id}/{file}"))
    }
    /// A key that a store listed, or one below `outbox/`.
    pub fn from_listing(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
