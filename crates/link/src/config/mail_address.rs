//! Which mail addresses are taken: those that SES takes, so that a typing error shows when the config is read and not
//! when the first report has to go out.

/// The longest address that SMTP can carry (RFC 5321, 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;
/// The longest part before the `@` (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// The longest part of a host name between two dots.
const MAX_HOST_LABEL: usize = 63;

/// Whether this is a mail address of the plain kind: ASCII, one `@`, a host name with a dot.
/// Quoted local parts and address literals are refused: no HR department has one, and a typing error may look like one.
pub fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= MAX_ADDRESS && is_local_part(local) && is_domain(domain)
}

fn is_local_part(local: &str) -> bool {
    local.len() <= MAX_LOCAL
        && local.split('.').all(|atom| {
            !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        })
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.')
        && domain.split('.').all(|label| {
            (1..=MAX_HOST_LABEL).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}
