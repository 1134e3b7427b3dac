//! Reads `[upload]`, the place to which upload files are delivered.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

use super::cursor::{Entry, Notes, Section};
use crate::config::delivery::{DeliveryTarget, S3Target, SftpTarget};

const TARGET: &str = "sftp://利用者@ホスト:ポート/フォルダ または s3://バケット/プレフィックス(パスワードは書けません)";
const HOST_KEY: &str = "SSHホスト鍵の指紋\"SHA256:…\"または公開鍵\"ssh-ed25519 …\"、またはその配列";
const OWNER: &str = "12桁のAWSアカウントIDの文字列";
const SSH_PORT: u16 = 22;
/// The longest path that is taken; servers' own limit is about four times as much.
const PATH_MAX: usize = 1_000;

/// Reads the section; `Some(None)` where nothing is delivered.
#[expect(
    clippy::option_option,
    reason = "the outer layer is the reader's: faulty or not; the inner one is the config's"
)]
pub(super) fn read(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<Option<DeliveryTarget>> {
    let deliver = section.entry("deliver");
    let host_key = section.entry("host_key");
    let bucket_owner = section.entry("bucket_owner");
    section.close(notes);
    let keys = host_key.as_ref().map(|entry| host_keys(entry, notes));
    let owner = bucket_owner.as_ref().map(|entry| owner(entry, notes));
    let Some(entry) = deliver else {
        for (entry, name) in [(&host_key, "sftp://…"), (&bucket_owner, "s3://…")] {
            if let Some(entry) = entry {
                notes.wrong(entry, &format!("は、upload.deliver = \"{name}\" と一緒に書きます。"));
            }
        }
        return (host_key.is_none() && bucket_owner.is_none()).then_some(None);
    };
    match target(entry.text(TARGET, notes)?) {
        Some(DeliveryTarget::Sftp(target)) => {
            if let Some(entry) = &bucket_owner {
                notes.wrong(entry, "は、送付先がs3://…の場合だけ使えます。");
                return None;
            }
            let Some(keys) = keys else {
                notes.missing("upload.host_key", HOST_KEY);
                return None;
            };
            Some(Some(DeliveryTarget::Sftp(SftpTarget { host_keys: keys?, ..target })))
        }
        Some(DeliveryTarget::S3(target)) => {
            if let Some(entry) = &host_key {
                notes.wrong(entry, "は、送付先がsftp://…の場合だけ使えます。");
                return None;
            }
            let owner = match owner {
                None => None,
                Some(owner) => Some(owner?),
            };
            Some(Some(DeliveryTarget::S3(S3Target { owner, ..target })))
        }
        None => {
            // A password in the address is not repeated in a message.
            notes.wrong(&entry, &format!("の値は使えません。使えるのは、{TARGET}です。"));
            None
        }
    }
}

fn target(text: &str) -> Option<DeliveryTarget> {
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) || text.contains(['?', '#', '\\']) {
        return None;
    }
    if let Some(rest) = text.strip_prefix("s3://") {
        return s3(rest).map(DeliveryTarget::S3);
    }
    sftp(text.strip_prefix("sftp://")?).map(DeliveryTarget::Sftp)
}

fn s3(rest: &str) -> Option<S3Target> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let is_outer = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = bucket.as_bytes();
    let is_bucket = (3..=63).contains(&bytes.len())
        && bytes.iter().all(|b| is_inner(*b))
        && is_outer(bytes.first())
        && is_outer(bytes.last());
    let prefix = prefix.trim_end_matches('/');
    let is_prefix = prefix.len() <= 500 && (prefix.is_empty() || prefix.split('/').all(is_step));
    (is_bucket && is_prefix).then(|| S3Target { bucket: bucket.to_owned(), prefix: prefix.to_owned(), owner: None })
}

fn sftp(rest: &str) -> Option<SftpTarget> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, "~"));
    let (user, place) = authority.rsplit_once('@')?;
    // What comes after a colon would be a password.
    let user = decoded(user).filter(|decoded| !decoded.is_empty() && !user.contains([':', '@']))?;
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (address, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let is_host = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'_'))
        && !host.starts_with('-');
    let port = match port {
        None => SSH_PORT,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok().filter(|port| *port != 0)?,
        Some(_) => return None,
    };
    let directory = directory(path)?;
    is_host.then(|| SftpTarget { user, host: host.to_owned(), port, directory, host_keys: Vec::new() })
}

/// The path behind the host: absolute, or with `~/` below the login directory.
fn directory(path: &str) -> Option<String> {
    let path = decoded(path)?;
    let path = path.trim_end_matches('/');
    let (root, rest) = match path.strip_prefix('~') {
        Some("") => return Some(String::new()),
        Some(rest) if rest.starts_with('/') => ("", rest.strip_prefix('/')?),
        _ => ("/", path),
    };
    let fits = path.len() <= PATH_MAX && (rest.is_empty() || rest.split('/').all(is_step));
    fits.then(|| format!("{root}{rest}"))
}

/// A step of a path that leads down, and nowhere else.
fn is_step(step: &str) -> bool {
    !matches!(step, "" | "." | "..") && !step.contains(char::is_control)
}

/// With `%XX` taken as bytes of UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(digit(rest.next())? * 16 + digit(rest.next())?);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}

/// The accepted fingerprints. Several, so that the server's key can be changed without a day in between.
fn host_keys(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<Vec<String>> {
    if let Some(text) = entry.as_text() {
        return entry.or_fault(fingerprint(text), HOST_KEY, notes).map(|key| vec![key]);
    }
    let entries = entry.array(HOST_KEY, notes)?;
    let entries = entry.or_fault((!entries.is_empty()).then_some(entries), HOST_KEY, notes)?;
    let keys: Vec<Option<String>> =
        entries.iter().map(|entry| entry.or_fault(entry.as_text().and_then(fingerprint), HOST_KEY, notes)).collect();
    keys.into_iter().collect()
}

/// The fingerprint of a host key, given as one or as the public key itself (`ssh-keyscan`'s line without the host).
fn fingerprint(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(digest) = text.strip_prefix("SHA256:") {
        let digest = digest.trim_end_matches('=');
        let is_digest = STANDARD_NO_PAD.decode(digest).is_ok_and(|bytes| bytes.len() == 32);
        return is_digest.then(|| format!("SHA256:{digest}"));
    }
    let mut words = text.split_ascii_whitespace();
    let (kind, key) = (words.next()?, words.next()?);
    let blob = STANDARD.decode(key).ok()?;
    // The key repeats its kind, with its length in four bytes before it: half a key is no key.
    let (length, rest) = blob.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let is_key = rest.get(..length)? == kind.as_bytes() && rest.len() > length + 4;
    is_key.then(|| format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&blob))))
}

fn owner(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let text = entry.text(OWNER, notes)?;
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    entry.or_fault(is_account.then(|| text.to_owned()), OWNER, notes)
}
