//! The client of SmartHR for one run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::SmartHrError;
use super::pace::Pace;
use super::secret::SmartHrSecret;
use super::token::Tokens;
use crate::config::SmartHrConfig;
use crate::fault::Code;
use crate::net::{self, Deadline};
use crate::state::ports::{Clock, SecretStore, StoredSecret};

/// SmartHR's limit: requests per second and token.
pub(crate) const LIMIT: f64 = 10.0;

type OnPage<'a> = Box<dyn Fn(&'static str, u64, u64) + Send + Sync + 'a>;

/// SmartHR, as one run sees it.
pub struct SmartHr<'a, K> {
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: String,
    pub(crate) tokens: Tokens<'a, K>,
    pub(crate) pace: Pace,
    pub(crate) deadline: Deadline,
    requests: AtomicU64,
    /// The size of the largest page so far, in bytes, and what was read.
    largest_page: Mutex<(&'static str, usize)>,
    on_page: OnPage<'a>,
}

impl<'a, K: SecretStore> SmartHr<'a, K> {
    /// A client at SmartHR's own rate.
    pub fn new<C: Clock>(
        config: &SmartHrConfig,
        secrets: &'a K,
        stored: StoredSecret,
        secret: SmartHrSecret,
        clock: &'a C,
        deadline: Deadline,
    ) -> Result<Self, SmartHrError> {
        let http = net::client()
            .map_err(|error| SmartHrError::new(Code::SmarthrUnreachable, "HTTPクライアント", error.to_string()))?;
        Ok(Self {
            http,
            base_url: config.base_url.clone(),
            tokens: Tokens::new(secrets, clock, &config.auth_url, secret, stored),
            pace: Pace::per_second(Some(LIMIT)),
            deadline,
            requests: AtomicU64::new(0),
            largest_page: Mutex::default(),
            on_page: Box::new(|_, _, _| {}),
        })
    }

    /// The same at another rate; `None` for a simulator without a limit.
    #[must_use]
    pub fn with_rate(mut self, per_second: Option<f64>) -> Self {
        self.pace = Pace::per_second(per_second);
        self
    }

    /// The same with someone who is told of each page: the listing, pages received, pages in all as far as known.
    #[must_use]
    pub fn on_page(mut self, told: impl Fn(&'static str, u64, u64) + Send + Sync + 'a) -> Self {
        self.on_page = Box::new(told);
        self
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The size of the largest page so far of what is being read; 0 where pages of something else are larger.
    pub(super) fn largest_page(&self, reading: &str) -> usize {
        let (of, size) = *self.largest_page.lock().unwrap_or_else(PoisonError::into_inner);
        if of == reading { size } else { 0 }
    }

    pub(super) fn note_page(&self, reading: &'static str, size: usize) {
        let mut largest = self.largest_page.lock().unwrap_or_else(PoisonError::into_inner);
        if size > largest.1 {
            *largest = (reading, size);
        }
    }

    /// Exchanges the refresh token for a new pair, which is stored before anything else happens.
    pub(crate) async fn renew_tokens(&self) -> Result<(), SmartHrError> {
        self.count_request();
        self.tokens.renew(&self.http, self.deadline).await
    }

    pub(crate) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn tell_page(&self, listing: &'static str, done: u64, total: u64) {
        (self.on_page)(listing, done, total);
    }
}
