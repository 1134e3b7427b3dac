//! SmartHR's rows into EMC's rows, by the customer's sheet. Pure: the same input gives the same rows and faults, and every
//! fault is collected.

mod departments;
mod fields;
mod templates;
mod user;
mod users;
mod value;

#[cfg(test)]
pub(crate) mod test_tenant;

pub use departments::{DepartmentSet, Origin, Place, convert_departments};
pub use fields::{Needs, needs};
pub use user::{Operation, UserRules, compile};
pub use users::{ConversionContext, Users, UsersResult};
pub use value::{Masters, ValueFault};

/// EMC's limit for a user ID, prefix included, in characters.
pub const USER_ID_MAX: usize = 40;
/// EMC's limit for a department ID, prefix included, in characters.
pub const DEPARTMENT_ID_MAX: usize = 30;

/// The text as it is; `None` where there is nothing but white space in it.
pub(crate) fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| text.chars().any(|c| !c.is_whitespace()))
}
