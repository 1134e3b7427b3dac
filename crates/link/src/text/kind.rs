//! What a file is by its content: customers send what their program saves, under whatever name. Each kind that cannot be
//! read is refused by its own name, in the same words on the command line, in the pages and in the mail.

use encoding_rs::{EUC_JP, SHIFT_JIS};
use memchr::memmem;

/// A file that holds a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// A workbook (.xlsx).
    Workbook,
    /// Text in UTF-8 or Shift_JIS: CSV.
    Text,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A table that can be read.
    Table(TableForm),
    /// A workbook that is encrypted with a password.
    ProtectedWorkbook,
    /// A workbook of Excel before 2007 (.xls).
    OldWorkbook,
    /// One of the two: both are the same container.
    ProtectedOrOldWorkbook,
    /// A workbook with macros (.xlsm).
    MacroWorkbook,
    /// A binary workbook (.xlsb).
    BinaryWorkbook,
    /// A spreadsheet of Apple's Numbers.
    Numbers,
    /// A spreadsheet of LibreOffice (.ods).
    OpenDocument,
    /// A document of Word or a presentation.
    OtherOffice,
    /// A ZIP archive of something else.
    Archive,
    /// A web page under the name of a workbook, as web systems export it.
    Html,
    /// A workbook as XML (Excel 2003).
    XmlWorkbook,
    /// A PDF.
    Pdf,
    /// Text in UTF-16 (Excel's "Unicode text").
    Utf16,
    /// Text in EUC-JP.
    EucJp,
    /// Text in ISO-2022-JP.
    Jis,
    /// Text in no encoding that is known here, or something broken.
    Unknown,
}

impl FileKind {
    /// What the file is and what to do first, as the beginning of a sentence that goes on with how to save it (Japanese).
    /// `None` for a table.
    pub fn refusal_ja(self) -> Option<&'static str> {
        Some(match self {
            Self::Table(_) => return None,
            Self::ProtectedWorkbook => "パスワードで保護されたExcelブックです。パスワードを解除し、",
            Self::OldWorkbook => "古い形式のExcelブック(.xls)です。Excelで開き、",
            Self::ProtectedOrOldWorkbook => {
                "パスワードで保護されているか、古い形式(.xls)のExcelブックです。パスワードを解除し、"
            }
            Self::MacroWorkbook => "マクロを含むExcelブック(.xlsm)です。マクロを含まない形式(.xlsx)を選び、",
            Self::BinaryWorkbook => "バイナリ形式のExcelブック(.xlsb)です。Excelで開き、",
            Self::Numbers => "Numbersのファイルです。「書き出す」からExcelを選び、",
            Self::OpenDocument => {
                "OpenDocument形式(.ods)のファイルです。「名前を付けて保存」からExcel 2007-365(.xlsx)を選び、"
            }
            Self::OtherOffice => "Excelのブックではない、別の種類の文書です。",
            Self::Archive => "ZIPファイルです。展開して中のファイルを使うか、",
            Self::Html => {
                "ExcelのブックではなくHTML(Webページ)です。名前が.xlsでも、Webシステムから出力されたファイルはこの形のことがあります。Excelで開き、"
            }
            Self::XmlWorkbook => "XML形式のExcelブックです。Excelで開き、",
            Self::Pdf => "PDFファイルです。元のファイルを、",
            Self::Utf16 => "文字コードがUTF-16(Excelの「Unicodeテキスト」)です。「CSV UTF-8(コンマ区切り)」を選び、",
            Self::EucJp => "文字コードがEUC-JPです。",
            Self::Jis => "文字コードがJIS(ISO-2022-JP)です。",
            Self::Unknown => "文字コードがUTF-8でもShift_JISでもないか、ファイルが壊れています。",
        })
    }
}

