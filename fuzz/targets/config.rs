//! `config.toml`: any bytes are a config, or faults that all say something.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::config::parse_config;

fuzz_target!(|bytes: &[u8]| {
    if let Err((faults, _)) = parse_config(bytes) {
        assert!(!faults.is_empty(), "refused without a reason");
        assert!(faults.0.iter().all(|fault| !fault.message.is_empty()));
    }
});
