//! `cargo reproduce`: the same commit gives the same bytes, whoever builds it and wherever. The sources of the commit are built
//! twice, in different directories, with different homes and different places of the crates' sources; program and package are
//! compared byte by byte, and no path of this machine may be in them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::Args;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::places::{Places, cargo};

/// What is built twice.
#[derive(Args)]
pub(crate) struct Options {
    /// The package of the program: sync, connect or watch-function.
    #[arg(long, default_value = "sync")]
    package: String,
    /// Build nothing: print the variables that make any build of this work tree reproducible, for `eval`.
    #[arg(long)]
    environment: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    if options.environment {
        for (name, value) in environment(&places.root, &cargo_home()?, &commit(&places.root)?)? {
            println!("export {name}='{}'", value.replace('\'', "'\\''"));
        }
        return Ok(());
    }
    twice(&places, &options.package)
}

/// Builds `package` twice and compares.
pub(crate) fn twice(places: &Places, package: &str) -> anyhow::Result<()> {
    let commit = commit(&places.root)?;
    // A name of another length, too: paths of one length could hide in padding.
    let rooms = ["one", "another/directory"].map(|name| places.target.join("reproduce").join(name));
    let mut built = Vec::new();
    for room in &rooms {
        if room.exists() {
            fs::remove_dir_all(room)?;
        }
        let (source, home, crates) = (room.join("source"), room.join("home"), room.join("crates"));
        fs::create_dir_all(&home)?;
        check_out(&places.root, &commit, &source)?;
        link_crates(&cargo_home()?, &crates)?;
        let program = build(&source, &home, &crates, package, &commit)?;
        fs::write(room.join(format!("{package}.zip")), packed(&program)?)?;
        built.push(program);
    }
    let [first, second] = [&built[0], &built[1]];
    ensure!(first == second, "{package}: the two builds differ; they are below {}", rooms[0].display());
    for (program, room) in built.iter().zip(&rooms) {
        let paths = build_paths(program, &[room, &places.root, &cargo_home()?]);
        ensure!(paths.is_empty(), "{package} holds paths of this machine: {paths:?}");
    }
    println!("   {}  {package}", sha256(first));
    println!("   {}  {package}.zip", sha256(&packed(first)?));
    Ok(())
}

/// The variables by which a build does not depend on where it is done. SAM's and cargo-lambda's builds take them as well.
pub(crate) fn environment(
    source: &Path,
    cargo_home: &Path,
    commit: &str,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let text =
        |path: &Path| path.to_str().map(str::to_owned).with_context(|| format!("{} is no UTF-8", path.display()));
    let (source, crates) = (text(source)?, text(cargo_home)?);
    ensure!(!source.contains(' ') && !crates.contains(' '), "a directory's name with a space cannot be remapped");
    // Compilers take the last prefix that fits: the work tree may lie below the home of the crates, or the other way round.
    let mut prefixes = [(source, "/emc-link"), (crates, "/cargo")];
    prefixes.sort_by_key(|(path, _)| path.len());
    let flags = |option: &str| prefixes.each_ref().map(|(from, to)| format!("{option}={from}={to}")).join(" ");
    let c_flags = flags("-ffile-prefix-map");
    Ok(vec![
        ("RUSTFLAGS", flags("--remap-path-prefix")),
        ("CFLAGS", c_flags.clone()),
        ("CXXFLAGS", c_flags),
        // What tools that write the time of day take instead.
        ("SOURCE_DATE_EPOCH", "315532800".to_owned()),
        ("EMC_LINK_COMMIT", commit.to_owned()),
    ])
}

/// The paths of a build that a program holds: each of `roots`, wherever it occurs, with what follows.
pub(crate) fn build_paths(program: &[u8], roots: &[&Path]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for root in roots {
        let Some(root) = root.to_str().filter(|root| root.len() > 1) else { continue };
        let needle = root.as_bytes();
        for at in memmem(program, needle) {
            let end = program[at..].iter().take(160).take_while(|byte| byte.is_ascii_graphic()).count();
            found.insert(String::from_utf8_lossy(&program[at..at + end]).into_owned());
        }
    }
    found
}

fn memmem<'p>(haystack: &'p [u8], needle: &'p [u8]) -> impl Iterator<Item = usize> + 'p {
    haystack.windows(needle.len()).enumerate().filter(move |(_, window)| *window == needle).map(|(at, _)| at)
}

pub(crate) fn cargo_home() -> anyhow::Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => Ok(PathBuf::from(std::env::var_os("HOME").context("no HOME")?).join(".cargo")),
    }
}

