//! Every fault at every interaction: the run against a world in memory in which each read, write, request and mail can
//! fail, take effect and then fail, come late, be overtaken by another start, or end the process.
//!
//! `EMC_LINK_FAULT_PAIRS` and `EMC_LINK_FAULT_WEEKS` widen the exploration; docs/RELIABILITY.md has the figures.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod conformance;
mod explore;
mod gate;
mod home;
mod life;
mod proxy;
mod world;

mod processes;
mod regressions;
mod singles;
mod weeks;
