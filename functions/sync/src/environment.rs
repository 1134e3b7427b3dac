//! The function's environment variables, checked all at once.

use link::config::is_mail_address;
use link::fault::{Code, Fault, Faults, Subject};
use link::report::Sender;
use link::state::TenantId;

/// A valid environment.
#[derive(Debug)]
pub(crate) struct Variables {
    pub(crate) tenant: TenantId,
    pub(crate) state_bucket: String,
    pub(crate) secret_id: String,
    pub(crate) mail_from: String,
    pub(crate) ops_mail: Option<String>,
    pub(crate) pages_entry: Option<String>,
}

/// What is wrong, and what can still be used to tell someone.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) faults: Faults,
    pub(crate) tenant: String,
    pub(crate) mail_from: Option<String>,
    pub(crate) ops_mail: Option<String>,
}

impl Refused {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.faults.0.iter().filter_map(|fault| fault.field.as_deref()).collect()
    }
}

impl Variables {
    /// Reads the environment through `variable`.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Refused> {
        let given = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let mut faults = Faults::new();
        let mut required = |name: &'static str, check: fn(&str) -> bool, accepted: &str| match given(name) {
            None => {
                faults.push(fault(name, &format!("環境変数{name}がありません({accepted})。")));
                None
            }
            Some(value) if check(&value) => Some(value),
            Some(_) => {
                faults.push(fault(name, &format!("環境変数{name}の値が正しくありません({accepted})。")));
                None
            }
        };
        let tenant = required(
            "TENANT_ID",
            |value| TenantId::parse(value).is_ok(),
            "英小文字・数字・ハイフンで32文字まで、先頭はハイフン以外",
        );
        let state_bucket = required("STATE_BUCKET", is_bucket, "S3バケット名");
        let secret_id = required("SECRET_ID", is_secret, "シークレットの名前またはARN");
        let mail_from = required(
            "MAIL_FROM",
            is_sender,
            "SESで検証済みのメールアドレス。表示名を付ける場合は EMC Link <emc@example.co.jp> の形",
        );
        let ops_mail = given("OPS_MAIL");
        let ops_valid = ops_mail.as_deref().is_none_or(is_mail_address);
        if !ops_valid {
            faults.push(fault("OPS_MAIL", "環境変数OPS_MAILの値が正しくありません(メールアドレス)。"));
        }
        let ops_mail = ops_mail.filter(|_| ops_valid);
        let pages_entry = given("PAGES_ENTRY");
        if !pages_entry.as_deref().is_none_or(is_address_of_pages) {
            faults.push(fault("PAGES_ENTRY", "環境変数PAGES_ENTRYの値が正しくありません(https://で始まる画面のURL)。"));
        }
        let parsed = tenant.as_deref().and_then(|tenant| TenantId::parse(tenant).ok());
        match (parsed, state_bucket, secret_id, mail_from) {
            (Some(tenant), Some(state_bucket), Some(secret_id), Some(mail_from)) if faults.is_empty() => {
                Ok(Self { tenant, state_bucket, secret_id, mail_from, ops_mail, pages_entry })
            }
            (_, _, _, mail_from) => Err(Refused { faults, tenant: tenant.unwrap_or_default(), mail_from, ops_mail }),
        }
    }
}

fn is_bucket(value: &str) -> bool {
    (3..=63).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b))
}

fn is_secret(value: &str) -> bool {
    (1..=2048).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+=.@-:!".contains(&b))
}

/// An address, bare or with a name in front: `EMC <emc@example.com>`.
fn is_sender(value: &str) -> bool {
    Sender::parse(value).is_some()
}

/// A customer follows it from a mail: an address of the web, in one piece.
fn is_address_of_pages(value: &str) -> bool {
    let host = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    host.is_some_and(|rest| !rest.is_empty() && rest.len() <= 2_000)
        && !value.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn fault(name: &str, wrong: &str) -> Fault {
    Fault::new(Code::EnvironmentInvalid, Subject::Environment, wrong).field(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(changes: &[(&str, &str)]) -> Result<Variables, Refused> {
        let base = [
            ("TENANT_ID", "acme"),
            ("STATE_BUCKET", "emc-link-acme"),
            ("SECRET_ID", "emc-link/acme"),
            ("MAIL_FROM", "emc@example.co.jp"),
        ];
        Variables::read(|name| {
            let other = changes.iter().find(|(key, _)| *key == name);
            other.or_else(|| base.iter().find(|(key, _)| *key == name)).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_valid_environment_is_taken() {
        assert_eq!(with(&[]).unwrap().tenant.as_str(), "acme");
    }

    #[test]
    fn every_wrong_variable_is_named_at_once() {
        let wrong = [
            ("TENANT_ID", "../x"),
            ("STATE_BUCKET", ""),
            ("SECRET_ID", "a b"),
            ("MAIL_FROM", "nobody"),
            ("OPS_MAIL", "x"),
            ("PAGES_ENTRY", "javascript:x"),
        ];
        let refused = with(&wrong).unwrap_err();
        let names = ["TENANT_ID", "STATE_BUCKET", "SECRET_ID", "MAIL_FROM", "OPS_MAIL", "PAGES_ENTRY"];
        assert_eq!(refused.names(), names);
    }

    #[test]
    fn a_sender_may_have_a_name_and_the_pages_an_address() {
        let entry = "https://emc.example.co.jp/maintenance?menu=link";
        let given = with(&[("MAIL_FROM", "人事データ連携 <emc@example.co.jp>"), ("PAGES_ENTRY", entry)]).unwrap();
        assert_eq!(given.mail_from, "人事データ連携 <emc@example.co.jp>");
        assert_eq!(given.pages_entry.as_deref(), Some(entry));
        assert!(with(&[("PAGES_ENTRY", "https://a b")]).is_err());
    }
}
