//! Who the mail is from: an address, bare or with a name in front, as operators write it in `MAIL_FROM`.

use crate::config::is_mail_address;

/// A sender's address and the name that mail programs show for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name; Japanese is fine, it is encoded when the mail is written.
    pub name: Option<String>,
    /// The bare address.
    pub address: String,
}

impl Sender {
    /// Reads `emc@example.co.jp`, `EMC Link <emc@example.co.jp>` or `"EMC, Link" <emc@example.co.jp>`; `None` where it is
    /// none of them.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => rest.rsplit_once('<').map(|(name, address)| (name.trim(), address.trim()))?,
            None => ("", text),
        };
        let name = unquoted(name);
        let is_right = is_mail_address(address) && !name.contains(|c: char| c.is_control() || "<>".contains(c));
        is_right.then(|| Self { name: (!name.is_empty()).then_some(name), address: address.to_owned() })
    }
}

/// `"EMC, \"Link\""` without its quotes and backslashes (RFC 5322, 3.2.4).
fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else { return name.to_owned() };
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        let parsed = |text: &str| Sender::parse(text).map(|sender| (sender.name.unwrap_or_default(), sender.address));
        let address = "emc@example.co.jp";
        for (text, name) in [
            (address.to_owned(), ""),
            (format!("<{address}>"), ""),
            (format!("EMC Link <{address}>"), "EMC Link"),
            (format!(" 人事データ連携 < {address} > "), "人事データ連携"),
            (format!(r#""EMC, \"Link\"" <{address}>"#), r#"EMC, "Link""#),
        ] {
            assert_eq!(parsed(&text), Some((name.to_owned(), address.to_owned())), "{text}");
        }
        for wrong in ["", "EMC Link", "EMC <>", "a <b> <emc@example.co.jp>", "x\r\nBcc: y <emc@example.co.jp>", "e@x"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
