//! The mapping sheet as a file: XLSX as Excel writes it, CSV in UTF-8 or Shift_JIS.

use super::grid::Grid;
use super::mapping::Mapping;
use super::{csv_sheet, row, xlsx_sheet};
use crate::report::{Code, Fault, Faults, Record};

/// A sheet with its formats and a logo has some ten kilobytes: what is larger is another file by mistake.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The form that the sheet's file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetFormat {
    /// `mapping.xlsx`.
    Xlsx,
    /// `mapping.csv`, in UTF-8 (with or without a byte order mark) or Shift_JIS (CP932).
    Csv,
}

/// Parses the sheet; all faults of all rows at once.
pub fn parse_sheet(format: SheetFormat, bytes: &[u8]) -> Result<Mapping, Faults> {
    if bytes.len() > MAX_BYTES {
        let wrong = format!("連携設定シートのファイルが大きすぎます({}バイト、上限は{MAX_BYTES}バイト)。", bytes.len());
        return Err(unreadable(wrong).into());
    }
    row::mapping(&grids(format, bytes)?)
}

/// The columns (from 0) that the six labels of [`SHEET_COLUMNS`](super::SHEET_COLUMNS) stand in, so that a fault's row and
/// label make a cell. `None` where the sheet has no header or cannot be read.
pub fn header_columns(format: SheetFormat, bytes: &[u8]) -> Option<[u32; 6]> {
    (bytes.len() <= MAX_BYTES).then(|| grids(format, bytes).ok()).flatten()?.iter().find_map(Grid::header)
}

fn grids(format: SheetFormat, bytes: &[u8]) -> Result<Vec<Grid>, Fault> {
    match format {
        SheetFormat::Csv => Ok(vec![csv_sheet::read(bytes)?]),
        SheetFormat::Xlsx => xlsx_sheet::read(bytes),
    }
}

/// A fault of the file as a whole.
pub(super) fn unreadable(wrong: impl AsRef<str>) -> Fault {
    Fault::new(Code::SheetUnreadable, Record::Mapping, wrong)
}
