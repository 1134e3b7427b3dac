//! The mapping sheet as a file: XLSX as Excel writes it, CSV in UTF-8 or Shift_JIS.

mod csv_sheet;
mod xlsx_package;
mod xlsx_sheet;

pub(super) mod grid;

pub(super) mod label;
mod row;

mod display;

pub use display::{SHEET_COLUMNS, mapping_to_csv, sheet_rows};
use grid::{Grid, unreadable};
pub(crate) use label::folded;

use super::mapping::Mapping;
use crate::fault::{Fault, Faults};

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
        let detail =
            format!("連携設定シートのファイルが大きすぎます({}バイト、上限は{MAX_BYTES}バイト)。", bytes.len());
        return Err(unreadable(detail).into());
    }
    row::mapping(&grids(format, bytes)?)
}

/// The columns (from 0) that the six labels of [`SHEET_COLUMNS`] stand in, so that a fault's row and
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
