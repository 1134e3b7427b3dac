//! The ports of the link on a directory: what the demo, the operator's tool and the tests run on.
//!
//! ```text
//! root/tenants/{id}/…         the state, under the same keys as in S3
//! root/secrets/{id}.json      the secret, readable by its owner only
//! root/outbox/*.eml           the mails
//! ```

mod atomic;
mod outbox;
mod secret;
mod state;

use std::path::{Path, PathBuf};

use link::state::TenantId;
use link::state::delivery::Deliveries;
use link::state::ports::{Clock, Platform, SystemClock};

pub use outbox::Outbox;
pub use secret::FileSecret;
pub use state::DirectoryState;

/// A tenant's platform in a directory.
#[derive(Debug)]
pub struct LocalPlatform<C = SystemClock> {
    root: PathBuf,
    state: DirectoryState,
    secrets: FileSecret,
    post: Outbox,
    clock: C,
    deliveries: Deliveries,
}

impl LocalPlatform<SystemClock> {
    /// The platform of `tenant` below `root`, by the machine's clock. Nothing is created yet.
    pub fn open(root: &Path, tenant: &TenantId) -> Self {
        Self::open_at(root, tenant, SystemClock)
    }
}

impl<C: Clock> LocalPlatform<C> {
    /// The same by another clock.
    pub fn open_at(root: &Path, tenant: &TenantId, clock: C) -> Self {
        Self {
            state: DirectoryState::new(root.join("tenants").join(tenant.as_str())),
            secrets: FileSecret::new(root.join("secrets").join(format!("{tenant}.json"))),
            post: Outbox::new(root.join("outbox")),
            root: root.to_owned(),
            clock,
            deliveries: Deliveries::default(),
        }
    }

    /// The same, which can deliver upload files by these ways.
    #[must_use]
    pub fn delivering(self, deliveries: Deliveries) -> Self {
        Self { deliveries, ..self }
    }

    /// The directory that everything lies below.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// The tenant's state, as the type that knows its directory.
    pub fn directory(&self) -> &DirectoryState {
        &self.state
    }
    /// The mails.
    pub fn outbox(&self) -> &Outbox {
        &self.post
    }
}

impl<C: Clock> Platform for LocalPlatform<C> {
    type State = DirectoryState;
    type Secrets = FileSecret;
    type Mailer = Outbox;
    type Clock = C;

    fn state(&self) -> &DirectoryState {
        &self.state
    }
    fn secrets(&self) -> &FileSecret {
        &self.secrets
    }
    fn mailer(&self) -> &Outbox {
        &self.post
    }
    fn clock(&self) -> &C {
        &self.clock
    }
    fn deliveries(&self) -> Deliveries {
        self.deliveries.clone()
    }
}
