//! The client against a server that speaks by a script, byte for byte: that is what lost answers and cut bodies need, and it
//! takes no request without an exact `Content-Length`.

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::emc::exchange::Pace;
use crate::emc::{Begin, Packed};

const DONE: &str = r#"{"status":"committed","users":{"created":2}}"#;
const PREVIEWED: &str = r#"{"status":"previewed","users":{"created":2}}"#;
const PROCESSING: &str = r#"{"status":"processing"}"#;
const CANCELLED: &str = r#"{"status":"cancelled"}"#;

#[derive(Clone)]
enum Say {
    Json(u16, &'static str),
    /// With one more header.
    With(u16, &'static str, &'static str),
    /// These bytes and no more.
    Raw(Vec<u8>),
    /// Closes without an answer.
    Nothing,
    /// Never answers.
    Silence,
}

/// `METHOD /path`, and the body.
type Asked = (String, Vec<u8>);

struct Server {
    base: String,
    response: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    async fn says(script: impl IntoIterator<Item = Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/emc", listener.local_addr().unwrap());
        let response = Arc::new(Mutex::new(Vec::new()));
        let (mut script, log) = (script.into_iter().collect::<VecDeque<_>>(), Arc::clone(&response));
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let response = request(&mut stream).await;
                log.lock().unwrap().push(response);
                let raw = match script.pop_front().expect("one request more than the script has answers") {
                    Say::Json(status, body) => http(status, "X: y", body),
                    Say::With(status, header, body) => http(status, header, body),
                    Say::Raw(raw) => raw,
                    Say::Nothing => Vec::new(),
                    Say::Silence => {
                        kept.push(stream);
                        continue;
                    }
                };
                let _ = stream.write_all(&raw).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { base, response }
    }
    fn emc_within(&self, span: Duration) -> Emc {
        let mut emc = Emc::new(&self.base, "s3cret".into(), Deadline::after(span)).unwrap();
        emc.exchange.pace = Pace { attempts: 5, retry: Duration::from_millis(2), poll: Duration::from_millis(2) };
        emc
    }
    fn emc(&self) -> Emc {
        self.emc_within(Duration::from_secs(20))
    }
    fn calls(&self) -> Vec<String> {
        self.response.lock().unwrap().iter().map(|(call, _)| call.clone()).collect()
    }
}

fn http(status: u16, header: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\n{header}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

async fn request(stream: &mut TcpStream) -> Asked {
    let mut raw = Vec::new();
    let head_len = loop {
        if let Some(at) = raw.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        assert_ne!(stream.read_buf(&mut raw).await.unwrap(), 0);
    };
    let mut body = raw.split_off(head_len);
    let head = String::from_utf8(raw).unwrap();
    let lower = head.to_lowercase();
    assert!(lower.contains("authorization: bearer s3cret\r\n"), "{head}");
    assert!(!lower.contains("transfer-encoding"), "{head}");
    if lower.starts_with("put ") {
        assert!(lower.contains("content-type: application/x-ndjson\r\n"), "{head}");
        assert!(lower.contains("content-encoding: gzip\r\n"), "{head}");
        let length = lower.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        while body.len() < length {
            assert_ne!(stream.read_buf(&mut body).await.unwrap(), 0);
        }
        assert_eq!(body.len(), length);
    }
    (head.split(" HTTP/").next().unwrap().to_owned(), body)
}

fn id() -> ImportId {
    ImportId::new("run-1")
}

fn body() -> ImportBody {
    let begin = Begin { tenant: "acme", put_departments: 0, put_users: 0, delete_users: 1, delete_departments: 0 };
    ImportBody::assemble(&begin, Packed::empty(), Packed::empty(), [("A1", "")].into_iter(), [].into_iter())
}

async fn commit(server: &Server) -> Result<ImportAnswer, EmcError> {
    server.emc().import(&id(), &body(), ImportMode::Commit).await
}

fn created(answer: &ImportAnswer) -> u64 {
    match answer {
        ImportAnswer::Done(result) => result.users.created,
        ImportAnswer::Rejected(_) => panic!("rejected"),
    }
}

#[tokio::test]
async fn an_import_is_put_once_and_answered() {
    let server = Server::says([Say::Json(200, DONE)]).await;
    let emc = server.emc();
    assert_eq!(created(&emc.import(&id(), &body(), ImportMode::Commit).await.unwrap()), 2);
    assert_eq!(server.calls(), ["PUT /emc/v1/imports/run-1"]);
    assert_eq!(emc.requests(), 1);
    let sent = server.response.lock().unwrap()[0].1.clone();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&sent[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text.lines().count(), 3);
}

#[tokio::test]
async fn what_is_processed_is_asked_for() {
    let script = [Say::Json(202, PROCESSING), Say::Json(202, PROCESSING), Say::Nothing, Say::Json(200, DONE)];
    let server = Server::says(script).await;
    assert_eq!(created(&commit(&server).await.unwrap()), 2);
    let get = "GET /emc/v1/imports/run-1";
    assert_eq!(server.calls(), ["PUT /emc/v1/imports/run-1", get, get, get]);
}

#[tokio::test]
async fn what_fails_in_passing_is_repeated_with_the_same_bytes() {
    let failures = [
        Say::Nothing,
        Say::Json(500, ""),
        Say::Json(503, "<html>"),
        Say::With(429, "Retry-After: 0", "{}"),
        Say::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"status\":".to_vec()),
        Say::Raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"status\":\"commit".to_vec()),
        Say::Raw(b"no http at all\r\n\r\n".to_vec()),
    ];
    for failure in failures {
        let server = Server::says([failure, Say::Json(200, DONE)]).await;
        assert_eq!(created(&commit(&server).await.unwrap()), 2);
        let response = server.response.lock().unwrap();
        assert_eq!(response.len(), 2);
        assert_eq!(response[0], response[1]);
    }
}

