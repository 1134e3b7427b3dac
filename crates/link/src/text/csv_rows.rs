//! CSV as programs and people write it: separated by commas, tabs or semicolons, its lines ended by CRLF, LF or CR. A
//! quote that never closes is an error: everything below it would be one cell, and nobody would miss it.

use std::iter::Peekable;
use std::str::Chars;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvRow {
    /// The line of the file in which it begins, from 1.
    pub line: u32,
    /// Its row as a spreadsheet shows the file, from 1.
    pub number: u32,
    /// Its cells; one empty cell where the line is empty.
    pub cells: Vec<String>,
}

/// Why the rows end before the file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvFault {
    /// A quote opens in this line and never closes.
    OpenQuote {
        /// The line, from 1.
        line: u32,
    },
    /// A quote closes in this line, and the cell goes on behind it: the quote before it was none, or one is missing.
    TextBehindQuote {
        /// The line, from 1.
        line: u32,
    },
}

impl CsvFault {
    /// The line, from 1.
    pub fn line(self) -> u32 {
        match self {
            Self::OpenQuote { line } | Self::TextBehindQuote { line } => line,
        }
    }

    /// What is wrong, without the file's name (Japanese, a full sentence).
    pub fn sentence_ja(self) -> String {
        match self {
            Self::OpenQuote { line } => {
                format!("{line}行目の引用符(\")が閉じられていないため、それより下の行を読み取れません。")
            }
            Self::TextBehindQuote { line } => {
                format!("{line}行目で、引用符(\")を閉じた後に文字が続いています。引用符の数が合っていません。")
            }
        }
    }
}

/// The rows of a text, one after the other; after a fault there are no more.
#[derive(Clone, Debug)]
pub struct CsvRows<'t> {
    rest: Peekable<Chars<'t>>,
    separator: char,
    line: u32,
    number: u32,
}

/// In the order of their likelihood.
const SEPARATORS: [char; 3] = [',', '\t', ';'];

impl<'t> CsvRows<'t> {
    /// The rows of `text`, separated by what its first line says (`sep=;`), or else by that with which a row is the
    /// header; by commas where none is.
    pub fn new(text: &'t str, is_header: impl Fn(&[String]) -> bool) -> Self {
        if let Some((separator, rest)) = declared(text) {
            // Spreadsheets take this line for an instruction and do not show it.
            return Self { rest: rest.chars().peekable(), separator, line: 2, number: 0 };
        }
        let of = |separator| Self { rest: text.chars().peekable(), separator, line: 1, number: 0 };
        let has_header = |separator: &char| of(*separator).map_while(Result::ok).any(|row| is_header(&row.cells));
        of(SEPARATORS.into_iter().find(has_header).unwrap_or(','))
    }

    /// What separates the cells.
    pub fn separator(&self) -> char {
        self.separator
    }

    fn row(&mut self) -> Result<CsvRow, CsvFault> {
        self.number = self.number.saturating_add(1);
        let mut row = CsvRow { line: self.line, number: self.number, cells: Vec::new() };
        loop {
            let cell = if self.rest.peek() == Some(&'"') { self.quoted()? } else { String::new() };
            row.cells.push(self.plain(cell));
            match self.rest.next() {
                Some(c) if c == self.separator => {}
                Some('\r') => {
                    self.rest.next_if_eq(&'\n');
                    break;
                }
                _ => break,
            }
        }
        self.line = self.line.saturating_add(1);
        Ok(row)
    }

    /// What is left of a cell, up to its separator or the line's end.
    fn plain(&mut self, mut cell: String) -> String {
        let separator = self.separator;
        while let Some(c) = self.rest.next_if(|c| *c != separator && *c != '\r' && *c != '\n') {
            cell.push(c);
        }
        cell
    }

    fn quoted(&mut self) -> Result<String, CsvFault> {
        let opened = self.line;
        let mut cell = String::new();
        self.rest.next();
        loop {
            match self.rest.next() {
                None => return Err(CsvFault::OpenQuote { line: opened }),
                Some('"') if self.rest.next_if_eq(&'"').is_some() => cell.push('"'),
                Some('"') => break,
                Some('\r') => {
                    self.rest.next_if_eq(&'\n');
                    self.line = self.line.saturating_add(1);
                    cell.push('\n');
                }
                Some('\n') => {
                    self.line = self.line.saturating_add(1);
                    cell.push('\n');
                }
                Some(c) => cell.push(c),
            }
        }
        let behind = self.plain(String::new());
        if behind.trim().is_empty() { Ok(cell) } else { Err(CsvFault::TextBehindQuote { line: self.line }) }
    }
}

