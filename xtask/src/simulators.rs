//! `cargo simulators`: SmartHR, Emergency Call and an AWS emulator, with a demo tenant that can be run at once.

use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::json;
use simulators::company::Company;
use simulators::emc::{Emc, EmcSettings};
use simulators::samples::{FULL_SHEET, SampleConfig, search_words, secret};
use simulators::smarthr::{SmartHr, SmartHrSettings};

use crate::places::{Places, shown};
use crate::python::{environment, program};

/// What is started.
#[derive(Args)]
pub(crate) struct Options {
    /// How many people work there.
    #[arg(long, default_value_t = 1_000)]
    employees: usize,
    /// The same number gives the same company.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// SmartHR's port.
    #[arg(long, default_value_t = 4010)]
    smarthr_port: u16,
    /// Emergency Call's port.
    #[arg(long, default_value_t = 4020)]
    emc_port: u16,
    /// The AWS emulator's port.
    #[arg(long, default_value_t = 4030)]
    aws_port: u16,
    /// The name under which the function reaches this machine; in a container, the bridge's address.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
}

/// Ends the emulator with this process.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    let tools = environment(&places, "tests/aws/requirements.txt")?;
    let folder = places.target.join("simulators");
    std::fs::create_dir_all(&folder)?;

    let company = Company::generate(options.seed, options.employees);
    let emc = Emc::start(EmcSettings {
        port: options.emc_port,
        search_words: search_words(&company),
        ..EmcSettings::default()
    })?;
    let settings = SmartHrSettings { port: options.smarthr_port, ..SmartHrSettings::default() };
    let token = settings.token.clone();
    let smarthr = SmartHr::start(company, settings)?;
    let aws = Running(
        Command::new(program(&tools, "moto_server"))
            .args(["--host", "127.0.0.1", "--port", &options.aws_port.to_string()])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .context("moto_server could not be started")?,
    );
    wait_for(options.aws_port)?;

    let at = |port: u16| format!("http://{}:{port}", options.host);
    let config = SampleConfig::new(&at(options.smarthr_port), &at(options.emc_port)).prefix("A");
    std::fs::write(folder.join("config.toml"), config.to_toml())?;
    std::fs::write(folder.join("mapping.csv"), FULL_SHEET)?;
    std::fs::write(folder.join("secret.json"), secret(&token, "emc-token"))?;
    let variables = json!({"SyncFunction": {
        "TENANT_ID": "demo", "STATE_BUCKET": "emc-link-demo", "SECRET_ID": "emc-link/demo",
        "MAIL_FROM": "emc-link@example.co.jp", "OPS_MAIL": "ops@example.co.jp",
        "AWS_ENDPOINT_URL": at(options.aws_port), "AWS_REGION": "ap-northeast-1",
        "AWS_ACCESS_KEY_ID": "demo", "AWS_SECRET_ACCESS_KEY": "demo"
    }});
    std::fs::write(folder.join("env.json"), serde_json::to_string_pretty(&variables)?)?;
    let seeded = Command::new(program(&tools, "python"))
        .arg(places.root.join("tests/aws/seed.py"))
        .arg(format!("http://127.0.0.1:{}", options.aws_port))
        .arg(&folder)
        .status()?;
    ensure!(seeded.success(), "the demo tenant could not be seeded");

    println!("SmartHR         {}", smarthr.base_url());
    println!("Emergency Call  {}", emc.base_url());
    println!("AWS (moto)      http://127.0.0.1:{}", options.aws_port);
    println!("\nThese lines now work, from the workspace's root, after `sam build`:\n");
    for event in ["sync", "preview", "check", "sync-daily"] {
        println!(
            "sam local invoke SyncFunction --event events/{event}.json --env-vars {}",
            shown(&folder.join("env.json"))
        );
    }
    println!(
        "\nA container reaches this machine by the bridge's address: start with --host, and network=host where possible."
    );
    println!("Ctrl-C ends everything.");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(std::future::pending::<()>());
    drop(aws);
    Ok(())
}

fn wait_for(port: u16) -> anyhow::Result<()> {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        ensure!(start.elapsed() < Duration::from_secs(30), "nothing answers on port {port}");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
