//! The pages on this machine: the sync function is a task beside the server. Used by the demo and by the tests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use link::net::Deadline;
use link::run::{Environment, invoke};
use link::state::TenantId;
use link::state::ports::Platform;
use serde_json::Value;

use crate::random::random_name;
use crate::site::{Caller, Site, StartError};

/// So long Lambda lets a run take.
const LONGEST: Duration = Duration::from_mins(15);

/// What a run is given here.
#[derive(Clone, Debug)]
pub struct Runs {
    /// The tenant.
    pub tenant: TenantId,
    /// The build, as [`crate::Settings::version`].
    pub version: &'static str,
    /// The sender of the report mail.
    pub mail_from: String,
    /// The operators' address.
    pub ops_mail: Option<String>,
    /// Requests per second to SmartHR; `None` for a simulator without a limit.
    pub smarthr_rate: Option<f64>,
}

/// A site whose runs are tasks of this process.
#[derive(Debug)]
pub struct Loopback<H> {
    home: Arc<H>,
    runs: Runs,
}

impl<H> Loopback<H> {
    /// The site of a home.
    pub fn new(home: Arc<H>, runs: Runs) -> Self {
        Self { home, runs }
    }
}

impl<H: Platform + 'static> Site for Loopback<H> {
    type Platform = H;

    fn home(&self) -> &H {
        &self.home
    }

    async fn start(&self, event: Value) -> Result<String, StartError> {
        let failed = |error: &dyn std::fmt::Display| StartError { detail: error.to_string() };
        let invocation: String = random_name()
            .map_err(|error| failed(&error))?
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(32)
            .collect();
        let (home, runs, id) = (Arc::clone(&self.home), self.runs.clone(), invocation.clone());
        let run = async move {
            let environment = Environment {
                tenant: runs.tenant,
                version: runs.version,
                mail_from: runs.mail_from,
                ops_mail: runs.ops_mail,
                invocation: id,
                deadline: Deadline::after(LONGEST),
                smarthr_rate: runs.smarthr_rate,
                progress: &|_| {},
            };
            if let Err(error) = invoke(&*home, &environment, &event).await {
                tracing::error!(%error, "a run could not be recorded or mailed");
            }
        };
        // On a thread of its own, as the function is a process of its own: converting must not stop the pages.
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
        std::thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || runtime.block_on(run))
            .map_err(|error| failed(&error))?;
        Ok(invocation)
    }
}

/// The router with its callers told apart by their address, reached as `origin`.
pub fn served_at(router: Router, origin: &str) -> Router {
    let origin = origin.to_owned();
    router.layer(from_fn(move |mut request: Request, next: Next| {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
        let caller = Caller { origin: origin.clone(), address: peer.unwrap_or_default() };
        request.extensions_mut().insert(caller);
        next.run(request)
    }))
}
