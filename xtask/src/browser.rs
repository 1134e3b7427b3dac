//! The browser that the pages are tested in: Chromium and its driver, as the system's packages have them.

use std::process::Command;

use anyhow::ensure;

const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
/// Debian's packages: the two programs, and letters that Japanese pages can be photographed with.
const PACKAGES: [&str; 3] = ["chromium", "chromium-driver", "fonts-noto-cjk"];

/// Sees that the browser is there; installs it where that is possible without asking anybody.
pub(crate) fn ensure() -> anyhow::Result<()> {
    if missing().is_empty() {
        return Ok(());
    }
    let apt = |arguments: &[&str]| {
        let done = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
        done.is_ok_and(|status| status.success())
    };
    println!("  installing {}", PACKAGES.join(", "));
    let _ = apt(&["update", "--quiet=2"]) && apt(&[&["install", "--yes", "--quiet=2"][..], &PACKAGES[..]].concat());
    let missing = missing();
    ensure!(
        missing.is_empty(),
        "the pages are tested in a browser, and {} cannot be started. On Debian or Ubuntu: sudo apt-get install {}",
        missing.join(" and "),
        PACKAGES.join(" ")
    );
    Ok(())
}

fn missing() -> Vec<&'static str> {
    let answers = |program: &&str| {
        let asked = Command::new(program).arg("--version").output();
        asked.is_ok_and(|output| output.status.success())
    };
    PROGRAMS.into_iter().filter(|program| !answers(program)).collect()
}
