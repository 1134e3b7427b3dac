//! One request to EMC, repeated until there is a definite answer.
//!
//! Repeated are: no connection, a lost or broken answer, no answer in time, 429 and 5xx. At most [`Pace::attempts`] times, with
//! jittered pauses, all below the deadline. That is safe for every call of the contract: `GET` changes nothing, and `PUT` and
//! `DELETE` of an import answer a repetition with what they answered first.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};

use super::answer::{Unreadable, parse_words};
use super::body::ImportBody;
use super::error::{EmcError, Operation};
use crate::fault::Code;
use crate::net::{self, BodyError, Deadline};

/// The longest that one attempt of an import may take.
const PUT_WITHIN: Duration = Duration::from_mins(2);
/// The longest that one attempt of any other call may take.
const ASK_WITHIN: Duration = Duration::from_secs(30);
/// What a refusal says need not be read further than this.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// How long to pause before asking again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Requests for one answer.
    pub(super) attempts: usize,
    /// The first pause after a failure; doubled each time, up to 20 times itself.
    pub(super) retry: Duration,
    /// The first pause while EMC processes an import; rises up to ten times itself.
    pub(super) poll: Duration,
}

impl Pace {
    pub(super) const DAILY: Self =
        Self { attempts: 5, retry: Duration::from_millis(500), poll: Duration::from_millis(500) };

    fn retries(self) -> impl Iterator<Item = Duration> + Send {
        ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.retry)
            .with_max_delay(self.retry * 20)
            .with_factor(2.0)
            .with_max_times(self.attempts.saturating_sub(1))
            .build()
    }

    pub(super) fn polls(self) -> impl Iterator<Item = Duration> + Send {
        ExponentialBuilder::new()
            .with_min_delay(self.poll)
            .with_max_delay(self.poll * 10)
            .with_factor(1.5)
            .without_max_times()
            .build()
    }
}

/// One call of the contract.
pub(super) struct Call<'a, T> {
    pub(super) operation: Operation,
    pub(super) method: Method,
    /// Below the base, with a leading slash.
    pub(super) path: &'a str,
    pub(super) body: Option<&'a ImportBody>,
    /// The longest answer that is taken, in bytes.
    pub(super) limit: usize,
    /// Reads the body of a 200.
    pub(super) read: fn(&Bytes) -> Result<T, Unreadable>,
}

/// An answer that asking again would not change.
pub(super) struct Exchanged<T> {
    pub(super) response: Response<T>,
    /// Whether an earlier attempt of the same call may have reached EMC unanswered.
    pub(super) after_unanswered: bool,
}

/// What EMC said.
pub(super) enum Response<T> {
    /// 200.
    Done(T),
    /// 202.
    Processing,
    /// Anything else but 429 and 5xx.
    Refused(StatusCode, Bytes),
}

/// An attempt that is worth another.
enum Retryable {
    /// No time was left to begin it.
    Late,
    /// Nothing was sent.
    Unconnected(reqwest::Error),
    /// Sent in part or whole, without an answer or with a broken one.
    Unanswered(reqwest::Error),
    /// A 200 whose body ends in the middle: without a length, a broken connection looks like the end.
    CutShort,
    /// 429 or 5xx.
    Busy { status: StatusCode, words: Option<String>, wait: Option<Duration> },
}

impl Retryable {
    /// A 429 is an answer: the request was not taken.
    fn may_have_arrived(&self) -> bool {
        match self {
            Self::Late | Self::Unconnected(_) => false,
            Self::Unanswered(_) | Self::CutShort => true,
            Self::Busy { status, .. } => status.is_server_error(),
        }
    }
    fn into_error(self, operation: Operation) -> EmcError {
        match self {
            Self::Late => EmcError::new(operation, Code::EmcUnreachable, "制限時間に達しました"),
            Self::Unconnected(source) => {
                EmcError::new(operation, Code::EmcUnreachable, "接続できませんでした").source(source)
            }
            Self::Unanswered(source) if source.is_timeout() => {
                EmcError::new(operation, Code::EmcUnreachable, "時間内に応答がありませんでした").source(source)
            }
            Self::Unanswered(source) => {
                EmcError::new(operation, Code::EmcUnreachable, "応答の前または途中で接続が切れました").source(source)
            }
            Self::CutShort => EmcError::new(operation, Code::EmcBody, "応答が途中で切れていました"),
            Self::Busy { status, words, .. } if status == StatusCode::TOO_MANY_REQUESTS => {
                let detail = "要求が多すぎるとして拒否され続けました";
                EmcError::new(operation, Code::EmcDown, detail).status(status.as_u16()).words(words)
            }
            Self::Busy { status, words, .. } => {
                let detail = "サーバエラーが返され続けました";
                EmcError::new(operation, Code::EmcDown, detail).status(status.as_u16()).words(words)
            }
        }
    }
}

/// The way to one EMC.
pub(super) struct Exchange {
    http: reqwest::Client,
    /// Without a trailing slash.
    base: String,
    token: SecretString,
    authorization: HeaderValue,
    requests: AtomicU64,
    pub(super) deadline: Deadline,
    pub(super) pace: Pace,
}

