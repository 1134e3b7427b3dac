//! §4: how the table is found in the sheet.

use super::{EXAMPLE, each_line, only, sheet, sheet_faults};
use crate::config::sheet::grid::COLUMNS;
use crate::config::sheet::label::folded;
use crate::fault::Code;

#[test]
fn columns_are_found_by_name_in_any_order() {
    let turned = each_line(|line| line.split(',').rev().collect::<Vec<_>>().join(","));
    assert!(sheet(&turned) == sheet(EXAMPLE));
}

#[test]
fn rows_above_and_columns_beside_are_ignored() {
    let beside = each_line(|line| format!("x,{line},備考,エラー,,"));
    let csv = format!("連携設定シート,,\n,作成日,2026-11-23\nSmartHR項目,新規登録:値あり\n{beside}");
    let mapping = sheet(&csv);
    assert_eq!((mapping.user_id.row, mapping.rules.len()), (6, 10));
}

#[test]
fn header_labels_may_be_full_width_or_broken_over_lines() {
    let csv = EXAMPLE
        .replace("新規登録:値あり", "新規登録\u{FF1A}値あり")
        .replace("SmartHR項目", "\u{FF33}martHR 項目")
        .replace("更新:値なし", "\"更新:\n値なし\"");
    assert!(sheet(&csv) == sheet(EXAMPLE));
}

#[test]
fn header_labels_are_compared_in_their_folded_form() {
    assert!(COLUMNS.iter().all(|label| folded(label) == *label));
}

#[test]
fn a_sheet_without_a_header_is_told_what_belongs_there() {
    for csv in ["", "\n\n", "a,b,c\n"] {
        let fault = only(sheet_faults(csv), Code::SheetHeaderMissing);
        assert!(COLUMNS.iter().all(|label| fault.message.contains(label)), "{}", fault.message);
        assert_eq!(fault.line, None);
    }
}

#[test]
fn a_header_that_lacks_a_label_is_told_with_its_row() {
    let fault = only(sheet_faults(&format!("x\n{}", EXAMPLE.replace("更新:値なし", "更新"))), Code::SheetHeaderMissing);
    assert_eq!(fault.line, Some(2));
    assert_eq!(fault.message, "連携設定シートの2行目の見出しに「更新:値なし」がありません。見出し行を直してください。");
}

#[test]
fn the_first_of_two_columns_of_one_label_counts() {
    let csv = each_line(|line| format!("{line},{line}"));
    assert!(sheet(&csv) == sheet(EXAMPLE));
}

#[test]
fn blank_rows_are_skipped_and_counted() {
    let csv = EXAMPLE.replace("\n検索ワード3", "\n\n,,,,,\n \u{3000},,,,\n検索ワード3");
    assert_eq!(sheet(&csv).rules.last().map(|rule| rule.row), Some(16));
    let csv = format!("\n\n{}", EXAMPLE.replace('\n', "\r\n"));
    assert_eq!(sheet(&csv).user_id.row, 5);
}

#[test]
fn rows_with_notes_only_beside_the_table_are_skipped() {
    assert!(sheet(&format!("{EXAMPLE},,,,,,確認済み\n")) == sheet(EXAMPLE));
}

#[test]
fn the_products_note_below_the_table_is_skipped() {
    assert!(sheet(&format!("{EXAMPLE}※上記は例となり、項目はお客様ごとに異なります\n")) == sheet(EXAMPLE));
    only(sheet_faults(&format!("{EXAMPLE}※氏名,氏名,登録,エラー,更新,エラー\n")), Code::SheetItemUnknown);
}

#[test]
fn a_row_broken_over_lines_is_one_row_as_in_excel() {
    let csv = EXAMPLE.replace("検索ワード1:勤務地", "\"検索ワード1:\n勤務地\"");
    assert_eq!(sheet(&csv).rules.last().map(|rule| rule.row), Some(13));
}

#[test]
fn more_than_ten_thousand_rows_are_refused() {
    let fault = only(sheet_faults(&format!("{EXAMPLE}{}", "x\n".repeat(10_000))), Code::SheetUnreadable);
    assert!(fault.message.contains("10000行"), "{}", fault.message);
}

#[test]
fn a_file_of_more_than_four_megabytes_is_refused() {
    only(sheet_faults(&"\n".repeat(4 * 1024 * 1024 + 1)), Code::SheetUnreadable);
}
