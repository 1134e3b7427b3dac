//! Upload files on their way to an SFTP server of EMC's side: delivered once, whatever breaks, and confirmed by a person.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use link::config::DeliveryTarget;
use link::report::{Answer, Outcome};
use link::state::delivery::{Deliveries, Delivery, DeliveryError, DeliveryErrorKind, Placed, Shipment, UploadSecret};
use link_local::LocalPlatform;
use link_sftp::SftpDelivery;
use serde_json::json;
use simulators::company::Company;
use simulators::samples::{FULL_SHEET, search_words, search_words_table};
use simulators::smarthr::SmartHrSettings;

use crate::sftp_server::{PASSWORD, Server, Trouble, USER};
use crate::world::{World, codes, tenant};

/// A way that fails as it is told.
struct Failing(Mutex<Option<DeliveryError>>);

impl Delivery for Failing {
    fn deliver<'a>(&'a self, shipment: Shipment<'a>) -> BoxFuture<'a, Result<Vec<Placed>, DeliveryError>> {
        let failure = self.0.lock().unwrap().clone();
        let placed = vec![Placed::Now; shipment.files.len()];
        async move { failure.map_or(Ok(placed), Err) }.boxed()
    }

    fn probe<'a>(&'a self, _: &'a DeliveryTarget, _: &'a UploadSecret) -> BoxFuture<'a, Result<(), DeliveryError>> {
        async { Ok(()) }.boxed()
    }
}

/// An answer for each way in which a delivery fails, and for one that waits.
pub(crate) async fn failures() -> Vec<Answer> {
    let failing = Arc::new(Failing(Mutex::new(None)));
    let deliveries = Deliveries { sftp: Some(Arc::clone(&failing) as Arc<dyn Delivery>), s3: None };
    let world = world("sftp://emc@sftp.example.jp/acme", HOST_KEY, deliveries);
    let mut answers = Vec::new();
    let key = format!("the server's keys: {HOST_KEY}");
    for (kind, detail) in [
        (DeliveryErrorKind::HostKey, key.as_str()),
        (DeliveryErrorKind::Denied, "user emc: the key was not accepted"),
        (DeliveryErrorKind::Failed, "connection timed out"),
        (DeliveryErrorKind::NameTaken, "/acme/acme-1-departments.csv: other content"),
        (DeliveryErrorKind::Unsupported, "built without SFTP"),
    ] {
        *failing.0.lock().unwrap() = Some(DeliveryError::before(kind, detail));
        answers.push(world.sync().await);
    }
    let broken = DeliveryError::before(DeliveryErrorKind::Failed, "the connection broke").perhaps_visible();
    *failing.0.lock().unwrap() = Some(broken);
    answers.push(world.sync().await);
    *failing.0.lock().unwrap() = None;
    hire(&world);
    answers.push(world.sync().await);
    answers
}

const HOST_KEY: &str = "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDJ1RzRbTcCWRWNRmM";

/// A tenant whose files are delivered there.
fn world(target: &str, host_key: &str, deliveries: Deliveries) -> World {
    let company = Company::generate(7, 30);
    let masters = search_words_table(&search_words(&company));
    let more = format!("[upload]\ndeliver = \"{target}\"\nhost_key = \"{host_key}\"\n{masters}");
    let settings = SmartHrSettings::default();
    let mut world = World::with(company, settings, |config| config.prefix("A").more(&more), FULL_SHEET);
    let config = world.read("config.toml").unwrap();
    world.write("config.toml", config.replace("[emc]\n", "[emc]\ndestination = \"csv\"\n"));
    let token = SmartHrSettings::default().token;
    world.set_secret(&json!({"smarthr": {"access_token": token}, "upload": {"password": PASSWORD}}).to_string());
    world.home = LocalPlatform::open_at(world.root(), &tenant(), world.clock).delivering(deliveries);
    world
}

/// A tenant whose files are delivered to a server.
struct Delivering {
    world: World,
    server: Server,
    /// Whether the process dies once the files are delivered, before that is noted.
    dies: Arc<Mutex<bool>>,
}

