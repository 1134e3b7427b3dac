//! The project's own commands: `cargo demo`, `cargo verify`, `cargo simulators`, `cargo fuzz-parsers`,
//! `cargo measure`, `cargo launch-link`.
#![expect(clippy::print_stdout, reason = "these commands talk to the person who typed them")]

mod browser;
mod demo;
mod fuzz;
mod launch;
mod licences;
mod measure;
mod places;
mod python;
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
        Command::Simulators(options) => simulators::run(&options),
    }
}
