//! The daily link from SmartHR to Emergency Call (EMC), for one tenant.
//!
//! Data walks one way: receive → convert → compare → guard → hand over → settle → report; [`run`] is that line, top to
//! bottom. This crate knows no AWS, no file system and no clock of its own: they come in through the traits of
//! [`state::ports`].

pub mod run;

pub mod config;
pub mod smarthr;

pub mod convert;

pub mod compare;

pub mod emc;

pub mod bulk_upload;

pub mod id_list;

pub mod data_map;

pub mod state;

pub mod report;

pub mod fault;

pub mod net;

pub mod characters;

pub mod text;

pub mod time;
