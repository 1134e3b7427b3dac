//! Whatever lies in the bucket: an answer, never a panic.

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::{EXAMPLE, SMALLEST};
use crate::config::{SheetFormat, parse_config, parse_sheet};

/// A good file with a few bytes overwritten, and perhaps cut.
fn damaged(whole: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = whole.len();
    let damage = proptest::collection::vec((0..length, any::<u8>()), 0..8);
    (damage, prop_oneof![4 => Just(length), 1 => 0..length]).prop_map(move |(damage, end)| {
        let mut bytes = whole.clone();
        for (at, byte) in damage {
            bytes[at] = byte;
        }
        bytes.truncate(end);
        bytes
    })
}

fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    for (row, line) in (0..).zip(EXAMPLE.lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            worksheet.write(row, column, cell).expect("a cell");
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

/// Text made of the words that the readers look for.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        proptest::sample::select(
            EXAMPLE.split([',', '\n']).chain(SMALLEST.split_inclusive(['\n', ' ', '"'])).collect::<Vec<_>>()
        )
        .prop_map(str::to_owned),
        "[,\n\r\"「」:=\\[\\]{}#.]",
        any::<String>(),
    ];
    proptest::collection::vec(word, 0..80).prop_map(|words| words.concat())
}

#[test]
fn deeply_nested_toml_is_answered() {
    for opening in ["a = [", "[a.", "{a=", "a.", "[["] {
        _ = parse_config(format!("x = {}", "[".repeat(500_000)).as_bytes());
        _ = parse_config(opening.repeat(100_000).as_bytes());
        _ = parse_config(format!("x = {}", opening.trim_start_matches("a = ").repeat(100_000)).as_bytes());
        _ = parse_config(format!("{}b = 1", "a.".repeat(100_000)).as_bytes());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        _ = parse_config(&bytes);
        _ = parse_sheet(SheetFormat::Csv, &bytes);
        _ = parse_sheet(SheetFormat::Xlsx, &bytes);
    }

    #[test]
    fn any_words_are_answered(text in words()) {
        _ = parse_config(text.as_bytes());
        _ = parse_sheet(SheetFormat::Csv, text.as_bytes());
    }

    #[test]
    fn a_damaged_config_is_answered(bytes in damaged(SMALLEST.as_bytes().to_vec())) {
        _ = parse_config(&bytes);
    }

    #[test]
    fn a_damaged_csv_is_answered(bytes in damaged(EXAMPLE.as_bytes().to_vec())) {
        _ = parse_sheet(SheetFormat::Csv, &bytes);
    }

    #[test]
    fn a_damaged_workbook_is_answered(bytes in damaged(workbook())) {
        _ = parse_sheet(SheetFormat::Xlsx, &bytes);
    }

    /// Faults are shown to people: each says something, in one line, and names what accepts.
    #[test]
    fn faults_are_single_lines(text in words()) {
        let config = parse_config(text.as_bytes()).err().map(|(faults, _)| faults.0).unwrap_or_default();
        let sheet = parse_sheet(SheetFormat::Csv, text.as_bytes()).err().map(|faults| faults.0).unwrap_or_default();
        for fault in config.iter().chain(&sheet) {
            prop_assert!(!fault.message.contains(char::is_control));
            prop_assert!(fault.field.as_deref().is_none_or(|field| !field.contains(char::is_control)));
        }
    }
}
