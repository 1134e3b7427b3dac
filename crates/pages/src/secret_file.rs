//! The tenant's secret as the pages see it: the launch key and the app's credentials are read, SmartHR's tokens are
//! written and taken away, everything else stays as it is.

use jiff::Timestamp;
use link::state::ports::{SecretErrorKind, SecretStore};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::app::App;
use crate::problem::Problem;
use crate::site::Site;

/// The secret, parsed and not validated: before the first consent much of it is missing.
pub(crate) struct SecretFile(Map<String, Value>);

/// SmartHR's answer to a consent.
pub(crate) struct NewTokens {
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) expires_at: Option<Timestamp>,
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

    fn with(mut self, tokens: Option<&NewTokens>) -> Self {
        let section = self.0.entry("smarthr").or_insert_with(|| Value::Object(Map::new()));
        if !section.is_object() {
            *section = Value::Object(Map::new());
        }
        if let Some(section) = section.as_object_mut() {
            // A refresh token of an earlier consent must not outlive it.
            for key in ["access_token", "refresh_token", "expires_at"] {
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
            }
        }
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

/// Puts SmartHR's tokens in, or takes them away. A run may refresh them at the same moment: then it is done again.
pub(crate) async fn store<S: Site>(app: &App<S>, tokens: Option<&NewTokens>) -> Result<(), Problem> {
    for _ in 0..4 {
        let stored = app.secrets().load().await?;
        let file = SecretFile::parse(&stored.text).ok_or_else(unreadable)?.with(tokens);
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
        let new = NewTokens { access_token: "b".into(), refresh_token: None, expires_at: None };
        let with: Value = Value::Object(file().with(Some(&new)).0);
        assert_eq!(with["smarthr"], serde_json::json!({"access_token":"b","client_id":"c"}));
        assert_eq!((&with["emc"]["token"], &with["more"]), (&"e".into(), &serde_json::json!([1])));
        let without = file().with(None);
        assert!(without.access_token().is_none() && without.emc_token().is_some());
    }
}
