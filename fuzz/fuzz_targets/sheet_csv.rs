//! The mapping sheet as CSV, in any encoding that a spreadsheet saves.
#![no_main]

use link::config::{SheetFormat, mapping_to_csv, parse_sheet};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match parse_sheet(SheetFormat::Csv, data) {
        Err(faults) => assert!(!faults.is_empty(), "refused without a word"),
        Ok(mapping) => {
            let written = mapping_to_csv(&mapping).expect("a mapping can be written");
            assert!(parse_sheet(SheetFormat::Csv, &written).is_ok(), "what is shown cannot be read again");
        }
    }
});
