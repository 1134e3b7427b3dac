//! The one-time schedule at EventBridge Scheduler. It deletes itself once it has been carried out.

use aws_sdk_scheduler::error::DisplayErrorContext;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::delete_schedule::DeleteScheduleError;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use link::state::TenantId;
use pages::{ChangeScheduler, Creation, SchedulerError, change_event};

/// An hour after its time a start is not worth repeating: the next change or the daily run comes.
const LONGEST_RETRY_SECONDS: i32 = 3_600;
const RETRIES: i32 = 5;

/// What the schedule starts, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// ARN of the tenant's sync function.
    pub(crate) function_arn: String,
    /// ARN of the role that the schedule acts as.
    pub(crate) role_arn: String,
}

pub(crate) struct Schedules {
    client: aws_sdk_scheduler::Client,
    name: String,
    start: Option<Start>,
}

impl Schedules {
    pub(crate) fn new(tenant: &TenantId, start: Option<Start>) -> Self {
        let mut config = aws_sdk_scheduler::config::Builder::from(&link_aws::config());
        config.set_endpoint_url(link_aws::scheduler_endpoint());
        Self {
            client: aws_sdk_scheduler::Client::from_conf(config.build()),
            name: format!("emc-link-{tenant}-change"),
            start,
        }
    }
}

fn failed(detail: impl std::fmt::Display) -> SchedulerError {
    SchedulerError { detail: detail.to_string() }
}

/// The same moment as EventBridge writes it, in UTC and to the second, never earlier.
fn expression(at: Timestamp) -> String {
    let seconds = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    let whole = Timestamp::from_second(seconds).unwrap_or(at);
    format!("at({})", whole.strftime("%Y-%m-%dT%H:%M:%S"))
}

fn time_of(expression: &str) -> Option<Timestamp> {
    let text = expression.strip_prefix("at(")?.strip_suffix(')')?;
    let time: DateTime = text.parse().ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

impl ChangeScheduler for Schedules {
    async fn create(&self, at: Timestamp) -> Result<Creation, SchedulerError> {
        let start = self.start.as_ref().ok_or_else(|| failed("SYNC_FUNCTION_ARN or CHANGE_ROLE_ARN is not set"))?;
        let retry = RetryPolicy::builder()
            .maximum_retry_attempts(RETRIES)
            .maximum_event_age_in_seconds(LONGEST_RETRY_SECONDS)
            .build();
        let target = Target::builder()
            .arn(&start.function_arn)
            .role_arn(&start.role_arn)
            .input(change_event().to_string())
            .retry_policy(retry)
            .build()
            .map_err(failed)?;
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(failed)?;
        let created = self
            .client
            .create_schedule()
            .name(&self.name)
            .schedule_expression(expression(at))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target)
            .send()
            .await;
        match created {
            Ok(_) => Ok(Creation::Created),
            Err(error) if error.as_service_error().is_some_and(CreateScheduleError::is_conflict_exception) => {
                Ok(Creation::Exists)
            }
            Err(error) => Err(failed(DisplayErrorContext(&error))),
        }
    }

    async fn scheduled(&self) -> Result<Option<Timestamp>, SchedulerError> {
        match self.client.get_schedule().name(&self.name).send().await {
            Ok(found) => Ok(found.schedule_expression().and_then(time_of)),
            Err(error) if error.as_service_error().is_some_and(GetScheduleError::is_resource_not_found_exception) => {
                Ok(None)
            }
            Err(error) => Err(failed(DisplayErrorContext(&error))),
        }
    }

    async fn remove(&self) -> Result<(), SchedulerError> {
        match self.client.delete_schedule().name(&self.name).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(DeleteScheduleError::is_resource_not_found_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(failed(DisplayErrorContext(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_to_the_second_and_read_back() {
        let at: Timestamp = "2026-11-23T04:30:00.001+09:00".parse().unwrap();
        assert_eq!(expression(at), "at(2026-11-22T19:30:01)");
        assert_eq!(time_of(&expression(at)), Some("2026-11-22T19:30:01Z".parse().unwrap()));
        assert_eq!(time_of("rate(5 minutes)"), None);
    }
}
