//! SmartHR: what is received, and how.

mod wire;

pub use wire::{
    Address, Crew, CustomField, CustomValue, Department, DepartmentRef, Element, NameOrObject, Named, OwnedTemplate,
    ParentRef, Template, Text,
};
mod stub;
pub use stub::*;
