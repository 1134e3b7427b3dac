//! The one-time schedule of the run that a change in SmartHR starts. It is the debounce: while it exists, further changes
//! wait for the same run.

use std::future::Future;

use jiff::Timestamp;

/// Keeps at most one schedule for the tenant: at its time the sync function is started with [`change_event`].
pub trait ChangeScheduler: Send + Sync {
    /// Makes the schedule, unless there is one.
    fn create(&self, at: Timestamp) -> impl Future<Output = Result<Creation, SchedulerError>> + Send;
    /// The time of the schedule that exists; one that has been carried out may exist for a while.
    fn scheduled(&self) -> impl Future<Output = Result<Option<Timestamp>, SchedulerError>> + Send;
    /// Removes the schedule; it is no error if there is none.
    fn remove(&self) -> impl Future<Output = Result<(), SchedulerError>> + Send;
}

/// What became of a request for a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It was made.
    Created,
    /// There was one already.
    Exists,
}

/// The schedule could not be made, read or removed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the schedule of the run after a change cannot be used: {detail}")]
pub struct SchedulerError {
    /// The other side's own words, without anything personal.
    pub detail: String,
}

/// The event of a run that a change starts.
pub fn change_event() -> serde_json::Value {
    serde_json::json!({ "mode": "sync", "trigger": "change" })
}

/// Makes the schedule at `at`. One whose time has come stands for a run that may have read SmartHR already, before this
/// change: it is replaced.
pub(crate) async fn schedule<C: ChangeScheduler>(
    scheduler: &C,
    at: Timestamp,
    now: Timestamp,
) -> Result<Creation, SchedulerError> {
    if scheduler.create(at).await? == Creation::Created {
        return Ok(Creation::Created);
    }
    match scheduler.scheduled().await? {
        Some(time) if time > now => return Ok(Creation::Exists),
        Some(_) => scheduler.remove().await?,
        None => {}
    }
    scheduler.create(at).await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A scheduler that only remembers.
    #[derive(Default)]
    struct Remembered(Mutex<Option<Timestamp>>);

    impl ChangeScheduler for Remembered {
        async fn create(&self, at: Timestamp) -> Result<Creation, SchedulerError> {
            let mut time = self.0.lock().unwrap();
            if time.is_some() {
                return Ok(Creation::Exists);
            }
            *time = Some(at);
            Ok(Creation::Created)
        }
        async fn scheduled(&self) -> Result<Option<Timestamp>, SchedulerError> {
            Ok(*self.0.lock().unwrap())
        }
        async fn remove(&self) -> Result<(), SchedulerError> {
            *self.0.lock().unwrap() = None;
            Ok(())
        }
    }

    fn minute(minute: u32) -> Timestamp {
        format!("2026-11-23T04:{minute:02}:00Z").parse().unwrap()
    }

    #[tokio::test]
    async fn the_first_change_makes_the_schedule_and_the_next_ones_wait_for_it() {
        let scheduler = Remembered::default();
        assert_eq!(schedule(&scheduler, minute(5), minute(0)).await.unwrap(), Creation::Created);
        assert_eq!(schedule(&scheduler, minute(8), minute(3)).await.unwrap(), Creation::Exists);
        assert_eq!(scheduler.scheduled().await.unwrap(), Some(minute(5)));
    }

    #[tokio::test]
    async fn a_change_after_the_schedules_time_makes_another_one() {
        let scheduler = Remembered::default();
        schedule(&scheduler, minute(5), minute(0)).await.unwrap();
        assert_eq!(schedule(&scheduler, minute(10), minute(5)).await.unwrap(), Creation::Created);
        assert_eq!(scheduler.scheduled().await.unwrap(), Some(minute(10)));
    }
}
