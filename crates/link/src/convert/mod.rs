//! SmartHR's rows into EMC's rows, by the customer's sheet. Pure: the same input gives the same rows and faults, and every
//! fault is collected.

mod causes;
mod custom_fields;
mod departments;
mod fields;
mod grouped;
mod options;
mod templates;
mod trace;
mod user;
mod users;
mod value;

#[cfg(test)]
pub(crate) mod test_tenant;

pub(crate) use custom_fields::{needs_groups, resolve_custom_fields};
pub use departments::{DepartmentSet, Origin, Place, convert_departments};
pub use fields::{Needs, needs};
pub use trace::TracedItem;
pub use user::{Operation, UserRules, compile};
pub use users::{AskedBy, ConversionContext, LeftOut, Unverified, Users, UsersResult};
pub use value::{Masters, ValueFault};

/// EMC's limit for a user ID, prefix included, in characters.
pub const USER_ID_MAX: usize = 40;
/// EMC's limit for a department ID, prefix included, in characters.
pub const DEPARTMENT_ID_MAX: usize = 30;

/// The text without what nobody sees at its ends; `None` where there is nothing else in it.
pub(crate) fn present(text: Option<&str>) -> Option<&str> {
    text.map(crate::characters::trimmed).filter(|text| !text.is_empty())
}
