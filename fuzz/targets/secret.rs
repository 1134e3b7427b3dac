//! The tenant's secret: refused with a reason, and never quoted in it.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::smarthr::parse_secret;
use secrecy::SecretString;

fuzz_target!(|text: &str| {
    if let Err(faults) = parse_secret(&SecretString::from(text), true) {
        assert!(!faults.is_empty());
        let token = "very-secret-token";
        assert!(faults.0.iter().all(|fault| !text.contains(token) || !fault.message.contains(token)));
    }
});
