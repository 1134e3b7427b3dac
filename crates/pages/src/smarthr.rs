//! SmartHR's side of a consent: where the browser is sent, what the code is exchanged for, and whose tokens they are.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use link::config::{Config, Mapping, SmartHrField, Source};
use link::net::{self, Deadline, read_body};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::secret_file::NewTokens;

/// No answer of these is larger.
const BODY_LIMIT: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a consent came to nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ConsentError {
    /// The code is used up, too old, or of another address.
    Expired,
    /// SmartHR does not know the app, or not with this secret.
    App,
    /// The tokens are not of the tenant that the configuration names.
    OtherTenant,
    /// The account may not read what the sheet needs; by name.
    Rights(Vec<&'static str>),
    /// SmartHR is in maintenance, or out of reach.
    Unavailable,
    /// SmartHR answered what nobody expects.
    Unexpected(u16),
}

/// Whose consent it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Account {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    pub(crate) email: Option<String>,
}

impl Account {
    pub(crate) fn id(&self) -> Option<String> {
        match &self.id {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// What a consent brought.
pub(crate) struct Granted {
    pub(crate) tokens: NewTokens,
    /// SmartHR's name of the tenant, where it tells one.
    pub(crate) tenant: Option<String>,
}

/// Where the browser goes to ask for the consent.
pub(crate) fn authorization(
    config: &Config,
    client_id: &str,
    scope: Option<&str>,
    redirect_uri: &str,
    state: &str,
    challenge: &str,
) -> Option<Url> {
    let mut url = Url::parse(&format!("{}/oauth/authorization", config.smarthr.auth_url)).ok()?;
    url.query_pairs_mut()
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("response_type", "code")
        .append_pair("state", state)
        .append_pair("code_challenge", challenge)
        .append_pair("code_challenge_method", "S256");
    if let Some(scope) = scope {
        url.query_pairs_mut().append_pair("scope", scope);
    }
    Some(url)
}

/// Exchanges a code for tokens.
pub(crate) async fn exchange(
    config: &Config,
    app: &(String, SecretString),
    code: &str,
    redirect_uri: &str,
    verifier: &str,
    now: Timestamp,
) -> Result<Granted, ConsentError> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        #[serde(default)]
        refresh_token: Option<String>,
        #[serde(default)]
        expires_in: Option<Value>,
        #[serde(default)]
        token_request_tenant_id: Option<Value>,
    }
    let client = net::client().map_err(|_| ConsentError::Unavailable)?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("client_id", app.0.as_str()),
        ("client_secret", app.1.expose_secret()),
        ("code_verifier", verifier),
    ];
    let sent = client.post(format!("{}/oauth/token", config.smarthr.auth_url)).form(&form).send();
    let (status, body) = answered(sent).await?;
    if !status.is_success() {
        let error = serde_json::from_slice::<Value>(&body).ok();
        let kind = error.as_ref().and_then(|error| error.get("error")?.as_str()).unwrap_or_default().to_owned();
        return Err(match (status.as_u16(), kind.as_str()) {
            (_, "invalid_grant") => ConsentError::Expired,
            (401, _) | (_, "invalid_client" | "unauthorized_client") => ConsentError::App,
            (429 | 500.., _) => ConsentError::Unavailable,
            (status, _) => ConsentError::Unexpected(status),
        });
    }
    let unexpected = || ConsentError::Unexpected(status.as_u16());
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| unexpected())?;
    let usable = |token: &str| !token.is_empty() && token.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if !usable(&answer.access_token) {
        return Err(unexpected());
    }
    let seconds = answer.expires_in.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()));
    let expires_at = seconds
        .filter(|seconds| (1..=315_360_000).contains(seconds))
        .and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    let tokens = NewTokens {
        access_token: answer.access_token.into(),
        refresh_token: answer.refresh_token.filter(|token| usable(token)).map(SecretString::from),
        expires_at,
        issued_at: now,
    };
    let tenant = answer.token_request_tenant_id.and_then(|value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    Ok(Granted { tokens, tenant })
}

/// Whose tokens they are, and whether they may read what is needed. Asked of the tenant that the configuration names: no
/// other tenant's tokens are taken there.
pub(crate) async fn account(
    config: &Config,
    mapping: Option<&Mapping>,
    token: &SecretString,
) -> Result<Account, ConsentError> {
    let client = net::client().map_err(|_| ConsentError::Unavailable)?;
    let get = async |path: &str| {
        let sent =
            client.get(format!("{}/api/v1/{path}", config.smarthr.base_url)).bearer_auth(token.expose_secret()).send();
        answered(sent).await
    };
    let (status, body) = get("users/me").await?;
    let mut account = Account::default();
    match status.as_u16() {
        200 => account = serde_json::from_slice(&body).map_err(|_| ConsentError::Unexpected(200))?,
        // A renamed or cancelled subdomain answers 400.
        400 | 401 | 404 => return Err(ConsentError::OtherTenant),
        // Whose account it is may be hidden from it; what it may read is asked below.
        403 => {}
        429 | 500.. => return Err(ConsentError::Unavailable),
        status => return Err(ConsentError::Unexpected(status)),
    }
    let mut refused = Vec::new();
    for (name, path) in needed(mapping) {
        match get(path).await?.0.as_u16() {
            200 => {}
            401 => return Err(ConsentError::OtherTenant),
            403 | 404 => refused.push(name),
            429 | 500.. => return Err(ConsentError::Unavailable),
            status => return Err(ConsentError::Unexpected(status)),
        }
    }
    if refused.is_empty() { Ok(account) } else { Err(ConsentError::Rights(refused)) }
}

