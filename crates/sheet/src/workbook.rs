//! A mapping as a workbook: the table alone, laid out so that a person can correct it and send it back.

use link::config::{Mapping, SHEET_COLUMNS, sheet_rows};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

/// A workbook could not be written.
#[derive(Debug)]
pub struct WorkbookError(pub(crate) XlsxError);

impl std::fmt::Display for WorkbookError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the workbook could not be written: {}", self.0)
    }
}

impl std::error::Error for WorkbookError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

const NAME: &str = "連携設定シート";
const WIDTHS: [f64; 6] = [30.0, 30.0, 16.0, 20.0, 16.0, 20.0];

/// The mapping as an XLSX file with the header in its first row. Holds the initial password where that is a fixed value.
pub fn mapping_to_xlsx(mapping: &Mapping) -> Result<Vec<u8>, WorkbookError> {
    written(mapping).map_err(WorkbookError)
}

fn written(mapping: &Mapping) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(NAME)?;
    let header = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00E3_EDF4))
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter);
    // Text, so that Excel turns no value into a number or a formula.
    let cell = Format::new().set_num_format("@").set_border(FormatBorder::Thin);
    for ((column, label), width) in (0_u16..).zip(SHEET_COLUMNS).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, label, &header)?;
    }
    for (row, cells) in (1_u32..).zip(sheet_rows(mapping)) {
        for (column, text) in (0_u16..).zip(&cells) {
            sheet.write_string_with_format(row, column, text.as_ref(), &cell)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use link::config::{SheetFormat, parse_sheet};

    const SHEET: &str = include_str!("../../simulators/src/samples/full.csv");

    #[test]
    fn a_written_workbook_is_read_back_as_the_same_mapping() {
        let mapping = parse_sheet(SheetFormat::Csv, SHEET.as_bytes()).unwrap();
        let again = parse_sheet(SheetFormat::Xlsx, &mapping_to_xlsx(&mapping).unwrap()).unwrap();
        let meaning = |mapping: &Mapping| sheet_rows(mapping).iter().map(|row| row.join("\t")).collect::<Vec<_>>();
        assert_eq!(meaning(&again), meaning(&mapping));
    }
}
