//! The line: receive → convert → compare → guard → hand over → settle. [`link`] is the whole of it, top to bottom.

use super::clients::{Clients, search_words, upload_words};
use super::context::{Context, Writing};
use super::difference::Compared;
use super::import::{self, HandedOver};
use super::receive::{empty_items, receive};
use super::settle::{Previous, previous};
use super::{Progress, RunResult, assigned, bulk_upload, proof};
use std::collections::HashMap;

use crate::compare::{Difference, Verdict};
use crate::emc::SearchWords;
use crate::fault::Faults;
use crate::id_list::HELD_AFTER_BASELINE;
use crate::report::Outcome;
use crate::state::ports::{Platform, SecretStore};

/// Walks the line once.
pub(super) async fn link<H: Platform>(ctx: &Context<'_, H>) -> RunResult {
    let clients = match Clients::new(ctx.run, ctx.tenant) {
        Ok(clients) => clients,
        Err(faults) => return RunResult::failure(faults),
    };
    let result = walk(ctx, &clients).await;
    RunResult { requests: clients.requests(), ..result }
}

async fn walk<H: Platform>(ctx: &Context<'_, H>, clients: &Clients<'_, H::Secrets>) -> RunResult {
    let (previous, words) = match before(ctx, clients).await {
        Ok(before) => before,
        Err(faults) => return RunResult::failure(faults),
    };
    let received = receive(ctx.run, ctx.tenant, &clients.smarthr, &words, &previous, ctx.approved).await;
    let mut received = match received {
        Ok(received) => received,
        Err(faults) => return RunResult { warnings: previous.warnings(), ..RunResult::failure(faults) },
    };
    if ctx.writing == Writing::Forbidden && !previous.is_first() {
        let empty = empty_items(ctx.tenant, &received.users);
        received.users.warnings.extend(empty);
    }
    let (compared, difference) = Compared::between(ctx, &received, &previous);
    (ctx.run.environment.progress)(Progress::Converted {
        users: compared.counts.users.received_valid,
        departments: compared.counts.departments.received_valid,
    });
    let found = compared.found(ctx, &difference, &received, &previous);
    if !found.errors.is_empty() {
        return RunResult { outcome: Outcome::Failure, ..found };
    }
    let names: HashMap<String, String> =
        received.departments.rows.iter().map(|row| (row.id.clone(), row.name.clone())).collect();
    let is_after_baseline = previous.snapshot.users.digest.is_empty() && previous.snapshot.users.valid > 0;
    let mut result = match compared.judge(ctx, difference, &received, &previous) {
        Verdict::Held(held) if ctx.writing == Writing::Allowed => found.held(held.reasons, held.to_approve),
        Verdict::Held(held) => {
            let day = Day { clients, received, compared, previous };
            let tried = day.try_out(ctx, &held.difference).await;
            RunResult { outcome: Outcome::Success, ..found.with(tried) }.held(held.reasons, held.to_approve)
        }
        Verdict::Cleared(cleared) if ctx.writing == Writing::Forbidden => {
            let day = Day { clients, received, compared, previous };
            let tried = day.try_out(ctx, cleared.difference()).await;
            found.with(tried)
        }
        Verdict::Cleared(cleared) => {
            let day = Day { clients, received, compared, previous };
            let done = day.hand_over(ctx, cleared).await;
            found.with(done)
        }
    };
    if let (Some(emc), false) = (&clients.emc, result.reasons.is_empty()) {
        assigned::name_departments(emc, &names, &mut result.plan).await;
    }
    if is_after_baseline && !result.reasons.is_empty() {
        result.details.push(HELD_AFTER_BASELINE.to_owned());
    }
    result
}

/// The snapshot in force and EMC's search words.
async fn before<H: Platform>(
    ctx: &Context<'_, H>,
    clients: &Clients<'_, H::Secrets>,
) -> Result<(Previous, SearchWords), Faults> {
    Ok(match &clients.emc {
        Some(emc) => (previous(ctx.run.platform, emc, ctx.writing).await?, search_words(emc, ctx.tenant).await?),
        None => (bulk_upload::previous(ctx.run.platform).await?, upload_words(ctx.run.environment, ctx.tenant).await),
    })
}

/// Everything of today, on its way to EMC.
struct Day<'d, 'r, K> {
    clients: &'d Clients<'r, K>,
    received: super::receive::Received,
    compared: Compared,
    previous: Previous,
}

impl<K: SecretStore> Day<'_, '_, K> {
    /// A file in which nothing changed is not sent, if EMC still holds what the snapshot says.
    async fn proven<H: Platform>(&mut self, ctx: &Context<'_, H>) -> proof::Proof {
        let Some(emc) = &self.clients.emc else { return proof::Proof::default() };
        let proof = proof::prove(ctx, emc, &self.compared, &self.previous.snapshot).await;
        self.compared.send_missing(&proof);
        proof
    }

    /// Asks EMC what it would do.
    async fn try_out<H: Platform>(mut self, ctx: &Context<'_, H>, difference: &Difference) -> HandedOver {
        let proof = self.proven(ctx).await;
        if self.compared.nothing_to_send() {
            return HandedOver::no_change(proof);
        }
        let Self { clients, received, compared, previous } = self;
        match &clients.emc {
            Some(emc) => import::try_out(ctx, emc, received, &compared, difference, &previous).await.proven(proof),
            None => bulk_upload::try_out(ctx, received, &compared, difference, &previous).await,
        }
    }

    /// Hands over what the guard let pass, and settles.
    async fn hand_over<H: Platform>(mut self, ctx: &Context<'_, H>, cleared: crate::compare::Cleared) -> HandedOver {
        let proof = self.proven(ctx).await;
        if self.compared.nothing_to_send() {
            return HandedOver::no_change(proof);
        }
        let Self { clients, received, compared, previous } = self;
        match &clients.emc {
            Some(emc) => import::hand_over(ctx, emc, received, &compared, &cleared, &previous).await.proven(proof),
            None => bulk_upload::hand_over(ctx, received, &compared, &cleared, &previous).await,
        }
    }
}
