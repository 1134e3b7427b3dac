use super::*;
use crate::convert::convert_departments;
use crate::convert::test_tenant::config;
use crate::smarthr::OwnedDepartment;

const CREW: &str = r#"{
  "id": "c1", "emp_status": "absent", "emp_code": "00027", "email": "hanako@example.co.jp",
  "last_name": "佐藤", "first_name": "花子", "last_name_yomi": "サトウ", "first_name_yomi": "ハナコ",
  "business_last_name": "高橋", "business_first_name": "", "business_last_name_yomi": null,
  "gender": "female", "tel_number": "03-0000-0000", "entered_at": "2020-04-01", "occupation": "経理",
  "address": {"pref": "東京都", "city": "港区", "street": ""},
  "biz_establishment_id": "b1", "employment_type": {"id": "e", "name": "正社員", "preset_type": "full_time"},
  "departments": [{"id": "d1", "code": "11", "name": "部署A"}, null, {"id": "d2", "code": "12", "name": "部署B"}],
  "positions": [null, {"id": "p2", "name": "部長", "rank": 1}],
  "grade": {"id": "g", "name": "G3"}, "job_category": {"id": "j", "name": "総合職"},
  "custom_fields": [
    {"value": "el2", "template": {"id": "t1", "name": "拠点", "type": "enum", "elements": [
        {"id": "el1", "name": "東京", "physical_name": "tokyo"}, {"id": "el2", "name": "大阪", "physical_name": "osaka"}]}},
    {"value": "tokyo", "template": {"id": "t2", "name": "通勤", "type": "enum", "elements": [
        {"id": "el1", "name": "東京", "physical_name": "tokyo"}]}},
    {"value": 12.5, "template": {"id": "t3", "name": "時間", "type": "decimal"}},
    {"value": "8", "template": {"id": "t4", "name": "日数", "type": "decimal"}},
    {"value": "2026-11-23", "template": {"id": "t5", "name": "資格取得日", "type": "date"}},
    {"value": "二段\n書き", "template": {"id": "t6", "name": "備考", "type": "text"}},
    {"value": "文字", "template": {"id": "t7", "name": "一言", "type": "string"}},
    {"value": {"id": "f", "name": "免許.pdf"}, "template": {"id": "t8", "name": "証明", "type": "file"}},
    {"value": "gone", "template": {"id": "t9", "name": "古い", "type": "enum", "elements": []}},
    {"value": null, "template": {"id": "t10", "name": "空", "type": "string"}},
    null
  ],
  "updated_at": "2026-11-23T00:00:00.000Z", "profile_images": [{"url": "https://x"}]
}"#;

fn departments() -> DepartmentSet {
    let row = |id: &str, code: &str| OwnedDepartment {
        id: id.into(),
        name: Some("部署".into()),
        code: Some(code.into()),
        parent_id: None,
        line: 1,
    };
    convert_departments(&[row("d1", "11"), row("d2", "12")], &config("[ids]\nprefix = \"A\""))
}

fn value(source: &Source, crew: &str) -> Result<Option<String>, ValueFault> {
    let crew: Crew<'_> = serde_json::from_str(crew).unwrap();
    let masters = Masters { establishments: [("b1".to_owned(), "本社".to_owned())].into(), ..Masters::default() };
    let departments = departments();
    let mut templates = Templates::default();
    templates.read(&crew).unwrap();
    let from = Sources { departments: &departments, masters: &masters, name_separator: " " };
    value_of(source, &crew, &templates, from).map(|value| value.map(Cow::into_owned))
}

fn field(field: SmartHrField) -> Option<String> {
    value(&Source::Field(field), CREW).unwrap()
}

#[test]
fn every_standard_item_gives_its_value() {
    use SmartHrField as F;
    for (item, expected) in [
        (F::EmployeeNumber, Some("00027")),
        (F::Email, Some("hanako@example.co.jp")),
        (F::Name, Some("佐藤 花子")),
        (F::NameKana, Some("サトウ ハナコ")),
        (F::BusinessName, Some("高橋")),
        (F::BusinessNameKana, Some("サトウ ハナコ")),
        (F::Department(1), Some("A11")),
        (F::Department(2), None),
        (F::Department(3), Some("A12")),
        (F::Department(10), None),
        (F::Position(1), None),
        (F::Position(2), Some("部長")),
        (F::Establishment, Some("本社")),
        (F::EmploymentType, Some("正社員")),
        (F::Grade, Some("G3")),
        (F::JobCategory, Some("総合職")),
        (F::Occupation, Some("経理")),
        (F::Status, Some("休職中")),
        (F::Gender, Some("女性")),
        (F::Telephone, Some("03-0000-0000")),
        (F::EnteredAt, Some("2020-04-01")),
        (F::Prefecture, Some("東京都")),
        (F::City, Some("港区")),
    ] {
        assert_eq!(field(item).as_deref(), expected, "{item:?}");
    }
}

#[test]
fn a_business_name_falls_back_whole_and_not_one_by_one() {
    let crew = CREW.replace("\"高橋\"", "\"\"");
    let value = value(&Source::Field(SmartHrField::BusinessName), &crew).unwrap();
    assert_eq!(value.as_deref(), Some("佐藤 花子"));
}

