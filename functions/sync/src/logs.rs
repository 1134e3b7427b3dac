//! Logs as JSON lines. Lambda files a line by its `level` only if it carries a `timestamp`; the runtime's own subscriber
//! leaves that out.

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;

/// Starts logging to standard output; the level comes from `LOG_LEVEL`, `info` by default.
pub(crate) fn start() {
    let level = std::env::var("LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(format!("{level},aws_smithy=warn,hyper=warn,h2=warn"))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let format = fmt::format().json().flatten_event(true).with_current_span(false).with_span_list(false);
    // Only a second call could fail, and there is none.
    let _ = tracing_subscriber::fmt()
        .event_format(format)
        .fmt_fields(fmt::format::JsonFields::new())
        .with_env_filter(filter)
        .try_init();
}
