//! The SDK's own environment variables, read here and not by `aws_config::load`.
//!
//! That loader also knows profiles, single sign-on, assumed roles and metadata services, with an STS client and an XML
//! parser behind them: half a megabyte in a function that Lambda hands its credentials by the environment. What is read:
//! `AWS_REGION` and `AWS_DEFAULT_REGION`, the credentials, `AWS_ENDPOINT_URL` and its forms for each service,
//! `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, as described in AWS's
//! reference of SDK settings.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::SharedCredentialsProvider;

/// Where each service is addressed; `None` for AWS's own address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) common: Option<String>,
    pub(crate) s3: Option<String>,
    pub(crate) ses: Option<String>,
    pub(crate) secrets: Option<String>,
    pub(crate) lambda: Option<String>,
    pub(crate) scheduler: Option<String>,
}

/// What the environment says, but for the endpoints.
pub(crate) fn config(of: impl Fn(&str) -> Option<String>) -> SdkConfig {
    let yes = |name: &str| of(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let region = given(&of, "AWS_REGION").or_else(|| given(&of, "AWS_DEFAULT_REGION"));
    SdkConfig::builder()
        // Dated, so that an update of the lock file changes no time-out.
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(region.map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .use_fips(yes("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(yes("AWS_USE_DUALSTACK_ENDPOINT"))
        .build()
}

/// The addresses that the environment gives; a service's own comes before the common one.
pub(crate) fn endpoints(of: impl Fn(&str) -> Option<String>) -> Endpoints {
    if of("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Endpoints::default();
    }
    let common = given(&of, "AWS_ENDPOINT_URL");
    let own = |name| given(&of, name).or_else(|| common.clone());
    Endpoints {
        common: common.clone(),
        s3: own("AWS_ENDPOINT_URL_S3"),
        ses: own("AWS_ENDPOINT_URL_SES"),
        secrets: own("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
        lambda: own("AWS_ENDPOINT_URL_LAMBDA"),
        scheduler: own("AWS_ENDPOINT_URL_SCHEDULER"),
    }
}

/// `sam local` sets declared variables without a value to nothing, which is the same as not set.
fn given(of: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    of(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints_of(variables: &[(&str, &str)]) -> Endpoints {
        endpoints(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_services_own_endpoint_comes_before_the_common_one() {
        let found = endpoints_of(&[("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_S3", "http://s3")]);
        let all = Some("http://all".to_owned());
        assert_eq!(
            found,
            Endpoints {
                common: all.clone(),
                s3: Some("http://s3".to_owned()),
                ses: all.clone(),
                secrets: all.clone(),
                lambda: all.clone(),
                scheduler: all
            }
        );
    }

    #[test]
    fn no_endpoint_or_an_empty_one_is_awss_own() {
        assert_eq!(endpoints_of(&[]), Endpoints::default());
        assert_eq!(endpoints_of(&[("AWS_ENDPOINT_URL", "")]), Endpoints::default());
        let ignored = [("AWS_ENDPOINT_URL", "http://all"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True")];
        assert_eq!(endpoints_of(&ignored), Endpoints::default());
    }

    #[test]
    fn the_region_has_two_names() {
        let region = |variables: &[(&str, &str)]| {
            let config =
                config(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()));
            config.region().map(ToString::to_string)
        };
        assert_eq!(region(&[("AWS_DEFAULT_REGION", "us-east-1")]).as_deref(), Some("us-east-1"));
        let both = [("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_REGION", "ap-northeast-1")];
        assert_eq!(region(&both).as_deref(), Some("ap-northeast-1"));
        assert_eq!(region(&[]), None);
    }
}
