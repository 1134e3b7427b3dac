//! `pending.json`: what is read is what is written, the snapshot in it included.
#![no_main]

use link::state::Pending;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(pending) = Pending::parse(data) {
        let written = pending.write().expect("a pending import that was read can be written");
        let again = Pending::parse(&written).expect("and read again");
        assert_eq!(again.import_id.as_str(), pending.import_id.as_str());
        assert_eq!(again.snapshot.trim_ascii(), pending.snapshot.trim_ascii());
    }
});
