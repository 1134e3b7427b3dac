//! What people open in a spreadsheet: the mapping sheet (連携設定シート), written as a workbook and two of them compared row
//! by row, and the tables of a run. Reading a sheet is `link::config::parse_sheet`.

mod differences;
mod file_rows;
mod own_sheet;
mod table;
mod template;
mod workbook;

pub use differences::{Change, Row, differences, shown_rows};
pub use file_rows::file_rows;
pub use own_sheet::csv_to_sheet;
pub use table::table_to_xlsx;
pub use template::{EXAMPLE_PASSWORD, new_sheet};
pub use workbook::{WorkbookError, mapping_to_xlsx};
