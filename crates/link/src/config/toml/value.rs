//! What single values of `config.toml` may be. Each check gives the value, or notes a fault that says what is accepted.

use std::collections::BTreeSet;

use super::cursor::{Entry, Notes};
use crate::config::Limit;
use crate::config::mail_address::is_mail_address;
use crate::config::network::Network;

/// 部署ID: so many characters at most, prefix included (EMC's limit).
const DEPARTMENT_ID_MAX: usize = 30;
/// 会社コード: leaves room for at least one character of a department ID.
const PREFIX_MAX: usize = DEPARTMENT_ID_MAX - 1;
/// The longest part of a host name between two dots.
const SUBDOMAIN_MAX: usize = 63;
/// The report mail goes to so many addresses at most.
const ADDRESSES_MAX: usize = 5;

pub(super) const NAME: &str = "空でない1行の文字列";
pub(super) const URL: &str = "http://またはhttps://で始まるURL";
pub(super) const SUBDOMAIN: &str = "英小文字・数字・ハイフンのサブドメイン(https://acme.smarthr.jpならacme)";
pub(super) const DEPARTMENT_ID: &str = "会社コードを含めて30文字以内の、空白を含まない文字列";
pub(super) const ADDRESSES: &str = "メールアドレス1〜5件の配列";

const PREFIX: &str = "29文字以内の、空白を含まない文字列";
const SEPARATOR: &str = "改行などの制御文字を含まない文字列";
const NAMES: &str = "空でない文字列を1つ以上並べた配列";
const LIMIT: &str = "\"0%\"〜\"100%\"(小数第2位まで)または0以上の整数";
const COUNT: &str = "0以上の整数";
const SWITCH: &str = "trueまたはfalse";
const WAIT_MINUTES: &str = "1〜60の整数";
const NETWORKS: &str = "\"203.0.113.0/24\"の形のネットワーク(IPv4またはIPv6のCIDR)を1つ以上並べた配列";

/// A text with something in it, in one line.
pub(super) fn name(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let text = entry.text(NAME, notes)?;
    entry.or_fault(is_name(text).then(|| text.to_owned()), NAME, notes)
}

/// `smarthr.subdomain`.
pub(super) fn subdomain(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let text = entry.text(SUBDOMAIN, notes)?;
    let fits = (1..=SUBDOMAIN_MAX).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    entry.or_fault(fits.then(|| text.to_owned()), SUBDOMAIN, notes)
}

/// A base address without a trailing slash. Plain http is taken too: sandboxes and simulators have no certificate.
pub(super) fn url(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let text = entry.text(URL, notes)?;
    entry.or_fault(base_url(text), URL, notes)
}

