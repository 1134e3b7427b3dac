//! The mapping sheet as CSV: any bytes are a mapping that survives being written, or faults that all say something.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::config::{SheetFormat, mapping_to_csv, parse_sheet};

fuzz_target!(|bytes: &[u8]| match parse_sheet(SheetFormat::Csv, bytes) {
    Ok(mapping) => {
        let written = mapping_to_csv(&mapping).expect("a mapping can be written");
        let again = parse_sheet(SheetFormat::Csv, &written).expect("what was written can be read");
        assert_eq!(mapping_to_csv(&again).expect("twice"), written);
    }
    Err(faults) => assert!(!faults.is_empty() && faults.0.iter().all(|fault| !fault.message.is_empty())),
});
