//! What EMC answers: results, rejections, masters, words of a refusal.
#![no_main]

use link::emc::SearchWords;
use link::emc::answer::{parse_import, parse_rejections, parse_words};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = parse_import(data);
    if let Ok(rejections) = parse_rejections(data) {
        assert!(!rejections.is_empty(), "a rejection of nothing");
        for rejection in &rejections {
            rejection.to_fault();
        }
    }
    let _ = parse_words(data);
    let _ = SearchWords::parse(data);
});
