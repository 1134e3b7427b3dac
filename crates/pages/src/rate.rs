//! The rate limit on launch and callback: what comes from one address, and what comes in all.
//!
//! It lives in this process. Lambda may run several; but a launch costs nothing before its signature is checked, a
//! callback needs a session, and both are used up by a conditional write, so a limit in each process is enough.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

const PER_ADDRESS: NonZeroU32 = NonZeroU32::new(20).expect("more than nothing");
const IN_ALL: NonZeroU32 = NonZeroU32::new(120).expect("more than nothing");
/// Questions about single persons that one session may ask; each starts the sync function.
const PER_SESSION: NonZeroU32 = NonZeroU32::new(30).expect("more than nothing");
/// Addresses that are remembered before those that have been quiet are forgotten.
const REMEMBERED: usize = 1_000;

/// Counts requests by address and in all.
pub(crate) struct RateLimits {
    per_address: DefaultKeyedRateLimiter<String>,
    in_all: DefaultDirectRateLimiter,
    per_session: DefaultKeyedRateLimiter<String>,
}

impl RateLimits {
    pub(crate) fn new() -> Self {
        Self {
            per_address: RateLimiter::keyed(Quota::per_minute(PER_ADDRESS)),
            in_all: RateLimiter::direct(Quota::per_minute(IN_ALL)),
            per_session: RateLimiter::keyed(Quota::per_minute(PER_SESSION)),
        }
    }

    /// Whether someone at this address may send another request.
    pub(crate) fn allows(&self, address: &str) -> bool {
        if self.per_address.len() > REMEMBERED {
            self.per_address.retain_recent();
        }
        // The address first: one who is over their own limit does not use up the others'.
        self.per_address.check_key(&address.to_owned()).is_ok() && self.in_all.check().is_ok()
    }

    /// Whether this session may ask another question.
    pub(crate) fn allows_reading(&self, session: &str) -> bool {
        if self.per_session.len() > REMEMBERED {
            self.per_session.retain_recent();
        }
        self.per_session.check_key(&session.to_owned()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_stopped_and_another_is_not() {
        let limits = RateLimits::new();
        let admitted = (0..100).filter(|_| limits.allows("192.0.2.1")).count();
        assert!((20..25).contains(&admitted), "{admitted}");
        assert!(limits.allows("192.0.2.2"));
    }

    #[test]
    fn many_addresses_together_are_stopped() {
        let limits = RateLimits::new();
        let admitted = (0..500).filter(|n| limits.allows(&format!("192.0.2.{n}"))).count();
        assert!((120..130).contains(&admitted), "{admitted}");
    }
}
