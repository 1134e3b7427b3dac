//! The access token: refreshed before it expires or when SmartHR refuses it, and stored before it is used.
//!
//! A refresh token may be valid only once. So the new pair is stored first: a run that dies right after the exchange
//! leaves a secret that works, and a run that cannot store it does not go on with tokens that nobody could find again.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::error::{SmartHrError, words};
use super::fetch::{RATE_RETRIES, pause_asked_for};
use super::secret::{SmartHrSecret, parse_secret, with_tokens};
use crate::fault::Code;
use crate::net::{Deadline, read_body};
use crate::state::ports::{Clock, SecretErrorKind, SecretStore, StoredSecret};

const READING: &str = "アクセストークン";
/// A token that ends sooner than this is exchanged before it is used.
const SOON: SignedDuration = SignedDuration::from_mins(5);

/// The tokens in force, and where they are kept.
pub(crate) struct Tokens<'a, K> {
    secrets: &'a K,
    now: Box<dyn Fn() -> jiff::Timestamp + Send + Sync + 'a>,
    auth_url: String,
    held: Mutex<Held>,
}

struct Held {
    smarthr: SmartHrSecret,
    stored: StoredSecret,
    /// SmartHR could not exchange this token early: it is used while it is valid.
    kept: bool,
}

impl Held {
    fn new(smarthr: SmartHrSecret, stored: StoredSecret) -> Self {
        Self { smarthr, stored, kept: false }
    }
}

impl<'a, K: SecretStore> Tokens<'a, K> {
    pub(crate) fn new<C: Clock>(
        secrets: &'a K,
        clock: &'a C,
        auth_url: &str,
        smarthr: SmartHrSecret,
        stored: StoredSecret,
    ) -> Self {
        Self {
            secrets,
            now: Box::new(|| clock.now()),
            auth_url: auth_url.to_owned(),
            held: Mutex::new(Held::new(smarthr, stored)),
        }
    }

    /// The token to use now.
    pub(crate) async fn current(
        &self,
        http: &reqwest::Client,
        deadline: Deadline,
    ) -> Result<SecretString, SmartHrError> {
        let mut held = self.held.lock().await;
        let ends_within = |span: SignedDuration| held.smarthr.expires_at.is_some_and(|end| end < (self.now)() + span);
        let is_valid = !ends_within(SignedDuration::ZERO);
        if ends_within(SOON) && !(held.kept && is_valid) && held.smarthr.refresh_token.is_some() {
            match self.refresh(&mut held, http, deadline).await {
                Err(error) if is_valid && matches!(error.code(), Code::SmarthrDown | Code::SmarthrRateLimit) => {
                    tracing::warn!(
                        code = error.code().entry().name,
                        "the token is kept, because it cannot be exchanged now"
                    );
                    held.kept = true;
                }
                done => done?,
            }
        }
        Ok(held.smarthr.access_token.clone())
    }

    /// Exchanges the pair whether or not it ends soon: SmartHR lets a connection lapse that nobody uses.
    pub(crate) async fn renew(&self, http: &reqwest::Client, deadline: Deadline) -> Result<(), SmartHrError> {
        let mut held = self.held.lock().await;
        self.refresh(&mut held, http, deadline).await
    }

    /// SmartHR refused `used`: whether there is another token now, refreshed or stored by someone else.
    pub(crate) async fn replace(
        &self,
        used: &SecretString,
        http: &reqwest::Client,
        deadline: Deadline,
    ) -> Result<bool, SmartHrError> {
        let mut held = self.held.lock().await;
        if held.smarthr.access_token.expose_secret() != used.expose_secret() {
            return Ok(true);
        }
        if held.smarthr.refresh_token.is_none() {
            // An administrator may have stored a new token since the run began.
            return self.reload(&mut held).await;
        }
        self.refresh(&mut held, http, deadline).await?;
        Ok(true)
    }

