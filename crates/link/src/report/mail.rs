//! The report mail as it is sent: a MIME message with its attachments, never above what mail services take.

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;

use super::answer::{Answer, Outcome, Refusal};
use super::body::{body, refusal_body};
use super::cut::{cut, shares};
use super::sender::Sender;
use crate::state::RunId;
use crate::state::keys::Key;
use crate::state::ports::Mail;

/// So many bytes a mail has at most, as sent: SES takes 10,485,760 and other services less.
pub const MAX_MAIL: usize = 7_000_000;
/// For what is told of attachments that were cut: lines of the body, and each attachment's own headers.
const TOLD_OF_CUTS: usize = 16 * 1024;
/// In base64 each 57 bytes of an attachment are a line of 76 characters and its end.
const PLAIN: usize = 57;
const ENCODED: usize = 78;

/// A file that goes with the mail.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its name.
    pub name: &'static str,
    /// Its content, CSV in UTF-8.
    pub content: Vec<u8>,
}

/// Whom a mail is from and for.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The sender, bare or with a name in front (`EMC Link <emc@example.co.jp>`).
    pub from: &'a str,
    /// The recipients' addresses.
    pub to: &'a [String],
    /// The address at which a customer enters the pages.
    pub pages_entry: Option<&'a str>,
}

/// Whether `plan.csv` goes with the mail: whenever somebody or something is deleted, or a run is held.
pub fn is_plan_attached(answer: &Answer) -> bool {
    let is_deleting = answer.counts.is_some_and(|counts| counts.departments.deleted + counts.users.deleted > 0);
    answer.hold.is_some() || answer.outcome == Outcome::Held || is_deleting
}

/// Makes the mail of a recorded run. What would make it too large is cut from the attachments by whole lines, and told.
pub fn compose(answer: &Answer, envelope: Envelope<'_>, attachments: &[Attachment]) -> Result<Mail, std::io::Error> {
    let whole = message(answer, envelope, &[], attachments)?;
    if whole.len() <= MAX_MAIL {
        return Ok(mail(envelope, whole));
    }
    let bare = message(answer, envelope, &[], &[])?.len();
    let mut budget = MAX_MAIL.saturating_sub(bare + TOLD_OF_CUTS) / ENCODED * PLAIN;
    loop {
        let (attached, omissions) = within(answer, envelope, attachments, budget);
        let message = message(answer, envelope, &omissions, &attached)?;
        if message.len() <= MAX_MAIL || budget == 0 {
            return Ok(mail(envelope, message));
        }
        budget /= 2;
    }
}

/// The mail without its attachments, which says where they are: for a service that takes less than it should.
pub fn compose_small(
    answer: &Answer,
    envelope: Envelope<'_>,
    attachments: &[Attachment],
) -> Result<Mail, std::io::Error> {
    let omission = |attachment: &Attachment| {
        let place = place(answer, envelope, attachment.name);
        format!("{}は大きすぎるため添付していません。{place}にあります。", attachment.name)
    };
    let omissions: Vec<String> = attachments.iter().map(omission).collect();
    Ok(mail(envelope, message(answer, envelope, &omissions, &[])?))
}

/// The mail about a held run that a person refused.
pub fn compose_refusal(answer: &Answer, refusal: &Refusal, envelope: Envelope<'_>) -> Result<Mail, std::io::Error> {
    let id = format!("{}.refused", answer.tenant);
    let letter = letter(answer, envelope, &id, &refusal.at).text_body(refusal_body(answer, refusal));
    Ok(mail(envelope, letter.write_to_vec()?))
}

/// The attachments in at most `budget` bytes together, and what the body says of those that were cut.
fn within(
    answer: &Answer,
    envelope: Envelope<'_>,
    attachments: &[Attachment],
    budget: usize,
) -> (Vec<Attachment>, Vec<String>) {
    let sizes: Vec<usize> = attachments.iter().map(|attachment| attachment.content.len()).collect();
    let mut omissions = Vec::new();
    let attached = attachments.iter().zip(shares(&sizes, budget)).map(|(attachment, share)| {
        let place = place(answer, envelope, attachment.name);
        let (attachment, told) = cut(attachment, share, &place);
        omissions.extend(told.map(|told| told.sentence(&place)));
        attachment
    });
    (attached.collect(), omissions)
}

/// Where all lines of a file are: in the pages, and in the tenant's state.
fn place(answer: &Answer, envelope: Envelope<'_>, file: &str) -> String {
    let entry = envelope.pages_entry.map(|entry| format!(" {entry} ")).unwrap_or_default();
    let key =
        RunId::parse(&answer.run_id).and_then(|id| id.date()).map(|date| Key::run_file(date, &answer.run_id, file));
    let stored = key.map(|key| format!("、または保存先の {key} ")).unwrap_or_default();
    format!("「人事データ連携」の画面{entry}の実行結果{stored}")
}

fn mail(envelope: Envelope<'_>, message: Vec<u8>) -> Mail {
    let from = Sender::parse(envelope.from).map_or_else(|| envelope.from.to_owned(), |sender| sender.address);
    Mail { from, to: envelope.to.to_vec(), message }
}

/// A mail about a run, without its text. `id`: what tells this mail from the run's others; `at`: when, RFC 3339.
fn letter<'a>(answer: &'a Answer, envelope: Envelope<'a>, id: &str, at: &str) -> MessageBuilder<'a> {
    let sender = Sender::parse(envelope.from);
    let address = sender.as_ref().map_or(envelope.from, |sender| sender.address.as_str()).to_owned();
    let name = sender.and_then(|sender| sender.name);
    let domain = address.rsplit_once('@').map_or("emc-link.invalid", |(_, domain)| domain);
    MessageBuilder::new()
        // One run, one id: a mail that was sent again can be recognised.
        .message_id(format!("{}.{id}@{domain}", answer.run_id))
        .from(Address::new_address(name, address))
        .to(envelope.to.iter().map(String::as_str).collect::<Vec<_>>())
        .subject(answer.code.as_str())
        .date(at.parse::<Timestamp>().map_or(0, Timestamp::as_second))
        .header("Auto-Submitted", Raw::new("auto-generated"))
}

fn message(
    answer: &Answer,
    envelope: Envelope<'_>,
    omissions: &[String],
    attachments: &[Attachment],
) -> Result<Vec<u8>, std::io::Error> {
    let text = body(answer, envelope.pages_entry, omissions);
    let mut message = letter(answer, envelope, &answer.tenant, &answer.finished_at).text_body(text);
    for attachment in attachments {
        message = message.attachment("text/csv; charset=utf-8", attachment.name, attachment.content.as_slice());
    }
    message.write_to_vec()
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
