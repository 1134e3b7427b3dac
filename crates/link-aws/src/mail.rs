//! Mail through SES, as a finished MIME message with its attachments.

use aws_sdk_ses::Client;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use link::state::ports::{Mail, Mailer, PostError, PostErrorKind};

use crate::failure::{status, told};

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
        let failed = |kind, said: &str| PostError {
            kind,
            detail: format!("SES, sender {}: {}", mail.from, without_recipients(said, &mail.to)),
        };
        let message = RawMessage::builder()
            .data(Blob::new(mail.message.clone()))
            .build()
            .map_err(|error| failed(PostErrorKind::Other, &error.to_string()))?;
        let sent = self
            .client
            .send_raw_email()
            .source(&mail.from)
            .set_destinations(Some(mail.to.clone()))
            .raw_message(message)
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| {
            let said = told(&error);
            failed(kind(status(&error), &said), &said)
        })
    }
}

/// SES has no code of its own for a mail that is too large: it says `InvalidParameterValue: Message length is more than
/// 10485760 bytes long: '10486384'.`, its front `RequestEntityTooLarge` or HTTP 413.
fn kind(status: Option<u16>, said: &str) -> PostErrorKind {
    let said = said.to_ascii_lowercase();
    let is_too_large = status == Some(413)
        || said.contains("message length is more than")
        || said.contains("too large")
        || said.contains("toolarge");
    if is_too_large { PostErrorKind::TooLarge } else { PostErrorKind::Other }
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
    fn a_mail_that_is_too_large_is_known_by_sess_words() {
        let said = "InvalidParameterValue: Message length is more than 10485760 bytes long: '10486384'.";
        assert_eq!(kind(Some(400), said), PostErrorKind::TooLarge);
        assert_eq!(kind(Some(413), "HTTP 413"), PostErrorKind::TooLarge);
        assert_eq!(kind(Some(400), "MessageRejected: Email address is not verified."), PostErrorKind::Other);
        assert_eq!(kind(None, "timed out"), PostErrorKind::Other);
    }

    #[test]
    fn a_refused_recipient_is_told_by_number() {
        let said = "MessageRejected: Email address is not verified. The following identities failed: hr@example.co.jp";
        let to = ["ops@example.com".to_owned(), "hr@example.co.jp".to_owned()];
        assert!(without_recipients(said, &to).ends_with("failed: (recipient 2)"));
    }
}
