//! SmartHR and Emergency Call on this machine, until Ctrl-C: both of them, or with `emc` the model implementation of EMC's
//! import API alone. `/_sim/` on both steers them; see the `admin` modules.

#![expect(clippy::print_stdout, reason = "it tells its addresses to whoever started it")]

use std::error::Error;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use simulators::company::{Company, Retired};
use simulators::emc::{Deviation, Emc, EmcSettings};
use simulators::samples;
use simulators::smarthr::{SmartHr, SmartHrSettings};

/// Starts both simulators and prints their addresses.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    only: Option<Only>,
    #[command(flatten)]
    both: Both,
}

#[derive(Debug, Subcommand)]
enum Only {
    /// Only Emergency Call, empty: the model implementation of the import API.
    Emc(EmcAlone),
}

#[derive(Debug, Args)]
struct EmcAlone {
    /// The address to listen at.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    host: Ipv4Addr,
    /// The port; 0 takes any.
    #[arg(long, default_value_t = 4020)]
    port: u16,
    /// The token of the first contract.
    #[arg(long, default_value = "emc-token")]
    token: String,
    /// The token of a further contract; may be given several times.
    #[arg(long = "other-token", value_name = "TOKEN")]
    other_tokens: Vec<String>,
    /// The database, which a restart finds again; in memory if not given.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// A header whose RFC 3339 time is taken for the present, for tests.
    #[arg(long, value_name = "NAME")]
    clock_header: Option<String>,
    /// Breaks one rule of the contract, to see that a test of it notices; a name that does not exist lists them all.
    #[arg(long = "break", value_name = "RULE")]
    deviation: Option<Deviation>,
}

#[derive(Debug, Args)]
struct Both {
    /// People who are not retired.
    #[arg(long, default_value_t = 300)]
    employees: usize,
    /// The same seed makes the same company.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The address to listen at; 127.0.0.1 is reached from this machine only.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    host: Ipv4Addr,
    /// SmartHR's port; 0 takes any.
    #[arg(long, default_value_t = 4010)]
    smarthr_port: u16,
    /// Emergency Call's port; 0 takes any.
    #[arg(long, default_value_t = 4020)]
    emc_port: u16,
    /// Emergency Call's database; in memory if not given.
    #[arg(long)]
    emc_db: Option<PathBuf>,
    /// No limit of requests at SmartHR.
    #[arg(long)]
    no_rate_limit: bool,
    /// Retired people for each person in service; without it 3 for each hundred.
    #[arg(long, value_name = "N")]
    retired_per_person: Option<usize>,
    /// How SmartHR behaves, such as `ignore=emp_status`, `null=emp_status`, `refuse=biz_establishments`, `large-pages`; may
    /// be given several times. `SmartHrSettings::set_behaviour` lists the names.
    #[arg(long, value_name = "NAME")]
    smarthr_behaviour: Vec<String>,
    /// The seconds within which SmartHR tries a webhook 17 times; without it three days.
    #[arg(long, value_name = "SECONDS")]
    webhook_tries_within: Option<u64>,
    /// SmartHR's access token.
    #[arg(long, default_value = "smarthr-token")]
    token: String,
    /// Emergency Call's token.
    #[arg(long, default_value = "emc-token")]
    emc_token: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    match arguments.only {
        Some(Only::Emc(alone)) => serve_emc(alone),
        None => serve_both(arguments.both),
    }
}

fn serve_emc(alone: EmcAlone) -> Result<(), Box<dyn Error>> {
    let emc = Emc::start(EmcSettings {
        host: alone.host,
        port: alone.port,
        token: alone.token,
        other_tokens: alone.other_tokens,
        database: alone.db,
        search_words: samples::search_words(&Company::generate(1, 50)),
        clock_header: alone.clock_header,
        deviation: alone.deviation,
    })?;
    println!("Emergency Call  {}", emc.base_url());
    until_ctrl_c()
}

fn serve_both(both: Both) -> Result<(), Box<dyn Error>> {
    let retired = both.retired_per_person.map_or(Retired::PerHundred(3), Retired::PerPerson);
    let company = Company::generate_with(both.seed, both.employees, retired);
    let (people, departments) = (company.people.len(), company.departments.len());
    let emc = Emc::start(EmcSettings {
        host: both.host,
        port: both.emc_port,
        token: both.emc_token.clone(),
        database: both.emc_db,
        search_words: samples::search_words(&company),
        ..EmcSettings::default()
    })?;
    let mut settings = SmartHrSettings {
        host: both.host,
        port: both.smarthr_port,
        token: both.token.clone(),
        ..SmartHrSettings::default()
    };
    for name in &both.smarthr_behaviour {
        settings.set_behaviour(name)?;
    }
    if let Some(seconds) = both.webhook_tries_within {
        settings.webhooks = settings.webhooks.within(Duration::from_secs(seconds));
    }
    let settings = if both.no_rate_limit { settings.without_limits() } else { settings };
    let smarthr = SmartHr::start(company, settings)?;

    println!("SmartHR         {}  ({people} crews, {departments} departments)", smarthr.base_url());
    println!("Emergency Call  {}", emc.base_url());
    println!();
    println!("{}", samples::SampleConfig::new(&smarthr.base_url(), &emc.base_url()).to_toml());
    println!("# secret: {}", samples::secret(&both.token, &both.emc_token));
    until_ctrl_c()
}

fn until_ctrl_c() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}
