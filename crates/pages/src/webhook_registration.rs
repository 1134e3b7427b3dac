//! Runs after a change, switched on and off: `[on_change]` in the configuration, the token in the secret, the webhook at
//! SmartHR, and the schedule.

use bytes::Bytes;
use jiff::Timestamp;
use link::config::Config;
use link::state::keys::Key;
use link::state::ports::{Condition, StateErrorKind, StateStore};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::change_scheduler::ChangeScheduler;
use crate::person::Person;
use crate::problem::Problem;
use crate::random::random_name;
use crate::secret_file;
use crate::settings;
use crate::site::Site;
use crate::smarthr::{self, WebhookError};

/// The endpoint's path.
pub(crate) const PATH: &str = "/smarthr/webhook";

/// SmartHR's webhook as far as the pages know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Webhook {
    version: u64,
    /// SmartHR's id of it; `None` where a person registers it by hand.
    pub(crate) id: Option<String>,
    /// The address that it was made for.
    pub(crate) url: String,
    /// When the runs were switched on.
    pub(crate) since: Timestamp,
    /// Who switched them on.
    pub(crate) by: String,
}

/// The webhook; `None` where the runs were never switched on here.
pub(crate) async fn webhook<S: Site>(app: &App<S>) -> Result<Option<Webhook>, Problem> {
    let found = app.state().get(&Key::webhook()).await?;
    Ok(found.and_then(|found| serde_json::from_slice(&found.body).ok()))
}

/// Switches the runs on: token, webhook at SmartHR where the account may, configuration.
pub(crate) async fn turn_on<S: Site>(app: &App<S>, person: &Person, origin: &str) -> Result<Webhook, Problem> {
    let config = app.needed_config().await?;
    let token = match secret_file::load(app).await?.webhook_token() {
        Some(token) => token,
        None => new_token(app).await?,
    };
    let url = format!("{origin}{PATH}");
    let before = webhook(app).await?.and_then(|webhook| webhook.id);
    let id = register(app, &config, before, &url, &token).await?;
    let webhook = Webhook { version: 1, id, url, since: app.now(), by: person.name.clone() };
    keep(app, &webhook).await?;
    switch(app, true).await?;
    Ok(webhook)
}

/// Switches the runs off: configuration, schedule, webhook at SmartHR, token.
pub(crate) async fn turn_off<S: Site>(app: &App<S>) -> Result<(), Problem> {
    let Some(webhook) = webhook(app).await? else { return switch_if_on(app).await };
    switch_if_on(app).await?;
    if let Err(error) = app.site.scheduler().remove().await {
        // A run that starts all the same does no harm: it is an ordinary run.
        tracing::warn!(%error, "the schedule could not be removed");
    }
    let access = secret_file::load_or_empty(app).await?.access_token();
    if let (Some(id), Some(access), Some(config)) = (&webhook.id, access, app.config().await)
        && let Err(error) = smarthr::remove_webhook(&config, &access, id).await
    {
        // The endpoint answers 404 from now on, and SmartHR disables the webhook by itself.
        tracing::warn!(?error, "SmartHR's webhook could not be removed");
    }
    secret_file::update(app, secret_file::SecretFile::without_webhook_token).await?;
    app.state().delete(&Key::webhook()).await?;
    Ok(())
}

/// Makes a new token, gives it to SmartHR where the webhook was registered by the pages; the one before is accepted for a
/// day.
pub(crate) async fn rotate<S: Site>(app: &App<S>) -> Result<Webhook, Problem> {
    let mut webhook = webhook(app).await?.ok_or_else(Problem::not_found)?;
    let config = app.needed_config().await?;
    let token = new_token(app).await?;
    webhook.id = register(app, &config, webhook.id.clone(), &webhook.url, &token).await?;
    keep(app, &webhook).await?;
    Ok(webhook)
}

async fn new_token<S: Site>(app: &App<S>) -> Result<SecretString, Problem> {
    let token = SecretString::from(random_name().map_err(|error| Problem::internal(&error.to_string()))?);
    let now = app.now();
    secret_file::update(app, |file| file.with_webhook_token(&token, now)).await?;
    Ok(token)
}

/// The webhook's id at SmartHR; `None` where the account may not register it or SmartHR does not answer: a person does
/// then.
async fn register<S: Site>(
    app: &App<S>,
    config: &Config,
    before: Option<String>,
    url: &str,
    token: &SecretString,
) -> Result<Option<String>, Problem> {
    let Some(access) = secret_file::load_or_empty(app).await?.access_token() else { return Ok(None) };
    if let Some(id) = before {
        match smarthr::change_webhook(config, &access, &id, url, token).await {
            Ok(()) => return Ok(Some(id)),
            Err(WebhookError::Gone) => {}
            Err(error) => {
                tracing::warn!(?error, "SmartHR's webhook could not be changed");
                return Ok(None);
            }
        }
    }
    match smarthr::register_webhook(config, &access, url, token).await {
        Ok(id) => Ok(Some(id)),
        Err(error) => {
            tracing::warn!(?error, "SmartHR's webhook could not be registered");
            Ok(None)
        }
    }
}

async fn keep<S: Site>(app: &App<S>, webhook: &Webhook) -> Result<(), Problem> {
    let body = serde_json::to_vec(webhook).map_err(|error| Problem::internal(&error.to_string()))?;
    app.state().put(&Key::webhook(), Bytes::from(body), Condition::Always).await?;
    Ok(())
}

async fn switch_if_on<S: Site>(app: &App<S>) -> Result<(), Problem> {
    match app.config().await {
        Some(config) if config.on_change.enabled => switch(app, false).await,
        _ => Ok(()),
    }
}

async fn switch<S: Site>(app: &App<S>, enabled: bool) -> Result<(), Problem> {
    let file = app.config_file().await?.ok_or_else(Problem::config_missing)?;
    let config = file.config.map_err(|faults| Problem::config_faulty(&faults))?;
    if config.on_change.enabled == enabled {
        return Ok(());
    }
    let text = settings::with_on_change(&file.text, enabled)
        .ok_or_else(|| Problem::internal("config.toml cannot be edited"))?;
    match app.state().put(&Key::config(), text.into(), Condition::Unchanged(file.version)).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == StateErrorKind::Conflict => Err(Problem::overtaken()),
        Err(error) => Err(error.into()),
    }
}
