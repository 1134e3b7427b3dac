//! The sheet as CSV, as Excel and editors save it.

use encoding_rs::SHIFT_JIS;

use super::grid::Grid;
use super::grid::unreadable;
use crate::fault::Fault;

/// Reads the file's cells.
pub(super) fn read(bytes: &[u8]) -> Result<Grid, Fault> {
    // With one kind of line end, the rows between two records can be counted below. In a cell it makes no difference.
    let text = decode(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut grid = Grid::default();
    let mut record = csv::StringRecord::new();
    let mut row: u32 = 0;
    loop {
        let start = reader.position().byte();
        if !reader.read_record(&mut record).map_err(|_| unreadable("連携設定シートのCSVを読み取れません。"))?
        {
            return Ok(grid);
        }
        row = row.saturating_add(1 + blank_lines_at(&text, start));
        for (column, cell) in (0_u32..).zip(&record) {
            grid.add(row, column, cell)?;
        }
    }
}

/// UTF-8 where it is valid UTF-8 (Japanese text in Shift_JIS never is), else Shift_JIS as Windows means it.
fn decode(bytes: &[u8]) -> Result<String, Fault> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(text) {
        return Ok(text.to_owned());
    }
    // Behind a byte order mark of UTF-8, what is not UTF-8 is broken.
    let is_marked = text.len() < bytes.len();
    let decoded = (!is_marked).then(|| SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)).flatten();
    decoded
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| unreadable("連携設定シートの文字コードがUTF-8でもShift_JISでもないか、ファイルが壊れています。"))
}

/// The reader skips empty lines without a word, but Excel counts them.
fn blank_lines_at(text: &str, start: u64) -> u32 {
    let rest = usize::try_from(start).ok().and_then(|start| text.as_bytes().get(start..)).unwrap_or_default();
    let blank = rest.iter().take_while(|&&byte| byte == b'\n').count();
    u32::try_from(blank).unwrap_or(u32::MAX - 1)
}
