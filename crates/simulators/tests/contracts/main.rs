//! The simulators against their contracts: what a test relies on must hold before the link is tested with it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

mod company;
mod company_events;
mod emc;
mod emc_people;
mod emc_promises;
mod emc_server;
mod samples;
mod smarthr;
mod smarthr_filters;
mod smarthr_rights;
mod smarthr_webhooks;
mod support;
