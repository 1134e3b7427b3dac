//! Access tokens, refresh tokens and authorisation codes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What a token answer carries.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    pub(super) expires_in: u64,
}

/// What a code was given for.
#[derive(Debug)]
struct Grant {
    redirect_uri: String,
    /// PKCE's challenge (S256), where the client sent one.
    challenge: Option<String>,
}

/// All tokens that are valid.
#[derive(Debug)]
pub(super) struct Tokens {
    /// `None`: does not expire.
    access: HashMap<String, Option<Instant>>,
    refresh: HashMap<String, Instant>,
    /// Code, and what it was given for.
    codes: HashMap<String, Grant>,
    issued: u64,
}

impl Tokens {
    pub(super) fn new(access: &str, refresh: &str, refresh_lifetime: Duration) -> Self {
        Self {
            access: HashMap::from([(access.to_owned(), None)]),
            refresh: HashMap::from([(refresh.to_owned(), Instant::now() + refresh_lifetime)]),
            codes: HashMap::new(),
            issued: 0,
        }
    }

    pub(super) fn accepts(&self, token: &str) -> bool {
        self.access.get(token).is_some_and(|expiry| expiry.is_none_or(|at| Instant::now() < at))
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.access.remove(token);
    }

    /// Every access token is void; refresh tokens stay.
    pub(super) fn revoke_all(&mut self) {
        self.access.clear();
    }

    pub(super) fn new_code(&mut self, redirect_uri: &str, challenge: Option<&str>) -> String {
        self.issued += 1;
        let code = format!("code-{}", self.issued);
        let grant = Grant { redirect_uri: redirect_uri.to_owned(), challenge: challenge.map(str::to_owned) };
        self.codes.insert(code.clone(), grant);
        code
    }

    /// Takes a code, which works once, only with its own redirect address, and only for who asked for it.
    pub(super) fn take_code(&mut self, code: &str, redirect_uri: &str, verifier: &str) -> bool {
        let Some(grant) = self.codes.remove(code) else { return false };
        let challenge = || URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        grant.redirect_uri == redirect_uri && grant.challenge.is_none_or(|own| own == challenge())
    }

    pub(super) fn accepts_refresh(&self, token: &str) -> bool {
        self.refresh.get(token).is_some_and(|at| Instant::now() < *at)
    }

    pub(super) fn forget_refresh(&mut self, token: &str) {
        self.refresh.remove(token);
    }

    /// Issues an access token; `keep` is a refresh token that stays in use instead of a new one.
    pub(super) fn issue(&mut self, lifetime: Duration, refresh_lifetime: Duration, keep: Option<&str>) -> Issued {
        self.issued += 1;
        let access_token = format!("access-{}", self.issued);
        self.access.insert(access_token.clone(), Some(Instant::now() + lifetime));
        let refresh_token = keep.map_or_else(|| format!("refresh-{}", self.issued), str::to_owned);
        self.refresh.entry(refresh_token.clone()).or_insert_with(|| Instant::now() + refresh_lifetime);
        Issued { access_token, refresh_token, expires_in: lifetime.as_secs() }
    }
}
