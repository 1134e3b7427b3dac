//! The proof that a tenant's data was erased: what was there, what is left, who did it and when, signed with the operator's key.
//!
//! The signature is Ed25519 over the document's bytes, so that anybody can check it with OpenSSL alone:
//! `openssl pkeyutl -verify -pubin -inkey operator.pub -rawin -in PROOF.json -sigfile PROOF.json.sig`.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use link::report::Answer;
use serde::Serialize;

const FORMAT: &str = "emc-link-erasure-1";
/// A daily run is at most 24 hours and 40 minutes after the one before.
const BETWEEN_RUNS: SignedDuration = SignedDuration::from_hours(25);

/// One kind of thing, counted before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// What: `object versions`, `deletion marks`, `secret`, `schedules`, `fleet table entry`, `stack`, `files`.
    pub kind: &'static str,
    /// Where.
    pub place: String,
    /// How many there were.
    pub found: u64,
    /// How many are left.
    pub left: u64,
}

/// The proof's content.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    format: &'static str,
    /// Whose data.
    pub tenant: String,
    /// Who erased it.
    pub person: String,
    /// The build that did it.
    pub made_by: String,
    /// RFC 3339, Asia/Tokyo.
    pub started_at: String,
    /// RFC 3339, Asia/Tokyo.
    pub finished_at: String,
    /// What there was, and what is left.
    pub holdings: Vec<Holding>,
    /// Whether nothing is left.
    pub is_complete: bool,
    /// What this proof says nothing about, in words.
    pub not_covered: Vec<&'static str>,
}

impl Proof {
    /// The proof of an erasure.
    pub fn new(
        tenant: &str,
        person: &str,
        made_by: &str,
        time: (Timestamp, Timestamp),
        holdings: Vec<Holding>,
        not_covered: &[&'static str],
    ) -> Self {
        Self {
            format: FORMAT,
            tenant: tenant.to_owned(),
            person: person.to_owned(),
            made_by: made_by.to_owned(),
            started_at: link::time::rfc3339(time.0),
            finished_at: link::time::rfc3339(time.1),
            is_complete: holdings.iter().all(|holding| holding.left == 0),
            holdings,
            not_covered: not_covered.to_vec(),
        }
    }
}

/// A proof could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key is no Ed25519 key in PKCS#8.
    #[error("the key is no Ed25519 key in PKCS#8 PEM form")]
    Key,
    /// The proof could not be written.
    #[error("the proof cannot be written: {0}")]
    Document(#[from] serde_json::Error),
}

/// The operator's key. Read before anything is erased: without it there would be no proof.
pub struct OperatorKey(Ed25519KeyPair);

impl OperatorKey {
    /// Reads what `openssl genpkey -algorithm ed25519` writes.
    pub fn from_pem(pem: &str) -> Result<Self, SignError> {
        let (_, rest) = pem.split_once("-----BEGIN PRIVATE KEY-----").ok_or(SignError::Key)?;
        let (body, _) = rest.split_once("-----END PRIVATE KEY-----").ok_or(SignError::Key)?;
        let body: String = body.split_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| SignError::Key)?;
        Ed25519KeyPair::from_pkcs8(&der).map(Self).map_err(|_| SignError::Key)
    }

    /// The document's bytes, and the signature over exactly these.
    pub fn sign(&self, proof: &Proof) -> Result<(Vec<u8>, Vec<u8>), SignError> {
        let document = serde_json::to_vec_pretty(proof)?;
        let signature = self.0.sign(&document).as_ref().to_vec();
        Ok((document, signature))
    }
}

/// Whether daily runs still come: one that was scheduled lies less than 25 hours back, or ahead.
pub fn is_scheduled<'a>(recorded: impl IntoIterator<Item = &'a Answer>, now: Timestamp) -> bool {
    let scheduled = recorded.into_iter().filter_map(|answer| answer.scheduled_at.as_deref()?.parse::<Timestamp>().ok());
    scheduled.max().is_some_and(|latest| now.duration_since(latest) < BETWEEN_RUNS)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, KeyPair, UnparsedPublicKey};
    use serde_json::{Value, json};

    use super::*;

    fn key() -> (OperatorKey, Vec<u8>) {
        let pair = Ed25519KeyPair::generate().unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        let body = STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        (OperatorKey::from_pem(&pem).unwrap(), pair.public_key().as_ref().to_vec())
    }

    fn proof(left: u64) -> Proof {
        let time = "2026-11-30T03:00:00Z".parse().unwrap();
        let holding = Holding { kind: "files", place: "s3://b/tenants/acme/".into(), found: 7, left };
        Proof::new("acme", "運用 太郎", "0.2.0", (time, time), vec![holding], &["the stack"])
    }

    #[test]
    fn a_proof_is_checked_by_its_signature_and_a_changed_one_is_not() {
        let (key, public) = key();
        let (mut document, signature) = key.sign(&proof(0)).unwrap();
        let public = UnparsedPublicKey::new(&ED25519, public);
        public.verify(&document, &signature).unwrap();
        let read: Value = serde_json::from_slice(&document).unwrap();
        assert_eq!((&read["format"], &read["is_complete"]), (&json!(FORMAT), &json!(true)));
        assert_eq!(read["finished_at"], "2026-11-30T12:00:00+09:00");
        document[20] ^= 1;
        assert!(public.verify(&document, &signature).is_err());
    }

    #[test]
    fn a_proof_says_when_something_is_left() {
        assert!(!proof(1).is_complete && proof(0).is_complete);
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for text in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----"] {
            assert!(matches!(OperatorKey::from_pem(text), Err(SignError::Key)), "{text}");
        }
    }

    #[test]
    fn runs_that_still_come_are_seen() {
        let answer = |scheduled_at: Option<&str>| -> Answer {
            serde_json::from_value(json!({
                "run_id": "", "tenant": "acme", "mode": "sync", "outcome": "success", "code": "", "started_at": "",
                "finished_at": "", "scheduled_at": scheduled_at, "counts": null, "errors": [], "warnings": [], "drift": []
            }))
            .unwrap()
        };
        let now: Timestamp = "2026-11-30T05:30:00+09:00".parse().unwrap();
        let daily = answer(Some("2026-11-29T04:31:00+09:00"));
        assert!(is_scheduled([&daily, &answer(None)], now));
        assert!(!is_scheduled([&answer(Some("2026-11-29T04:29:00+09:00"))], now));
        assert!(!is_scheduled([&answer(None)], now));
    }
}
