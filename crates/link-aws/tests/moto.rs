//! The ports against an AWS emulator that keeps S3's and Secrets Manager's rules: moto's server.
//!
//! `cargo verify` starts it and runs these with `AWS_ENDPOINT_URL` at it. Without it there is nothing to test against, so
//! they are ignored, never passed.
#![expect(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use link::config::{DeliveryTarget, S3Target};
use link::state::TenantId;
use link::state::delivery::{DeliveryErrorKind, DeliveryFile, Placed, Shipment, UploadSecret, Visible};
use link::state::keys::Key;
use link::state::ports::{
    Condition, Mail, Mailer, Platform, SecretErrorKind, SecretStore, StateErrorKind, StateStore, Version,
};
use link_aws::{AwsPlatform, Clients, Remains, SecretRecovery};
use secrecy::ExposeSecret;

/// The emulator's own clients, to prepare and to look behind the ports.
struct Emulator {
    s3: aws_sdk_s3::Client,
    secrets: aws_sdk_secretsmanager::Client,
    ses: aws_sdk_ses::Client,
}

impl Emulator {
    fn new() -> Self {
        let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
        let key = aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test");
        let s3 = aws_sdk_s3::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_s3::config::Region::new("ap-northeast-1"))
            .credentials_provider(key.clone())
            .endpoint_url(&endpoint)
            .force_path_style(true)
            .build();
        let secrets = aws_sdk_secretsmanager::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_secretsmanager::config::Region::new("ap-northeast-1"))
            .credentials_provider(key.clone())
            .endpoint_url(&endpoint)
            .build();
        let ses = aws_sdk_ses::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_ses::config::Region::new("ap-northeast-1"))
            .credentials_provider(key)
            .endpoint_url(&endpoint)
            .build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            secrets: aws_sdk_secretsmanager::Client::from_conf(secrets),
            ses: aws_sdk_ses::Client::from_conf(ses),
        }
    }

    /// A bucket and a secret of this test's own.
    async fn platform(&self, name: &str) -> AwsPlatform {
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::ApNortheast1)
            .build();
        self.s3.create_bucket().bucket(name).create_bucket_configuration(place).send().await.unwrap();
        self.secrets.create_secret().name(name).secret_string("first").send().await.unwrap();
        Clients::from_environment().platform(&TenantId::parse("acme").unwrap(), name, name)
    }

    async fn secret(&self, name: &str) -> String {
        self.secrets.get_secret_value().secret_id(name).send().await.unwrap().secret_string.unwrap()
    }
}

