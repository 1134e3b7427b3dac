//! The tenant's secret in Secrets Manager.

use std::error::Error;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use link::state::ports::{SecretError, SecretErrorKind, SecretStore, StoredSecret, Version};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::failure::{status, told};

/// The label of the version in force.
const CURRENT: &str = "AWSCURRENT";
/// The label of the version that was in force before.
const PREVIOUS: &str = "AWSPREVIOUS";

/// One secret.
#[derive(Clone, Debug)]
pub struct ManagedSecret {
    client: Client,
    name: String,
}

impl ManagedSecret {
    /// The secret of this name or ARN.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    fn failed<E>(&self, operation: &'static str, error: &SdkError<E, Response>) -> SecretError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.error(operation, kind_of(error.code(), status(error)), told(error))
    }

    /// Stores a version and puts it in force; its name.
    async fn put(
        &self,
        text: &SecretString,
        name: Option<String>,
    ) -> Result<String, SdkError<PutSecretValueError, Response>> {
        let put = self.client.put_secret_value().secret_id(&self.name).secret_string(text.expose_secret());
        // Without a name of ours the SDK gives one to all attempts of this call: a repeated attempt makes no second version.
        let stored = put.set_client_request_token(name.clone()).send().await?;
        Ok(stored.version_id.or(name).unwrap_or_default())
    }

    fn error(&self, operation: &'static str, kind: SecretErrorKind, detail: impl Into<String>) -> SecretError {
        SecretError { operation, name: self.name.clone(), kind, detail: detail.into() }
    }

    async fn read(&self, operation: &'static str, label: &str) -> Result<StoredSecret, SecretError> {
        let found = self.client.get_secret_value().secret_id(&self.name).version_stage(label).send().await;
        let found = found.map_err(|error| self.failed(operation, &error))?;
        let missing = |detail| self.error(operation, SecretErrorKind::Missing, detail);
        let text = found.secret_string.ok_or_else(|| missing("the secret has no text value"))?;
        let version = found.version_id.ok_or_else(|| missing("the secret has no version"))?;
        Ok(StoredSecret { text: SecretString::from(text), version: Version(version) })
    }
}

fn kind_of(code: Option<&str>, status: Option<u16>) -> SecretErrorKind {
    match (code, status) {
        // A secret that is marked for deletion answers `InvalidRequestException`.
        (Some("ResourceNotFoundException" | "InvalidRequestException"), _) => SecretErrorKind::Missing,
        (
            Some(
                "AccessDeniedException"
                | "AccessDenied"
                | "UnrecognizedClientException"
                | "ExpiredTokenException"
                | "DecryptionFailure"
                | "EncryptionFailure",
            ),
            _,
        )
        | (_, Some(401 | 403)) => SecretErrorKind::Denied,
        _ => SecretErrorKind::Unavailable,
    }
}

impl SecretStore for ManagedSecret {
    async fn load(&self) -> Result<StoredSecret, SecretError> {
        self.read("load", CURRENT).await
    }

    /// Secrets Manager has no conditional write, but a version's name is given by the writer and taken once. Whoever
    /// replaces `read_at` names the next version after it: of two runs that replace the same version, one is refused.
    /// A person who stores a version in the console gives it a name of its own; if that happens between the look and the
    /// write, theirs becomes the previous version instead of `read_at`: it is put back in force and told as a conflict.
    async fn replace(&self, text: SecretString, read_at: &Version) -> Result<Version, SecretError> {
        const OPERATION: &str = "replace";
        let conflict = || self.error(OPERATION, SecretErrorKind::Conflict, "another version is in force");
        if self.read(OPERATION, CURRENT).await?.version != *read_at {
            return Err(conflict());
        }
        let version = match self.put(&text, Some(successor(read_at))).await {
            Ok(version) => version,
            Err(error) if error.code() == Some("ResourceExistsException") => {
                if self.read(OPERATION, CURRENT).await?.version != *read_at {
                    return Err(conflict());
                }
                // An operator went back to `read_at`, so its successor is an old version that nobody is writing now.
                self.put(&text, None).await.map_err(|error| self.failed(OPERATION, &error))?
            }
            Err(error) => return Err(self.failed(OPERATION, &error)),
        };
        let version = Version(version);
        if let Ok(overtaken) = self.read(OPERATION, PREVIOUS).await
            && overtaken.version != *read_at
            && overtaken.version != version
        {
            tracing::warn!("the secret was changed by someone else at the same moment: their version is put back");
            self.put(&overtaken.text, None).await.map_err(|error| self.failed(OPERATION, &error))?;
            return Err(conflict());
        }
        Ok(version)
    }
}

/// The name of the version that replaces `version`: 32 hexadecimal digits, which Secrets Manager takes as a name.
fn successor(version: &Version) -> String {
    let digest = Sha256::digest(version.0.as_bytes());
    let half = digest.iter().take(16).fold(0_u128, |name, byte| name << 8 | u128::from(*byte));
    format!("{half:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_version_is_named_after_the_one_before() {
        let name = |version: &str| successor(&Version(version.to_owned()));
        assert_eq!(name("a"), name("a"));
        assert_ne!(name("a"), name("b"));
        assert_eq!(name("a").len(), 32);
    }

    #[test]
    fn failures_are_known_by_code_or_status() {
        for (code, status, kind) in [
            (Some("ResourceNotFoundException"), 400, SecretErrorKind::Missing),
            (Some("InvalidRequestException"), 400, SecretErrorKind::Missing),
            (Some("AccessDeniedException"), 400, SecretErrorKind::Denied),
            (Some("DecryptionFailure"), 400, SecretErrorKind::Denied),
            (None, 403, SecretErrorKind::Denied),
            (Some("InternalServiceError"), 500, SecretErrorKind::Unavailable),
            (Some("ThrottlingException"), 400, SecretErrorKind::Unavailable),
        ] {
            assert_eq!(kind_of(code, Some(status)), kind, "{code:?} {status}");
        }
    }
}
