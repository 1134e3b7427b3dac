//! `cargo measure`: the function's size, start and memory, under AWS's runtime interface emulator.

use std::process::Command;

use anyhow::ensure;
use clap::Args;

use crate::places::{Places, cargo};
use crate::python::{environment, program};

/// Nothing to choose.
#[derive(Args)]
pub(crate) struct Options {}

pub(crate) fn run(_: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    let tools = environment(&places, "tests/aws/requirements.txt")?;
    // One by one: built together, the function would get the features that the simulators ask for, and their size.
    for package in ["simulators", "sync"] {
        let built = Command::new(cargo())
            .args(["build", "--release", "--locked", "--package", package])
            .current_dir(&places.root)
            .status()?;
        ensure!(built.success(), "{package} could not be built");
    }
    let measured = Command::new(program(&tools, "python"))
        .arg("tests/aws/measure.py")
        .current_dir(&places.root)
        .env("EMC_LINK_TARGET", &places.target)
        .env("EMC_LINK_SIMULATORS_BIN", places.target.join("release/simulators"))
        .env("AWS_DEFAULT_REGION", "ap-northeast-1")
        .status()?;
    ensure!(measured.success(), "the figures could not be taken");
    Ok(())
}
