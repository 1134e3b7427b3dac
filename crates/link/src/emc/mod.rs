//! Emergency Call: what is handed over, and how.

mod row;

pub use row::{DepartmentRow, Expect, UserRow};
