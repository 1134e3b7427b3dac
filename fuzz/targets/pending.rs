//! `pending.json`: what can be read can be written and read again, and names the same import and basis.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::run::Pending;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(pending) = Pending::parse(bytes) {
        let again = Pending::parse(&pending.write().expect("it can be written")).expect("what was written can be read");
        assert_eq!(again.import_id.as_str(), pending.import_id.as_str());
        assert_eq!(again.basis, pending.basis);
    }
});
