//! The tenant's home on AWS, and its sync function, started without waiting for it.

use aws_sdk_lambda::operation::RequestId as _;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use link_aws::AwsPlatform;
use pages::{Site, StartError};
use serde_json::Value;

use crate::scheduler::Schedules;

pub(crate) struct Tenant {
    home: AwsPlatform,
    lambda: aws_sdk_lambda::Client,
    sync_function: String,
    schedules: Schedules,
}

impl Tenant {
    pub(crate) fn new(home: AwsPlatform, sync_function: String, schedules: Schedules) -> Self {
        let mut config = aws_sdk_lambda::config::Builder::from(&link_aws::config())
            // A repeated request would be a second run.
            .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled());
        config.set_endpoint_url(link_aws::lambda_endpoint());
        Self { home, lambda: aws_sdk_lambda::Client::from_conf(config.build()), sync_function, schedules }
    }
}

impl Site for Tenant {
    type Platform = AwsPlatform;
    type Scheduler = Schedules;

    fn scheduler(&self) -> &Schedules {
        &self.schedules
    }

    fn home(&self) -> &AwsPlatform {
        &self.home
    }

    async fn ask(&self, event: Value) -> Result<Value, StartError> {
        let answered =
            self.lambda.invoke().function_name(&self.sync_function).payload(Blob::new(event.to_string())).send().await;
        let answered = answered.map_err(|error| StartError {
            detail: format!("{}", aws_sdk_lambda::error::DisplayErrorContext(&error)),
        })?;
        if answered.function_error().is_some() {
            return Err(StartError { detail: "the sync function ended with an error".to_owned() });
        }
        let body = answered.payload().map(AsRef::as_ref).unwrap_or_default();
        serde_json::from_slice(body).map_err(|error| StartError { detail: error.to_string() })
    }

    async fn start(&self, event: Value) -> Result<String, StartError> {
        let started = self
            .lambda
            .invoke()
            .function_name(&self.sync_function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(event.to_string()))
            .send()
            .await
            .map_err(|error| StartError {
                detail: format!("{}", aws_sdk_lambda::error::DisplayErrorContext(&error)),
            })?;
        // An asynchronous invocation keeps the id of the request that asked for it, in all its attempts.
        let invocation =
            started.request_id().filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        invocation.map(str::to_owned).ok_or_else(|| StartError { detail: "Lambda named no request".to_owned() })
    }
}
