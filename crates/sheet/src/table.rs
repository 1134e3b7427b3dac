//! `errors.csv` and `plan.csv` as a workbook. A spreadsheet that opens the CSV makes 27 of 00027; in a workbook every cell
//! is text.

use link::text::{CsvRows, decode_text};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::workbook::WorkbookError;

/// So wide a column gets at most.
const WIDEST: usize = 60;
/// A worksheet has so many rows.
const MAX_ROWS: usize = 1_048_576;
/// A cell has so many characters (UTF-16).
const MAX_CELL: usize = 32_767;

/// The table of a CSV file that the link wrote, as an XLSX file whose sheet has this name.
pub fn table_to_xlsx(name: &str, csv: &[u8]) -> Result<Vec<u8>, WorkbookError> {
    written(name, csv).map_err(WorkbookError)
}

fn written(name: &str, csv: &[u8]) -> Result<Vec<u8>, XlsxError> {
    let text = decode_text(csv).unwrap_or_default();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    let header = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00E3_EDF4))
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter);
    let cell = Format::new().set_num_format("@");
    let mut widths: Vec<usize> = Vec::new();
    let mut last = 0;
    for (row, cells) in (0_u32..).zip(CsvRows::new(&text, |_| true).map_while(Result::ok)).take(MAX_ROWS) {
        for (at, (column, text)) in (0_u16..).zip(&cells.cells).enumerate() {
            let text = plain(text);
            if widths.len() <= at {
                widths.push(0);
            }
            if let Some(width) = widths.get_mut(at) {
                *width = (*width).max(width_of(text));
            }
            let format = if row == 0 { &header } else { &cell };
            // Never as a formula, a number or a link, whatever it looks like.
            sheet.write_string_with_format(row, column, clipped(text), format)?;
        }
        last = row;
    }
    laid_out(sheet, &widths, last)?;
    workbook.save_to_buffer()
}

fn laid_out(sheet: &mut Worksheet, widths: &[usize], last: u32) -> Result<(), XlsxError> {
    for (column, width) in (0_u16..).zip(widths) {
        sheet.set_column_width(column, u32::try_from((*width).min(WIDEST) + 2).unwrap_or(u32::MAX))?;
    }
    let columns = u16::try_from(widths.len()).unwrap_or(u16::MAX);
    if columns > 0 && last > 0 {
        sheet.autofilter(0, 0, last, columns - 1)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}

/// Without the apostrophe that defuses a cell of the CSV: a text cell needs none.
fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) => rest,
        _ => cell,
    }
}

/// Japanese characters are two wide.
fn width_of(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn clipped(text: &str) -> &str {
    // A character has at most two units of UTF-16 and at least one byte.
    if text.len() <= MAX_CELL { text } else { text.get(..text.floor_char_boundary(MAX_CELL)).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};
    use link::fault::{Code, Fault, Subject};
    use link::report::{PlanLine, errors_csv, plan_csv};

    fn rows(workbook: &[u8]) -> Vec<Vec<Data>> {
        let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(workbook)).unwrap();
        let name = workbook.sheet_names()[0].clone();
        workbook.worksheet_range(&name).unwrap().rows().map(<[Data]>::to_vec).collect()
    }

    fn text(text: &str) -> Data {
        Data::String(text.to_owned())
    }

    #[test]
    fn an_id_keeps_its_zeros_and_a_formula_is_text() {
        let line = |id: &str| PlanLine {
            record: "社員",
            id: id.to_owned(),
            action: "削除",
            reason: "退職".to_owned(),
            address: Some("https://acme.smarthr.jp/crews/x".to_owned()),
            department: None,
        };
        let ids = ["00027", "1E5", "123456789012", "5月1日", "=HYPERLINK(\"x\")", "@A", "'x"];
        let csv = plan_csv(&ids.map(line));
        let read = rows(&table_to_xlsx("plan", &csv).unwrap());
        assert_eq!(read[0], ["対象", "ID", "処理", "理由", "SmartHR", "所属部署"].map(text));
        assert_eq!(read[1..].iter().map(|row| row[1].clone()).collect::<Vec<_>>(), ids.map(text));
        assert_eq!(read[1][4], text("https://acme.smarthr.jp/crews/x"));
    }

    #[test]
    fn errors_of_many_people_are_written_whole() {
        let fault =
            |line: u32| Fault::new(Code::KanaMissing, Subject::User, "a,\"b\"").line(line).id(format!("{line:05}"));
        let faults: Vec<Fault> = (1..=12_500).map(fault).collect();
        let read = rows(&table_to_xlsx("errors", &errors_csv(&faults, &[])).unwrap());
        assert_eq!(read.len(), 12_501);
        assert_eq!(read[27][5], text("00027"));
    }

    #[test]
    fn a_cell_has_no_more_than_excel_takes() {
        assert_eq!(clipped(&"あ".repeat(20_000)).len(), 32_766);
        assert!(table_to_xlsx("x", "a\n".repeat(3).as_bytes()).is_ok());
        assert!(table_to_xlsx("x", b"").is_ok());
    }
}
