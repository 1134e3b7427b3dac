//! Everything that EMC answers.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::emc::SearchWords;
use link::emc::answer::{parse_import, parse_rejections, parse_words};

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_import(bytes);
    let _ = parse_rejections(bytes);
    let _ = parse_words(bytes);
    if let Ok(words) = SearchWords::parse(bytes) {
        for number in 0..7 {
            for name in words.options(number) {
                assert!(words.option(number, name).is_some(), "every name has its option");
            }
        }
    }
});
