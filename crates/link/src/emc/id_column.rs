//! The ID column of one of EMC's own downloads, whatever else the file holds.

use std::collections::HashMap;

use crate::config::folded;
use crate::text::decode_text;

/// The IDs below the header `column`, in the file's order; `None` where the file is in no known encoding, is no CSV, or has
/// no such header. Empty rows are passed over.
pub fn id_column(file: &[u8], column: &str) -> Option<Vec<String>> {
    let text = decode_text(file)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let at = loop {
        let record = records.next()?.ok()?;
        if let Some(at) = record.iter().position(|cell| folded(cell) == column) {
            break at;
        }
    };
    let mut ids = Vec::new();
    for record in records {
        let record = record.ok()?;
        match record.get(at) {
            Some(id) if !id.is_empty() => ids.push(id.to_owned()),
            _ => {}
        }
    }
    Some(ids)
}

/// The values of the column `value` by those of the column `key`; `None` as in [`id_column`]. Rows without either are passed
/// over.
pub fn two_columns(file: &[u8], key: &str, value: &str) -> Option<HashMap<String, String>> {
    let text = decode_text(file)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let (key, value) = loop {
        let record = records.next()?.ok()?;
        let at = |column: &str| record.iter().position(|cell| folded(cell) == column);
        if let (Some(key), Some(value)) = (at(key), at(value)) {
            break (key, value);
        }
    };
    let mut found = HashMap::new();
    for record in records {
        let record = record.ok()?;
        if let (Some(key), Some(value)) = (record.get(key), record.get(value))
            && !key.is_empty()
            && !value.is_empty()
        {
            found.insert(key.to_owned(), value.to_owned());
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_columns_are_paired_by_row() {
        let file = "氏名,所属部署コード,ユーザID\r\n佐藤,A1,U1\r\n鈴木,,U2\r\n";
        let found = two_columns(file.as_bytes(), "ユーザID", "所属部署コード").unwrap();
        assert_eq!((found.len(), found["U1"].as_str()), (1, "A1"));
        assert_eq!(two_columns("ユーザID\nU1\n".as_bytes(), "ユーザID", "所属部署コード"), None);
    }

    #[test]
    fn the_column_is_found_by_its_header_in_every_encoding() {
        let utf8 = "ユーザID,氏名\r\nA1,佐藤\r\n\r\nA2,\r\n";
        let marked = format!("\u{feff}{utf8}");
        let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode(utf8);
        for file in [utf8.as_bytes(), marked.as_bytes(), &cp932] {
            assert_eq!(id_column(file, "ユーザID").unwrap(), ["A1", "A2"]);
        }
        assert_eq!(id_column("氏名\nA1\n".as_bytes(), "ユーザID"), None);
        assert_eq!(id_column("ユーザID\n".as_bytes(), "ユーザID"), Some(Vec::new()));
    }
}
