//! The modes that walk the line: `sync` and `preview`.

use super::context::{Context, Writing};
use super::tenant::Tenant;
use super::{Run, RunResult, delivery, hold, link};
use crate::compare::{Approval, Starter};
use crate::fault::Faults;
use crate::report::Outcome;
use crate::run::event::SyncRequest;
use crate::state::ports::Platform;

/// The daily run, a re-run, an approved re-run, a run because of a change.
pub(crate) async fn sync<H: Platform>(
    run: &Run<'_, H>,
    tenant: Result<Tenant, Faults>,
    asked: &SyncRequest,
) -> RunResult {
    let approved = match &asked.approve {
        None => Ok(Approval::default()),
        Some(held) => hold::approval(run, held, &asked.same_person).await,
    };
    let result = match (tenant, approved) {
        (Ok(tenant), Ok(approved)) => {
            let starter = asked.starter();
            let ctx = Context { run, tenant: &tenant, approved: &approved, writing: Writing::Allowed, starter };
            match delivery::finish_earlier(run, &tenant).await {
                Ok(finished) => {
                    let mut result = link::link(&ctx).await;
                    result.details.splice(0..0, finished);
                    result
                }
                Err(faults) => RunResult::failure(faults),
            }
        }
        (tenant, approved) => {
            let mut faults = Faults::new();
            faults.extend(tenant.err().into_iter().flatten());
            faults.extend(approved.err().into_iter().flatten());
            RunResult::failure(faults)
        }
    };
    RunResult { approved: asked.approve.as_ref().map(|held| held.as_str().to_owned()), ..result }
}

/// Everything but writing.
pub(crate) async fn preview<H: Platform>(run: &Run<'_, H>, tenant: Result<Tenant, Faults>) -> RunResult {
    let tenant = match tenant {
        Ok(tenant) => tenant,
        Err(faults) => return RunResult::failure(faults),
    };
    let approved = Approval::default();
    // A person looks at a preview, so it says what a sync by hand would do.
    let ctx =
        Context { run, tenant: &tenant, approved: &approved, writing: Writing::Forbidden, starter: Starter::Person };
    let result = link::link(&ctx).await;
    if result.outcome == Outcome::Failure {
        return result;
    }
    // Only in a preview: repeated daily, these warnings would hide new ones.
    RunResult { warnings: tenant.half_contacts().chain(result.warnings).collect(), ..result }
}
