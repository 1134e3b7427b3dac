//! §4: the sheet as a workbook.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

use super::{EXAMPLE, only, sheet};
use crate::config::{Mapping, SheetFormat, parse_sheet};
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
