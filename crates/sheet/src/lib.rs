//! The mapping sheet (連携設定シート) as people handle it: written as a workbook that Excel opens, and two of them
//! compared row by row. Reading a sheet is `link::config::parse_sheet`.

mod differences;
mod template;
mod workbook;

pub use differences::{Change, Row, differences, shown_rows};
pub use template::{EXAMPLE_PASSWORD, new_sheet};
pub use workbook::{WorkbookError, mapping_to_xlsx};
