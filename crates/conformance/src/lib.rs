//! Plays every rule of the EMC import API against an implementation of it, as a black box over HTTP.
//!
//! It knows the contract only (`docs/EMC_API.ja.md`) and shares nothing with the link or the simulator, so that a misreading
//! in one of them does not hide here. Where the contract is silent it asks for nothing.
//!
//! ```no_run
//! let options = conformance::Options::new("http://127.0.0.1:4020", "emc-token");
//! match conformance::run(&options, &mut |played| println!("{} {:?}", played.number, played.verdict)) {
//!     Ok(report) => println!("{} rules broken", report.broken()),
//!     Err(reason) => println!("not run: {reason}"),
//! }
//! ```

mod body;
mod exchange;
mod junit;
mod report;
mod rules;
mod stage;
mod table;
mod upload;

use std::fmt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

pub use junit::junit;
pub use report::{Played, Report, Verdict};
pub use rules::{Need, RULES, Rule};
use stage::{Stage, Stop};

/// Restarts the server, and returns when it answers again.
#[derive(Clone)]
pub struct Restart(Arc<dyn Fn() -> Result<(), String> + Send + Sync>);

impl Restart {
    /// By a shell command.
    pub fn command(command: &str) -> Self {
        let command = command.to_owned();
        Self::call(move || {
            let status = Command::new("sh").args(["-c", &command]).stdin(Stdio::null()).stdout(Stdio::null()).status();
            match status {
                Ok(status) if status.success() => Ok(()),
                Ok(status) => Err(format!("再起動コマンドが失敗しました({status}): {command}")),
                Err(error) => Err(format!("再起動コマンドを実行できません({error}): {command}")),
            }
        })
    }

    /// By a function.
    pub fn call(restart: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(restart))
    }
}

impl fmt::Debug for Restart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Restart")
    }
}

/// Which implementation is examined, and with what help.
#[derive(Clone, Debug)]
pub struct Options {
    /// The base of the API, such as `https://emc.example.jp/import`.
    pub base_url: String,
    /// The token of a contract that is empty and ours to fill.
    pub token: String,
    /// The token of a second empty contract of the same server.
    pub other_token: Option<String>,
    /// How the server is restarted.
    pub restart: Option<Restart>,
    /// A header whose RFC 3339 time the server takes for the present.
    pub clock_header: Option<String>,
    /// The server restores nothing, as the contract allows: the rules on restoration are not played.
    pub without_restoration: bool,
    /// How many users the rule on size hands in.
    pub users: usize,
    /// Only these rules; all where none is named.
    pub only: Vec<u16>,
}

impl Options {
    /// All rules that need nothing but a contract.
    pub fn new(base_url: &str, token: &str) -> Self {
        Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            other_token: None,
            restart: None,
            clock_header: None,
            without_restoration: false,
            users: 100_000,
            only: Vec::new(),
        }
    }

    fn lacks(&self, need: Need) -> Option<&'static str> {
        match need {
            Need::OtherToken if self.other_token.is_none() => Some("--other-token がありません"),
            Need::Restart if self.restart.is_none() => Some("--restart がありません"),
            Need::Clock | Need::Restoration if self.without_restoration => {
                Some("--without-restoration の指定があります")
            }
            Need::Clock if self.clock_header.is_none() => Some("--clock-header がありません"),
            _ => None,
        }
    }
}

/// Plays the rules one after the other and tells each as it was played. The contract is left empty.
///
/// The error says why nothing could be played: the server does not answer, the token is not accepted, or a contract holds
/// somebody. Then nothing was written.
pub fn run(options: &Options, tell: &mut dyn FnMut(&Played)) -> Result<Report, String> {
    let start = Instant::now();
    let mut stage = Stage::new(options)?;
    let looked = stage.look_at_contracts()?;
    let mut report = Report::default();
    for rule in RULES.iter().filter(|rule| options.only.is_empty() || options.only.contains(&rule.number)) {
        let reason = options.lacks(rule.need).or_else(|| looked.is_err().then_some("契約が空かどうかを確認できません"));
        let result = match (reason, &looked) {
            // What the contract holds cannot be seen: the rule on downloads says so, and nothing is written.
            (_, Err(stop)) if rule.number == rules::DOWNLOAD => Err(stop.clone()),
            (Some(reason), _) => Err(Stop::not_played(reason)),
            (None, _) => {
                let result = (rule.play)(&mut stage);
                stage.clear();
                result
            }
        };
        let played = Played::of(rule, result);
        tell(&played);
        report.rules.push(played);
    }
    report.left_empty = looked.is_err() || stage.is_empty();
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}
