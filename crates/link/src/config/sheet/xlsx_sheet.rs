//! The sheet as a workbook: its cells as text, as a person reads them in Excel.

use std::borrow::Cow;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};

use super::grid::Grid;
use super::xlsx_package::{self, broken};
use crate::fault::Fault;

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
        grid.add(row.saturating_add(1), column, &text(cell.get_value()))?;
    }
    Ok(Some(grid))
}

fn text<'c>(value: &'c DataRef<'_>) -> Cow<'c, str> {
    match value {
        DataRef::Empty => Cow::Borrowed(""),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.into(),
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::Int(integer) => integer.to_string().into(),
        // `{}` writes a whole number without a fraction.
        DataRef::Float(float) => float.to_string().into(),
        DataRef::Bool(boolean) => (if *boolean { "TRUE" } else { "FALSE" }).into(),
        DataRef::DateTime(date_time) => date_time_text(date_time).into(),
        DataRef::Error(error) => error.to_string().into(),
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
