//! Files as customers save them: what kind of file it is, its text, and its rows where it is CSV. Sheet and ID lists are
//! read by the same code.

mod kind;

mod csv_rows;

mod look;

use encoding_rs::SHIFT_JIS;

pub use csv_rows::{CsvFault, CsvRow, CsvRows};
pub use kind::{FileKind, TableForm, file_kind};
pub(crate) use look::invisible_name;
pub use look::{is_invisible, looks_like};

/// The file's text in UTF-8 (with or without a byte order mark) or in Shift_JIS as Windows means it; `None` if it is in
/// neither encoding.
pub fn decode_text(bytes: &[u8]) -> Option<String> {
    // Japanese text in Shift_JIS is never valid UTF-8.
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(text) {
        return Some(text.to_owned());
    }
    // Behind a byte order mark of UTF-8, what is not UTF-8 is broken.
    let marked = text.len() < bytes.len();
    if marked {
        return None;
    }
    SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}
