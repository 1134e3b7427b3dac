//! Logs as JSON lines. Lambda files a line by its `level` only if it carries a `timestamp`; the runtime's own subscriber
//! leaves that out.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging to standard output; the level comes from `LOG_LEVEL`, `info` by default.
pub(crate) fn start() {
    let level = std::env::var("LOG_LEVEL").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    // The link's own words at the level asked for; of the crates below it only what is wrong.
    let filter = Targets::new().with_target("link", level).with_target("sync", level).with_default(LevelFilter::WARN);
    let format = fmt::format().json().flatten_event(true).with_current_span(false).with_span_list(false);
    let lines = fmt::layer().event_format(format).fmt_fields(fmt::format::JsonFields::new());
    // Only a second call could fail, and there is none.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}
