//! The mapping sheet as a file: XLSX as Excel writes it, CSV in UTF-8 or Shift_JIS.

mod csv_sheet;
mod xlsx_layout;
mod xlsx_package;
mod xlsx_sheet;

pub(super) mod grid;

pub(super) mod label;
mod row;

mod display;

pub use display::{SHEET_COLUMNS, mapping_to_csv, sheet_rows};
use grid::unreadable;
pub(crate) use label::folded;
use label::quoted;

use std::collections::BTreeMap;

use xlsx_sheet::Found;

use super::item::EmcItem;
use super::mapping::Mapping;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::text::{FileKind, TableForm, file_kind};

/// A sheet with its formats and a logo has some ten kilobytes; a workbook may hold a list of staff beside it.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The form that the sheet's file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetFormat {
    /// `mapping.xlsx`.
    Xlsx,
    /// `mapping.csv`, in UTF-8 (with or without a byte order mark) or Shift_JIS (CP932).
    Csv,
}

impl SheetFormat {
    /// The form that a file has by its content, whatever its name is; or what it is instead, and how to save it.
    pub fn of(bytes: &[u8]) -> Result<Self, Fault> {
        let kind = file_kind(bytes);
        match (kind, kind.refusal_ja()) {
            (FileKind::Table(TableForm::Workbook), _) => Ok(Self::Xlsx),
            (_, None) => Ok(Self::Csv),
            (_, Some(refusal)) => Err(unreadable(format!("連携設定シートは、{refusal}"))),
        }
    }
}

/// Where a mapping was read from, and what a person should know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetOrigin {
    /// The name of the workbook's sheet; `None` where the file has only one.
    pub sheet: Option<String>,
    /// The workbook's other sheets, which were not read.
    pub others: Vec<String>,
    /// Rows that are in force although Excel does not show them or shows them struck out.
    pub warnings: Vec<Fault>,
}

impl SheetOrigin {
    /// Which of several sheets was read (Japanese, a full sentence).
    pub fn sentence_ja(&self) -> Option<String> {
        let sheet = self.sheet.as_deref().filter(|_| !self.others.is_empty())?;
        let others: String = self.others.iter().map(|name| quoted(name)).collect();
        Some(format!("ブックのシート{}を読み取りました。ほかのシート{others}は使いません。", quoted(sheet)))
    }
}

/// Parses the sheet; all faults of all rows at once.
pub fn parse_sheet(format: SheetFormat, bytes: &[u8]) -> Result<Mapping, Faults> {
    read_sheet(format, bytes).map(|(mapping, _)| mapping)
}

/// The same, with where the mapping was read from.
pub fn read_sheet(format: SheetFormat, bytes: &[u8]) -> Result<(Mapping, SheetOrigin), Faults> {
    let found = found(format, bytes)?;
    let (mapping, struck) = row::mapping(&found.grid)?;
    let warnings = [
        ("Excelで非表示(フィルターを含む)です", found.hidden_rows.into_iter().collect::<Vec<_>>()),
        ("取り消し線が引かれています", struck),
    ]
    .into_iter()
    .filter_map(|(how, rows)| unseen(&mapping, how, &rows))
    .collect();
    let sheet = (!found.name.is_empty()).then_some(found.name);
    Ok((mapping, SheetOrigin { sheet, others: found.others, warnings }))
}

/// The columns (from 0) that the six labels of [`SHEET_COLUMNS`] stand in, so that a fault's row and
/// label make a cell. `None` where the sheet has no header or cannot be read.
pub fn header_columns(format: SheetFormat, bytes: &[u8]) -> Option<[u32; 6]> {
    found(format, bytes).ok()?.grid.header()
}

/// The six cells of each row below the header, with the row's number (from 1) as Excel shows it: as they stand in the file,
/// whatever is wrong with them. `None` as in [`header_columns`]. A password may be among them.
pub fn sheet_cells(format: SheetFormat, bytes: &[u8]) -> Option<Vec<(u32, [String; 6])>> {
    let found = found(format, bytes).ok()?;
    let table = found.grid.table().ok()?;
    Some(table.iter().map(|row| (row.number, row.cells.map(str::to_owned))).collect())
}

/// A row's number (from 1), and its cells by column (from 0), blank ones left out.
pub type SheetRow = (u32, Vec<(u32, String)>);

/// Every row of the file with something in it: its number (from 1), and its cells by column (from 0). `None` where the file
/// cannot be read.
pub fn all_cells(format: SheetFormat, bytes: &[u8]) -> Option<Vec<SheetRow>> {
    Some(found(format, bytes).ok()?.grid.into_cells())
}

/// The row (from 1) that holds the six labels; `None` as in [`header_columns`].
pub fn header_row(format: SheetFormat, bytes: &[u8]) -> Option<u32> {
    found(format, bytes).ok()?.grid.header_row()
}

fn found(format: SheetFormat, bytes: &[u8]) -> Result<Found, Fault> {
    if bytes.len() > MAX_BYTES {
        let (size, most) = (bytes.len() / 1_024, MAX_BYTES / 1_024);
        return Err(unreadable(format!(
            "連携設定シートのファイルが大きすぎます({size}KB、上限は{most}KB)。使っていないシート・行・画像を削除するか、このシートだけを新しいブックにコピーし、"
        )));
    }
    let actual = SheetFormat::of(bytes)?;
    match format {
        SheetFormat::Csv if actual == SheetFormat::Xlsx => {
            Err(unreadable("連携設定シートは、名前は.csvですが中身はExcelのブックです。名前を.xlsxに直すか、"))
        }
        SheetFormat::Csv => Ok(Found { grid: csv_sheet::read(bytes)?, ..Found::default() }),
        SheetFormat::Xlsx => xlsx_sheet::read(bytes),
    }
}

/// The warning for rows in force that a person who looks at the sheet takes for gone.
fn unseen(mapping: &Mapping, how: &str, rows: &[u32]) -> Option<Fault> {
    let in_force: BTreeMap<u32, &str> = std::iter::once((mapping.user_id.row, EmcItem::UserId.label()))
        .chain(mapping.rules.iter().filter(|rule| !rule.is_idle()).map(|rule| (rule.row, rule.label.as_str())))
        .collect();
    let named: Vec<String> =
        rows.iter().filter_map(|row| Some(format!("{row}行目{}", quoted(in_force.get(row)?)))).collect();
    let first = rows.iter().find(|row| in_force.contains_key(row))?;
    let detail = format!("連携設定シートの{}は、{how}が、連携に使われています。", named.join("、"));
    Some(Fault::new(Code::SheetRowUnseen, Subject::Mapping, detail).line(*first))
}
