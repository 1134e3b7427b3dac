//! What was asked of a simulator, for assertions about who asked what how often and how fast.

use std::time::{Duration, Instant};

use serde::Serialize;

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// `GET`, `PUT`, …
    pub method: String,
    /// The path, such as `/api/v1/crews`.
    pub path: String,
    /// The query as it was sent, without `?`.
    pub query: String,
    /// Time since the simulator started.
    pub at: Duration,
    /// The status that was answered; 0 while it is being answered, or where the connection was cut instead.
    pub status: u16,
}

/// All requests in the order they came; `/_sim/` is left out.
#[derive(Debug)]
pub struct Requests {
    started: Instant,
    all: Vec<Recorded>,
}

impl Default for Requests {
    fn default() -> Self {
        Self { started: Instant::now(), all: Vec::new() }
    }
}

impl Requests {
    /// Notes a request and gives the number by which its status is filed later.
    pub fn note(&mut self, method: &str, path: &str, query: &str) -> usize {
        self.all.push(Recorded {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            at: self.started.elapsed(),
            status: 0,
        });
        self.all.len() - 1
    }

    /// Files the status of a request noted before.
    pub fn answered(&mut self, number: usize, status: u16) {
        if let Some(recorded) = self.all.get_mut(number) {
            recorded.status = status;
        }
    }

    /// Every request.
    pub fn all(&self) -> &[Recorded] {
        &self.all
    }

    /// How many requests went to exactly this path.
    pub fn count(&self, path: &str) -> usize {
        self.all.iter().filter(|recorded| recorded.path == path).count()
    }

    /// Forgets everything so far.
    pub fn clear(&mut self) {
        self.all.clear();
    }
}