/// The way to the server, which may never come back.
struct Mortal(Arc<Mutex<bool>>);

impl Delivery for Mortal {
    fn deliver<'a>(&'a self, shipment: Shipment<'a>) -> BoxFuture<'a, Result<Vec<Placed>, DeliveryError>> {
        async move {
            let delivered = SftpDelivery.deliver(shipment).await;
            if *self.0.lock().unwrap() {
                std::future::pending::<()>().await;
            }
            delivered
        }
        .boxed()
    }

    fn probe<'a>(
        &'a self,
        target: &'a DeliveryTarget,
        secret: &'a UploadSecret,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        SftpDelivery.probe(target, secret)
    }
}

impl Delivering {
    async fn start() -> Self {
        let server = Server::start(None).await;
        let dies = Arc::new(Mutex::new(false));
        let deliveries = Deliveries { sftp: Some(Arc::new(Mortal(Arc::clone(&dies)))), s3: None };
        let target = format!("sftp://{USER}@127.0.0.1:{}/", server.port);
        let world = world(&target, &server.fingerprint(), deliveries);
        Self { world, server, dies }
    }

    /// A day on which the process dies once the files are delivered.
    async fn dying_day(&self) {
        *self.dies.lock().unwrap() = true;
        let run = tokio::time::timeout(Duration::from_secs(20), self.world.sync());
        // What was delivered shows that the run came that far.
        let seen = async {
            while self.server.names().iter().filter(|name| name.ends_with("users.csv")).count() == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        futures::future::select(std::pin::pin!(run), std::pin::pin!(seen)).await;
        *self.dies.lock().unwrap() = false;
    }

    /// Exactly the files of this run are at the server, as they were made.
    fn assert_arrived(&self, run_id: &str) {
        let made = |file: &str| self.world.read(&format!("outbox/{run_id}/{file}"));
        let expected: Vec<(String, String)> = ["departments.csv", "users.csv", "departments-delete.csv"]
            .iter()
            .filter_map(|file| made(file).map(|content| (*file, content)))
            .enumerate()
            .map(|(at, (file, content))| (format!("acme-{run_id}-{}-{file}", at + 1), content))
            .collect();
        assert!(!expected.is_empty());
        let names: Vec<String> = expected.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(self.server.names(), names);
        for (name, content) in expected {
            assert_eq!(std::fs::read_to_string(self.server.path(&name)).unwrap(), content, "{name}");
        }
    }

    /// A connection that broke leaves what was half written under its temporary name.
    fn without_halves(&self) {
        for name in self.server.names().iter().filter(|name| name.starts_with('.')) {
            std::fs::remove_file(self.server.path(name)).unwrap();
        }
    }

    fn emptied(&self) {
        for name in self.server.names() {
            std::fs::remove_file(self.server.path(&name)).unwrap();
        }
    }
}

fn assert_success(answer: &Answer) {
    assert_eq!(answer.outcome, Outcome::Success, "{:#?}", answer.errors);
}

fn hire(world: &World) {
    world.smarthr.change(|company| company.hire(1));
}

#[tokio::test]
async fn files_are_delivered_once_told_in_the_mail_and_confirmed_by_a_person() {
    let day = Delivering::start().await;
    let world = &day.world;
    let checked = world.run(json!({"mode": "check"})).await;
    assert!(checked.details.iter().any(|line| line.contains("sftp://")), "{:?}", checked.details);
    let preview = world.run(json!({"mode": "preview"})).await;
    assert_eq!((preview.outcome, day.server.names().len()), (Outcome::Preview, 0), "{:#?}", preview.errors);

    let first = world.sync().await;
    assert_success(&first);
    day.assert_arrived(&first.run_id);
    let mail = world.last_mail().body;
    assert!(mail.contains("送付しました") && mail.contains(&format!("acme-{}-2-users.csv", first.run_id)), "{mail}");
    assert!(!mail.contains(PASSWORD));
    assert_eq!(world.read("snapshot.json"), None, "a delivery confirms nothing");

    // EMC's side has taken the files away: the same is not delivered again.
    day.emptied();
    let again = world.sync().await;
    assert_success(&again);
    assert!(day.server.names().is_empty());
    assert!(world.last_mail().body.contains(&first.run_id) && world.last_mail().body.contains("同じ内容"));

    assert_success(&world.run(json!({"mode": "confirm", "run_id": first.run_id})).await);
    assert_eq!(world.next_day().await.outcome, Outcome::NoChange);
    hire(world);
    let next = world.next_day().await;
    assert_success(&next);
    day.assert_arrived(&next.run_id);
}

#[tokio::test]
async fn while_a_delivery_is_not_confirmed_no_other_goes_unless_a_person_says_so() {
    let day = Delivering::start().await;
    let world = &day.world;
    let first = world.sync().await;
    assert_success(&first);
    hire(world);
    let second = world.next_day().await;
    assert_success(&second);
    assert_eq!(codes(&second.warnings), ["DELIVERY_WAITS"]);
    day.assert_arrived(&first.run_id);

    // EMC did not take the first.
    day.emptied();
    let deliver = json!({"mode": "deliver", "run_id": second.run_id});
    let asked = world.run(deliver.clone()).await;
    assert_success(&asked);
    day.assert_arrived(&second.run_id);
    assert!(world.last_mail().body.contains("送付しました"));
    day.emptied();
    assert_eq!(world.run(deliver.clone()).await.outcome, Outcome::NoChange);
    assert!(day.server.names().is_empty(), "not a second time");

    assert_success(&world.run(json!({"mode": "confirm", "run_id": second.run_id})).await);
    assert_eq!(codes(&world.run(deliver).await.errors), ["UPLOAD_OUTDATED"]);
    let unknown = json!({"mode": "deliver", "run_id": "20261123T043112345-0f1e2d3c4b5a"});
    assert_eq!(codes(&world.run(unknown).await.errors), ["UPLOAD_UNKNOWN"]);
}

#[tokio::test]
async fn whoever_dies_between_delivery_and_note_delivers_nothing_else() {
    let day = Delivering::start().await;
    let world = &day.world;
    day.dying_day().await;
    let delivered = day.server.names();
    assert_eq!(delivered.len(), 2, "{delivered:?}");
    let before: Vec<_> = delivered.iter().map(|name| std::fs::metadata(day.server.path(name)).unwrap()).collect();

    // The data has changed meanwhile.
    hire(world);
    let next = world.next_day().await;
    assert_success(&next);
    assert_eq!(day.server.names(), delivered);
    for (name, before) in delivered.iter().zip(before) {
        let now = std::fs::metadata(day.server.path(name)).unwrap();
        assert_eq!(now.modified().unwrap(), before.modified().unwrap(), "{name} was written again");
    }
    assert_eq!(codes(&next.warnings), ["DELIVERY_WAITS"]);
    assert!(world.last_mail().body.contains("送付済みであることを確認したファイル"), "{}", world.last_mail().body);
}

#[tokio::test]
async fn what_left_no_trace_is_told_and_the_next_run_delivers_its_own() {
    for trouble in [Trouble::RenameRefused, Trouble::Full(10), Trouble::CutAtLogin, Trouble::CutAtWrite] {
        let day = Delivering::start().await;
        day.server.trouble(trouble);
        let failed = day.world.sync().await;
        assert_eq!((failed.outcome, codes(&failed.errors)), (Outcome::Failure, vec!["DELIVERY_FAILED"]), "{trouble:?}");
        assert_eq!(day.world.last_mail().subject, "EMC-ERROR-E(EMC NG)");
        assert!(day.world.path(&format!("outbox/{}/users.csv", failed.run_id)).exists(), "may be carried by hand");
        day.server.trouble(None);
        hire(&day.world);
        let next = day.world.next_day().await;
        assert_success(&next);
        day.without_halves();
        day.assert_arrived(&next.run_id);
    }
}

#[tokio::test]
async fn what_may_have_left_a_trace_is_completed_first() {
    for trouble in [Trouble::CutBeforeRename, Trouble::CutAfterRename, Trouble::SecondRenameRefused] {
        let day = Delivering::start().await;
        let world = &day.world;
        day.server.trouble(trouble);
        let failed = world.sync().await;
        assert_eq!(codes(&failed.errors), ["DELIVERY_UNSETTLED"], "{trouble:?}");
        hire(world);
        // Still out of order: nothing of today goes before what was begun.
        day.server.trouble(Trouble::CutAtLogin);
        let still = world.next_day().await;
        assert_eq!(codes(&still.errors), ["DELIVERY_FAILED"], "{trouble:?}");
        day.server.trouble(None);
        let next = world.next_day().await;
        assert_success(&next);
        day.without_halves();
        day.assert_arrived(&failed.run_id);
        assert_eq!(codes(&next.warnings), ["DELIVERY_WAITS"]);
        assert_success(&world.run(json!({"mode": "confirm", "run_id": failed.run_id})).await);
        day.emptied();
        let after = world.next_day().await;
        assert_success(&after);
        day.assert_arrived(&after.run_id);
    }
}

#[tokio::test]
async fn a_delivery_in_doubt_that_a_person_confirms_is_not_completed() {
    let day = Delivering::start().await;
    day.server.trouble(Trouble::CutAfterRename);
    let failed = day.world.sync().await;
    assert_eq!(codes(&failed.errors), ["DELIVERY_UNSETTLED"]);
    day.server.trouble(None);
    assert_success(&day.world.run(json!({"mode": "confirm", "run_id": failed.run_id})).await);
    assert_eq!(day.world.next_day().await.outcome, Outcome::NoChange);
}

#[tokio::test]
async fn another_host_key_and_a_wrong_password_have_codes_of_their_own() {
    let day = Delivering::start().await;
    let world = &day.world;
    let config = world.read("config.toml").unwrap();
    let other = Server::start(None).await.fingerprint();
    world.write("config.toml", config.replace(&day.server.fingerprint(), &other));
    let failed = world.sync().await;
    assert_eq!(codes(&failed.errors), ["DELIVERY_HOST_KEY"]);
    let message = &failed.errors[0].message;
    assert!(message.contains(&day.server.fingerprint()) && message.contains("upload.host_key"), "{message}");
    world.write("config.toml", config);

    let token = SmartHrSettings::default().token;
    world.set_secret(&json!({"smarthr": {"access_token": token}, "upload": {"password": "falsch"}}).to_string());
    let failed = world.sync().await;
    assert_eq!(codes(&failed.errors), ["DELIVERY_DENIED"]);
    assert!(!world.last_mail().body.contains("falsch"));
    world.set_secret(&json!({"smarthr": {"access_token": token}}).to_string());
    let refused = world.sync().await;
    assert_eq!(codes(&refused.errors), ["SECRET_INVALID"]);
    assert_eq!(refused.errors[0].field.as_deref(), Some("upload"));
    assert!(day.server.names().is_empty());
}

#[tokio::test]
async fn a_build_without_the_way_says_so_before_anything_is_delivered() {
    let mut day = Delivering::start().await;
    day.world.home = LocalPlatform::open_at(day.world.root(), &tenant(), day.world.clock);
    for mode in ["check", "preview", "sync"] {
        let answer = day.world.run(json!({ "mode": mode })).await;
        assert_eq!(codes(&answer.errors), ["DELIVERY_UNSUPPORTED"], "{mode}");
        assert_eq!(answer.outcome, Outcome::Failure, "{mode}");
    }
    assert!(day.server.names().is_empty());
}

#[tokio::test]
async fn files_that_were_changed_after_they_were_made_are_not_delivered() {
    let day = Delivering::start().await;
    let world = &day.world;
    day.server.trouble(Trouble::CutBeforeRename);
    let failed = world.sync().await;
    day.server.trouble(None);
    world.write(&format!("outbox/{}/users.csv", failed.run_id), "somebody else's");
    let refused = world.next_day().await;
    assert_eq!(codes(&refused.errors), ["STATE_UNREADABLE"]);
    assert!(day.server.names().iter().all(|name| Path::new(name).extension().is_some_and(|ending| ending == "part")));
}
