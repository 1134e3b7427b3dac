//! A tenant whose stack is deployed on AWS: its sync function is invoked, its state read from its bucket. Region, credentials
//! and addresses come from the SDK's own environment variables (`link_aws::config`).

use std::time::Duration;

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use link::report::Answer;
use link::state::TenantId;
use link::state::keys::Key;
use link_aws::{AwsHome, Clients};
use serde_json::Value;

use crate::ending::Failed;
use crate::place::runtime;
use crate::screen;

/// A function's longest time at Lambda is 15 minutes; its answer comes only then.
const LONGEST: Duration = Duration::from_secs(15 * 60 + 20);

/// A deployed stack.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) tenant: TenantId,
    pub(crate) function: String,
    pub(crate) bucket: String,
}

impl Stack {
    pub(crate) fn home(&self) -> AwsHome {
        // The secret is the function's alone: nothing here reads it.
        Clients::from_environment().home(&self.tenant, &self.bucket, "")
    }

    pub(crate) fn address(&self, key: &Key) -> String {
        format!("s3://{}/tenants/{}/{key}", self.bucket, self.tenant)
    }

    pub(crate) fn invoke(&self, event: &Value) -> Result<Answer, Failed> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(LONGEST)
            .operation_attempt_timeout(LONGEST)
            .operation_timeout(LONGEST)
            .build();
        let mut config = aws_sdk_lambda::config::Builder::from(&link_aws::config())
            .timeout_config(timeouts)
            // A repeated request would be a second run.
            .retry_config(RetryConfig::disabled());
        config.set_endpoint_url(link_aws::lambda_endpoint());
        let client = aws_sdk_lambda::Client::from_conf(config.build());
        screen::aside(&format!("… {} を実行しています(数分かかることがあります)", self.function));
        let answered = runtime()?
            .block_on(client.invoke().function_name(&self.function).payload(Blob::new(event.to_string())).send())
            .map_err(|error| {
                let told = aws_sdk_lambda::error::DisplayErrorContext(&error).to_string();
                Failed::new(format!(
                    "関数 {} を実行できません({told})。関数名、リージョン、AWSの認証情報を確認してください。",
                    self.function
                ))
            })?;
        let body = answered.payload().map(AsRef::as_ref).unwrap_or_default();
        if answered.function_error().is_some() {
            let told = String::from_utf8_lossy(body).chars().take(300).collect::<String>();
            return Err(Failed::new(format!("関数 {} がエラーで終了しました({told})。", self.function)));
        }
        serde_json::from_slice(body)
            .map_err(|error| Failed::new(format!("関数 {} の応答を読み取れません({error})。", self.function)))
    }
}
