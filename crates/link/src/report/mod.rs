//! What a run tells: its faults, its answer and report, its mail, its error list. Everything that a person reads is
//! made here, from one catalogue of messages.

mod answer;

mod body;
mod cut;
mod mail;
mod notes;
mod sender;

mod person;

mod tables;

pub use answer::{
    Answer, Counts, DRIFT_IN_ANSWER, DriftEntry, FileCounts, GroupCount, HoldNote, KindCount, MasterNote, Mode,
    Outcome, Refusal, Requests, RestoredEntry, TOLD_IN_ANSWER, UnassignedEntry,
};
pub(crate) use answer::{code_of, code_of_reason};
pub use body::{body_text, hold_reason_text};
pub use mail::{Attachment, Envelope, MAX_MAIL, compose, compose_refusal, compose_small, is_plan_attached};
pub(crate) use notes::{foremost, groups, kinds};
pub use person::{HistoryEntry, InSmartHr, PersonStory, Verdict};
pub use sender::Sender;
pub use tables::{PlanLine, csv_table, errors_csv, plan_csv};
