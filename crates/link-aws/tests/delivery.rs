//! Delivery to a bucket when S3 refuses a file or does not answer, against an HTTP server with canned answers. Successful
//! delivery is tested against the emulator in `moto.rs`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use link::config::{DeliveryTarget, S3Target};
use link::state::delivery::DeliveryErrorKind::{Denied, Failed, NameTaken};
use link::state::delivery::{Delivery, DeliveryError, DeliveryFile, Placed, Shipment, UploadSecret, Visible};
use link_aws::BucketDelivery;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server answers to a method: a status and a body, or nothing at all.
type Answers = &'static [(&'static str, Option<(u16, &'static str)>)];

/// The heads of the requests, in lower case.
type Seen = Arc<Mutex<Vec<String>>>;

async fn bucket(answers: Answers) -> (BucketDelivery, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket, answers, Arc::clone(&noted)));
        }
    });
    let config = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_s3::config::Region::new("ap-northeast-1"))
        .credentials_provider(aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test"))
        .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
        .endpoint_url(endpoint)
        .force_path_style(true)
        .build();
    (BucketDelivery::new(aws_sdk_s3::Client::from_conf(config)), seen)
}

/// One request on each connection.
async fn answer(mut socket: TcpStream, answers: Answers, seen: Seen) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = socket.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    if head.contains("expect: 100-continue") {
        socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.unwrap();
    }
    let _ = socket.read_exact(&mut body).await;
    let method = head.split(' ').next().unwrap().to_uppercase();
    seen.lock().unwrap().push(head);
    let Some((status, code)) = answers.iter().find(|(known, _)| *known == method).and_then(|(_, answer)| *answer)
    else {
        return;
    };
    let body = if code.is_empty() || method == "HEAD" {
        String::new()
    } else {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as told</Message></Error>")
    };
    let text = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let _ = socket.write_all(text.as_bytes()).await;
}

async fn deliver(delivery: &BucketDelivery, owner: Option<&str>) -> Result<Vec<Placed>, DeliveryError> {
    let owner = owner.map(str::to_owned);
    let target = DeliveryTarget::S3(S3Target { bucket: "inbox".to_owned(), prefix: "acme".to_owned(), owner });
    let files = [DeliveryFile { name: "a.csv".to_owned(), content: Bytes::from_static(b"A1") }];
    delivery.deliver(Shipment { target: &target, secret: &UploadSecret::default(), files: &files }).await
}

#[tokio::test]
async fn the_bucket_must_be_the_named_accounts() {
    let (delivery, seen) = bucket(&[("PUT", Some((403, "AccessDenied")))]).await;
    let refused = deliver(&delivery, Some("123456789012")).await.unwrap_err();
    assert_eq!((refused.kind, refused.visible), (Denied, Visible::Nothing), "{refused}");
    let seen = seen.lock().unwrap().concat();
    assert!(seen.contains("x-amz-expected-bucket-owner: 123456789012"), "{seen}");
    assert!(seen.contains("if-none-match: *"), "{seen}");
}

#[tokio::test]
async fn what_s3_refused_is_not_there_and_what_it_did_not_answer_may_be() {
    for (answer, kind, visible) in [
        (Some((404, "NoSuchBucket")), Failed, Visible::Nothing),
        (Some((301, "PermanentRedirect")), Failed, Visible::Nothing),
        (Some((409, "ConditionalRequestConflict")), Failed, Visible::Perhaps),
        (Some((403, "AccessDenied")), Denied, Visible::Nothing),
        (Some((500, "InternalError")), Failed, Visible::Perhaps),
        (Some((503, "")), Failed, Visible::Perhaps),
        (None, Failed, Visible::Perhaps),
    ] {
        let answers: Answers = Box::leak(Box::new([("PUT", answer)]));
        let error = deliver(&bucket(answers).await.0, None).await.unwrap_err();
        assert_eq!((error.kind, error.visible), (kind, visible), "{answer:?}: {error}");
    }
}

#[tokio::test]
async fn what_is_there_already_is_ours_where_it_may_not_be_looked_at() {
    let taken = Some((412, "PreconditionFailed"));
    let (write_only, _) = bucket(Box::leak(Box::new([("PUT", taken), ("HEAD", Some((403, "")))]))).await;
    assert_eq!(deliver(&write_only, None).await.unwrap(), [Placed::Before]);
    let (other, _) = bucket(Box::leak(Box::new([("PUT", taken), ("HEAD", Some((200, "")))]))).await;
    assert_eq!(deliver(&other, None).await.unwrap_err().kind, NameTaken, "without our digest it is not ours");
    let (silent, _) = bucket(Box::leak(Box::new([("PUT", taken), ("HEAD", None)]))).await;
    let error = deliver(&silent, None).await.unwrap_err();
    assert_eq!((error.kind, error.visible), (Failed, Visible::Perhaps));
}
