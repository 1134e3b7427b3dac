//! `cargo simulators`: SmartHR, Emergency Call and an AWS emulator, with a demo tenant that can be run at once.

use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
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
    /// The address to listen at. A container does not reach 127.0.0.1: `sam local invoke` needs this machine's address on
    /// Docker's bridge, usually 172.17.0.1.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    host: Ipv4Addr,
}

/// AWS's emulator; it ends with this.
pub(crate) struct Running(Child);

impl Running {
    /// Starts moto's server and waits until it answers.
    pub(crate) fn moto(tools: &Path, address: (Ipv4Addr, u16)) -> anyhow::Result<Self> {
        let server = Command::new(program(tools, "moto_server"))
            .args(["--host", &address.0.to_string(), "--port", &address.1.to_string()])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .context("moto_server could not be started")?;
        let running = Self(server);
        wait_for(address)?;
        Ok(running)
    }
}

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
        host: options.host,
        port: options.emc_port,
        search_words: search_words(&company),
        ..EmcSettings::default()
    })?;
    let settings = SmartHrSettings { host: options.host, port: options.smarthr_port, ..SmartHrSettings::default() };
    let token = settings.token.clone();
    let smarthr = SmartHr::start(company, settings)?;
    let aws = Running::moto(&tools, (options.host, options.aws_port))?;

    let at = |port: u16| format!("http://{}:{port}", options.host);
    let config = SampleConfig::new(&at(options.smarthr_port), &at(options.emc_port)).prefix("A");
    std::fs::write(folder.join("config.toml"), config.to_toml())?;
    std::fs::write(folder.join("mapping.csv"), FULL_SHEET)?;
    std::fs::write(folder.join("secret.json"), secret(&token, "emc-token"))?;
    let common = json!({
        "TENANT_ID": "demo", "STATE_BUCKET": "emc-link-demo", "SECRET_ID": "emc-link/demo",
        "MAIL_FROM": "emc-link@example.co.jp", "OPS_MAIL": "ops@example.co.jp",
        "AWS_ENDPOINT_URL": at(options.aws_port)
    });
    let mut pages = common.clone();
    pages["SYNC_FUNCTION"] = "emc-link-demo-sync".into();
    let variables = json!({ "SyncFunction": common, "ConnectFunction": pages });
    std::fs::write(folder.join("env.json"), serde_json::to_string_pretty(&variables)?)?;
    let seeded = Command::new(program(&tools, "python"))
        .arg(places.root.join("tests/aws/seed.py"))
        .arg(at(options.aws_port))
        .arg(&folder)
        .status()?;
    ensure!(seeded.success(), "the demo tenant could not be seeded");

    println!("SmartHR         {}", smarthr.base_url());
    println!("Emergency Call  {}", emc.base_url());
    println!("AWS (moto)      {}", at(options.aws_port));
    if options.host.is_loopback() {
        println!(
            "\nFor `sam local invoke`, whose container does not reach 127.0.0.1, start with --host and the address that"
        );
        println!("`docker network inspect bridge` gives as Gateway (usually 172.17.0.1).");
    } else {
        println!("\nThese lines now work, from the workspace's root:\n");
        for line in lines(&shown(&folder.join("env.json"))) {
            println!("{line}");
        }
    }
    println!("Ctrl-C ends everything.");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(std::future::pending::<()>());
    drop(aws);
    Ok(())
}

/// What can be typed then, as it stands. Two functions are in the template: each line names the one it means.
fn lines(variables: &str) -> Vec<String> {
    let invoke = |function: &str, event: &str| {
        format!("sam local invoke {function} --config-env local --event {event} --env-vars {variables}")
    };
    let mut lines = vec![
        "sam build --config-env local".to_owned(),
        "export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo   # of the emulator".to_owned(),
    ];
    lines.extend(["check", "preview", "sync", "sync-daily"].map(|name| invoke("SyncFunction", &format!("events/{name}.json"))));
    lines.push(invoke("ConnectFunction", "tests/sam/pages-event.json"));
    lines
}

fn wait_for(address: (Ipv4Addr, u16)) -> anyhow::Result<()> {
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        ensure!(start.elapsed() < Duration::from_secs(30), "nothing answers at {}:{}", address.0, address.1);
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_names_a_function_of_the_template_and_files_that_exist() {
        let places = Places::find().unwrap();
        let template = std::fs::read_to_string(places.root.join("template.yaml")).unwrap();
        let lines = lines("target/simulators/env.json");
        let invoked = lines.iter().filter(|line| line.starts_with("sam local invoke "));
        let mut functions = Vec::new();
        for line in invoked {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(template.contains(&format!("\n  {}:\n    Type: AWS::Serverless::Function\n", words[3])), "{line}");
            let event = words.iter().position(|word| *word == "--event").unwrap();
            assert!(places.root.join(words[event + 1]).is_file(), "{line}");
            functions.push(words[3].to_owned());
        }
        functions.dedup();
        assert_eq!(functions, ["SyncFunction", "ConnectFunction"]);
        assert!(std::fs::read_to_string(places.root.join("samconfig.toml")).unwrap().contains("[local.local_invoke.parameters]"));
    }
}
