//! The tenant's secret in Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use link::state::ports::{SecretError, SecretErrorKind, SecretStore, StoredSecret, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::told;

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

    fn error<E: ProvideErrorMetadata>(&self, operation: &'static str, error: &SdkError<E, Response>) -> SecretError {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let kind = match (error.code(), status) {
            (Some("ResourceNotFoundException"), _) => SecretErrorKind::Missing,
            (Some("ResourceExistsException"), _) => SecretErrorKind::Conflict,
            (Some("AccessDeniedException" | "AccessDenied" | "UnrecognizedClientException"), _)
            | (_, Some(401 | 403)) => SecretErrorKind::Denied,
            _ => SecretErrorKind::Unavailable,
        };
        SecretError { operation, name: self.name.clone(), kind, detail: told(error) }
    }
}

impl SecretStore for ManagedSecret {
    async fn load(&self) -> Result<StoredSecret, SecretError> {
        let found = self.client.get_secret_value().secret_id(&self.name).send().await;
        let found = found.map_err(|error| self.error("load", &error))?;
        let text = found.secret_string.ok_or_else(|| SecretError {
            operation: "load",
            name: self.name.clone(),
            kind: SecretErrorKind::Missing,
            detail: "the secret has no text value".to_owned(),
        })?;
        Ok(StoredSecret { text: SecretString::from(text), version: Version(found.version_id.unwrap_or_default()) })
    }

    /// Secrets Manager has no conditional write. The version in force is looked at right before the write, and a write
    /// carries a token of its own, so that the SDK's repetition of it makes no second version. Two runs of a tenant are
    /// kept apart by the lock; what this guards against is a person who connects anew at the same time.
    async fn replace(&self, text: SecretString, read_at: &Version) -> Result<Version, SecretError> {
        let now = self.load().await?;
        if now.version != *read_at {
            return Err(SecretError {
                operation: "replace",
                name: self.name.clone(),
                kind: SecretErrorKind::Conflict,
                detail: "another version is in force".to_owned(),
            });
        }
        let written =
            self.client.put_secret_value().secret_id(&self.name).secret_string(text.expose_secret()).send().await;
        let written = written.map_err(|error| self.error("replace", &error))?;
        Ok(Version(written.version_id.unwrap_or_default()))
    }
}
