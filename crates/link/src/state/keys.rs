//! The keys of the tenant's state, relative to `tenants/{id}/`. No other place spells a key.

use std::fmt;

use super::RunId;

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
    /// `changes.json`: the runs of the last hour that a change in SmartHR started.
    pub fn changes() -> Self {
        Self("changes.json".into())
    }
    /// `known-errors.json`: since when each error of the latest sync has been there.
    pub fn known_errors() -> Self {
        Self("known-errors.json".into())
    }
    /// `runs/`: all runs.
    pub fn runs() -> Self {
        Self("runs/".into())
    }
    /// `runs/{date}/`: all runs of one day (Asia/Tokyo).
    pub fn runs_of(date: jiff::civil::Date) -> Self {
        Self(format!("runs/{date}/"))
    }
    /// `runs/{year}-{month}`: all runs of one month (Asia/Tokyo).
    pub fn runs_of_month(date: jiff::civil::Date) -> Self {
        Self(format!("runs/{}", date.strftime("%Y-%m")))
    }
    /// `runs/{date}/{run_id}/{file}`: a record of one run.
    pub fn run_file(date: jiff::civil::Date, run_id: &str, file: &str) -> Self {
        Self(format!("runs/{date}/{run_id}/{file}"))
    }
    /// `mapping-drafts/{draft}.{ending}`: a sheet that was uploaded and is not in force.
    pub fn draft(draft: &RunId, ending: &str) -> Self {
        Self(format!("mapping-drafts/{draft}.{ending}"))
    }
    /// `mapping-drafts/`: the sheets that were uploaded and are not in force.
    pub fn drafts() -> Self {
        Self("mapping-drafts/".into())
    }
    /// `mapping-history/`: the sheets that were in force before.
    pub fn sheet_history() -> Self {
        Self("mapping-history/".into())
    }
    /// `mapping-history/{version}.{ending}`: a sheet that was in force until then.
    pub fn earlier_sheet(version: &RunId, ending: &str) -> Self {
        Self(format!("mapping-history/{version}.{ending}"))
    }
    /// `audit/`: what people did in the pages.
    pub fn audit() -> Self {
        Self("audit/".into())
    }
    /// `audit/{date}/`: what people did on one day (Asia/Tokyo).
    pub fn audit_of(date: jiff::civil::Date) -> Self {
        Self(format!("audit/{date}/"))
    }
    /// `audit/{year}-{month}`: what people did in one month (Asia/Tokyo).
    pub fn audit_of_month(date: jiff::civil::Date) -> Self {
        Self(format!("audit/{}", date.strftime("%Y-%m")))
    }
    /// `audit/{date}/{entry}.json`: one thing that a person did.
    pub fn audit_entry(date: jiff::civil::Date, entry: &RunId) -> Self {
        Self(format!("audit/{date}/{entry}.json"))
    }
    /// `connect/sessions/{digest}.json`: a person's session in the pages, by the digest of its secret name.
    pub fn session(digest: &str) -> Self {
        Self(format!("connect/sessions/{digest}.json"))
    }
    /// `connect/launches/{digest}.json`: a launch link that was used.
    pub fn launch(digest: &str) -> Self {
        Self(format!("connect/launches/{digest}.json"))
    }
    /// `connect/connection.json`: which SmartHR account allowed the link, and when.
    pub fn connection() -> Self {
        Self("connect/connection.json".into())
    }
    /// `connect/webhook.json`: SmartHR's webhook to the pages, as far as the pages registered it.
    pub fn webhook() -> Self {
        Self("connect/webhook.json".into())
    }
    /// `connect/last-change.json`: when SmartHR last told of a change that a run was scheduled for.
    pub fn last_change() -> Self {
        Self("connect/last-change.json".into())
    }
    /// `connect/run-summaries.json`: what the pages' lists show of each run, so that no list reads every report.
    pub fn run_summaries() -> Self {
        Self("connect/run-summaries.json".into())
    }
    /// `connect/decisions/{run_id}.json`: what a person decided about a held run.
    pub fn decision(run_id: &RunId) -> Self {
        Self(format!("connect/decisions/{run_id}.json"))
    }
    /// `outbox/`: the files of all bulk uploads.
    pub fn outbox() -> Self {
        Self("outbox/".into())
    }
    /// `outbox/{run_id}/{file}`: a file of one run's bulk upload.
    pub fn upload(run_id: &str, file: &str) -> Self {
        Self(format!("outbox/{run_id}/{file}"))
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
