//! The pages on this machine: the sync function is a task beside the server. Used by the demo and by the tests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use jiff::Timestamp;
use link::net::Deadline;
use link::run::{Environment, invoke};
use link::state::TenantId;
use link::state::ports::{Clock, Platform};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::change_scheduler::{ChangeScheduler, Creation, SchedulerError, change_event};
use crate::random::random_name;
use crate::site::{Caller, Site, StartError};

/// The longest time that Lambda lets a run take.
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
    starter: Starter<H>,
    timer: Timer<H>,
}

impl<H> Loopback<H> {
    /// The site of a home.
    pub fn new(home: Arc<H>, runs: Runs) -> Self {
        let starter = Starter { home, runs };
        Self { timer: Timer { starter: starter.clone(), next: Arc::default() }, starter }
    }
}

impl<H: Platform + 'static> Site for Loopback<H> {
    type Platform = H;
    type Scheduler = Timer<H>;

    fn home(&self) -> &H {
        &self.starter.home
    }

    fn scheduler(&self) -> &Timer<H> {
        &self.timer
    }

    async fn start(&self, event: Value) -> Result<String, StartError> {
        self.starter.start(event).map(|(invocation, _)| invocation)
    }

    async fn ask(&self, event: Value) -> Result<Value, StartError> {
        let (_, answer) = self.starter.start(event)?;
        let answer = answer.await.map_err(|_| failed(&"the run ended without an answer"))?;
        answer.map_err(|detail| StartError { detail })
    }
}

/// Starts runs on a thread of their own, as the function is a process of its own: converting must not stop the pages.
#[derive(Debug)]
struct Starter<H> {
    home: Arc<H>,
    runs: Runs,
}

impl<H> Clone for Starter<H> {
    fn clone(&self) -> Self {
        Self { home: Arc::clone(&self.home), runs: self.runs.clone() }
    }
}

/// The function's answer, or why there is none.
type Answered = oneshot::Receiver<Result<Value, String>>;

fn failed(error: &dyn std::fmt::Display) -> StartError {
    StartError { detail: error.to_string() }
}

impl<H: Platform + 'static> Starter<H> {
    fn start(&self, event: Value) -> Result<(String, Answered), StartError> {
        let name = random_name().map_err(|error| failed(&error))?;
        let invocation: String = name.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        let (home, runs, id) = (Arc::clone(&self.home), self.runs.clone(), invocation.clone());
        let (sender, receiver) = oneshot::channel();
        let run = async move {
            let environment = Environment {
                tenant: runs.tenant,
                version: runs.version,
                mail_from: runs.mail_from,
                ops_mail: runs.ops_mail,
                invocation: id,
                deadline: Deadline::after(LONGEST),
                pages_entry: None,
                smarthr_rate: runs.smarthr_rate,
                progress: &|_| {},
            };
            let answer = match invoke(&*home, &environment, &event).await {
                Ok(answer) => serde_json::to_value(answer).map_err(|error| error.to_string()),
                Err(error) => {
                    tracing::error!(%error, "a run could not be recorded or mailed");
                    Err(error.to_string())
                }
            };
            // Nobody may be waiting for it.
            let _ = sender.send(answer);
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
        std::thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || runtime.block_on(run))
            .map_err(|error| failed(&error))?;
        Ok((invocation, receiver))
    }
}

/// The one-time schedule as a timer of this process.
#[derive(Debug)]
pub struct Timer<H> {
    starter: Starter<H>,
    next: Arc<Mutex<Option<(Timestamp, tokio::task::AbortHandle)>>>,
}

impl<H: Platform + 'static> ChangeScheduler for Timer<H> {
    async fn create(&self, at: Timestamp) -> Result<Creation, SchedulerError> {
        let poisoned = |_| SchedulerError { detail: "the timer was left locked".to_owned() };
        let mut next = self.next.lock().map_err(poisoned)?;
        if next.is_some() {
            return Ok(Creation::Exists);
        }
        let wait = Duration::try_from(at.duration_since(self.starter.home.clock().now())).unwrap_or_default();
        let (starter, own) = (self.starter.clone(), Arc::clone(&self.next));
        let task = tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            if let Ok(mut next) = own.lock() {
                *next = None;
            }
            if let Err(error) = starter.start(change_event()) {
                tracing::error!(%error, "the run after a change could not be started");
            }
        });
        *next = Some((at, task.abort_handle()));
        Ok(Creation::Created)
    }

    async fn scheduled(&self) -> Result<Option<Timestamp>, SchedulerError> {
        Ok(self.next.lock().ok().and_then(|next| next.as_ref().map(|(at, _)| *at)))
    }

    async fn remove(&self) -> Result<(), SchedulerError> {
        if let Ok(mut next) = self.next.lock()
            && let Some((_, task)) = next.take()
        {
            task.abort();
        }
        Ok(())
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
