//! The tenant's secret as the pages see it: the launch key and the app's credentials are read, SmartHR's tokens are
//! written and taken away, everything else stays as it is.

use jiff::{SignedDuration, Timestamp};
use link::state::ports::{SecretErrorKind, SecretStore};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::app::App;
use crate::problem::Problem;
use crate::site::Site;

/// How long the webhook's token before the last change is still accepted: SmartHR repeats an event for days, but with the
/// token of the moment.
const ROTATION: SignedDuration = SignedDuration::from_hours(24);

/// The secret, parsed and not validated: before the first consent much of it is missing.
pub(crate) struct SecretFile(Map<String, Value>);

/// SmartHR's answer to a consent.
pub(crate) struct NewTokens {
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) issued_at: Timestamp,
}

impl SecretFile {
    pub(crate) fn parse(text: &SecretString) -> Option<Self> {
        match serde_json::from_str(text.expose_secret()) {
            Ok(Value::Object(whole)) => Some(Self(whole)),
            _ => None,
        }
    }

    fn text(&self, section: &str, key: &str) -> Option<String> {
        let text = self.0.get(section)?.get(key)?.as_str()?.trim();
        let fits = !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        fits.then(|| text.to_owned())
    }

    /// What launch links are signed with.
    pub(crate) fn launch_key(&self) -> Option<SecretString> {
        self.text("connect", "launch_key").map(SecretString::from)
    }

    /// The SmartHR Plus app's id and secret.
    pub(crate) fn app(&self) -> Option<(String, SecretString)> {
        Some((self.text("smarthr", "client_id")?, self.text("smarthr", "client_secret")?.into()))
    }

    /// The scope to be asked for, where SmartHR wants one named.
    pub(crate) fn scope(&self) -> Option<String> {
        self.text("smarthr", "scope")
    }

    /// EMC's token.
    pub(crate) fn emc_token(&self) -> Option<SecretString> {
        self.text("emc", "token").map(SecretString::from)
    }

    /// The token that SmartHR takes now.
    pub(crate) fn access_token(&self) -> Option<SecretString> {
        self.text("smarthr", "access_token").map(SecretString::from)
    }

    /// When the tokens were exchanged last.
    pub(crate) fn refreshed_at(&self) -> Option<Timestamp> {
        self.text("smarthr", "refreshed_at")?.parse().ok()
    }

    /// The token that SmartHR's webhook sends.
    pub(crate) fn webhook_token(&self) -> Option<SecretString> {
        self.text("connect", "webhook_token").map(SecretString::from)
    }

    /// Until when the token before the last change is accepted, where it still is.
    pub(crate) fn webhook_token_before_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.text("connect", "webhook_token_before_until")?.parse::<Timestamp>().ok()?;
        (now < until && self.text("connect", "webhook_token_before").is_some()).then_some(until)
    }

    /// The tokens that the webhook may send now: the current one, and for a day the one before.
    pub(crate) fn webhook_tokens(&self, now: Timestamp) -> Vec<SecretString> {
        let until = self.webhook_token_before_until(now);
        let before = self.text("connect", "webhook_token_before").filter(|_| until.is_some());
        self.webhook_token().into_iter().chain(before.map(SecretString::from)).collect()
    }

    /// The same with a new webhook token; the one before stays good for a day.
    pub(crate) fn with_webhook_token(mut self, token: &SecretString, now: Timestamp) -> Self {
        let before = self.webhook_token();
        self.change_section("connect", |connect| {
            if let Some(before) = before {
                connect.insert("webhook_token_before".into(), before.expose_secret().into());
                connect.insert("webhook_token_before_until".into(), (now + ROTATION).to_string().into());
            }
            connect.insert("webhook_token".into(), token.expose_secret().into());
        });
        self
    }

    /// The same without any webhook token.
    pub(crate) fn without_webhook_token(mut self) -> Self {
        self.change_section("connect", |connect| {
            for key in ["webhook_token", "webhook_token_before", "webhook_token_before_until"] {
                connect.remove(key);
            }
        });
        self
    }

    /// Changes a section, which is made where it is missing or no object.
    fn change_section(&mut self, name: &str, change: impl FnOnce(&mut Map<String, Value>)) {
        let mut section = match self.0.remove(name) {
            Some(Value::Object(section)) => section,
            _ => Map::new(),
        };
        change(&mut section);
        self.0.insert(name.to_owned(), Value::Object(section));
    }

    /// The same with these SmartHR tokens in place of all before, or without any.
    pub(crate) fn with_tokens(mut self, tokens: Option<&NewTokens>) -> Self {
        self.change_section("smarthr", |section| {
            // A refresh token of an earlier consent must not outlive it.
            for key in ["access_token", "refresh_token", "expires_at", "refreshed_at"] {
                section.remove(key);
            }
            if let Some(tokens) = tokens {
                section.insert("access_token".into(), tokens.access_token.expose_secret().into());
                if let Some(token) = &tokens.refresh_token {
                    section.insert("refresh_token".into(), token.expose_secret().into());
                }
                if let Some(time) = tokens.expires_at {
                    section.insert("expires_at".into(), time.to_string().into());
                }
                section.insert("refreshed_at".into(), tokens.issued_at.to_string().into());
            }
        });
        self
    }
}

