//! One page, whatever it takes: paced, retried, refreshed, and never beyond the deadline.
//!
//! Retried with growing, jittered pauses: no connection, time-outs, 5xx, 429, broken bodies. Told at once: redirects and
//! every other 4xx.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;

use super::client::SmartHr;
use super::error::{SmartHrError, words};
use crate::fault::Code;
use crate::net::{BodyError, read_body_of_about};
use crate::state::ports::SecretStore;

/// The largest page that is read: 100 people with everything SmartHR has of them stay far below.
const PAGE_LIMIT: usize = 8 << 20;
/// The time for one attempt.
const ATTEMPT: Duration = Duration::from_mins(1);
/// So often a page is tried again after faults of the server or the network.
const RETRIES: usize = 5;
/// So often after 429: the pause between is SmartHR's own word.
pub(super) const RATE_RETRIES: usize = 30;
/// So often during maintenance, which lasts hours: only long enough to tell it from a hiccup.
const MAINTENANCE_RETRIES: usize = 2;

/// One answer as it came.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) body: Bytes,
    /// `x-total-count`.
    pub(crate) total: Option<u64>,
    /// Whether `Link` names a next page; `None` without the header.
    pub(crate) has_next: Option<bool>,
}

enum Attempt {
    Done(Page),
    /// To be tried again, at the earliest after `pause` where SmartHR names one.
    Again {
        error: SmartHrError,
        pause: Option<Duration>,
        kind: Again,
    },
    Refused(SmartHrError),
    Unauthorized(SmartHrError),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Fault,
    RateLimit,
    Maintenance,
}

impl<K: SecretStore> SmartHr<'_, K> {
    /// Gets one page of a listing.
    pub(crate) async fn page(
        &self,
        reading: &'static str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Page, SmartHrError> {
        let mut pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(20))
            .with_max_times(RETRIES)
            .build();
        let (mut rate_limited, mut maintained, mut refreshed) = (0, 0, false);
        loop {
            self.pace.turn().await;
            if self.deadline.left().is_zero() {
                return Err(SmartHrError::new(Code::SmarthrUnreachable, reading, "制限時間を過ぎました"));
            }
            let token = self.tokens.current(&self.http, self.deadline).await?;
            let (error, pause, kind) = match self.attempt(reading, path, query, token.expose_secret()).await {
                Attempt::Done(page) => return Ok(page),
                Attempt::Refused(error) => return Err(error),
                Attempt::Unauthorized(error) => {
                    if refreshed || !self.tokens.replace(&token, &self.http, self.deadline).await? {
                        return Err(error);
                    }
                    refreshed = true;
                    continue;
                }
                Attempt::Again { error, pause, kind } => (error, pause, kind),
            };
            let wait = match kind {
                Again::RateLimit => {
                    rate_limited += 1;
                    (rate_limited <= RATE_RETRIES).then(|| pause.unwrap_or(Duration::from_secs(1)))
                }
                Again::Maintenance => {
                    maintained += 1;
                    (maintained <= MAINTENANCE_RETRIES).then(|| Duration::from_secs(2))
                }
                Again::Fault => pauses.next().map(|own| pause.map_or(own, |theirs| theirs.max(own))),
            };
            let Some(wait) = wait.filter(|wait| self.deadline.allows(*wait)) else { return Err(error) };
            tracing::debug!(path, code = error.code().entry().name, wait_ms = wait.as_millis(), "asking SmartHR again");
            if kind == Again::RateLimit {
                // The limit is the token's: all requests wait.
                self.pace.pause_for(wait);
            } else {
                tokio::time::sleep(wait).await;
            }
        }
    }

    async fn attempt(&self, reading: &'static str, path: &str, query: &[(&str, &str)], token: &str) -> Attempt {
        self.count_request();
        let time = ATTEMPT.min(self.deadline.left());
        let request = self.http.get(format!("{}/api/v1{path}", self.base_url)).query(query).bearer_auth(token);
        let again = |code, detail: &str| Attempt::Again {
            error: SmartHrError::new(code, reading, detail),
            pause: None,
            kind: Again::Fault,
        };
        let work = async {
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) if error.is_timeout() => {
                    return again(Code::SmarthrUnreachable, "応答がありません(時間切れ)");
                }
                Err(error) if error.is_connect() => return again(Code::SmarthrUnreachable, "接続できません"),
                Err(_) => return again(Code::SmarthrUnreachable, "接続が切れました"),
            };
            self.obey_hourly_limit(response.headers());
            self.judge(reading, response).await
        };
        match tokio::time::timeout(time, work).await {
            Ok(attempt) => attempt,
            Err(_) => again(Code::SmarthrUnreachable, "応答が終わりません(時間切れ)"),
        }
    }

    async fn judge(&self, reading: &'static str, response: Response) -> Attempt {
        let status = response.status();
        let headers = response.headers().clone();
        if status.is_redirection() {
            let detail = format!("HTTP {}", status.as_u16());
            return Attempt::Refused(SmartHrError::new(Code::SmarthrRedirect, reading, detail));
        }
        let body = match read_body_of_about(response, PAGE_LIMIT, self.largest_page(reading)).await {
            Ok(body) => body,
            Err(BodyError::TooLarge { limit }) => {
                let detail = format!("応答が{}MBを超えています", limit >> 20);
                return Attempt::Refused(SmartHrError::new(Code::SmarthrBody, reading, detail).too_large());
            }
            Err(BodyError::Broken(_)) => {
                let error = SmartHrError::new(Code::SmarthrBody, reading, "応答が途中で切れました");
                return Attempt::Again { error, pause: None, kind: Again::Fault };
            }
        };
        if status.is_success() {
            let trimmed = body.trim_ascii();
            // Judged by what it is, not by its content type. The whole is parsed by whoever asked for it.
            let is_list = trimmed.starts_with(b"[") && trimmed.ends_with(b"]");
            let is_object = trimmed.starts_with(b"{") && trimmed.ends_with(b"}");
            if !(is_list || is_object) {
                let error = SmartHrError::new(Code::SmarthrBody, reading, "応答がJSONではありません");
                return Attempt::Again { error, pause: None, kind: Again::Fault };
            }
            let number = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            self.note_page(reading, body.len());
            return Attempt::Done(Page { body, total: number("x-total-count"), has_next: names_next(&headers) });
        }
        refusal(reading, status, &headers, &body)
    }

    /// At the end of the hourly limit everything waits for the next hour's; at the limit per second the pace already
    /// keeps below, and its `remaining: 0` is the normal state.
    fn obey_hourly_limit(&self, headers: &HeaderMap) {
        let number = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
        let (limit, left) = (number("x-rate-limit-limit"), number("x-rate-limit-remaining"));
        if let (Some(limit), Some(0), Some(reset)) = (limit, left, number("x-rate-limit-reset"))
            && limit > 60
        {
            let pause = Duration::from_secs(reset.max(1));
            // Beyond the deadline the next request is sent all the same: its 429 says what is the matter.
            if self.deadline.allows(pause) {
                self.pace.pause_for(pause);
            }
        }
    }
}

