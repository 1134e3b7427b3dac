//! §4: CSV in its encodings and spellings.

use super::{EXAMPLE, each_line, only, sheet, sheet_faults};
use crate::config::{Absent, SheetFormat, Source, parse_sheet};
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
    for (bytes, name) in [
        (utf_16, "UTF-16"),
        (euc.into_owned(), "EUC-JP"),
        (broken, "壊れています"),
        (vec![0x80, 0xFF], "壊れています"),
        (b"<html><table>".to_vec(), "HTML"),
        (b"%PDF-1.7".to_vec(), "PDF"),
    ] {
        let faults = parse_sheet(SheetFormat::Csv, &bytes).expect_err("a fault");
        let fault = only(faults.0, Code::SheetUnreadable);
        assert!(fault.message.contains("UTF-8/Shift_JIS") && fault.message.contains(name), "{}", fault.message);
        // Under another name it is the same file, told in the same words.
        if name != "壊れています" {
            let again = only(parse_sheet(SheetFormat::Xlsx, &bytes).expect_err("a fault").0, Code::SheetUnreadable);
            assert_eq!(
                (again.message, SheetFormat::of(&bytes).map_err(|fault| fault.message)),
                (fault.message.clone(), Err(fault.message))
            );
        }
    }
    assert_eq!(SheetFormat::of(EXAMPLE.as_bytes()), Ok(SheetFormat::Csv));
}

#[test]
fn tabs_semicolons_and_a_declared_separator_are_read() {
    for (separator, first) in [("\t", ""), (";", ""), (";", "sep=;\r\n"), ("|", "sep=|\n")] {
        let csv = EXAMPLE.replace(',', separator);
        assert!(sheet(&format!("{first}{csv}")) == sheet(EXAMPLE), "{separator:?}");
    }
}

#[test]
fn a_quote_that_never_closes_is_told_with_its_line() {
    for end in ["\n", "\r\n", "\r"] {
        // In a column that is ignored, too: the rows below would be gone.
        let csv = each_line(|line| if line.starts_with("氏名,") { format!("{line},\"備考") } else { line.to_owned() });
        let faults = parse_sheet(SheetFormat::Csv, csv.replace('\n', end).as_bytes()).expect_err("a fault");
        let fault = only(faults.0, Code::SheetUnreadable);
        assert_eq!(fault.line, Some(6));
        assert!(fault.message.contains("6行目の引用符"), "{}", fault.message);
    }
}

#[test]
fn a_workbook_under_the_name_of_csv_is_told_so() {
    let faults = parse_sheet(SheetFormat::Csv, b"PK\x03\x04xl/workbook.xml").expect_err("a fault");
    assert!(only(faults.0, Code::SheetUnreadable).message.contains("中身はExcelのブックです"));
}

#[test]
fn what_stands_in_the_sheet_is_composed() {
    let (decomposed, composed) = ("メールアト\u{3099}レス", "メールアドレス");
    let csv = EXAMPLE.replace("固定値「メールアドレス」", &format!("固定値「{decomposed}」"));
    assert_eq!(sheet(&csv).rules[5].source, Source::Fixed(composed.to_owned()));
    let csv = EXAMPLE.replace("デフォルト:T", &format!("デフォルト:{decomposed}"));
    assert_eq!(sheet(&csv).rules[0].create_absent, Absent::Default(composed.to_owned()));
    let csv = EXAMPLE.replace("事業所", &format!("カスタム項目「{decomposed}」"));
    assert_eq!(sheet(&csv).rules[7].source, Source::Custom(composed.to_owned()));
}

#[test]
fn labels_that_look_alike_are_read_or_get_a_hint() {
    let csv = EXAMPLE
        .replace("緊急連絡10 媒体", "緊急\u{AD}連絡10\u{202C} 媒体")
        .replace("住所(都道府県)", "住所（都道府県）");
    assert!(sheet(&csv) == sheet(EXAMPLE) || sheet(&csv).rules.len() == sheet(EXAMPLE).rules.len());
    for (right, wrong) in [
        ("緊急連絡10 アドレス,メールアドレス", "緊急連絡10 アドレス,メ一ルアト\u{3099}レス"),
        ("所属部署コード,", "所属部署コ―ド,"),
        ("事業所", "力スタム項目「形態」"),
        ("登録,エラー,更新", "登録,エラ一,更新"),
        ("デフォルト:", "デフォル卜:"),
        ("エマージェンシーコール項目", "工マージェンシーコール項目"),
    ] {
        let faults = sheet_faults(&EXAMPLE.replacen(right, wrong, 1));
        assert!(faults[0].message.contains("見た目が似ています"), "{}", faults[0].message);
    }
}

#[test]
fn a_name_in_other_brackets_is_told_which_to_use() {
    for written in ["カスタム項目『形態』", "カスタム項目【形態】", "固定値\"A\"", "固定値（A）"]
    {
        let csv = EXAMPLE.replacen("事業所", &written.replace('"', "'"), 1);
        let faults = sheet_faults(&csv);
        assert!(faults[0].message.contains("かぎかっこ「」で囲みます"), "{written}: {}", faults[0].message);
    }
}
