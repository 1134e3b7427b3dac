//! The function's environment variables, checked all at once.

use link::config::is_mail_address;
use link::fault::{Code, Fault, Faults, Subject};
use link::state::TenantId;

/// A valid environment.
#[derive(Debug)]
pub(crate) struct Variables {
    pub(crate) tenant: TenantId,
    pub(crate) state_bucket: String,
    pub(crate) secret_id: String,
    pub(crate) mail_from: String,
    pub(crate) ops_mail: Option<String>,
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
        let mail_from = required("MAIL_FROM", is_sender, "SESで検証済みのメールアドレス");
        let ops_mail = given("OPS_MAIL");
        let ops_valid = ops_mail.as_deref().is_none_or(is_mail_address);
        if !ops_valid {
            faults.push(fault("OPS_MAIL", "環境変数OPS_MAILの値が正しくありません(メールアドレス)。"));
        }
        let ops_mail = ops_mail.filter(|_| ops_valid);
        let parsed = tenant.as_deref().and_then(|tenant| TenantId::parse(tenant).ok());
        match (parsed, state_bucket, secret_id, mail_from) {
            (Some(tenant), Some(state_bucket), Some(secret_id), Some(mail_from)) if faults.is_empty() => {
                Ok(Self { tenant, state_bucket, secret_id, mail_from, ops_mail })
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
    let address = match value.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').unwrap_or_default(),
        None => value,
    };
    is_mail_address(address) && !value.chars().any(char::is_control)
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
        ];
        let refused = with(&wrong).unwrap_err();
        assert_eq!(refused.names(), ["TENANT_ID", "STATE_BUCKET", "SECRET_ID", "MAIL_FROM", "OPS_MAIL"]);
    }
}
