use super::*;
use crate::compare::{DepartmentPart, UserPart};
use crate::config::Mapping;
use crate::convert::test_tenant::{REQUIRED, config, sheet};
use crate::convert::{compile, convert_departments};
use crate::smarthr::OwnedDepartment;

struct World {
    config: Config,
    mapping: Mapping,
    words: SearchWords,
    departments: DepartmentSet,
    masters: Masters,
    previous: Snapshot,
    approved: Approval,
}

impl World {
    fn new(more_config: &str, rows: &str) -> Self {
        let config = config(more_config);
        let department = |id: &str, code: &str| OwnedDepartment {
            id: id.into(),
            name: Some(id.into()),
            code: Some(code.into()),
            parent_id: None,
            line: 1,
        };
        Self {
            departments: convert_departments(&[department("d1", "1"), department("d2", "2")], &config),
            config,
            mapping: sheet(rows),
            words: SearchWords::default(),
            masters: Masters::default(),
            previous: Snapshot::default(),
            approved: Approval::default(),
        }
    }

    fn knows(mut self, users: &[(&str, &str)]) -> Self {
        let mut part = UserPart { valid: users.len() as u64, ..UserPart::default() };
        for (id, crew) in users {
            part.ids.insert(id).unwrap();
            part.crews.insert(crew).unwrap();
        }
        self.previous.users = part;
        self
    }

    fn convert(&self, crews: &[&str]) -> UsersResult {
        let rules = compile(&self.mapping, &self.words).unwrap();
        let mut users = Users::new(ConversionContext {
            config: &self.config,
            rules: &rules,
            words: &self.words,
            departments: &self.departments,
            masters: &self.masters,
            previous: &self.previous,
            approved: &self.approved,
            today: "2026-11-23".parse().unwrap(),
        });
        for (line, crew) in (1..).zip(crews) {
            users.crew(line, serde_json::from_str(crew).unwrap());
        }
        users.finish()
    }
}

fn crew(id: &str, code: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","emp_status":"employed","emp_code":"{code}","last_name":"佐藤","first_name":"花子","last_name_yomi":"サトウ","first_name_yomi":"ハナコ"{more}}}"#
    )
}

fn ids(result: &UsersResult) -> Vec<&str> {
    result.ids.iter().collect()
}

fn codes(faults: &Faults) -> Vec<(Code, Option<u32>)> {
    faults.0.iter().map(|fault| (fault.code, fault.line)).collect()
}

