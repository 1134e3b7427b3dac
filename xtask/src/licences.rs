//! What `deny.toml` says of licences and banned crates, checked without a network. Advisories need `cargo deny` itself.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

use crate::places::{Places, cargo};

pub(crate) fn check(places: &Places) -> anyhow::Result<()> {
    let rules: toml::Table = std::fs::read_to_string(places.root.join("deny.toml"))?.parse()?;
    let allowed = allowed(&rules)?;
    let banned = banned(&rules)?;
    let output = Command::new(cargo())
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(&places.root)
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut faults = BTreeSet::new();
    let mut looked_at = 0;
    for package in packages.iter().filter(|package| !package["source"].is_null()) {
        looked_at += 1;
        let [name, version] = ["name", "version"].map(|key| package[key].as_str().unwrap_or_default());
        let licence = package["license"].as_str().unwrap_or_default();
        match Expression::parse_mode(licence, ParseMode::LAX) {
            Ok(expression) => {
                if expression.evaluate_with_failures(|needed| allowed.iter().any(|own| own.satisfies(needed))).is_err()
                {
                    faults.insert(format!("{name} {version}: the licence `{licence}` is not allowed"));
                }
            }
            Err(error) => {
                faults.insert(format!("{name} {version}: the licence `{licence}` cannot be read: {}", error.reason));
            }
        }
        let is_banned = |ban: &String| {
            ban.split_once('@').map_or(ban == name, |(crate_name, of)| {
                crate_name == name && (version == of || version.starts_with(&format!("{of}.")))
            })
        };
        if banned.iter().any(is_banned) {
            faults.insert(format!("{name} {version}: banned"));
        }
        if package["source"].as_str() != Some("registry+https://github.com/rust-lang/crates.io-index") {
            faults.insert(format!("{name} {version}: not from crates.io"));
        }
    }
    if !faults.is_empty() {
        bail!("deny.toml:\n  {}", faults.into_iter().collect::<Vec<_>>().join("\n  "));
    }
    println!("   {looked_at} crates, all licences allowed, none banned");
    Ok(())
}

fn allowed(rules: &toml::Table) -> anyhow::Result<Vec<Licensee>> {
    let list = rules["licenses"]["allow"].as_array().context("licenses.allow")?;
    list.iter()
        .map(|entry| {
            let text = entry.as_str().context("a licence")?;
            Licensee::parse(text).map_err(|error| anyhow::anyhow!("{text}: {}", error.reason))
        })
        .collect()
}

fn banned(rules: &toml::Table) -> anyhow::Result<Vec<String>> {
    let list = rules["bans"]["deny"].as_array().context("bans.deny")?;
    list.iter().map(|entry| Ok(entry["crate"].as_str().context("a crate")?.to_owned())).collect()
}
