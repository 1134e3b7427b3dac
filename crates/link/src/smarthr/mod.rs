//! SmartHR: what is received, and how.
//!
//! [`SmartHr`] reads whole listings, page by page, below SmartHR's rate limit and under one deadline; what people are
//! converted from are the types of `wire`.

mod client;
mod crews;
mod error;
mod fetch;
mod gathered;
mod listing;
mod masters;
mod pace;
mod people;
mod secret;
mod template_cache;
mod token;
mod wire;

pub use client::SmartHr;
pub use crews::{CrewSink, Entry, FieldSet, parse_crews};
pub use error::SmartHrError;
pub use masters::{OwnedDepartment, parse_departments, parse_templates};
pub use people::{Attendance, Filter, FirstPages, People};
pub use secret::{Secret, SmartHrSecret, parse_secret};
pub use wire::{
    Address, Crew, CustomField, CustomValue, Department, DepartmentRef, Element, Group, NameOrObject, Named,
    OwnedTemplate, ParentRef, Template, Text,
};

#[cfg(test)]
mod tests;