#[test]
fn retired_people_are_out_and_everyone_else_is_in() {
    let people = [
        crew("a", "1", ""),
        crew("b", "2", "").replace("employed", "absent"),
        crew("c", "3", "").replace("employed", "retired"),
        crew("d", "4", r#","resigned_at":"2020-01-01""#),
        crew("e", "5", "").replace("employed", "seconded"),
    ];
    let result = World::new("", REQUIRED).convert(&people.each_ref().map(String::as_str));
    assert_eq!(ids(&result), ["1", "2", "4", "5"]);
    assert_eq!(result.received, 4, "who has retired is not counted");
    assert_eq!(codes(&result.warnings), [(Code::StatusUnknown, Some(5))]);
    assert_eq!(result.warnings.0[0].id.as_deref(), Some("5"));
}

#[test]
fn the_prefix_is_put_before_every_user_id() {
    let result = World::new("[ids]\nprefix = \"A\"", REQUIRED).convert(&[&crew("a", "00027", "")]);
    assert_eq!(ids(&result), ["A00027"]);
}

#[test]
fn a_user_id_has_at_most_40_characters_prefix_included() {
    for (length, detail) in [(39, false), (40, true)] {
        let result = World::new("[ids]\nprefix = \"A\"", REQUIRED).convert(&[&crew("a", &"1".repeat(length), "")]);
        assert_eq!(codes(&result.faults).contains(&(Code::UserIdTooLong, Some(1))), detail, "{length}");
    }
}

#[test]
fn each_of_the_people_with_one_user_id_is_told_once() {
    let people = [crew("a", "1", ""), crew("b", "1", ""), crew("c", "1", "")];
    let result = World::new("", REQUIRED).convert(&people.each_ref().map(String::as_str));
    let mut found = codes(&result.faults);
    found.sort_by_key(|(_, line)| *line);
    assert_eq!(found, [1, 2, 3].map(|line| (Code::UserIdDuplicate, Some(line))));
}

#[test]
fn case_matters_in_user_ids() {
    let result = World::new("", REQUIRED).convert(&[&crew("a", "x", ""), &crew("b", "X", "")]);
    assert!(result.faults.is_empty());
}

#[test]
fn all_faults_of_all_people_are_told_with_person_place_and_address() {
    let people = [
        crew("a", "", ""),
        crew("b", "2", "").replace("佐藤", "").replace("花子", " "),
        crew("c", "3", "").replace("サトウ", "").replace("ハナコ", ""),
    ];
    let result = World::new("", REQUIRED).convert(&people.each_ref().map(String::as_str));
    assert_eq!(
        codes(&result.faults),
        [(Code::UserIdMissing, Some(1)), (Code::NameMissing, Some(2)), (Code::KanaMissing, Some(3))]
    );
    let name = &result.faults.0[1];
    assert_eq!((name.id.as_deref(), name.field.as_deref(), name.crew.as_deref()), (Some("2"), Some("氏名"), Some("b")));
    assert!(name.message.ends_with("https://acme.smarthr.jp/crews/b"), "{}", name.message);
}

#[test]
fn without_a_user_id_a_person_is_left_out_where_the_sheet_says_so() {
    let rows = REQUIRED.replace("社員番号,登録,エラー,更新しない,エラー", "社員番号,登録,連携しない,更新しない,エラー");
    let result = World::new("", &rows).convert(&[&crew("a", " ", "")]);
    assert_eq!((ids(&result).len(), result.left_out.len(), result.faults.is_empty()), (0, 1, true));
    // Linked before: the 更新 column speaks.
    let result = World::new("", &rows).knows(&[("1", "a")]).convert(&[&crew("a", "", "")]);
    assert_eq!(codes(&result.faults), [(Code::UserIdMissing, Some(1))]);
    let rows = REQUIRED.replace("更新しない,エラー", "更新しない,連携しない");
    let result = World::new("", &rows).knows(&[("1", "a")]).convert(&[&crew("a", "", "")]);
    assert_eq!((result.faults.is_empty(), result.leaving[0]), (true, DeletionReason::NoUserId));
}

#[test]
fn the_same_crew_under_another_id_is_told_as_a_warning() {
    let result = World::new("", REQUIRED).knows(&[("1", "a")]).convert(&[&crew("a", "2", "")]);
    assert_eq!(codes(&result.warnings), [(Code::IdChanged, Some(1))]);
    assert_eq!(result.leaving[0], DeletionReason::IdChanged);
}

#[test]
fn scope_narrows_by_employment_type_department_and_joining_day() {
    let kind = |name: &str| format!(r#","employment_type":{{"id":"e","name":"{name}"}}"#);
    let people = [crew("a", "1", &kind("正社員")), crew("b", "2", &kind("アルバイト")), crew("c", "3", "")];
    let people = people.each_ref().map(String::as_str);
    let result = World::new("[scope]\nemployment_types = [\"正社員\"]", REQUIRED).convert(&people);
    assert_eq!(ids(&result), ["1"]);

    let at = |id: &str| format!(r#","departments":[null,{{"id":"{id}"}}]"#);
    let people = [crew("a", "1", &at("d1")), crew("b", "2", &at("d2")), crew("c", "3", "")];
    let people = people.each_ref().map(String::as_str);
    let result = World::new("[scope]\ndepartments = [\"2\"]", REQUIRED).convert(&people);
    assert_eq!(ids(&result), ["2"]);

    let joins = |date: &str| format!(r#","entered_at":"{date}""#);
    let people = [crew("a", "1", &joins("2026-11-23")), crew("b", "2", &joins("2026-11-24"))];
    let people = people.each_ref().map(String::as_str);
    let result = World::new("[scope]\nbefore_joining = \"exclude\"", REQUIRED).convert(&people);
    assert_eq!(ids(&result), ["1"]);
    assert_eq!(World::new("", REQUIRED).convert(&people).ids.len(), 2);
}

#[test]
fn a_department_that_smarthr_does_not_list_is_an_error_or_if_linked_before_an_orphan() {
    let rows = format!("{REQUIRED}所属部署コード,部署1,登録,登録しない,更新,更新しない\n");
    let person = crew("a", "1", r#","departments":[{"id":"gone","code":"9","name":"消えた部"}]"#);
    let mut world = World::new("", &rows);
    assert_eq!(codes(&world.convert(&[&person]).faults), [(Code::DepartmentUnknown, Some(1))]);
    let mut part = DepartmentPart::default();
    part.ids.insert("9").unwrap();
    world.previous.departments = part;
    let result = world.convert(&[&person]);
    assert!(result.faults.is_empty());
    assert_eq!(result.orphans, BTreeMap::from([("9".to_owned(), 1)]));
}

#[test]
fn the_digest_ignores_order_and_what_changes_at_every_fetch_but_not_a_change() {
    let one = crew("a", "1", r#","updated_at":"1","profile_images":[{"url":"x"}]"#);
    let same = crew("a", "1", r#","updated_at":"2","profile_images":[{"url":"y"}]"#);
    let other = crew("b", "2", "");
    let renamed = crew("a", "1", "").replace("佐藤", "高橋");
    let digest = |world: &World, people: &[&str]| world.convert(people).digest;
    let world = World::new("", REQUIRED);
    assert_eq!(digest(&world, &[&one, &other]), digest(&world, &[&other, &same]));
    assert_ne!(digest(&world, &[&one, &other]), digest(&world, &[&renamed, &other]));
    // The same rows, whether EMC is to create or to update them.
    let known = World::new("", REQUIRED).knows(&[("1", "a"), ("2", "b")]);
    assert_eq!(digest(&world, &[&one, &other]), digest(&known, &[&one, &other]));
    // A changed prefix or sheet counts.
    assert_ne!(digest(&world, &[&one]), digest(&World::new("[ids]\nprefix = \"A\"", REQUIRED), &[&one]));
    let sheet = REQUIRED.replace("Init1234", "Init9999");
    assert_ne!(digest(&world, &[&one]), digest(&World::new("", &sheet), &[&one]));
}

#[test]
fn filled_counts_values_of_each_item() {
    let rows = format!("{REQUIRED}検索ワード1,業務内容,登録しない,登録しない,更新しない,更新しない\n");
    let mut world = World::new("", &rows);
    world.words = SearchWords::parse(br#"{"search_words":[{"number":1,"name":"x","options":[]}]}"#).unwrap();
    let people = [crew("a", "1", r#","occupation":"経理""#), crew("b", "2", "")];
    let result = world.convert(&people.each_ref().map(String::as_str));
    assert_eq!((result.filled["検索ワード1"], result.filled["氏名"]), (1, 2));
}

#[test]
fn a_listing_read_again_starts_from_nothing() {
    let world = World::new("", REQUIRED);
    let rules = compile(&world.mapping, &world.words).unwrap();
    let mut users = Users::new(ConversionContext {
        config: &world.config,
        rules: &rules,
        words: &world.words,
        departments: &world.departments,
        masters: &world.masters,
        previous: &world.previous,
        approved: &world.approved,
        today: "2026-11-23".parse().unwrap(),
    });
    let person = crew("a", "1", "");
    users.crew(1, serde_json::from_str(&person).unwrap());
    users.restart();
    users.crew(1, serde_json::from_str(&person).unwrap());
    let result = users.finish();
    assert_eq!((result.received, result.faults.is_empty(), result.digest), (1, true, world.convert(&[&person]).digest));
}

#[test]
fn an_invisible_character_inside_an_id_or_an_address_is_named() {
    let rows = format!("{REQUIRED}緊急連絡1 アドレス,メールアドレス,登録,登録しない,更新,更新しない\n");
    let person = crew("a", "1\\u200b2", r#","email":"a\u2028@example.co.jp""#);
    let result = World::new("", &rows).convert(&[&person]);
    assert_eq!(codes(&result.faults), [(Code::ValueInvalid, Some(1))]);
    assert!(result.faults.0[0].message.starts_with("ユーザID(SmartHRの「社員番号」)に、使えない文字 U+200B "));
    let result = World::new("", &rows).convert(&[&person.replace("\\u200b", "")]);
    assert_eq!(codes(&result.faults), [(Code::ValueInvalid, Some(1))]);
    assert!(result.faults.0[0].message.contains("(SmartHRの「メールアドレス」)に、使えない文字 U+2028 "));
}

#[test]
fn ids_are_sent_in_one_normal_form() {
    let world = World::new("", REQUIRED).knows(&[("が1", "a")]);
    let result = world.convert(&[&crew("a", "か\u{3099}1", "")]);
    assert_eq!((ids(&result), result.warnings.is_empty()), (vec!["が1"], true));
}

#[test]
fn one_cause_is_one_line_and_an_option_written_nearly_so_is_named() {
    let rows = format!("{REQUIRED}検索ワード1:業務,業務内容,登録,登録しない,更新,更新しない\n");
    let mut world = World::new("", &rows);
    world.words = SearchWords::parse(
        r#"{"search_words":[{"number":1,"name":"業務","options":[{"id":"7","name":"経理(東京)"},{"id":"8","name":"か\u3099"}]}]}"#.as_bytes(),
    )
    .unwrap();
    let job = |name: &str| format!(r#","occupation":"{name}""#);
    let people: Vec<String> = (1..=30).map(|n| crew(&format!("c{n}"), &n.to_string(), &job("経理（東京）"))).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let result = world.convert(&people);
    assert_eq!(codes(&result.faults), [(Code::SearchWordUnknown, Some(1))]);
    let message = &result.faults.0[0].message;
    assert!(
        message.contains("「経理(東京)」") && message.contains("30人") && message.contains("業務内容"),
        "{message}"
    );
    assert!(world.convert(&[&crew("a", "1", &job("が"))]).faults.is_empty(), "compared in one normal form");
}

#[test]
fn a_status_that_cannot_be_read_is_a_right_that_was_lost() {
    let people = [
        crew("a", "1", "").replace(r#""emp_status":"employed","#, ""),
        crew("b", "2", "").replace(r#""employed""#, "null"),
        crew("c", "3", ""),
    ];
    let result = World::new("", REQUIRED).convert(&people.each_ref().map(String::as_str));
    assert_eq!(codes(&result.faults), [(Code::SmarthrRightMissing, None)]);
    let message = &result.faults.0[0].message;
    assert!(message.contains("「在籍状況」") && message.contains("「閲覧」"), "{message}");
}

#[test]
fn establishments_that_cannot_be_read_are_one_line_without_an_id() {
    let rows = format!("{REQUIRED}検索ワード1:勤務地,事業所,登録,登録しない,更新,更新しない\n");
    let mut world = World::new("", &rows);
    world.words = SearchWords::parse(br#"{"search_words":[{"number":1,"name":"x","options":[]}]}"#).unwrap();
    let at = r#","biz_establishment_id":"0723a1df-0000-4000-8000-000000000001""#;
    let people: Vec<String> = (1..=30).map(|n| crew(&format!("c{n}"), &n.to_string(), at)).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let result = world.convert(&people);
    assert_eq!(codes(&result.faults), [(Code::SmarthrRightMissing, None)]);
    world.masters.establishments.insert("other".into(), "本社".into());
    let result = world.convert(&people);
    assert_eq!(codes(&result.faults), [(Code::ValueUnknown, Some(1))]);
    assert!(!result.faults.0[0].message.contains("0723a1df"), "{}", result.faults.0[0].message);
}

#[test]
fn an_item_that_everybody_had_and_nobody_has_is_a_right_that_was_lost() {
    let people: Vec<String> = (1..=9)
        .map(|n| crew(&format!("c{n}"), &n.to_string(), "").replace("サトウ", "").replace("ハナコ", ""))
        .collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let mut world = World::new("", REQUIRED);
    assert_eq!(world.convert(&people).faults.0.len(), 9);
    world.previous.users.filled.insert("氏名(ヨミ)".into(), 9);
    let result = world.convert(&people);
    assert_eq!(codes(&result.faults), [(Code::SmarthrRightMissing, None)]);
    assert!(result.faults.0[0].message.contains("「氏名(ヨミガナ)」"), "{}", result.faults.0[0].message);
}

#[test]
fn who_has_not_come_is_known_by_crew_or_after_a_baseline_by_id() {
    let mut world = World::new("", REQUIRED).knows(&[("1", "a"), ("2", "b")]);
    for id in ["3", "4", "5"] {
        world.previous.users.ids.insert(id).unwrap();
        world.previous.users.crews.push_unindexed("");
    }
    let rules = compile(&world.mapping, &world.words).unwrap();
    let mut users = Users::new(ConversionContext {
        config: &world.config,
        rules: &rules,
        words: &world.words,
        departments: &world.departments,
        masters: &world.masters,
        previous: &world.previous,
        approved: &world.approved,
        today: "2026-11-23".parse().unwrap(),
    });
    let retired = crew("z", "4", "").replace("employed", "retired");
    for person in [&crew("b", "2", ""), &crew("y", "3", ""), &retired] {
        users.crew(1, serde_json::from_str(person).unwrap());
    }
    assert_eq!(users.not_come(), [(0, "a".to_owned())]);
    assert_eq!(users.not_come_without_crew(), [(4, "5".to_owned())]);
    let result = users.finish();
    assert_eq!(result.leaving[3], DeletionReason::Retired);
    assert_eq!(result.received, 2);
}

#[test]
fn people_in_departments_without_a_code_are_counted_by_smarthrs_id() {
    let mut world = World::new("", REQUIRED);
    let department = |id: &str, code: Option<&str>| OwnedDepartment {
        id: id.into(),
        name: Some(id.into()),
        code: code.map(str::to_owned),
        parent_id: None,
        line: 1,
    };
    world.departments =
        convert_departments(&[department("d1", Some("1")), department("d2", Some("\u{200b}"))], &world.config);
    let people = [
        crew("a", "1", r#","departments":[{"id":"d1"},{"id":"d2"},{"id":"d2"}]"#),
        crew("b", "2", r#","departments":[null,{"id":"d2"},{"id":"gone"}]"#),
    ];
    let result = world.convert(&people.each_ref().map(String::as_str));
    assert_eq!(result.without_code, BTreeMap::from([("d2".to_owned(), 2), ("gone".to_owned(), 1)]));
}

#[test]
fn nobody_leaves_the_scope_for_a_department_that_the_list_lacks() {
    let world = World::new("[scope]\ndepartments = [\"1\"]", REQUIRED);
    let result = world.convert(&[&crew("a", "1", r#","departments":[{"id":"new","name":"新設課"}]"#)]);
    assert_eq!(codes(&result.faults), [(Code::DepartmentUnknown, Some(1))]);
    assert!(result.unlisted_departments.contains("new"));
}

#[test]
fn a_line_break_inside_a_name_becomes_a_space() {
    let mut world = World::new("", REQUIRED);
    world.config.name_separator = " ".into();
    let plain = world.convert(&[&crew("a", "1", "").replace("佐藤", "佐 藤")]);
    let broken = world.convert(&[&crew("a", "1", "").replace("佐藤", "佐\\r\\n藤")]);
    assert_eq!(plain.digest, broken.digest);
}
