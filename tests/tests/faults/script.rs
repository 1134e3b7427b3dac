//! Which interaction goes wrong, and how.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What happens at one interaction with the state, the secret or the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It fails and nothing has happened.
    FailsBefore,
    /// It happens, and then fails: the answer was lost.
    FailsAfter,
    /// It happens, and is answered after the lease could have been lost.
    Late,
    /// The process ends before it happens.
    DiesBefore,
    /// It happens, and the process ends.
    DiesAfter,
}

pub(crate) const TROUBLES: [Trouble; 5] =
    [Trouble::FailsBefore, Trouble::FailsAfter, Trouble::Late, Trouble::DiesBefore, Trouble::DiesAfter];

/// A lost answer, told by the store.
pub(crate) struct Failed;

/// The interactions of the runs so far, and what is to happen to which.
#[derive(Debug, Default)]
pub(crate) struct Script {
    inner: Mutex<Inner>,
    died: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    seen: Vec<String>,
    plan: BTreeMap<usize, Trouble>,
}

impl Script {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new run: interactions count from 0 again.
    pub(crate) fn begin(&self, plan: &[(usize, Trouble)]) {
        *self.inner() = Inner { seen: Vec::new(), plan: plan.iter().copied().collect() };
    }

    /// The interactions of the run, by name.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.inner().seen.clone()
    }

    /// Returns when the process has died.
    pub(crate) async fn death(&self) {
        self.died.notified().await;
    }

    /// One interaction: `effect` is done, or not, as the script says.
    pub(crate) async fn step<T>(&self, name: String, effect: impl FnOnce() -> T) -> Result<T, Failed> {
        let trouble = {
            let mut inner = self.inner();
            let number = inner.seen.len();
            inner.seen.push(name);
            inner.plan.get(&number).copied()
        };
        match trouble {
            None => Ok(effect()),
            Some(Trouble::FailsBefore) => Err(Failed),
            Some(Trouble::FailsAfter) => {
                effect();
                Err(Failed)
            }
            Some(Trouble::Late) => {
                let done = effect();
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                Ok(done)
            }
            Some(Trouble::DiesBefore) => self.die().await,
            Some(Trouble::DiesAfter) => {
                effect();
                self.die().await
            }
        }
    }

    async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }
}
