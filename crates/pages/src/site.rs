//! What the pages are given by the place they run in.

use std::future::Future;

use link::state::TenantId;
use link::state::ports::Platform;
use serde_json::Value;

use crate::change_scheduler::ChangeScheduler;

/// The tenant's home and its sync function.
pub trait Site: Send + Sync + 'static {
    /// The tenant's state, secret and clock.
    type Platform: Platform + 'static;

    /// The tenant's home.
    fn home(&self) -> &Self::Platform;

    /// What schedules the run that a change in SmartHR starts.
    type Scheduler: ChangeScheduler;

    /// The tenant's scheduler.
    fn scheduler(&self) -> &Self::Scheduler;

    /// Asks the sync function and waits for its answer; for what records nothing, such as `explain`.
    fn ask(&self, event: Value) -> impl Future<Output = Result<Value, StartError>> + Send;

    /// Starts the sync function with this event and does not wait for its end. The answer is the invocation's id, which
    /// the run's name ends in ([`link::state::Trigger::Invocation`]).
    fn start(&self, event: Value) -> impl Future<Output = Result<String, StartError>> + Send;
}

/// The sync function could not be started.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the sync function could not be started: {detail}")]
pub struct StartError {
    /// The other side's own words, without anything personal.
    pub detail: String,
}

/// What the stack says about itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The tenant; also the audience of launch links.
    pub tenant: TenantId,
    /// The build, for the foot of the pages inside. Pages for who is not inside do not name it.
    pub version: &'static str,
    /// The other links of the same EMC contract.
    pub links: Vec<OtherLink>,
    /// The sender of the report mail, for the order of a new stack.
    pub mail_from: String,
    /// The operators' address, where one is known: orders and questions go there.
    pub ops_mail: Option<String>,
    /// The daily run's schedule, as far as it is known here.
    pub schedule: Option<Schedule>,
}

/// When the daily run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The time of day in Tokyo.
    pub at: jiff::civil::Time,
    /// Whether it is switched on.
    pub is_on: bool,
}

impl Schedule {
    /// The next start after `now`; `None` while it is switched off.
    pub(crate) fn next(self, now: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let now = link::time::tokyo(now);
        let today = now.date().to_datetime(self.at);
        let next = if today > now.datetime() { today } else { today.tomorrow().ok()? };
        self.is_on.then_some(next.to_zoned(now.time_zone().clone()).ok()?.timestamp())
    }
}

/// Another SmartHR tenant that is linked to the same EMC contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherLink {
    /// The company's name.
    pub name: String,
    /// Where its pages are, without a trailing slash.
    pub address: String,
}

impl OtherLink {
    /// Reads `NAME=https://…` pairs that are separated by `|`. What is no such pair is left out and told.
    pub fn parse_list(text: &str) -> (Vec<Self>, Vec<String>) {
        let (mut links, mut refused) = (Vec::new(), Vec::new());
        for pair in text.split('|').map(str::trim).filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some((name, address)) if !name.trim().is_empty() && is_address(address.trim()) => links.push(Self {
                    name: name.trim().to_owned(),
                    address: address.trim().trim_end_matches('/').to_owned(),
                }),
                _ => refused.push(pair.to_owned()),
            }
        }
        (links, refused)
    }
}

/// An address that may stand in a link: nothing but a scheme and a host.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://127.0.0.1:"));
    rest.map(|rest| rest.trim_end_matches('/')).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    })
}

/// Who is at the other end of a request, and how the pages are addressed from there. RunRecord by the wiring and never read
/// from a header that a visitor writes.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Scheme and host of these pages without a trailing slash, such as `https://acme.example.jp`.
    pub origin: String,
    /// The visitor's network address, for the rate limit.
    pub address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_is_today_or_tomorrow_in_tokyo() {
        let schedule = Schedule { at: jiff::civil::time(4, 30, 0, 0), is_on: true };
        let next = |now: &str| schedule.next(now.parse().unwrap()).unwrap().to_string();
        assert_eq!(next("2026-11-22T19:00:00Z"), "2026-11-22T19:30:00Z");
        assert_eq!(next("2026-11-22T19:30:00Z"), "2026-11-23T19:30:00Z");
        assert_eq!(Schedule { is_on: false, ..schedule }.next("2026-11-22T19:00:00Z".parse().unwrap()), None);
    }

    #[test]
    fn links_are_read_and_what_is_no_link_is_told() {
        let (links, refused) = OtherLink::parse_list(
            "株式会社ベータ=https://beta.example.jp/ | x=javascript:alert(1)|https://nameless.example.jp|=https://a.jp",
        );
        assert_eq!(links, [OtherLink { name: "株式会社ベータ".into(), address: "https://beta.example.jp".into() }]);
        assert_eq!(refused.len(), 3);
        assert_eq!(OtherLink::parse_list("").0, []);
    }
}
