//! The contract's pages and the rules know each other: every rule is in both pages, and the pages name no other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use conformance::{Need, RULES};
use simulators::emc::Deviation;

const BEGIN: &str = "<!-- rules:begin (crates/conformance/tests/pages.rs が書き、照合する) -->\n";
const END: &str = "<!-- rules:end -->";

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

fn numbers() -> BTreeSet<u16> {
    RULES.iter().map(|rule| rule.number).collect()
}

/// The table of the rules, as `docs/EMC_API.ja.md` has it.
fn table() -> String {
    let mut text = format!(
        "規則は{}件、違反実装は{}件です。\n\n| 番号 | 規則 | 必要なもの |\n| --- | --- | --- |\n",
        RULES.len(),
        Deviation::ALL.len()
    );
    for rule in RULES {
        let need = match rule.need {
            Need::Nothing => "",
            Need::OtherToken => "`--other-token`",
            Need::Restart => "`--restart`",
            Need::Restoration => "復元",
            Need::Clock => "復元、`--clock-header`",
        };
        writeln!(text, "| {} | {} | {need} |", rule.number, rule.name).unwrap();
    }
    text
}

/// `UPDATE_PAGES=1 cargo test -p conformance --test pages` writes the table.
#[test]
fn the_page_has_the_table_of_the_rules() {
    let file = page("EMC_API.ja.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let (head, rest) = text.split_once(BEGIN).unwrap();
    let (written, tail) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&file, format!("{head}{BEGIN}{}{END}{tail}", table())).unwrap();
        return;
    }
    assert_eq!(written, table(), "write it with UPDATE_PAGES=1");
}

#[test]
fn the_openapi_page_names_every_rule_and_no_other() {
    let text = std::fs::read_to_string(page("emc-import-api.yaml")).unwrap();
    let lists = text.split("x-rules: [").skip(1).filter_map(|rest| rest.split(']').next());
    let named: BTreeSet<u16> =
        lists.flat_map(|list| list.split(',')).map(|word| word.trim().parse().unwrap()).collect();
    assert_eq!(named, numbers());
}

#[test]
fn every_deviation_breaks_a_rule_that_there_is() {
    let known = numbers();
    for deviation in Deviation::ALL {
        assert!(known.contains(&deviation.rule()), "{}", deviation.name());
    }
}
