//! Whether the names in a sheet exist: custom fields and masters in SmartHR, search words in EMC. Reads no person, takes no
//! lock, writes nothing.

use futures::join;

use super::Environment;
use super::clients::{emc_if_asked, search_words, smarthr, upload_words};
use super::receive::masters;
use super::tenant;
use crate::convert::{compile, needs};
use crate::fault::{Fault, Faults, Subject};
use crate::state::RunId;
use crate::state::ports::Platform;

/// What is wrong with a draft of a sheet in view of SmartHR's and EMC's masters. `Err`: they could not be asked, and why.
pub async fn sheet_faults<H: Platform>(
    platform: &H,
    environment: &Environment<'_>,
    draft: &RunId,
) -> Result<Vec<Fault>, Faults> {
    let tenant = tenant::load(platform, Some(draft)).await.tenant?;
    let smarthr = smarthr(platform, environment, &tenant)?;
    let emc = emc_if_asked(environment, &tenant)?;
    let needs = needs(&tenant.config, &tenant.mapping);
    let words = async {
        match &emc {
            Some(emc) => search_words(emc, &tenant).await,
            None => Ok(upload_words(environment, &tenant).await),
        }
    };
    let (words, masters) = join!(words, masters(&smarthr, &tenant, &needs));
    let mut faults = Faults::new();
    let mut unasked = Faults::new();
    match words {
        Ok(words) => faults.extend(compile(&tenant.mapping, &words).err().into_iter().flatten()),
        Err(more) => unasked.extend(more),
    }
    for fault in masters.err().into_iter().flatten() {
        if fault.record == Subject::Mapping { faults.push(fault) } else { unasked.push(fault) }
    }
    faults.extend(tenant.half_contacts());
    if faults.is_empty() && !unasked.is_empty() { Err(unasked) } else { Ok(faults.0) }
}