const COMPOUND_FILE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// What the file is.
pub fn file_kind(bytes: &[u8]) -> FileKind {
    if bytes.starts_with(COMPOUND_FILE) {
        return compound(bytes);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return package(bytes);
    }
    if bytes.starts_with(b"%PDF-") {
        return FileKind::Pdf;
    }
    markup(bytes).unwrap_or_else(|| encoding(bytes))
}

/// The streams of a compound file are named in UTF-16.
fn compound(bytes: &[u8]) -> FileKind {
    let has = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(bytes, &name).is_some()
    };
    if has("EncryptedPackage") {
        FileKind::ProtectedWorkbook
    } else if has("Workbook") || has("Book") {
        FileKind::OldWorkbook
    } else {
        FileKind::ProtectedOrOldWorkbook
    }
}

/// A package names its parts without compressing the names.
fn package(bytes: &[u8]) -> FileKind {
    let has = |name: &str| memmem::find(bytes, name.as_bytes()).is_some();
    if has("xl/vbaProject.bin") {
        FileKind::MacroWorkbook
    } else if has("xl/workbook.bin") {
        FileKind::BinaryWorkbook
    } else if has("xl/") || has("[Content_Types].xml") && !has("word/") && !has("ppt/") {
        FileKind::Table(TableForm::Workbook)
    } else if has("word/document") || has("ppt/presentation") {
        FileKind::OtherOffice
    } else if has("Index/Document.iwa") || has("Index.zip") {
        FileKind::Numbers
    } else if has("application/vnd.oasis.opendocument") {
        FileKind::OpenDocument
    } else {
        FileKind::Archive
    }
}

fn markup(bytes: &[u8]) -> Option<FileKind> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let begins = |words: &[u8]| text.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words));
    let start = text.get(..text.len().min(4_096)).unwrap_or_default();
    if begins(b"<html")
        || begins(b"<!doctype html")
        || begins(b"<table")
        || begins(b"<meta")
        || begins(b"mime-version:")
    {
        return Some(FileKind::Html);
    }
    if begins(b"<?xml") {
        let is_workbook = memmem::find(start, b"urn:schemas-microsoft-com:office:spreadsheet").is_some();
        return Some(if is_workbook { FileKind::XmlWorkbook } else { FileKind::Html });
    }
    None
}

fn encoding(bytes: &[u8]) -> FileKind {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || looks_like_utf_16(bytes) {
        return FileKind::Utf16;
    }
    if memmem::find(bytes, b"\x1B$B").is_some() || memmem::find(bytes, b"\x1B$@").is_some() {
        return FileKind::Jis;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return FileKind::Table(TableForm::Text);
    }
    let shift_jis = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
    // Two bytes of EUC-JP are two half-width katakana of Shift_JIS: without an error, and without any sense.
    let is_doubtful = shift_jis.as_deref().is_none_or(is_mostly_half_width);
    let euc = EUC_JP.decode_without_bom_handling_and_without_replacement(bytes);
    if is_doubtful && euc.as_deref().is_some_and(has_kana) {
        return FileKind::EucJp;
    }
    match super::decode_text(bytes) {
        Some(_) => FileKind::Table(TableForm::Text),
        None => FileKind::Unknown,
    }
}

/// Without a mark: every second byte of ASCII text is zero.
fn looks_like_utf_16(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(1_024)).unwrap_or_default();
    let zeros = |rest: usize| start.iter().enumerate().filter(|(at, byte)| at % 2 == rest && **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let is_mostly_ascii = even.max(odd) >= 3 && even.max(odd) * 6 >= start.len() && even.min(odd) * 8 < even.max(odd);
    // Japanese text has zeros in its separators and line ends only; what it is in UTF-16 makes sense.
    let is_japanese =
        || even.max(odd) >= 1 && (makes_sense(start, u16::from_le_bytes) || makes_sense(start, u16::from_be_bytes));
    is_mostly_ascii || is_japanese()
}

