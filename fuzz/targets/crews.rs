//! A page of people from SmartHR, through the conversion: whatever comes, every entry is a row, left out, or a fault.
#![no_main]
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use link::compare::{Approval, Snapshot};
use link::config::{Config, Mapping, SheetFormat, parse_config, parse_sheet};
use link::convert::{Masters, ConversionContext, Users, compile, convert_departments};
use link::emc::SearchWords;
use link::smarthr::{CrewSink, Entry, OwnedDepartment, parse_crews};

static CONFIG: LazyLock<Config> =
    LazyLock::new(|| parse_config(include_bytes!("../corpus/config/full.toml")).expect("the sample config"));
static SHEET: LazyLock<Mapping> = LazyLock::new(|| {
    parse_sheet(SheetFormat::Csv, include_bytes!("../corpus/sheet_csv/full.csv")).expect("the sample sheet")
});
static WORDS: LazyLock<SearchWords> = LazyLock::new(|| {
    SearchWords::parse(include_bytes!("../corpus/emc_answers/search-words.json")).expect("the sample words")
});

fuzz_target!(|bytes: &[u8]| {
    let department = |id: &str, code: &str| OwnedDepartment {
        id: id.into(),
        name: Some(id.into()),
        code: Some(code.into()),
        parent_id: None,
        line: 1,
    };
    let departments = convert_departments(&[department("d1", "1"), department("d2", "11")], &CONFIG);
    let (masters, previous, approved) = (Masters::default(), Snapshot::default(), Approval::default());
    let rules = compile(&SHEET, &WORDS).expect("the samples fit each other");
    let mut users = Users::new(ConversionContext {
        config: &CONFIG,
        rules: &rules,
        words: &WORDS,
        departments: &departments,
        masters: &masters,
        previous: &previous,
        approved: &approved,
        today: jiff::civil::date(2026, 11, 23),
    });
    let (mut line, mut retired) = (0, 0);
    let list = parse_crews(bytes, &mut |entry| {
        line += 1;
        match entry {
            Entry::Crew(crew) => {
                retired += u64::from(crew.emp_status.as_ref().is_some_and(|status| status.as_str() == "retired"));
                users.crew(line, crew);
            }
            Entry::Broken(id) => users.broken(line, id.as_deref()),
            Entry::Null => line -= 1,
        }
    });
    let found = users.finish();
    if list.is_some() {
        assert_eq!(found.received + retired, u64::from(line), "everybody in service is counted");
    }
    assert!(found.ids.len() as u64 <= found.received);
    if found.faults.is_empty() {
        assert_eq!(found.packed.rows(), found.ids.len() as u64, "every valid person is handed over");
    }
});
