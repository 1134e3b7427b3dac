//! The guard: holds a run before it deletes, empties or takes over more than a normal day would.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::{GuardConfig, Limit};

/// Why a run is held. The order is the order in which the mail's subject names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum HoldReason {
    /// More users would be deleted than the limit allows, or than were approved.
    UserDeletions {
        /// How many would be deleted.
        deletions: u64,
        /// Out of so many.
        previous: u64,
    },
    /// More departments would be deleted than the limit allows, or than were approved.
    DepartmentDeletions {
        /// How many would be deleted.
        deletions: u64,
        /// Out of so many.
        previous: u64,
    },
    /// SmartHR returned no valid user.
    NoUsers {
        /// How many the snapshot has.
        previous: u64,
    },
    /// Departments would be deleted that people still belong to.
    Orphans {
        /// The departments' IDs.
        departments: Vec<String>,
        /// How many people.
        people: u64,
    },
    /// An item that half of the users had is now empty for all.
    Blank {
        /// The EMC item.
        item: String,
        /// How many had a value before.
        filled: u64,
        /// Out of so many.
        previous: u64,
    },
    /// EMC has IDs that the snapshot does not know.
    Exists {
        /// How many users.
        users: u64,
        /// How many departments.
        departments: u64,
    },
}

/// What a person approved: exactly what a held run was held for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The users that may be deleted; `None` where the run was not held for user deletions.
    #[serde(default)]
    pub delete_users: Option<BTreeSet<String>>,
    /// The departments that may be deleted; `None` where the run was not held for department deletions.
    #[serde(default)]
    pub delete_departments: Option<BTreeSet<String>>,
    /// The items that may become empty.
    #[serde(default)]
    pub blank: BTreeSet<String>,
    /// The users that EMC has and that may be taken over.
    #[serde(default)]
    pub adopt_users: BTreeSet<String>,
    /// The departments that EMC has and that may be taken over.
    #[serde(default)]
    pub adopt_departments: BTreeSet<String>,
}

impl Approval {
    /// Whether nothing is approved.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the guard looks at.
#[derive(Clone, Debug)]
pub struct Deletions<'a> {
    /// The users to be deleted.
    pub users: Vec<&'a str>,
    /// The departments to be deleted.
    pub departments: Vec<&'a str>,
    /// 前回 有効件数 of the users.
    pub previous_users: u64,
    /// 前回 有効件数 of the departments.
    pub previous_departments: u64,
    /// 受信 有効件数 of the users.
    pub valid_users: u64,
    /// For each item of the snapshot, how many users had a value.
    pub filled_before: &'a BTreeMap<String, u64>,
    /// For each item of today's sheet, how many users have a value.
    pub filled_now: &'a BTreeMap<String, u64>,
    /// Departments to be deleted that people still belong to, with the number of people.
    pub orphans: &'a BTreeMap<String, u64>,
}

/// What the guard says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// All reasons to hold; empty when the run may go on.
    pub reasons: Vec<HoldReason>,
    /// What a person has to approve for the same run to go on, earlier approvals included.
    pub to_approve: Approval,
}

/// Judges a run.
pub fn judge(found: &Deletions<'_>, limits: &GuardConfig, approved: &Approval) -> Verdict {
    let mut verdict = Verdict { reasons: Vec::new(), to_approve: approved.clone() };
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();

    let users = found.users.len() as u64;
    let no_users = found.valid_users == 0 && found.previous_users > 0;
    let too_many = match &approved.delete_users {
        Some(set) => found.users.iter().any(|id| !set.contains(*id)),
        None => no_users || exceeds(users, found.previous_users, limits.users, limits.floor),
    };
    if too_many {
        verdict.reasons.push(if no_users {
            HoldReason::NoUsers { previous: found.previous_users }
        } else {
            HoldReason::UserDeletions { deletions: users, previous: found.previous_users }
        });
        verdict.to_approve.delete_users = Some(owned(&found.users));
    }

    let departments = found.departments.len() as u64;
    let (too_many, orphaned) = match &approved.delete_departments {
        Some(set) => (found.departments.iter().any(|id| !set.contains(*id)), false),
        None => (
            exceeds(departments, found.previous_departments, limits.departments, limits.floor),
            !found.orphans.is_empty(),
        ),
    };
    if too_many {
        verdict
            .reasons
            .push(HoldReason::DepartmentDeletions { deletions: departments, previous: found.previous_departments });
    }
    if orphaned {
        verdict.reasons.push(HoldReason::Orphans {
            departments: found.orphans.keys().cloned().collect(),
            people: found.orphans.values().sum(),
        });
    }
    if too_many || orphaned {
        verdict.to_approve.delete_departments = Some(owned(&found.departments));
    }

    if found.valid_users > 0 {
        for (item, &filled) in found.filled_before {
            let was_common = filled > 0 && filled.saturating_mul(2) >= found.previous_users;
            let gone = found.filled_now.get(item) == Some(&0);
            if was_common && gone && !approved.blank.contains(item) {
                verdict.reasons.push(HoldReason::Blank { item: item.clone(), filled, previous: found.previous_users });
                verdict.to_approve.blank.insert(item.clone());
            }
        }
    }
    verdict
}