fn base_url(text: &str) -> Option<String> {
    // The parser repairs much that is more likely an error here, such as spaces and a missing slash.
    if !(text.starts_with("http://") || text.starts_with("https://")) || text.contains(is_blank_or_control) {
        return None;
    }
    let url = reqwest::Url::parse(text).ok()?;
    // A password in the address would come out in logs; a query could not be extended by a path.
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.has_host();
    is_plain.then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// `ids.prefix`.
pub(super) fn prefix(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let text = entry.text(PREFIX, notes)?;
    let fits = text.chars().count() <= PREFIX_MAX && !text.contains(is_blank_or_control);
    entry.or_fault(fits.then(|| text.to_owned()), PREFIX, notes)
}

/// `top_department.id`, given back with the prefix.
pub(super) fn department_id(entry: &Entry<'_>, prefix: &str, notes: &mut Notes<'_>) -> Option<String> {
    let text = entry.text(DEPARTMENT_ID, notes)?;
    let id = format!("{prefix}{text}");
    let fits = !text.is_empty() && id.chars().count() <= DEPARTMENT_ID_MAX && !text.contains(is_blank_or_control);
    entry.or_fault(fits.then_some(id), DEPARTMENT_ID, notes)
}

/// `users.name_separator`; may be empty.
pub(super) fn separator(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let text = entry.text(SEPARATOR, notes)?;
    entry.or_fault((!text.contains(char::is_control)).then(|| text.to_owned()), SEPARATOR, notes)
}

/// A set of names. An empty array is refused: it would keep nobody, while whoever writes it means everybody.
pub(super) fn names(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<BTreeSet<String>> {
    let entries = entry.array(NAMES, notes)?;
    let entries = entry.or_fault((!entries.is_empty()).then_some(entries), NAMES, notes)?;
    let mut names = Some(BTreeSet::new());
    for entry in entries {
        match (name(&entry, notes), &mut names) {
            (Some(name), Some(names)) => _ = names.insert(name),
            _ => names = None,
        }
    }
    names
}

/// One of two words.
pub(super) fn choice<T: Copy>(entry: &Entry<'_>, words: [(&str, T); 2], notes: &mut Notes<'_>) -> Option<T> {
    let found = entry.as_text().and_then(|text| words.iter().find(|(word, _)| *word == text));
    let accepted = words.map(|(word, _)| format!("\"{word}\"")).join("または");
    entry.or_fault(found.map(|&(_, value)| value), &accepted, notes)
}

/// `guard.user_deletions`, `guard.department_deletions`.
pub(super) fn limit(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<Limit> {
    let count = entry.as_integer().and_then(|integer| u64::try_from(integer).ok()).map(Limit::Count);
    let limit = count.or_else(|| limit_of_text(entry.as_text()?.trim()));
    entry.or_fault(limit, LIMIT, notes)
}

fn limit_of_text(text: &str) -> Option<Limit> {
    match text.strip_suffix('%') {
        Some(percentage) => basis_points(percentage.trim_end()).map(Limit::BasisPoints),
        None => digits(text).map(Limit::Count),
    }
}

/// `10` and `10.25` in hundredths: integers, as a comparison with a floating-point limit may turn either way.
fn basis_points(percentage: &str) -> Option<u64> {
    let (whole, fraction) = percentage.split_once('.').unwrap_or((percentage, "0"));
    let hundredths = match fraction.len() {
        1 => digits(fraction)?.checked_mul(10)?,
        2 => digits(fraction)?,
        _ => return None,
    };
    let points = digits(whole)?.checked_mul(100)?.checked_add(hundredths)?;
    (points <= 10_000).then_some(points)
}

fn digits(text: &str) -> Option<u64> {
    // `parse` alone would take a leading plus sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// `guard.floor`.
pub(super) fn count(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<u64> {
    let count = entry.as_integer().and_then(|integer| u64::try_from(integer).ok());
    entry.or_fault(count, COUNT, notes)
}

/// A key that is on or off.
pub(super) fn switch(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<bool> {
    entry.or_fault(entry.as_bool(), SWITCH, notes)
}

/// `on_change.wait_minutes`.
pub(super) fn wait_minutes(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<u8> {
    let minutes = entry.as_integer().and_then(|integer| u8::try_from(integer).ok());
    entry.or_fault(minutes.filter(|minutes| (1..=60).contains(minutes)), WAIT_MINUTES, notes)
}

/// `pages.allow`. An empty array is refused: it would let nobody in.
pub(super) fn networks(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<Vec<Network>> {
    let entries = entry.array(NETWORKS, notes)?;
    let entries = entry.or_fault((!entries.is_empty()).then_some(entries), NETWORKS, notes)?;
    // Each entry is read before the list is judged, so that every wrong one is told.
    let networks: Vec<Option<Network>> =
        entries.iter().map(|entry| entry.or_fault(entry.as_text().and_then(Network::parse), NETWORKS, notes)).collect();
    networks.into_iter().collect()
}

/// `notify.to`. Only a list that is right as a whole is given back: a failure mail to half of it would leave out those
/// whose address is mistyped, and nobody would know.
pub(super) fn addresses(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Addresses {
    let Some(entries) = entry.array(ADDRESSES, notes) else { return Addresses::default() };
    let mut list = Addresses { usable: Vec::new(), is_right: true };
    let mut are_valid = true;
    if entries.is_empty() || entries.len() > ADDRESSES_MAX {
        notes.wrong(entry, &format!("に{}件のアドレスがあります。使えるのは、{ADDRESSES}です。", entries.len()));
        are_valid = false;
    }
    for entry in &entries {
        match entry.as_text().filter(|text| is_mail_address(text)) {
            None => {
                notes.invalid(entry, "user@example.co.jpの形のメールアドレス");
                are_valid = false;
            }
            Some(address) if list.usable.iter().any(|known| known.eq_ignore_ascii_case(address)) => {
                notes.wrong(
                    entry,
                    &format!("にアドレス「{address}」が2回あります。使えるのは、互いに異なる{ADDRESSES}です。"),
                );
                list.is_right = false;
            }
            Some(address) => list.usable.push(address.to_owned()),
        }
    }
    if are_valid { list } else { Addresses::default() }
}

/// What `notify.to` came to.
#[derive(Default)]
pub(super) struct Addresses {
    /// Where a failure of the config itself can be mailed; empty where an address is invalid or there are too many.
    pub(super) usable: Vec<String>,
    /// Whether the key has no fault.
    pub(super) is_right: bool,
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains(char::is_control)
}

fn is_blank_or_control(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}
