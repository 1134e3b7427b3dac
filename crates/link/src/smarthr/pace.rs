//! Requests at a steady pace, below SmartHR's limit of 10 a second.
//!
//! A token bucket would send bursts, and whether SmartHR counts in fixed or sliding seconds is not known: evenly spaced
//! requests are within the limit either way. That is one instant and one sleep, less than any rate-limit crate needs to
//! be told.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// The space between requests is 1.25 % wider than the limit asks for: arrival times jitter on the way.
const MARGIN: f64 = 1.0125;

#[derive(Debug)]
pub(crate) struct Pace {
    gap: Duration,
    next: Mutex<Instant>,
    paused_until: std::sync::Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn per_second(rate: Option<f64>) -> Self {
        let gap = rate.filter(|rate| *rate > 0.0).map_or(Duration::ZERO, |rate| Duration::from_secs_f64(MARGIN / rate));
        Self { gap, next: Mutex::new(Instant::now()), paused_until: std::sync::Mutex::new(None) }
    }

    /// Waits for the next turn. Turns are given in the order asked for.
    pub(crate) async fn turn(&self) {
        // Held while waiting, so that each turn is counted from when the one before was really taken.
        let mut next = self.next.lock().await;
        loop {
            let until = self.pause().map_or(*next, |pause| pause.max(*next));
            if until <= Instant::now() {
                break;
            }
            sleep_until(until).await;
        }
        *next = Instant::now() + self.gap;
    }

    /// Nobody gets a turn for `span`.
    pub(crate) fn pause_for(&self, span: Duration) {
        let until = Instant::now() + span;
        let mut pause = self.paused_until.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *pause = Some(pause.map_or(until, |before| before.max(until)));
    }

    fn pause(&self) -> Option<Instant> {
        *self.paused_until.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn never_more_than_ten_in_any_second() {
        let pace = Pace::per_second(Some(10.0));
        let mut times = Vec::new();
        for _ in 0..50 {
            pace.turn().await;
            times.push(Instant::now());
        }
        for window in times.windows(11) {
            assert!(window[10] - window[0] > Duration::from_secs(1));
        }
        assert!(times[49] - times[0] < Duration::from_millis(49 * 103));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody() {
        let pace = Pace::per_second(None);
        let start = Instant::now();
        pace.pause_for(Duration::from_secs(3));
        pace.turn().await;
        assert!(start.elapsed() >= Duration::from_secs(3));
    }
}
