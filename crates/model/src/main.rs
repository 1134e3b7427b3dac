//! `cargo run --release -p model -- --runs 4 [--without RULE]`: the search, and what it has seen.
#![expect(clippy::print_stdout, reason = "a command")]

use std::process::ExitCode;
use std::time::Instant;

use model::{RULES, Report, Rules, search};

const USAGE: &str = "usage: model [--runs 2|3|4|5] [--without RULE]";

fn main() -> ExitCode {
    let (mut runs, mut rules) = (3, Some(Rules::ALL));
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--runs" => runs = value.parse().unwrap_or_default(),
            "--without" => rules = RULES.iter().find(|(name, _)| *name == value).map(|(_, rules)| *rules),
            _ => rules = None,
        }
    }
    let search: fn(Rules) -> Report = match runs {
        2 => search::<2>,
        3 => search::<3>,
        4 => search::<4>,
        5 => search::<5>,
        _ => return usage(),
    };
    let Some(rules) = rules else { return usage() };
    let started = Instant::now();
    let report = search(rules);
    let took = started.elapsed().as_secs_f64();
    println!("{runs} runs: {} states, {} steps, depth {}, {took:.1} s", report.states, report.steps, report.depth);
    match report.violation {
        None => ExitCode::SUCCESS,
        Some(violation) => {
            println!("{violation}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    println!("{USAGE}");
    println!("rules: {}", RULES.map(|(name, _)| name).join(", "));
    ExitCode::from(2)
}
