//! §4: the sheet as a workbook.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

use super::{EXAMPLE, only, sheet};
use crate::config::{Mapping, SheetFormat, SheetOrigin, parse_sheet, read_sheet};
use crate::fault::{Code, Fault};

fn read(mut workbook: Workbook) -> Mapping {
    parse_sheet(SheetFormat::Xlsx, &workbook.save_to_buffer().expect("a workbook")).expect("a sheet")
}

fn faults(mut workbook: Workbook) -> Vec<Fault> {
    parse_sheet(SheetFormat::Xlsx, &workbook.save_to_buffer().expect("a workbook")).expect_err("faults").0
}

/// Writes CSV into a worksheet, its first cell at this place.
fn fill(worksheet: &mut Worksheet, csv: &str, row: u32, column: u16) {
    for (at, line) in (row..).zip(csv.lines()) {
        for (to, cell) in (column..).zip(line.split(',')) {
            if !cell.is_empty() {
                worksheet.write(at, to, cell).expect("a cell");
            }
        }
    }
}

fn example() -> Workbook {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet(), EXAMPLE, 0, 0);
    workbook
}

#[test]
fn a_workbook_reads_like_the_csv() {
    assert!(read(example()) == sheet(EXAMPLE));
}

#[test]
fn the_table_may_lie_anywhere_and_rows_are_counted_as_excel_shows_them() {
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    worksheet.write(0, 0, "連携設定シート").expect("a cell");
    worksheet.write(200, 16_383, "備考").expect("a cell");
    fill(worksheet, EXAMPLE, 10, 3);
    let mapping = read(workbook);
    assert_eq!((mapping.user_id.row, mapping.rules.last().map(|rule| rule.row)), (13, Some(23)));
}

#[test]
fn the_first_worksheet_with_a_header_counts() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write(0, 0, "表紙").expect("a cell");
    fill(workbook.add_worksheet(), EXAMPLE, 2, 0);
    fill(workbook.add_worksheet(), &EXAMPLE.replace("ユーザID,メールアドレス", "ユーザID,?"), 0, 0);
    assert_eq!(read(workbook).user_id.row, 5);
}

/// A cover, then the table on sheets of these names, each with the user ID in another row.
fn two_tables() -> Workbook {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("表紙").expect("a name").write(0, 0, "表紙").expect("a cell");
    for (row, name) in [(2, "旧"), (5, "新")] {
        fill(workbook.add_worksheet().set_name(name).expect("a name"), EXAMPLE, row, 0);
    }
    workbook
}

fn origin(mut workbook: Workbook) -> (Mapping, SheetOrigin) {
    read_sheet(SheetFormat::Xlsx, &workbook.save_to_buffer().expect("a workbook")).expect("a sheet")
}

#[test]
fn of_several_tables_the_one_that_was_open_is_read() {
    let (mapping, origin_of_first) = origin(two_tables());
    assert_eq!(mapping.user_id.row, 5, "none of them was open: the first");
    assert_eq!(origin_of_first.sheet.as_deref(), Some("旧"));
    let mut workbook = two_tables();
    workbook.worksheet_from_name("新").expect("the sheet").set_active(true);
    let (mapping, origin) = origin(workbook);
    assert_eq!(mapping.user_id.row, 8);
    let told = origin.sentence_ja().expect("a sentence");
    assert_eq!(told, "ブックのシート「新」を読み取りました。ほかのシート「表紙」「旧」は使いません。");
}

#[test]
fn sheets_that_excel_hides_are_never_read() {
    for very in [false, true] {
        let hide = |sheet: &mut Worksheet| _ = if very { sheet.set_very_hidden(true) } else { sheet.set_hidden(true) };
        let mut workbook = two_tables();
        hide(workbook.worksheet_from_name("旧").expect("the sheet"));
        assert_eq!(origin(workbook).0.user_id.row, 8);
        let mut workbook = two_tables();
        ["旧", "新"].iter().for_each(|name| hide(workbook.worksheet_from_name(name).expect("the sheet")));
        let fault = only(faults(workbook), Code::SheetHeaderMissing);
        assert!(fault.message.contains("非表示のシート「旧」「新」は読みません"), "{}", fault.message);
    }
}