    async fn refresh(&self, held: &mut Held, http: &reqwest::Client, deadline: Deadline) -> Result<(), SmartHrError> {
        let failed = |detail: &str| SmartHrError::new(Code::SmarthrRefreshFailed, READING, detail);
        let mut smarthr = match self.exchange(&held.smarthr, http, deadline).await? {
            Exchange::New(smarthr) => smarthr,
            Exchange::Refused(detail) => {
                // Perhaps another run was faster and has stored the pair that this one became.
                return if self.reload(held).await? { Ok(()) } else { Err(failed(&detail)) };
            }
        };
        for tries_left in (0..4_u8).rev() {
            let text =
                with_tokens(&held.stored.text, &smarthr).ok_or_else(|| failed("シークレットを更新できません"))?;
            match self.secrets.replace(text.clone(), &held.stored.version).await {
                Ok(version) => {
                    *held = Held::new(smarthr, StoredSecret { text, version });
                    tracing::info!("SmartHR token refreshed and stored");
                    return Ok(());
                }
                Err(error) if error.kind == SecretErrorKind::Conflict => {
                    let found = self.secrets.load().await.map_err(|error| unreadable(&error))?;
                    let theirs =
                        parse_secret(&found.text, false).map_err(|_| failed("シークレットの内容が正しくありません"))?;
                    if theirs.smarthr.access_token.expose_secret() == smarthr.access_token.expose_secret() {
                        // Our own write, repeated by the store after its answer was lost.
                        *held = Held::new(smarthr, found);
                        return Ok(());
                    }
                    let before = held.smarthr.access_token.expose_secret().to_owned();
                    held.stored = found;
                    if theirs.smarthr.access_token.expose_secret() != before {
                        // Someone else refreshed or connected anew: theirs is the newer authority.
                        held.smarthr = theirs.smarthr;
                        return Ok(());
                    }
                    // Another part of the secret changed: ours goes into the new text.
                    smarthr.client_id = theirs.smarthr.client_id;
                    smarthr.client_secret = theirs.smarthr.client_secret;
                }
                // The old refresh token is used up: giving up now would cost the customer's consent.
                Err(error) if error.kind == SecretErrorKind::Unavailable && tries_left > 0 => {
                    tracing::warn!(%error, "the new token could not be stored; trying again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Err(error) => return Err(unreadable(&error)),
            }
        }
        Err(failed("シークレットが書き換えられ続けています"))
    }

    /// Reads the secret again; whether it holds another access token.
    async fn reload(&self, held: &mut Held) -> Result<bool, SmartHrError> {
        let found = self.secrets.load().await.map_err(|error| unreadable(&error))?;
        let Ok(theirs) = parse_secret(&found.text, false) else { return Ok(false) };
        let differs = theirs.smarthr.access_token.expose_secret() != held.smarthr.access_token.expose_secret();
        if differs {
            *held = Held::new(theirs.smarthr, found);
        }
        Ok(differs)
    }

    async fn exchange(
        &self,
        old: &SmartHrSecret,
        http: &reqwest::Client,
        deadline: Deadline,
    ) -> Result<Exchange, SmartHrError> {
        let refresh_token = old.refresh_token.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        if let Some(id) = &old.client_id {
            form.push(("client_id", id));
        }
        if let Some(secret) = &old.client_secret {
            form.push(("client_secret", secret.expose_secret()));
        }
        let url = format!("{}/oauth/token", self.auth_url);
        let mut tries_left = RATE_RETRIES;
        let response = loop {
            let request = http.post(&url).timeout(deadline.left().min(Duration::from_secs(30))).form(&form);
            // Not repeated: a lost answer may have used the refresh token up.
            let response = request.send().await.map_err(|_| {
                SmartHrError::new(Code::SmarthrUnreachable, READING, "トークンの更新で応答がありません")
            })?;
            if response.status() != StatusCode::TOO_MANY_REQUESTS {
                break response;
            }
            let pause = pause_asked_for(response.headers());
            if tries_left == 0 || !deadline.allows(pause) {
                return Err(SmartHrError::new(Code::SmarthrRateLimit, READING, "HTTP 429"));
            }
            tries_left -= 1;
            tokio::time::sleep(pause).await;
        };
        let status = response.status();
        let body = read_body(response, 1 << 20)
            .await
            .map_err(|_| SmartHrError::new(Code::SmarthrBody, READING, "トークンの更新の応答が途中で切れました"))?;
        if status.is_client_error() {
            let said = words(&body);
            return Ok(Exchange::Refused(format!("HTTP {} {}", status.as_u16(), said.kind)));
        }
        if !status.is_success() {
            return Err(SmartHrError::new(Code::SmarthrDown, READING, format!("HTTP {}", status.as_u16())));
        }
        let answer: TokenAnswer = serde_json::from_slice(&body)
            .map_err(|_| SmartHrError::new(Code::SmarthrBody, READING, "トークンの更新の応答を読み取れません"))?;
        let lifetime = answer.expires_in.filter(|seconds| (1..=10 * 365 * 24 * 3600).contains(seconds));
        Ok(Exchange::New(SmartHrSecret {
            access_token: answer.access_token.into(),
            refresh_token: answer.refresh_token.map(SecretString::from).or_else(|| old.refresh_token.clone()),
            expires_at: lifetime.map(|seconds| (self.now)() + SignedDuration::from_secs(seconds)),
            refreshed_at: Some((self.now)()),
            client_id: old.client_id.clone(),
            client_secret: old.client_secret.clone(),
        }))
    }
}

/// The answer of the token endpoint.
#[derive(serde::Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<i64>,
}

enum Exchange {
    New(SmartHrSecret),
    Refused(String),
}

fn unreadable(error: &crate::state::ports::SecretError) -> SmartHrError {
    SmartHrError::new(Code::SecretUnreadable, READING, format!("{}: {}", error.kind, error.detail))
}
