//! `lock.json`: one run at a time for each tenant.
//!
//! The lock is a lease: it ends by itself soon after its holder died, is renewed while the holder lives, and a holder
//! that lost it finds out before it hands over. What could still slip between that look and EMC's commit is caught by
//! the pending protocol: a second run settles the first one's import before it does anything else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::RunId;
use super::keys::Key;
use super::ports::{Clock, Condition, Platform, StateError, StateErrorKind, StateStore, Version};

/// How long a lease lasts without renewal: a crashed run blocks the next one no longer than this.
pub const LEASE: Duration = Duration::from_secs(30);
/// How often a lease is renewed.
pub const RENEWAL: Duration = Duration::from_secs(10);

/// The lock is someone else's now.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the lease of lock.json was lost")]
pub struct LeaseLost;

/// The right to run, for as long as it is renewed.
#[derive(Debug)]
pub struct Lease<'h, H> {
    platform: &'h H,
    holder: String,
    held: Mutex<Held>,
    lost: AtomicBool,
}

#[derive(Debug)]
struct Held {
    version: Version,
    until: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct LockFile {
    holder: String,
    #[serde(alias = "expiry")]
    expires_at: Timestamp,
}

impl<'h, H: Platform> Lease<'h, H> {
    /// Takes the lock; `None` while another run holds it.
    pub async fn acquire(platform: &'h H, holder: &str) -> Result<Option<Self>, StateError> {
        let held = |(version, until)| {
            Some(Self {
                platform,
                holder: holder.to_owned(),
                held: Mutex::new(Held { version, until }),
                lost: AtomicBool::new(false),
            })
        };
        // A second round, because a lock can go away between the two looks at it.
        for _ in 0..2 {
            match write(platform, holder, Condition::Absent).await {
                Ok(written) => return Ok(held(written)),
                Err(error) if error.kind == StateErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
            let Some(found) = platform.state().get(&Key::lock()).await? else { continue };
            let lock = serde_json::from_slice::<LockFile>(&found.body).ok();
            let until = lock.as_ref().map(|lock| lock.expires_at);
            if let (Some(lock), Some(until)) = (&lock, until) {
                if lock.holder == holder {
                    // Our own write: the store repeated it after its answer was lost.
                    return Ok(held((found.version, until)));
                }
                if until > platform.clock().now() {
                    return Ok(None);
                }
            }
            // Expired, or nothing that the link would write: nobody renews it.
            match write(platform, holder, Condition::Unchanged(found.version)).await {
                Ok(written) => return Ok(held(written)),
                Err(error) if error.kind == StateErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Renews the lease until it is lost; never returns. To be polled beside the run's work.
    pub async fn keep(&self) -> std::convert::Infallible {
        while !self.lost.load(Ordering::Relaxed) {
            tokio::time::sleep(RENEWAL).await;
            if self.renew().await.is_err() {
                tracing::error!("lease of lock.json lost; the run will not hand over");
            }
        }
        std::future::pending().await
    }

    /// Makes sure, by a renewal, that the lease is still ours.
    pub async fn renew(&self) -> Result<(), LeaseLost> {
        if self.lost.load(Ordering::Relaxed) {
            return Err(LeaseLost);
        }
        let mut held = self.held.lock().await;
        match write(self.platform, &self.holder, Condition::Unchanged(held.version.clone())).await {
            Ok((version, until)) => {
                *held = Held { version, until };
                return Ok(());
            }
            Err(error) if error.kind == StateErrorKind::Conflict => {
                // Someone else took it, or it was our own write whose answer got lost.
                if let Ok(Some(found)) = self.platform.state().get(&Key::lock()).await
                    && let Ok(lock) = serde_json::from_slice::<LockFile>(&found.body)
                    && lock.holder == self.holder
                {
                    *held = Held { version: found.version, until: lock.expires_at };
                    return Ok(());
                }
            }
            Err(error) => {
                tracing::warn!(%error, "lock.json could not be renewed");
                if self.platform.clock().now() < held.until {
                    return Ok(());
                }
            }
        }
        self.lost.store(true, Ordering::Relaxed);
        Err(LeaseLost)
    }

    /// Gives the lock back. A lock that someone else has taken meanwhile is left alone.
    pub async fn release(self) {
        let held = self.held.into_inner();
        if !self.lost.into_inner()
            && let Err(error) = remove(self.platform, &self.holder, held.version).await
        {
            tracing::warn!(%error, "lock.json could not be removed; it expires by itself");
        }
    }
}

/// The run that holds the lock now, by its name; for whoever looks on and does not run.
pub async fn run_in_progress<H: Platform>(platform: &H) -> Result<Option<RunId>, StateError> {
    let Some(found) = platform.state().get(&Key::lock()).await? else { return Ok(None) };
    let lock =
        serde_json::from_slice::<LockFile>(&found.body).ok().filter(|lock| lock.expires_at > platform.clock().now());
    Ok(lock.and_then(|lock| RunId::parse(&lock.holder)))
}

/// Removes the lock at this version, or at the one that a renewal wrote whose answer nobody waited for.
async fn remove<H: Platform>(platform: &H, holder: &str, version: Version) -> Result<(), StateError> {
    let state = platform.state();
    match state.delete_unchanged(&Key::lock(), &version).await {
        Err(error) if error.kind == StateErrorKind::Conflict => {
            let Some(found) = state.get(&Key::lock()).await? else { return Ok(()) };
            match serde_json::from_slice::<LockFile>(&found.body) {
                Ok(lock) if lock.holder == holder => state.delete_unchanged(&Key::lock(), &found.version).await,
                _ => Ok(()),
            }
        }
        done => done,
    }
}

async fn write<H: Platform>(
    platform: &H,
    holder: &str,
    condition: Condition,
) -> Result<(Version, Timestamp), StateError> {
    let until = platform.clock().now() + LEASE;
    let lock = LockFile { holder: holder.to_owned(), expires_at: until };
    let body = serde_json::to_vec(&lock).unwrap_or_default();
    let version = platform.state().put(&Key::lock(), Bytes::from(body), condition).await?;
    Ok((version, until))
}
