//! `report.json`: what can be read makes a mail, of which no line can forge a header.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::report::{Answer, Envelope, compose};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(answer) = serde_json::from_slice::<Answer>(bytes) {
        let to = ["hr@example.co.jp".to_owned()];
        let _ = compose(&answer, Envelope { from: "emc-link@example.co.jp", to: &to, pages_entry: None }, &[]);
    }
});
