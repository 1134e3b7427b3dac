//! §4: CSV in its encodings and spellings.

use super::{EXAMPLE, each_line, only, sheet};
use crate::config::{SheetFormat, Source, parse_sheet};
use crate::fault::Code;

#[test]
fn utf_8_with_a_byte_order_mark_is_read() {
    assert!(sheet(&format!("\u{FEFF}{EXAMPLE}")) == sheet(EXAMPLE));
}

#[test]
fn shift_jis_is_read() {
    let (bytes, _, had_errors) = encoding_rs::SHIFT_JIS.encode(EXAMPLE);
    assert!(!had_errors);
    assert!(parse_sheet(SheetFormat::Csv, &bytes).expect("a sheet") == sheet(EXAMPLE));
}

#[test]
fn shift_jis_is_read_with_the_characters_of_windows() {
    let csv = EXAMPLE.replace("事業所", "カスタム項目「①髙橋～㈱」");
    let (bytes, _, had_errors) = encoding_rs::SHIFT_JIS.encode(&csv);
    assert!(!had_errors);
    let mapping = parse_sheet(SheetFormat::Csv, &bytes).expect("a sheet");
    assert_eq!(mapping.rules[7].source, Source::Custom("①髙橋～㈱".to_owned()));
}

#[test]
fn windows_and_old_mac_line_ends_are_read() {
    assert!(sheet(&EXAMPLE.replace('\n', "\r\n")) == sheet(EXAMPLE));
    assert!(sheet(&EXAMPLE.replace('\n', "\r")) == sheet(EXAMPLE));
    assert!(sheet(EXAMPLE.trim_end()) == sheet(EXAMPLE));
}

#[test]
fn quoted_cells_are_read() {
    let quoted = each_line(|line| format!("\"{}\"\r", line.replace(',', "\",\"")));
    assert!(sheet(&quoted) == sheet(EXAMPLE));
    let csv = EXAMPLE.replace("事業所", "\"カスタム項目「a,\"\"b\"\"」\"");
    assert_eq!(sheet(&csv).rules[7].source, Source::Custom("a,\"b\"".to_owned()));
}

#[test]
fn rows_may_have_more_or_fewer_cells_than_the_header() {
    let csv = EXAMPLE.replace("処理フラグ,-,,自動,,自動", "処理フラグ,-").replace("更新,エラー\n", "更新,エラー,,,\n");
    assert!(sheet(&csv) == sheet(EXAMPLE));
}

#[test]
fn other_encodings_are_refused() {
    let utf_16: Vec<u8> = std::iter::once(0xFEFF).chain(EXAMPLE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (euc, _, _) = encoding_rs::EUC_JP.encode("エマージェンシーコール項目");
    let mut broken = format!("\u{FEFF}{EXAMPLE}").into_bytes();
    broken.push(0xFF);
    for bytes in [utf_16, euc.into_owned(), broken, vec![0x80, 0xFF]] {
        let faults = parse_sheet(SheetFormat::Csv, &bytes).expect_err("a fault");
        let fault = only(faults.0, Code::SheetUnreadable);
        assert!(fault.message.contains("UTF-8/Shift_JIS"), "{}", fault.message);
    }
}
