//! The function's answer; `report.json` is the same object. The mail is made from it and from nothing else, so that a mail
//! that could not be sent can be made again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::person::PersonStory;
use crate::compare::HoldReason;
use crate::fault::{Code, EmcData, Family, Fault};

/// So many errors and warnings stand in the answer; all of them in `errors.csv`.
pub const TOLD_IN_ANSWER: usize = 100;
/// So many differences the answer carries: a function's answer may have 6 MB, and an EMC that was emptied has a
/// difference for each person.
pub const DRIFT_IN_ANSWER: usize = 10_000;

/// What kind of run it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The daily run or a re-run.
    Sync,
    /// Everything but writing.
    Preview,
    /// Config, sheet, tokens, rights, masters.
    Check,
    /// SmartHR's tokens were exchanged, because nothing else had used them.
    #[serde(rename = "keep_alive")]
    KeepAlive,
    /// The first snapshot out of EMC's downloads.
    Baseline,
    /// A bulk upload was confirmed.
    Confirm,
    /// The files of a bulk upload were delivered because a person asked for it.
    Deliver,
    /// One person's story.
    Explain,
    /// The event could not be understood.
    Unknown,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// EMC has committed today's data.
    Success,
    /// Nothing had changed; nothing was sent.
    NoChange,
    /// Something is wrong; nothing was written.
    Failure,
    /// The guard held it; nothing was written.
    Held,
    /// Everything but writing was done.
    Preview,
    /// The check found nothing wrong.
    Checked,
    /// The first snapshot was made.
    Baseline,
    /// One person's story was told.
    Explained,
    /// This start was dealt with before.
    Skipped,
    /// Another run is in progress.
    Busy,
}

/// The counts of both files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// 部署データ.
    pub departments: FileCounts,
    /// 社員データ.
    pub users: FileCounts,
}

/// The eight figures of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCounts {
    /// 前回 全件数.
    pub previous_total: u64,
    /// 前回 有効件数.
    pub previous_valid: u64,
    /// 受信 全件数.
    pub received_total: u64,
    /// 受信 有効件数.
    pub received_valid: u64,
    /// 新規件数.
    pub created: u64,
    /// 更新件数.
    pub updated: u64,
    /// 削除件数.
    pub deleted: u64,
    /// Whether the converted rows differ from the snapshot's.
    pub changed: bool,
}

/// An ID that EMC did not hold as the snapshot said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftEntry {
    /// `user` or `department`.
    pub record: String,
    /// The ID.
    pub id: String,
    /// What the import expected to do.
    pub expected: String,
    /// What EMC did.
    pub actual: String,
}

/// A user who came back with everything that they had entered themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredEntry {
    /// `user`.
    pub record: String,
    /// The ID.
    pub id: String,
}

/// A user who lost an assignment because its department went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnassignedEntry {
    /// `user`.
    pub record: String,
    /// The ID.
    pub id: String,
    /// The EMC item, such as 所属部署コード.
    pub field: String,
    /// The department's ID.
    pub department: String,
}

/// How many faults of one kind there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCount {
    /// The kind.
    pub code: Code,
    /// How many.
    pub count: u64,
}

/// How many faults of one kind there are in one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCount {
    /// The kind.
    pub code: Code,
    /// The item that these faults name, if they name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How many.
    pub count: u64,
}

/// Why and since when a run is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldNote {
    /// All reasons, in the order of the mail's subject.
    #[serde(deserialize_with = "crate::compare::read_reasons")]
    pub reasons: Vec<HoldReason>,
    /// The reasons' rows of the catalogue, in the same order.
    #[serde(default)]
    pub codes: Vec<Code>,
    /// On which day the same set was held first (Asia/Tokyo).
    pub since: String,
    /// Which day in a row this is, from 1.
    pub days: u32,
    /// Until when it can be approved, RFC 3339.
    pub approve_until: String,
    /// A person's no to the same set: it is not asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

/// A person's no to what a run was held for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The held run that was refused.
    pub run_id: String,
    /// When, RFC 3339.
    pub at: String,
    /// The person's name.
    pub person: String,
    /// Why.
    pub reason: String,
}

/// A search word's master as EMC has it, and what it lacks for today's data. Told by a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterNote {
    /// The item as the sheet names it, such as 検索ワード3:役職.
    pub item: String,
    /// The names that EMC has, in its own order (表示順序).
    pub registered: Vec<String>,
    /// The names that are to be entered, in SmartHR's order as far as it is known. Empty where they could be what a person typed in.
    pub missing: Vec<String>,
}

/// Requests sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// To SmartHR.
    pub smarthr: u64,
    /// To EMC.
    pub emc: u64,
}

