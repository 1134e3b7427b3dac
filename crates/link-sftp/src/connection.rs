//! A connection to the server: its key is compared before anything is said, then the user logs in.

use std::borrow::Cow;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use link::config::SftpTarget;
use link::state::delivery::{DeliveryError, DeliveryErrorKind, UploadSecret};
use russh::client::{self, AuthResult, Handle};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key};
use russh::{Disconnect, Preferred};
use russh_sftp::client::SftpSession;
use secrecy::ExposeSecret;

/// From the first packet to the agreed keys, and again from there to the login.
const PATIENCE: Duration = Duration::from_secs(20);
/// One request for a file.
const REQUEST_SECONDS: u64 = 30;
/// A farewell is a courtesy.
const FAREWELL: Duration = Duration::from_secs(2);

/// The host keys that can be checked. RSA is not among them: `Cargo.toml` says why.
const HOST_KEYS: [Algorithm; 4] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
];

/// A user who is logged in, and their files.
pub(crate) struct Connection {
    ssh: Handle<HostKeyCheck>,
    files: SftpSession,
}

impl Connection {
    pub(crate) async fn open(target: &SftpTarget, secret: &UploadSecret) -> Result<Self, DeliveryError> {
        let mut ssh = known_server(target).await?;
        bounded("login", log_in(&mut ssh, target, secret)).await?;
        let files = bounded("sftp", async {
            let channel = ssh.channel_open_session().await.map_err(|error| failed(&error))?;
            channel.request_subsystem(true, "sftp").await.map_err(|error| failed(&error))?;
            let config = russh_sftp::client::Config { request_timeout_secs: REQUEST_SECONDS, ..Default::default() };
            SftpSession::new_with_config(channel.into_stream(), config).await.map_err(|error| failed(&error))
        })
        .await?;
        Ok(Self { ssh, files })
    }

    pub(crate) fn files(&self) -> &SftpSession {
        &self.files
    }

    pub(crate) async fn close(self) {
        let farewell = async {
            let _ = self.files.close().await;
            let _ = self.ssh.disconnect(Disconnect::ByApplication, "", "en").await;
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }
}

/// Connects to the server whose key the config names. A server has a key for each algorithm and shows the one that is
/// asked for first: where that is not the config's, the others are asked for.
async fn known_server(target: &SftpTarget) -> Result<Handle<HostKeyCheck>, DeliveryError> {
    let mut algorithms = HOST_KEYS.to_vec();
    let mut seen: Vec<String> = Vec::new();
    loop {
        let check = HostKeyCheck::new(&target.host_keys);
        let shown = Arc::clone(&check.shown);
        let preferred = Preferred { key: Cow::Owned(algorithms.clone()), ..Preferred::default() };
        let config = client::Config { preferred, nodelay: true, ..client::Config::default() };
        let connected = bounded("connection", async {
            let connected = client::connect(Arc::new(config), (target.host.as_str(), target.port), check).await;
            connected.map_err(|error| failed(&error))
        })
        .await;
        let refused = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (connected, refused) {
            (Ok(ssh), _) => return Ok(ssh),
            (Err(_), Some((algorithm, fingerprint))) => {
                seen.push(fingerprint);
                algorithms.retain(|known| *known != algorithm);
                if algorithms.is_empty() || seen.len() > HOST_KEYS.len() {
                    return Err(other_key(&seen));
                }
            }
            (Err(_), None) if !seen.is_empty() => return Err(other_key(&seen)),
            (Err(error), None) => return Err(error),
        }
    }
}

fn other_key(seen: &[String]) -> DeliveryError {
    DeliveryError::before(DeliveryErrorKind::HostKey, format!("the server's keys: {}", seen.join(", ")))
}

/// What the server showed that the config does not name.
type Shown = Arc<Mutex<Option<(Algorithm, String)>>>;

/// Compares the server's key with those of the config.
pub(crate) struct HostKeyCheck {
    accepted: Vec<String>,
    shown: Shown,
}

impl HostKeyCheck {
    fn new(accepted: &[String]) -> Self {
        Self { accepted: accepted.to_vec(), shown: Shown::default() }
    }
}

impl client::Handler for HostKeyCheck {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        // Certificates are not asked for.
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        let is_accepted = self.accepted.contains(&fingerprint);
        if !is_accepted {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            *shown = Some((key.algorithm(), fingerprint));
        }
        Ok(is_accepted)
    }
}

/// With the key where there is one, then with the password where the key was not enough.
async fn log_in(
    ssh: &mut Handle<HostKeyCheck>,
    target: &SftpTarget,
    secret: &UploadSecret,
) -> Result<(), DeliveryError> {
    let denied = |detail: String| DeliveryError::before(DeliveryErrorKind::Denied, detail);
    let mut refusal = "the secret has neither a key nor a password".to_owned();
    if let Some(key) = &secret.private_key {
        // The library's own words could repeat what it read.
        let key = decode_secret_key(key.expose_secret(), None)
            .map_err(|_| denied("the private key cannot be read (encrypted, RSA, or no key)".to_owned()))?;
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
        let result = ssh.authenticate_publickey(&target.user, key).await.map_err(|error| failed(&error))?;
        if accepted(ssh, &result)? {
            return Ok(());
        }
        "the key was not accepted".clone_into(&mut refusal);
    }
    if let Some(password) = &secret.password {
        let result = ssh.authenticate_password(&target.user, password.expose_secret()).await;
        if accepted(ssh, &result.map_err(|error| failed(&error))?)? {
            return Ok(());
        }
        "the password was not accepted".clone_into(&mut refusal);
    }
    Err(denied(format!("user {}: {refusal}", target.user)))
}

/// Whether the server let the user in. A connection that broke looks like a refusal that names no further method.
fn accepted(ssh: &Handle<HostKeyCheck>, result: &AuthResult) -> Result<bool, DeliveryError> {
    match result {
        AuthResult::Success => Ok(true),
        AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() && ssh.is_closed() => {
            Err(DeliveryError::before(DeliveryErrorKind::Failed, "the connection broke at the login"))
        }
        AuthResult::Failure { .. } => Ok(false),
    }
}

async fn bounded<T>(what: &str, work: impl Future<Output = Result<T, DeliveryError>>) -> Result<T, DeliveryError> {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| Err(DeliveryError::before(DeliveryErrorKind::Failed, format!("{what} timed out"))))
}

fn failed(error: &dyn std::error::Error) -> DeliveryError {
    DeliveryError::before(DeliveryErrorKind::Failed, crate::place::clipped(&error.to_string()))
}
