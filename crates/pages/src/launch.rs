//! The launch link from EMC's maintenance site: a JWT that is short-lived, meant for this tenant, and good once.

use axum::extract::{Query, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, http::HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use link::state::TenantId;
use link::state::keys::Key;
use link::state::ports::{Condition, SecretStore, StateErrorKind, StateStore};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::app::Shared;
use crate::audit::{self, Action};
use crate::person::{Person, Role};
use crate::problem::Problem;
use crate::random::{digest, random_name};
use crate::respond::see_other;
use crate::secret_file::SecretFile;
use crate::session;
use crate::site::{Caller, Site};

/// So long a launch link may live from its making to its use.
pub const LAUNCH_LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// Clocks of two systems differ a little.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// HS256's own security needs a key at least as long as its hash.
const SHORTEST_KEY: usize = 32;
const LONGEST_TOKEN: usize = 4_096;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: String,
    #[serde(default)]
    name: Option<String>,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(default)]
    role: Role,
}

/// A launch link could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The secret has no key, or one that is too short.
    #[error("the tenant's secret has no connect.launch_key of at least {SHORTEST_KEY} characters")]
    Key,
    /// No random number could be had, or the token could not be signed.
    #[error("the token could not be made: {0}")]
    Token(String),
}

/// Makes the token of a launch link: what EMC's maintenance site does for its button, and an operator by hand.
pub fn mint(secret: &SecretString, tenant: &TenantId, person: &Person, now: Timestamp) -> Result<String, MintError> {
    let file = SecretFile::parse(secret).ok_or(MintError::Key)?;
    let key = usable(file.launch_key()).ok_or(MintError::Key)?;
    let claims = Claims {
        aud: tenant.to_string(),
        sub: person.id.clone(),
        name: Some(person.name.clone()),
        iat: now.as_second(),
        exp: (now + LAUNCH_LIFETIME).as_second(),
        jti: random_name().map_err(|error| MintError::Token(error.to_string()))?,
        nbf: None,
        role: Role::default(),
    };
    let key = EncodingKey::from_secret(key.expose_secret().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map_err(|error| MintError::Token(error.to_string()))
}

fn usable(key: Option<SecretString>) -> Option<SecretString> {
    key.filter(|key| key.expose_secret().len() >= SHORTEST_KEY)
}

/// Why a token lets nobody in. RunRecord to the log by kind; the visitor hears the same words for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Forged,
    Outdated,
    Malformed,
}

/// What a right token says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Launch {
    person: Person,
    role: Role,
    /// The token's own name.
    jti: String,
}

/// Reads a token, if it is right. Time is the tenant's clock, not the library's.
fn verify(token: &str, key: &SecretString, tenant: &TenantId, now: Timestamp) -> Result<Launch, Refusal> {
    if token.len() > LONGEST_TOKEN {
        return Err(Refusal::Malformed);
    }
    if has_critical_header(token) {
        return Err(Refusal::Malformed);
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[tenant.as_str()]);
    validation.set_required_spec_claims(&["aud", "sub", "exp"]);
    validation.validate_exp = false;
    let key = DecodingKey::from_secret(key.expose_secret().as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| Refusal::Forged)?.claims;
    let (Ok(issued), Ok(expires)) = (Timestamp::from_second(claims.iat), Timestamp::from_second(claims.exp)) else {
        return Err(Refusal::Malformed);
    };
    // A link that lives for longer than ours do would stay open in somebody's mail.
    let not_before = claims.nbf.map(Timestamp::from_second).transpose().map_err(|_| Refusal::Malformed)?;
    if not_before.is_some_and(|time| time > now + SKEW) {
        return Err(Refusal::Outdated);
    }
    let lives_long = expires.duration_since(issued) > LAUNCH_LIFETIME;
    if lives_long || expires <= issued || now >= expires || issued > now + SKEW {
        return Err(Refusal::Outdated);
    }
    let shown = |text: &str, most: usize| {
        let fits = !text.trim().is_empty() && text.chars().count() <= most && !text.contains(char::is_control);
        fits.then(|| text.trim().to_owned())
    };
    let id = shown(&claims.sub, 100).ok_or(Refusal::Malformed)?;
    let name = claims.name.as_deref().and_then(|name| shown(name, 100)).unwrap_or_else(|| id.clone());
    let jti = shown(&claims.jti, 200).ok_or(Refusal::Malformed)?;
    Ok(Launch { person: Person { id, name }, role: claims.role, jti })
}

/// Whether the token's header names extensions that have to be understood (`crit`): none is.
fn has_critical_header(token: &str) -> bool {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header = header.and_then(|header| serde_json::from_slice::<serde_json::Value>(&header).ok());
    header.is_some_and(|header| header.get("crit").is_some())
}

#[derive(Deserialize)]
pub(crate) struct LaunchQuery {
    #[serde(default)]
    token: String,
}

