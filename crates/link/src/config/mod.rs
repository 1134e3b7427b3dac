//! The tenant's own choices: `config.toml` and the mapping sheet (連携設定シート), parsed into types that cannot be wrong.
//!
//! Both readers tell all faults at once: an operator corrects a file in one go, not in five. `config.toml` goes through
//! [`parse_config`], the sheet through [`parse_sheet`]; [`mapping_to_csv`] is the way back.

pub mod keys;

mod item;
mod mapping;

mod toml;

mod mail_address;

mod network;

mod bulk_upload;

mod delivery;

mod sheet;

#[cfg(test)]
mod tests;

pub use bulk_upload::{BulkUpload, Column, DepartmentItem, UploadContent, UploadEncoding, UserItem};
pub use delivery::{DeliveryTarget, S3Target, SftpTarget};
pub use item::{EmcItem, Slot};
pub use mail_address::is_mail_address;
pub use mapping::{Absent, Mapping, Present, Rule, SmartHrField, Source, UserIdAbsent, UserIdRule};
pub use network::Network;
pub(crate) use sheet::folded;
pub use sheet::{
    SHEET_COLUMNS, SheetFormat, SheetOrigin, SheetRow, all_cells, header_columns, header_row, mapping_to_csv,
    parse_sheet, read_sheet, sheet_cells, sheet_rows,
};
pub use toml::parse_config;

use std::collections::BTreeSet;

/// A validated `config.toml`.
#[derive(Clone, Debug)]
pub struct Config {
    /// The company's name.
    pub company: String,
    /// Where SmartHR is.
    pub smarthr: SmartHrConfig,
    /// Where EMC is.
    pub emc: EmcConfig,
    /// 会社コード, put before every user ID and department ID; empty where there is none.
    pub prefix: String,
    /// What to do with a known ID that now belongs to another SmartHR person.
    pub ids_reused: ReusedIds,
    /// 最上位部署 to be made above SmartHR's first level.
    pub top_department: Option<TopDepartment>,
    /// The fixed value of 部署名(ヨミ).
    pub department_kana: String,
    /// What to do with a department that has no code.
    pub without_code: WithoutCode,
    /// Between 姓 and 名.
    pub name_separator: String,
    /// Narrowing on top of what the SmartHR account may see.
    pub scope: Scope,
    /// The limits that hold a run.
    pub guard: GuardConfig,
    /// How the files of a bulk upload are written.
    pub upload: BulkUpload,
    /// Where these files are delivered; `None` where a person carries them.
    pub delivery: Option<DeliveryTarget>,
    /// Runs within minutes of a change in SmartHR.
    pub on_change: OnChange,
    /// Who may enter the pages.
    pub pages: PagesConfig,
    /// 1 to 5 addresses for the report mail.
    pub notify: Vec<String>,
}

/// `[on_change]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnChange {
    /// Whether a change in SmartHR starts a run.
    pub enabled: bool,
    /// How many minutes changes are gathered before one run takes them all, 1 to 60.
    pub wait_minutes: u8,
    /// Which of these runs are mailed.
    pub mail: ChangeMail,
}

/// `on_change.mail`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangeMail {
    /// Failures, holds, and the first success after one.
    #[default]
    Problems,
    /// All of them.
    All,
}

/// `[pages]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PagesConfig {
    /// The networks from which the pages may be entered; empty allows all.
    pub allow: Vec<Network>,
    /// Whether only a person with the role `approver` may approve held runs; otherwise operators may as well.
    pub approver_only: bool,
    /// Whether the person who changed the mapping sheet last may not approve deletions.
    pub four_eyes: bool,
}

/// `[smarthr]`.
#[derive(Clone, Debug)]
pub struct SmartHrConfig {
    /// Scheme and host without a trailing slash, such as `https://acme.smarthr.jp`: both of the API (`/api/v1/…`) and of
    /// the pages that people open (`/crews/{id}`).
    pub base_url: String,
    /// The OAuth site without a trailing slash, `https://app.smarthr.jp` by default.
    pub auth_url: String,
}

/// `[emc]`.
#[derive(Clone, Debug)]
pub struct EmcConfig {
    /// The import API's base without a trailing slash.
    pub base_url: String,
    /// How the data goes there.
    pub destination: Destination,
}

/// `emc.destination`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Destination {
    /// EMC's import API.
    #[default]
    Api,
    /// Files for EMC's own bulk upload, written below `outbox/`.
    Csv,
}

/// `ids.reused`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReusedIds {
    /// Hold the run: the account would pass to another person.
    #[default]
    Hold,
    /// Update the account, with a warning.
    Update,
}

/// `[top_department]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopDepartment {
    /// Its ID, prefix already included.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// `departments.without_code`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithoutCode {
    /// Leave it out, with a warning.
    #[default]
    Skip,
    /// An error.
    Error,
}

/// `[scope]`.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Names of 雇用形態 to keep; `None` keeps all.
    pub employment_types: Option<BTreeSet<String>>,
    /// Department codes (without prefix) whose subtrees are kept; `None` keeps all.
    pub departments: Option<BTreeSet<String>>,
    /// People whose 入社年月日 lies in the future.
    pub before_joining: BeforeJoining,
}

/// `scope.before_joining`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BeforeJoining {
    /// Keep them.
    #[default]
    Include,
    /// Leave them out until the day.
    Exclude,
}

/// `[guard]`.
#[derive(Clone, Copy, Debug)]
pub struct GuardConfig {
    /// The limit for user deletions.
    pub users: Limit,
    /// The limit for department deletions.
    pub departments: Limit,
    /// How far the number of people with a value for an item may fall, by the item's previous count.
    pub blanks: Limit,
    /// So many deletions, or people without a value, never hold a run; of a small company at most half of the previous
    /// valid count, or every deletion there would pass.
    pub floor: u64,
}

/// A limit of deletions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// A percentage of the previous valid count, in hundredths of a percent (10% is 1,000).
    BasisPoints(u64),
    /// A number.
    Count(u64),
}

impl Limit {
    /// Whether so many deletions out of `previous` are more than the limit.
    pub fn is_exceeded_by(self, deletions: u64, previous: u64) -> bool {
        match self {
            Self::BasisPoints(points) => u128::from(deletions) * 10_000 > u128::from(previous) * u128::from(points),
            Self::Count(count) => deletions > count,
        }
    }
}
