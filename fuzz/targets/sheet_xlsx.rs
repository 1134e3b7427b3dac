//! The mapping sheet as a workbook.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::config::{SheetFormat, parse_sheet};

fuzz_target!(init: {
    // The workbook's reader may panic inside, which the parser catches; the fuzzer's own hook would end the process first.
    // A panic that leaves the parser still ends it.
    std::panic::set_hook(Box::new(|_| {}));
}, |bytes: &[u8]| {
    if let Err(faults) = parse_sheet(SheetFormat::Xlsx, bytes) {
        assert!(!faults.is_empty() && faults.0.iter().all(|fault| !fault.message.is_empty()));
    }
});
