//! The product document's example sheet, row by row, and the choices of its two item tables.

use super::{EXAMPLE, only, sheet, sheet_faults};
use crate::config::{Absent, EmcItem, Present, Rule, SmartHrField, Source, UserIdAbsent};
use crate::fault::Code;

fn rule(item: EmcItem) -> Rule {
    sheet(EXAMPLE).rules.into_iter().find(|rule| rule.item == item).expect("a rule of this item")
}

/// Source, and the four actions in the sheet's order.
fn parts(rule: Rule) -> (Source, Present, Absent, Present, Absent) {
    (rule.source, rule.create_present, rule.create_absent, rule.update_present, rule.update_absent)
}

fn field(field: SmartHrField) -> Source {
    Source::Field(field)
}

#[test]
fn example_row_processing_flag_is_checked_and_not_kept() {
    assert_eq!(sheet(EXAMPLE).rules.len(), 10);
}

#[test]
fn example_row_user_id_from_email() {
    let user_id = sheet(EXAMPLE).user_id;
    assert_eq!(user_id.source, field(SmartHrField::Email));
    assert_eq!((user_id.create_absent, user_id.update_absent), (UserIdAbsent::Error, UserIdAbsent::Error));
    assert_eq!(user_id.row, 3);
}

#[test]
fn example_row_force_password_change_from_nothing_with_a_default() {
    assert_eq!(
        parts(rule(EmcItem::ForcePasswordChange)),
        (Source::Nothing, Present::Send, Absent::Default("T".to_owned()), Present::Send, Absent::Leave)
    );
}

#[test]
fn example_row_password_from_a_fixed_value() {
    assert_eq!(
        parts(rule(EmcItem::Password)),
        (Source::Fixed("XXXXXX".to_owned()), Present::Send, Absent::Error, Present::Leave, Absent::Leave)
    );
}

#[test]
fn example_row_name_from_name() {
    assert_eq!(
        parts(rule(EmcItem::Name)),
        (field(SmartHrField::Name), Present::Send, Absent::Error, Present::Send, Absent::Error)
    );
}

#[test]
fn example_row_kana_from_kana() {
    assert_eq!(
        parts(rule(EmcItem::NameKana)),
        (field(SmartHrField::NameKana), Present::Send, Absent::Error, Present::Send, Absent::Error)
    );
}

#[test]
fn example_row_department_from_the_first_department() {
    assert_eq!(
        parts(rule(EmcItem::Department)),
        (field(SmartHrField::Department(1)), Present::Send, Absent::Leave, Present::Send, Absent::Leave)
    );
}

#[test]
fn example_row_contact_medium_from_a_fixed_value() {
    assert_eq!(
        parts(rule(EmcItem::ContactMedium(10))),
        (Source::Fixed("メールアドレス".to_owned()), Present::Send, Absent::Leave, Present::Send, Absent::Clear)
    );
}

#[test]
fn example_row_contact_address_from_email() {
    assert_eq!(
        parts(rule(EmcItem::ContactAddress(10))),
        (field(SmartHrField::Email), Present::Send, Absent::Leave, Present::Send, Absent::Clear)
    );
}

#[test]
fn example_row_search_word_1_from_the_establishment_with_its_caption() {
    let rule = rule(EmcItem::SearchWord(1));
    assert_eq!((rule.label.as_str(), rule.row), ("検索ワード1:勤務地", 11));
    assert_eq!(
        parts(rule),
        (field(SmartHrField::Establishment), Present::Send, Absent::Leave, Present::Send, Absent::Leave)
    );
}

#[test]
fn example_row_search_word_2_from_the_prefecture() {
    assert_eq!(
        parts(rule(EmcItem::SearchWord(2))),
        (field(SmartHrField::Prefecture), Present::Send, Absent::Leave, Present::Send, Absent::Leave)
    );
}

#[test]
fn example_row_search_word_3_from_the_first_position() {
    assert_eq!(
        parts(rule(EmcItem::SearchWord(3))),
        (field(SmartHrField::Position(1)), Present::Send, Absent::Leave, Present::Send, Absent::Clear)
    );
}

#[test]
fn rules_stand_in_the_sheets_order() {
    let rows: Vec<u32> = sheet(EXAMPLE).rules.iter().map(|rule| rule.row).collect();
    assert_eq!(rows, (4..=13).collect::<Vec<_>>());
}

#[test]
fn user_id_may_come_from_the_employee_number() {
    let csv = EXAMPLE.replace("ユーザID,メールアドレス", "ユーザID,社員番号");
    assert_eq!(sheet(&csv).user_id.source, field(SmartHrField::EmployeeNumber));
}

#[test]
fn password_may_come_from_the_employee_number() {
    let csv = EXAMPLE.replace("固定値「XXXXXX」", "社員番号");
    assert_eq!(sheet(&csv).rules[1].source, field(SmartHrField::EmployeeNumber));
}

#[test]
fn name_and_kana_may_come_from_the_business_name() {
    let csv = EXAMPLE
        .replace("氏名,氏名,", "氏名,ビジネスネーム,")
        .replace("氏名(ヨミ),氏名(ヨミガナ)", "氏名(ヨミ),ビジネスネーム(ヨミガナ)");
    let rules = sheet(&csv).rules;
    assert_eq!(rules[2].source, field(SmartHrField::BusinessName));
    assert_eq!(rules[3].source, field(SmartHrField::BusinessNameKana));
}

#[test]
fn concurrent_departments_1_to_10_come_from_the_second_department_on() {
    for slot in 1..=10 {
        let from = if slot == 10 { 10 } else { slot + 1 };
        let csv = format!("{EXAMPLE}兼務管理部署コード{slot},部署{from},登録,登録しない,更新,更新\n");
        let last = sheet(&csv).rules.pop().expect("a rule");
        assert_eq!(last.item, EmcItem::ConcurrentDepartment(slot));
        assert_eq!(last.source, field(SmartHrField::Department(from)));
    }
}

#[test]
fn contacts_1_to_10_have_a_medium_and_an_address() {
    for slot in 1..=9 {
        let csv = format!(
            "{EXAMPLE}緊急連絡{slot} 媒体,固定値「電話」,登録,登録しない,更新,更新\n\
             緊急連絡{slot} アドレス,電話番号,登録,登録しない,更新,更新\n"
        );
        let items: Vec<_> = sheet(&csv).rules.iter().rev().take(2).map(|rule| rule.item).collect();
        assert_eq!(items, [EmcItem::ContactAddress(slot), EmcItem::ContactMedium(slot)]);
    }
}

#[test]
fn search_words_1_to_5_take_any_item() {
    for slot in [4, 5] {
        let csv = format!("{EXAMPLE}検索ワード{slot},カスタム項目「血液型」,登録,登録しない,更新,更新\n");
        let last = sheet(&csv).rules.pop().expect("a rule");
        assert_eq!((last.item, last.source), (EmcItem::SearchWord(slot), Source::Custom("血液型".to_owned())));
    }
}

#[test]
fn required_items_must_each_have_a_row() {
    for item in ["ユーザID", "パスワード", "氏名", "氏名(ヨミ)"] {
        let row = EXAMPLE.split_inclusive('\n').find(|line| line.split(',').next() == Some(item));
        let csv = EXAMPLE.replace(row.expect("the row"), "");
        let fault = only(sheet_faults(&csv), Code::SheetItemRequired);
        assert_eq!(fault.field.as_deref(), Some(item));
    }
}
