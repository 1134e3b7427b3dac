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
pub use rules::{Rule, Rules};
pub(crate) use rules::{one_or_many, rules_from_json};
pub use server::Server;
