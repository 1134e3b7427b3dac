//! Every interleaving of two and of three runs; and that each rule is needed.
#![expect(clippy::print_stderr, reason = "tests")]

use std::time::{Duration, Instant};

use model::{RULES, Rules, search};

#[test]
fn no_interleaving_of_two_runs_is_wrong() {
    let report = search::<2>(Rules::ALL);
    eprintln!("2 runs: {} states, {} steps, depth {}", report.states, report.steps, report.depth);
    assert_eq!(report.violation.map(|violation| violation.to_string()), None);
}

#[test]
fn no_interleaving_of_three_runs_is_wrong() {
    let started = Instant::now();
    let report = search::<3>(Rules::ALL);
    let took = started.elapsed();
    eprintln!("3 runs: {} states, {} steps, depth {}, {took:?}", report.states, report.steps, report.depth);
    assert_eq!(report.violation.map(|violation| violation.to_string()), None);
}

#[test]
fn without_any_of_its_rules_the_hand_over_goes_wrong() {
    for (name, rules) in RULES {
        let started = Instant::now();
        let report = search::<3>(rules);
        let took = started.elapsed();
        let violation = report.violation.unwrap_or_else(|| panic!("without {name} nothing is wrong"));
        eprintln!("without {name}: {:?} after {} steps, {took:?}", violation.wrong, violation.way.len());
        assert!(took < Duration::from_secs(10), "{name}: {took:?}");
    }
}
