//! `config.toml`, as a customer or operator writes it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Err((faults, _)) = link::config::parse_config(data) {
        assert!(!faults.is_empty(), "refused without a word");
    }
});
