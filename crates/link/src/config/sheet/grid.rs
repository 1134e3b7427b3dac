//! Cells as text with their places, whatever file they came from, and the table found among them.

use super::label::{folded, is_blank, look_alike, quoted};
use crate::fault::{Code, Fault, Subject};

/// The six columns, in the order in which the sheet is usually laid out; each as [`folded`] gives it.
pub(in crate::config) const COLUMNS: [&str; 6] =
    ["エマージェンシーコール項目", "SmartHR項目", "新規登録:値あり", "新規登録:値なし", "更新:値あり", "更新:値なし"];

/// So many rows with anything in them, at most: EMC has 41 items.
const MAX_ROWS: usize = 10_000;
/// All texts together, in bytes. A workbook can name one long text from a million cells.
const MAX_TEXT: usize = 64 * 1024 * 1024;

/// One sheet. Sparse, as a single cell in Excel's last column and row would make a full table of 17 thousand million.
#[derive(Debug, Default)]
pub(super) struct Grid {
    rows: Vec<GridRow>,
    /// The length of all texts so far.
    text: usize,
}

/// One row with something in it.
#[derive(Debug)]
struct GridRow {
    /// As Excel shows it, from 1.
    number: u32,
    /// Column (from 0) and text, blank cells left out, by column.
    cells: Vec<(u32, String)>,
    /// The columns (from 0) whose text is struck out.
    struck: Vec<u32>,
}

/// A row of the table: the six cells, in the order of [`COLUMNS`].
pub(super) struct TableRow<'g> {
    /// As Excel shows it, from 1.
    pub(super) number: u32,
    /// Empty where the sheet has none.
    pub(super) cells: [&'g str; 6],
    /// Whether its item is struck out: to the person who reads it, the row is no longer there.
    pub(super) is_struck: bool,
}

impl Grid {
    /// Adds a cell; rows come in ascending order. A fault where it gets too much.
    pub(super) fn add(&mut self, row: u32, column: u32, text: &str) -> Result<(), Fault> {
        if is_blank(text) {
            return Ok(());
        }
        self.text = self.text.saturating_add(text.len());
        if self.text > MAX_TEXT {
            return Err(unreadable("連携設定シートの内容が多すぎます。不要な行・列を削除し、"));
        }
        if let Some(last) = self.rows.last_mut().filter(|last| last.number == row) {
            last.cells.push((column, text.to_owned()));
            return Ok(());
        }
        if self.rows.len() >= MAX_ROWS {
            return Err(unreadable(format!("連携設定シートが{MAX_ROWS}行を超えています。不要な行を削除し、")));
        }
        self.rows.push(GridRow { number: row, cells: vec![(column, text.to_owned())], struck: Vec::new() });
        Ok(())
    }

    /// Notes that the cell added last is struck out.
    pub(super) fn strike(&mut self, row: u32, column: u32) {
        if let Some(last) = self.rows.last_mut().filter(|last| last.number == row) {
            last.struck.push(column);
        }
    }

    /// The columns (from 0) that the six labels stand in.
    pub(super) fn header(&self) -> Option<[u32; 6]> {
        self.rows.iter().find_map(|row| {
            let columns = row.columns();
            columns.iter().all(Option::is_some).then(|| columns.map(Option::unwrap_or_default))
        })
    }

    /// Every row with something in it: its number (from 1), and its cells by column (from 0).
    pub(super) fn into_cells(self) -> Vec<super::SheetRow> {
        self.rows.into_iter().map(|row| (row.number, row.cells)).collect()
    }

    /// The row (from 1) that the six labels stand in.
    pub(super) fn header_row(&self) -> Option<u32> {
        let header = self.rows.iter().find(|row| row.columns().iter().all(Option::is_some));
        header.map(|row| row.number)
    }

