//! What can go wrong at Emergency Call's side, above all around the moment of the commit.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::model::failure;
use crate::http::{Delivery, Reply};

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// This status with a JSON error, and nothing is done.
    Error {
        /// The HTTP status.
        status: u16,
        /// `Retry-After` in seconds, where one is sent.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// This status with an HTML page, and nothing is done.
    Html {
        /// The HTTP status.
        status: u16,
    },
    /// Exactly this answer, and nothing is done.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The content type.
        content_type: String,
        /// The body.
        body: String,
    },
    /// The work begins later.
    DelayBefore {
        /// Milliseconds.
        ms: u64,
    },
    /// The work is done, and its answer comes later.
    DelayAfter {
        /// Milliseconds.
        ms: u64,
    },
    /// The connection is closed before the body is read.
    CutUnread,
    /// The connection is closed before anything is done.
    CutBefore,
    /// The work is done, and the connection is closed before its answer.
    CutAfter,
    /// An import is answered with 202 until it was asked for so often and so much time has passed.
    Processing {
        /// Further requests for this import that are answered with 202.
        polls: u32,
        /// Milliseconds.
        #[serde(default)]
        ms: u64,
    },
    /// Half of the answer, then the connection is closed.
    HalfBody,
    /// The answer comes in small pieces.
    Drip {
        /// Bytes in a piece.
        piece: usize,
        /// Milliseconds before each.
        ms: u64,
    },
}

impl Fault {
    /// A 202 that never ends.
    pub fn processing_for_ever() -> Self {
        Self::Processing { polls: u32::MAX, ms: 0 }
    }

    pub(super) fn pause_before(&self) -> Option<Duration> {
        match self {
            Self::DelayBefore { ms } => Some(Duration::from_millis(*ms)),
            _ => None,
        }
    }

    pub(super) fn pause_after(&self) -> Option<Duration> {
        match self {
            Self::DelayAfter { ms } => Some(Duration::from_millis(*ms)),
            _ => None,
        }
    }

    pub(super) fn instead(&self) -> Option<Reply> {
        Some(match self {
            Self::Error { status, retry_after } => {
                let reply = failure(*status, "on purpose");
                match retry_after {
                    Some(seconds) => reply.with("retry-after", seconds),
                    None => reply,
                }
            }
            Self::Html { status } => Reply::html(*status),
            Self::Answer { status, content_type, body } => Reply::of(*status, content_type, body.clone()),
            _ => return None,
        })
    }

    pub(super) fn delivery(&self) -> Option<Delivery> {
        match self {
            Self::HalfBody => Some(Delivery::Half),
            Self::Drip { piece, ms } => Some(Delivery::Drip { piece: *piece, pause: Duration::from_millis(*ms) }),
            _ => None,
        }
    }
}
