//! §4: the EMC items, their labels and how often they occur.

use super::{EXAMPLE, example_with, only, sheet, sheet_faults, told};
use crate::config::EmcItem;
use crate::fault::{Code, Subject};

#[test]
fn every_item_is_known_by_its_label() {
    let items: Vec<_> = EmcItem::all().collect();
    assert_eq!(items.len(), 41);
    for item in items {
        let csv: String = EXAMPLE
            .split_inclusive('\n')
            .filter(|line| !line.starts_with(item.label()) && !line.starts_with("緊急連絡"))
            .collect();
        let row = match item {
            EmcItem::UserId => "ユーザID,社員番号,登録,連携しない,更新しない,連携しない\n".to_owned(),
            item => format!("{},社員番号,登録,エラー,更新,エラー\n", item.label()),
        };
        let partner = match item {
            EmcItem::ContactMedium(slot) => Some(EmcItem::ContactAddress(slot)),
            EmcItem::ContactAddress(slot) => Some(EmcItem::ContactMedium(slot)),
            _ => None,
        };
        let partner =
            partner.map_or(String::new(), |item| format!("{},社員番号,登録,エラー,更新,エラー\n", item.label()));
        let required = [("氏名", "氏名(ヨミ)"), ("パスワード", "パスワード強制変更")];
        // Removing the row of 氏名 by its beginning removes that of 氏名(ヨミ) as well.
        let again = required.iter().find(|(short, _)| *short == item.label());
        let again = again.map_or(String::new(), |(_, long)| format!("{long},社員番号,登録,エラー,更新,エラー\n"));
        let mapping = sheet(&format!("{csv}{row}{partner}{again}"));
        let is_there = item == EmcItem::UserId || mapping.rules.iter().any(|rule| rule.item == item);
        assert!(is_there, "{}", item.label());
    }
}

#[test]
fn full_width_and_half_width_forms_of_a_label_are_the_same() {
    for (canonical, written) in [
        ("ユーザID", "\u{FF95}\u{FF70}\u{FF7B}\u{FF9E}\u{FF29}\u{FF24}"),
        ("氏名(ヨミ)", "氏名\u{FF08}ヨミ\u{FF09}"),
        ("氏名(ヨミ)", "氏名\u{3000}(\u{FF96}\u{FF90})"),
        ("緊急連絡10 媒体", "緊急連絡\u{FF11}\u{FF10}\u{3000}媒体"),
        ("緊急連絡10 媒体", "緊急連絡10媒体"),
        ("緊急連絡10 アドレス", "緊急連絡 10\u{00A0}アドレス"),
        ("検索ワード1:勤務地", "検索ワード\u{FF11}\u{FF1A}勤務地"),
        ("検索ワード1:勤務地", "検索ワード1 : 勤務地"),
        ("検索ワード1:勤務地", "検索ワード1"),
        ("検索ワード1:勤務地", "検索ワード1:"),
        ("所属部署コード", " 所属部署コード\u{3000}"),
    ] {
        let rows = |csv: &str| sheet(csv).rules.iter().map(|rule| rule.item).collect::<Vec<_>>();
        let csv = EXAMPLE.replace(&format!("\n{canonical},"), &format!("\n{written},"));
        assert_ne!(csv, EXAMPLE);
        assert_eq!(rows(&csv), rows(EXAMPLE), "{written}");
    }
}

#[test]
fn a_rule_keeps_its_label_as_written() {
    let csv = EXAMPLE.replace("検索ワード1:勤務地", " 検索ワード\u{FF11}\u{FF1A}勤務地(本社) ");
    let rule = sheet(&csv).rules.into_iter().find(|rule| rule.item == EmcItem::SearchWord(1)).expect("the rule");
    assert_eq!(rule.label, "検索ワード\u{FF11}\u{FF1A}勤務地(本社)");
}

#[test]
fn a_label_broken_over_two_lines_is_one_label() {
    let rule = sheet(&EXAMPLE.replace("検索ワード1:勤務地", "\"検索ワード1:\r\n勤務地\"")).rules.remove(7);
    assert_eq!((rule.item, rule.label.as_str()), (EmcItem::SearchWord(1), "検索ワード1: 勤務地"));
}

/// Found by the fuzzer: what was a control character at the label's end was a space in the sheet written from it.
#[test]
fn a_label_with_control_characters_at_its_end_is_the_label_without_them() {
    for end in ["\u{0}\u{0}", "\u{c}\u{0} \u{1}", " \u{7f}\u{85}"] {
        let csv = EXAMPLE.replace("検索ワード1:勤務地", &format!("{end}検索ワード1:勤務地{end}"));
        assert_eq!(sheet(&csv).rules.remove(7).label, "検索ワード1:勤務地");
    }
}