/// The answer of one invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The run's name; of a skipped start, the name of the run that did the work.
    pub run_id: String,
    /// The tenant.
    pub tenant: String,
    /// The company's name; `None` where the config cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The build that ran, such as `0.2.0+g1a2b3c4`; empty in reports of builds before 0.2.0.
    #[serde(default)]
    pub version: String,
    /// What kind of run it was.
    pub mode: Mode,
    /// How it ended.
    pub outcome: Outcome,
    /// The mail's subject.
    pub code: String,
    /// Of a preview: how a sync would end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would: Option<Outcome>,
    /// RFC 3339 in Asia/Tokyo.
    pub started_at: String,
    /// RFC 3339 in Asia/Tokyo.
    pub finished_at: String,
    /// The daily trigger's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<String>,
    /// What started it where that is neither a person nor the clock: `change`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// The held run that was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
    /// The counts; null on failure.
    pub counts: Option<Counts>,
    /// At most [`TOLD_IN_ANSWER`] errors, some of each kind.
    pub errors: Vec<Fault>,
    /// How many errors there are.
    #[serde(default)]
    pub error_count: u64,
    /// How many errors of each kind and item there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_groups: Vec<GroupCount>,
    /// How many warnings of each kind and item there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warning_groups: Vec<GroupCount>,
    /// Of a check: the kinds among the warnings that would fail a run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<Code>,
    /// At most [`TOLD_IN_ANSWER`] warnings, some of each kind.
    pub warnings: Vec<Fault>,
    /// How many warnings there are.
    #[serde(default)]
    pub warning_count: u64,
    /// How many warnings of each kind there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warning_kinds: Vec<KindCount>,
    /// Where EMC differed from the snapshot; at most [`DRIFT_IN_ANSWER`] of them.
    pub drift: Vec<DriftEntry>,
    /// How many there are.
    #[serde(default)]
    pub drift_count: u64,
    /// Users whose deletion was taken back (復元); at most [`DRIFT_IN_ANSWER`] of them.
    #[serde(default)]
    pub restored: Vec<RestoredEntry>,
    /// How many there are.
    #[serde(default)]
    pub restored_count: u64,
    /// Users who lost an assignment because its department went; at most [`DRIFT_IN_ANSWER`] of them.
    #[serde(default)]
    pub unassigned: Vec<UnassignedEntry>,
    /// How many there are.
    #[serde(default)]
    pub unassigned_count: u64,
    /// The addresses in SmartHR of the people that `drift` and `restored` are about, by user ID, as far as the mail names them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub addresses: BTreeMap<String, String>,
    /// Why the run is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldNote>,
    /// Further lines of the mail's 詳細メッセージ.
    #[serde(default)]
    pub details: Vec<String>,
    /// Requests sent.
    #[serde(default)]
    pub requests: Requests,
    /// Of a check: the masters of the search words in use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masters: Vec<MasterNote>,
    /// Of an explanation: the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonStory>,
}

impl Answer {
    /// Whether yesterday's data stands; a run that failed says it in its mail and on its page.
    pub fn yesterday(&self) -> EmcData {
        match self.outcome {
            Outcome::Success | Outcome::Baseline => EmcData::Updated,
            _ => self.errors.iter().map(|fault| fault.code.entry().yesterday).fold(EmcData::Unchanged, Ord::max),
        }
    }
}

/// The mail's subject for an ending.
pub(crate) fn code_of(outcome: Outcome, family: Option<Family>, hold: &[HoldReason]) -> &'static str {
    match outcome {
        Outcome::Failure => match family {
            Some(Family::Data) => "EMC-ERROR-D(Update NG)",
            Some(Family::SmartHr) => "EMC-ERROR-S(SmartHR NG)",
            Some(Family::Emc) => "EMC-ERROR-E(EMC NG)",
            Some(Family::Config) | None => "EMC-ERROR-C(Config NG)",
        },
        Outcome::Held => hold.iter().map(hold_subject).min().unwrap_or(HoldSubject::Delete).code(),
        Outcome::Preview => "EMC-PREVIEW",
        _ => "EMC-OK",
    }
}

/// A reason's row of the catalogue: cause and remedy.
pub(crate) fn code_of_reason(reason: &HoldReason) -> Code {
    match reason {
        HoldReason::UserDeletions { .. } => Code::HeldUserDeletions,
        HoldReason::DepartmentDeletions { .. } => Code::HeldDepartmentDeletions,
        HoldReason::NoUsers { .. } => Code::HeldNoUsers,
        HoldReason::Orphans { .. } => Code::HeldOrphans,
        HoldReason::Blank { .. } => Code::HeldBlank,
        HoldReason::Exists { .. } => Code::IdExists,
        HoldReason::Unverified { .. } => Code::HeldUnverified,
        HoldReason::IdReused { .. } => Code::IdReused,
        HoldReason::FirstLink { .. } => Code::FirstLink,
    }
}

/// What a held run is named by, in the order in which one reason comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum HoldSubject {
    Delete,
    Blank,
    Id,
    First,
}

impl HoldSubject {
    fn code(self) -> &'static str {
        match self {
            Self::Delete => "EMC-HOLD(Delete NG)",
            Self::Blank => "EMC-HOLD(Blank NG)",
            Self::Id => "EMC-HOLD(ID NG)",
            Self::First => "EMC-HOLD(First NG)",
        }
    }
}

fn hold_subject(reason: &HoldReason) -> HoldSubject {
    match reason {
        HoldReason::UserDeletions { .. }
        | HoldReason::DepartmentDeletions { .. }
        | HoldReason::NoUsers { .. }
        | HoldReason::Unverified { .. }
        | HoldReason::Orphans { .. } => HoldSubject::Delete,
        HoldReason::Blank { .. } => HoldSubject::Blank,
        HoldReason::Exists { .. } | HoldReason::IdReused { .. } => HoldSubject::Id,
        HoldReason::FirstLink { .. } => HoldSubject::First,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_reasons_names_a_held_run() {
        let first = HoldReason::FirstLink { users: 9, departments: 1 };
        let exists = HoldReason::Exists { users: 1, departments: 0 };
        let none = HoldReason::NoUsers { previous: 9 };
        let code = |reasons: &[HoldReason]| code_of(Outcome::Held, None, reasons);
        assert_eq!(code(std::slice::from_ref(&first)), "EMC-HOLD(First NG)");
        assert_eq!(code(&[first, exists.clone()]), "EMC-HOLD(ID NG)");
        assert_eq!(code(&[exists, none]), "EMC-HOLD(Delete NG)");
    }
}