pub(crate) fn commit(root: &Path) -> anyhow::Result<String> {
    let output = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(root).output()?;
    ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The commit's files and nothing else: neither what is changed nor `.git`.
fn check_out(root: &Path, commit: &str, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    let archive = to.with_extension("tar");
    let run = |command: &mut Command| -> anyhow::Result<()> {
        let status = command.status().with_context(|| format!("{command:?}"))?;
        ensure!(status.success(), "{command:?}: {status}");
        Ok(())
    };
    run(Command::new("git").args(["archive", "--format=tar", "--output"]).arg(&archive).arg(commit).current_dir(root))?;
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(to))?;
    fs::remove_file(archive)?;
    Ok(())
}

/// The crates' sources at another place, without a copy of their bytes.
fn link_crates(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    if from.join("config.toml").is_file() {
        fs::copy(from.join("config.toml"), to.join("config.toml"))?;
    }
    let status = Command::new("cp").arg("-al").arg(from.join("registry")).arg(to).status()?;
    ensure!(status.success(), "the crates' sources cannot be linked from {}", from.display());
    Ok(())
}

fn build(source: &Path, home: &Path, crates: &Path, package: &str, commit: &str) -> anyhow::Result<Vec<u8>> {
    println!("   building {package} in {}", source.display());
    let rustup = match std::env::var_os("RUSTUP_HOME") {
        Some(rustup) => rustup,
        None => Path::new(&std::env::var_os("HOME").context("no HOME")?).join(".rustup").into_os_string(),
    };
    let target: OsString = source.join("target").into();
    let mut command = Command::new(cargo());
    command
        .args(["build", "--release", "--locked", "--offline", "--quiet", "--package", package])
        .current_dir(source)
        .envs(environment(source, crates, commit)?)
        .env("HOME", home)
        .env("CARGO_HOME", crates)
        .env("RUSTUP_HOME", rustup)
        .env("CARGO_TARGET_DIR", &target);
    let status = command.status()?;
    ensure!(status.success(), "{package}: the build failed ({status})");
    // The watch is a crate already, so that its function's package has another name than its program.
    let name = if package == "watch-function" { "watch" } else { package };
    let program = Path::new(&target).join("release").join(name);
    fs::read(&program).with_context(|| format!("{package} has no program of its name"))
}

/// The package that Lambda takes: one file, `bootstrap`, with the first time that the format knows.
fn packed(program: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    zip.write_all(program)?;
    Ok(zip.finish()?.into_inner())
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The released programs hold no path of this machine.
pub(crate) fn check_paths(places: &Places, programs: &[&str]) -> anyhow::Result<()> {
    let home = cargo_home()?;
    for name in programs {
        let path = places.target.join("release").join(name);
        let program = fs::read(&path).with_context(|| path.display().to_string())?;
        let is_program = fs::metadata(&path)?.permissions().mode() & 0o111 != 0;
        ensure!(is_program, "{} is no program", path.display());
        let found = build_paths(&program, &[&places.root, &home]);
        if !found.is_empty() {
            bail!("{name} holds {} paths of this machine, such as {:?}", found.len(), found.first());
        }
        println!("   {name}: no path of this machine");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_wherever_it_is() {
        let program = b"\0\0/srv/tree/src/main.rs\0x/home/a/.cargo/registry/src/lib.rs\0/rustc/abc/library\0";
        let found = build_paths(program, &[Path::new("/srv/tree"), Path::new("/home/a/.cargo")]);
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["/home/a/.cargo/registry/src/lib.rs", "/srv/tree/src/main.rs"]
        );
        assert!(build_paths(program, &[Path::new("/srv/elsewhere")]).is_empty());
    }

    #[test]
    fn the_longer_prefix_comes_last_because_compilers_take_the_last_that_fits() {
        let of =
            |source: &str, crates: &str| environment(Path::new(source), Path::new(crates), "c").unwrap()[0].1.clone();
        assert_eq!(
            of("/home/a/work", "/home/a"),
            "--remap-path-prefix=/home/a=/cargo --remap-path-prefix=/home/a/work=/emc-link"
        );
        assert_eq!(of("/w", "/w/.cargo"), "--remap-path-prefix=/w=/emc-link --remap-path-prefix=/w/.cargo=/cargo");
        assert!(environment(Path::new("/a b"), Path::new("/c"), "c").is_err());
    }

    #[test]
    fn a_package_depends_on_nothing_but_the_program() {
        let package = packed(b"program").unwrap();
        assert_eq!(package, packed(b"program").unwrap());
        assert_ne!(package, packed(b"another").unwrap());
    }
}
