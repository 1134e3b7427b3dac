//! SmartHR and Emergency Call on this machine, until Ctrl-C. `/_sim/` on both steers them; see the `admin` modules.

#![expect(clippy::print_stdout, reason = "it tells its addresses to whoever started it")]

use std::error::Error;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Parser;
use simulators::company::Company;
use simulators::emc::{Emc, EmcSettings};
use simulators::samples;
use simulators::smarthr::{SmartHr, SmartHrSettings};

/// Starts both simulators and prints their addresses.
#[derive(Debug, Parser)]
struct Arguments {
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
    /// SmartHR's access token.
    #[arg(long, default_value = "smarthr-token")]
    token: String,
    /// Emergency Call's token.
    #[arg(long, default_value = "emc-token")]
    emc_token: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let company = Company::generate(arguments.seed, arguments.employees);
    let (people, departments) = (company.people.len(), company.departments.len());
    let emc = Emc::start(EmcSettings {
        host: arguments.host,
        port: arguments.emc_port,
        token: arguments.emc_token.clone(),
        database: arguments.emc_db,
        search_words: samples::search_words(&company),
    })?;
    let settings = SmartHrSettings {
        host: arguments.host,
        port: arguments.smarthr_port,
        token: arguments.token.clone(),
        ..SmartHrSettings::default()
    };
    let settings = if arguments.no_rate_limit { settings.without_limits() } else { settings };
    let smarthr = SmartHr::start(company, settings)?;

    println!("SmartHR         {}  ({people} crews, {departments} departments)", smarthr.base_url());
    println!("Emergency Call  {}", emc.base_url());
    println!();
    println!("{}", samples::SampleConfig::new(&smarthr.base_url(), &emc.base_url()).to_toml());
    println!("# secret: {}", samples::secret(&arguments.token, &arguments.emc_token));
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}
