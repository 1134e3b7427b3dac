//! The tenant's state in S3, below `tenants/{id}/`.

use std::error::Error;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use link::state::TenantId;
use link::state::keys::Key;
use link::state::ports::{Condition, StateError, StateErrorKind, StateStore, Stored, Version};

use crate::OPERATION;
use crate::failure::{status, told};

/// The tag of objects that the bucket's rule `runs-without-change` removes after a week.
pub(crate) const KEPT_A_WEEK: &str = "kept=a-week";

/// A tenant's part of the state bucket.
#[derive(Clone, Debug)]
pub struct BucketState {
    client: Client,
    bucket: String,
    prefix: String,
}

impl BucketState {
    /// The part of `bucket` that belongs to `tenant`.
    pub fn new(client: Client, bucket: &str, tenant: &TenantId) -> Self {
        Self { client, bucket: bucket.to_owned(), prefix: format!("tenants/{tenant}/") }
    }

    fn path(&self, key: &Key) -> String {
        format!("{}{key}", self.prefix)
    }

    fn failed<E>(&self, operation: &'static str, key: &Key, error: &SdkError<E, Response>) -> StateError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.error(operation, key, kind_of(error.code(), status(error)), &told(error))
    }

    fn writing(&self, key: &Key, body: Bytes) -> PutObjectFluentBuilder {
        let request = self.client.put_object().bucket(&self.bucket).key(self.path(key));
        request.content_type(content_type(key)).body(ByteStream::from(body))
    }

    fn error(&self, operation: &'static str, key: &Key, kind: StateErrorKind, detail: &str) -> StateError {
        let detail = format!("s3://{}/{}: {detail}", self.bucket, self.path(key));
        StateError { operation, key: key.to_string(), kind, detail }
    }
}

/// S3's conditional failures are no variants of the SDK's errors: they are known by code and status.
fn kind_of(code: Option<&str>, status: Option<u16>) -> StateErrorKind {
    match (code, status) {
        (Some("PreconditionFailed" | "ConditionalRequestConflict"), _) | (_, Some(409 | 412)) => {
            StateErrorKind::Conflict
        }
        (
            Some(
                "NoSuchBucket"
                | "PermanentRedirect"
                | "AuthorizationHeaderMalformed"
                | "IllegalLocationConstraintException",
            ),
            _,
        )
        | (_, Some(301 | 307)) => StateErrorKind::NoStore,
        (Some("AccessDenied" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken"), _)
        | (_, Some(401 | 403)) => StateErrorKind::Denied,
        _ => StateErrorKind::Unavailable,
    }
}

fn content_type(key: &Key) -> &'static str {
    match key.as_str().rsplit_once('.').map(|(_, ending)| ending) {
        Some("json") => "application/json",
        Some("csv") => "text/csv; charset=utf-8",
        Some("toml") => "application/toml",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}

impl StateStore for BucketState {
    async fn get(&self, key: &Key) -> Result<Option<Stored>, StateError> {
        let found = self.client.get_object().bucket(&self.bucket).key(self.path(key)).send().await;
        let object = match found {
            Ok(object) => object,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(self.failed("get", key, &error)),
        };
        let broken = |detail| self.error("get", key, StateErrorKind::Unavailable, detail);
        let version = Version(object.e_tag.unwrap_or_default());
        // The SDK's time-outs end with the answer's head; the body has its own.
        let body = tokio::time::timeout(OPERATION, object.body.collect()).await;
        let body = body.map_err(|_| broken("the body timed out"))?.map_err(|_| broken("the body broke off"))?;
        Ok(Some(Stored { body: body.into_bytes(), version }))
    }

    async fn put(&self, key: &Key, body: Bytes, condition: Condition) -> Result<Version, StateError> {
        let is_update = matches!(condition, Condition::Unchanged(_));
        let request = self.writing(key, body);
        let request = match condition {
            Condition::Always => request,
            Condition::Absent => request.if_none_match("*"),
            Condition::Unchanged(version) => request.if_match(version.0),
        };
        match request.send().await {
            Ok(written) => Ok(Version(written.e_tag.unwrap_or_default())),
            // `If-Match` of an object that is gone.
            Err(error) if is_update && error.code() == Some("NoSuchKey") => {
                Err(self.error("put", key, StateErrorKind::Conflict, &told(&error)))
            }
            Err(error) => Err(self.failed("put", key, &error)),
        }
    }

    async fn put_for_a_week(&self, key: &Key, body: Bytes) -> Result<Version, StateError> {
        // A rule of the bucket removes what carries this tag after a week.
        let request = self.writing(key, body).tagging(KEPT_A_WEEK);
        let written = request.send().await.map_err(|error| self.failed("put", key, &error))?;
        Ok(Version(written.e_tag.unwrap_or_default()))
    }

    async fn delete(&self, key: &Key) -> Result<(), StateError> {
        let done = self.client.delete_object().bucket(&self.bucket).key(self.path(key)).send().await;
        done.map(|_| ()).map_err(|error| self.failed("delete", key, &error))
    }

    async fn delete_unchanged(&self, key: &Key, read_at: &Version) -> Result<(), StateError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(self.path(key)).if_match(&read_at.0);
        match request.send().await {
            Ok(_) => Ok(()),
            // Stores that are like S3 say so of an object that is gone; S3 itself answers 204.
            Err(error) if error.code() == Some("NoSuchKey") => Ok(()),
            Err(error) => Err(self.failed("delete", key, &error)),
        }
    }

    async fn list(&self, prefix: &Key) -> Result<Vec<Key>, StateError> {
        let mut keys = Vec::new();
        let mut pages =
            self.client.list_objects_v2().bucket(&self.bucket).prefix(self.path(prefix)).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.failed("list", prefix, &error))?;
            for object in page.contents() {
                if let Some(key) = object.key().and_then(|key| key.strip_prefix(&self.prefix)) {
                    keys.push(Key::from_listing(key));
                }
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditional_failures_are_known_by_code_or_status() {
        for (code, status, kind) in [
            (Some("PreconditionFailed"), 412, StateErrorKind::Conflict),
            (Some("ConditionalRequestConflict"), 409, StateErrorKind::Conflict),
            (None, 412, StateErrorKind::Conflict),
            (Some("NoSuchBucket"), 404, StateErrorKind::NoStore),
            (Some("PermanentRedirect"), 301, StateErrorKind::NoStore),
            (Some("AccessDenied"), 403, StateErrorKind::Denied),
            (Some("InternalError"), 500, StateErrorKind::Unavailable),
        ] {
            assert_eq!(kind_of(code, Some(status)), kind, "{code:?} {status}");
        }
    }
}
