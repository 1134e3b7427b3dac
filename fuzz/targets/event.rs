//! The event that starts the function.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::run::Event;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(event) = serde_json::from_slice(bytes)
        && let Err(faults) = Event::parse(&event)
    {
        assert!(!faults.is_empty() && faults.0.iter().all(|fault| !fault.message.is_empty()));
    }
});
