//! `cargo run -p xtask -- fuzz`: coverage-guided fuzzing of the parsers, on the toolchain that builds the product.
//!
//! cargo-fuzz needs a nightly compiler only for the address sanitizer. The link has no unsafe code of its own; what its
//! parsers can do wrong is to panic, to hang or to eat memory, and for that the compiler's coverage counters are enough,
//! which stable has. The folder keeps cargo-fuzz's layout, so `cargo fuzz run` works as well where it is installed.

use std::fs;
use std::process::Command;

use anyhow::{Context, ensure};
use clap::Args;

use crate::places::{Places, cargo};

/// What is fuzzed, and for how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this target.
    #[arg(long)]
    only: Option<String>,
}

/// Counters for each edge, and comparisons traced, for every crate that is linked.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    let folder = places.root.join("fuzz");
    let target = places.target.join("fuzz");
    let host = host()?;
    // With `--target`, build scripts and macros stay without counters.
    let status = Command::new(cargo())
        .args(["build", "--bins", "--locked", "--quiet", "--target", &host, "--target-dir"])
        .arg(&target)
        .env("RUSTFLAGS", FLAGS)
        .current_dir(&folder)
        .status()
        .context("building the fuzz targets")?;
    ensure!(status.success(), "building the fuzz targets: failed ({status})");

    let mut names: Vec<String> = fs::read_dir(folder.join("fuzz_targets"))?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .filter(|name| options.only.as_ref().is_none_or(|only| only == name))
        .collect();
    names.sort_unstable();
    ensure!(!names.is_empty(), "there is no such target");
    for name in names {
        let found = target.join("found").join(&name);
        let artifacts = folder.join("artifacts").join(&name);
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&artifacts)?;
        let output = Command::new(target.join(&host).join("debug").join(&name))
            // What is found goes to the first folder; the corpus of the repository is only read.
            .args([&found, &folder.join("corpus").join(&name)])
            .arg(format!("-max_total_time={}", options.seconds))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=65536", "-print_final_stats=1", "-verbosity=1"])
            .output()
            .with_context(|| format!("running {name}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{name}: failed; the input lies in fuzz/artifacts/{name}\n{}",
            said.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        );
        let figure = |label: &str| {
            let line = said.lines().find(|line| line.starts_with(label));
            line.and_then(|line| line.rsplit(' ').next()).unwrap_or("?").to_owned()
        };
        let covered = said.lines().rev().find_map(|line| line.split("cov: ").nth(1)?.split(' ').next()).unwrap_or("?");
        println!("   {name}: {} inputs, {covered} edges", figure("stat::number_of_executed_units"));
    }
    Ok(())
}

/// The machine's own target triple.
fn host() -> anyhow::Result<String> {
    let output = Command::new(std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())).arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned).context("rustc names no host")
}
