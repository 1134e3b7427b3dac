use simulators::company::Company;
use simulators::samples;

#[test]
fn every_master_that_a_person_has_is_a_search_word() {
    let company = Company::generate(4, 300);
    let words = samples::search_words(&company);
    assert_eq!(words.iter().map(|word| word.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for person in company.active() {
        let pref = person.address.as_ref().map(|address| &address.pref);
        assert!(pref.is_none_or(|pref| words[1].options.iter().any(|option| option.name == *pref)));
    }
}

#[test]
fn the_sheets_are_as_wide_as_their_headers() {
    for sheet in [samples::PRODUCT_SHEET, samples::FULL_SHEET] {
        let mut reader = csv::Reader::from_reader(sheet.as_bytes());
        assert!(reader.records().all(|row| row.is_ok()));
    }
}

#[test]
fn a_config_has_only_what_the_tenant_needs() {
    let config = samples::SampleConfig::new("http://127.0.0.1:4010", "http://127.0.0.1:4020");
    assert!(!config.to_toml().contains("prefix"));
    let full = config.prefix("A").top_department("0", "みなと").more("[scope]\nbefore_joining = \"exclude\"");
    let toml = full.to_toml();
    assert!(toml.contains("[ids]\nprefix = \"A\"\n") && toml.ends_with("before_joining = \"exclude\"\n"), "{toml}");
}
