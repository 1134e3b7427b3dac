//! `snapshot.json`: what can be read can be written and read again, and is the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::compare::Snapshot;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(snapshot) = Snapshot::parse(bytes) {
        let written = snapshot.write().expect("a snapshot can be written");
        let again = Snapshot::parse(&written).expect("what was written can be read");
        assert_eq!(again.write().expect("twice"), written);
        assert_eq!(again.users.ids.len(), snapshot.users.ids.len());
    }
});
