//! The tenant's secret: SmartHR's and EMC's tokens.

use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::fault::{Code, Fault, Faults, Subject};

/// The parsed secret.
#[derive(Clone, Debug)]
pub struct Secret {
    /// SmartHR's tokens.
    pub smarthr: SmartHrSecret,
    /// The token of the EMC contract.
    pub emc_token: Option<SecretString>,
}

/// SmartHR's tokens. All but the access token are optional: a static token needs nothing else.
#[derive(Clone)]
pub struct SmartHrSecret {
    /// Sent with every request.
    pub access_token: SecretString,
    /// Exchanged for a new access token.
    pub refresh_token: Option<SecretString>,
    /// Until when the access token is valid.
    pub expires_at: Option<Timestamp>,
    /// When SmartHR issued this pair, as far as the link itself asked for it.
    pub refreshed_at: Option<Timestamp>,
    /// The SmartHR Plus app's id.
    pub client_id: Option<String>,
    /// The SmartHR Plus app's secret.
    pub client_secret: Option<SecretString>,
}

impl fmt::Debug for SmartHrSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartHrSecret")
            .field("refreshable", &self.refresh_token.is_some())
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Parses the secret; all faults at once, and none of them holds a value. EMC's part must be there and right if
/// `asks_emc`.
pub fn parse_secret(text: &SecretString, asks_emc: bool) -> Result<Secret, Faults> {
    let Ok(Value::Object(whole)) = serde_json::from_str(text.expose_secret()) else {
        return Err(fault("", "シークレットがJSONのオブジェクトではありません。").into());
    };
    let mut faults = Faults::new();
    let mut section = |name: &str| match whole.get(name) {
        Some(Value::Object(section)) => Some(section.clone()),
        Some(_) => {
            faults.push(fault(name, &format!("シークレットの{name}がオブジェクトではありません。")));
            None
        }
        None => {
            faults.push(fault(name, &format!("シークレットに{name}がありません。")));
            None
        }
    };
    let (smarthr, emc) = (section("smarthr"), if asks_emc { section("emc") } else { None });
    let unneeded = whole.get("emc").and_then(Value::as_object).filter(|_| !asks_emc);
    let access_token = smarthr.as_ref().and_then(|section| required(section, "smarthr", "access_token", &mut faults));
    let emc_token = emc.as_ref().and_then(|section| required(section, "emc", "token", &mut faults));
    let emc_token =
        emc_token.or_else(|| unneeded.and_then(|section| given(section, "emc", "token", &mut Faults::new())));
    let mut optional = |key: &str| smarthr.as_ref().and_then(|section| given(section, "smarthr", key, &mut faults));
    let refresh_token = optional("refresh_token").map(SecretString::from);
    let client_id = optional("client_id");
    let client_secret = optional("client_secret").map(SecretString::from);
    let expires_at = optional("expires_at").and_then(|text| {
        let time = text.parse().ok();
        if time.is_none() {
            faults
                .push(fault("smarthr.expires_at", "シークレットのsmarthr.expires_atがRFC 3339の日時ではありません。"));
        }
        time
    });
    // The link's own note: nobody is troubled where it cannot be read.
    let refreshed_at = smarthr.as_ref().and_then(|section| section.get("refreshed_at")?.as_str()?.parse().ok());
    match access_token {
        Some(access_token) if faults.is_empty() => Ok(Secret {
            smarthr: SmartHrSecret {
                access_token: access_token.into(),
                refresh_token,
                expires_at,
                refreshed_at,
                client_id,
                client_secret,
            },
            emc_token: emc_token.map(SecretString::from),
        }),
        _ => Err(faults),
    }
}

/// The secret's text with new tokens of SmartHR in it; everything else stays.
pub(crate) fn with_tokens(text: &SecretString, smarthr: &SmartHrSecret) -> Option<SecretString> {
    let mut whole: Map<String, Value> = serde_json::from_str(text.expose_secret()).ok()?;
    let section = whole.get_mut("smarthr")?.as_object_mut()?;
    section.insert("access_token".into(), smarthr.access_token.expose_secret().into());
    if let Some(token) = &smarthr.refresh_token {
        section.insert("refresh_token".into(), token.expose_secret().into());
    }
    match smarthr.expires_at {
        Some(time) => section.insert("expires_at".into(), time.to_string().into()),
        None => section.remove("expires_at"),
    };
    if let Some(time) = smarthr.refreshed_at {
        section.insert("refreshed_at".into(), time.to_string().into());
    }
    serde_json::to_string(&whole).ok().map(SecretString::from)
}

fn required(section: &Map<String, Value>, name: &str, key: &str, faults: &mut Faults) -> Option<String> {
    let before = faults.0.len();
    let value = given(section, name, key, faults);
    if value.is_none() && faults.0.len() == before {
        faults.push(fault(&format!("{name}.{key}"), &format!("シークレットに{name}.{key}がありません。")));
    }
    value
}

/// A text that can stand in a header: present, not blank, without control characters.
fn given(section: &Map<String, Value>, name: &str, key: &str, faults: &mut Faults) -> Option<String> {
    match section.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) if text.trim().bytes().all(|byte| (0x20..0x7f).contains(&byte)) => {
            Some(text.trim().to_owned())
        }
        Some(_) => {
            let detail = format!("シークレットの{name}.{key}が文字列ではないか、使えない文字が含まれています。");
            faults.push(fault(&format!("{name}.{key}"), &detail));
            None
        }
    }
}

fn fault(field: &str, detail: &str) -> Fault {
    let fault = Fault::new(Code::SecretInvalid, Subject::Secret, detail);
    if field.is_empty() { fault } else { fault.field(field) }
}
