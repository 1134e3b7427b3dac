//! A page of departments or of custom field templates, as SmartHR sends it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = link::smarthr::parse_departments(data, 1);
    let _ = link::smarthr::parse_templates(data, 1);
});
