//! What every page shares: the site, its settings, the rate limits, and access to the tenant's own files.

use std::sync::Arc;

use link::config::{Config, parse_config};
use link::fault::Faults;
use link::run::state_fault;
use link::state::keys::Key;
use link::state::ports::{Clock, Platform, StateStore, Version};

use crate::change_events::ChangeEvents;
use crate::problem::Problem;
use crate::rate::RateLimits;
use crate::site::{Settings, Site};
use crate::status::{PrefixCache, StatusCache};

pub(crate) struct App<S> {
    pub(crate) site: S,
    pub(crate) settings: Settings,
    pub(crate) rate_limits: RateLimits,
    pub(crate) statuses: StatusCache,
    pub(crate) own_prefix: PrefixCache,
    pub(crate) change_events: ChangeEvents,
}

/// The application as the router hands it to each page.
pub(crate) type Shared<S> = Arc<App<S>>;

/// `config.toml` as it lies there.
pub(crate) struct ConfigFile {
    pub(crate) text: String,
    pub(crate) version: Version,
    pub(crate) config: Result<Config, Faults>,
}

impl<S: Site> App<S> {
    pub(crate) fn new(site: S, settings: Settings) -> Self {
        Self {
            site,
            settings,
            rate_limits: RateLimits::new(),
            statuses: StatusCache::default(),
            own_prefix: PrefixCache::default(),
            change_events: ChangeEvents::new(),
        }
    }

    pub(crate) fn state(&self) -> &<S::Platform as Platform>::State {
        self.site.home().state()
    }

    pub(crate) fn secrets(&self) -> &<S::Platform as Platform>::Secrets {
        self.site.home().secrets()
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.site.home().clock().now()
    }

    /// `config.toml`; `None` before an operator has put one there.
    pub(crate) async fn config_file(&self) -> Result<Option<ConfigFile>, Problem> {
        let Some(found) = self.state().get(&Key::config()).await? else { return Ok(None) };
        Ok(Some(ConfigFile {
            text: String::from_utf8_lossy(&found.body).into_owned(),
            version: found.version,
            config: parse_config(&found.body).map_err(|(faults, _)| faults),
        }))
    }

    /// The configuration, if it is there and right; pages that only decorate with it go on without.
    pub(crate) async fn config(&self) -> Option<Config> {
        self.config_file().await.ok().flatten()?.config.ok()
    }

    /// The configuration, where nothing can be done without it.
    pub(crate) async fn needed_config(&self) -> Result<Config, Problem> {
        match self.config_file().await? {
            None => Err(Problem::config_missing()),
            Some(file) => file.config.map_err(|faults| Problem::config_faulty(&faults)),
        }
    }
}

impl From<link::state::ports::StateError> for Problem {
    fn from(error: link::state::ports::StateError) -> Self {
        tracing::error!(%error, "the state cannot be used");
        Self::store(&state_fault(&error))
    }
}

impl From<link::state::ports::SecretError> for Problem {
    fn from(error: link::state::ports::SecretError) -> Self {
        tracing::error!(%error, "the secret cannot be used");
        Self::store(&link::run::secret_fault(&error))
    }
}
