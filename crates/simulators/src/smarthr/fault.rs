//! What can go wrong at SmartHR's side, as data; every one of these was seen at some service.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::pages::error;
use crate::company::{Event, Status};
use crate::http::{Delivery, Reply};

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// This status with SmartHR's JSON error.
    Error {
        /// The HTTP status.
        status: u16,
    },
    /// This status with an HTML page, as from the edge.
    Html {
        /// The HTTP status.
        status: u16,
    },
    /// Exactly this answer.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The content type.
        content_type: String,
        /// The body.
        body: String,
    },
    /// 429, code 6.
    TooManyRequests {
        /// `Retry-After` in seconds, where one is sent.
        #[serde(default)]
        retry_after: Option<u64>,
        /// `x-rate-limit-reset` in seconds.
        #[serde(default)]
        reset: u64,
    },
    /// 503, code 9: maintenance.
    Maintenance,
    /// The 400 of a renamed or cancelled subdomain.
    InactiveSubdomain,
    /// 302 to the login page.
    LoginRedirect,
    /// The answer starts later.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The body comes in small pieces.
    Drip {
        /// Bytes in a piece.
        piece: usize,
        /// Milliseconds before each.
        ms: u64,
    },
    /// Half of the body, then the connection is closed.
    HalfBody,
    /// The connection is closed without an answer.
    Reset,
    /// The right body under a wrong content type.
    WrongContentType {
        /// The content type.
        content_type: String,
    },
    /// So many megabytes that are no JSON, as `application/json`.
    Garbage {
        /// Megabytes.
        megabytes: usize,
    },
    /// No `x-total-count`.
    NoTotalCount,
    /// A `next` after the last page; every page past the end repeats the last one.
    EndlessNext,
    /// Before this page is read, people appear at the front of the list and others vanish from it.
    Shift {
        /// How many appear.
        #[serde(default)]
        insert: usize,
        /// How many vanish for good.
        #[serde(default)]
        remove: usize,
    },
    /// Before this request is answered, these things happen in the company.
    Meanwhile {
        /// What happens.
        events: Vec<Event>,
    },
    /// Before this request is answered, so many random changes of who is listed happen; see
    /// [`crate::company::Company::random_list_event`].
    Unrest {
        /// How many.
        events: usize,
    },
    /// Before this page is read, the first `n` people of the list that is being read get another 在籍状況: they leave this
    /// list, and all who follow move up.
    FrontBecomes {
        /// How many.
        n: usize,
        /// Their new 在籍状況.
        status: Status,
    },
    /// From this request on, its token is no longer valid.
    RevokeToken,
}

impl Fault {
    /// How long the answer waits.
    pub(super) fn pause(&self) -> Option<Duration> {
        match self {
            Self::Delay { ms } => Some(Duration::from_millis(*ms)),
            _ => None,
        }
    }

    /// The answer that comes instead of the real one.
    pub(super) fn instead(&self) -> Option<Reply> {
        Some(match self {
            Self::Error { status } => error(*status),
            Self::Html { status } => Reply::html(*status),
            Self::Answer { status, content_type, body } => Reply::of(*status, content_type, body.clone()),
            Self::TooManyRequests { retry_after, reset } => {
                let reply = error(429)
                    .with("x-rate-limit-limit", &10)
                    .with("x-rate-limit-remaining", &0)
                    .with("x-rate-limit-reset", reset);
                match retry_after {
                    Some(seconds) => reply.with("retry-after", seconds),
                    None => reply,
                }
            }
            Self::Maintenance => error(503),
            Self::InactiveSubdomain => {
                Reply::of(400, "text/plain; charset=utf-8", "This subdomain is inactive.".to_owned())
            }
            Self::LoginRedirect => Reply::of(302, "text/html; charset=utf-8", Bytes::new()).with("location", &"/login"),
            Self::Garbage { megabytes } => Reply::json(200, vec![b'#'; megabytes << 20]),
            _ => return None,
        })
    }

    /// How the answer travels, where not whole.
    pub(super) fn delivery(&self) -> Option<Delivery> {
        match self {
            Self::Drip { piece, ms } => Some(Delivery::Drip { piece: *piece, pause: Duration::from_millis(*ms) }),
            Self::HalfBody => Some(Delivery::Half),
            Self::Reset => Some(Delivery::Cut),
            _ => None,
        }
    }
}
