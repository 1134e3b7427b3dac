//! The mapping sheet as a file: XLSX as Excel writes it, CSV in UTF-8 or Shift_JIS.

use super::mapping::Mapping;
use crate::report::Faults;

/// The form that the sheet's file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetFormat {
    /// `mapping.xlsx`.
    Xlsx,
    /// `mapping.csv`, in UTF-8 (with or without a byte order mark) or Shift_JIS (CP932).
    Csv,
}

/// Parses the sheet; all faults of all rows at once.
pub fn parse_sheet(_format: SheetFormat, _bytes: &[u8]) -> Result<Mapping, Faults> {
    unimplemented!()
}
