//! Mail through SES, as a finished MIME message with its attachments.

use aws_sdk_ses::Client;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use link::state::ports::{Mail, Mailer, PostError};

use crate::failure::told;

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

impl Mailer for SesPost {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        let failed = |said: &str| PostError {
            detail: format!("SES, sender {}: {}", mail.from, without_recipients(said, &mail.to)),
        };
        let message = RawMessage::builder()
            .data(Blob::new(mail.message.clone()))
            .build()
            .map_err(|error| failed(&error.to_string()))?;
        let sent = self
            .client
            .send_raw_email()
            .source(&mail.from)
            .set_destinations(Some(mail.to.clone()))
            .raw_message(message)
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| failed(&told(&error)))
    }
}

/// SES names the addresses that it refuses; this text goes into logs, where nobody's address belongs.
fn without_recipients(said: &str, to: &[String]) -> String {
    to.iter()
        .enumerate()
        .fold(said.to_owned(), |text, (at, address)| text.replace(address.as_str(), &format!("(recipient {})", at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_recipient_is_told_by_number() {
        let said = "MessageRejected: Email address is not verified. The following identities failed: hr@example.co.jp";
        let to = ["ops@example.com".to_owned(), "hr@example.co.jp".to_owned()];
        assert!(without_recipients(said, &to).ends_with("failed: (recipient 2)"));
    }
}