fn body(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn an_object_is_replaced_only_by_who_read_it_last() {
    let platform = Emulator::new().platform("conditions").await;
    let (state, key) = (platform.state(), Key::snapshot());
    assert!(state.get(&key).await.unwrap().is_none());
    let kind = |found: Result<Version, link::state::ports::StateError>| found.unwrap_err().kind;

    let first = state.put(&key, body("1"), Condition::Absent).await.unwrap();
    assert_eq!(kind(state.put(&key, body("2"), Condition::Absent).await), StateErrorKind::Conflict);
    let second = state.put(&key, body("2"), Condition::Unchanged(first.clone())).await.unwrap();
    assert_eq!(kind(state.put(&key, body("3"), Condition::Unchanged(first)).await), StateErrorKind::Conflict);
    let found = state.get(&key).await.unwrap().unwrap();
    assert_eq!((found.body, &found.version), (body("2"), &second));

    state.delete(&key).await.unwrap();
    state.delete(&key).await.unwrap();
    assert_eq!(kind(state.put(&key, body("4"), Condition::Unchanged(second)).await), StateErrorKind::Conflict);
    assert!(state.get(&key).await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn an_object_is_removed_only_by_who_read_it_last() {
    let platform = Emulator::new().platform("removals").await;
    let (state, key) = (platform.state(), Key::pending());
    let first = state.put(&key, body("1"), Condition::Absent).await.unwrap();
    let second = state.put(&key, body("2"), Condition::Unchanged(first.clone())).await.unwrap();
    let refused = state.delete_unchanged(&key, &first).await.unwrap_err();
    assert_eq!(refused.kind, StateErrorKind::Conflict, "{refused}");
    assert_eq!(state.get(&key).await.unwrap().unwrap().body, body("2"));
    state.delete_unchanged(&key, &second).await.unwrap();
    assert!(state.get(&key).await.unwrap().is_none());
    state.delete_unchanged(&key, &second).await.unwrap();
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn a_listing_of_many_pages_is_whole_and_sorted_and_the_tenants_own() {
    let emulator = Emulator::new();
    let platform = emulator.platform("listing").await;
    let key = |number: u32| Key::from_listing(format!("runs/2026-11-23/r{number:04}/report.json"));
    for number in (0..1_050).rev() {
        platform.state().put(&key(number), body("{}"), Condition::Always).await.unwrap();
    }
    let other = "tenants/acme-2/runs/2026-11-23/x/report.json";
    let strange = aws_sdk_s3::primitives::ByteStream::from_static(b"{}");
    emulator.s3.put_object().bucket("listing").key(other).body(strange).send().await.unwrap();
    let found = platform.state().list(&Key::runs()).await.unwrap();
    assert_eq!(found, (0..1_050).map(key).collect::<Vec<_>>());
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn a_missing_bucket_is_named() {
    let clients = Clients::from_environment();
    let platform = clients.platform(&TenantId::parse("acme").unwrap(), "no-such-bucket", "none");
    let error = platform.state().get(&Key::config()).await.unwrap_err();
    assert_eq!(error.kind, StateErrorKind::NoStore);
    assert!(error.to_string().contains("no-such-bucket"), "{error}");
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn a_secret_is_replaced_only_by_who_read_it_last() {
    let emulator = Emulator::new();
    let platform = emulator.platform("rotation").await;
    let first = platform.secrets().load().await.unwrap();
    assert_eq!(first.text.expose_secret(), "first");

    let second = platform.secrets().replace("second".into(), &first.version).await.unwrap();
    // As everybody reads it, without a label.
    assert_eq!(emulator.secret("rotation").await, "second");
    assert_eq!(platform.secrets().load().await.unwrap().version, second);
    let late = platform.secrets().replace("late".into(), &first.version).await.unwrap_err();
    assert_eq!(late.kind, SecretErrorKind::Conflict);

    emulator.secrets.put_secret_value().secret_id("rotation").secret_string("by hand").send().await.unwrap();
    let overtaken = platform.secrets().replace("third".into(), &second).await.unwrap_err();
    assert_eq!(overtaken.kind, SecretErrorKind::Conflict);
    assert_eq!(emulator.secret("rotation").await, "by hand");
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn of_two_that_replace_the_same_version_one_is_refused() {
    let emulator = Emulator::new();
    let platform = emulator.platform("same-version").await;
    let read_at = platform.secrets().load().await.unwrap().version;
    let winner = platform.secrets().replace("winner".into(), &read_at).await.unwrap();
    // The other had looked before the winner wrote: what it sends carries the name that the winner took.
    let refused = emulator
        .secrets
        .put_secret_value()
        .secret_id("same-version")
        .secret_string("loser")
        .client_request_token(&winner.0)
        .send()
        .await
        .unwrap_err();
    assert!(refused.into_service_error().is_resource_exists_exception());
    assert_eq!(emulator.secret("same-version").await, "winner");
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn a_missing_secret_is_told_as_missing() {
    let clients = Clients::from_environment();
    let platform = clients.platform(&TenantId::parse("acme").unwrap(), "bucket", "no-such-secret");
    assert_eq!(platform.secrets().load().await.unwrap_err().kind, SecretErrorKind::Missing);
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn a_mail_goes_out_as_it_is_and_only_from_a_verified_sender() {
    let emulator = Emulator::new();
    emulator.ses.verify_email_identity().email_address("verified@example.co.jp").send().await.unwrap();
    let mail = |from: &str| Mail {
        from: from.to_owned(),
        to: vec!["hr@example.co.jp".to_owned()],
        message: format!("From: {from}\r\nTo: hr@example.co.jp\r\nSubject: EMC-OK\r\n\r\nx\r\n").into_bytes(),
    };
    let post = Clients::from_environment().mailer();
    post.send(&mail("verified@example.co.jp")).await.unwrap();
    let refused = post.send(&mail("stranger@example.com")).await.unwrap_err();
    assert!(refused.to_string().contains("stranger@example.com"), "{refused}");
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn an_erasure_leaves_no_version_no_mark_and_no_secret_and_touches_no_other_tenant() {
    let emulator = Emulator::new();
    let platform = emulator.platform("erased").await;
    let versioned = aws_sdk_s3::types::VersioningConfiguration::builder()
        .status(aws_sdk_s3::types::BucketVersioningStatus::Enabled)
        .build();
    emulator.s3.put_bucket_versioning().bucket("erased").versioning_configuration(versioned).send().await.unwrap();
    // More than one page and one batch, versions that were overwritten, and one that was deleted.
    for number in 0..350 {
        let key = Key::from_listing(format!("runs/2026-11-23/{number}/report.json"));
        for content in ["first", "second", "third"] {
            platform.state().put(&key, Bytes::from(content), Condition::Always).await.unwrap();
        }
    }
    platform.state().delete(&Key::from_listing("runs/2026-11-23/0/report.json")).await.unwrap();
    let neighbour = Clients::from_environment().platform(&TenantId::parse("acme-2").unwrap(), "erased", "erased");
    neighbour.state().put(&Key::config(), Bytes::from("theirs"), Condition::Always).await.unwrap();

    let tenant = TenantId::parse("acme").unwrap();
    let erasure = Clients::from_environment().erasure(&tenant, "erased", "erased");
    let found = erasure.remains().await.unwrap();
    assert_eq!((found.versions, found.markers, found.secret), (1050, 1, true));
    assert_eq!(found.bytes, 350 * ("first".len() + "second".len() + "third".len()) as u64);
    erasure.erase_objects().await.unwrap();
    erasure.erase_secret(SecretRecovery::None).await.unwrap();
    assert_eq!(erasure.remains().await.unwrap(), Remains::default());
    assert_eq!(platform.secrets().load().await.unwrap_err().kind, SecretErrorKind::Missing);
    assert_eq!(neighbour.state().get(&Key::config()).await.unwrap().unwrap().body, "theirs");
    // Once more is no error.
    erasure.erase_objects().await.unwrap();
    erasure.erase_secret(SecretRecovery::None).await.unwrap();
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn a_secret_that_waits_for_its_end_counts_as_gone() {
    let emulator = Emulator::new();
    emulator.platform("waiting").await;
    let tenant = TenantId::parse("acme").unwrap();
    let erasure = Clients::from_environment().erasure(&tenant, "waiting", "waiting");
    erasure.erase_secret(SecretRecovery::Days(7)).await.unwrap();
    assert!(!erasure.remains().await.unwrap().secret);
    let found = emulator.secrets.describe_secret().secret_id("waiting").send().await.unwrap();
    assert!(found.deleted_date().is_some(), "it can still be restored");
}

/// Two files on their way to a bucket of EMC's side.
async fn deliver(
    platform: &AwsPlatform,
    target: &S3Target,
    content: &'static str,
) -> Result<Vec<Placed>, link::state::delivery::DeliveryError> {
    let file = |name: &str| DeliveryFile { name: name.to_owned(), content: body(content) };
    let files = [file("acme-r-1-departments.csv"), file("acme-r-2-users.csv")];
    let target = DeliveryTarget::S3(target.clone());
    let secret = UploadSecret::default();
    let deliveries = platform.deliveries();
    deliveries.to(&target).unwrap().deliver(Shipment { target: &target, secret: &secret, files: &files }).await
}

fn inbox(bucket: &str) -> S3Target {
    S3Target { bucket: bucket.to_owned(), prefix: "受信/acme".to_owned(), owner: None }
}

#[tokio::test]
#[ignore = "needs moto: cargo verify starts it"]
async fn upload_files_are_put_once_and_replace_nothing() {
    let emulator = Emulator::new();
    let platform = emulator.platform("inbox").await;
    let target = inbox("inbox");
    assert_eq!(deliver(&platform, &target, "A1").await.unwrap(), [Placed::Now, Placed::Now]);
    assert_eq!(deliver(&platform, &target, "A1").await.unwrap(), [Placed::Before, Placed::Before]);
    let found = emulator.s3.get_object().bucket("inbox").key("受信/acme/acme-r-2-users.csv").send().await.unwrap();
    assert_eq!(found.body.collect().await.unwrap().into_bytes(), "A1");

    // Of a delivery that broke off the rest is put; somebody else's object stays.
    let second = "受信/acme/acme-r-2-users.csv";
    emulator.s3.delete_object().bucket("inbox").key(second).send().await.unwrap();
    assert_eq!(deliver(&platform, &target, "A1").await.unwrap(), [Placed::Before, Placed::Now]);
    let theirs = aws_sdk_s3::primitives::ByteStream::from_static(b"theirs");
    emulator.s3.put_object().bucket("inbox").key(second).body(theirs).send().await.unwrap();
    let taken = deliver(&platform, &target, "A1").await.unwrap_err();
    assert_eq!((taken.kind, taken.visible), (DeliveryErrorKind::NameTaken, Visible::Perhaps));
    let found = emulator.s3.get_object().bucket("inbox").key(second).send().await.unwrap();
    assert_eq!(found.body.collect().await.unwrap().into_bytes(), "theirs");

    let missing = deliver(&platform, &inbox("no-such-inbox"), "A1").await.unwrap_err();
    assert_eq!((missing.kind, missing.visible), (DeliveryErrorKind::Failed, Visible::Nothing), "{missing}");
}
