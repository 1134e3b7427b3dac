//! Two sheets compared by what they mean, in the words of the sheet. Nothing that is shown holds a password.

use std::borrow::Cow;

use link::config::{EmcItem, Mapping, sheet_rows};

/// A row of a sheet as it may be shown: label, source and the four actions.
pub type Row = [String; 6];

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the new sheet has it.
    Added(Row),
    /// Only the old sheet has it.
    Removed(Row),
    /// Both have it, differently.
    Changed {
        /// As it was.
        before: Row,
        /// As it will be.
        after: Row,
    },
}

/// The rows of a sheet as they may be shown: the password's own values are covered.
pub fn shown_rows(mapping: &Mapping) -> Vec<Row> {
    sheet_rows(mapping).into_iter().map(|row| covered(&row)).collect()
}

/// What differs, in the new sheet's order, then what is gone. A row's place in the sheet makes no difference.
pub fn differences(before: &Mapping, after: &Mapping) -> Vec<Change> {
    let (old, new) = (sheet_rows(before), sheet_rows(after));
    let of = |rows: &[[Cow<'_, str>; 6]], wanted: &str| rows.iter().position(|row| item(&row[0]) == wanted);
    let mut changes = Vec::new();
    for row in &new {
        match of(&old, item(&row[0])).and_then(|at| old.get(at)) {
            None => changes.push(Change::Added(covered(row))),
            Some(was) if was != row => {
                let (before, mut after) = (covered(was), covered(row));
                if before == after {
                    // Only what is covered differs: that must be seen without being shown.
                    after[1].push_str("(値が変わりました)");
                }
                changes.push(Change::Changed { before, after });
            }
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|row| of(&new, item(&row[0])).is_none());
    changes.extend(gone.map(|row| Change::Removed(covered(row))));
    changes
}

/// The item without the caption of a search word.
fn item(label: &str) -> &str {
    if label.starts_with("検索ワード") { label.split([':', '：']).next().unwrap_or(label) } else { label }
}

fn covered(row: &[Cow<'_, str>; 6]) -> Row {
    covered_if_password(row.each_ref().map(ToString::to_string))
}

/// The row without the password's own values.
pub(crate) fn covered_if_password(mut row: Row) -> Row {
    if row[0].trim() == EmcItem::Password.label() {
        for cell in &mut row[1..] {
            if cell.starts_with("固定値「") {
                "固定値「(表示しません)」".clone_into(cell);
            } else if cell.starts_with("デフォルト:") {
                "デフォルト:(表示しません)".clone_into(cell);
            }
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use link::config::{SheetFormat, parse_sheet};

    const SHEET: &str = include_str!("../../simulators/src/samples/full.csv");

    fn sheet(text: &str) -> Mapping {
        parse_sheet(SheetFormat::Csv, text.as_bytes()).unwrap()
    }

    #[test]
    fn a_sheet_does_not_differ_from_itself_nor_by_its_order() {
        assert_eq!(differences(&sheet(SHEET), &sheet(SHEET)), []);
        let mut lines: Vec<&str> = SHEET.lines().collect();
        let header = lines.iter().position(|line| line.contains("SmartHR項目")).unwrap();
        lines[header + 1..].reverse();
        assert_eq!(differences(&sheet(SHEET), &sheet(&lines.join("\n"))), []);
    }

    #[test]
    fn a_changed_password_is_told_and_not_shown() {
        let line = |value: &str| format!("パスワード,固定値「{value}」,登録,エラー,更新しない,更新しない");
        let own = SHEET.lines().find(|line| line.starts_with("パスワード,")).unwrap();
        let (before, after) = (SHEET.replace(own, &line("first-1")), SHEET.replace(own, &line("second-2")));
        let changes = differences(&sheet(&before), &sheet(&after));
        assert_eq!(changes.len(), 1);
        let shown = format!("{changes:?}");
        assert!(!shown.contains("first-1") && !shown.contains("second-2"), "{shown}");
        assert!(shown.contains("値が変わりました"));
    }

    #[test]
    fn added_removed_and_changed_rows_are_told() {
        let own = SHEET.lines().find(|line| line.starts_with("検索ワード1")).unwrap();
        let without = SHEET.replace(&format!("{own}\n"), "").replace(&format!("{own}\r\n"), "");
        assert!(
            matches!(&differences(&sheet(SHEET), &sheet(&without))[..], [Change::Removed(row)] if row[0].starts_with("検索ワード1"))
        );
        assert!(matches!(&differences(&sheet(&without), &sheet(SHEET))[..], [Change::Added(_)]));
        let changed = SHEET.replace(own, &own.replace("登録しない", "エラー"));
        assert!(matches!(&differences(&sheet(SHEET), &sheet(&changed))[..], [Change::Changed { .. }]));
    }
}