/// More than max(floor, limit).
fn exceeds(deletions: u64, previous: u64, limit: Limit, floor: u64) -> bool {
    deletions > floor && limit.is_exceeded_by(deletions, previous)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> GuardConfig {
        GuardConfig {
            users: Limit::BasisPoints(1_000),
            departments: Limit::BasisPoints(1_000),
            blanks: Limit::BasisPoints(1_000),
            floor: 5,
        }
    }

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("U{n:05}")).collect()
    }

    fn with<'a>(users: &'a [String], previous: u64, valid: u64, empty: &'a BTreeMap<String, u64>) -> Deletions<'a> {
        Deletions {
            users: users.iter().map(String::as_str).collect(),
            departments: Vec::new(),
            previous_users: previous,
            previous_departments: 0,
            valid_users: valid,
            filled_before: empty,
            filled_now: empty,
            orphans: empty,
        }
    }

    #[test]
    fn ten_percent_is_not_held_and_one_more_is() {
        let empty = BTreeMap::new();
        for (deleted, held) in [(100, false), (101, true)] {
            let users = ids(deleted);
            let verdict = judge(&with(&users, 1_000, 900, &empty), &limits(), &Approval::default());
            assert_eq!(!verdict.reasons.is_empty(), held, "{deleted}");
        }
    }

    #[test]
    fn the_floor_never_holds() {
        let empty = BTreeMap::new();
        for (deleted, held) in [(5, false), (6, true)] {
            let users = ids(deleted);
            let verdict = judge(&with(&users, 10, 4, &empty), &limits(), &Approval::default());
            assert_eq!(!verdict.reasons.is_empty(), held, "{deleted}");
        }
    }

    #[test]
    fn no_valid_user_is_held_even_below_the_floor() {
        let empty = BTreeMap::new();
        let users = ids(3);
        let verdict = judge(&with(&users, 3, 0, &empty), &limits(), &Approval::default());
        assert_eq!(verdict.reasons, [HoldReason::NoUsers { previous: 3 }]);
        let approved = verdict.to_approve;
        assert!(judge(&with(&users, 3, 0, &empty), &limits(), &approved).reasons.is_empty());
    }

    #[test]
    fn an_approval_covers_its_ids_and_nothing_beyond() {
        let empty = BTreeMap::new();
        let held = ids(300);
        let approved = judge(&with(&held, 1_000, 700, &empty), &limits(), &Approval::default()).to_approve;
        assert!(judge(&with(&held, 1_000, 700, &empty), &limits(), &approved).reasons.is_empty());
        assert!(judge(&with(&held[..10], 1_000, 990, &empty), &limits(), &approved).reasons.is_empty());
        let beyond = ids(301);
        assert_eq!(
            judge(&with(&beyond, 1_000, 699, &empty), &limits(), &approved).reasons,
            [HoldReason::UserDeletions { deletions: 301, previous: 1_000 }]
        );
    }

    #[test]
    fn an_item_that_half_had_and_nobody_has_now_is_held() {
        let before = BTreeMap::from([("検索ワード1".to_owned(), 50), ("検索ワード2".to_owned(), 49)]);
        let now = BTreeMap::from([("検索ワード1".to_owned(), 0), ("検索ワード2".to_owned(), 0)]);
        let empty = BTreeMap::new();
        let found = Deletions { filled_before: &before, filled_now: &now, ..with(&[], 100, 100, &empty) };
        let verdict = judge(&found, &limits(), &Approval::default());
        assert_eq!(verdict.reasons, [HoldReason::Blank { item: "検索ワード1".into(), filled: 50, previous: 100 }]);
        assert!(judge(&found, &limits(), &verdict.to_approve).reasons.is_empty());
    }

    #[test]
    fn an_item_that_left_the_sheet_is_not_touched_and_not_held() {
        let before = BTreeMap::from([("検索ワード1".to_owned(), 50)]);
        let empty = BTreeMap::new();
        let found = Deletions { filled_before: &before, ..with(&[], 100, 100, &empty) };
        assert!(judge(&found, &limits(), &Approval::default()).reasons.is_empty());
    }

    #[test]
    fn a_deleted_department_with_people_in_it_is_held() {
        let empty = BTreeMap::new();
        let orphans = BTreeMap::from([("A11".to_owned(), 3)]);
        let found = Deletions {
            departments: vec!["A11"],
            previous_departments: 10,
            orphans: &orphans,
            ..with(&[], 100, 100, &empty)
        };
        let verdict = judge(&found, &limits(), &Approval::default());
        assert_eq!(verdict.reasons, [HoldReason::Orphans { departments: vec!["A11".into()], people: 3 }]);
        assert!(judge(&found, &limits(), &verdict.to_approve).reasons.is_empty());
    }
}
