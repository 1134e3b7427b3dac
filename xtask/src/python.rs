//! Python tools from pinned lists, in virtual environments below `target/`: moto, the SAM CLI, cfn-lint, checkov.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::places::Places;

/// A virtual environment that holds exactly what a list pins; made once for each content of the list.
pub(crate) fn environment(places: &Places, list: &str) -> anyhow::Result<PathBuf> {
    let path = places.root.join(list);
    let content = std::fs::read(&path).with_context(|| format!("{list} cannot be read"))?;
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let folder = places.target.join("verify").join(format!("venv-{:016x}", hasher.finish()));
    let ready = folder.join("ready");
    if ready.exists() {
        return Ok(folder);
    }
    println!("  installing {list}");
    let python = Command::new("python3").arg("--version").output();
    ensure!(
        python.is_ok_and(|output| output.status.success()),
        "python3 (3.10 or later, with venv) is needed for the AWS part of the tests and was not found"
    );
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    run(Command::new(folder.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"])
        .arg(&path))?;
    std::fs::write(ready, list)?;
    Ok(folder)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

/// A program of an environment.
pub(crate) fn program(environment: &Path, name: &str) -> PathBuf {
    environment.join("bin").join(name)
}
