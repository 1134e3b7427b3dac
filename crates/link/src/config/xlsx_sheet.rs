//! The sheet as a workbook: its cells as text, as a person reads them in Excel.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};

use super::grid::{Grid, MAX_ROWS};
use super::sheet::unreadable;
use super::xlsx_package::{self, broken};
use crate::report::Fault;

/// Reads the cells of all worksheets, in the workbook's order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Grid>, Fault> {
    xlsx_package::check(bytes)?;
    // calamine indexes and subtracts with what a broken file says, and its panic would take the run's mail with it.
    // Nothing outside of the closure is left half done by one.
    catch_unwind(AssertUnwindSafe(|| grids(bytes))).unwrap_or_else(|_| Err(broken()))
}

fn grids(bytes: &[u8]) -> Result<Vec<Grid>, Fault> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| fault(&error))?;
    workbook.sheet_names().iter().filter_map(|name| grid(&mut workbook, name).transpose()).collect()
}

/// `None` for a sheet that has no cells by its kind, such as a chart.
fn grid(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Option<Grid>, Fault> {
    let mut cells = match workbook.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        Err(XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_)) => return Ok(None),
        Err(error) => return Err(fault(&error)),
    };
    let mut grid = Grid::default();
    // Cell by cell: calamine's own table is as large as the sheet's farthest cell says.
    while let Some(cell) = cells.next_cell().map_err(|error| fault(&error))? {
        let (row, column) = cell.get_position();
        if !grid.add(row.saturating_add(1), column, text(cell.get_value())) {
            return Err(unreadable(format!("連携設定シートが{MAX_ROWS}行を超えています。不要な行を削除し、")));
        }
    }
    Ok(Some(grid))
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(integer) => integer.to_string(),
        // `{}` writes a whole number without a fraction.
        DataRef::Float(float) => float.to_string(),
        DataRef::Bool(boolean) => (if *boolean { "TRUE" } else { "FALSE" }).to_owned(),
        DataRef::DateTime(date_time) => date_time_text(date_time),
        DataRef::Error(error) => error.to_string(),
    }
}

/// `2026-11-23`, with its time where it has one; the form of all dates of the link.
fn date_time_text(date_time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = date_time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if date_time.is_duration() || date_time.as_f64() < 1.0 {
        time
    } else if time == "00:00:00" {
        date
    } else {
        format!("{date} {time}")
    }
}

fn fault(error: &XlsxError) -> Fault {
    tracing::debug!(%error, "the sheet's workbook cannot be read");
    broken()
}
