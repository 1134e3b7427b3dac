//! One AWS account, reached by a profile or by the environment: credentials of every kind that AWS's own tools know.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_lambda::config::ProvideCredentials;

use crate::exit::Failed;

/// How an account is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    pub(crate) profile: Option<String>,
    pub(crate) region: Option<String>,
}

/// An account, with credentials that were found.
#[derive(Clone, Debug)]
pub(crate) struct Cloud {
    pub(crate) sdk: SdkConfig,
}

impl Cloud {
    /// Finds region and credentials, and says what is missing before anything is asked of AWS.
    pub(crate) async fn open(way: &Way) -> Result<Self, Failed> {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .retry_config(RetryConfig::standard().with_max_attempts(8).with_max_backoff(Duration::from_secs(10)));
        if let Some(profile) = &way.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &way.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let sdk = loader.load().await;
        if sdk.region().is_none_or(|region| region.as_ref().trim().is_empty()) {
            return Err(Failed::new(
                "AWSのリージョンがありません。--region または環境変数 AWS_REGION を指定してください。",
            ));
        }
        let provider = sdk.credentials_provider();
        let found = match &provider {
            Some(provider) => provider.provide_credentials().await.map_err(|error| error.to_string()),
            None => Err("no provider".to_owned()),
        };
        match found {
            Ok(_) => Ok(Self { sdk }),
            Err(error) => Err(Failed::new(format!(
                "AWSの認証情報がありません({error})。--profile(または環境変数 AWS_PROFILE)でプロファイルを指定するか、\
                 環境変数 AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY を設定してください。手元のフォルダを使う場合は --state を指定してください。"
            ))),
        }
    }

    pub(crate) fn stacks(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.sdk)
    }

    pub(crate) fn schedules(&self) -> aws_sdk_scheduler::Client {
        aws_sdk_scheduler::Client::new(&self.sdk)
    }

    pub(crate) fn table(&self) -> watch::Table {
        watch::Table::new(aws_sdk_dynamodb::Client::new(&self.sdk), watch::TABLE)
    }

    pub(crate) fn clients(&self) -> link_aws::Clients {
        link_aws::Clients::from_config(&self.sdk)
    }
}
