//! The difference between the snapshot and today, as data: mail, report, `plan.csv` and import are all made from it.

use std::collections::HashSet;

use super::approval::Approval;
use super::expect::{Expect, is_another_person};
use super::id_table::IdTable;
use super::snapshot::UserPart;
use crate::config::ReusedIds;

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
    /// `[scope]` leaves the person's 雇用形態 out.
    OtherEmploymentType,
    /// None of the person's departments is in `[scope]`.
    OtherDepartment,
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
            Self::OtherEmploymentType => "連携対象の範囲外です(雇用形態)",
            Self::OtherDepartment => "連携対象の範囲外です(部署)",
            Self::NotYetJoined => "入社年月日が未来です",
            Self::IdChanged => "ユーザIDが変わりました",
        }
    }
}

/// An ID that the snapshot knows as another person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reused {
    /// The position in today's table.
    pub today: u32,
    /// The position in the snapshot's table.
    pub before: u32,
    /// What becomes of it: [`Expect::Replace`] or [`Expect::Adopt`].
    pub expect: Expect,
}

/// What is to happen to the users. 新規 + 更新 = 受信 有効件数 and 更新 + 削除 = 前回 有効件数, always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPlan {
    created: Vec<u32>,
    updated: u64,
    deleted: Vec<(u32, DeletionReason)>,
    reused: Vec<Reused>,
}

/// Today's users, as they are compared.
#[derive(Clone, Copy, Debug)]
pub struct Today<'a> {
    /// Their IDs.
    pub ids: &'a IdTable,
    /// The SmartHR crew of each, at the same position; empty where it is not known.
    pub crews: &'a IdTable,
    /// Why people of the snapshot are not in the data, by their position there, as far as it is known.
    pub exclusions: &'a [DeletionReason],
}

impl UserPlan {
    /// Compares by ID.
    pub fn between(previous: &UserPart, today: Today<'_>, approved: &Approval, policy: ReusedIds) -> Self {
        let mut plan = Self { created: Vec::new(), updated: 0, deleted: Vec::new(), reused: Vec::new() };
        let mut stays = vec![false; previous.ids.len()];
        for (position, id) in today.ids.iter().enumerate() {
            let Some(before) = previous.ids.position(id) else {
                plan.created.push(narrow(position));
                continue;
            };
            if let Some(stay) = stays.get_mut(before) {
                *stay = true;
            }
            let crew = today.crews.get(position).unwrap_or_default();
            if is_another_person(previous, before, crew) {
                let expect = Expect::of_user(previous, approved, policy, id, crew);
                plan.reused.push(Reused { today: narrow(position), before: narrow(before), expect });
            } else {
                plan.updated += 1;
            }
        }
        for (position, stay) in stays.iter().enumerate() {
            if !stay {
                plan.deleted.push((narrow(position), today.exclusions.get(position).copied().unwrap_or_default()));
            }
        }
        plan
    }

    /// 新規: the positions in today's table, without replaced IDs.
    pub fn created(&self) -> &[u32] {
        &self.created
    }

    /// 削除: the positions in the snapshot's table, and why, without replaced IDs.
    pub fn deleted(&self) -> &[(u32, DeletionReason)] {
        &self.deleted
    }

    /// The IDs that belong to another person than before.
    pub fn reused(&self) -> &[Reused] {
        &self.reused
    }

    /// 新規件数: a replaced ID counts as one 新規 and one 削除.
    pub fn created_count(&self) -> u64 {
        self.created.len() as u64 + self.replaced_count()
    }

    /// 更新件数.
    pub fn updated_count(&self) -> u64 {
        self.updated + self.reused.len() as u64 - self.replaced_count()
    }

    /// 削除件数.
    pub fn deleted_count(&self) -> u64 {
        self.deleted.len() as u64 + self.replaced_count()
    }

    fn replaced_count(&self) -> u64 {
        self.reused.iter().filter(|reused| reused.expect == Expect::Replace).count() as u64
    }

