//! A page of people, as SmartHR sends it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut entries = 0_usize;
    let read = link::smarthr::parse_crews(data, &mut |entry| {
        entries += 1;
        if let Ok(crew) = entry {
            for field in crew.custom_fields.into_iter().flatten().flatten() {
                field.choices();
            }
        }
    });
    assert!(read.is_some() || entries == 0, "people of a page that is none");
});