impl Iterator for CsvRows<'_> {
    type Item = Result<CsvRow, CsvFault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest.peek()?;
        let row = self.row();
        if row.is_err() {
            self.rest = "".chars().peekable();
        }
        Some(row)
    }
}

/// The separator of `sep=;` in the first line, and the text behind that line.
fn declared(text: &str) -> Option<(char, &str)> {
    let end = text.find(['\r', '\n'])?;
    let (first, rest) = text.split_at_checked(end)?;
    let first = first.trim_matches('"');
    let word = first.get(..4)?;
    let mut behind = first.get(4..)?.chars();
    let separator = behind.next()?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..))?;
    let is_declared = word.eq_ignore_ascii_case("sep=") && behind.next().is_none() && separator != '"';
    is_declared.then_some((separator, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Result<Vec<(u32, u32, Vec<String>)>, CsvFault> {
        let is_header = |cells: &[String]| cells.iter().any(|cell| cell == "ID") && cells.len() > 1;
        CsvRows::new(text, is_header).map(|row| row.map(|row| (row.line, row.number, row.cells))).collect()
    }

    fn row(line: u32, number: u32, cells: &[&str]) -> (u32, u32, Vec<String>) {
        (line, number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn lines_are_counted_by_whatever_ends_them() {
        for end in ["\r\n", "\n", "\r"] {
            let text = ["ID,x", "", "\"a", "b\",\"q \"\"q\"\"\"", "1, 2 "].join(end);
            let expected = vec![
                row(1, 1, &["ID", "x"]),
                row(2, 2, &[""]),
                row(3, 3, &["a\nb", "q \"q\""]),
                row(5, 4, &["1", " 2 "]),
            ];
            assert_eq!(rows(&text), Ok(expected.clone()), "{end:?}");
            assert_eq!(rows(&format!("{text}{end}")), Ok(expected), "{end:?}");
        }
        assert_eq!(rows(""), Ok(Vec::new()));
    }

    #[test]
    fn tabs_semicolons_and_a_declared_separator_are_recognised() {
        for (text, first) in [("ID\tx,y\n", row(1, 1, &["ID", "x,y"])), ("ID;x,y\n", row(1, 1, &["ID", "x,y"]))] {
            assert_eq!(rows(text).unwrap()[0], first);
        }
        assert_eq!(rows("sep=|\r\nID|x\r\n"), Ok(vec![row(2, 1, &["ID", "x"])]));
        assert_eq!(rows("SEP=\t\nID\tx"), Ok(vec![row(2, 1, &["ID", "x"])]));
        assert_eq!(rows("a;b\n"), Ok(vec![row(1, 1, &["a;b"])]));
    }

    #[test]
    fn a_quote_that_never_closes_is_told_with_its_line() {
        assert_eq!(rows("ID,x\r\n1,\"a\r\n2,b\r\n3,c\r\n"), Err(CsvFault::OpenQuote { line: 2 }));
        assert_eq!(rows("ID,x\r1,a\r2,\"b"), Err(CsvFault::OpenQuote { line: 3 }));
        // The next quote closes it, and its cell goes on: two people would have become one.
        assert_eq!(rows("ID,x\n1,\"a\n2,\"b\"\n"), Err(CsvFault::TextBehindQuote { line: 3 }));
        assert_eq!(rows("ID,x\n1,5\" disk\n"), Ok(vec![row(1, 1, &["ID", "x"]), row(2, 2, &["1", "5\" disk"])]));
        assert_eq!(rows("ID,\"x\" ,y\n").unwrap()[0].2, ["ID", "x", "y"]);
    }

    proptest! {
        #[test]
        fn what_a_csv_writer_writes_is_read_back(table in prop::collection::vec(
            prop::collection::vec("[a-zあ ,;\"\n]{0,6}", 2..4), 1..6)
        ) {
            let mut writer = csv::WriterBuilder::new()
                .flexible(true).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            writer.write_record(["ID", "x"]).unwrap();
            table.iter().for_each(|row| writer.write_record(row).unwrap());
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<Vec<String>> = rows(&text).unwrap().into_iter().skip(1).map(|row| row.2).collect();
            prop_assert_eq!(read, table);
        }
    }
}
