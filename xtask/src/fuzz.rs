//! `cargo fuzz-parsers`: every parser of outside data under libFuzzer, guided by coverage.
//!
//! The instrumentation is what `cargo fuzz` passes, without the sanitizers that need a nightly compiler: the code is safe
//! Rust, so what is looked for is panics, overflows, endless loops, and broken promises that the targets assert.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use clap::Args;

use crate::places::{Places, cargo};

const INSTRUMENTATION: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

const TARGETS: [&str; 12] = [
    "config",
    "sheet_csv",
    "sheet_xlsx",
    "baseline",
    "crews",
    "departments",
    "emc_answers",
    "snapshot",
    "pending",
    "report",
    "event",
    "secret",
];

/// What is fuzzed, and for how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Only this target.
    #[arg(long, value_parser = TARGETS)]
    target: Option<String>,
    /// So many inputs for each target.
    #[arg(long, default_value_t = 20_000)]
    inputs: u64,
    /// At most so many seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Another seed tries other inputs.
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { target: None, inputs: 20_000, seconds: 60, seed: 1 }
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    let host = host()?;
    let target = places.target.join("fuzz");
    let built = Command::new(cargo())
        .args(["build", "--release", "--locked", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--target", &host])
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTFLAGS", INSTRUMENTATION)
        .current_dir(&places.root)
        .status()?;
    ensure!(built.success(), "the fuzz targets could not be built (a C++ compiler is needed for libFuzzer)");
    let programs = target.join(host).join("release");
    for name in TARGETS.into_iter().filter(|name| options.target.as_deref().is_none_or(|only| only == *name)) {
        one(&places, &target, &programs, name, options)?;
    }
    Ok(())
}

fn one(places: &Places, target: &Path, programs: &Path, name: &str, options: &Options) -> anyhow::Result<()> {
    // New finds go below target/; the corpus in the repository is read only.
    let found = target.join("found").join(name);
    std::fs::create_dir_all(&found)?;
    let output = Command::new(programs.join(name))
        .arg(format!("-runs={}", options.inputs))
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-seed={}", options.seed))
        .args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"])
        .arg(format!("-artifact_prefix={}/{name}-", target.display()))
        .arg(&found)
        .arg(places.root.join("fuzz/corpus").join(name))
        .output()
        .with_context(|| format!("the fuzz target {name} could not be started"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}: {told}");
    let number =
        |before: &str| told.rsplit_once(before).and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or("?");
    println!("   {name:<12} {:>9} inputs, {:>6} edges", number("number_of_executed_units:"), number(" cov: "));
    Ok(())
}

fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc could not be started")?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc does not name its host")?.to_owned())
}
