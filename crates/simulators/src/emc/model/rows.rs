//! The result of an import: counts, errors, drift, and what became of people beyond what the lines say.

use serde::Serialize;

use super::line::{Actual, Expect, Record};

/// What happened to one kind of record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// 新規
    pub created: u64,
    /// 更新
    pub updated: u64,
    /// 削除
    pub deleted: u64,
}

/// What is wrong with a line.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RowError {
    pub(super) record: Record,
    /// The put's number among the puts of its kind, from 1; none for a delete. Of the import itself: the line's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    pub(super) id: String,
    pub(super) field: String,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
}

/// Where EMC was not as the snapshot said.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Drift {
    pub(super) record: Record,
    pub(super) id: String,
    pub(super) expected: Expect,
    pub(super) actual: Actual,
}

/// A user who came back with what they had before.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Restored {
    pub(super) record: Record,
    pub(super) id: String,
}

/// A user who lost a department that went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Unassigned {
    pub(super) record: Record,
    pub(super) id: String,
    /// 所属部署コード or 兼務管理部署コードN.
    pub(super) field: String,
    pub(super) department: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    pub(super) departments: Counts,
    pub(super) users: Counts,
    pub(super) drift: Vec<Drift>,
    pub(super) restored: Vec<Restored>,
    pub(super) unassigned: Vec<Unassigned>,
}
