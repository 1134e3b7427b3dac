//! The rows of a sheet's file as they stand there, right or wrong, so that a page can show where a fault lies.

use link::config::{SheetFormat, sheet_cells};

use crate::differences::{Row, covered_if_password};

/// Each row's number (from 1) as Excel shows it, and its six cells; the password's own values are covered. Empty where the
/// file has no header or cannot be read.
pub fn file_rows(format: SheetFormat, bytes: &[u8]) -> Vec<(u32, Row)> {
    let cells = sheet_cells(format, bytes).unwrap_or_default();
    cells.into_iter().map(|(number, row)| (number, cover(row))).collect()
}

/// What is typed wrongly must not show the password either: in that row only the item and known words are shown.
fn cover(row: Row) -> Row {
    const WORDS: [&str; 6] = ["", "登録", "登録しない", "エラー", "更新", "更新しない"];
    let is_password = row[0].contains("パスワード") && !row[0].contains("強制変更");
    let mut row = covered_if_password(row);
    if is_password {
        for cell in
            row.iter_mut().skip(1).filter(|cell| !cell.contains("(表示しません)") && !WORDS.contains(&cell.trim()))
        {
            "(表示しません)".clone_into(cell);
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = include_str!("../../simulators/src/samples/full.csv");

    #[test]
    fn rows_have_the_numbers_of_the_file_and_no_password() {
        let own = SHEET.lines().find(|line| line.starts_with("パスワード,")).unwrap();
        let wrong = "パスワード,固定値[secret-1],登録,デフォルト:secret-2,更新しない,エラー";
        let text = format!("A社,,,,,\n{}", SHEET.replace(own, wrong));
        let rows = file_rows(SheetFormat::Csv, text.as_bytes());
        let at = text.lines().position(|line| line == wrong).unwrap() + 1;
        let (_, row) = rows.iter().find(|(number, _)| *number as usize == at).unwrap();
        assert_eq!((row[0].as_str(), row[2].as_str()), ("パスワード", "登録"));
        assert!(!format!("{rows:?}").contains("secret"), "{row:?}");
        assert_eq!(file_rows(SheetFormat::Csv, b"a,b"), []);
    }
}
