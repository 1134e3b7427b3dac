//! What an import says of an ID: decided here for every user and department, from the snapshot and what was approved.

use super::approval::Approval;
use super::id_table::IdTable;
use super::snapshot::UserPart;
use crate::config::ReusedIds;

/// What the snapshot says of an ID; the import's `expect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// EMC must not have it: it will be created.
    Create,
    /// EMC should have it: it will be updated.
    Update,
    /// EMC has it, and a person approved that it is taken over: it will be updated, the person included.
    Adopt,
    /// The ID belongs to another person than before: what is behind it goes, and it is made anew.
    Replace,
}

impl Expect {
    /// The word of the import.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::Replace => "replace",
        }
    }

    /// Of a user: `crew` is today's person behind the ID.
    pub fn of_user(previous: &UserPart, approved: &Approval, reused: ReusedIds, id: &str, crew: &str) -> Self {
        match previous.ids.position(id) {
            Some(at) if is_another_person(previous, at, crew) => {
                if reused == ReusedIds::Update || approved.is_same_person(id, crew) {
                    Self::Adopt
                } else {
                    Self::Replace
                }
            }
            // EMC kept the ID for another person, and somebody approved that it is taken over.
            _ if approved.adopt_users.contains(id) => Self::Adopt,
            Some(_) => Self::Update,
            None => Self::Create,
        }
    }

    /// Of a department.
    pub fn of_department(previous: &IdTable, approved: &Approval, id: &str) -> Self {
        if approved.adopt_departments.contains(id) {
            Self::Adopt
        } else if previous.position(id).is_some() {
            Self::Update
        } else {
            Self::Create
        }
    }
}

/// Whether the snapshot knows the ID at `at` as another SmartHR person's than `crew`. After a baseline no person is known.
pub(super) fn is_another_person(previous: &UserPart, at: usize, crew: &str) -> bool {
    previous.crews.get(at).is_some_and(|before| !before.is_empty() && before != crew)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_id_that_emc_keeps_for_another_person_is_taken_over_once_that_is_approved() {
        let mut previous = UserPart::default();
        previous.ids.insert("A1").unwrap();
        previous.crews.insert("x").unwrap();
        let mut approved = Approval::default();
        let expect = |approved: &Approval| Expect::of_user(&previous, approved, ReusedIds::Hold, "A1", "x");
        assert_eq!(expect(&approved), Expect::Update);
        approved.adopt_users.insert("A1".to_owned());
        assert_eq!(expect(&approved), Expect::Adopt);
    }
}
