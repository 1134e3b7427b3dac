//! The demo's stage: a company, SmartHR, Emergency Call, a tenant in a directory, and a clock that turns days.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use link::net::Deadline;
use link::report::Answer;
use link::run::{Environment, invoke};
use link::state::keys::Key;
use link::state::ports::{Clock, Platform};
use link::state::{RunId, TenantId, Trigger};
use link_local::LocalPlatform;
use serde_json::{Value, json};
use simulators::company::Company;
use simulators::emc::{Emc, EmcSettings};
use simulators::samples::{FULL_SHEET, SampleConfig, search_words};
use simulators::smarthr::{SmartHr, SmartHrSettings};

use super::Options;
use super::output::Bars;

const TENANT: &str = "demo";

/// Begins at 4:30 in Tokyo and goes on by itself; days are turned by hand.
#[derive(Debug)]
pub(crate) struct DemoClock {
    begun: std::time::Instant,
    turned: AtomicI64,
}

impl Clock for &'static DemoClock {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.begun.elapsed()).unwrap_or_default();
        let days = SignedDuration::from_hours(24 * self.turned.load(Ordering::Relaxed));
        // 2026-11-24 4:30 in Tokyo.
        Timestamp::from_second(1_795_462_200).unwrap_or_default() + days + passed
    }
}

pub(crate) struct Stage {
    pub(crate) smarthr: SmartHr,
    pub(crate) emc: Emc,
    pub(crate) home: Arc<LocalPlatform<&'static DemoClock>>,
    clock: &'static DemoClock,
    pub(crate) tenant: TenantId,
    pub(crate) rate: Option<f64>,
}

impl Stage {
    pub(crate) fn set(options: &Options, folder: &Path) -> anyhow::Result<Self> {
        clear(folder)?;
        println!("会社を作っています… / making a company of {} people (seed {})", options.employees, options.seed);
        let company = Company::generate(options.seed, options.employees);
        let emc = Emc::start(EmcSettings {
            database: Some(folder.join("emc.sqlite3")),
            search_words: search_words(&company),
            ..EmcSettings::default()
        })?;
        let settings = SmartHrSettings { asks_for_consent: true, ..SmartHrSettings::default() };
        let settings = if options.fast { settings.without_limits() } else { settings };
        let (token, app) = (settings.token.clone(), (settings.client_id.clone(), settings.client_secret.clone()));
        let smarthr = SmartHr::start(company, settings)?;
        println!("SmartHR {}   Emergency Call {}", smarthr.base_url(), emc.base_url());

        let tenant = TenantId::parse(TENANT)?;
        let clock: &'static DemoClock =
            Box::leak(Box::new(DemoClock { begun: std::time::Instant::now(), turned: AtomicI64::new(0) }));
        let home = Arc::new(LocalPlatform::open_at(folder, &tenant, clock));
        home.secrets().set(&secret(&token, &app)?.into())?;
        let config = SampleConfig::new(&smarthr.base_url(), &emc.base_url())
            .prefix("A")
            .top_department("0", "みなと総合サービス株式会社");
        let state = home.directory().directory();
        std::fs::create_dir_all(state)?;
        std::fs::write(state.join("config.toml"), config.to_toml())?;
        std::fs::write(state.join("mapping.csv"), FULL_SHEET)?;
        let rate = if options.fast { None } else { Some(10.0) };
        Ok(Self { smarthr, emc, home, clock, tenant, rate })
    }

    pub(crate) fn turn_day(&self) {
        self.clock.turned.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn invoke(&self, event: &Value) -> anyhow::Result<Answer> {
        let bars = Bars::new();
        let environment = Environment {
            tenant: self.tenant.clone(),
            version: version::BUILD,
            mail_from: "emc-link@example.co.jp".to_owned(),
            ops_mail: None,
            invocation: format!("demo-{}", self.clock.now()),
            deadline: Deadline::after(Duration::from_mins(15)),
            smarthr_rate: self.rate,
            progress: &|progress| bars.show(&progress),
        };
        let answer = invoke(&*self.home, &environment, event).await;
        bars.finish();
        Ok(answer?)
    }

    /// Puts a sheet in force that names a custom field SmartHR does not have; the right one is kept as an earlier sheet.
    pub(crate) fn misspell_sheet(&self) -> anyhow::Result<()> {
        let state = self.home.directory().directory();
        let wrong = FULL_SHEET.replacen("カスタム項目「", "カスタム項目「旧", 1);
        ensure!(wrong != FULL_SHEET, "the sheet has no custom field to be misspelt");
        let kept = Key::earlier_sheet(&RunId::new(self.now(), &Trigger::Invocation("demo".to_owned())), "csv");
        std::fs::create_dir_all(state.join("mapping-history"))?;
        std::fs::write(state.join(kept.as_str()), FULL_SHEET)?;
        std::fs::write(state.join("mapping.csv"), wrong)?;
        Ok(())
    }

    pub(crate) fn last_mail(&self) -> anyhow::Result<PathBuf> {
        self.home.outbox().mails()?.pop().context("no mail was sent")
    }
}

/// The tenant's secret, with a new key for launch links.
fn secret(token: &str, (client_id, client_secret): &(String, String)) -> anyhow::Result<String> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key).map_err(|error| anyhow::anyhow!("no random number: {error}"))?;
    let key = key.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let smarthr = json!({ "access_token": token, "client_id": client_id, "client_secret": client_secret });
    Ok(json!({ "smarthr": smarthr, "emc": { "token": "emc-token" }, "connect": { "launch_key": key } }).to_string())
}

/// Removes an earlier demo, and nothing else.
fn clear(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let ours = ["tenants", "secrets", "outbox"].iter().any(|known| name == *known)
            || name.to_string_lossy().starts_with("emc.sqlite3");
        ensure!(ours, "{} holds {} that no demo made: choose another folder", folder.display(), name.display());
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
