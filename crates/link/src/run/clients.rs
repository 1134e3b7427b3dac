//! The clients of SmartHR and EMC for one run, and EMC's search words.

use super::tenant::Tenant;
use super::{Environment, Progress, Run};
use crate::config::{Destination, EmcItem};
use crate::emc::{Emc, SearchWords};
use crate::fault::Faults;
use crate::report::Requests;
use crate::smarthr::SmartHr;
use crate::state::ports::Platform;

/// Both sides of the link.
pub(crate) struct Clients<'r, K> {
    pub(crate) smarthr: SmartHr<'r, K>,
    /// `None` where files go to EMC by hand.
    pub(crate) emc: Option<Emc>,
}

impl<'r, K: crate::state::ports::SecretStore> Clients<'r, K> {
    /// Makes both; all faults at once.
    pub(crate) fn new<H: Platform<Secrets = K>>(run: &Run<'r, H>, tenant: &Tenant) -> Result<Self, Faults> {
        match (smarthr(run.platform, run.environment, tenant), emc_if_asked(run.environment, tenant)) {
            (Ok(smarthr), Ok(emc)) => Ok(Self { smarthr, emc }),
            (smarthr, emc) => {
                let mut faults = Faults::new();
                faults.extend(smarthr.err().into_iter().flatten());
                faults.extend(emc.err().into_iter().flatten());
                Err(faults)
            }
        }
    }

    /// Requests sent so far.
    pub(crate) fn requests(&self) -> Requests {
        Requests { smarthr: self.smarthr.requests(), emc: self.emc.as_ref().map_or(0, Emc::requests) }
    }
}

/// The client of SmartHR.
pub(crate) fn smarthr<'r, H: Platform>(
    platform: &'r H,
    environment: &'r Environment<'r>,
    tenant: &Tenant,
) -> Result<SmartHr<'r, H::Secrets>, Faults> {
    let progress = environment.progress;
    SmartHr::new(
        &tenant.config.smarthr,
        platform.secrets(),
        tenant.stored.clone(),
        tenant.secret.smarthr.clone(),
        platform.clock(),
        environment.deadline,
    )
    .map(|client| {
        client.with_rate(environment.smarthr_rate).on_page(move |listing, done, total| {
            progress(Progress::SmartHr { listing, done, total });
        })
    })
    .map_err(|error| error.to_fault().into())
}

/// EMC's client; `None` where files go to EMC by hand.
pub(crate) fn emc_if_asked(environment: &Environment<'_>, tenant: &Tenant) -> Result<Option<Emc>, Faults> {
    match tenant.config.emc.destination {
        Destination::Api => emc(environment, tenant).map(Some),
        Destination::Csv => Ok(None),
    }
}

fn emc(environment: &Environment<'_>, tenant: &Tenant) -> Result<Emc, Faults> {
    let token = tenant.secret.emc_token.clone().unwrap_or_default();
    Emc::new(&tenant.config.emc.base_url, token, environment.deadline).map_err(|error| error.to_fault().into())
}

/// EMC's search words, if the sheet uses any.
pub(crate) async fn search_words(emc: &Emc, tenant: &Tenant) -> Result<SearchWords, Faults> {
    if !uses_search_words(tenant) {
        return Ok(SearchWords::default());
    }
    emc.search_words().await.map_err(|error| error.to_fault().into())
}

/// The search words of a bulk upload: the config's; where it has none, EMC's own, if there is a token to ask with.
pub(crate) async fn upload_words(environment: &Environment<'_>, tenant: &Tenant) -> SearchWords {
    let own = &tenant.config.upload.search_words;
    if own.iter().all(Option::is_none)
        && tenant.secret.emc_token.is_some()
        && uses_search_words(tenant)
        && let Ok(emc) = emc(environment, tenant)
        && let Ok(words) = emc.search_words().await
    {
        return words;
    }
    SearchWords::from_config(own)
}

fn uses_search_words(tenant: &Tenant) -> bool {
    tenant.mapping.rules.iter().any(|rule| matches!(rule.item, EmcItem::SearchWord(_)) && !rule.is_idle())
}
