//! Mail through SES, as a finished MIME message with its attachments.

use aws_sdk_ses::Client;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use link::state::ports::{Mail, Post, PostError};

use crate::told;

/// SES, with one attempt for each mail.
#[derive(Clone, Debug)]
pub struct SesPost {
    client: Client,
}

impl SesPost {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Post for SesPost {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        let failed = |detail: String| PostError { detail: format!("SES, sender {}: {detail}", mail.from) };
        let message = RawMessage::builder()
            .data(Blob::new(mail.message.clone()))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let sent = self
            .client
            .send_raw_email()
            .source(&mail.from)
            .set_destinations(Some(mail.to.clone()))
            .raw_message(message)
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| failed(told(&error)))
    }
}