#[tokio::test]
async fn lasting_failures_end_after_five_attempts() {
    let cases = [
        (Say::Nothing, Code::EmcUnreachable, true),
        (Say::Json(502, r#"{"message":"database s3cret is full"}"#), Code::EmcDown, true),
        (Say::Json(429, ""), Code::EmcDown, false),
        (Say::Json(200, r#"{"status":"#), Code::EmcBody, true),
    ];
    for (failure, code, uncertain) in cases {
        let server = Server::says(vec![failure; 5]).await;
        let error = commit(&server).await.unwrap_err();
        assert_eq!((error.code(), error.is_uncertain()), (code, uncertain));
        assert_eq!(server.calls().len(), 5);
        assert!(!format!("{error:?}{error}{:?}", error.to_fault()).contains("s3cret"));
    }
}

#[tokio::test]
async fn refusals_are_not_repeated_and_certain() {
    let cases = [
        (Say::Json(400, r#"{"message":"counts differ"}"#), Code::EmcRefused),
        (Say::Json(401, ""), Code::EmcUnauthorized),
        (Say::Json(403, "no"), Code::EmcRefused),
        (Say::Json(404, "<html>"), Code::EmcRefused),
        (Say::Json(409, "{}"), Code::EmcConflict),
        (Say::Json(413, ""), Code::EmcRefused),
        (Say::Json(422, r#"{"status":"rejected","errors":[]}"#), Code::EmcRefused),
        (Say::Json(422, "garbage"), Code::EmcRefused),
        (Say::With(302, "Location: /login", ""), Code::EmcRefused),
        (Say::With(307, "Location: /elsewhere", ""), Code::EmcRefused),
    ];
    for (refusal, code) in cases {
        let server = Server::says([refusal.clone()]).await;
        let error = commit(&server).await.unwrap_err();
        assert_eq!((error.code(), error.is_uncertain()), (code, false));
        // After a lost answer, the same refusal says nothing about the first attempt.
        let server = Server::says([Say::Nothing, refusal]).await;
        let error = commit(&server).await.unwrap_err();
        assert_eq!(error.is_uncertain(), error.to_fault().code == code);
    }
}

#[tokio::test]
async fn a_fault_tells_what_was_done_the_status_and_emcs_words() {
    let server = Server::says([Say::Json(400, "{\"message\":\"counts\\n differ, s3cret\"}")]).await;
    let fault = commit(&server).await.unwrap_err().to_fault();
    assert_eq!(
        fault.message,
        "エマージェンシーコールのデータの登録で、要求が拒否されました(HTTP 400)。応答の内容:「counts differ, ***」。\
         示した内容を確認し、エマージェンシーコール担当へ連絡してください。"
    );
}

#[tokio::test]
async fn answers_of_another_form_are_not_believed() {
    let big: &'static str = "x".repeat(33 * MIB).leak();
    for (status, body) in [(200, "garbage"), (200, "{}"), (200, PREVIEWED), (200, PROCESSING), (204, ""), (200, big)] {
        let server = Server::says([Say::Json(status, body)]).await;
        let error = commit(&server).await.unwrap_err();
        assert_eq!(error.code(), Code::EmcBody, "{status}");
        assert!(error.is_uncertain() || status == 204, "{status}");
    }
}

#[tokio::test]
async fn lines_that_emc_refuses_come_back() {
    let errors =
        r#"{"status":"rejected","errors":[{"record":"user","line":2,"id":"A1","code":"exists","message":"m"}]}"#;
    for script in [vec![Say::Json(422, errors)], vec![Say::Json(202, ""), Say::Json(422, errors)]] {
        let server = Server::says(script).await;
        let ImportAnswer::Rejected(rejections) = commit(&server).await.unwrap() else { panic!() };
        assert!(rejections.len() == 1 && rejections[0].can_be_adopted());
    }
}

#[tokio::test]
async fn a_dry_run_is_previewed_and_never_uncertain() {
    let put = "PUT /emc/v1/imports/run-1?dry_run=true";
    let get = "GET /emc/v1/imports/run-1";
    let script = [Say::Json(202, ""), Say::Json(404, ""), Say::Json(200, PREVIEWED)];
    let server = Server::says(script).await;
    let answer = server.emc().import(&id(), &body(), ImportMode::DryRun).await.unwrap();
    assert_eq!(created(&answer), 2);
    assert_eq!(server.calls(), [put, get, put]);

    for script in [vec![Say::Json(200, DONE)], vec![Say::Nothing; 5]] {
        let server = Server::says(script).await;
        let error = server.emc().import(&id(), &body(), ImportMode::DryRun).await.unwrap_err();
        assert!(!error.is_uncertain());
    }
}

#[tokio::test]
async fn a_taken_import_that_fails_later_is_uncertain() {
    let taken = Say::Json(202, "");
    let forgotten = (0..5).flat_map(|_| [Say::Json(202, ""), Say::Json(404, "")]).collect();
    let cases: [(Vec<Say>, Code); 3] = [
        (vec![taken.clone(), Say::Json(401, "")], Code::EmcUnauthorized),
        (vec![taken.clone(), Say::Json(404, ""), Say::Json(403, "")], Code::EmcRefused),
        (forgotten, Code::EmcBody),
    ];
    for (script, code) in cases {
        let error = commit(&Server::says(script).await).await.unwrap_err();
        assert_eq!((error.code(), error.is_uncertain()), (code, true));
    }
    // Cancelled by another run: as certain as can be.
    let error = commit(&Server::says([taken, Say::Json(200, CANCELLED)]).await).await.unwrap_err();
    assert_eq!((error.code(), error.is_uncertain()), (Code::EmcConflict, false));
}

#[tokio::test]
async fn looking_finds_only_what_was_committed() {
    let server = Server::says([Say::Json(202, ""), Say::Json(500, ""), Say::Json(200, DONE)]).await;
    assert_eq!(server.emc().look(&id()).await.unwrap().unwrap().users.created, 2);
    for say in [Say::Json(404, ""), Say::Json(200, CANCELLED), Say::Json(200, PREVIEWED)] {
        assert_eq!(Server::says([say]).await.emc().look(&id()).await.unwrap(), None);
    }
    assert!(Server::says([Say::Json(200, "garbage")]).await.emc().look(&id()).await.is_err());
}

#[tokio::test]
async fn settling_repeats_the_delete() {
    let script = [Say::Json(202, ""), Say::Nothing, Say::Json(200, CANCELLED)];
    let server = Server::says(script).await;
    assert_eq!(server.emc().settle(&id()).await.unwrap(), Settled::Cancelled);
    assert_eq!(server.calls(), ["DELETE /emc/v1/imports/run-1"; 3]);
    let server = Server::says([Say::Json(200, DONE)]).await;
    assert!(matches!(server.emc().settle(&id()).await.unwrap(), Settled::Committed(_)));
    for say in [Say::Json(404, ""), Say::Json(200, "{}"), Say::Json(200, PREVIEWED), Say::Json(401, "")] {
        assert!(Server::says([say]).await.emc().settle(&id()).await.is_err());
    }
}

#[tokio::test]
async fn masters_and_csv_files_are_read() {
    let words = r#"{"search_words":[{"number":3,"options":[{"id":"1","name":"部長"}]}]}"#;
    let server = Server::says([Say::Json(200, words), Say::Json(200, "部署ID\n"), Say::Json(200, "ユーザID\n")]).await;
    let emc = server.emc();
    assert_eq!(emc.search_words().await.unwrap().option(3, "部長"), Some("1"));
    assert_eq!(emc.department_ids().await.unwrap().unwrap(), "部署ID\n");
    assert_eq!(emc.user_ids().await.unwrap().unwrap(), "ユーザID\n");
    let paths = [
        "GET /emc/v1/search-words",
        "GET /emc/v1/departments.csv?columns=%E9%83%A8%E7%BD%B2ID",
        "GET /emc/v1/users.csv?columns=%E3%83%A6%E3%83%BC%E3%82%B6ID",
    ];
    assert_eq!(server.calls(), paths);
    let error = Server::says([Say::Json(200, "<html>")]).await.emc().search_words().await.unwrap_err();
    assert_eq!((error.code(), error.is_uncertain()), (Code::EmcBody, false));
}

#[tokio::test]
async fn nothing_outlasts_the_deadline() {
    let within = Duration::from_millis(400);
    let started = Instant::now();
    let server = Server::says([Say::Silence]).await;
    let error = server.emc_within(within).import(&id(), &body(), ImportMode::Commit).await.unwrap_err();
    assert_eq!((error.code(), error.is_uncertain()), (Code::EmcUnreachable, true));

    let server = Server::says(vec![Say::Json(202, ""); 10_000]).await;
    let error = server.emc_within(within).settle(&id()).await.unwrap_err();
    // The deadline may also end in the middle of a request.
    assert!(matches!(error.code(), Code::EmcUnsettled | Code::EmcUnreachable), "{error}");

    let server = Server::says([Say::With(429, "Retry-After: 3600", "")]).await;
    let error = server.emc_within(within).import(&id(), &body(), ImportMode::Commit).await.unwrap_err();
    assert_eq!((error.code(), error.is_uncertain()), (Code::EmcDown, false));

    let server = Server::says([]).await;
    let error = server.emc_within(Duration::ZERO).import(&id(), &body(), ImportMode::Commit).await.unwrap_err();
    assert_eq!((error.code(), error.is_uncertain()), (Code::EmcUnreachable, false));
    // Far from the hour that the answer asked for, and far from what a busy machine takes.
    assert!(started.elapsed() < Duration::from_mins(1));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://user:pa55@{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Server { base, response: Arc::default() };
    let error = commit(&server).await.unwrap_err();
    assert_eq!((error.code(), error.is_uncertain()), (Code::EmcUnreachable, false));
    assert!(error.to_fault().message.contains("原因:接続が拒否されました。"), "{}", error.to_fault().message);
    assert!(!format!("{error:?}").contains("pa55"));
}

#[test]
fn a_bad_address_or_token_is_told_at_once() {
    let deadline = Deadline::after(Duration::from_secs(1));
    for base in ["", "emc.example.jp", "ftp://emc.example.jp", "https://emc.example.jp/?a=b", "https://"] {
        let error = Emc::new(base, "t".into(), deadline).unwrap_err();
        assert_eq!(error.to_fault().field.as_deref(), Some("emc.base_url"), "{base}");
    }
    for token in ["", "a\nb"] {
        let error = Emc::new("https://emc.example.jp", token.into(), deadline).unwrap_err();
        assert_eq!((error.code(), error.to_fault().field.as_deref()), (Code::SecretInvalid, Some("emc.token")));
    }
}

#[test]
fn futures_can_move_between_threads() {
    fn is_send(_: &impl Send) {}
    let emc = Emc::new("http://127.0.0.1:9", "t".into(), Deadline::after(Duration::ZERO)).unwrap();
    let (id, body) = (id(), body());
    is_send(&emc.import(&id, &body, ImportMode::Commit));
    is_send(&emc.settle(&id));
    is_send(&emc.look(&id));
    is_send(&emc.search_words());
    is_send(&emc.user_ids());
    assert_eq!(format!("{emc:?}"), "Emc { requests: 0, .. }");
}
