//! What the webhook's endpoint remembers between events, so that a storm of ten thousand costs little more than one.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::SignedDuration;
use secrecy::SecretString;

/// Up to so many events a second, each is looked at by itself; in a storm what was read last is used again.
const CALM: NonZeroU32 = NonZeroU32::new(20).expect("more than nothing");
/// How long what was read last may be used in a storm.
const KEPT: Duration = Duration::from_secs(10);

/// What the endpoint remembers between events.
pub(crate) struct ChangeEvents {
    calm: DefaultDirectRateLimiter,
    rules: Mutex<Option<(Instant, Rules)>>,
    /// When a schedule that lies ahead was seen last.
    scheduled: Mutex<Option<Instant>>,
}

/// Whether and for whom the endpoint answers.
#[derive(Clone)]
pub(crate) enum Rules {
    /// `[on_change]` is not enabled.
    Off,
    /// It is enabled.
    On { tokens: Vec<SecretString>, wait: SignedDuration, connected: bool },
}

impl ChangeEvents {
    pub(crate) fn new() -> Self {
        Self {
            calm: RateLimiter::direct(Quota::per_second(CALM)),
            rules: Mutex::new(None),
            scheduled: Mutex::new(None),
        }
    }

    /// Whether this event may be looked at by itself.
    pub(crate) fn is_calm(&self) -> bool {
        self.calm.check().is_ok()
    }

    /// Keeps what was read for the next events.
    pub(crate) fn keep_rules(&self, rules: &Rules) {
        if let Ok(mut kept) = self.rules.lock() {
            *kept = Some((Instant::now(), rules.clone()));
        }
    }

    /// What was read last, if that is not long ago.
    pub(crate) fn kept_rules(&self) -> Option<Rules> {
        let rules = self.rules.lock().ok()?;
        rules.as_ref().filter(|(since, _)| since.elapsed() < KEPT).map(|(_, rules)| rules.clone())
    }

    /// Notes that a schedule lies ahead.
    pub(crate) fn saw_schedule(&self) {
        if let Ok(mut scheduled) = self.scheduled.lock() {
            *scheduled = Some(Instant::now());
        }
    }

    /// Whether a schedule was seen not long ago.
    pub(crate) fn is_scheduled(&self) -> bool {
        let scheduled = self.scheduled.lock().ok().and_then(|scheduled| *scheduled);
        scheduled.is_some_and(|since| since.elapsed() < KEPT)
    }
}
