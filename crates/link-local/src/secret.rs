//! The tenant's secret in a file that only its owner can read.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use link::state::ports::{SecretError, SecretErrorKind, SecretStore, StoredSecret, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::atomic;

/// A secret in a file of mode 0600.
#[derive(Clone, Debug)]
pub struct FileSecret {
    path: PathBuf,
}

impl FileSecret {
    /// The secret at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the secret, whatever is there.
    pub fn set(&self, text: &SecretString) -> Result<(), SecretError> {
        atomic::replace(&self.path, text.expose_secret().as_bytes(), 0o600)
            .map_err(|error| self.failed("replace", &error))
    }

    fn read(&self, operation: &'static str) -> Result<String, SecretError> {
        let permissions = fs::metadata(&self.path).map_err(|error| self.failed(operation, &error))?.permissions();
        if permissions.mode() & 0o077 != 0 {
            return Err(SecretError {
                detail: "others can read the file: chmod 600".to_owned(),
                ..self.failed(operation, &io::ErrorKind::PermissionDenied.into())
            });
        }
        fs::read_to_string(&self.path).map_err(|error| self.failed(operation, &error))
    }

    fn failed(&self, operation: &'static str, error: &io::Error) -> SecretError {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => SecretErrorKind::Missing,
            io::ErrorKind::PermissionDenied => SecretErrorKind::Denied,
            _ => SecretErrorKind::Unavailable,
        };
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        SecretError { operation, name, kind, detail: error.to_string() }
    }
}

impl SecretStore for FileSecret {
    async fn load(&self) -> Result<StoredSecret, SecretError> {
        let text = self.read("load")?;
        Ok(StoredSecret { version: Version(atomic::version(text.as_bytes())), text: text.into() })
    }

    async fn replace(&self, text: SecretString, read_at: &Version) -> Result<Version, SecretError> {
        let mut lock = self.path.clone().into_os_string();
        lock.push(".lock");
        let _held = atomic::lock(Path::new(&lock)).map_err(|error| self.failed("replace", &error))?;
        let now = self.read("replace")?;
        if atomic::version(now.as_bytes()) != read_at.0 {
            let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let detail = "another version is in force".to_owned();
            return Err(SecretError { operation: "replace", name, kind: SecretErrorKind::Conflict, detail });
        }
        self.set(&text)?;
        Ok(Version(atomic::version(text.expose_secret().as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_replaced_only_where_nobody_else_did() {
        let directory = tempfile::tempdir().unwrap();
        let secret = FileSecret::new(directory.path().join("acme.json"));
        assert_eq!(secret.load().await.unwrap_err().kind, SecretErrorKind::Missing);
        secret.set(&"{}".to_owned().into()).unwrap();
        assert_eq!(fs::metadata(secret.path()).unwrap().permissions().mode() & 0o777, 0o600);
        let read = secret.load().await.unwrap();
        secret.replace("{\"a\":1}".to_owned().into(), &read.version).await.unwrap();
        let stale = secret.replace("{\"b\":1}".to_owned().into(), &read.version).await.unwrap_err();
        assert_eq!(stale.kind, SecretErrorKind::Conflict);
        assert_eq!(secret.load().await.unwrap().text.expose_secret(), "{\"a\":1}");
    }

    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let secret = FileSecret::new(directory.path().join("acme.json"));
        secret.set(&"{}".to_owned().into()).unwrap();
        fs::set_permissions(secret.path(), fs::Permissions::from_mode(0o644)).unwrap();
        let error = secret.load().await.unwrap_err();
        assert_eq!(error.kind, SecretErrorKind::Denied);
        assert!(error.detail.contains("chmod 600"));
    }
}
