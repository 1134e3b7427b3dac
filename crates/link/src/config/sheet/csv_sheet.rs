//! The sheet as CSV, as Excel and editors save it.

use super::grid::Grid;
use super::grid::{is_header, unreadable};
use crate::fault::Fault;
use crate::text::{CsvRows, decode_text};

/// Reads the file's cells.
pub(super) fn read(bytes: &[u8]) -> Result<Grid, Fault> {
    let text = decode_text(bytes).ok_or_else(|| {
        unreadable("連携設定シートは、文字コードがUTF-8でもShift_JISでもないか、ファイルが壊れています。")
    })?;
    let mut grid = Grid::default();
    for row in CsvRows::new(&text, is_header) {
        let row = row.map_err(|fault| {
            unreadable(format!("連携設定シートの{}引用符を直すか、", fault.sentence_ja())).line(fault.line())
        })?;
        for (column, cell) in (0_u32..).zip(&row.cells) {
            grid.add(row.number, column, cell)?;
        }
    }
    Ok(grid)
}
