use super::super::id_table::IdTable;
use super::super::plan::{DepartmentPlan, Today, UserPlan};
use super::super::snapshot::{DepartmentPart, UserPart};
use super::*;
use crate::config::ReusedIds;

const ITEM: &str = "緊急連絡1 アドレス";

fn limits() -> GuardConfig {
    GuardConfig {
        users: Limit::BasisPoints(1_000),
        departments: Limit::BasisPoints(1_000),
        blanks: Limit::BasisPoints(1_000),
        floor: 5,
    }
}

fn table(prefix: &str, range: std::ops::Range<usize>) -> IdTable {
    let mut table = IdTable::new();
    for n in range {
        table.insert(&format!("{prefix}{n:05}")).unwrap();
    }
    table
}

/// A snapshot of so many people and departments.
fn snapshot(users: usize, departments: usize) -> Snapshot {
    Snapshot {
        departments: DepartmentPart {
            valid: departments as u64,
            ids: table("D", 0..departments),
            ..DepartmentPart::default()
        },
        users: UserPart {
            valid: users as u64,
            ids: table("U", 0..users),
            crews: table("crew", 0..users),
            ..UserPart::default()
        },
        ..Snapshot::default()
    }
}

/// A day on which people and departments from the front of the snapshot are gone.
struct Day {
    before: Snapshot,
    gone_users: usize,
    gone_departments: usize,
    filled: BTreeMap<String, u64>,
    filled_of_known: BTreeMap<String, u64>,
    clearing: BTreeSet<String>,
    orphans: BTreeMap<String, u64>,
    unverified: BTreeSet<String>,
    limits: GuardConfig,
    first: bool,
    starter: Starter,
}

impl Day {
    fn new(users: usize, gone_users: usize) -> Self {
        Self {
            before: snapshot(users, 10),
            gone_users,
            gone_departments: 0,
            filled: BTreeMap::new(),
            filled_of_known: BTreeMap::new(),
            clearing: BTreeSet::new(),
            orphans: BTreeMap::new(),
            unverified: BTreeSet::new(),
            limits: limits(),
            first: false,
            starter: Starter::Schedule,
        }
    }

    /// Of `had` people with a value, `have` have one today.
    fn item(mut self, had: u64, have: u64, clears: bool) -> Self {
        self.before.users.filled = BTreeMap::from([(ITEM.to_owned(), had)]);
        self.filled = BTreeMap::from([(ITEM.to_owned(), have)]);
        self.filled_of_known.clone_from(&self.filled);
        if clears {
            self.clearing = BTreeSet::from([ITEM.to_owned()]);
        }
        self
    }

    fn judge(&self, approved: &Approval) -> (Vec<HoldReason>, Approval) {
        let users = self.before.users.ids.len();
        let ids = table("U", self.gone_users..users);
        let crews = table("crew", self.gone_users..users);
        let departments = table("D", self.gone_departments..10);
        let difference = Difference::new(
            DepartmentPlan::between(&self.before.departments.ids, departments.iter()),
            UserPlan::between(
                &self.before.users,
                Today { ids: &ids, crews: &crews, exclusions: &[] },
                approved,
                ReusedIds::Hold,
            ),
        );
        let facts = Facts {
            previous: (!self.first).then_some(&self.before),
            valid_users: ids.len() as u64,
            values: LostValues {
                filled: &self.filled,
                filled_of_known: &self.filled_of_known,
                gone: self.gone_users as u64,
                clearing: &self.clearing,
            },
            orphans: &self.orphans,
            unverified: &self.unverified,
            reused: &[],
            starter: self.starter,
        };
        match judge(difference, &facts, &self.limits, approved) {
            Verdict::Cleared(_) => (Vec::new(), approved.clone()),
            Verdict::Held(held) => (held.reasons, held.to_approve),
        }
    }

    fn is_held(&self) -> bool {
        !self.judge(&Approval::default()).0.is_empty()
    }
}

#[test]
fn ten_percent_is_not_held_and_one_more_is() {
    assert!(!Day::new(1_000, 100).is_held());
    assert!(Day::new(1_000, 101).is_held());
}

#[test]
fn a_limit_that_is_a_number_is_not_held_at_the_number_and_held_at_one_more() {
    for (deleted, held) in [(20, false), (21, true)] {
        let limits = GuardConfig { users: Limit::Count(20), ..limits() };
        assert_eq!(Day { limits, ..Day::new(1_000, deleted) }.is_held(), held, "{deleted}");
    }
}

#[test]
fn the_floor_never_holds() {
    assert!(!Day::new(20, 5).is_held());
    assert!(Day::new(20, 6).is_held());
}

