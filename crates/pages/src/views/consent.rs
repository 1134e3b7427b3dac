//! 連携する: to SmartHR for the consent, and back with it. OAuth 2, authorization code with PKCE; `state` belongs to the
//! session and is good once.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use link::state::keys::Key;
use link::state::ports::{Condition, StateStore};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::form::Posted;
use crate::problem::Problem;
use crate::random::{digest, random_name};
use crate::respond::see_other;
use crate::secret_file;
use crate::session::{Consent, SignedIn};
use crate::sheet_store;
use crate::site::{Caller, Site};
use crate::smarthr::{self, ConsentError};
use crate::webhook_registration;

const CALLBACK: &str = "/smarthr/callback";
/// A consent that takes longer is asked for anew.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);
/// SmartHR's code and our state are shorter.
const LONGEST_WORD: usize = 2_048;

/// Which SmartHR account allowed the link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Connection {
    version: u64,
    pub(crate) connected_at: Timestamp,
    /// Who clicked.
    pub(crate) by: String,
    pub(crate) account_id: Option<String>,
    pub(crate) account_email: Option<String>,
    pub(crate) smarthr_tenant: Option<String>,
}

/// The consent in force, as far as it was given here.
pub(crate) async fn connection<S: Site>(app: &App<S>) -> Result<Option<Connection>, Problem> {
    let found = app.state().get(&Key::connection()).await?;
    Ok(found.and_then(|found| serde_json::from_slice(&found.body).ok()))
}

/// `POST /connection/connect`: to SmartHR.
pub(crate) async fn ask<S: Site>(
    State(app): State<Shared<S>>,
    Extension(caller): Extension<Caller>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    let config = app.needed_config().await?;
    let secret = secret_file::load(&app).await?;
    let (client_id, _) = secret.app().ok_or_else(no_app)?;
    let random = || random_name().map_err(|error| Problem::internal(&error.to_string()));
    let (state, verifier) = (random()?, random()?);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let redirect_uri = format!("{}{CALLBACK}", caller.origin);
    let scope = secret.scope();
    let to = smarthr::authorization(&config, &client_id, scope.as_deref(), &redirect_uri, &state, &challenge)
        .ok_or_else(|| Problem::internal("smarthr.auth_url is no address"))?;
    posted.session.ask(&app, Consent { state: digest(&state), verifier, asked: app.now() }).await?;
    Ok(see_other(to.as_str()))
}