#[test]
fn rows_in_force_that_nobody_sees_are_named() {
    let mut workbook = example();
    let worksheet = workbook.worksheet_from_index(0).expect("the worksheet");
    worksheet.set_row_hidden(7).expect("a row");
    worksheet.set_row_hidden(20).expect("a row");
    let struck = Format::new().set_font_strikethrough();
    worksheet.write_with_format(10, 0, "検索ワード1:勤務地", &struck).expect("a cell");
    worksheet.write_with_format(11, 5, "更新しない", &struck).expect("a cell");
    let (mapping, origin) = origin(workbook);
    assert!(mapping == sheet(EXAMPLE));
    let told: Vec<_> = origin.warnings.iter().map(|fault| (fault.code, fault.line, fault.message.as_str())).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        told.iter().map(|told| (told.0, told.1)).collect::<Vec<_>>(),
        [(Code::SheetRowUnseen, Some(8)), (Code::SheetRowUnseen, Some(11))]
    );
    assert!(told[0].2.contains("8行目「所属部署コード」は、Excelで非表示"), "{}", told[0].2);
    assert!(told[1].2.contains("11行目「検索ワード1:勤務地」は、取り消し線"), "{}", told[1].2);
}

#[test]
fn rows_that_a_filter_hides_are_named() {
    let mut workbook = example();
    let worksheet = workbook.worksheet_from_index(0).expect("the worksheet");
    worksheet.autofilter(0, 0, 12, 5).expect("a filter");
    worksheet.filter_column(4, &rust_xlsxwriter::FilterCondition::new().add_list_filter("更新")).expect("a condition");
    let (_, origin) = origin(workbook);
    assert!(origin.warnings[0].message.contains("3行目「ユーザID」、5行目「パスワード」"), "{:?}", origin.warnings);
}

#[test]
fn a_long_list_beside_the_table_does_not_matter() {
    let mut workbook = Workbook::new();
    let staff = workbook.add_worksheet().set_name("社員一覧").expect("a name");
    for row in 0..20_000 {
        for column in 0..6 {
            staff.write(row, column, format!("{row}-{column}")).expect("a cell");
        }
    }
    fill(workbook.add_worksheet().set_name("連携").expect("a name"), EXAMPLE, 0, 0);
    let (mapping, origin) = origin(workbook);
    assert!(mapping == sheet(EXAMPLE));
    assert_eq!(origin.sheet.as_deref(), Some("連携"));
}

#[test]
fn of_several_worksheets_without_a_header_the_nearest_is_told() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write(0, 0, "SmartHR項目").expect("a cell");
    fill(workbook.add_worksheet(), &EXAMPLE.replace("更新:値なし", "更新"), 2, 0);
    let fault = only(faults(workbook), Code::SheetHeaderMissing);
    assert_eq!(fault.line, Some(3));
}

#[test]
fn a_workbook_without_a_header_is_told() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet();
    only(faults(workbook), Code::SheetHeaderMissing);
}

#[test]
fn cells_of_other_types_read_as_excel_shows_them() {
    let source = |write: &dyn Fn(&mut Worksheet)| {
        let mut workbook = Workbook::new();
        let worksheet = workbook.add_worksheet();
        fill(worksheet, EXAMPLE, 0, 0);
        fill(worksheet, "検索ワード5,,登録,登録しない,更新,更新", 13, 0);
        write(worksheet);
        only(faults(workbook), Code::SheetSourceUnknown).message
    };
    let date = |text: &str| ExcelDateTime::parse_from_str(text).expect("a date");
    let in_days = Format::new().set_num_format("yyyy/mm/dd");
    let in_hours = Format::new().set_num_format("[h]:mm");
    let write_date = |text: &str, format: &Format| {
        source(&|sheet| _ = sheet.write_with_format(13, 1, date(text), format).expect("a cell"))
    };
    for (message, shown) in [
        (source(&|sheet| _ = sheet.write(13, 1, 12).expect("a cell")), "「12」"),
        (source(&|sheet| _ = sheet.write(13, 1, 1.5).expect("a cell")), "「1.5」"),
        (source(&|sheet| _ = sheet.write(13, 1, 1e15).expect("a cell")), "「1000000000000000」"),
        (source(&|sheet| _ = sheet.write(13, 1, true).expect("a cell")), "「TRUE」"),
        (write_date("2026-11-23", &in_days), "「2026-11-23」"),
        (write_date("2026-11-23T04:30:00", &in_days), "「2026-11-23 04:30:00」"),
        (write_date("04:30:00", &in_hours), "「04:30:00」"),
    ] {
        assert!(message.contains(shown), "{message}");
    }
}

