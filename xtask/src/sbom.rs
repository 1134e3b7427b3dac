//! `cargo sbom`: the component list of each program that is delivered, in CycloneDX's JSON form, and its completeness against
//! `Cargo.lock`. <https://cyclonedx.org/docs/1.5/json/>

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::places::{Places, cargo, shown};

/// What is delivered: the package, and for which machine.
const DELIVERED: [(&str, &str); 4] = [
    ("sync", "aarch64-unknown-linux-gnu"),
    ("connect", "aarch64-unknown-linux-gnu"),
    ("watch-function", "aarch64-unknown-linux-gnu"),
    ("emc-link", "x86_64-unknown-linux-gnu"),
];

/// No options: everything that is delivered.
#[derive(Args, Default)]
pub(crate) struct Options {}

/// A crate as it is compiled in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Component {
    name: String,
    version: String,
    licence: String,
    is_ours: bool,
}

impl Component {
    fn reference(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }
}

/// Name and version to the checksum that `Cargo.lock` holds; our own crates have none.
type Lock = BTreeMap<(String, String), Option<String>>;

pub(crate) fn run(_: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    let lock = lock(&fs::read_to_string(places.root.join("Cargo.lock"))?)?;
    let folder = places.target.join("sbom");
    fs::create_dir_all(&folder)?;
    for (package, machine) in DELIVERED {
        let listed = tree(&places, package, machine)?;
        let graph = resolved(&places, package, machine)?;
        check(package, &listed, &lock, &graph)?;
        let document = document(package, &listed, &lock)?;
        let path = folder.join(format!("{package}.cdx.json"));
        fs::write(&path, serde_json::to_vec_pretty(&document)?)?;
        println!("   {}: {} crates", shown(&path), listed.len());
    }
    Ok(())
}

/// What cargo compiles for the program: normal dependencies, without tests' and build scripts' own.
fn tree(places: &Places, package: &str, machine: &str) -> anyhow::Result<BTreeSet<Component>> {
    let output = Command::new(cargo())
        .args(["tree", "--package", package, "--locked", "--target", machine, "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}|{l}"])
        .current_dir(&places.root)
        .output()?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let mut listed = BTreeSet::new();
    for line in String::from_utf8(output.stdout)?.lines().filter(|line| !line.trim().is_empty()) {
        listed.insert(component(line)?);
    }
    Ok(listed)
}

/// A line of the tree: `serde v1.0.228|MIT OR Apache-2.0 (*)`, our own with where they lie.
fn component(line: &str) -> anyhow::Result<Component> {
    let (package, licence) = line.split_once('|').with_context(|| line.to_owned())?;
    let mut words = package.split_whitespace();
    let name = words.next().with_context(|| line.to_owned())?.to_owned();
    let version = words.next().and_then(|word| word.strip_prefix('v')).with_context(|| line.to_owned())?.to_owned();
    let is_ours = words.any(|word| word.starts_with("(/"));
    // A slash is the old way to say OR.
    let licence = licence.trim_end_matches(" (*)").replace('/', " OR ");
    Ok(Component { name, version, licence, is_ours })
}

fn lock(text: &str) -> anyhow::Result<Lock> {
    let table: toml::Table = text.parse()?;
    let packages = table["package"].as_array().context("no packages in Cargo.lock")?;
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    packages
        .iter()
        .map(|package| {
            let name = text(package, "name").context("a package without a name")?;
            let version = text(package, "version").context("a package without a version")?;
            Ok(((name, version), text(package, "checksum")))
        })
        .collect()
}

/// The crates that the resolver reaches from a package by normal dependencies: another way to the same answer than the tree.
fn resolved(places: &Places, package: &str, machine: &str) -> anyhow::Result<BTreeSet<(String, String)>> {
    let output = Command::new(cargo())
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", machine])
        .current_dir(&places.root)
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut names = BTreeMap::new();
    for package in list(&metadata["packages"]) {
        names.insert(text(&package["id"]), (text(&package["name"]), text(&package["version"])));
    }
    let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let is_normal = |dependency: &Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
        let to =
            list(&node["deps"]).iter().filter(|dependency| is_normal(dependency)).map(|d| text(&d["pkg"])).collect();
        edges.insert(text(&node["id"]), to);
    }
    let start = names.iter().find(|(_, (name, _))| name == package).map(|(id, _)| id.clone());
    let mut open = vec![start.with_context(|| format!("no package {package}"))?];
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if reached.insert(id.clone()) {
            open.extend(edges.get(&id).cloned().unwrap_or_default());
        }
    }
    Ok(reached.into_iter().filter_map(|id| names.get(&id).cloned()).collect())
}

