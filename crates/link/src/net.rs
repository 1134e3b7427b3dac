//! What both HTTP clients share: one way to build a client, to read a body without trusting its size, and one deadline.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

/// The time by which a piece of work must be over; every request and every pause stays below it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: Instant,
    span: Duration,
}

impl Deadline {
    /// A deadline `span` from now.
    pub fn after(span: Duration) -> Self {
        Self { at: Instant::now() + span, span }
    }
    /// What is left; zero when it has passed.
    pub fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }
    /// Whether a pause of `span` would still end before it.
    pub fn allows(self, span: Duration) -> bool {
        self.left() > span
    }
    /// The instant itself.
    pub fn instant(self) -> Instant {
        self.at
    }
    /// How long the whole piece of work was given.
    pub fn span(self) -> Duration {
        self.span
    }
}

/// A client that follows no redirect (a redirect to a login page is an error, not a page) and sends no proxy surprises.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    client_waiting(Duration::from_secs(30))
}

/// The same, where the other side may be silent for `silence` before it answers: the time that it works on a request
/// counts, sending the request included.
pub fn client_waiting(silence: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(silence)
        // Servers close idle connections without telling; a short pool life avoids writing into a closed one.
        .pool_idle_timeout(Duration::from_secs(4))
        .tcp_nodelay(true)
        .user_agent(concat!("emc-link/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// A body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than the caller takes.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The connection broke or stalled.
    #[error("the body broke off")]
    Broken(#[source] reqwest::Error),
}

/// Reads a body of at most `limit` bytes: memory stays bounded whatever the other side sends.
pub async fn read_body(response: reqwest::Response, limit: usize) -> Result<Bytes, BodyError> {
    read_body_of_about(response, limit, 0).await
}

/// The same where bodies of up to `expected` bytes were received before: each gets the same room, so that it need not grow and
/// leaves a place in memory that the next one fits into.
pub async fn read_body_of_about(
    mut response: reqwest::Response,
    limit: usize,
    expected: usize,
) -> Result<Bytes, BodyError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(BodyError::TooLarge { limit });
    }
    let room = usize::try_from(announced).unwrap_or(0).max(expected.min(limit));
    let mut whole = BytesMut::with_capacity(room);
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if whole.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}