#[test]
fn text_in_several_formats_is_one_text() {
    let mut workbook = example();
    let worksheet = workbook.worksheet_from_index(0).expect("the worksheet");
    let (bold, red) = (Format::new().set_bold(), Format::new().set_font_color("FF0000"));
    worksheet.write_rich_string(10, 0, &[(&bold, "検索ワード1"), (&red, ":勤務地")]).expect("a cell");
    assert!(read(workbook) == sheet(EXAMPLE));
}

#[test]
fn formulas_count_with_their_last_result() {
    let mut workbook = example();
    let worksheet = workbook.worksheet_from_index(0).expect("the worksheet");
    worksheet.write_formula(10, 1, rust_xlsxwriter::Formula::new("=A1").set_result("事業所")).expect("a cell");
    assert!(read(workbook) == sheet(EXAMPLE));
}

#[test]
fn formats_on_empty_cells_are_no_rows() {
    let mut workbook = example();
    let worksheet = workbook.worksheet_from_index(0).expect("the worksheet");
    let border = Format::new().set_bold();
    for row in 13..20_000 {
        worksheet.write_blank(row, 0, &border).expect("a cell");
    }
    assert!(read(workbook) == sheet(EXAMPLE));
}

#[test]
fn a_cell_in_the_last_corner_of_the_sheet_takes_no_memory() {
    let mut workbook = example();
    let worksheet = workbook.worksheet_from_index(0).expect("the worksheet");
    worksheet.write(1_048_575, 16_383, "x").expect("a cell");
    assert!(read(workbook) == sheet(EXAMPLE));
}

#[test]
fn more_than_ten_thousand_rows_are_refused() {
    let mut workbook = example();
    let worksheet = workbook.worksheet_from_index(0).expect("the worksheet");
    for row in 13..10_100 {
        worksheet.write(row, 0, 1).expect("a cell");
    }
    assert!(only(faults(workbook), Code::SheetUnreadable).message.contains("10000行"));
}

#[test]
fn what_is_no_workbook_is_refused() {
    let whole = example().save_to_buffer().expect("a workbook");
    let no_package: [&[u8]; 4] = [b"", b"PK\x05\x06", EXAMPLE.as_bytes(), &whole[..whole.len() / 2]];
    for bytes in no_package {
        let faults = parse_sheet(SheetFormat::Xlsx, bytes).expect_err("a fault");
        assert!(only(faults.0, Code::SheetUnreadable).message.contains(".xlsx"));
    }
}

#[test]
fn a_protected_or_old_workbook_is_told_so() {
    let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    bytes.resize(4_096, 0);
    let faults = parse_sheet(SheetFormat::Xlsx, &bytes).expect_err("a fault");
    assert!(only(faults.0, Code::SheetUnreadable).message.contains("パスワード"));
}

#[test]
fn a_workbook_that_unfolds_into_far_more_than_a_sheet_is_refused() {
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    for row in 0..3_000_u32 {
        worksheet.write(row, 0, format!("{row}{}", "あ".repeat(32_000))).expect("a cell");
    }
    let bytes = workbook.save_to_buffer().expect("a workbook");
    assert!(bytes.len() < 4 * 1024 * 1024, "{} bytes", bytes.len());
    let faults = parse_sheet(SheetFormat::Xlsx, &bytes).expect_err("a fault");
    assert!(only(faults.0, Code::SheetUnreadable).message.contains("大きすぎます"));
}

#[test]
fn many_cells_with_one_long_text_are_refused() {
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    let long = "あ".repeat(32_000);
    for row in 0..3_000_u32 {
        worksheet.write(row, 0, &long).expect("a cell");
    }
    assert!(only(faults(workbook), Code::SheetUnreadable).message.contains("多すぎます"));
}
