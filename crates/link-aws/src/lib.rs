//! The ports of the link on AWS: S3 for state, Secrets Manager for tokens, SES for mail.
//!
//! The clients are made once for each container. None of them may wait for ever: every attempt and every operation has a
//! time-out, and connections that lay idle are not trusted, because S3 closes them without a word.

mod mail;
mod secret;
mod state;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use link::state::TenantId;
use link::state::ports::{Home, SystemClock};

pub use mail::SesPost;
pub use secret::ManagedSecret;
pub use state::BucketState;

/// AWS's clients, made once.
#[derive(Clone, Debug)]
pub struct Clients {
    s3: aws_sdk_s3::Client,
    secrets: aws_sdk_secretsmanager::Client,
    ses: aws_sdk_ses::Client,
}

impl Clients {
    /// Clients by the SDK's own environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, …).
    pub async fn from_environment() -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .read_timeout(Duration::from_secs(8))
            .operation_attempt_timeout(Duration::from_secs(10))
            .operation_timeout(Duration::from_secs(25))
            .build();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .load()
            .await;
        Self::new(&config)
    }

    fn new(config: &SdkConfig) -> Self {
        // An emulator has no host name for each bucket; AWS itself is addressed as it likes to be.
        let emulated = config.endpoint_url().is_some()
            || ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"].iter().any(|name| std::env::var_os(name).is_some());
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(emulated).build();
        // Sending has no idempotency token: a repeated attempt could be a second mail.
        let ses = aws_sdk_ses::config::Builder::from(config).retry_config(RetryConfig::disabled()).build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            secrets: aws_sdk_secretsmanager::Client::new(config),
            ses: aws_sdk_ses::Client::from_conf(ses),
        }
    }

    /// The way out for mail.
    pub fn post(&self) -> SesPost {
        SesPost::new(self.ses.clone())
    }

    /// A tenant's home.
    pub fn home(&self, tenant: &TenantId, bucket: &str, secret_id: &str) -> AwsHome {
        AwsHome {
            state: BucketState::new(self.s3.clone(), bucket, tenant),
            secrets: ManagedSecret::new(self.secrets.clone(), secret_id),
            post: self.post(),
            clock: SystemClock,
        }
    }
}

/// A tenant's home on AWS.
#[derive(Clone, Debug)]
pub struct AwsHome {
    state: BucketState,
    secrets: ManagedSecret,
    post: SesPost,
    clock: SystemClock,
}

impl Home for AwsHome {
    type State = BucketState;
    type Secrets = ManagedSecret;
    type Post = SesPost;
    type Clock = SystemClock;

    fn state(&self) -> &BucketState {
        &self.state
    }
    fn secrets(&self) -> &ManagedSecret {
        &self.secrets
    }
    fn post(&self) -> &SesPost {
        &self.post
    }
    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}

/// An SDK error as one line: AWS's code and message, or what happened on the way.
fn told<E>(
    error: &aws_smithy_runtime_api::client::result::SdkError<E, aws_smithy_runtime_api::http::Response>,
) -> String
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    use aws_smithy_types::error::metadata::ProvideErrorMetadata;
    let status = error.raw_response().map(|response| response.status().as_u16());
    let text = match (error.code(), error.message(), status) {
        (Some(code), Some(message), _) => format!("{code}: {message}"),
        (Some(code), None, _) => code.to_owned(),
        (None, _, Some(status)) => format!("HTTP {status}"),
        (None, _, None) => match error {
            aws_smithy_runtime_api::client::result::SdkError::TimeoutError(_) => "timed out".to_owned(),
            aws_smithy_runtime_api::client::result::SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                "timed out".to_owned()
            }
            aws_smithy_runtime_api::client::result::SdkError::DispatchFailure(_) => "no connection".to_owned(),
            aws_smithy_runtime_api::client::result::SdkError::ConstructionFailure(_) => {
                "the request could not be made (region or credentials missing)".to_owned()
            }
            _ => "no usable answer".to_owned(),
        },
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}
