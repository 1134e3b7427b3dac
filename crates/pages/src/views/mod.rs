//! The pages, one file each: what it answers, and how that looks.

pub(crate) mod layout;

pub(crate) mod chart;
pub(crate) mod words;

pub(crate) mod approve;
pub(crate) mod audit;
pub(crate) mod connection;
pub(crate) mod consent;
pub(crate) mod export;
pub(crate) mod faults;
pub(crate) mod link_request;
pub(crate) mod on_change;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod person;
pub(crate) mod privacy;
pub(crate) mod progress;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod sheet;
mod sheet_findings;
pub(crate) mod start;
