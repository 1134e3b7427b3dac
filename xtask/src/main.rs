//! The project's own commands: `cargo demo`, `cargo verify`, `cargo simulators`, `cargo fuzz-parsers`,
//! `cargo measure`, `cargo launch-link`, `cargo reproduce`, `cargo sbom`.
#![expect(clippy::print_stdout, reason = "these commands talk to the person who typed them")]

mod browser;
mod demo;
mod fuzz;
mod launch;
mod licences;
mod measure;
mod places;
mod python;
mod reproduce;
mod sbom;
mod simulators;
mod verify;

use clap::{Parser, Subcommand};

/// EMC Link's own commands.
#[derive(Parser)]
#[command(name = "cargo", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Several days in the life of a tenant, told as they happen.
    Demo(demo::Options),
    /// Formatting, lints, all tests of all crates, the AWS templates.
    Verify(verify::Options),
    /// Every parser of outside data under libFuzzer.
    Fuzz(fuzz::Options),
    /// The function's size, start and memory.
    Measure(measure::Options),
    /// A launch link to a tenant's pages, good once within five minutes. The tenant's secret comes by standard input.
    LaunchLink(launch::Options),
    /// Two builds of this commit in different places, compared byte by byte.
    Reproduce(reproduce::Options),
    /// The component list of each delivered program, complete against Cargo.lock.
    Sbom(sbom::Options),
    /// SmartHR, Emergency Call and an AWS emulator with a demo tenant, until Ctrl-C.
    Simulators(simulators::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Measure(options) => measure::run(&options),
        Command::LaunchLink(options) => launch::run(&options),
        Command::Reproduce(options) => reproduce::run(&options),
        Command::Sbom(options) => sbom::run(&options),
        Command::Simulators(options) => simulators::run(&options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [&str; 8] =
        ["demo", "verify", "simulators", "measure", "fuzz-parsers", "launch-link", "reproduce", "sbom"];

    /// Every command of ours that a page shows in backticks, by its words.
    fn shown(page: &str) -> Vec<Vec<&str>> {
        let commands = page.split('`').skip(1).step_by(2).filter_map(|text| text.strip_prefix("cargo "));
        commands
            .map(|text| text.split_whitespace().collect())
            .filter(|words: &Vec<&str>| OWN.contains(&words[0]))
            .collect()
    }

    #[test]
    fn what_the_pages_tell_to_type_is_understood() {
        let places = places::Places::find().unwrap();
        let aliases = std::fs::read_to_string(places.root.join(".cargo/config.toml")).unwrap();
        let mut tried = 0;
        for page in [
            "README.md",
            "README.ja.md",
            "docs/CONNECT.md",
            "docs/PERFORMANCE.md",
            "docs/RELEASE.md",
            "docs/RELIABILITY.md",
        ] {
            for mut words in shown(&std::fs::read_to_string(places.root.join(page)).unwrap()) {
                assert!(aliases.contains(&format!("{} = ", words[0])), "{page}: {words:?}");
                if words[0] == "fuzz-parsers" {
                    words[0] = "fuzz";
                }
                // A name alone is a mention; `launch-link` cannot do without its arguments.
                if words != ["launch-link"] {
                    let parsed = Arguments::try_parse_from(["cargo"].iter().chain(&words));
                    assert!(parsed.is_ok(), "{page}: {words:?}: {}", parsed.err().unwrap());
                    tried += 1;
                }
            }
        }
        assert!(tried > 10, "{tried}");
    }
}
