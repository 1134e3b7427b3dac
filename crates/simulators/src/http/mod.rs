//! What both simulators need of HTTP: a server that stops with its handle, answers that can be spoilt, rules that say when
//! to spoil them, and a record of what was asked.

mod query;
mod record;
mod reply;
mod rules;
mod server;

pub use query::Query;
pub use record::{Recorded, Requests};
pub use reply::{Delivery, Reply};
pub(crate) use rules::rules_from_json;
pub use rules::{Rule, Rules};
pub use server::Server;
