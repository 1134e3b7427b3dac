//! The end of a contract: every object of a tenant with all its versions, and its secret. The daily function never calls this
//! and its role may not; an operator does, with rights of their own.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_sdk_s3::{Client, error::BuildError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use link::state::TenantId;

use crate::failure::told;

/// S3 takes so many objects in one request.
const BATCH: usize = 1000;
/// Listings from the front at most, while objects are erased.
const ERASING_ROUNDS: usize = 20;

/// What a tenant still has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// Versions of objects, those in force included.
    pub versions: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Marks of deletions.
    pub markers: u64,
    /// Whether the secret can still be read.
    pub secret: bool,
}

/// How a secret goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretRecovery {
    /// It can be restored for so many days, 7 to 30.
    Days(i64),
    /// At once and for ever.
    None,
}

/// A step of the erasure failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation} {place}: {detail}")]
pub struct ErasureError {
    /// What was tried.
    pub operation: &'static str,
    /// On what.
    pub place: String,
    /// AWS's own words.
    pub detail: String,
}

/// Everything that a tenant has in its bucket and in Secrets Manager.
#[derive(Clone, Debug)]
pub struct Erasure {
    s3: Client,
    secrets: aws_sdk_secretsmanager::Client,
    bucket: String,
    prefix: String,
    secret_id: String,
}

impl Erasure {
    pub(crate) fn new(
        s3: Client,
        secrets: aws_sdk_secretsmanager::Client,
        tenant: &TenantId,
        bucket: &str,
        secret_id: &str,
    ) -> Self {
        let prefix = format!("tenants/{tenant}/");
        Self { s3, secrets, bucket: bucket.to_owned(), prefix, secret_id: secret_id.to_owned() }
    }

    /// Where the objects are, for people.
    pub fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }

    /// Counts what is there.
    pub async fn remains(&self) -> Result<Remains, ErasureError> {
        let mut remains = Remains { secret: self.has_secret().await?, ..Remains::default() };
        self.walk(async |page| {
            remains.versions += page.versions;
            remains.bytes += page.bytes;
            remains.markers += page.markers;
            Ok(())
        })
        .await?;
        Ok(remains)
    }

    /// Erases every version and every mark of a deletion. What is written meanwhile stays: count again afterwards.
    pub async fn erase_objects(&self) -> Result<(), ErasureError> {
        // A listing that goes on from a version which is erased by then may leave some out: from the front again, until
        // one finds nothing. Bounded, because somebody may be writing.
        for _ in 0..ERASING_ROUNDS {
            let mut found = 0;
            self.walk(async |page| {
                found += page.objects.len();
                for batch in page.objects.chunks(BATCH) {
                    self.erase(batch).await?;
                }
                Ok(())
            })
            .await?;
            if found == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Erases the secret. One that is gone, or going, is no error.
    pub async fn erase_secret(&self, recovery: SecretRecovery) -> Result<(), ErasureError> {
        let request = self.secrets.delete_secret().secret_id(&self.secret_id);
        let request = match recovery {
            SecretRecovery::Days(days) => request.recovery_window_in_days(days),
            SecretRecovery::None => request.force_delete_without_recovery(true),
        };
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_gone(error.code()) => Ok(()),
            Err(error) => Err(failed("delete-secret", &self.secret_id, told(&error))),
        }
    }

    /// A secret that waits to be deleted cannot be read any more.
    async fn has_secret(&self) -> Result<bool, ErasureError> {
        match self.secrets.describe_secret().secret_id(&self.secret_id).send().await {
            Ok(found) => Ok(found.deleted_date.is_none()),
            Err(error) if is_gone(error.code()) => Ok(false),
            Err(error) => Err(failed("describe-secret", &self.secret_id, told(&error))),
        }
    }

    async fn walk(&self, mut each: impl AsyncFnMut(Page) -> Result<(), ErasureError>) -> Result<(), ErasureError> {
        let (mut key, mut version) = (None, None);
        loop {
            let listing = self.s3.list_object_versions().bucket(&self.bucket).prefix(&self.prefix);
            let listing = listing.set_key_marker(key).set_version_id_marker(version).send().await;
            let listing = listing.map_err(|error| failed("list-object-versions", &self.place(), told(&error)))?;
            let mut page = Page::default();
            for found in listing.versions() {
                page.versions += 1;
                page.bytes += found.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                page.objects.extend(self.identifier(found.key(), found.version_id())?);
            }
            for found in listing.delete_markers() {
                page.markers += 1;
                page.objects.extend(self.identifier(found.key(), found.version_id())?);
            }
            let is_last = !listing.is_truncated().unwrap_or_default();
            (key, version) = (listing.next_key_marker, listing.next_version_id_marker);
            each(page).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    fn identifier(&self, key: Option<&str>, version: Option<&str>) -> Result<Option<ObjectIdentifier>, ErasureError> {
        // The listing is by prefix; what is outside all the same is somebody else's.
        let Some(key) = key.filter(|key| key.starts_with(&self.prefix)) else { return Ok(None) };
        let made = ObjectIdentifier::builder().key(key).set_version_id(version.map(str::to_owned)).build();
        made.map(Some).map_err(|error| self.unbuildable(&error))
    }

    async fn erase(&self, objects: &[ObjectIdentifier]) -> Result<(), ErasureError> {
        let delete = Delete::builder().set_objects(Some(objects.to_vec())).quiet(true).build();
        let delete = delete.map_err(|error| self.unbuildable(&error))?;
        let done = self.s3.delete_objects().bucket(&self.bucket).delete(delete).send().await;
        let done = done.map_err(|error| failed("delete-objects", &self.place(), told(&error)))?;
        // The request as a whole succeeds although single objects do not.
        match done.errors().first() {
            None => Ok(()),
            Some(error) => {
                let detail = format!("{} ({} objects)", error.code().unwrap_or("refused"), done.errors().len());
                Err(failed("delete-objects", &self.place(), detail))
            }
        }
    }

    fn unbuildable(&self, error: &BuildError) -> ErasureError {
        failed("delete-objects", &self.place(), error.to_string())
    }
}

fn failed(operation: &'static str, place: &str, detail: String) -> ErasureError {
    ErasureError { operation, place: place.to_owned(), detail }
}

#[derive(Default)]
struct Page {
    versions: u64,
    bytes: u64,
    markers: u64,
    objects: Vec<ObjectIdentifier>,
}

fn is_gone(code: Option<&str>) -> bool {
    matches!(code, Some("ResourceNotFoundException" | "InvalidRequestException"))
}
