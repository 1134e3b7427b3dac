//! `[upload]`: where upload files are delivered.

use super::{config, config_faults, only, smallest_with, told};
use crate::config::{Config, DeliveryTarget, S3Target, SftpTarget};
use crate::fault::{Code, Fault};

const KEY: &str = "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDJ1RzRbTcCWRWNRmM";
/// GitHub's public host key; its fingerprint is published as `+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU`.
const PUBLIC_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl github.com";

fn with(lines: &str) -> String {
    smallest_with("[emc]", "[emc]\ndestination = \"csv\"").replace("[notify]", &format!("[upload]\n{lines}\n[notify]"))
}

fn read(lines: &str) -> Config {
    config(&with(lines))
}

fn sftp(lines: &str) -> SftpTarget {
    match read(&format!("host_key = \"{KEY}\"\n{lines}")).delivery {
        Some(DeliveryTarget::Sftp(target)) => target,
        other => panic!("{lines}: {other:?}"),
    }
}

fn fault(lines: &str) -> Fault {
    only(config_faults(&with(lines)), Code::ConfigValueInvalid)
}

#[test]
fn nothing_is_delivered_until_a_place_is_named() {
    assert_eq!(read("").delivery, None);
}

#[test]
fn a_server_is_taken_apart() {
    for (url, user, host, port, directory, shown) in [
        ("sftp://emc@sftp.example.jp", "emc", "sftp.example.jp", 22, "", "sftp://emc@sftp.example.jp:22/~/"),
        ("sftp://emc@sftp.example.jp/", "emc", "sftp.example.jp", 22, "/", "sftp://emc@sftp.example.jp:22/"),
        (
            "sftp://emc@192.0.2.1:2222/in/acme/",
            "emc",
            "192.0.2.1",
            2222,
            "/in/acme",
            "sftp://emc@192.0.2.1:2222/in/acme",
        ),
        (
            "sftp://a%40b@[2001:db8::1]:2222/~/in",
            "a@b",
            "2001:db8::1",
            2222,
            "in",
            "sftp://a@b@[2001:db8::1]:2222/~/in",
        ),
        ("sftp://emc@[2001:db8::1]/受信", "emc", "2001:db8::1", 22, "/受信", "sftp://emc@[2001:db8::1]:22/受信"),
        ("sftp://emc@h/%E5%8F%97%E4%BF%A1", "emc", "h", 22, "/受信", "sftp://emc@h:22/受信"),
        ("sftp://emc@h/~", "emc", "h", 22, "", "sftp://emc@h:22/~/"),
    ] {
        let target = sftp(&format!("deliver = \"{url}\""));
        assert_eq!((target.user.as_str(), target.host.as_str(), target.port), (user, host, port), "{url}");
        assert_eq!(target.directory, directory, "{url}");
        assert_eq!(DeliveryTarget::Sftp(target).to_string(), shown);
    }
    let path = |url: &str| sftp(&format!("deliver = \"{url}\"")).path("a.csv");
    assert_eq!(path("sftp://emc@h"), "a.csv");
    assert_eq!(path("sftp://emc@h/"), "/a.csv");
    assert_eq!(path("sftp://emc@h/in"), "/in/a.csv");
    assert_eq!(path("sftp://emc@h/~/in"), "in/a.csv");
}

#[test]
fn a_bucket_is_taken_apart() {
    let Some(DeliveryTarget::S3(target)) = read("deliver = \"s3://emc-in/acme/受信/\"").delivery else { panic!() };
    assert_eq!(target, S3Target { bucket: "emc-in".into(), prefix: "acme/受信".into(), owner: None });
    assert_eq!(target.key("a.csv"), "acme/受信/a.csv");
    let owned = read("deliver = \"s3://emc-in\"\nbucket_owner = \"123456789012\"").delivery;
    let Some(DeliveryTarget::S3(target)) = owned else { panic!() };
    assert_eq!((target.key("a.csv"), target.owner.as_deref()), ("a.csv".to_owned(), Some("123456789012")));
}

