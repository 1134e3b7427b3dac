//! `emc-link`: what an operator does for a customer, from the first sheet to the approval of a held run. Everything is
//! done by the same code as in the daily function (`link::run::invoke`); this crate asks for it and shows what came of it.

mod arguments;
mod exit;

mod sheet_commands;

mod cloud;
mod fleet;
mod launch;
mod local;
mod runtime;
mod stack;
mod surroundings;
mod target;

mod erase;
mod modes;
mod records;
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
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "emc-link", &mut script);
            screen::out(&script);
            Ok(Exit::Done)
        }
        Command::Conformance(options) => conformance::perform(options, arguments.json),
        Command::Runs(command) => runs::list(&arguments.target()?, command, arguments.json),
        Command::Report(command) => runs::report(&arguments.target()?, command, arguments.json),
        Command::DataMap => records::map(&arguments.target()?, arguments.json),
        Command::Export(command) => records::export(&arguments.target()?, command, arguments.json),
        Command::Erase(command) => erase::erase(&arguments.target()?, command, arguments.json),
        Command::Launch(options) => launch::perform(&arguments.target()?, options, arguments.json),
        Command::Fleet(command) => fleet::perform(command, &arguments.way(), arguments.json),
        command => modes::perform(&arguments.target()?, command, arguments.json),
    }
}
