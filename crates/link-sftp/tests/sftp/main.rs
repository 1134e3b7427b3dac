//! SFTP delivery against an SSH server in this process. Each test names the failure that the server is to show.
#![expect(clippy::unwrap_used, reason = "tests")]

mod server;

use std::time::Duration;

use bytes::Bytes;
use link::config::{DeliveryTarget, SftpTarget};
use link::state::delivery::DeliveryErrorKind::{Denied, Failed, HostKey, NameTaken};
use link::state::delivery::{Delivery, DeliveryError, DeliveryFile, Placed, Shipment, UploadSecret, Visible};
use link_sftp::SftpDelivery;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use secrecy::SecretString;
use server::{PASSWORD, Server, Trouble, USER};

fn target(server: &Server) -> SftpTarget {
    SftpTarget {
        user: USER.to_owned(),
        host: "127.0.0.1".to_owned(),
        port: server.port,
        directory: "/".to_owned(),
        host_keys: vec![server.fingerprint()],
    }
}

fn password() -> UploadSecret {
    UploadSecret { password: Some(SecretString::from(PASSWORD)), private_key: None }
}

fn files() -> Vec<DeliveryFile> {
    let file = |name: &str, content: String| DeliveryFile { name: name.to_owned(), content: Bytes::from(content) };
    vec![
        file("acme-r-1-departments.csv", "部署ID\r\nA1\r\n".to_owned()),
        // More than one request's worth, and no multiple of anything.
        file("acme-r-2-users.csv", "𠮷野家 花子,A00001\r\n".repeat(40_001)),
    ]
}

async fn deliver_to(target: SftpTarget, secret: &UploadSecret) -> Result<Vec<Placed>, DeliveryError> {
    let (target, files) = (DeliveryTarget::Sftp(target), files());
    SftpDelivery.deliver(Shipment { target: &target, secret, files: &files }).await
}

async fn deliver(server: &Server) -> Result<Vec<Placed>, DeliveryError> {
    deliver_to(target(server), &password()).await
}

/// All files, whole, and nothing else.
fn assert_arrived(server: &Server) {
    let files = files();
    assert_eq!(server.names(), files.iter().map(|file| file.name.clone()).collect::<Vec<_>>());
    for file in files {
        assert!(std::fs::read(server.path(&file.name)).unwrap() == file.content, "{}", file.name);
    }
}

/// Removes the temporary files of an attempt whose connection broke: the client could not remove them any more.
fn without_halves(server: &Server) {
    for name in server.names().iter().filter(|name| name.starts_with('.')) {
        std::fs::remove_file(server.path(name)).unwrap();
    }
}

fn told(result: Result<Vec<Placed>, DeliveryError>) -> (link::state::delivery::DeliveryErrorKind, Visible) {
    let error = result.unwrap_err();
    (error.kind, error.visible)
}

#[tokio::test]
async fn files_appear_whole_in_order_and_once() {
    let server = Server::start(None).await;
    assert_eq!(deliver(&server).await.unwrap(), [Placed::Now, Placed::Now]);
    assert_arrived(&server);
    let renames: Vec<String> = server.requests().into_iter().filter(|request| request.starts_with("rename")).collect();
    assert_eq!(renames.len(), 2);
    for (rename, file) in renames.iter().zip(files()) {
        let is_so = rename.starts_with(&format!("rename /.{}.", file.name))
            && rename.ends_with(&format!(".part /{}", file.name));
        assert!(is_so, "{rename}");
    }
    let last_open = server.requests().iter().rposition(|request| request.starts_with("open /.")).unwrap();
    let first_rename = server.requests().iter().position(|request| request.starts_with("rename")).unwrap();
    assert!(last_open < first_rename, "all are written before one is renamed");

    assert_eq!(deliver(&server).await.unwrap(), [Placed::Before, Placed::Before]);
    assert_arrived(&server);
    assert_eq!(server.requests().iter().filter(|request| request.starts_with("rename")).count(), 2);
}

#[tokio::test]
async fn a_directory_below_the_login_and_one_with_a_japanese_name() {
    let server = Server::start(None).await;
    for directory in ["受信/人事 データ", "/受信/人事 データ"] {
        std::fs::create_dir_all(server.path("受信/人事 データ")).unwrap();
        let to = SftpTarget { directory: directory.to_owned(), ..target(&server) };
        deliver_to(to, &password()).await.unwrap();
        assert!(server.path("受信/人事 データ/acme-r-2-users.csv").exists());
        std::fs::remove_dir_all(server.path("受信")).unwrap();
    }
}

