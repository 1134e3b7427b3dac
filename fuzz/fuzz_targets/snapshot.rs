//! `snapshot.json`: what is read is what is written.
#![no_main]

use link::compare::Snapshot;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(snapshot) = Snapshot::parse(data) {
        let written = snapshot.write().expect("a snapshot that was read can be written");
        let again = Snapshot::parse(&written).expect("and read again");
        assert_eq!(again.write().expect("written"), written);
    }
});