/// Every crate of the list is in the lock file with its checksum, and every crate that the resolver reaches and cargo compiles
/// is in the list. What the resolver reaches by features that this program leaves off is told by the tree alone.
fn check(
    package: &str,
    listed: &BTreeSet<Component>,
    lock: &Lock,
    graph: &BTreeSet<(String, String)>,
) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for component in listed {
        let key = (component.name.clone(), component.version.clone());
        match lock.get(&key) {
            None => faults.push(format!("{} is not in Cargo.lock", component.reference())),
            Some(None) if !component.is_ours => faults.push(format!("{} has no checksum", component.reference())),
            Some(_) => {}
        }
        if !graph.contains(&key) {
            faults.push(format!("{} is not reached by the resolver", component.reference()));
        }
        if component.licence.is_empty() {
            faults.push(format!("{} names no licence", component.reference()));
        }
    }
    let names: BTreeSet<&str> = listed.iter().map(|component| component.name.as_str()).collect();
    for (name, _) in lock.iter().filter(|(_, checksum)| checksum.is_none()).map(|(key, _)| key) {
        // Our own crates are compiled whenever they are reached: no feature leaves one off.
        if graph.iter().any(|(reached, _)| reached == name) && !names.contains(name.as_str()) {
            faults.push(format!("{name}, one of our own, is missing"));
        }
    }
    if !faults.is_empty() {
        bail!("{package}:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

fn document(package: &str, listed: &BTreeSet<Component>, lock: &Lock) -> anyhow::Result<Value> {
    let own = listed.iter().find(|component| component.name == package).context("the program itself is missing")?;
    let components: Vec<Value> = listed
        .iter()
        .filter(|component| *component != own)
        .map(|component| {
            let key = (component.name.clone(), component.version.clone());
            let hashes: Vec<Value> = lock
                .get(&key)
                .and_then(Option::as_ref)
                .map(|checksum| json!({"alg": "SHA-256", "content": checksum}))
                .into_iter()
                .collect();
            json!({
                "type": "library", "bom-ref": component.reference(), "name": component.name,
                "version": component.version, "purl": component.reference(),
                "licenses": licences(component), "hashes": hashes,
            })
        })
        .collect();
    // Neither a time nor a random number: the list of one commit is the same for everybody.
    Ok(json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": own.reference(), "name": own.name, "version": version::BUILD,
                "purl": own.reference(), "licenses": licences(own),
            },
        },
        "components": components,
    }))
}

/// An expression, or the name of a licence that SPDX does not list.
fn licences(component: &Component) -> Value {
    if component.licence.starts_with("LicenseRef-") {
        return json!([{"license": {"name": component.licence}}]);
    }
    json!([{"expression": component.licence}])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(lines: &[&str]) -> BTreeSet<Component> {
        lines.iter().map(|line| component(line).unwrap()).collect()
    }

    fn example() -> (BTreeSet<Component>, Lock, BTreeSet<(String, String)>) {
        let all = listed(&[
            "sync v0.2.0 (/somewhere/functions/sync)|LicenseRef-Proprietary",
            "link v0.2.0 (/somewhere/crates/link)|LicenseRef-Proprietary (*)",
            "serde v1.0.228|MIT/Apache-2.0",
        ]);
        let text = "[[package]]\nname = \"sync\"\nversion = \"0.2.0\"\n[[package]]\nname = \"link\"\nversion = \"0.2.0\"\n\
            [[package]]\nname = \"serde\"\nversion = \"1.0.228\"\nchecksum = \"9a8e\"\n";
        let graph = all.iter().map(|component| (component.name.clone(), component.version.clone())).collect();
        (all, lock(text).unwrap(), graph)
    }

    #[test]
    fn a_list_names_every_crate_with_licence_and_checksum() {
        let (all, lock, graph) = example();
        check("sync", &all, &lock, &graph).unwrap();
        let document = document("sync", &all, &lock).unwrap();
        assert_eq!(document["metadata"]["component"]["name"], "sync");
        let serde = &document["components"][1];
        assert_eq!(
            (&serde["purl"], &serde["hashes"][0]["content"]),
            (&json!("pkg:cargo/serde@1.0.228"), &json!("9a8e"))
        );
        assert_eq!(serde["licenses"], json!([{"expression": "MIT OR Apache-2.0"}]));
        assert!(!document.to_string().contains("/somewhere"), "a path of this machine");
    }

    #[test]
    fn what_is_not_in_the_lock_file_or_has_no_checksum_is_told() {
        let (mut all, mut lock, mut graph) = example();
        lock.insert(("serde".into(), "1.0.228".into()), None);
        assert!(check("sync", &all, &lock, &graph).unwrap_err().to_string().contains("serde@1.0.228 has no checksum"));
        all.insert(component("stranger v1.0.0|MIT").unwrap());
        graph.insert(("stranger".into(), "1.0.0".into()));
        assert!(
            check("sync", &all, &lock, &graph).unwrap_err().to_string().contains("stranger@1.0.0 is not in Cargo.lock")
        );
    }

    #[test]
    fn one_of_our_own_that_is_missing_is_told() {
        let (mut all, lock, graph) = example();
        all.retain(|component| component.name != "link");
        assert!(
            check("sync", &all, &lock, &graph).unwrap_err().to_string().contains("link, one of our own, is missing")
        );
    }
}
