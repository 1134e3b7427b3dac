//! The secret's `upload` part: what a delivery logs in with.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::config::DeliveryTarget;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::state::delivery::UploadSecret;

/// Reads the part that the target asks for; a bucket is written by the function's own role and asks for none. No fault
/// holds a value.
pub(crate) fn upload_secret(text: &SecretString, target: Option<&DeliveryTarget>) -> Result<UploadSecret, Faults> {
    if !matches!(target, Some(DeliveryTarget::Sftp(_))) {
        return Ok(UploadSecret::default());
    }
    // What is no JSON at all is told once, with the tokens of the other parts.
    let Ok(Value::Object(whole)) = serde_json::from_str(text.expose_secret()) else {
        return Ok(UploadSecret::default());
    };
    let Some(part) = whole.get("upload").and_then(Value::as_object) else {
        return Err(fault("upload", "シークレットにupload(private_keyまたはpassword)がありません。").into());
    };
    let mut faults = Faults::new();
    let private_key = given(part, "private_key", &mut faults);
    let password = given(part, "password", &mut faults);
    if private_key.as_deref().is_some_and(|key| !key.trim_start().starts_with("-----BEGIN ")) {
        let detail = "シークレットのupload.private_keyがPEM形式の秘密鍵ではありません(-----BEGIN で始まる行から)。";
        faults.push(fault("upload.private_key", detail));
    }
    if private_key.is_none() && password.is_none() && faults.is_empty() {
        faults.push(fault("upload", "シークレットのuploadにprivate_keyもpasswordもありません。"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(UploadSecret { private_key: private_key.map(SecretString::from), password: password.map(SecretString::from) })
}

/// A text; of several lines, since a private key has them.
fn given(part: &Map<String, Value>, key: &str, faults: &mut Faults) -> Option<String> {
    match part.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => {
            let detail = format!("シークレットのupload.{key}が文字列ではありません。");
            faults.push(fault(&format!("upload.{key}"), &detail));
            None
        }
    }
}

fn fault(field: &str, detail: &str) -> Fault {
    Fault::new(Code::SecretInvalid, Subject::Secret, detail).field(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{S3Target, SftpTarget};

    fn sftp() -> DeliveryTarget {
        DeliveryTarget::Sftp(SftpTarget {
            user: "emc".into(),
            host: "sftp.example.jp".into(),
            port: 22,
            directory: String::new(),
            host_keys: Vec::new(),
        })
    }

    fn read(text: &str) -> Result<UploadSecret, Faults> {
        upload_secret(&text.to_owned().into(), Some(&sftp()))
    }

    #[test]
    fn a_key_or_a_password_is_enough_and_a_bucket_needs_neither() {
        let both = read(r#"{"upload":{"private_key":"-----BEGIN X-----\nabc","password":" p "}}"#).unwrap();
        assert_eq!(both.password.unwrap().expose_secret(), " p ", "a password keeps its spaces");
        assert!(both.private_key.unwrap().expose_secret().contains('\n'));
        assert!(read(r#"{"upload":{"password":"p"}}"#).unwrap().private_key.is_none());
        let bucket = DeliveryTarget::S3(S3Target { bucket: "b".into(), prefix: String::new(), owner: None });
        assert!(upload_secret(&"{}".to_owned().into(), Some(&bucket)).is_ok());
        assert!(upload_secret(&"{}".to_owned().into(), None).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named_and_never_repeated() {
        for (text, field) in [
            ("{}", "upload"),
            (r#"{"upload":[]}"#, "upload"),
            (r#"{"upload":{"password":" "}}"#, "upload"),
            (r#"{"upload":{"password":5}}"#, "upload.password"),
            (r#"{"upload":{"private_key":"geheim"}}"#, "upload.private_key"),
        ] {
            let faults = read(text).unwrap_err();
            assert_eq!(faults.0[0].field.as_deref(), Some(field), "{text}");
            assert!(!faults.0[0].message.contains("geheim"));
        }
    }
}