#[test]
fn an_unknown_item_is_told_with_its_row_and_what_is_accepted() {
    let fault = only(sheet_faults(&example_with("電話番号,電話番号,登録,エラー,更新,更新")), Code::SheetItemUnknown);
    assert_eq!((fault.record, fault.line), (Subject::Mapping, Some(14)));
    assert_eq!(fault.field.as_deref(), Some("エマージェンシーコール項目"));
    for word in ["14行目", "「電話番号」", "検索ワード1〜5", "項目名を直すか、その行を削除してください。"]
    {
        assert!(fault.message.contains(word), "{}", fault.message);
    }
}

#[test]
fn numbers_out_of_range_are_unknown_and_get_a_hint() {
    for (label, hint) in [
        ("検索ワード6", "「検索ワード1」のように1から5"),
        ("検索ワード0:x", "「検索ワード1」のように1から5"),
        ("検索ワード01", "「検索ワード1」のように1から5"),
        ("検索ワード", "「検索ワード1」のように1から5"),
        ("緊急連絡11 媒体", "「緊急連絡1 媒体」のように1から10"),
        ("緊急連絡 アドレス", "「緊急連絡1 アドレス」のように1から10"),
        ("兼務管理部署コード11", "「兼務管理部署コード1」のように1から10"),
    ] {
        let csv = example_with(&format!("{label},社員番号,登録,エラー,更新,更新"));
        let fault = only(sheet_faults(&csv), Code::SheetItemUnknown);
        assert!(fault.message.contains(hint), "{}", fault.message);
    }
}

#[test]
fn a_row_without_an_item_is_told() {
    let fault = only(sheet_faults(&example_with(",社員番号,登録,エラー,更新,更新")), Code::SheetItemUnknown);
    assert!(fault.message.contains("14行目、エマージェンシーコール項目が空です。"), "{}", fault.message);
}

#[test]
fn an_item_twice_is_told_with_both_rows() {
    let csv = example_with("検索ワード\u{FF13},等級,登録,登録しない,更新,更新");
    let fault = only(sheet_faults(&csv), Code::SheetItemTwice);
    assert_eq!((fault.line, fault.field.as_deref()), (Some(14), Some("検索ワード3")));
    assert!(fault.message.contains("13行目にもあります"), "{}", fault.message);
    only(sheet_faults(&example_with("処理フラグ,-,,自動,,自動")), Code::SheetItemTwice);
    only(sheet_faults(&example_with("ユーザID,社員番号,登録,エラー,更新,エラー")), Code::SheetItemTwice);
}

#[test]
fn all_required_rows_that_are_missing_are_told_at_once() {
    let header = EXAMPLE.split_inclusive('\n').next().expect("a header");
    let required = Code::SheetItemRequired;
    assert_eq!(
        told(&sheet_faults(header)),
        [(required, "ユーザID"), (required, "パスワード"), (required, "氏名"), (required, "氏名(ヨミ)")]
    );
}

#[test]
fn a_required_row_with_a_fault_is_not_missing_too() {
    only(sheet_faults(&EXAMPLE.replace("ユーザID,メールアドレス", "ユーザID,メール")), Code::SheetSourceUnknown);
}

#[test]
fn a_contact_without_its_other_half_is_known() {
    let halves = |label: &str| {
        let mapping = sheet(&example_with(&format!("{label},社員番号,登録,登録しない,更新,更新")));
        mapping.half_contacts().map(|(rule, missing)| (rule.row, missing.label())).collect::<Vec<_>>()
    };
    assert_eq!(halves("緊急連絡1 媒体"), [(14, "緊急連絡1 アドレス")]);
    assert_eq!(halves("緊急連絡2 アドレス"), [(14, "緊急連絡2 媒体")]);
    assert_eq!(halves("検索ワード5"), []);
}

#[test]
fn processing_flag_is_automatic_and_nothing_else() {
    let row = |cells: &str| EXAMPLE.replace("処理フラグ,-,,自動,,自動", &format!("処理フラグ,{cells}"));
    for right in [
        "固定値「自動」,登録,登録しない,更新,更新しない",
        "固定値\u{FF62}自動\u{FF63},自動,自動,自動,自動",
        ",,,,",
        "自動,-,-,-,-",
        "\u{FF0D},,自動,,自動",
        "\u{2212},,デフォルト:自動,,自動",
    ] {
        assert_eq!(sheet(&row(right)).rules.len(), 10, "{right}");
    }
    for wrong in ["固定値「手動」,,自動,,自動", "社員番号,,自動,,自動", "カスタム項目「自動」,,自動,,自動"]
    {
        only(sheet_faults(&row(wrong)), Code::SheetSourceUnknown);
    }
    only(sheet_faults(&row("-,,手動,,自動")), Code::SheetActionUnknown);
    only(sheet_faults(&row("-,削除,自動,,自動")), Code::SheetActionUnknown);
}

#[test]
fn processing_flag_needs_no_row() {
    assert_eq!(sheet(&EXAMPLE.replace("処理フラグ,-,,自動,,自動\n", "")).rules.len(), 10);
}
