//! Emergency Call: what is handed over, and how.
//!
//! Rows become lines, lines become one gzip member, and that is put to EMC's import API as one transaction that may be
//! repeated. The API's contract is in the product's interface document; what EMC answers is read leniently, and whether an
//! import took effect is never guessed ([`EmcError::is_uncertain`]).

mod client;
mod exchange;

mod body;
mod gzip;
mod id;
mod id_column;
mod line;
mod row;

pub mod answer;
mod error;
mod words;

pub use answer::{Answered, Drift, ImportResult, Rejection, Restored, Tally, Unassigned, Unreadable};
pub use body::{Begin, ImportBody, Packed, Packer};
pub use client::{Emc, ImportAnswer, ImportMode, Settled};
pub use error::EmcError;
pub use id::{ImportId, InvalidImportId};
pub use id_column::{id_column, two_columns};
pub use row::{DepartmentRow, UserRow};

pub use crate::compare::Expect;
pub use words::SearchWords;
