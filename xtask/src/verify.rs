//! `cargo verify`: everything that must hold, in one command.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;

use crate::places::{Places, cargo};
use crate::python::{environment, program};

/// What is verified.
#[derive(Args)]
pub(crate) struct Options {
    /// Only Rust: formatting, lints, tests, documentation.
    #[arg(long)]
    rust_only: bool,
    /// Also `sam build` and `sam local invoke`, with all events. Needs a Docker engine.
    #[arg(long, conflicts_with = "rust_only")]
    sam_local: bool,
}

struct Step {
    what: &'static str,
    command: Command,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    let mut took: Vec<(&'static str, Duration)> = Vec::new();
    let mut perform = |steps: Vec<Step>| -> anyhow::Result<()> {
        for Step { what, mut command } in steps {
            println!("\n── {what}\n   {}", shown(&command));
            let start = Instant::now();
            let status = command.current_dir(&places.root).status().with_context(|| what.to_owned())?;
            ensure!(status.success(), "{what}: failed ({status})");
            took.push((what, start.elapsed()));
        }
        Ok(())
    };
    perform(rust_steps())?;
    if !options.rust_only {
        let tools = environment(&places, "tests/aws/requirements.txt")?;
        let checkov = environment(&places, "tests/aws/requirements-checkov.txt")?;
        perform(aws_steps(&places, &tools, &checkov))?;
        if options.sam_local {
            let build = environment(&places, "tests/aws/requirements-build.txt")?;
            perform(vec![sam_local(&places, &tools, &build)?])?;
        }
    }
    println!("\n── verified");
    for (what, time) in took {
        println!("   {:>6.1} s  {what}", time.as_secs_f64());
    }
    Ok(())
}

fn cargo_step(what: &'static str, arguments: &[&str]) -> Step {
    let mut command = Command::new(cargo());
    command.args(arguments);
    Step { what, command }
}

fn rust_steps() -> Vec<Step> {
    let mut documentation = cargo_step("documentation", &["doc", "--workspace", "--no-deps", "--locked", "--quiet"]);
    documentation.command.env("RUSTDOCFLAGS", "-D warnings");
    vec![
        cargo_step("formatting", &["fmt", "--all", "--check"]),
        cargo_step("lints", &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"]),
        cargo_step("tests", &["test", "--workspace", "--locked"]),
        documentation,
        cargo_step("the parsers, fuzzed", &["run", "--quiet", "--package", "xtask", "--", "fuzz", "--seconds", "5"]),
    ]
}

fn aws_steps(places: &Places, tools: &Path, checkov: &Path) -> Vec<Step> {
    let python = |what, environment: &Path, name: &str, arguments: &[&str]| {
        let mut command = Command::new(program(environment, name));
        command.args(arguments).env("SAM_CLI_TELEMETRY", "0").env("AWS_DEFAULT_REGION", "ap-northeast-1");
        Step { what, command }
    };
    let unittest = |what, folder| {
        let mut step = python(what, tools, "python", &["-m", "unittest", "discover", "-s", folder]);
        step.command.env("EMC_LINK_TARGET", &places.target);
        step
    };
    vec![
        cargo_step("the function, as it is released", &["build", "--release", "--package", "sync", "--locked"]),
        cargo_step("the simulators, as they are run", &["build", "--package", "simulators", "--locked"]),
        unittest("the function under AWS's runtime emulator", "tests/aws"),
        unittest("the template: times, rights, isolation of tenants", "tests/sam"),
        python("sam validate", tools, "sam", &["validate", "--lint", "--template-file", "template.yaml"]),
        python("cfn-lint", tools, "cfn-lint", &["template.yaml"]),
        python("checkov", checkov, "checkov", &["--file", "template.yaml", "--quiet", "--compact", "--skip-download"]),
    ]
}

/// In SAM's container flow; `sam build` finds cargo-lambda and zig by the path.
fn sam_local(places: &Places, tools: &Path, build: &Path) -> anyhow::Result<Step> {
    let mut command = Command::new(program(tools, "python"));
    let own = [build.join("bin"), tools.join("bin")];
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    command
        .arg("tests/aws/sam_local.py")
        .env("PATH", std::env::join_paths(own.into_iter().chain(std::env::split_paths(&inherited)))?)
        .env("EMC_LINK_TARGET", &places.target)
        .env("SAM_CLI_TELEMETRY", "0")
        .env("AWS_DEFAULT_REGION", "ap-northeast-1");
    Ok(Step { what: "sam build and sam local invoke", command })
}

fn shown(command: &Command) -> String {
    let word = |text: &std::ffi::OsStr| text.to_string_lossy().rsplit('/').next().unwrap_or_default().to_owned();
    std::iter::once(word(command.get_program()))
        .chain(command.get_args().map(|argument| argument.to_string_lossy().into_owned()))
        .collect::<Vec<_>>()
        .join(" ")
}
