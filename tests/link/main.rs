//! The whole link, end to end, against SmartHR and Emergency Call as servers and a home in a directory.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod codes;
mod crash;
mod days;
mod delivery;
mod faults;
mod guard;
mod identity;
mod keep_alive;
mod modes;
mod receiving;
mod rules;
mod society;
mod unrest;
mod upload;
mod world;

/// The server that the port itself is tested against.
#[path = "../../crates/link-sftp/tests/sftp/server.rs"]
#[allow(dead_code, reason = "not every way to fail is of interest to the link")]
mod sftp_server;
