//! Delivery of upload files to a bucket of EMC's side. An object appears whole or not at all, so that no temporary name is
//! needed; `If-None-Match` keeps what is there.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::FutureExt;
use futures::future::BoxFuture;
use link::config::{DeliveryTarget, S3Target};
use link::state::delivery::{Delivery, DeliveryError, DeliveryErrorKind, DeliveryFile, Placed, Shipment, UploadSecret};
use sha2::{Digest, Sha256};

use crate::failure::{status, told};

/// The digest of the content, kept with the object: an ETag is no digest where the bucket encrypts by a key of its own.
const DIGEST: &str = "emc-link-sha256";

/// Delivers to buckets, by the function's own role.
#[derive(Clone, Debug)]
pub struct BucketDelivery {
    client: Client,
}

impl BucketDelivery {
    /// By this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    async fn put(&self, target: &S3Target, file: &DeliveryFile) -> Result<Placed, DeliveryError> {
        let digest: String = Sha256::digest(&file.content).iter().map(|byte| format!("{byte:02x}")).collect();
        let put = self
            .client
            .put_object()
            .bucket(&target.bucket)
            .key(target.key(&file.name))
            .set_expected_bucket_owner(target.owner.clone())
            .content_type("text/csv")
            .metadata(DIGEST, &digest)
            .if_none_match("*")
            .body(ByteStream::from(file.content.clone()));
        let Err(error) = put.send().await else { return Ok(Placed::Now) };
        match (error.code(), status(&error)) {
            (Some("PreconditionFailed"), _) | (_, Some(412)) => self.is_ours(target, file, &digest).await,
            (_, Some(403)) => Err(DeliveryError::before(DeliveryErrorKind::Denied, told(&error))),
            // S3 has answered that it did not take the object. A 409 may come of an own attempt that is still worked on.
            (Some(_), Some(301 | 307 | 400 | 404)) => {
                Err(DeliveryError::before(DeliveryErrorKind::Failed, told(&error)))
            }
            _ => Err(DeliveryError::before(DeliveryErrorKind::Failed, told(&error)).perhaps_visible()),
        }
    }

    /// Something is there under this name: an earlier delivery, or this one, whose answer was lost.
    async fn is_ours(&self, target: &S3Target, file: &DeliveryFile, digest: &str) -> Result<Placed, DeliveryError> {
        let look = self
            .client
            .head_object()
            .bucket(&target.bucket)
            .key(target.key(&file.name))
            .set_expected_bucket_owner(target.owner.clone());
        match look.send().await {
            Ok(found) if found.metadata().and_then(|kept| kept.get(DIGEST)).is_some_and(|kept| kept == digest) => {
                Ok(Placed::Before)
            }
            Ok(_) => Err(DeliveryError::before(DeliveryErrorKind::NameTaken, target.key(&file.name))),
            // It may be written but not looked at: the name is the run's own.
            Err(error) if status(&error) == Some(403) => Ok(Placed::Before),
            Err(error) => Err(DeliveryError::before(DeliveryErrorKind::Failed, told(&error)).perhaps_visible()),
        }
    }
}

impl Delivery for BucketDelivery {
    fn deliver<'a>(&'a self, shipment: Shipment<'a>) -> BoxFuture<'a, Result<Vec<Placed>, DeliveryError>> {
        async move {
            let target = bucket(shipment.target)?;
            let mut placed = Vec::new();
            for file in shipment.files {
                let is_first = placed.is_empty();
                let done = self.put(target, file).await;
                placed.push(done.map_err(|error| if is_first { error } else { error.perhaps_visible() })?);
            }
            Ok(placed)
        }
        .boxed()
    }

    /// Fails if the bucket does not exist or belongs to another account than the config names. Whether the role may write there
    /// cannot be tried without writing an object, so `check` does not say.
    fn probe<'a>(
        &'a self,
        target: &'a DeliveryTarget,
        _secret: &'a UploadSecret,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        async move {
            let target = bucket(target)?;
            let look = self.client.head_bucket().bucket(&target.bucket);
            match look.send().await {
                // The role need not be allowed to list the bucket.
                Ok(_) => Ok(()),
                Err(error) if status(&error) == Some(403) => Ok(()),
                Err(error) => Err(DeliveryError::before(DeliveryErrorKind::Failed, told(&error))),
            }
        }
        .boxed()
    }
}

fn bucket(target: &DeliveryTarget) -> Result<&S3Target, DeliveryError> {
    match target {
        DeliveryTarget::S3(target) => Ok(target),
        DeliveryTarget::Sftp(_) => Err(DeliveryError::before(DeliveryErrorKind::Unsupported, "no bucket")),
    }
}
