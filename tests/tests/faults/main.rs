//! The simulated world: every interaction of a run with its state, secret, mail, SmartHR and EMC goes wrong in every way,
//! one by one and in pairs, and after the next run that succeeds everything is as it should be.
//!
//! `FAULTS=all cargo test -p simulators --test faults --release` explores all pairs instead of a sample.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests that tell what they explored"
)]

mod explore;
mod home;
mod script;
mod world;
