use super::*;
use crate::config::Config;
use crate::convert::test_tenant::config;

fn department(id: &str, code: &str, parent: &str) -> OwnedDepartment {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    OwnedDepartment {
        id: id.to_owned(),
        name: Some(format!("部署{id}")),
        code: given(code),
        parent_id: given(parent),
        line: 0,
    }
}

fn numbered(mut list: Vec<OwnedDepartment>) -> Vec<OwnedDepartment> {
    for (line, department) in (1..).zip(&mut list) {
        department.line = line;
    }
    list
}

fn converted(list: Vec<OwnedDepartment>, config: &Config) -> DepartmentSet {
    convert_departments(&numbered(list), config)
}

fn tree(set: &DepartmentSet) -> Vec<(&str, Option<&str>)> {
    set.rows.iter().map(|row| (row.id.as_str(), row.parent.as_deref())).collect()
}

/// 部署ID | 部署コード, 部署名 | 部署名, 部署名(ヨミ) | fixed, 親部署ID | 上位部署: the product's table of departments.
#[test]
fn row_department_id_name_kana_parent() {
    let set = converted(vec![department("x", "11", "p"), department("p", "1", "")], &config(""));
    assert_eq!(tree(&set), [("1", None), ("11", Some("1"))]);
    assert_eq!((set.rows[1].name.as_str(), set.rows[1].kana.as_str()), ("部署x", "ブショ"));
    assert!(set.faults.is_empty());
}

#[test]
fn the_prefix_is_put_before_every_department_id_and_parent() {
    let set = converted(vec![department("p", "1", ""), department("x", "11", "p")], &config("[ids]\nprefix = \"A\""));
    assert_eq!(tree(&set), [("A1", None), ("A11", Some("A1"))]);
}

#[test]
fn the_top_department_stands_above_the_first_level() {
    let config = config("[ids]\nprefix = \"A\"\n[top_department]\nid = \"0\"\nname = \"会社\"");
    let set = converted(vec![department("p", "1", ""), department("x", "11", "p")], &config);
    assert_eq!(tree(&set), [("A0", None), ("A1", Some("A0")), ("A11", Some("A1"))]);
}

/// Point①: 部署C has no code and is not linked; its children hang below the nearest ancestor that has one.
#[test]
fn without_a_code_a_department_is_left_out_and_its_children_move_up() {
    let list =
        vec![department("p", "1", ""), department("c", "", "p"), department("d", "", "c"), department("e", "11", "d")];
    let set = converted(list, &config(""));
    assert_eq!(tree(&set), [("1", None), ("11", Some("1"))]);
    assert_eq!(
        set.warnings.0.iter().map(|w| (w.code, w.line)).collect::<Vec<_>>(),
        [(Code::DepartmentSkipped, Some(2)), (Code::DepartmentSkipped, Some(3))]
    );
}

#[test]
fn without_a_code_is_an_error_where_the_config_says_so() {
    let set = converted(vec![department("c", " ", "")], &config("[departments]\nwithout_code = \"error\""));
    assert_eq!(set.faults.0[0].code, Code::DepartmentCodeMissing);
}

#[test]
fn a_person_in_a_department_without_a_code_counts_as_having_no_value() {
    let set = converted(vec![department("c", "", "")], &config(""));
    let reference = DepartmentRef { id: Some(Text("c".into())), code: None, name: None };
    assert_eq!(set.place(&reference), Place::NotLinked { in_scope: true });
}

#[test]
fn a_department_id_has_at_most_30_characters_prefix_included() {
    for (length, detail) in [(29, false), (30, true)] {
        let set = converted(vec![department("p", &"1".repeat(length), "")], &config("[ids]\nprefix = \"A\""));
        assert_eq!(set.faults.0.iter().any(|f| f.code == Code::DepartmentIdTooLong), detail, "{length}");
    }
}

#[test]
fn each_of_two_departments_with_one_code_is_told() {
    let set = converted(vec![department("p", "1", ""), department("q", "1", "")], &config(""));
    assert_eq!(
        set.faults.0.iter().map(|f| (f.code, f.line)).collect::<Vec<_>>(),
        [(Code::DepartmentIdDuplicate, Some(1)), (Code::DepartmentIdDuplicate, Some(2))]
    );
}

#[test]
fn a_department_with_the_top_departments_id_is_told() {
    let set = converted(vec![department("p", "1", "")], &config("[top_department]\nid = \"1\"\nname = \"会社\""));
    assert_eq!(set.faults.0[0].code, Code::DepartmentIdDuplicate);
}

#[test]
fn case_matters_in_department_ids() {
    assert!(converted(vec![department("p", "a", ""), department("q", "A", "")], &config("")).faults.is_empty());
}

#[test]
fn a_circle_of_parents_is_told_and_does_not_hang() {
    let set =
        converted(vec![department("p", "1", "q"), department("q", "2", "p"), department("r", "3", "p")], &config(""));
    assert_eq!(set.faults.0.iter().filter(|f| f.code == Code::DepartmentCycle).count(), 3);
}

#[test]
fn a_parent_outside_the_list_is_told() {
    let set = converted(vec![department("p", "1", "gone")], &config(""));
    assert_eq!(set.faults.0[0].code, Code::DepartmentParentUnknown);
}

#[test]
fn scope_keeps_the_subtrees_and_their_ancestors() {
    let list = vec![
        department("p", "1", ""),
        department("a", "11", "p"),
        department("aa", "111", "a"),
        department("b", "12", "p"),
    ];
    let set = converted(list, &config("[scope]\ndepartments = [\"11\"]"));
    assert_eq!(tree(&set), [("1", None), ("11", Some("1")), ("111", Some("11"))]);
    let at = |id: &'static str| DepartmentRef { id: Some(Text(id.into())), code: None, name: None };
    assert_eq!(set.place(&at("aa")), Place::Linked { id: "111", in_scope: true });
    assert_eq!(set.place(&at("p")), Place::Linked { id: "1", in_scope: false });
    assert_eq!(set.place(&at("b")), Place::NotLinked { in_scope: false });
    assert_eq!(set.place(&at("zzz")), Place::Unknown);
}

#[test]
fn a_scope_that_names_no_department_is_told() {
    let set = converted(vec![department("p", "1", "")], &config("[scope]\ndepartments = [\"9\"]"));
    assert_eq!(set.faults.0[0].field.as_deref(), Some("scope.departments"));
}

proptest::proptest! {
    #[test]
    fn any_tree_gives_parents_before_children_and_never_panics(
        parents in proptest::collection::vec((0_usize..12, proptest::bool::ANY), 0..12)
    ) {
        let list = parents.iter().enumerate().map(|(at, (parent, coded))| {
            let code = if *coded { format!("c{at}") } else { String::new() };
            let parent = if *parent == at { String::new() } else { format!("d{parent}") };
            department(&format!("d{at}"), &code, &parent)
        }).collect();
        let set = converted(list, &config(""));
        if set.faults.is_empty() {
            let mut seen = std::collections::HashSet::new();
            for row in &set.rows {
                proptest::prop_assert!(row.parent.as_ref().is_none_or(|parent| seen.contains(parent)));
                seen.insert(row.id.clone());
            }
        }
    }
}
