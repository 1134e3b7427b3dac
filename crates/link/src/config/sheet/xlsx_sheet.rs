//! The sheet as a workbook: its cells as text, as a person reads them in Excel.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::grid::{Grid, HeaderMissing};
use super::label::quoted;
use super::xlsx_layout::{active_sheet, hidden_rows};
use super::xlsx_package::{Package, broken};
use crate::fault::Fault;

/// The sheet of a workbook that holds the mapping.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) grid: Grid,
    pub(super) name: String,
    /// The names of the workbook's other sheets.
    pub(super) others: Vec<String>,
    /// The rows (from 1) that Excel does not show.
    pub(super) hidden_rows: BTreeSet<u32>,
}

/// Finds and reads the sheet: of those that Excel shows and that have the header, the one on which the workbook was saved,
/// or else the first.
pub(super) fn read(bytes: &[u8]) -> Result<Found, Fault> {
    let package = Package::open(bytes)?;
    // calamine indexes and subtracts with what a broken file says, and its panic would take the run's mail with it.
    // Nothing outside of the closure is left half done by one.
    catch_unwind(AssertUnwindSafe(|| find(bytes, &package))).unwrap_or_else(|_| Err(broken()))
}

fn find(bytes: &[u8], package: &Package<'_>) -> Result<Found, Fault> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| fault(&error))?;
    let sheets = workbook.sheets_metadata().to_vec();
    let is_shown = |at: &usize| {
        sheets.get(*at).is_some_and(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet)
    };
    let active = active_sheet(package);
    let order = std::iter::once(active).chain((0..sheets.len()).filter(|at| *at != active)).filter(is_shown);
    let mut nearest = HeaderMissing::default();
    let mut too_much = None;
    for at in order {
        let Some(name) = sheets.get(at).map(|sheet| sheet.name.clone()) else { continue };
        match grid(&mut workbook, &name) {
            Ok(Some(grid)) if grid.header().is_some() => {
                let others = sheets.iter().filter(|sheet| sheet.name != name).map(|sheet| sheet.name.clone()).collect();
                return Ok(Found { grid, name, others, hidden_rows: hidden_rows(package, at) });
            }
            Ok(grid) => {
                if let Some(missing) = grid.and_then(|grid| grid.table().err()) {
                    nearest = nearest.or_nearer(missing);
                }
            }
            // Another list, however long it is: only what would be used must fit.
            Err(TooMuch::BeforeHeader(fault)) => too_much = Some(fault),
            Err(TooMuch::Fault(fault)) => return Err(fault),
        }
    }
    let hidden = sheets.iter().filter(|sheet| sheet.visible != SheetVisible::Visible);
    let hidden: Vec<String> = hidden.map(|sheet| quoted(&sheet.name)).collect();
    Err(too_much.unwrap_or_else(|| nearest.fault(&hidden)))
}

/// A sheet could not be read to its end.
enum TooMuch {
    /// It is too long, and so far there was no header in it.
    BeforeHeader(Fault),
    /// It is too long although it has the header, or it is broken.
    Fault(Fault),
}

/// `None` for a sheet that has no cells by its kind, such as a chart.
fn grid(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Option<Grid>, TooMuch> {
    let mut cells = match workbook.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        Err(XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_)) => return Ok(None),
        Err(error) => return Err(TooMuch::Fault(fault(&error))),
    };
    let mut grid = Grid::default();
    // Cell by cell: calamine's own table is as large as the sheet's farthest cell says.
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|error| TooMuch::Fault(fault(&error)))? {
        let (row, column) = cell.get_position();
        let row = row.saturating_add(1);
        if let Err(fault) = grid.add(row, column, &text(cell.get_value())) {
            let has_header = grid.header().is_some();
            return Err(if has_header { TooMuch::Fault(fault) } else { TooMuch::BeforeHeader(fault) });
        }
        let font = cells.styles().get(style).and_then(|style| style.font.as_ref());
        if font.is_some_and(|font| font.strikethrough) {
            grid.strike(row, column);
        }
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
