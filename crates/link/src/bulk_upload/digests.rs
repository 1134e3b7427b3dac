//! `digests.json`: one digest for each row of an upload, so that the next one can leave out what did not change. Digests
//! and IDs only, as in the snapshot; the rows of the last *confirmed* upload are found by the snapshot's run.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_128;

/// The digests of one upload's rows, by ID.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    version: u64,
    departments: BTreeMap<String, RowDigest>,
    users: BTreeMap<String, RowDigest>,
}

/// 32 hexadecimal digits in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RowDigest(u128);

impl Serialize for RowDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for RowDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A `digests.json` could not be read.
#[derive(Debug, thiserror::Error)]
#[error("not the digests of an upload: {0}")]
pub struct DigestsError(#[from] serde_json::Error);

impl Digests {
    /// None yet.
    pub fn new() -> Self {
        Self { version: 1, ..Self::default() }
    }
    /// Parses `digests.json`.
    pub fn parse(bytes: &[u8]) -> Result<Self, DigestsError> {
        Ok(serde_json::from_slice(bytes)?)
    }
    /// Writes `digests.json`.
    pub fn write(&self) -> Result<Vec<u8>, DigestsError> {
        Ok(serde_json::to_vec(self)?)
    }
    /// Whether a department's row differs from this upload's, or is not in it.
    pub fn department_differs(&self, id: &str, row: &[u8]) -> bool {
        self.departments.get(id) != Some(&digest(row))
    }
    /// Whether a user's row differs from this upload's, or is not in it.
    pub fn user_differs(&self, id: &str, row: &[u8]) -> bool {
        self.users.get(id) != Some(&digest(row))
    }
    pub(super) fn add_department(&mut self, id: &str, row: &[u8]) {
        self.departments.insert(id.to_owned(), digest(row));
    }
    pub(super) fn add_user(&mut self, id: &str, row: &[u8]) {
        self.users.insert(id.to_owned(), digest(row));
    }
}

fn digest(row: &[u8]) -> RowDigest {
    RowDigest(xxh3_128(row))
}
