//! What a run tells: its faults, its answer and report, its mail, its error list. Everything that a person reads is
//! made here, from one catalogue of messages.

mod answer;

mod mail;

mod tables;

pub use answer::{
    Answer, Counts, DRIFT_IN_ANSWER, DriftEntry, FileCounts, HoldNote, MasterNote, Mode, Outcome, Requests,
    RestoredEntry, TOLD_IN_ANSWER, UnassignedEntry,
};
pub(crate) use answer::{code_of, code_of_reason};
pub use mail::{Attachment, body_text, compose, hold_reason_text};
pub use tables::{PlanLine, errors_csv, plan_csv};
