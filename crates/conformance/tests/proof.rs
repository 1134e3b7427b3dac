//! The proof of the proof: the simulator passes every rule, and whatever breaks one rule is caught by that rule.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use Verdict::{Holds, NotPlayed};
use conformance::{Options, Played, RULES, Report, Restart, Verdict};
use simulators::emc::{Deviation, Emc, EmcSettings, SearchWord, SearchWordOption};

const CLOCK: &str = "x-present-time";

/// A server that can be restarted, with its database in a file.
struct Server {
    emc: Arc<Mutex<Option<Emc>>>,
    settings: EmcSettings,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(deviation: Option<Deviation>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = vec![SearchWordOption { id: "1".into(), name: "部長".into() }];
        let words = vec![SearchWord { number: 3, name: "役職".into(), options }];
        let database: PathBuf = folder.path().join("emc.sqlite");
        let mut settings = EmcSettings {
            token: "one".to_owned(),
            other_tokens: vec!["two".to_owned()],
            database: Some(database),
            search_words: words,
            clock_header: Some(CLOCK.to_owned()),
            deviation,
            ..EmcSettings::default()
        };
        let emc = Emc::start(settings.clone()).unwrap();
        settings.port = emc.base_url().rsplit(':').next().unwrap().parse().unwrap();
        Self { emc: Arc::new(Mutex::new(Some(emc))), settings, _folder: folder }
    }

    fn options(&self) -> Options {
        let (emc, settings) = (Arc::clone(&self.emc), self.settings.clone());
        let restart = move || {
            let mut emc = emc.lock().unwrap();
            emc.take();
            *emc = Some(Emc::start(settings.clone()).map_err(|error| error.to_string())?);
            Ok(())
        };
        Options {
            other_token: Some("two".to_owned()),
            restart: Some(Restart::call(restart)),
            clock_header: Some(CLOCK.to_owned()),
            users: 1_500,
            ..Options::new(&format!("http://127.0.0.1:{}", self.settings.port), "one")
        }
    }
}

fn play(options: &Options) -> Report {
    conformance::run(options, &mut |_| {}).unwrap()
}

fn broken(report: &Report) -> Vec<&Played> {
    report.rules.iter().filter(|played| played.verdict != Verdict::Holds).collect()
}

#[test]
fn the_model_passes_every_rule_twice() {
    let server = Server::start(None);
    for _ in 0..2 {
        let report = play(&server.options());
        assert!(broken(&report).is_empty(), "{:#?}", broken(&report));
        assert_eq!(report.rules.len(), RULES.len());
        assert!(report.left_empty);
    }
}

/// Each alone, so that none is caught by another's rule; four at a time, since most of it is waiting.
#[test]
fn every_deviation_is_caught_by_the_rule_that_it_breaks() {
    assert!(Deviation::ALL.len() >= 40);
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(deviation) = Deviation::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let server = Server::start(Some(*deviation));
                    let report = play(&Options { only: vec![deviation.rule()], ..server.options() });
                    if report.broken() != 1 {
                        missed.lock().unwrap().push((deviation.name(), deviation.rule(), report.rules));
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_contract_that_holds_somebody_is_not_touched() {
    let server = Server::start(None);
    server.emc.lock().unwrap().as_ref().unwrap().enter_user("A1", &[("氏名", "佐藤")]);
    let reason = conformance::run(&server.options(), &mut |_| {}).unwrap_err();
    assert!(reason.contains("空ではありません"), "{reason}");
    let emc = server.emc.lock().unwrap();
    assert!(emc.as_ref().unwrap().imports().is_empty());
}

#[test]
fn what_cannot_be_played_is_told() {
    let server = Server::start(None);
    let options = Options { only: vec![101, 103, 313, 701, 710], ..server.options() };
    let report = play(&Options { other_token: None, restart: None, clock_header: None, ..options.clone() });
    let verdicts: Vec<Verdict> = report.rules.iter().map(|played| played.verdict).collect();
    assert_eq!(verdicts, [Holds, NotPlayed, NotPlayed, Holds, NotPlayed]);
    let report = play(&Options { without_restoration: true, ..options });
    assert_eq!(report.count(NotPlayed), 2);
    let mut wrong = server.options();
    wrong.token = "three".to_owned();
    assert!(conformance::run(&wrong, &mut |_| {}).is_err());
    wrong.base_url = "http://127.0.0.1:1".to_owned();
    assert!(conformance::run(&wrong, &mut |_| {}).is_err());
}
