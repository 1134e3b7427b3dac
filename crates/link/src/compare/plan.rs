//! The difference between the snapshot and today, as data: mail, report, `plan.csv` and import are all made from it.

use std::collections::HashSet;

use super::id_table::IdTable;
use super::snapshot::UserPart;

/// Why a user of the snapshot is to be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletionReason {
    /// SmartHR does not list the person any more.
    #[default]
    NotListed,
    /// 在籍状況 is 退職済.
    Retired,
    /// The item that gives the user ID is empty, and the sheet says 連携しない.
    NoUserId,
    /// Outside `[scope]`.
    OutOfScope,
    /// 入社年月日 is in the future, and `[scope]` leaves such people out.
    NotYetJoined,
    /// The same person comes under another user ID.
    IdChanged,
}

impl DeletionReason {
    /// In the customer's words.
    pub fn reason_ja(self) -> &'static str {
        match self {
            Self::NotListed => "SmartHRの従業員一覧に居ません",
            Self::Retired => "在籍状況が退職済です",
            Self::NoUserId => "ユーザIDにする項目が空です(連携しない)",
            Self::OutOfScope => "連携対象の範囲外です",
            Self::NotYetJoined => "入社年月日が未来です",
            Self::IdChanged => "ユーザIDが変わりました",
        }
    }
}

/// What is to happen to the users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPlan {
    /// 新規: the positions in today's table.
    pub created: Vec<u32>,
    /// 更新: how many.
    pub updated: u64,
    /// 削除: the positions in the snapshot's table, and why.
    pub deleted: Vec<(u32, DeletionReason)>,
}

impl UserPlan {
    /// Compares by ID. `leaving` holds a reason for each position of the snapshot, as far as one is known.
    pub fn between(previous: &UserPart, today: &IdTable, leaving: &[DeletionReason]) -> Self {
        let mut plan = Self::default();
        let mut stays = vec![false; previous.ids.len()];
        for (position, id) in today.iter().enumerate() {
            match previous.ids.position(id).and_then(|at| stays.get_mut(at)) {
                Some(stay) => {
                    *stay = true;
                    plan.updated += 1;
                }
                None => plan.created.push(narrow(position)),
            }
        }
        for (position, stay) in stays.iter().enumerate() {
            if !stay {
                plan.deleted.push((narrow(position), leaving.get(position).copied().unwrap_or_default()));
            }
        }
        plan
    }

    /// The IDs to delete.
    pub fn deleted_ids<'a>(&'a self, previous: &'a UserPart) -> impl Iterator<Item = &'a str> {
        self.deleted.iter().filter_map(|(at, _)| previous.ids.get(*at as usize))
    }
}

/// What is to happen to the departments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepartmentPlan {
    /// 新規: the IDs.
    pub created: Vec<String>,
    /// 更新: how many.
    pub updated: u64,
    /// 削除: the IDs, children before parents.
    pub deleted: Vec<String>,
}

impl DepartmentPlan {
    /// Compares by ID. The snapshot's order is parents first, so the deletions are its reverse.
    pub fn between<'a>(previous: &IdTable, today: impl IntoIterator<Item = &'a str>) -> Self {
        let mut plan = Self::default();
        let mut stays = HashSet::new();
        for id in today {
            if previous.position(id).is_some() {
                stays.insert(id);
                plan.updated += 1;
            } else {
                plan.created.push(id.to_owned());
            }
        }
        let mut gone: Vec<String> = previous.iter().filter(|id| !stays.contains(id)).map(str::to_owned).collect();
        gone.reverse();
        plan.deleted = gone;
        plan
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an IdTable counts its entries in 32 bits")]
fn narrow(position: usize) -> u32 {
    position as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn table(ids: &BTreeSet<String>) -> IdTable {
        let mut table = IdTable::new();
        for id in ids {
            table.insert(id).unwrap();
        }
        table
    }

    proptest! {
        #[test]
        fn applying_the_plan_to_yesterday_gives_today(
            old in prop::collection::btree_set("[a-e]{1,2}", 0..15),
            new in prop::collection::btree_set("[a-e]{1,2}", 0..15),
        ) {
            let previous = UserPart { ids: table(&old), ..UserPart::default() };
            let today = table(&new);
            let plan = UserPlan::between(&previous, &today, &[]);
            let mut applied = old.clone();
            for id in plan.deleted_ids(&previous) {
                prop_assert!(applied.remove(id));
            }
            for at in &plan.created {
                prop_assert!(applied.insert(today.get(*at as usize).unwrap().to_owned()));
            }
            prop_assert_eq!(&applied, &new);
            // 新規+更新 = 受信 有効件数 and 更新+削除 = 前回 有効件数, always.
            prop_assert_eq!(plan.created.len() as u64 + plan.updated, new.len() as u64);
            prop_assert_eq!(plan.updated + plan.deleted.len() as u64, old.len() as u64);

            let departments = DepartmentPlan::between(&previous.ids, new.iter().map(String::as_str));
            prop_assert_eq!(departments.created.len() as u64 + departments.updated, new.len() as u64);
            prop_assert_eq!(departments.updated + departments.deleted.len() as u64, old.len() as u64);
        }
    }

    #[test]
    fn departments_are_deleted_children_first() {
        let mut previous = IdTable::new();
        for id in ["top", "child", "grandchild"] {
            previous.insert(id).unwrap();
        }
        assert_eq!(DepartmentPlan::between(&previous, ["top"]).deleted, ["grandchild", "child"]);
    }

    #[test]
    fn case_matters() {
        let mut previous = IdTable::new();
        previous.insert("a1").unwrap();
        let plan = DepartmentPlan::between(&previous, ["A1"]);
        assert_eq!((plan.created, plan.deleted), (vec!["A1".to_owned()], vec!["a1".to_owned()]));
    }
}
