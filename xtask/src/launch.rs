//! `cargo launch-link`: what EMC's maintenance site does when 「人事データ連携」 is pressed, for an operator.

use std::io::Read;

use anyhow::{Context, ensure};
use clap::Args;
use link::state::TenantId;
use pages::{Person, mint};
use secrecy::SecretString;

/// Whom the link lets in, and where.
#[derive(Args)]
pub(crate) struct Options {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The pages' address: the output `PagesUrl` of the tenant's stack.
    #[arg(long)]
    url: String,
    /// Who enters; shown on the pages and kept in the audit log.
    #[arg(long)]
    name: String,
    /// The login of who enters, for the audit log.
    #[arg(long, default_value = "operator")]
    id: String,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let tenant = TenantId::parse(&options.tenant)?;
    let origin = options.url.trim_end_matches('/');
    ensure!(origin.starts_with("https://") || origin.starts_with("http://127.0.0.1:"), "--url is no https address");
    let mut secret = String::new();
    std::io::stdin().read_to_string(&mut secret).context("the tenant's secret, by standard input")?;
    let person = Person { id: options.id.clone(), name: options.name.clone() };
    let token = mint(&SecretString::from(secret), &tenant, &person, jiff::Timestamp::now())?;
    println!("{origin}/launch?token={token}");
    Ok(())
}