/// Why a webhook could not be registered, changed or removed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WebhookError {
    /// The account may not: right Webhook, 参照・更新.
    Rights,
    /// SmartHR does not know this webhook (any more).
    Gone,
    /// SmartHR is in maintenance, out of reach, or answered what nobody expects.
    Unavailable,
}

/// What of a webhook SmartHR is told.
fn webhook_body(url: &str, token: &SecretString) -> Value {
    serde_json::json!({
        "url": url,
        "description": "エマージェンシーコール 人事データ連携",
        "crew_created": true, "crew_updated": true, "crew_deleted": true, "crew_imported": true,
        "dependent_created": false, "dependent_updated": false, "dependent_deleted": false, "dependent_imported": false,
        "expose_only_id": true,
        "secret_token": token.expose_secret(),
    })
}

/// Registers a webhook and gives its id.
pub(crate) async fn register_webhook(
    config: &Config,
    access: &SecretString,
    url: &str,
    token: &SecretString,
) -> Result<String, WebhookError> {
    let body = webhook_request(config, access, reqwest::Method::POST, "", Some(webhook_body(url, token))).await?;
    let made: Account = serde_json::from_slice(&body).map_err(|_| WebhookError::Unavailable)?;
    let id = made.id().filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    id.ok_or(WebhookError::Unavailable)
}

/// Gives a registered webhook another address or token.
pub(crate) async fn change_webhook(
    config: &Config,
    access: &SecretString,
    id: &str,
    url: &str,
    token: &SecretString,
) -> Result<(), WebhookError> {
    let path = format!("/{id}");
    webhook_request(config, access, reqwest::Method::PUT, &path, Some(webhook_body(url, token))).await.map(drop)
}

/// Removes a webhook.
pub(crate) async fn remove_webhook(config: &Config, access: &SecretString, id: &str) -> Result<(), WebhookError> {
    match webhook_request(config, access, reqwest::Method::DELETE, &format!("/{id}"), None).await {
        Ok(_) | Err(WebhookError::Gone) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn webhook_request(
    config: &Config,
    access: &SecretString,
    method: reqwest::Method,
    path: &str,
    body: Option<Value>,
) -> Result<bytes::Bytes, WebhookError> {
    let client = net::client().map_err(|_| WebhookError::Unavailable)?;
    let url = format!("{}/api/v1/webhooks{path}", config.smarthr.base_url);
    let mut request = client.request(method, url).bearer_auth(access.expose_secret());
    if let Some(body) = body {
        request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.to_string());
    }
    let (status, body) = answered(request.send()).await.map_err(|_| WebhookError::Unavailable)?;
    match status.as_u16() {
        200..300 => Ok(body),
        401 | 403 => Err(WebhookError::Rights),
        404 => Err(WebhookError::Gone),
        status => {
            tracing::warn!(status, "SmartHR did not take a webhook's change");
            Err(WebhookError::Unavailable)
        }
    }
}

/// What the sheet needs to be read, each with a request that reads as little as possible.
fn needed(mapping: Option<&Mapping>) -> Vec<(&'static str, &'static str)> {
    let mut needed =
        vec![("従業員リスト", "crews?page=1&per_page=1&fields=id"), ("部署マスタ", "departments?page=1&per_page=1")];
    let sources = mapping
        .into_iter()
        .flat_map(|mapping| mapping.rules.iter().map(|rule| &rule.source).chain([&mapping.user_id.source]));
    let (mut establishments, mut custom) = (false, false);
    for source in sources {
        establishments |= matches!(source, Source::Field(SmartHrField::Establishment));
        custom |= matches!(source, Source::Custom(_));
    }
    if establishments {
        needed.push(("事業所マスタ", "biz_establishments?page=1&per_page=1"));
    }
    if custom {
        needed.push(("カスタム従業員項目", "crew_custom_field_templates?page=1&per_page=1"));
    }
    needed
}

async fn answered(
    sent: impl Future<Output = Result<reqwest::Response, reqwest::Error>>,
) -> Result<(StatusCode, bytes::Bytes), ConsentError> {
    let answer = async {
        let response = sent.await.map_err(|error| {
            tracing::warn!(error = %error.without_url(), "SmartHR cannot be reached");
            ConsentError::Unavailable
        })?;
        let status = response.status();
        let body = read_body(response, BODY_LIMIT).await.map_err(|_| ConsentError::Unavailable)?;
        Ok((status, body))
    };
    let deadline = Deadline::after(PATIENCE);
    tokio::time::timeout_at(deadline.instant(), answer).await.unwrap_or(Err(ConsentError::Unavailable))
}
