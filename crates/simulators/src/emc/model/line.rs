//! The lines of an import, and the order in which they may come.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// Items by name; null, or an empty text, clears.
pub(super) type Items = BTreeMap<String, Option<String>>;

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    Begin { tenant: String, put_departments: u64, put_users: u64, delete_users: u64, delete_departments: u64 },
    Put(Put),
    Delete(Delete),
    End {},
}

/// A record as it is to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    pub(super) record: Record,
    pub(super) id: String,
    #[serde(default, deserialize_with = "filled")]
    pub(super) person: Option<String>,
    pub(super) expect: Expect,
    #[serde(default)]
    pub(super) set: Items,
    #[serde(default)]
    pub(super) on_create: Items,
    #[serde(default)]
    pub(super) on_update: Items,
}

/// A record that is to go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delete {
    pub(super) record: Record,
    pub(super) id: String,
    #[serde(default, deserialize_with = "filled")]
    pub(super) person: Option<String>,
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
    Replace,
    /// Of a delete line, in the drift only.
    #[serde(skip_deserializing)]
    Delete,
}

/// What was there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Actual {
    Create,
    Update,
    None,
    OtherPerson,
}

impl Line {
    /// The line's place in the fixed order of an import.
    pub(super) fn place(&self) -> u8 {
        match self {
            Self::Begin { .. } => 0,
            Self::Put(Put { record: Record::Department, .. }) => 1,
            Self::Put(_) => 2,
            Self::Delete(Delete { record: Record::User, .. }) => 3,
            Self::Delete(_) => 4,
            Self::End {} => 5,
        }
    }

    /// What this kind of record does not know, although the other does.
    pub(super) fn unknown(&self) -> Option<&'static str> {
        match self {
            Self::Put(Put { record: Record::Department, expect: Expect::Replace, .. }) => {
                Some("a department knows create, update and adopt")
            }
            Self::Put(Put { record: Record::Department, person: Some(_), .. })
            | Self::Delete(Delete { record: Record::Department, person: Some(_), .. }) => {
                Some("a department has no person")
            }
            _ => None,
        }
    }
}

fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.filter(|text| !text.is_empty()))
}
