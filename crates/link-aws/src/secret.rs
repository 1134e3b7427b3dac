//! The tenant's secret in Secrets Manager.

use std::error::Error;

use aws_sdk_secretsmanager::Client;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use link::state::ports::{SecretError, SecretErrorKind, SecretStore, StoredSecret, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::failure::{status, told};

/// The label of the version in force.
const CURRENT: &str = "AWSCURRENT";
/// The label that a version carries until it is in force. A version without any label could be removed at any time.
const NEXT: &str = "EMCLINKNEXT";

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

    fn error(&self, operation: &'static str, kind: SecretErrorKind, detail: impl Into<String>) -> SecretError {
        SecretError { operation, name: self.name.clone(), kind, detail: detail.into() }
    }

    async fn read(&self, operation: &'static str) -> Result<StoredSecret, SecretError> {
        let found = self.client.get_secret_value().secret_id(&self.name).send().await;
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
        self.read("load").await
    }

    /// Secrets Manager has no conditional write, but it moves a label only from the version that the caller names. So the
    /// new text is stored beside the version in force, and then the label `AWSCURRENT` is moved from `read_at` to it:
    /// that fails if someone else has moved it in the meantime. Needs `PutSecretValue` and `UpdateSecretVersionStage`.
    async fn replace(&self, text: SecretString, read_at: &Version) -> Result<Version, SecretError> {
        let conflict = || self.error("replace", SecretErrorKind::Conflict, "another version is in force");
        // A look first, so that the common conflict leaves no version behind.
        if self.read("replace").await?.version != *read_at {
            return Err(conflict());
        }
        // The SDK gives each call a request token: a repeated attempt makes no second version.
        let put = self.client.put_secret_value().secret_id(&self.name).secret_string(text.expose_secret());
        let written = put.version_stages(NEXT).send().await.map_err(|error| self.failed("replace", &error))?.version_id;
        let version = written.ok_or_else(|| {
            self.error("replace", SecretErrorKind::Unavailable, "the answer names no version of the secret")
        })?;
        let moved = self
            .client
            .update_secret_version_stage()
            .secret_id(&self.name)
            .version_stage(CURRENT)
            .remove_from_version_id(&read_at.0)
            .move_to_version_id(&version)
            .send()
            .await;
        let version = Version(version);
        match moved {
            Ok(_) => Ok(version),
            Err(error) if error.code() == Some("InvalidParameterException") => {
                // Someone else was faster; or it was this call, repeated after its answer was lost.
                if self.read("replace").await?.version == version { Ok(version) } else { Err(conflict()) }
            }
            Err(error) => Err(self.failed("replace", &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