/// Whether `Link` names a next page, in whatever way RFC 8288 lets it be written; `None` without the header.
fn names_next(headers: &HeaderMap) -> Option<bool> {
    let mut links = headers.get_all("link").iter().filter_map(|value| value.to_str().ok()).peekable();
    links.peek()?;
    let is_next = |parameter: &str| {
        let Some((name, value)) = parameter.split_once('=') else { return false };
        name.trim().eq_ignore_ascii_case("rel")
            && value.split(['"', '\'', ' ', '\t']).any(|relation| relation.eq_ignore_ascii_case("next"))
    };
    Some(links.any(|links| links.split([';', ',']).any(is_next)))
}

fn refusal(reading: &'static str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Attempt {
    let said = words(body);
    let number = said.code.map(|code| format!(" code {code}")).unwrap_or_default();
    let detail = format!("HTTP {}{number} {}", status.as_u16(), said.text);
    let error = |code| SmartHrError::new(code, reading, detail.trim_end());
    let again = |code, pause, kind| Attempt::Again { error: error(code), pause, kind };
    if status == StatusCode::TOO_MANY_REQUESTS || said.code == Some(6) {
        return again(Code::SmarthrRateLimit, Some(pause_asked_for(headers)), Again::RateLimit);
    }
    if status.is_server_error() {
        if said.code == Some(9) || said.kind == "service_maintenance" {
            return again(Code::SmarthrMaintenance, None, Again::Maintenance);
        }
        return again(Code::SmarthrDown, retry_after(headers), Again::Fault);
    }
    if status == StatusCode::UNAUTHORIZED {
        return Attempt::Unauthorized(error(Code::SmarthrUnauthorized));
    }
    if status == StatusCode::REQUEST_TIMEOUT {
        return again(Code::SmarthrUnreachable, None, Again::Fault);
    }
    let inactive = status == StatusCode::BAD_REQUEST && said.text.to_ascii_lowercase().contains("inactive");
    let refused = error(match said.code {
        _ if inactive => Code::SmarthrSubdomain,
        Some(15) => Code::SmarthrIpNotPermitted,
        Some(7) => Code::SmarthrPlan,
        _ if status == StatusCode::FORBIDDEN => Code::SmarthrForbidden,
        _ => Code::SmarthrRefused,
    });
    Attempt::Refused(if status == StatusCode::NOT_FOUND { refused.not_found() } else { refused })
}

/// The pause that a 429 asks for: `Retry-After`, else the seconds left of the limit's window, else one second.
pub(super) fn pause_asked_for(headers: &HeaderMap) -> Duration {
    let reset = headers.get("x-rate-limit-reset").and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    retry_after(headers).or(reset.map(Duration::from_secs)).unwrap_or_default().max(Duration::from_secs(1))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    // The other form is an HTTP date; `Date` of the same answer is the server's clock to measure it by.
    let at = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|time| time.timestamp());
    let now = headers.get("date").and_then(|date| at(date.to_str().ok()?))?;
    let span = at(value)?.as_second() - now.as_second();
    Some(Duration::from_secs(u64::try_from(span).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_page_is_found_however_it_is_written() {
        let names = |links: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for link in links {
                headers.append("link", link.parse().expect("a header"));
            }
            names_next(&headers)
        };
        for link in [
            r#"<https://x/?page=2>; rel="next""#,
            "<https://x/?page=2>; rel=next",
            "<https://x/?page=2>;rel='next'",
            r#"<https://x/?page=2>; title="a"; REL = "Next""#,
            r#"<https://x/?page=1>; rel="first", <https://x/?page=2>; rel="next last""#,
            r#"<https://x/?page=2>; rel="last next""#,
        ] {
            assert_eq!(names(&[link]), Some(true), "{link}");
            assert_eq!(names(&["<https://x/>; rel=first", link]), Some(true), "{link}");
        }
        for link in ["<https://x/?rel=next>", r#"<https://x/>; rel="prev""#, "", r#"<x>; title="next""#] {
            assert_eq!(names(&[link]), Some(false), "{link}");
        }
        assert_eq!(names(&[]), None);
    }
}
