//! Makes `EMC_LINK_BUILD` from the release and the commit. The commit is the variable `EMC_LINK_COMMIT` where a build has no
//! `.git` but knows its commit, else what git says of this very work tree, else left out: a build must never fail for it.

use std::env::var;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=EMC_LINK_COMMIT");
    let release = var("CARGO_PKG_VERSION").unwrap_or_default();
    let named = var("EMC_LINK_COMMIT").ok().filter(|commit| is_commit(commit));
    let commit = named.or_else(commit_of_this_tree);
    // Seven digits of the full name: git's own abbreviation is longer in some clones than in others.
    let build = commit.map_or_else(|| release.clone(), |commit| format!("{release}+g{}", &commit[..7]));
    println!("cargo::rustc-env=EMC_LINK_BUILD={build}");
}

fn is_commit(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn commit_of_this_tree() -> Option<String> {
    // Sources that lie inside another project's repository must not take its commit.
    if git(&["rev-parse", "--show-prefix"])? != "crates/version/" {
        return None;
    }
    for name in ["HEAD", "logs/HEAD", "packed-refs"] {
        watch(&git(&["rev-parse", "--git-path", name])?);
    }
    if let Some(branch) = git(&["symbolic-ref", "--quiet", "HEAD"]) {
        watch(&git(&["rev-parse", "--git-path", &branch])?);
    }
    git(&["rev-parse", "HEAD"]).filter(|commit| is_commit(commit))
}

/// Cargo runs a build script each time when a file that it names is missing, so only what is there is named.
fn watch(path: &str) {
    if Path::new(path).exists() {
        println!("cargo::rerun-if-changed={path}");
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.trim_end().to_owned())
}
