//! `report.json`: a mail that is still owed is made from it.
#![no_main]

use link::report::{Answer, compose};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(answer) = serde_json::from_slice::<Answer>(data) {
        compose(&answer, "emc-link@example.co.jp", &["hr@example.co.jp".to_owned()], &[]).expect("a mail");
    }
});