#[test]
fn every_type_of_custom_field_gives_its_value() {
    for (name, expected) in [
        ("拠点", Some("大阪")),
        ("通勤", Some("東京")),
        ("時間", Some("12.5")),
        ("日数", Some("8")),
        ("資格取得日", Some("2026-11-23")),
        ("備考", Some("二段\n書き")),
        ("一言", Some("文字")),
        ("証明", Some("免許.pdf")),
        ("空", None),
        ("無い項目", None),
    ] {
        assert_eq!(value(&Source::Custom(name.into()), CREW).unwrap().as_deref(), expected, "{name}");
    }
}

#[test]
fn a_choice_that_the_template_does_not_have_is_told() {
    assert_eq!(value(&Source::Custom("古い".into()), CREW), Err(ValueFault::NotInMaster { value: "gone".into() }));
}

#[test]
fn a_choice_is_found_in_the_master_where_the_crew_carries_no_elements() {
    let crew: Crew<'_> =
        serde_json::from_str(r#"{"id":"c","custom_fields":[{"value":"el9","template":{"name":"拠点"}}]}"#).unwrap();
    let template = OwnedTemplate {
        name: "拠点".into(),
        kind: "enum".into(),
        elements: vec![("el9".into(), "nagoya".into(), "名古屋".into())],
        ..OwnedTemplate::default()
    };
    let masters = Masters { custom_fields: [("拠点".to_owned(), template)].into(), ..Masters::default() };
    let departments = departments();
    let mut templates = Templates::default();
    templates.read(&crew).unwrap();
    let from = Sources { departments: &departments, masters: &masters, name_separator: " " };
    assert_eq!(value_of(&Source::Custom("拠点".into()), &crew, &templates, from).unwrap().as_deref(), Some("名古屋"));
}

#[test]
fn an_establishment_outside_the_master_is_told() {
    let crew = CREW.replace("\"b1\"", "\"b9\"");
    assert_eq!(
        value(&Source::Field(SmartHrField::Establishment), &crew),
        Err(ValueFault::NotInMaster { value: "b9".into() })
    );
}

#[test]
fn null_absent_and_white_space_are_all_no_value() {
    use SmartHrField as F;
    let bare = r#"{"id":"c"}"#;
    let blank = r#"{"id":"c","emp_code":" ","email":"　","last_name":"","address":null,"departments":null,"positions":[],
        "biz_establishment_id":"","custom_fields":null,"gender":null,"grade":{"name":""}}"#;
    for crew in [bare, blank] {
        for item in SmartHrField::all() {
            assert_eq!(value(&Source::Field(item), crew), Ok(None), "{item:?}");
        }
    }
    assert_eq!(value(&Source::Nothing, CREW), Ok(None));
    assert_eq!(value(&Source::Fixed("  ".into()), CREW), Ok(None));
    assert_eq!(value(&Source::Fixed("T".into()), CREW), Ok(Some("T".into())));
    let _ = F::Name;
}

#[test]
fn the_old_position_is_used_where_positions_is_absent() {
    for (crew, expected) in [
        (r#"{"id":"c","position":"課長"}"#, Some("課長")),
        (r#"{"id":"c","position":{"id":"p","name":"課長"}}"#, Some("課長")),
        (r#"{"id":"c","position":"課長","positions":[null]}"#, None),
    ] {
        assert_eq!(value(&Source::Field(SmartHrField::Position(1)), crew).unwrap().as_deref(), expected, "{crew}");
    }
}

#[test]
fn unknown_words_stay_as_they_are() {
    let crew = CREW.replace("\"female\"", "\"other\"");
    assert_eq!(value(&Source::Field(SmartHrField::Gender), &crew).unwrap().as_deref(), Some("other"));
}

#[test]
fn values_lose_what_nobody_sees_at_their_ends_before_names_are_joined() {
    use SmartHrField as F;
    let crew = r#"{"id":"c","last_name":"\u200b 佐藤\u3000","first_name":"\u2060花子\ufeff","emp_code":" 00027\t",
        "email":"\u3164\u200e","occupation":"\u00ad","grade":{"name":" G3\u00a0"}}"#;
    for (item, expected) in [
        (F::Name, Some("佐藤 花子")),
        (F::EmployeeNumber, Some("00027")),
        (F::Email, None),
        (F::Occupation, None),
        (F::Grade, Some("G3")),
    ] {
        assert_eq!(value(&Source::Field(item), crew).unwrap().as_deref(), expected, "{item:?}");
    }
}

#[test]
fn of_two_custom_fields_with_one_name_the_one_of_the_sheets_group_counts() {
    let crew: Crew<'_> = serde_json::from_str(
        r#"{"id":"c","custom_fields":[{"value":"甲","template":{"id":"t1","name":"形態"}},
            {"value":"乙","template":{"id":"t2","name":"形態","elements":[null]}}]}"#,
    )
    .unwrap();
    let template = OwnedTemplate { id: "t2".into(), name: "形態".into(), ..OwnedTemplate::default() };
    let masters = Masters { custom_fields: [("通勤/形態".to_owned(), template)].into(), ..Masters::default() };
    let departments = departments();
    let mut templates = Templates::default();
    templates.read(&crew).unwrap();
    let from = Sources { departments: &departments, masters: &masters, name_separator: " " };
    let source = Source::Custom("通勤/形態".into());
    assert_eq!(value_of(&source, &crew, &templates, from).unwrap().as_deref(), Some("乙"));
}
