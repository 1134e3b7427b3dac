//! The seam between the link and the place to which upload files are delivered. SFTP and S3 are other crates'; a build has
//! those that its `main` hands over, and says so of the others.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use secrecy::SecretString;

use crate::config::DeliveryTarget;

/// The credentials of the secret's `upload` part.
#[derive(Clone, Debug, Default)]
pub struct UploadSecret {
    /// A private key in PEM form (OpenSSH or PKCS#8), not encrypted.
    pub private_key: Option<SecretString>,
    /// A password, used where there is no key or the server asks for both.
    pub password: Option<SecretString>,
}

/// One file to be delivered.
#[derive(Clone, Debug)]
pub struct DeliveryFile {
    /// Its name at the destination: unique to run and file, ASCII, without a path.
    pub name: String,
    /// All of it.
    pub content: Bytes,
}

/// The files of one run on their way. They appear at the destination in this order, each as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Shipment<'s> {
    /// Where to.
    pub target: &'s DeliveryTarget,
    /// What to log in with.
    pub secret: &'s UploadSecret,
    /// What.
    pub files: &'s [DeliveryFile],
}

/// How a file came to its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// By this delivery.
    Now,
    /// By an earlier one: a file of this name and content was there already.
    Before,
}

/// Takes files to a destination.
pub trait Delivery: Send + Sync {
    /// Delivers all files; of each, how it came there. A file that is there already is not written again.
    fn deliver<'a>(&'a self, shipment: Shipment<'a>) -> BoxFuture<'a, Result<Vec<Placed>, DeliveryError>>;

    /// Looks whether files could be delivered, as far as that can be seen without writing.
    fn probe<'a>(
        &'a self,
        target: &'a DeliveryTarget,
        secret: &'a UploadSecret,
    ) -> BoxFuture<'a, Result<(), DeliveryError>>;
}

/// A delivery failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct DeliveryError {
    /// What went wrong.
    pub kind: DeliveryErrorKind,
    /// Whether a file may have appeared at the destination.
    pub visible: Visible,
    /// The destination's own words, or what happened on the way; no secret in it.
    pub detail: String,
}

impl DeliveryError {
    /// An error before anything could appear at the destination.
    pub fn before(kind: DeliveryErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, visible: Visible::Nothing, detail: detail.into() }
    }
    /// The same, once a file may have appeared.
    #[must_use]
    pub fn perhaps_visible(self) -> Self {
        Self { visible: Visible::Perhaps, ..self }
    }
}

/// What whoever looks at the destination may see of a failed delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    /// Nothing under a final name.
    Nothing,
    /// One file or more, or nobody knows.
    Perhaps,
}

/// The kinds of [`DeliveryError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryErrorKind {
    /// This build cannot deliver to such a place.
    Unsupported,
    /// The server's key is not the one of the config.
    HostKey,
    /// It does not accept the credentials, or they allow no writing.
    Denied,
    /// A file of the same name but other content is there.
    NameTaken,
    /// It cannot be reached, refuses (no such directory, full disk), or the connection broke.
    Failed,
}

impl fmt::Display for DeliveryErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsupported => "this build cannot deliver there",
            Self::HostKey => "another host key",
            Self::Denied => "access denied",
            Self::NameTaken => "the name is taken",
            Self::Failed => "delivery failed",
        })
    }
}

/// What a platform can deliver by; by default nothing.
#[derive(Clone, Default)]
pub struct Deliveries {
    /// To an SFTP server.
    pub sftp: Option<Arc<dyn Delivery>>,
    /// To a bucket.
    pub s3: Option<Arc<dyn Delivery>>,
}

impl Deliveries {
    /// The one for this target.
    pub fn to(&self, target: &DeliveryTarget) -> Result<&dyn Delivery, DeliveryError> {
        let (found, what) = match target {
            DeliveryTarget::Sftp(_) => (&self.sftp, "built without SFTP"),
            DeliveryTarget::S3(_) => (&self.s3, "built without S3"),
        };
        found.as_deref().ok_or_else(|| DeliveryError::before(DeliveryErrorKind::Unsupported, what))
    }
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliveries").field("sftp", &self.sftp.is_some()).field("s3", &self.s3.is_some()).finish()
    }
}