    /// The IDs to delete.
    pub fn deleted_ids<'a>(&'a self, previous: &'a UserPart) -> impl Iterator<Item = &'a str> {
        self.deleted.iter().filter_map(|(at, _)| previous.ids.get(*at as usize))
    }

    /// The IDs to delete, each with the person that the snapshot knows behind it (empty where it knows none).
    pub fn deleted_people<'a>(&'a self, previous: &'a UserPart) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.deleted.iter().filter_map(|(at, _)| {
            let at = *at as usize;
            Some((previous.ids.get(at)?, previous.crews.get(at).unwrap_or_default()))
        })
    }
}

/// What is to happen to the departments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentPlan {
    created: Vec<String>,
    updated: u64,
    deleted: Vec<String>,
}

impl DepartmentPlan {
    /// Compares by ID. The snapshot's order is parents first, so the deletions are its reverse.
    pub fn between<'a>(previous: &IdTable, today: impl IntoIterator<Item = &'a str>) -> Self {
        let mut plan = Self { created: Vec::new(), updated: 0, deleted: Vec::new() };
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

    /// 新規: the IDs.
    pub fn created(&self) -> &[String] {
        &self.created
    }

    /// 更新件数.
    pub fn updated_count(&self) -> u64 {
        self.updated
    }

    /// 削除: the IDs, children before parents.
    pub fn deleted(&self) -> &[String] {
        &self.deleted
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
            let plan = UserPlan::between(
                &previous,
                Today { ids: &today, crews: &IdTable::new(), exclusions: &[] },
                &Approval::default(),
                ReusedIds::Hold,
            );
            let mut applied = old.clone();
            for id in plan.deleted_ids(&previous) {
                prop_assert!(applied.remove(id));
            }
            for at in &plan.created {
                prop_assert!(applied.insert(today.get(*at as usize).unwrap().to_owned()));
            }
            prop_assert_eq!(&applied, &new);
            // 新規+更新 = 受信 有効件数 and 更新+削除 = 前回 有効件数, always.
            prop_assert_eq!(plan.created_count() + plan.updated_count(), new.len() as u64);
            prop_assert_eq!(plan.updated_count() + plan.deleted_count(), old.len() as u64);

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

    fn people(pairs: &[(&str, &str)]) -> UserPart {
        let mut part = UserPart::default();
        for (id, crew) in pairs {
            part.ids.insert(id).unwrap();
            part.crews.insert(crew).unwrap();
        }
        part
    }

    #[test]
    fn two_people_whose_numbers_were_exchanged_are_two_reused_ids() {
        let previous = people(&[("A1", "x"), ("A2", "y"), ("A3", "z")]);
        let today = people(&[("A1", "y"), ("A2", "x"), ("A3", "z")]);
        let now = Today { ids: &today.ids, crews: &today.crews, exclusions: &[] };
        let plan = UserPlan::between(&previous, now, &Approval::default(), ReusedIds::Hold);
        assert_eq!(plan.reused().len(), 2);
        assert!(plan.reused().iter().all(|reused| reused.expect == Expect::Replace));
        assert_eq!((plan.created_count(), plan.updated_count(), plan.deleted_count()), (2, 1, 2));

        let kept = UserPlan::between(&previous, now, &Approval::default(), ReusedIds::Update);
        assert!(kept.reused().iter().all(|reused| reused.expect == Expect::Adopt));
        assert_eq!((kept.created_count(), kept.updated_count(), kept.deleted_count()), (0, 3, 0));
    }

    #[test]
    fn after_a_baseline_nobody_is_another_person() {
        let mut previous = UserPart::default();
        previous.ids.insert("A1").unwrap();
        previous.crews.push_unindexed("");
        let today = people(&[("A1", "x")]);
        let now = Today { ids: &today.ids, crews: &today.crews, exclusions: &[] };
        let plan = UserPlan::between(&previous, now, &Approval::default(), ReusedIds::Hold);
        assert_eq!((plan.reused().len(), plan.updated_count()), (0, 1));
    }
}
