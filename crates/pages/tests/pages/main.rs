//! The pages over HTTP, against SmartHR and Emergency Call as servers: what a person can do, and what nobody can.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod stage;

mod bounded;
mod connect;
mod door;
mod figures;
mod glossary;
mod hostile;
mod on_change;
mod records;
mod rules;
mod runs;
mod sheets;
