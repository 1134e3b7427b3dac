//! The ID column of one of EMC's own downloads, whatever else the file holds.

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

#[cfg(test)]
mod tests {
    use super::*;

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
