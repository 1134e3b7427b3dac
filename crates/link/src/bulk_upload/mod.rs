//! The files for EMC's own bulk upload (部署データ, ユーザデータ), for customers without the import API.
//!
//! The same rows as in an import, read back from their packed form one by one and written as CSV. Pure functions over
//! values: where the files go and when they count as uploaded is `run::upload`'s.

mod digests;
mod encode;
mod files;

pub use digests::{Digests, DigestsError};
pub use encode::{Encoder, Unsupported};
pub use files::{Changed, Files, Rows, UnencodableCell, WriteError, ambiguous_blank, user_columns, write};
