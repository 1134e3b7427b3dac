//! What every step of the line is given.

use super::Run;
use super::tenant::Tenant;
use crate::compare::{Approval, Starter};

/// Whether a run may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// A sync: settles at EMC and writes the snapshot.
    Allowed,
    /// A preview: only looks.
    Forbidden,
}

/// One walk along the line.
pub(crate) struct Context<'c, H> {
    pub(crate) run: &'c Run<'c, H>,
    pub(crate) tenant: &'c Tenant,
    pub(crate) approved: &'c Approval,
    pub(crate) writing: Writing,
    pub(crate) starter: Starter,
}

impl<H> Context<'_, H> {
    /// The person's address in SmartHR.
    pub(crate) fn person_address(&self, crew: &str) -> String {
        format!("{}/crews/{crew}", self.tenant.config.smarthr.base_url)
    }
}