#[tokio::test]
async fn another_host_key_gets_neither_a_password_nor_a_file() {
    let (server, other) = (Server::start(None).await, Server::start(None).await);
    let to = SftpTarget { host_keys: vec![other.fingerprint(), other.second_fingerprint()], ..target(&server) };
    let error = deliver_to(to, &password()).await.unwrap_err();
    assert_eq!((error.kind, error.visible), (HostKey, Visible::Nothing));
    assert!(error.detail.contains(&server.fingerprint()) && error.detail.contains(&server.second_fingerprint()));
    assert!(server.requests().is_empty() && server.names().is_empty(), "{:?}", server.requests());
}

#[tokio::test]
async fn any_of_the_servers_keys_may_be_the_one_of_the_config() {
    let server = Server::start(None).await;
    let to = SftpTarget { host_keys: vec![server.second_fingerprint()], ..target(&server) };
    deliver_to(to, &password()).await.unwrap();
    assert_arrived(&server);
}

#[tokio::test]
async fn a_key_opens_the_door_and_a_wrong_one_or_a_wrong_password_does_not() {
    let key = |()| PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).unwrap();
    let (right, wrong) = (key(()), key(()));
    let server = Server::start(Some(right.public_key().clone())).await;
    let pem = |key: &PrivateKey| Some(SecretString::from(key.to_openssh(LineEnding::LF).unwrap().to_string()));
    let with =
        |private_key, password: Option<&str>| UploadSecret { private_key, password: password.map(SecretString::from) };

    deliver_to(target(&server), &with(pem(&right), None)).await.unwrap();
    assert!(!server.requests().contains(&"password".to_owned()), "a password is not sent where the key is enough");
    deliver_to(target(&server), &with(pem(&wrong), Some(PASSWORD))).await.unwrap();

    let other_user = SftpTarget { user: "root".to_owned(), ..target(&server) };
    let garbage = Some(SecretString::from("-----BEGIN OPENSSH PRIVATE KEY-----\ngeheim\n"));
    for (to, secret) in [
        (target(&server), with(pem(&wrong), None)),
        (target(&server), with(None, Some("falsch"))),
        (target(&server), with(None, None)),
        (target(&server), with(garbage, Some(PASSWORD))),
        (other_user, with(None, Some(PASSWORD))),
    ] {
        let error = deliver_to(to, &secret).await.unwrap_err();
        assert_eq!((error.kind, error.visible), (Denied, Visible::Nothing), "{error}");
        assert!(
            !error.detail.contains("falsch") && !error.detail.contains("geheim") && !error.detail.contains(PASSWORD)
        );
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_a_rename_leaves_nothing_to_be_seen() {
    for trouble in [Trouble::CutAtLogin, Trouble::CutAtWrite] {
        let server = Server::start(None).await;
        server.trouble(trouble);
        assert_eq!(told(deliver(&server).await), (Failed, Visible::Nothing), "{trouble:?}");
        assert!(server.names().iter().all(|name| name.starts_with('.')), "{:?}", server.names());
        server.trouble(None);
        assert_eq!(deliver(&server).await.unwrap(), [Placed::Now, Placed::Now]);
        without_halves(&server);
        assert_arrived(&server);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_at_a_rename_leaves_a_doubt_that_the_next_delivery_settles() {
    for (trouble, first) in [(Trouble::CutBeforeRename, Placed::Now), (Trouble::CutAfterRename, Placed::Before)] {
        let server = Server::start(None).await;
        server.trouble(trouble);
        assert_eq!(told(deliver(&server).await), (Failed, Visible::Perhaps), "{trouble:?}");
        server.trouble(None);
        assert_eq!(deliver(&server).await.unwrap(), [first, Placed::Now]);
        without_halves(&server);
        assert_arrived(&server);
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_not_left_fuller() {
    // The first file fits, the second does not; the server says so, or says nothing.
    for trouble in [Trouble::Full(100_000), Trouble::SilentlyFull(100_000)] {
        let server = Server::start(None).await;
        server.trouble(trouble);
        assert_eq!(told(deliver(&server).await), (Failed, Visible::Nothing), "{trouble:?}");
        assert_eq!(server.names(), Vec::<String>::new(), "{trouble:?}");
        server.trouble(None);
        deliver(&server).await.unwrap();
        assert_arrived(&server);
    }
}

#[tokio::test]
async fn a_rename_that_is_refused_is_told_with_what_can_be_seen() {
    let server = Server::start(None).await;
    server.trouble(Trouble::RenameRefused);
    assert_eq!(told(deliver(&server).await), (Failed, Visible::Nothing));
    assert_eq!(server.names(), Vec::<String>::new());
    server.trouble(Trouble::SecondRenameRefused);
    assert_eq!(told(deliver(&server).await), (Failed, Visible::Perhaps));
    assert_eq!(server.names(), ["acme-r-1-departments.csv"]);
    server.trouble(None);
    assert_eq!(deliver(&server).await.unwrap(), [Placed::Before, Placed::Now]);
    assert_arrived(&server);
}

#[tokio::test]
async fn somebody_elses_file_of_the_same_name_is_never_replaced() {
    for trouble in [None, Some(Trouble::RenameReplaces)] {
        let server = Server::start(None).await;
        server.trouble(trouble);
        // Once of another size, once of the same.
        for content in ["theirs".to_owned(), files()[1].content.iter().map(|_| 'x').collect()] {
            let path = server.path("acme-r-2-users.csv");
            std::fs::write(&path, &content).unwrap();
            assert_eq!(told(deliver(&server).await), (NameTaken, Visible::Nothing));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
            assert_eq!(server.names(), ["acme-r-2-users.csv"]);
        }
    }
}

#[tokio::test]
async fn links_are_not_followed() {
    let server = Server::start(None).await;
    let victim = server.folder.path().parent().unwrap().join(format!("emc-link-victim-{}", server.port));
    std::fs::write(&victim, "untouched").unwrap();
    std::os::unix::fs::symlink(&victim, server.path("acme-r-2-users.csv")).unwrap();
    assert_eq!(told(deliver(&server).await), (NameTaken, Visible::Nothing));
    std::fs::remove_file(server.path("acme-r-2-users.csv")).unwrap();
    deliver(&server).await.unwrap();
    assert_arrived(&server);
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "untouched");
    std::fs::remove_file(victim).unwrap();
}

#[tokio::test]
async fn a_folder_into_which_one_may_only_write_is_enough() {
    let server = Server::start(None).await;
    server.trouble(Trouble::Blind);
    deliver(&server).await.unwrap();
    assert_arrived(&server);
    // What is there cannot be compared, and is not replaced.
    assert_eq!(told(deliver(&server).await).0, Failed);
    server.trouble(None);
    assert_arrived(&server);
}

#[tokio::test]
async fn a_file_that_never_ends_is_not_read_for_ever() {
    let server = Server::start(None).await;
    deliver(&server).await.unwrap();
    server.trouble(Trouble::Endless);
    let result = tokio::time::timeout(Duration::from_secs(20), deliver(&server)).await.unwrap();
    assert_eq!(told(result), (NameTaken, Visible::Nothing));
}

#[tokio::test]
async fn a_missing_directory_and_a_missing_server_are_told() {
    let server = Server::start(None).await;
    let to = SftpTarget { directory: "/nowhere".to_owned(), ..target(&server) };
    assert_eq!(told(deliver_to(to.clone(), &password()).await), (Failed, Visible::Nothing));
    let probe = |to: SftpTarget| async { SftpDelivery.probe(&DeliveryTarget::Sftp(to), &password()).await };
    assert_eq!(probe(to).await.unwrap_err().kind, Failed);
    probe(target(&server)).await.unwrap();
    std::fs::write(server.path("file"), "").unwrap();
    assert_eq!(probe(SftpTarget { directory: "/file".to_owned(), ..target(&server) }).await.unwrap_err().kind, Failed);
    let nobody = SftpTarget { port: 1, ..target(&server) };
    assert_eq!(told(deliver_to(nobody, &password()).await), (Failed, Visible::Nothing));
    // Somebody who takes the call and says nothing, or nonsense.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut socket, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    assert_eq!(told(deliver_to(SftpTarget { port, ..target(&server) }, &password()).await), (Failed, Visible::Nothing));
}
