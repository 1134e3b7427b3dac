//! `cargo verify`: everything that must hold, in one command.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;

use crate::places::{Places, cargo};
use crate::python::{environment, program};
use crate::simulators::Running;

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
    println!("\n── licences, banned crates");
    crate::licences::check(&places)?;
    println!("\n── component lists");
    crate::sbom::run(&crate::sbom::Options::default())?;
    perform(rust_steps())?;
    println!("\n── fuzzing");
    let start = Instant::now();
    crate::fuzz::run(&crate::fuzz::Options::default())?;
    let fuzzing = start.elapsed();
    if !options.rust_only {
        let tools = environment(&places, "tests/aws/requirements.txt")?;
        let checkov = environment(&places, "tests/aws/requirements-checkov.txt")?;
        let emc_api = environment(&places, "tests/emc_api/requirements.txt")?;
        let writers = environment(&places, "tests/files/requirements.txt")?;
        perform_against_moto(&tools, &mut perform)?;
        perform(aws_steps(&places, &tools, &checkov, &emc_api)?)?;
        perform(vec![unittest(&places, &writers, "sheets and lists as other programs write them", "tests/files")])?;
        println!("\n── reproducible builds");
        crate::reproduce::check_paths(&places, &["sync", "connect"])?;
        // Of a small program here; the functions are built twice by `cargo reproduce`, once for each release.
        crate::reproduce::twice(&places, "version")?;
        crate::browser::ensure()?;
        let selenium = environment(&places, "tests/browser/requirements.txt")?;
        perform(vec![
            cargo_step("the demo, as it is run", &["build", "--package", "xtask", "--locked"]),
            unittest(&places, &selenium, "the pages in a browser", "tests/browser"),
        ])?;
        if options.sam_local {
            let build = environment(&places, "tests/aws/requirements-build.txt")?;
            perform(vec![sam_local(&places, &tools, &build)?])?;
        }
    }
    took.push(("fuzzing", fuzzing));
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
        cargo_step(
            "lints",
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--locked",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ],
        ),
        cargo_step("tests", &["test", "--workspace", "--locked"]),
        documentation,
    ]
}

/// The ports of AWS against an emulator, which is started for them.
fn perform_against_moto(tools: &Path, perform: &mut impl FnMut(Vec<Step>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let _moto = Running::moto(tools, (Ipv4Addr::LOCALHOST, port))?;
    // Of the workspace, as the tests before: with the features of one package the SDKs would be compiled again.
    let mut step = cargo_step(
        "the ports on AWS, against moto",
        &["test", "--workspace", "--test", "moto", "--locked", "--", "--ignored"],
    );
    step.command
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_REGION", "ap-northeast-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    perform(vec![step])
}

fn python(what: &'static str, environment: &Path, name: &str, arguments: &[&str]) -> Step {
    let mut command = Command::new(program(environment, name));
    command.args(arguments).env("SAM_CLI_TELEMETRY", "0").env("AWS_DEFAULT_REGION", "ap-northeast-1");
    Step { what, command }
}

fn unittest(places: &Places, environment: &Path, what: &'static str, folder: &str) -> Step {
    let mut step = python(what, environment, "python", &["-m", "unittest", "discover", "-s", folder]);
    step.command.env("EMC_LINK_TARGET", &places.target);
    step
}

fn aws_steps(places: &Places, tools: &Path, checkov: &Path, emc_api: &Path) -> anyhow::Result<Vec<Step>> {
    let environment = reproducible(places)?;
    let released = |mut step: Step| {
        step.command.envs(environment.iter().map(|(name, value)| (name, value)));
        step
    };
    Ok(vec![
        // One by one: together, each would get the other's features.
        released(cargo_step(
            "the function, as it is released",
            &["build", "--release", "--package", "sync", "--locked"],
        )),
        released(cargo_step(
            "the pages, as they are released",
            &["build", "--release", "--package", "connect", "--locked"],
        )),
        // Tests leave the programs that they drive: built by themselves, they would have other features, and the SDKs with them.
        cargo_step("the simulators and the command line", &["test", "--workspace", "--no-run", "--locked", "--quiet"]),
        released(cargo_step(
            "the fleet's watch, as it is released",
            &["build", "--release", "--package", "watch-function", "--locked"],
        )),
        unittest(places, tools, "the functions and the command line on AWS, under its runtime emulator", "tests/aws"),
        unittest(places, emc_api, "the import API's page, and the model implementation against it", "tests/emc_api"),
        unittest(places, tools, "the template: times, rights, isolation of tenants", "tests/sam"),
        python("sam validate", tools, "sam", &["validate", "--lint", "--template-file", "template.yaml"]),
        python("sam validate, the fleet", tools, "sam", &["validate", "--lint", "--template-file", "fleet.yaml"]),
        python("cfn-lint", tools, "cfn-lint", &[]),
        python("checkov", checkov, "checkov", &["--config-file", ".checkov.yaml"]),
    ])
}

/// The variables of a build that does not depend on where it is done.
fn reproducible(places: &Places) -> anyhow::Result<Vec<(&'static str, String)>> {
    let commit = crate::reproduce::commit(&places.root)?;
    crate::reproduce::environment(&places.root, &crate::reproduce::cargo_home()?, &commit)
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
