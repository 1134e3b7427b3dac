//! `snapshot.json`: what EMC accepted last. IDs, digests and counts only.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::id_table::IdTable;

/// The last data that EMC accepted.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The run that it comes from.
    pub run_id: String,
    /// When, RFC 3339 in Asia/Tokyo.
    pub taken_at: String,
    /// The departments.
    pub departments: DepartmentPart,
    /// The users.
    pub users: UserPart,
}

/// The departments of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct DepartmentPart {
    /// 全件数 of that run.
    pub received: u64,
    /// 有効件数 of that run.
    pub valid: u64,
    /// The digest of the converted rows; empty after a baseline.
    pub digest: String,
    /// The IDs, parents before children: in reverse they can be deleted.
    pub ids: IdTable,
    /// SmartHR's id of the department behind each ID, as far as it is known.
    pub sources: BTreeMap<String, String>,
}

/// The users of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct UserPart {
    /// 全件数 of that run.
    pub received: u64,
    /// 有効件数 of that run.
    pub valid: u64,
    /// The digest of the converted rows; empty after a baseline.
    pub digest: String,
    /// The user IDs.
    pub ids: IdTable,
    /// The SmartHR id of each, at the same position; empty where it is not known.
    pub crews: IdTable,
    /// For how many users each EMC item had a value.
    pub filled: BTreeMap<String, u64>,
}

/// A snapshot could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is not JSON of this form.
    #[error("not a snapshot: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It was written by a later version of the link.
    #[error("snapshot version {0} is not known")]
    Version(u64),
    /// The numbers in it contradict each other.
    #[error("snapshot contradicts itself: {0}")]
    Contradiction(&'static str),
}

impl SnapshotError {
    /// In the customer's words.
    pub fn reason_ja(&self) -> String {
        match self {
            Self::Malformed(error) => malformed_ja(error),
            Self::Version(version) => format!("この連携より新しい版(version {version})で書かれています"),
            Self::Contradiction(_) => "件数とIDの数が一致しません".to_owned(),
        }
    }
}

/// Where JSON of our own form ends being readable, in the customer's words.
pub(crate) fn malformed_ja(error: &serde_json::Error) -> String {
    format!("{}行目の{}文字目から、形式が正しくありません", error.line(), error.column())
}

const VERSION: u64 = 1;

impl Snapshot {
    /// Parses `snapshot.json`.
    pub fn parse(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let raw: Raw = serde_json::from_slice(bytes)?;
        if raw.version != VERSION {
            return Err(SnapshotError::Version(raw.version));
        }
        if raw.departments.ids.0.len() as u64 != raw.departments.valid {
            return Err(SnapshotError::Contradiction("departments.valid is not the number of ids"));
        }
        if raw.users.ids.ids.len() as u64 != raw.users.valid {
            return Err(SnapshotError::Contradiction("users.valid is not the number of ids"));
        }
        Ok(Self {
            run_id: raw.run_id,
            taken_at: raw.taken_at,
            departments: DepartmentPart {
                received: raw.departments.received,
                valid: raw.departments.valid,
                digest: raw.departments.digest,
                ids: raw.departments.ids.0,
                sources: raw.departments.sources,
            },
            users: UserPart {
                received: raw.users.received,
                valid: raw.users.valid,
                digest: raw.users.digest,
                ids: raw.users.ids.ids,
                crews: raw.users.ids.crews,
                filled: raw.users.filled,
            },
        })
    }

    /// Writes `snapshot.json`; the same snapshot gives the same bytes.
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        #[derive(Serialize)]
        struct User<'a> {
            id: &'a str,
            #[serde(skip_serializing_if = "str::is_empty")]
            crew: &'a str,
        }
        let mut out = Vec::with_capacity(512 + self.users.ids.len() * 72 + self.departments.ids.len() * 16);
        let part = |out: &mut Vec<u8>, received: u64, valid: u64, digest: &str| {
            let digest = serde_json::to_string(digest)?;
            write!(out, "{{\"received\":{received},\"valid\":{valid},\"digest\":{digest},\"ids\":[")
                .map_err(serde_json::Error::io)
        };
        let head = format!(
            "{{\"version\":{VERSION},\"run_id\":{},\"taken_at\":{},\n\"departments\":",
            serde_json::to_string(&self.run_id)?,
            serde_json::to_string(&self.taken_at)?,
        );
        out.extend_from_slice(head.as_bytes());
        part(&mut out, self.departments.received, self.departments.valid, &self.departments.digest)?;
        for (position, id) in self.departments.ids.iter().enumerate() {
            out.extend_from_slice(if position == 0 { b"\n" } else { b",\n" });
            serde_json::to_writer(&mut out, id)?;
        }
        out.extend_from_slice(b"],\n\"sources\":");
        serde_json::to_writer(&mut out, &self.departments.sources)?;
        out.extend_from_slice(b"},\n\"users\":");
        part(&mut out, self.users.received, self.users.valid, &self.users.digest)?;
        for (position, id) in self.users.ids.iter().enumerate() {
            out.extend_from_slice(if position == 0 { b"\n" } else { b",\n" });
            let crew = self.users.crews.get(position).unwrap_or_default();
            serde_json::to_writer(&mut out, &User { id, crew })?;
        }
        out.extend_from_slice(b"],\n\"filled\":");
        serde_json::to_writer(&mut out, &self.users.filled)?;
        out.extend_from_slice(b"}}\n");
        Ok(out)
    }
}