/// Reads the secret.
pub(crate) async fn load<S: Site>(app: &App<S>) -> Result<SecretFile, Problem> {
    let stored = app.secrets().load().await?;
    SecretFile::parse(&stored.text).ok_or_else(unreadable)
}

/// Reads the secret; a tenant whose secret has no value yet has an empty one.
pub(crate) async fn load_or_empty<S: Site>(app: &App<S>) -> Result<SecretFile, Problem> {
    match app.secrets().load().await {
        Ok(stored) => SecretFile::parse(&stored.text).ok_or_else(unreadable),
        Err(error) if error.kind == SecretErrorKind::Missing => Ok(SecretFile(Map::new())),
        Err(error) => Err(error.into()),
    }
}

/// Changes the secret. A run may refresh its tokens at the same moment: then the change is made again.
pub(crate) async fn update<S: Site>(app: &App<S>, change: impl Fn(SecretFile) -> SecretFile) -> Result<(), Problem> {
    for _ in 0..4 {
        let stored = app.secrets().load().await?;
        let file = change(SecretFile::parse(&stored.text).ok_or_else(unreadable)?);
        let text = serde_json::to_string(&file.0).map_err(|error| Problem::internal(&error.to_string()))?;
        match app.secrets().replace(text.into(), &stored.version).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind == SecretErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::overtaken())
}

fn unreadable() -> Problem {
    Problem::new(
        axum::http::StatusCode::CONFLICT,
        "連携の準備がまだ終わっていません",
        "シークレットの内容がJSONとして読み取れません。",
        "運用担当へご連絡ください。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_tokens_replace_all_of_the_old_and_nothing_else() {
        let text = r#"{"smarthr":{"access_token":"a","refresh_token":"r","expires_at":"2026-01-01T00:00:00Z","client_id":"c"},
                       "emc":{"token":"e"},"more":[1]}"#;
        let file = || SecretFile::parse(&SecretString::from(text)).unwrap();
        let issued_at = "2026-11-23T04:30:00Z".parse().unwrap();
        let new = NewTokens { access_token: "b".into(), refresh_token: None, expires_at: None, issued_at };
        let with: Value = Value::Object(file().with_tokens(Some(&new)).0);
        assert_eq!(
            with["smarthr"],
            serde_json::json!({"access_token":"b","client_id":"c","refreshed_at":"2026-11-23T04:30:00Z"})
        );
        assert_eq!((&with["emc"]["token"], &with["more"]), (&"e".into(), &serde_json::json!([1])));
        let without = file().with_tokens(None);
        assert!(without.access_token().is_none() && without.refreshed_at().is_none() && without.emc_token().is_some());
    }

    #[test]
    fn the_webhook_token_before_is_good_for_a_day() {
        let now: Timestamp = "2026-11-23T04:30:00Z".parse().unwrap();
        let file = SecretFile::parse(&SecretString::from(r#"{"connect":{"launch_key":"k"}}"#)).unwrap();
        let file = file.with_webhook_token(&"first".into(), now).with_webhook_token(&"second".into(), now);
        let accepted = |at: Timestamp| -> Vec<String> {
            file.webhook_tokens(at).iter().map(|token| token.expose_secret().to_owned()).collect()
        };
        assert_eq!(accepted(now + SignedDuration::from_hours(23)), ["second", "first"]);
        assert_eq!(accepted(now + SignedDuration::from_hours(24)), ["second"]);
        assert!(file.launch_key().is_some());
        assert_eq!(file.without_webhook_token().webhook_tokens(now).len(), 0);
    }
}
