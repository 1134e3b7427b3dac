//! What a run tells: its faults, its answer and report, its mail, its error list. Everything that a person reads is
//! made here, from one catalogue of messages.

pub mod catalogue;

pub mod fault;

pub use catalogue::{Actor, Code, Entry, Family};
pub use fault::{Fault, Faults, Record};
