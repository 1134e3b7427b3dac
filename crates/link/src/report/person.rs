//! One person's story, as `explain` answers it.

use serde::{Deserialize, Serialize};

use crate::convert::TracedItem;

/// Where SmartHR has the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InSmartHr {
    /// 在籍中, or a status that is a new word.
    Employed,
    /// 休職中.
    Absent,
    /// 退職済.
    Retired,
    /// SmartHR does not have the person, or not within the account's range.
    NotFound,
}

/// What a run would do with the person now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 更新(維持).
    Update,
    /// 新規.
    Create,
    /// 削除.
    Delete,
    /// Not linked: out of scope, or without a user ID.
    LeftOut,
    /// A fault of the person's data stops the run.
    Error,
    /// In neither place, or retired and never linked.
    Absent,
    /// Several people fit.
    Ambiguous,
}

/// What a recorded run did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The run.
    pub run_id: String,
    /// When it started, RFC 3339 in Asia/Tokyo.
    pub at: String,
    /// 新規, 削除, ID変更, エラー, …
    pub what: String,
    /// Why.
    pub reason: String,
}

/// One person's story. No personal value is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonStory {
    /// The user ID, prefix included.
    pub id: Option<String>,
    /// SmartHR's id of the person.
    pub crew: Option<String>,
    /// Where SmartHR has the person.
    pub in_smarthr: InSmartHr,
    /// Whether the last data that EMC accepted holds the person.
    pub in_snapshot: bool,
    /// What a run would do.
    pub verdict: Verdict,
    /// Why, in the customer's words.
    pub reason: String,
    /// What the sheet makes of each item.
    pub rows: Vec<TracedItem>,
    /// What the recorded runs did, oldest first.
    pub history: Vec<HistoryEntry>,
}