/// Whether nine of ten characters are ASCII or Japanese, if the bytes are UTF-16 of this order.
fn makes_sense(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let units = bytes.as_chunks::<2>().0;
    let is_usual =
        |c: &u16| matches!(*c, 9 | 10 | 13 | 0x20..=0x7E | 0x3000..=0x30FF | 0x4E00..=0x9FFF | 0xFF01..=0xFFEF);
    let usual = units.iter().map(|pair| unit(*pair)).filter(is_usual).count();
    bytes.len() >= 8 && usual * 10 >= units.len() * 9
}

fn is_mostly_half_width(text: &str) -> bool {
    let outside = text.chars().filter(|c| !c.is_ascii()).count();
    let half_width = text.chars().filter(|c| ('\u{FF61}'..='\u{FF9F}').contains(c)).count();
    half_width * 2 >= outside
}

fn has_kana(text: &str) -> bool {
    text.contains(|c: char| ('\u{3041}'..='\u{30FF}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "エマージェンシーコール項目,SmartHR項目\r\nユーザID,社員番号\r\n";

    fn utf_16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn text_is_known_by_its_encoding() {
        let (shift_jis, _, _) = SHIFT_JIS.encode(TEXT);
        let (half_width, _, _) = SHIFT_JIS.encode("ﾕｰｻﾞID,ｼﾒｲ\r\nA1,ｻﾄｳ\r\n");
        let (euc, _, _) = EUC_JP.encode(TEXT);
        let (jis, _, _) = encoding_rs::ISO_2022_JP.encode(TEXT);
        let marked = [&b"\xFF\xFE"[..], &utf_16(TEXT)].concat();
        let little: Vec<u8> = utf_16(TEXT);
        let big: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let text = FileKind::Table(TableForm::Text);
        for (bytes, kind) in [
            (TEXT.as_bytes(), text),
            (b"", text),
            (b"ID\r\n\0\r\n", text),
            (&shift_jis, text),
            (&half_width, text),
            (&euc, FileKind::EucJp),
            (&jis, FileKind::Jis),
            (&marked, FileKind::Utf16),
            (&utf_16("ID,name\r\nA1,Sato\r\n"), FileKind::Utf16),
            (&little, FileKind::Utf16),
            (&big, FileKind::Utf16),
            (b"ID\r\n\0\0\r\n", text),
            (b"\x80\xFF", FileKind::Unknown),
        ] {
            assert_eq!(file_kind(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn other_files_are_known_by_what_they_hold() {
        let zip = |names: &str| [b"PK\x03\x04\x14\0", names.as_bytes()].concat();
        let compound = |stream: &str| [COMPOUND_FILE, &[0; 64], &utf_16(stream)].concat();
        for (bytes, kind) in [
            (compound("EncryptedPackage"), FileKind::ProtectedWorkbook),
            (compound("Workbook"), FileKind::OldWorkbook),
            (compound(""), FileKind::ProtectedOrOldWorkbook),
            (zip("[Content_Types].xml xl/workbook.xml"), FileKind::Table(TableForm::Workbook)),
            (zip("xl/workbook.xml xl/vbaProject.bin"), FileKind::MacroWorkbook),
            (zip("xl/workbook.bin"), FileKind::BinaryWorkbook),
            (zip("Index/Document.iwa"), FileKind::Numbers),
            (zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), FileKind::OpenDocument),
            (zip("[Content_Types].xml word/document.xml"), FileKind::OtherOffice),
            (zip("data.csv"), FileKind::Archive),
            (b"<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table>".to_vec(), FileKind::Html),
            (b" \r\n<TABLE><tr><td>".to_vec(), FileKind::Html),
            (
                b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">".to_vec(),
                FileKind::XmlWorkbook,
            ),
            (b"%PDF-1.7".to_vec(), FileKind::Pdf),
        ] {
            assert_eq!(file_kind(&bytes), kind, "{:?}", String::from_utf8_lossy(&bytes));
            assert_eq!(kind.refusal_ja().is_none(), matches!(kind, FileKind::Table(_)));
        }
    }
}
