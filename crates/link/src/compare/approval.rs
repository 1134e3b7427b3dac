//! What a person approved: exactly what a held run was held for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

/// What a held run asks for, and what its approval allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The users that may be deleted; `None` where the run was not held for user deletions.
    #[serde(default)]
    pub delete_users: Option<BTreeSet<String>>,
    /// The departments that may be deleted; `None` where the run was not held for department deletions.
    #[serde(default)]
    pub delete_departments: Option<BTreeSet<String>>,
    /// The items that may become empty, and for how many of the snapshot's people.
    #[serde(default, deserialize_with = "blanks")]
    pub blank: BTreeMap<String, u64>,
    /// The users that EMC has and that may be taken over.
    #[serde(default)]
    pub adopt_users: BTreeSet<String>,
    /// The departments that EMC has and that may be taken over.
    #[serde(default)]
    pub adopt_departments: BTreeSet<String>,
    /// Reused IDs that may be replaced, with the SmartHR crew that each now belongs to.
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
    /// Those of `replace` that are the same person under a new SmartHR record: taken over, not replaced.
    #[serde(default)]
    pub same_person: BTreeSet<String>,
    /// The first link may be made.
    #[serde(default)]
    pub first_link: bool,
}

impl Approval {
    /// Whether nothing is approved.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it was approved that this ID passes to this crew, in either way.
    pub fn covers_reuse(&self, id: &str, crew: &str) -> bool {
        self.replace.get(id).is_some_and(|approved| approved == crew)
    }

    /// Whether it was said that the crew is the person whom the ID belonged to before.
    pub fn is_same_person(&self, id: &str, crew: &str) -> bool {
        self.covers_reuse(id, crew) && self.same_person.contains(id)
    }
}

/// Holds recorded before 0.2.0 name the items only: whatever their number was, it was approved.
fn blanks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Counted(BTreeMap<String, u64>),
        Named(BTreeSet<String>),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::Counted(items) => items,
        Form::Named(items) => items.into_iter().map(|item| (item, u64::MAX)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_of_an_earlier_version_is_read() {
        let approval: Approval =
            serde_json::from_str(r#"{"delete_users":["A1"],"delete_departments":null,"blank":["検索ワード1"]}"#)
                .unwrap();
        assert_eq!(approval.blank["検索ワード1"], u64::MAX);
        assert!(approval.delete_users.unwrap().contains("A1"));
    }

    #[test]
    fn an_approved_reuse_is_bound_to_the_person() {
        let approval = Approval { replace: BTreeMap::from([("A1".into(), "crew-2".into())]), ..Approval::default() };
        assert!(approval.covers_reuse("A1", "crew-2"));
        assert!(!approval.covers_reuse("A1", "crew-3"));
        assert!(!approval.is_same_person("A1", "crew-2"));
    }
}
