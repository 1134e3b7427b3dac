//! The ports of the link on AWS: S3 for state, Secrets Manager for tokens, SES for mail.
//!
//! The clients are made once for each container. None of them may wait for ever: every attempt and every operation has a
//! time-out, and connections that lay idle are not trusted, because S3 closes them without a word
//! (<https://github.com/awslabs/aws-sdk-rust/issues/1417>).

mod delivery;
mod environment;
mod erasure;
mod failure;
pub mod logs;
mod mail;
mod secret;
mod state;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls;
use link::state::TenantId;
use link::state::delivery::{Deliveries, Delivery};
use link::state::ports::{Platform, SystemClock};

pub use delivery::BucketDelivery;
use environment::Endpoints;
pub use erasure::{Erasure, ErasureError, Remains, SecretRecovery};
pub use failure::told;
pub use mail::SesPost;
pub use secret::ManagedSecret;
pub use state::BucketState;

/// One attempt of a small request, from the connection to the answer.
const ATTEMPT: Duration = Duration::from_secs(5);
/// An object of a tenant with 100,000 people is some ten megabytes: an attempt on it takes longer.
const OBJECT_ATTEMPT: Duration = Duration::from_secs(10);
/// An operation with all its attempts and the pauses between them.
pub(crate) const OPERATION: Duration = Duration::from_secs(20);
/// A connection that lay idle for longer is not used again.
const IDLE: Duration = Duration::from_secs(4);

/// AWS's clients, made once.
#[derive(Clone, Debug)]
pub struct Clients {
    s3: aws_sdk_s3::Client,
    secrets: aws_sdk_secretsmanager::Client,
    ses: aws_sdk_ses::Client,
}

impl Clients {
    /// Clients by the SDK's own environment variables (`AWS_REGION`, `AWS_ENDPOINT_URL`, …).
    pub fn from_environment() -> Self {
        let of = |name: &str| std::env::var(name).ok();
        Self::new(&config(), environment::endpoints(of))
    }

    /// Clients by a configuration that was made elsewhere (of a profile), at the addresses of the environment.
    pub fn from_config(config: &SdkConfig) -> Self {
        Self::new(config, environment::endpoints(|name| std::env::var(name).ok()))
    }

    fn new(config: &SdkConfig, endpoints: Endpoints) -> Self {
        let mut s3 = aws_sdk_s3::config::Builder::from(config)
            // An emulator has no host name for each bucket; AWS itself is addressed as it likes to be.
            .force_path_style(endpoints.s3.is_some())
            .timeout_config(timeouts(OBJECT_ATTEMPT));
        s3.set_endpoint_url(endpoints.s3);
        // Sending has no idempotency token: a repeated attempt could be a second mail. Its one attempt has the time of
        // a whole operation, because a mail whose acknowledgement came too late would be sent again.
        let mut ses = aws_sdk_ses::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(OPERATION));
        ses.set_endpoint_url(endpoints.ses);
        let mut secrets = aws_sdk_secretsmanager::config::Builder::from(config);
        secrets.set_endpoint_url(endpoints.secrets);
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            secrets: aws_sdk_secretsmanager::Client::from_conf(secrets.build()),
            ses: aws_sdk_ses::Client::from_conf(ses.build()),
        }
    }

    /// Secrets Manager's client.
    pub fn secrets(&self) -> &aws_sdk_secretsmanager::Client {
        &self.secrets
    }

    /// S3's client.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.s3
    }

    /// The way out for mail.
    pub fn mailer(&self) -> SesPost {
        SesPost::new(self.ses.clone())
    }

    /// Everything that a tenant has, to be erased at the end of its contract.
    pub fn erasure(&self, tenant: &TenantId, bucket: &str, secret_id: &str) -> Erasure {
        Erasure::new(self.s3.clone(), self.secrets.clone(), tenant, bucket, secret_id)
    }

    /// A tenant's platform.
    pub fn platform(&self, tenant: &TenantId, bucket: &str, secret_id: &str) -> AwsPlatform {
        AwsPlatform {
            state: BucketState::new(self.s3.clone(), bucket, tenant),
            secrets: ManagedSecret::new(self.secrets.clone(), secret_id),
            post: self.mailer(),
            clock: SystemClock,
            deliveries: Deliveries { sftp: None, s3: Some(Arc::new(BucketDelivery::new(self.s3.clone()))) },
        }
    }
}

/// The SDK's configuration that all clients share, by the environment: one way to the network, bounded in time.
pub fn config() -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .pool_idle_timeout(IDLE)
        .build_https();
    environment::config(|name| std::env::var(name).ok())
        .into_builder()
        .http_client(http)
        .timeout_config(timeouts(ATTEMPT))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .build()
}

/// The same, with the address that the environment gives for all services (`AWS_ENDPOINT_URL`): for clients that have none of
/// their own.
pub fn config_with_endpoint() -> SdkConfig {
    let mut builder = config().into_builder();
    builder.set_endpoint_url(environment::endpoints(|name| std::env::var(name).ok()).common);
    builder.build()
}

/// The address that the environment gives for Lambda itself; `None` for AWS's own.
pub fn lambda_endpoint() -> Option<String> {
    environment::endpoints(|name| std::env::var(name).ok()).lambda
}

/// Where EventBridge Scheduler is addressed; `None` for AWS's own address.
pub fn scheduler_endpoint() -> Option<String> {
    environment::endpoints(|name| std::env::var(name).ok()).scheduler
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .operation_timeout(OPERATION)
        .build()
}

/// A tenant's platform on AWS.
#[derive(Clone, Debug)]
pub struct AwsPlatform {
    state: BucketState,
    secrets: ManagedSecret,
    post: SesPost,
    clock: SystemClock,
    deliveries: Deliveries,
}

impl AwsPlatform {
    /// The same, which can deliver to SFTP servers too.
    #[must_use]
    pub fn with_sftp(mut self, sftp: Arc<dyn Delivery>) -> Self {
        self.deliveries.sftp = Some(sftp);
        self
    }
}

impl Platform for AwsPlatform {
    type State = BucketState;
    type Secrets = ManagedSecret;
    type Mailer = SesPost;
    type Clock = SystemClock;

    fn state(&self) -> &BucketState {
        &self.state
    }
    fn secrets(&self) -> &ManagedSecret {
        &self.secrets
    }
    fn mailer(&self) -> &SesPost {
        &self.post
    }
    fn clock(&self) -> &SystemClock {
        &self.clock
    }
    fn deliveries(&self) -> Deliveries {
        self.deliveries.clone()
    }
}
