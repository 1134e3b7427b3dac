//! What `deny.toml` says of licences and banned crates, checked without a network. Advisories need `cargo deny` itself.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use spdx::{Expression, Licensee, ParseMode};

use crate::places::{Places, cargo};

pub(crate) fn check(places: &Places) -> anyhow::Result<()> {
    let rules: toml::Table = std::fs::read_to_string(places.root.join("deny.toml"))?.parse()?;
    let lock: toml::Table = std::fs::read_to_string(places.root.join("Cargo.lock"))?.parse()?;
    let allowed = allowed(&rules)?;
    let banned = banned(&rules)?;
    // The tree and not the metadata: that lists what is switched off by features, too.
    let output = Command::new(cargo())
        .args(["tree", "--workspace", "--locked", "--target", "all", "--edges", "normal,build,dev", "--prefix", "none"])
        .args(["--format", "{p}|{l}"])
        .current_dir(&places.root)
        .output()?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout)?;
    let crates: BTreeSet<&str> = tree.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut faults = BTreeSet::new();
    let mut looked_at = 0;
    for line in crates {
        let (package, licence) = line.split_once('|').with_context(|| line.to_owned())?;
        let mut words = package.split_whitespace();
        let (name, version) =
            (words.next().unwrap_or_default(), words.next().unwrap_or_default().trim_start_matches('v'));
        // Our own say where they lie.
        if words.any(|word| word.starts_with("(/")) {
            continue;
        }
        looked_at += 1;
        let licence = licence.trim_end_matches(" (*)");
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
    }
    faults.extend(beyond_wrappers(&rules, &lock)?);
    for package in lock["package"].as_array().context("no packages in Cargo.lock")? {
        let source = package.get("source").and_then(toml::Value::as_str);
        if source.is_some_and(|source| source != "registry+https://github.com/rust-lang/crates.io-index") {
            faults.insert(format!("{}: not from crates.io", package["name"]));
        }
    }
    if !faults.is_empty() {
        bail!("deny.toml:\n  {}", faults.into_iter().collect::<Vec<_>>().join("\n  "));
    }
    println!("   {looked_at} crates, all licences allowed, none banned");
    Ok(())
}

/// A crate that only its wrappers may depend on, and who else does.
fn beyond_wrappers(rules: &toml::Table, lock: &toml::Table) -> anyhow::Result<Vec<String>> {
    let packages = lock["package"].as_array().context("no packages in Cargo.lock")?;
    let mut faults = Vec::new();
    for entry in rules["bans"]["deny"].as_array().context("bans.deny")? {
        let Some(wrappers) = entry.get("wrappers").and_then(toml::Value::as_array) else { continue };
        let banned = entry["crate"].as_str().context("a crate")?;
        for package in packages {
            let mut needs = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
            // A dependency's version follows where the lock file has several of them.
            let depends = needs.any(|need| need.as_str().and_then(|need| need.split(' ').next()) == Some(banned));
            if depends && !wrappers.contains(&package["name"]) {
                faults.push(format!("{}: depends on {banned}, which is banned", package["name"]));
            }
        }
    }
    Ok(faults)
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
    let everywhere = list.iter().filter(|entry| entry.get("wrappers").is_none());
    everywhere.map(|entry| Ok(entry["crate"].as_str().context("a crate")?.to_owned())).collect()
}
