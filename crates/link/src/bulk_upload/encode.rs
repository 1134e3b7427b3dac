//! Cells into the encoding that EMC takes. What Shift_JIS cannot hold is found by cell, so that it can be told by person.

use encoding_rs::SHIFT_JIS;

use crate::config::UploadEncoding;

/// A character that the encoding cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported(pub char);

/// Encodes cells.
#[derive(Clone, Copy, Debug)]
pub struct Encoder {
    encoding: UploadEncoding,
}

impl Encoder {
    /// For one file.
    pub fn new(encoding: UploadEncoding) -> Self {
        Self { encoding }
    }

    /// What the file begins with: Excel and EMC tell UTF-8 by its byte order mark.
    pub fn start(self) -> &'static [u8] {
        match self.encoding {
            UploadEncoding::Utf8 => b"\xEF\xBB\xBF",
            UploadEncoding::ShiftJis => b"",
        }
    }

    /// One cell's bytes.
    pub fn cell(self, text: &str) -> Result<Vec<u8>, Unsupported> {
        if self.encoding == UploadEncoding::Utf8 || text.is_ascii() {
            return Ok(text.as_bytes().to_vec());
        }
        let text: String = text.chars().map(as_windows_has_it).collect();
        let (bytes, _, unsupported) = SHIFT_JIS.encode(&text);
        if !unsupported {
            return Ok(bytes.into_owned());
        }
        let holds = |c: &char| !SHIFT_JIS.encode(c.encode_utf8(&mut [0; 4])).2;
        Err(Unsupported(text.chars().find(|c| !holds(c)).unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

/// Signs that have two code points for one shape, of which Windows' Shift_JIS has the other: 〜, ‖, —.
fn as_windows_has_it(c: char) -> char {
    match c {
        '\u{301C}' => '\u{FF5E}',
        '\u{2016}' => '\u{2225}',
        '\u{2014}' => '\u{2015}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cp932_holds_what_windows_writes_and_not_the_rest() {
        let encoder = Encoder::new(UploadEncoding::ShiftJis);
        for text in ["髙橋 﨑", "①㈱Ⅳ", "ｱｲｳ", "〜−—‖", "渡邉 辻"] {
            assert!(encoder.cell(text).is_ok(), "{text}");
        }
        assert_eq!(encoder.cell("〜"), encoder.cell("～"));
        for (text, detail) in [("𠮷野", '𠮷'), ("森鷗外", '鷗'), ("森😀", '😀'), ("é", 'é')] {
            assert_eq!(encoder.cell(text), Err(Unsupported(detail)), "{text}");
        }
        assert_eq!(Encoder::new(UploadEncoding::Utf8).cell("𠮷野"), Ok("𠮷野".as_bytes().to_vec()));
    }
}
