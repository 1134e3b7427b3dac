//! The lines of an import, and the order in which they may come.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Items by name; null clears.
pub(super) type Items = BTreeMap<String, Option<String>>;

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    Begin {
        tenant: String,
        put_departments: u64,
        put_users: u64,
        delete_users: u64,
        delete_departments: u64,
    },
    Put {
        record: Record,
        id: String,
        expect: Expect,
        #[serde(default)]
        set: Items,
        #[serde(default)]
        on_create: Items,
        #[serde(default)]
        on_update: Items,
    },
    Delete {
        record: Record,
        id: String,
    },
    End {},
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Record {
    Department,
    User,
    /// The import itself, in errors only.
    #[serde(skip_deserializing)]
    Import,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Expect {
    Create,
    Update,
    Adopt,
    /// Of a delete line, in the drift only.
    #[serde(skip_deserializing)]
    Delete,
}

/// What was there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Actual {
    Create,
    Update,
    None,
}

impl Line {
    /// The line's place in the fixed order of an import.
    pub(super) fn place(&self) -> u8 {
        match self {
            Self::Begin { .. } => 0,
            Self::Put { record: Record::Department, .. } => 1,
            Self::Put { .. } => 2,
            Self::Delete { record: Record::User, .. } => 3,
            Self::Delete { .. } => 4,
            Self::End {} => 5,
        }
    }
}
