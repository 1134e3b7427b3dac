//! A whole run, measured: `cargo bench --bench whole_run`.
//!
//! SmartHR and EMC run in a process of their own, and so does each measured run, so that CPU time and peak memory are the
//! link's alone. Two questions: how close the run comes to SmartHR's limit of 10 requests a second for 11,285 people, and
//! what 10,000 to 100,000 people cost without the limit. With `-- --csv`: what 100,000 people cost where files for a bulk upload
//! are written instead of the hand-over; the first is confirmed before the second run.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement that talks to whoever started it"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use link::net::Deadline;
use link::report::Outcome;
use link::run::{Environment, invoke};
use link::state::TenantId;
use link::state::ports::Platform;
use link_local::LocalPlatform;
use simulators::company::Company;
use simulators::samples::{FULL_SHEET, SampleConfig, search_words, search_words_table, secret};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--worker") {
        return worker(&arguments[at + 1..]);
    }
    let csv = arguments.iter().any(|argument| argument == "--csv");
    println!(
        "{:>8} {:>9} {:>9} {:>9} {:>10} {:>9} {:>12}",
        "people", "limit", "requests", "wall s", "of limit", "CPU s", "peak MiB"
    );
    let all = [(11_285, true), (10_000, false), (30_000, false), (100_000, false)];
    for (people, limited) in if csv { &all[3..] } else { &all[..] }.iter().copied() {
        let servers = Servers::start(people, limited);
        // Made here: the company would count as memory of the run.
        let csv = csv.then(|| masters(people));
        // The first link creates everybody; the second day compares and updates everybody.
        let directory = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            report(people, limited, &servers.run(directory.path(), limited, csv.as_deref()));
        }
    }
}

fn report(people: usize, limited: bool, found: &Found) {
    let share = if limited { format!("{:.3}", found.wall / (found.requests as f64 / 10.0)) } else { "-".to_owned() };
    println!(
        "{people:>8} {:>9} {:>9} {:>9.2} {share:>10} {:>9.2} {:>12.1}  {}",
        if limited { "10/s" } else { "none" },
        found.requests,
        found.wall,
        found.cpu,
        found.peak,
        found.outcome,
    );
}

struct Servers {
    child: Child,
    smarthr: String,
    emc: String,
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Found {
    outcome: String,
    requests: u64,
    wall: f64,
    cpu: f64,
    peak: f64,
}

/// The simulators' program, of the same profile as this benchmark: cargo builds binaries of another package for nobody.
fn simulators() -> std::path::PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built =
        Command::new(cargo).args(["build", "--release", "--quiet", "--package", "simulators"]).status().unwrap();
    assert!(built.success(), "cargo build --package simulators");
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("simulators")
}

impl Servers {
    fn start(people: usize, limited: bool) -> Self {
        let mut command = Command::new(simulators());
        command.args(["--employees", &people.to_string(), "--smarthr-port", "0", "--emc-port", "0"]);
        if !limited {
            command.arg("--no-rate-limit");
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut addresses = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap)
            .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned));
        let (smarthr, emc) = (addresses.next().unwrap(), addresses.next().unwrap());
        // What it prints further is of no interest, but must not block it.
        std::thread::spawn(move || addresses.for_each(drop));
        Self { child, smarthr, emc }
    }

    /// `csv`: this into the config, and files are written.
    fn run(&self, directory: &std::path::Path, limited: bool, csv: Option<&str>) -> Found {
        let output = Command::new(std::env::current_exe().unwrap())
            .arg("--worker")
            .args([self.smarthr.as_str(), &self.emc, directory.to_str().unwrap(), if limited { "10" } else { "0" }])
            .args(csv)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<f64>().unwrap();
        Found {
            outcome: words[0].to_owned(),
            requests: words[1].parse().unwrap(),
            wall: number(2),
            cpu: number(3),
            peak: number(4),
        }
    }
}

fn worker(arguments: &[String]) {
    let [smarthr, emc, directory, rate, csv @ ..] = arguments else { panic!("four words") };
    let rate = rate.parse::<f64>().ok().filter(|rate| *rate > 0.0);
    let tenant = TenantId::parse("bench").unwrap();
    let home = LocalPlatform::open(std::path::Path::new(directory), &tenant);
    let state = home.directory().directory();
    std::fs::create_dir_all(state).unwrap();
    // Another sheet on the second day changes every row: the worst case of an update.
    let again = state.join("snapshot.json").exists();
    let sheet = if again {
        FULL_SHEET.replace("固定値「電話」", "固定値「携帯電話」")
    } else {
        FULL_SHEET.to_owned()
    };
    let mut config = SampleConfig::new(smarthr, emc).prefix("A").to_toml();
    if let [more] = csv {
        config = config.replace("[emc]\n", "[emc]\ndestination = \"csv\"\n") + more;
    }
    std::fs::write(state.join("config.toml"), config).unwrap();
    std::fs::write(state.join("mapping.csv"), sheet).unwrap();
    home.secrets().set(&secret("smarthr-token", "emc-token").into()).unwrap();
    let environment = Environment {
        tenant,
        version: "0.2.0+gabcdef0",
        mail_from: "emc-link@example.co.jp".to_owned(),
        ops_mail: None,
        invocation: format!("bench-{again}"),
        deadline: Deadline::after(Duration::from_mins(15)),
        pages_entry: None,
        smarthr_rate: rate,
        progress: &|_| {},
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let start = Instant::now();
    let answer = runtime.block_on(invoke(&home, &environment, &serde_json::json!({"mode": "sync"}))).unwrap();
    let wall = start.elapsed().as_secs_f64();
    println!("{:?} {} {wall} {} {}", answer.outcome, answer.requests.smarthr, cpu_seconds(), peak_mib());
    if !csv.is_empty() {
        let confirm = serde_json::json!({"mode": "confirm", "run_id": answer.run_id});
        let confirmed = runtime.block_on(invoke(&home, &environment, &confirm)).unwrap();
        assert_eq!(confirmed.outcome, Outcome::Success, "{:?}", confirmed.errors);
    }
}

/// The masters as `[csv.search_words]`: nothing asks EMC for them. The simulators' company is of their default seed.
fn masters(people: usize) -> String {
    let masters = search_words_table(&search_words(&Company::generate(1, people)));
    format!("[csv]\ncontent = \"changes\"\n{masters}")
}

/// User and system time of this process, from /proc; in the clock ticks of every Linux that Rust runs on, 100 a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// The peak of resident memory.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
