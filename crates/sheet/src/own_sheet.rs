//! A customer's sheet that is kept as CSV, as a workbook: their own rows, columns, title and order, so that a fault's row is
//! the row that they see, and the lists of the new sheet beside each cell that has a choice.

use link::config::{SheetFormat, all_cells, header_columns, header_row};
use rust_xlsxwriter::{Color, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::template::{NAME, SPARE_ROWS, choices, lists, user_id_lists};
use crate::workbook::WorkbookError;

/// The widest column.
const WIDEST: f64 = 60.0;

/// The sheet as an XLSX file.
pub fn csv_to_sheet(csv: &[u8]) -> Result<Vec<u8>, WorkbookError> {
    written(csv).map_err(WorkbookError)
}

fn written(csv: &[u8]) -> Result<Vec<u8>, XlsxError> {
    // From 0, as the workbook counts.
    let header = header_row(SheetFormat::Csv, csv).and_then(|row| row.checked_sub(1));
    let columns = header_columns(SheetFormat::Csv, csv);
    let columns = columns.map(|columns| columns.map(|column| u16::try_from(column).unwrap_or(u16::MAX)));
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(NAME)?;
    let label = Format::new().set_bold().set_background_color(Color::RGB(0x00E3_EDF4)).set_border(FormatBorder::Thin);
    // Text, so that Excel turns no value into a number or a formula.
    let cell = Format::new().set_num_format("@");
    let (mut widths, mut items, mut last) = (Vec::<f64>::new(), Vec::new(), 0);
    for (number, cells) in all_cells(SheetFormat::Csv, csv).unwrap_or_default() {
        let at = number.saturating_sub(1);
        for (column, text) in &cells {
            let Ok(column) = u16::try_from(*column) else { continue };
            sheet.write_string_with_format(at, column, text, if Some(at) == header { &label } else { &cell })?;
            // A title runs over the columns beside it.
            if header.is_some_and(|header| at >= header) {
                widen(&mut widths, column, text);
            }
        }
        if let (Some([item, ..]), Some(header)) = (columns, header)
            && at > header
        {
            let own = cells.iter().find(|(column, _)| *column == u32::from(item));
            items.push((at, own.map(|(_, text)| text.trim().to_owned()).unwrap_or_default()));
        }
        last = at;
    }
    for (column, width) in (0_u16..).zip(&widths) {
        sheet.set_column_width(column, *width)?;
    }
    if let (Some(columns), Some(header)) = (columns, header) {
        choosable(sheet, &columns, header, last, &items)?;
        sheet.set_freeze_panes(header + 1, 0)?;
        choices(workbook.add_worksheet())?;
    }
    workbook.save_to_buffer()
}

/// The lists: ユーザID has its own, 処理フラグ none.
fn choosable(
    sheet: &mut Worksheet,
    columns: &[u16; 6],
    header: u32,
    last: u32,
    items: &[(u32, String)],
) -> Result<(), XlsxError> {
    let mut first = header + 1;
    for (row, item) in items.iter().filter(|(_, item)| item == "ユーザID" || item == "処理フラグ") {
        if first < *row {
            lists(sheet, columns, first, row - 1)?;
        }
        if item == "ユーザID" {
            user_id_lists(sheet, columns, *row)?;
        }
        first = row + 1;
    }
    lists(sheet, columns, first, last + SPARE_ROWS)
}

fn widen(widths: &mut Vec<f64>, column: u16, text: &str) {
    let column = usize::from(column);
    if widths.len() <= column {
        widths.resize(column + 1, 8.0);
    }
    let wide: f64 = text.chars().map(|letter| if letter.is_ascii() { 1.0 } else { 2.0 }).sum();
    if let Some(width) = widths.get_mut(column) {
        *width = width.max(wide + 2.0).min(WIDEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};
    use link::config::parse_sheet;
    use std::io::Read;

    const SHEET: &str = include_str!("../../simulators/src/samples/full.csv");

    #[test]
    fn rows_columns_and_title_stay_and_every_choice_has_a_list() {
        let shifted: String = SHEET.lines().map(|line| format!("メモ,{line}\r\n")).collect();
        let csv = format!("株式会社A 連携設定シート\r\n\r\n{shifted}");
        let made = csv_to_sheet(csv.as_bytes()).unwrap();
        let rows = |format, bytes: &[u8]| {
            let mapping = parse_sheet(format, bytes).unwrap();
            let rows: Vec<u32> = mapping.rules.iter().map(|rule| rule.row).collect();
            (mapping.user_id.row, rows)
        };
        assert_eq!(rows(SheetFormat::Xlsx, &made), rows(SheetFormat::Csv, csv.as_bytes()));
        let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(&made[..])).unwrap();
        let range = workbook.worksheet_range(NAME).unwrap();
        assert_eq!(range.get_value((0, 0)), Some(&Data::String("株式会社A 連携設定シート".to_owned())));
        assert_eq!(range.get_value((5, 0)), Some(&Data::String("メモ".to_owned())));
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&made[..])).unwrap();
        let mut xml = String::new();
        archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut xml).unwrap();
        let user_id = csv.lines().position(|line| line.starts_with("メモ,ユーザID,")).unwrap() + 1;
        // The second of the six columns is C here.
        assert!(xml.contains(&format!("sqref=\"C{user_id}\"")), "{xml}");
        assert!(xml.contains("選択肢") && xml.matches("<dataValidation ").count() >= 10, "{xml}");
    }

    #[test]
    fn what_is_no_sheet_is_still_a_workbook() {
        assert!(csv_to_sheet(b"a,b\n1,2\n").is_ok());
        assert!(csv_to_sheet(b"").is_ok());
    }
}