#[test]
fn the_floor_is_at_most_half_of_the_company() {
    assert!(!Day::new(4, 2).is_held());
    assert!(Day::new(4, 3).is_held());
    assert!(!Day::new(8, 4).is_held());
    assert!(Day::new(8, 5).is_held());
}

#[test]
fn no_valid_user_is_held_even_below_the_floor() {
    let day = Day::new(3, 3);
    let (reasons, approval) = day.judge(&Approval::default());
    assert_eq!(reasons, [HoldReason::NoUsers { previous: 3 }]);
    assert!(day.judge(&approval).0.is_empty());
}

#[test]
fn an_approval_covers_its_ids_and_nothing_beyond() {
    let (_, approved) = Day::new(1_000, 300).judge(&Approval::default());
    assert!(Day::new(1_000, 300).judge(&approved).0.is_empty());
    assert!(Day::new(1_000, 10).judge(&approved).0.is_empty());
    assert_eq!(
        Day::new(1_000, 301).judge(&approved).0,
        [HoldReason::UserDeletions { deletions: 301, previous: 1_000 }]
    );
}

#[test]
fn an_item_that_is_cleared_and_falls_steeply_is_held() {
    // 59 of 60 people lost their contact although one still has his.
    let day = Day::new(100, 0).item(60, 1, true);
    let (reasons, approval) = day.judge(&Approval::default());
    assert_eq!(reasons, [HoldReason::Blank { item: ITEM.into(), filled: 60, previous: 100, lost: 59 }]);
    assert!(day.judge(&approval).0.is_empty());
    let worse = Day::new(100, 0).item(60, 0, true);
    assert!(!worse.judge(&approval).0.is_empty(), "one more person than was approved");
}

#[test]
fn an_item_that_is_left_alone_may_fall() {
    assert!(!Day::new(100, 0).item(60, 1, false).is_held());
}

#[test]
fn blanks_are_counted_beyond_those_who_are_deleted() {
    let mut day = Day::new(100, 10).item(100, 80, true);
    assert!(!day.is_held(), "10 of the 20 are deleted, 10 are the limit");
    day = Day::new(100, 10).item(100, 79, true);
    assert!(day.is_held());
}

#[test]
fn joiners_do_not_make_up_for_lost_values() {
    let mut day = Day::new(100, 0).item(100, 80, true);
    day.filled.insert(ITEM.to_owned(), 100);
    assert!(day.is_held());
}

#[test]
fn an_item_that_half_had_and_nobody_has_now_is_held() {
    assert!(Day::new(100, 0).item(50, 0, false).is_held());
    assert!(!Day::new(100, 0).item(49, 0, false).is_held());
}

#[test]
fn an_item_that_left_the_sheet_is_not_touched_and_not_held() {
    let mut day = Day::new(100, 0).item(50, 0, true);
    day.filled.clear();
    assert!(!day.is_held());
}

#[test]
fn a_deleted_department_with_people_in_it_is_held() {
    let orphans = BTreeMap::from([("D00000".to_owned(), 3)]);
    let day = Day { gone_departments: 1, orphans, ..Day::new(100, 0) };
    let (reasons, approval) = day.judge(&Approval::default());
    assert_eq!(reasons, [HoldReason::Orphans { departments: vec!["D00000".into()], people: 3 }]);
    assert!(day.judge(&approval).0.is_empty());
}

#[test]
fn people_who_could_not_be_asked_for_are_held_whatever_their_number() {
    let day = Day { unverified: BTreeSet::from(["U00000".to_owned()]), ..Day::new(1_000, 1) };
    let (reasons, approval) = day.judge(&Approval::default());
    assert_eq!(reasons, [HoldReason::Unverified { people: 1 }]);
    assert!(day.judge(&approval).0.is_empty());
}

#[test]
fn the_first_link_is_made_by_a_person() {
    let day = Day { first: true, ..Day::new(0, 0) };
    let (reasons, approval) = day.judge(&Approval::default());
    assert!(matches!(reasons.as_slice(), [HoldReason::FirstLink { .. }]));
    assert!(day.judge(&approval).0.is_empty());
    assert!(!Day { first: true, starter: Starter::Person, ..Day::new(0, 0) }.is_held());
}

#[test]
fn reasons_of_an_earlier_version_are_read() {
    #[derive(Deserialize)]
    struct Note(#[serde(deserialize_with = "read_reasons")] Vec<HoldReason>);
    let text = r#"[{"reason":"user_deletions","deletions":3,"previous":9},{"reason":"exists","users":1,"departments":0},
        {"code":"OF_A_LATER_VERSION"}]"#;
    let Note(reasons) = serde_json::from_str(text).unwrap();
    assert_eq!(
        reasons,
        [HoldReason::UserDeletions { deletions: 3, previous: 9 }, HoldReason::Exists { users: 1, departments: 0 }]
    );
}