    /// The rows below the header, or the fault that says what the header lacks. A label that is there twice counts where
    /// it stands first.
    pub(super) fn table(&self) -> Result<Vec<TableRow<'_>>, HeaderMissing> {
        let mut nearest = HeaderMissing::default();
        for (at, row) in self.rows.iter().enumerate() {
            let columns = row.columns();
            if let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] = columns {
                let below = self.rows.iter().skip(at + 1);
                return Ok(below.filter_map(|row| row.table_row([a, b, c, d, e, f])).collect());
            }
            nearest = nearest.or_nearer(row.header_missing(columns));
        }
        Err(nearest)
    }
}

impl GridRow {
    /// Where the six labels stand in this row.
    fn columns(&self) -> [Option<u32>; 6] {
        let mut columns = [None; 6];
        for (at, text) in &self.cells {
            let text = folded(text);
            for (column, label) in columns.iter_mut().zip(COLUMNS) {
                if column.is_none() && text == label {
                    *column = Some(*at);
                }
            }
        }
        columns
    }

    /// What a row that is no whole header lacks of one.
    fn header_missing(&self, columns: [Option<u32>; 6]) -> HeaderMissing {
        let found = columns.map(|column| column.is_some());
        let missing = || COLUMNS.into_iter().zip(found).filter(|(_, found)| !found).map(|(label, _)| label);
        let hint = self.cells.iter().find_map(|(_, text)| look_alike(&folded(text), missing()));
        HeaderMissing { row: self.number, found, hint: hint.unwrap_or_default() }
    }

    /// `None` where all six are blank: a row to keep the sheet airy, or one that only has notes beside the table.
    fn table_row(&self, columns: [u32; 6]) -> Option<TableRow<'_>> {
        let cells = columns
            .map(|wanted| self.cells.iter().find(|&&(column, _)| column == wanted).map_or("", |(_, text)| text.trim()));
        let [item, ..] = columns;
        let is_struck = self.struck.contains(&item);
        cells.iter().any(|cell| !cell.is_empty()).then_some(TableRow { number: self.number, cells, is_struck })
    }
}

/// Whether these cells hold all six labels.
pub(super) fn is_header(cells: &[String]) -> bool {
    COLUMNS.iter().all(|label| cells.iter().any(|cell| folded(cell) == *label))
}

/// The row that came nearest to a header.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderMissing {
    row: u32,
    found: [bool; 6],
    /// Said of a cell that only looks like a label.
    hint: String,
}

impl HeaderMissing {
    /// The one of the two that has more of the labels.
    pub(super) fn or_nearer(self, other: Self) -> Self {
        // A label that is nearly there counts half.
        let labels = |it: &Self| it.found.iter().filter(|found| **found).count() * 2 + usize::from(!it.hint.is_empty());
        if labels(&other) > labels(&self) { other } else { self }
    }

    /// What to tell the operator.
    ///
    /// `hidden` are the names of sheets that Excel does not show.
    pub(super) fn fault(self, hidden: &[String]) -> Fault {
        let unread = match hidden {
            [] => String::new(),
            names => format!("非表示のシート{}は読みません。使う場合は、Excelで再表示してください。", names.concat()),
        };
        let missing: Vec<_> =
            COLUMNS.iter().zip(self.found).filter(|(_, found)| !found).map(|(label, _)| quoted(label)).collect();
        let missing = missing.concat();
        let code = Code::SheetHeaderMissing;
        let hint = &self.hint;
        if !self.found.contains(&true) && hint.is_empty() {
            let detail = format!("連携設定シートに見出し行がありません。{missing}を1行に書いてください。{unread}");
            return Fault::new(code, Subject::Mapping, detail);
        }
        let detail = format!("連携設定シートの{}行目の見出しに{missing}がありません。{hint}{unread}", self.row);
        Fault::new(code, Subject::Mapping, detail).line(self.row)
    }
}

/// A fault of the file as a whole.
pub(super) fn unreadable(detail: impl AsRef<str>) -> Fault {
    Fault::new(Code::SheetUnreadable, Subject::Mapping, detail)
}
