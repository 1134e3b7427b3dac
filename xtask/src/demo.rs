//! `cargo demo`: a company is linked, day after day, against simulators that speak HTTP as SmartHR and EMC do.

mod days;
mod output;
mod page;
mod stage;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use futures::FutureExt as _;

use crate::places::{Places, shown};
use stage::Stage;

/// How the demo is played.
#[derive(Args)]
pub(crate) struct Options {
    /// How many people work there.
    #[arg(long, default_value_t = 11_285)]
    pub(crate) employees: usize,
    /// The same number gives the same company.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Without SmartHR's limit of 10 requests a second.
    #[arg(long)]
    pub(crate) fast: bool,
    /// Where everything is kept; the folder's earlier demo is removed.
    #[arg(long)]
    pub(crate) keep: Option<PathBuf>,
    /// Afterwards, serves the 人事データ連携 pages over what the days left, until Ctrl-C.
    #[arg(long)]
    pub(crate) page: bool,
    /// The pages' port; 0 takes any free one.
    #[arg(long, default_value_t = 4030, requires = "page")]
    pub(crate) port: u16,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = match &options.keep {
        Some(folder) => folder.clone(),
        None => Places::find()?.target.join("demo"),
    };
    let started = Instant::now();
    let stage = Stage::set(options, &folder).context("the demo could not be set up")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(if options.page {
        days::tell_for_the_page(&stage).left_future()
    } else {
        days::tell(&stage).right_future()
    })?;

    println!(
        "\n════ {:.0} 秒で終わりました / done in {:.0} s",
        started.elapsed().as_secs_f64(),
        started.elapsed().as_secs_f64()
    );
    println!("状態 (state)        {}", shown(&folder.join("tenants/demo")));
    println!("メール (mails)      {}", shown(&folder.join("outbox")));
    println!("EMCのDB (database)  {}", shown(&folder.join("emc.sqlite3")));
    if options.page {
        runtime.block_on(page::serve(&stage, options.port))?;
    }
    println!("次に (next): README.ja.md, docs/設定リファレンス.md, ARCHITECTURE.md");
    Ok(())
}
