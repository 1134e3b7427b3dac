//! What an AWS call that failed says: to the program by code and status, to the operator as one line.

use std::error::Error;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// So much of AWS's own words is told.
const TOLD: usize = 300;

/// The HTTP status that a failed call was answered with.
pub(crate) fn status<E>(error: &SdkError<E, Response>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// A failed call as one line: AWS's code and message, or what happened on the way.
pub fn told<E>(error: &SdkError<E, Response>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let mut text = match (error.code(), error.message(), status(error)) {
        (Some(code), Some(message), _) => format!("{code}: {message}"),
        (Some(code), None, _) => code.to_owned(),
        (None, _, Some(status)) => format!("HTTP {status}"),
        (None, _, None) => match error {
            SdkError::TimeoutError(_) => "timed out".to_owned(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => "timed out".to_owned(),
            SdkError::DispatchFailure(_) => format!("no connection ({})", root(error)),
            SdkError::ConstructionFailure(_) => format!("the request could not be made ({})", root(error)),
            _ => format!("no usable answer ({})", root(error)),
        },
    };
    // S3 tells where a bucket really is when it is asked in the wrong region.
    if let Some(region) = error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region")) {
        text.push_str(" (the bucket is in ");
        text.push_str(region);
        text.push(')');
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TOLD).collect()
}

/// The innermost cause: "connection refused", "an AWS region must be set", "no providers in chain provided credentials".
fn root(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