#[derive(Deserialize)]
struct Raw {
    version: u64,
    run_id: String,
    taken_at: String,
    departments: RawDepartments,
    users: RawUsers,
}

#[derive(Deserialize)]
struct RawDepartments {
    received: u64,
    valid: u64,
    digest: String,
    ids: DepartmentIds,
    #[serde(default)]
    sources: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawUsers {
    received: u64,
    valid: u64,
    digest: String,
    ids: UserIds,
    #[serde(default)]
    filled: BTreeMap<String, u64>,
}

/// Reads a list of strings straight into a table: no list of 100,000 strings in between.
struct DepartmentIds(IdTable);

impl<'de> Deserialize<'de> for DepartmentIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = DepartmentIds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of department IDs")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut table = IdTable::new();
                while let Some(id) = seq.next_element::<std::borrow::Cow<'de, str>>()? {
                    table.insert(&id).map_err(|_| A::Error::custom("a department ID stands twice"))?;
                }
                Ok(DepartmentIds(table))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[derive(Default)]
struct UserIds {
    ids: IdTable,
    crews: IdTable,
}

impl<'de> Deserialize<'de> for UserIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = UserIds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of users")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut users = UserIds::default();
                while seq.next_element_seed(User(&mut users))?.is_some() {}
                Ok(users)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

struct User<'a>(&'a mut UserIds);

impl<'de> DeserializeSeed<'de> for User<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for User<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a user with an id")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Key {
            Id,
            Crew,
            #[serde(other)]
            Other,
        }
        let (mut found, mut crew) = (false, false);
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Id => {
                    let id = map.next_value::<BorrowedText<'de>>()?;
                    self.0.ids.insert(&id.0).map_err(|_| A::Error::custom("a user ID stands twice"))?;
                    found = true;
                }
                Key::Crew => {
                    let id = map.next_value::<BorrowedText<'de>>()?;
                    // Two users of one crew cannot come from the link, but finding one of them is enough.
                    if self.0.crews.insert(&id.0).is_err() {
                        self.0.crews.push_unindexed("");
                    }
                    crew = true;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !found {
            return Err(A::Error::missing_field("id"));
        }
        if !crew {
            self.0.crews.push_unindexed("");
        }
        if self.0.crews.len() != self.0.ids.len() {
            return Err(A::Error::custom("a user has two ids or two crews"));
        }
        Ok(())
    }
}

struct BorrowedText<'a>(std::borrow::Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for BorrowedText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Holder<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);
        Holder::deserialize(deserializer).map(|holder| Self(holder.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form as it is written down for operators; later versions must keep reading it.
    const GOLDEN: &str = r#"{ "version": 1, "run_id": "20261123T043112000-0123456789ab", "taken_at": "2026-11-23T04:31:12+09:00",
      "departments": { "received": 4, "valid": 2, "digest": "1-2-aa", "ids": ["A1", "A11"] },
      "users": { "received": 3, "valid": 2, "digest": "1-2-bb",
                 "ids": [ { "id": "A00027", "crew": "0723a1df-0000-4000-8000-000000000001" }, { "id": "A00031" } ],
                 "filled": { "氏名": 2, "検索ワード1": 1 } } }"#;

    #[test]
    fn the_golden_file_of_version_1_is_read() {
        let snapshot = Snapshot::parse(GOLDEN.as_bytes()).unwrap();
        assert_eq!(snapshot.users.ids.position("A00031"), Some(1));
        assert_eq!(snapshot.users.crews.position("0723a1df-0000-4000-8000-000000000001"), Some(0));
        assert_eq!(snapshot.users.crews.get(1), Some(""));
        assert_eq!(snapshot.departments.ids.iter().collect::<Vec<_>>(), ["A1", "A11"]);
        assert_eq!(snapshot.users.filled["氏名"], 2);
    }

    #[test]
    fn written_and_read_again_it_is_the_same() {
        let snapshot = Snapshot::parse(GOLDEN.as_bytes()).unwrap();
        let bytes = snapshot.write().unwrap();
        assert_eq!(Snapshot::parse(&bytes).unwrap().write().unwrap(), bytes);
    }

    #[test]
    fn a_later_version_and_contradictions_are_refused() {
        for (from, to) in [
            ("\"version\": 1", "\"version\": 2"),
            ("\"valid\": 2, \"digest\": \"1-2-b", "\"valid\": 9, \"digest\": \"1-2-b"),
            ("A00031", "A00027"),
        ] {
            assert!(Snapshot::parse(GOLDEN.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Snapshot::parse(&bytes);
        }
    }
}
