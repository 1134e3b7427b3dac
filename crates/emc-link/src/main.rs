//! `emc-link`: what an operator does for a customer, from the first sheet to the approval of a held run. Everything is
//! done by the same code as in the daily function (`link::run::invoke`); this crate asks for it and shows what came of it.
#![expect(clippy::print_stdout, reason = "this command talks to the person who typed it")]

mod arguments;
mod exit;

mod sheet_commands;

mod local;
mod runtime;
#[cfg(feature = "aws")]
mod stack;
mod target;

mod modes;
mod runs;

mod checklist;
mod conformance;
mod masters;
mod progress;
mod screen;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use exit::{Exit, Failed};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match perform(&arguments) {
        Ok(exit) => exit.into(),
        Err(failed) => {
            screen::failed(&failed, arguments.json);
            Exit::NotDone.into()
        }
    }
}

fn perform(arguments: &Arguments) -> Result<Exit, Failed> {
    match &arguments.command {
        Command::Sheet(command) => sheet_commands::perform(command, arguments.json),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Arguments::command(), "emc-link", &mut std::io::stdout());
            Ok(Exit::Done)
        }
        Command::Conformance(options) => conformance::perform(options, arguments.json),
        Command::Runs(command) => runs::list(&arguments.target()?, command, arguments.json),
        Command::Report(command) => runs::report(&arguments.target()?, command, arguments.json),
        command => modes::perform(&arguments.target()?, command, arguments.json),
    }
}