#[test]
fn a_place_that_is_none_is_refused_and_a_password_never_repeated() {
    for url in [
        "",
        "ftp://emc@h/in",
        "sftp://h/in",
        "sftp://emc:geheim@h/in",
        "sftp://emc@h:geheim@i/in",
        "sftp://@h/in",
        "sftp://emc@/in",
        "sftp://emc@h:0/in",
        "sftp://emc@h:65536/in",
        "sftp://emc@h:/in",
        "sftp://emc@h/in/../other",
        "sftp://emc@h/in//x",
        "sftp://emc@h/%2e%2e/x",
        "sftp://emc@h/in?x=1",
        "sftp://emc@h/in#x",
        "sftp://emc@h/%00",
        "sftp://emc@h/%ff",
        "sftp://emc@h/%4",
        "sftp://emc@h/a b",
        "sftp://emc@-oProxyCommand=x/in",
        "sftp://emc@[2001:db8::1/in",
        "sftp://emc@[nonsense]/in",
        "sftp://emc@日本/in",
        "s3://",
        "s3://ab",
        "s3://Bucket/x",
        "s3://-bucket/x",
        "s3://bucket/a//b",
        "s3://bucket/../b",
        "s3://key:geheim@bucket/b",
    ] {
        let fault = fault(&format!("deliver = \"{url}\"\n"));
        assert_eq!(fault.field.as_deref(), Some("upload.deliver"), "{url}");
        assert!(!fault.message.contains("geheim") && fault.message.contains("sftp://"), "{}", fault.message);
    }
}

#[test]
fn a_host_key_is_a_fingerprint_or_a_public_key_or_several() {
    let place = "deliver = \"sftp://emc@h\"";
    let keys = |line: &str| match read(&format!("{place}\n{line}")).delivery {
        Some(DeliveryTarget::Sftp(target)) => target.host_keys,
        other => panic!("{other:?}"),
    };
    assert_eq!(keys(&format!("host_key = \"{KEY}\"")), [KEY]);
    let github = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU";
    assert_eq!(keys(&format!("host_key = \"{PUBLIC_KEY}\"")), [github]);
    assert_eq!(keys(&format!("host_key = [\"{KEY}\", \"{PUBLIC_KEY}\"]")), [KEY, github]);
    for value in [
        "\"\"",
        "\"SHA256:abc\"",
        "\"MD5:aa:bb\"",
        "\"ssh-ed25519 AAAA\"",
        "[]",
        "7",
        "\"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\"",
    ] {
        let fault = fault(&format!("{place}\nhost_key = {value}"));
        assert_eq!(fault.field.as_deref(), Some("upload.host_key"), "{value}");
    }
}

#[test]
fn keys_that_do_not_go_together_are_told() {
    let faults = config_faults(&with("deliver = \"sftp://emc@h\""));
    assert_eq!(told(&faults), [(Code::ConfigKeyMissing, "upload.host_key")]);
    assert_eq!(fault(&format!("host_key = \"{KEY}\"")).field.as_deref(), Some("upload.host_key"));
    assert_eq!(fault("bucket_owner = \"123456789012\"").field.as_deref(), Some("upload.bucket_owner"));
    let mixed = fault(&format!("deliver = \"s3://emc-in\"\nhost_key = \"{KEY}\""));
    assert_eq!(mixed.field.as_deref(), Some("upload.host_key"));
    assert_eq!(
        fault("deliver = \"s3://emc-in\"\nbucket_owner = \"12345\"").field.as_deref(),
        Some("upload.bucket_owner")
    );
    let api = smallest_with("", "[upload]\ndeliver = \"s3://emc-in\"");
    let fault = only(config_faults(&api), Code::ConfigValueInvalid);
    assert!(fault.message.contains("emc.destination"), "{}", fault.message);
}
