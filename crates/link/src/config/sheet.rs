//! The mapping sheet as a file: XLSX as Excel writes it, CSV in UTF-8 or Shift_JIS.

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
    let grids = match format {
        SheetFormat::Csv => vec![csv_sheet::read(bytes)?],
        SheetFormat::Xlsx => xlsx_sheet::read(bytes)?,
    };
    row::mapping(&grids)
}

/// A fault of the file as a whole.
pub(super) fn unreadable(wrong: impl AsRef<str>) -> Fault {
    Fault::new(Code::SheetUnreadable, Record::Mapping, wrong)
}
