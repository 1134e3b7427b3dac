//! What time it is at Emergency Call: now, unless a test says otherwise.

use std::time::Duration;

use axum::http::HeaderMap;
use jiff::Timestamp;

#[derive(Debug)]
pub(super) struct Clock {
    /// The header that tells the time, where one is agreed on.
    header: Option<String>,
    ahead: Duration,
}

impl Clock {
    pub(super) fn new(header: Option<String>) -> Self {
        Self { header, ahead: Duration::ZERO }
    }

    pub(super) fn advance(&mut self, time: Duration) {
        self.ahead += time;
    }

    /// The time of a request. The error says what is wrong with its header.
    pub(super) fn now(&self, headers: &HeaderMap) -> Result<Timestamp, String> {
        let Some(value) = self.header.as_ref().and_then(|name| headers.get(name)) else {
            return Timestamp::now().checked_add(self.ahead).map_err(|error| error.to_string());
        };
        let text = value.to_str().map_err(|error| error.to_string())?;
        text.parse().map_err(|error| format!("the time {text} is not of RFC 3339: {error}"))
    }
}
