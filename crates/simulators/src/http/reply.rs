//! An answer as plain data, and the ways in which it can reach the client damaged.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt as _, stream};

/// A whole answer, before it is sent.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// At once and whole.
    #[default]
    Whole,
    /// In pieces of so many bytes with a pause after each.
    Drip {
        /// Bytes in a piece.
        piece: usize,
        /// The pause.
        pause: Duration,
    },
    /// The first half, then the connection is closed.
    Half,
    /// The connection is closed without a byte of an answer.
    Cut,
}

impl Reply {
    /// A JSON answer from ready text.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::of(status, "application/json; charset=utf-8", body)
    }

    /// An answer of any type.
    pub fn of(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type: content_type.to_owned(), headers: Vec::new(), body: body.into() }
    }

    /// An HTML page, as a proxy or a load balancer puts it in front of a broken service.
    pub fn html(status: u16) -> Self {
        let page = format!(
            "<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{status} Bad day</h1></body></html>"
        );
        Self::of(status, "text/html; charset=utf-8", page)
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The answer on the wire.
    pub fn send(self, delivery: Delivery) -> Response {
        let length = self.body.len();
        let (body, announced) = match delivery {
            Delivery::Whole => (Body::from(self.body), None),
            Delivery::Drip { piece, pause } => (drip(self.body, piece.max(1), pause), None),
            Delivery::Half => (broken(Some(self.body.slice(..length / 2))), Some(length.max(1))),
            // An empty body would be complete, and the answer would leave after all.
            Delivery::Cut => (broken(None), Some(length.max(1))),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&self.content_type) {
            headers.insert(header::CONTENT_TYPE, value);
        }
        if let Some(length) = announced {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

fn drip(body: Bytes, piece: usize, pause: Duration) -> Body {
    Body::from_stream(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let next = rest.split_to(piece.min(rest.len()));
        Some((Ok::<_, io::Error>(next), rest))
    }))
}

/// A body that fails: the server drops the connection. What comes before the failure is given time to leave the machine;
/// without it, not even the head of the answer leaves.
fn broken(first: Option<Bytes>) -> Body {
    let is_cut_at_once = first.is_none();
    let failure = stream::once(async move {
        if !is_cut_at_once {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(io::Error::other("cut on purpose"))
    });
    Body::from_stream(stream::iter(first.map(Ok)).chain(failure))
}