impl Exchange {
    pub(super) fn new(base_url: &str, token: SecretString, deadline: Deadline) -> Result<Self, EmcError> {
        let base = base_url.trim_end_matches('/').to_owned();
        let good = reqwest::Url::parse(&base).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        if !good {
            let detail = "emc.base_urlが「http://」または「https://」で始まるアドレスではありません";
            return Err(EmcError::new(Operation::Setup, Code::ConfigValueInvalid, detail));
        }
        let bad_token = || {
            let detail = "emc.tokenが空か、トークンに使えない文字を含んでいます";
            EmcError::new(Operation::Setup, Code::SecretInvalid, detail)
        };
        if token.expose_secret().is_empty() {
            return Err(bad_token());
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(|_| bad_token())?;
        authorization.set_sensitive(true);
        // An import is answered when it is done: silence until then is no stall.
        let http = net::client_waiting(PUT_WITHIN).map_err(|source| {
            EmcError::new(Operation::Setup, Code::EmcUnreachable, "通信の準備ができませんでした").source(source)
        })?;
        Ok(Self { http, base, token, authorization, requests: AtomicU64::new(0), deadline, pace: Pace::DAILY })
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// EMC's words in a refusal, without the token should EMC repeat it.
    pub(super) fn words(&self, body: &[u8]) -> Option<String> {
        let hidden = String::from_utf8_lossy(body).replace(self.token.expose_secret(), "***");
        parse_words(hidden.as_bytes())
    }

    /// Asks until there is a definite answer. An error is uncertain if any attempt of a `PUT` may have
    /// reached EMC.
    pub(super) async fn ask<T>(&self, call: &Call<'_, T>) -> Result<Exchanged<T>, EmcError> {
        let mut pauses = self.pace.retries();
        let mut arrived = false;
        loop {
            let missed = match self.once(call).await.map_err(|error| error.uncertain_if(arrived))? {
                Ok(response) => return Ok(Exchanged { response, after_unanswered: arrived }),
                Err(missed) => missed,
            };
            arrived |= call.body.is_some() && missed.may_have_arrived();
            let asked_for = match &missed {
                Retryable::Busy { wait, .. } => wait.unwrap_or_default(),
                _ => Duration::ZERO,
            };
            let pause = pauses.next().map(|pause| pause.max(asked_for));
            let Some(pause) = pause.filter(|&pause| self.deadline.allows(pause)) else {
                return Err(missed.into_error(call.operation).uncertain_if(arrived));
            };
            let error = missed.into_error(call.operation);
            tracing::warn!(%error, pause_ms = pause.as_millis(), "EMC gave no definite answer; asking again");
            tokio::time::sleep(pause).await;
        }
    }

    /// One attempt. The outer error is one that another attempt would only repeat.
    async fn once<T>(&self, call: &Call<'_, T>) -> Result<Result<Response<T>, Retryable>, EmcError> {
        let left = self.deadline.left();
        if left.is_zero() {
            return Ok(Err(Retryable::Late));
        }
        let within = if call.body.is_some() { PUT_WITHIN } else { ASK_WITHIN };
        let mut request = self
            .http
            .request(call.method.clone(), format!("{}{}", self.base, call.path))
            .header(AUTHORIZATION, self.authorization.clone())
            .timeout(within.min(left));
        if let Some(body) = call.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))
                .header(CONTENT_ENCODING, HeaderValue::from_static("gzip"))
                .body(reqwest::Body::wrap(body.stream()));
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Ok(Err(Retryable::Unconnected(error))),
            Err(error) => return Ok(Err(Retryable::Unanswered(error))),
        };
        let (status, wait) = (response.status(), retry_after(response.headers()));
        let awaited = matches!(status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY);
        let limit = if awaited { call.limit } else { REFUSAL_LIMIT };
        let body = match net::read_body(response, limit).await {
            Ok(body) => body,
            Err(BodyError::Broken(error)) if awaited => return Ok(Err(Retryable::Unanswered(error))),
            Err(BodyError::TooLarge { .. }) if awaited => {
                let error = EmcError::new(call.operation, Code::EmcBody, "応答が大きすぎます").status(status.as_u16());
                return Err(error.uncertain_if(call.body.is_some() && status.is_success()));
            }
            // The status says enough.
            Err(_) => Bytes::new(),
        };
        Ok(match status {
            StatusCode::OK => match (call.read)(&body) {
                Ok(value) => Ok(Response::Done(value)),
                Err(Unreadable::CutShort) => Err(Retryable::CutShort),
                Err(Unreadable::Form) => {
                    let error = EmcError::new(call.operation, Code::EmcBody, "応答の内容が想定した形式ではありません");
                    return Err(error.status(status.as_u16()).uncertain_if(call.body.is_some()));
                }
            },
            StatusCode::ACCEPTED => Ok(Response::Processing),
            // Asking again for what is not offered would not change the answer.
            StatusCode::NOT_IMPLEMENTED => Ok(Response::Refused(status, body)),
            _ if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
                Err(Retryable::Busy { status, words: self.words(&body), wait })
            }
            _ => Ok(Response::Refused(status, body)),
        })
    }

    /// The error that a refusal is.
    pub(super) fn refusal(&self, operation: Operation, status: StatusCode, body: &[u8]) -> EmcError {
        let (code, detail) = match status {
            StatusCode::UNAUTHORIZED => (Code::EmcUnauthorized, "認証に失敗しました"),
            StatusCode::FORBIDDEN => (Code::EmcRefused, "権限が無いとして拒否されました"),
            StatusCode::NOT_FOUND => (Code::EmcRefused, "宛先が見つからないとされました"),
            StatusCode::CONFLICT => {
                (Code::EmcConflict, "同じ登録処理IDが別の内容で使われたか、取り消し済みとされました")
            }
            _ if status.is_redirection() => (Code::EmcRefused, "別のアドレスへ転送されました"),
            _ if status.is_client_error() => (Code::EmcRefused, "要求が拒否されました"),
            _ => (Code::EmcBody, "想定していない応答が返されました"),
        };
        EmcError::new(operation, code, detail).status(status.as_u16()).words(self.words(body))
    }
}

/// Seconds only: for a date, the usual pause must do.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
