//! EMC's ID lists: any bytes are IDs that fit, or faults that all say something; and what is read is read again the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use link::id_list::{ListKind, held, read};

fuzz_target!(|bytes: &[u8]| {
    for (kind, longest, prefix) in [(ListKind::Departments, 30, ""), (ListKind::Users, 40, "A")] {
        match read(bytes, "baseline.csv", kind, prefix) {
            Ok(list) => {
                assert!(list.ids.iter().all(|id| id.starts_with(prefix) && (1..=longest).contains(&id.chars().count())));
                let (errors, warnings) = list.doubts("baseline.csv", kind, None);
                assert!(errors.len() + warnings.len() == list.suspects.len());
                // What EMC itself holds is beyond doubt, but for IDs that are another company's.
                let own = list.suspects.iter().filter(|suspect| list.ids.position(&suspect.id).is_some()).count();
                let (errors, warnings) = list.doubts("baseline.csv", kind, Some(&list.ids));
                assert!(errors.len() + warnings.len() == list.suspects.len() - own);
            }
            Err(faults) => assert!(!faults.is_empty() && faults.0.iter().all(|fault| !fault.message.is_empty())),
        }
        _ = held(bytes, kind, prefix);
    }
});
