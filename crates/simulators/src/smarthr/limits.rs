//! SmartHR's limits: so many requests within any second and within an hour, per token.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::seconds_left;
use super::settings::{HourLimit, SecondLimit};
use crate::http::Reply;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
/// SmartHR's own number, shown in the headers while the limit is off.
const USUAL_PER_HOUR: u64 = 5_000;
const USUAL_PER_SECOND: usize = 10;

/// The requests of one token.
#[derive(Debug)]
struct Usage {
    within_second: VecDeque<Instant>,
    /// Of the last hour, refused ones too.
    all: VecDeque<Instant>,
    hour_began: Instant,
    within_hour: u64,
}

/// The requests of all tokens.
#[derive(Debug, Default)]
pub(super) struct Limits(HashMap<String, Usage>);

/// Where a token stands.
#[derive(Debug)]
pub(super) struct Standing {
    limit: u64,
    remaining: u64,
    reset: u64,
    intensive_limit: u64,
    intensive_remaining: u64,
    intensive_reset: u64,
    /// The request is one too many.
    pub(super) exceeded: bool,
}

impl Limits {
    /// Counts a request; one that is refused does not count.
    pub(super) fn count(&mut self, token: &str, second: SecondLimit, hour: HourLimit, now: Instant) -> Standing {
        let usage = self.0.entry(token.to_owned()).or_insert_with(|| Usage {
            within_second: VecDeque::new(),
            all: VecDeque::new(),
            hour_began: now,
            within_hour: 0,
        });
        while usage.within_second.front().is_some_and(|at| now.duration_since(*at) >= SECOND) {
            usage.within_second.pop_front();
        }
        while usage.all.front().is_some_and(|at| now.duration_since(*at) >= HOUR) {
            usage.all.pop_front();
        }
        usage.all.push_back(now);
        if now.duration_since(usage.hour_began) >= HOUR {
            (usage.hour_began, usage.within_hour) = (now, 0);
        }
        let (per_second, second_full) = match second {
            SecondLimit::Off => (USUAL_PER_SECOND, false),
            SecondLimit::Requests(limit) => (limit, usage.within_second.len() >= limit),
        };
        let (per_hour, hour_full) = match hour {
            HourLimit::Off => (USUAL_PER_HOUR, false),
            HourLimit::Requests(limit) => (limit, usage.within_hour >= limit),
        };
        let exceeded = second_full || hour_full;
        if !exceeded {
            usage.within_second.push_back(now);
            usage.within_hour += 1;
        }
        let second_left =
            usage.within_second.front().map_or(SECOND, |at| SECOND.saturating_sub(now.duration_since(*at)));
        let hour_left = HOUR.saturating_sub(now.duration_since(usage.hour_began));
        let second_remaining = per_second.saturating_sub(usage.within_second.len()) as u64;
        let intensive = (per_second as u64, if second_full { 0 } else { second_remaining }, seconds_left(second_left));
        // The main headers tell of the limit that refused: waiting an hour because of a full second helps nobody.
        let (limit, remaining, reset) = if second_full && !hour_full {
            intensive
        } else {
            (per_hour, per_hour.saturating_sub(usage.within_hour), seconds_left(hour_left))
        };
        Standing {
            limit,
            remaining,
            reset,
            intensive_limit: intensive.0,
            intensive_remaining: intensive.1,
            intensive_reset: intensive.2,
            exceeded,
        }
    }

    /// How many requests a token made within this time before now, an hour at most.
    pub(super) fn within(&self, token: &str, time: Duration, now: Instant) -> usize {
        let all = self.0.get(token).into_iter().flat_map(|usage| &usage.all);
        all.filter(|at| now.duration_since(**at) < time.min(HOUR)).count()
    }
}

impl Standing {
    /// The answer with the six headers, unless it has its own.
    pub(super) fn put_on(&self, mut reply: Reply) -> Reply {
        for (name, value) in [
            ("x-rate-limit-limit", self.limit),
            ("x-rate-limit-remaining", self.remaining),
            ("x-rate-limit-reset", self.reset),
            ("x-intensive-rate-limit-limit", self.intensive_limit),
            ("x-intensive-rate-limit-remaining", self.intensive_remaining),
            ("x-intensive-rate-limit-reset", self.intensive_reset),
        ] {
            if reply.headers.iter().all(|(other, _)| *other != name) {
                reply = reply.with(name, &value);
            }
        }
        reply
    }
}
