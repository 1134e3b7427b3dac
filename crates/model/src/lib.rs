//! The hand-over as a model: what runs, the state store and Emergency Call can do to each other, step by step.
//!
//! A run here is what the link does between its look for `pending.json` and its end; what it reads from SmartHR and whom it
//! mails changes nothing between the runs and is left out. The lease counts for nothing: any number of runs may be at work
//! at once. A run may stand still before any of its steps, for as long as it likes; one that never goes on has died.
//!
//! [`search::search`] looks at every state that can be reached. [`replay::Replay`] takes the steps that real runs were
//! seen to make, and refuses one that the model does not know.

pub mod replay;
pub mod rules;
pub mod search;
pub mod state;
mod steps;

pub use replay::{Refused, Replay, Seen};
pub use rules::{RULES, Rules};
pub use search::{Report, Violation, search};
pub use state::{At, Import, Run, Snapshot, State};
pub use steps::{Act, Answer, Reach, Step};