#[derive(Deserialize)]
pub(crate) struct CallbackQuery {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// `GET /smarthr/callback`: back from SmartHR.
pub(crate) async fn back<S: Site>(
    State(app): State<Shared<S>>,
    Extension(caller): Extension<Caller>,
    SignedIn(mut session): SignedIn,
    Query(returned): Query<CallbackQuery>,
) -> Result<Response, Problem> {
    if !app.rate_limits.allows(&caller.address) {
        return Err(Problem::too_many());
    }
    let fits = |word: &Option<String>| word.clone().filter(|word| !word.is_empty() && word.len() <= LONGEST_WORD);
    let state = fits(&returned.state).ok_or_else(not_asked)?;
    // Looked at before it is taken: a link from elsewhere must not spoil a consent that is on its way.
    if session.record.consent.as_ref().is_none_or(|consent| consent.state != digest(&state)) {
        return Err(not_asked());
    }
    let consent = session.take_consent(&app).await?.ok_or_else(not_asked)?;
    if app.now().duration_since(consent.asked) > LONGEST {
        return Err(told(&ConsentError::Expired));
    }
    if let Some(error) = fits(&returned.error) {
        tracing::warn!("SmartHR returned an error instead of a code");
        return Err(if error == "access_denied" { denied() } else { told(&ConsentError::App) });
    }
    let code = fits(&returned.code).ok_or_else(not_asked)?;
    let config = app.needed_config().await?;
    let secret = secret_file::load(&app).await?;
    let own = secret.app().ok_or_else(no_app)?;
    let redirect_uri = format!("{}{CALLBACK}", caller.origin);
    let granted = smarthr::exchange(&config, &own, &code, &redirect_uri, &consent.verifier, app.now())
        .await
        .map_err(|error| told(&error))?;
    let mapping = sheet_store::in_force(&app).await?.and_then(|sheet| sheet.mapping.ok());
    let account = smarthr::account(&config, mapping.as_ref(), &granted.tokens.access_token)
        .await
        .map_err(|error| told(&error))?;
    let person = session.record.person.clone();
    audit::note(&app, &person, Action::Connected, "").await?;
    secret_file::update(&app, |file| file.with_tokens(Some(&granted.tokens))).await?;
    let connection = Connection {
        version: 1,
        connected_at: app.now(),
        by: person.name,
        account_id: account.id(),
        account_email: account.email.clone(),
        smarthr_tenant: granted.tenant,
    };
    let body = Bytes::from(serde_json::to_vec(&connection).unwrap_or_default());
    app.state().put(&Key::connection(), body, Condition::Always).await?;
    session.say(&app, "SmartHRと連携しました。続いて「点検」で設定と権限を確認してください。").await?;
    Ok(see_other("/connection"))
}

/// `POST /connection/disconnect`.
pub(crate) async fn end<S: Site>(State(app): State<Shared<S>>, mut posted: Posted) -> Result<Response, Problem> {
    if posted.field("sure") != "yes" {
        return Err(Problem::bad_request("確認のチェックがないため、連携を解除していません。"));
    }
    audit::note(&app, &posted.session.record.person, Action::Disconnected, "").await?;
    // While the tokens are still there: SmartHR removes its webhook for nobody else.
    webhook_registration::turn_off(&app).await?;
    secret_file::update(&app, |file| file.with_tokens(None)).await?;
    app.state().delete(&Key::connection()).await?;
    posted.session.say(&app, "SmartHRとの連携を解除しました。").await?;
    Ok(see_other("/connection"))
}

const AGAIN: (&str, &str) = ("/connection", "SmartHR連携の画面に戻る");

fn problem(status: StatusCode, title: &'static str, what: impl Into<String>, todo: &str) -> Problem {
    Problem::new(status, title, what, todo).way(AGAIN.0, AGAIN.1)
}

fn no_app() -> Problem {
    problem(
        StatusCode::CONFLICT,
        "連携の準備がまだ終わっていません",
        "SmartHRアプリの登録情報(client_id、client_secret)がまだ登録されていません。",
        "運用担当へご連絡ください。",
    )
}

fn not_asked() -> Problem {
    problem(
        StatusCode::BAD_REQUEST,
        "連携の手続きを確認できません",
        "この画面から始めた手続きではないか、すでに終わった手続きです。何も変更していません。",
        "「SmartHR連携」の画面から「連携する」をもう一度押してください。",
    )
}

fn denied() -> Problem {
    problem(
        StatusCode::FORBIDDEN,
        "SmartHRで許可されませんでした",
        "SmartHRの画面で連携が許可されなかったため、連携していません。",
        "連携するには、SmartHRの管理者アカウントでログインし、許可を選んでください。",
    )
}

fn told(error: &ConsentError) -> Problem {
    match error {
        ConsentError::Expired => problem(
            StatusCode::BAD_REQUEST,
            "手続きの有効期限が切れました",
            "SmartHRの許可から時間がたったため、連携できませんでした。何も変更していません。",
            "「連携する」をもう一度押してください。",
        ),
        ConsentError::App => problem(
            StatusCode::BAD_GATEWAY,
            "SmartHRアプリの登録を確認できません",
            "SmartHRが、このアプリからの連携の要求を受け付けませんでした。",
            "運用担当へ、アプリの登録情報(client_id、client_secret、リダイレクトURI)の確認をご依頼ください。",
        ),
        ConsentError::OtherTenant => problem(
            StatusCode::FORBIDDEN,
            "別のSmartHRにログインしています",
            "許可されたSmartHRは、この連携に設定されたSmartHRではありません。何も変更していません。",
            "SmartHRからいったんログアウトし、連携するSmartHRの管理者アカウントでログインし直してから、「連携する」をもう一度押してください。SmartHRのサブドメインを変更した場合は、運用担当へご連絡ください。",
        ),
        ConsentError::Rights(names) => problem(
            StatusCode::FORBIDDEN,
            "SmartHRのアカウントの権限が足りません",
            "許可したSmartHRのアカウントでは、連携に必要な次の情報を閲覧できません。何も変更していません。",
            "SmartHRの管理者アカウントで許可するか、アカウントの権限に閲覧を追加してから、「連携する」をもう一度押してください。",
        )
        .details(names.iter().map(|name| (*name).to_owned())),
        ConsentError::Unavailable => problem(
            StatusCode::BAD_GATEWAY,
            "SmartHRに接続できません",
            "SmartHRが応答しないか、メンテナンス中です。何も変更していません。",
            "しばらく待ってから「連携する」をもう一度押してください。",
        ),
        ConsentError::Unexpected(status) => problem(
            StatusCode::BAD_GATEWAY,
            "SmartHRから想定外の応答がありました",
            format!("SmartHRの応答を処理できませんでした(HTTP {status})。何も変更していません。"),
            "もう一度お試しください。続くときは運用担当へご連絡ください。",
        ),
    }
}
