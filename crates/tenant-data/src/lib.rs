//! What a customer may ask for of their own records: runs, audit log and settings of a period, as one archive. A crate of its
//! own, so that the daily function carries none of it.

mod export;

mod erasure;

mod archive;

pub use erasure::{Holding, OperatorKey, Proof, SignError, is_scheduled};
pub use export::{Export, ExportError, ExportedFile, Period, Request, export};
