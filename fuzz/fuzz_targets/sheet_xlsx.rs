//! The mapping sheet as a workbook: a ZIP of XML that somebody uploaded.
#![no_main]

use link::config::{SheetFormat, parse_sheet};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Err(faults) = parse_sheet(SheetFormat::Xlsx, data) {
        assert!(!faults.is_empty(), "refused without a word");
    }
});
