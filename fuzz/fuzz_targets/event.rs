//! The event and the secret, which people type.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(event) = serde_json::from_slice(data)
        && let Err(faults) = link::run::Event::parse(&event)
    {
        assert!(!faults.is_empty(), "refused without a word");
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = link::smarthr::parse_secret(&text.to_owned().into());
    }
});