/// `GET /launch?token=…`: exchanges the token for a session. Previews of links ask by HEAD and use nothing up.
pub(crate) async fn enter<S: Site>(
    State(app): State<Shared<S>>,
    Extension(caller): Extension<Caller>,
    method: Method,
    headers: HeaderMap,
    Query(query): Query<LaunchQuery>,
) -> Result<Response, Problem> {
    if method == Method::HEAD {
        return Ok(StatusCode::OK.into_response());
    }
    let now = app.now();
    let stored = app.secrets().load().await?;
    let key = usable(SecretFile::parse(&stored.text).and_then(|file| file.launch_key())).ok_or_else(|| {
        tracing::error!("the secret has no usable connect.launch_key");
        refused()
    })?;
    let Launch { person, role, jti } = match verify(&query.token, &key, &app.settings.tenant, now) {
        Ok(launch) => launch,
        Err(refusal) => {
            tracing::warn!(?refusal, "a launch link was refused");
            // Only what fails is counted: whatever others send from the same address, a right link lets its person in.
            return Err(if app.rate_limits.allows(&caller.address) { refused() } else { Problem::too_many() });
        }
    };
    // Used up before anything is given for it; the write is conditional, so that of two only one goes through.
    let used = serde_json::json!({ "used_at": now.to_string() }).to_string();
    let written = app.state().put(&Key::launch(&digest(&jti)), Bytes::from(used), Condition::Absent).await;
    match written {
        Ok(_) => {}
        Err(error) if error.kind == StateErrorKind::Conflict => {
            tracing::warn!("a launch link was used again");
            return Err(refused());
        }
        Err(error) => return Err(error.into()),
    }
    // Whoever was inside in this browser before leaves.
    if let Some(old) = session::cookie_of(&headers) {
        session::end(&app, old).await;
    }
    let name = session::begin(&app, &person, role).await?;
    audit::note(&app, &person, Action::Entered, "").await?;
    let mut response = see_other("/");
    response.headers_mut().insert(header::SET_COOKIE, session::cookie(&name)?);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

fn refused() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "このリンクは使えません",
        "ログイン用のリンクの有効期限が切れたか、すでに使われました。リンクは5分以内に1回だけ使えます。",
        "エマージェンシーコールのメンテナンスサイトにログインし、「ユーザ管理」-「人事データ連携」からもう一度お入りください。",
    )
    .outside()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn now() -> Timestamp {
        "2026-11-24T00:00:00Z".parse().unwrap()
    }
    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }
    fn minted() -> String {
        let secret = SecretString::from(format!("{{\"connect\":{{\"launch_key\":\"{KEY}\"}}}}"));
        mint(&secret, &tenant("acme"), &Person { id: "y".into(), name: "山田".into() }, now()).unwrap()
    }
    fn verified(token: &str, at: Timestamp) -> Result<Launch, Refusal> {
        verify(token, &SecretString::from(KEY), &tenant("acme"), at)
    }
    fn signed(algorithm: Algorithm, claims: &serde_json::Value) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(KEY.as_bytes())).unwrap()
    }

    #[test]
    fn a_minted_token_is_good_for_its_tenant_and_time() {
        let token = minted();
        assert_eq!(verified(&token, now()).unwrap().person.name, "山田");
        assert_eq!(verified(&token, now() + LAUNCH_LIFETIME), Err(Refusal::Outdated));
        assert_eq!(verified(&token, now() - SignedDuration::from_mins(2)), Err(Refusal::Outdated));
        let key = SecretString::from(KEY);
        assert_eq!(verify(&token, &key, &tenant("beta"), now()), Err(Refusal::Forged));
        let other = SecretString::from("another key of the same length..");
        assert_eq!(verify(&token, &other, &tenant("acme"), now()), Err(Refusal::Forged));
    }

    #[test]
    fn a_short_key_makes_no_token() {
        let secret = SecretString::from("{\"connect\":{\"launch_key\":\"short\"}}");
        let person = Person { id: "y".into(), name: "y".into() };
        assert!(matches!(mint(&secret, &tenant("acme"), &person, now()), Err(MintError::Key)));
    }

    #[test]
    fn what_is_not_exactly_right_is_refused() {
        let at = now().as_second();
        let right = serde_json::json!({"aud":"acme","sub":"y","iat":at,"exp":at+60,"jti":"1"});
        assert!(verified(&signed(Algorithm::HS256, &right), now()).is_ok());
        let with = |key: &str, value: serde_json::Value| {
            let mut claims = right.clone();
            claims[key] = value;
            signed(Algorithm::HS256, &claims)
        };
        for (token, refusal) in [
            (signed(Algorithm::HS512, &right), Refusal::Forged),
            (with("exp", (at + 3600).into()), Refusal::Outdated),
            (with("exp", i64::MAX.into()), Refusal::Malformed),
            (with("iat", (at + 120).into()), Refusal::Outdated),
            (with("aud", "beta".into()), Refusal::Forged),
            (with("sub", "".into()), Refusal::Malformed),
            (with("sub", "a\r\nb".into()), Refusal::Malformed),
            (with("jti", "".into()), Refusal::Malformed),
            (with("nbf", (at + 120).into()), Refusal::Outdated),
            (with("role", "owner".into()), Refusal::Forged),
            (String::new(), Refusal::Forged),
            ("a.b.c".to_owned(), Refusal::Forged),
            ("x".repeat(5_000), Refusal::Malformed),
        ] {
            assert_eq!(verified(&token, now()).unwrap_err(), refusal, "{token:.80}");
        }
        assert_eq!(verified(&with("role", "viewer".into()), now()).unwrap().role, Role::Viewer);
        assert_eq!(verified(&with("nbf", at.into()), now()).unwrap().role, Role::Operator);
        // {"alg":"HS256","crit":["x"]}: an extension that has to be understood.
        let critical = minted().split_once('.').unwrap().1.to_owned();
        let token = format!("eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdfQ.{critical}");
        assert_eq!(verified(&token, now()), Err(Refusal::Malformed));
        // An unsigned token: header {"alg":"none"}.
        let payload = minted().split('.').nth(1).unwrap().to_owned();
        assert_eq!(verified(&format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}."), now()), Err(Refusal::Forged));
    }
}
