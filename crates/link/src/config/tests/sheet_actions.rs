//! §4: the actions, column by column.

use super::{EXAMPLE, example_with, only, sheet, sheet_faults, told};
use crate::config::{Absent, Present, Rule, UserIdAbsent};
use crate::fault::Code;

const GOOD: [&str; 4] = ["登録", "登録しない", "更新", "更新しない"];
const COLUMNS: [&str; 4] = ["新規登録:値あり", "新規登録:値なし", "更新:値あり", "更新:値なし"];

/// The example with a row whose action in this column (from 0) is another.
fn with_action(column: usize, action: &str) -> String {
    let mut actions = GOOD;
    actions[column] = action;
    example_with(&format!("検索ワード5,等級,{}", actions.join(",")))
}

fn rule(column: usize, action: &str) -> Rule {
    sheet(&with_action(column, action)).rules.pop().expect("a rule")
}

/// Only these words, and デフォルト:X where it is among them, are taken in the column.
fn only_accepted(column: usize, accepted: &[&str]) {
    for word in
        ["", "-", "登録", "登録しない", "更新", "更新しない", "エラー", "連携しない", "自動", "削除", "デフォルト:X"]
    {
        if accepted.contains(&word) {
            rule(column, word);
            continue;
        }
        let fault = only(sheet_faults(&with_action(column, word)), Code::SheetActionUnknown);
        assert_eq!((fault.line, fault.field.as_deref()), (Some(14), Some(COLUMNS[column])));
        for part in ["「検索ワード5」", COLUMNS[column]].iter().chain(accepted) {
            assert!(fault.message.contains(&part.replace(":X", ":値")), "{}", fault.message);
        }
    }
}

#[test]
fn create_present_is_register_or_not() {
    only_accepted(0, &["登録", "登録しない"]);
    assert_eq!(rule(0, "登録").create_present, Present::Send);
    assert_eq!(rule(0, "登録しない").create_present, Present::Leave);
}

#[test]
fn create_absent_is_error_or_not_registered_or_a_default() {
    only_accepted(1, &["エラー", "登録しない", "デフォルト:X"]);
    assert_eq!(rule(1, "エラー").create_absent, Absent::Error);
    assert_eq!(rule(1, "登録しない").create_absent, Absent::Leave);
    assert!(rule(1, "デフォルト:X").create_absent == Absent::Default("X".to_owned()));
}

#[test]
fn update_present_is_update_or_not() {
    only_accepted(2, &["更新", "更新しない"]);
    assert_eq!(rule(2, "更新").update_present, Present::Send);
    assert_eq!(rule(2, "更新しない").update_present, Present::Leave);
}

#[test]
fn update_absent_is_error_or_not_updated_or_cleared_or_a_default() {
    only_accepted(3, &["エラー", "更新しない", "更新", "デフォルト:X"]);
    assert_eq!(rule(3, "エラー").update_absent, Absent::Error);
    assert_eq!(rule(3, "更新しない").update_absent, Absent::Leave);
    assert_eq!(rule(3, "更新").update_absent, Absent::Clear);
    assert!(rule(3, "デフォルト:X").update_absent == Absent::Default("X".to_owned()));
}

#[test]
fn a_default_is_kept_as_written_behind_the_first_colon() {
    for (written, value) in [
        ("デフォルト\u{FF1A}T", "T"),
        ("\u{FF83}\u{FF9E}\u{FF8C}\u{FF6B}\u{FF99}\u{FF84}:T", "T"),
        ("デフォルト : T ", "T"),
        ("デフォルト:Ａ:\u{FF11} 2", "Ａ:\u{FF11} 2"),
    ] {
        assert!(rule(1, written).create_absent == Absent::Default(value.to_owned()), "{written}");
    }
}

#[test]
fn a_default_has_a_value() {
    for wrong in ["デフォルト:", "デフォルト:\u{3000}", "デフォルト\u{FF1A}"] {
        let fault = only(sheet_faults(&with_action(1, wrong)), Code::SheetActionUnknown);
        assert!(fault.message.contains("値を書いてください"), "{}", fault.message);
    }
    only(sheet_faults(&with_action(3, "デフォルト")), Code::SheetActionUnknown);
}

#[test]
fn half_width_katakana_and_spaces_make_no_difference() {
    assert_eq!(rule(1, "\u{FF74}\u{FF97}\u{FF70} ").create_absent, Absent::Error);
    assert_eq!(rule(3, "\u{3000}更新 しない").update_absent, Absent::Leave);
}

#[test]
fn all_faults_of_all_rows_are_told_at_once() {
    let csv = format!("{EXAMPLE}検索ワード4,等,登,エ,更,新\n検索ワード5,等級,登録,登録しない,更新\n");
    let action = Code::SheetActionUnknown;
    assert_eq!(
        told(&sheet_faults(&csv)),
        [
            (Code::SheetSourceUnknown, "SmartHR項目"),
            (action, COLUMNS[0]),
            (action, COLUMNS[1]),
            (action, COLUMNS[2]),
            (action, COLUMNS[3]),
            (action, COLUMNS[3]),
        ]
    );
}

fn user_id_row(actions: &str) -> String {
    EXAMPLE
        .replace("ユーザID,メールアドレス,登録,エラー,更新しない,エラー", &format!("ユーザID,メールアドレス,{actions}"))
}

#[test]
fn user_id_absent_is_error_or_left_out() {
    for (word, action) in [("エラー", UserIdAbsent::Error), ("連携しない", UserIdAbsent::LeaveOut)] {
        assert_eq!(sheet(&user_id_row(&format!("登録,{word},更新しない,エラー"))).user_id.create_absent, action);
        assert_eq!(sheet(&user_id_row(&format!("登録,エラー,更新,{word}"))).user_id.update_absent, action);
    }
    for wrong in ["", "登録しない", "更新しない", "更新", "デフォルト:X"] {
        let fault =
            only(sheet_faults(&user_id_row(&format!("登録,{wrong},更新しない,エラー"))), Code::SheetActionUnknown);
        assert!(fault.message.contains("「エラー」「連携しない」"), "{}", fault.message);
        only(sheet_faults(&user_id_row(&format!("登録,エラー,更新しない,{wrong}"))), Code::SheetActionUnknown);
    }
}

#[test]
fn user_id_present_is_register_and_update_or_not() {
    for word in ["更新", "更新しない"] {
        sheet(&user_id_row(&format!("登録,エラー,{word},エラー")));
    }
    only(sheet_faults(&user_id_row("登録しない,エラー,更新,エラー")), Code::SheetActionUnknown);
    only(sheet_faults(&user_id_row("登録,エラー,登録,エラー")), Code::SheetActionUnknown);
}
