//! The 人事データ連携 pages: a customer's administrator connects a SmartHR tenant, sees what happened and why, previews,
//! re-runs, approves, and changes the mapping sheet, alone and in the browser.
//!
//! Pages are rendered here, on the server, and work without a script. Where they run is not known here: [`Site`] gives the
//! tenant's home and a way to start the sync function; on AWS that is a second Lambda function, elsewhere a task beside
//! the server. Every request carries a [`Caller`], put there by the wiring.
//!
//! Who may enter is decided in `launch` and `session`; only the launch link, the style sheet and a bare sign of life
//! answer without a session, and every form carries the session's own token.

mod site;

mod person;
mod random;
mod rate;
mod status;

mod document;
mod problem;
mod respond;

mod downloads;

mod change_events;
mod change_scheduler;

mod app;

mod audit;
mod decisions;
mod export;
mod health;
mod hold_plan;
mod records;
mod secret_file;
mod settings;
mod sheet_store;
mod smarthr;
mod summaries;

mod allowed_networks;
mod form;
mod launch;
mod other_links;
mod session;
mod webhook;
mod webhook_registration;

mod views;

mod routes;

pub mod loopback;

use std::sync::Arc;

use axum::Router;

pub use change_scheduler::{ChangeScheduler, Creation, SchedulerError, change_event};
pub use launch::{LAUNCH_LIFETIME, MintError, mint};
pub use person::{Person, Role};
pub use session::COOKIE;
pub use site::{Caller, OtherLink, Schedule, Settings, Site, StartError};

/// The pages of a site. Each request must have a [`Caller`] among its extensions.
pub fn router<S: Site>(site: S, settings: Settings) -> Router {
    routes::router(Arc::new(app::App::new(site, settings)))
}
