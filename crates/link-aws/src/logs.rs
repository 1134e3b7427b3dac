//! Logs as JSON lines. Lambda files a line by its `level` only if it carries a `timestamp`; the runtime's own subscriber
//! leaves that out. Both functions log so.

use std::panic::{PanicHookInfo, set_hook};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging to standard output, one object a line; each carries its span's fields (`tenant`, `run_id`).
pub fn start() {
    let format = fmt::layer()
        .event_format(fmt::format().json().flatten_event(true).with_current_span(true).with_span_list(false))
        .fmt_fields(fmt::format::JsonFields::new());
    let filter = filter(|name| std::env::var(name).ok());
    // Only a second call could fail, and there is none.
    let _ = tracing_subscriber::registry().with(format.with_filter(filter)).try_init();
    set_hook(Box::new(panicked));
}

/// The link's own crates.
const OWN: [&str; 6] = ["sync", "connect", "watch", "link", "link_aws", "pages"];

/// What is logged: `RUST_LOG` says it target by target; otherwise `LOG_LEVEL`, or the level of Lambda's own log settings,
/// holds for the link, and of what it is built on only warnings are wanted.
fn filter(variable: impl Fn(&str) -> Option<String>) -> Targets {
    if let Some(targets) = variable("RUST_LOG").and_then(|text| text.parse().ok()) {
        return targets;
    }
    let level = ["LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL"].into_iter().filter_map(variable).find_map(|text| level(&text));
    let level = level.unwrap_or(tracing::Level::INFO);
    let quiet = level.min(tracing::Level::WARN);
    Targets::new().with_default(quiet).with_targets(OWN.map(|target| (target, level)))
}

fn level(text: &str) -> Option<tracing::Level> {
    // Lambda calls its gravest level FATAL.
    if text.eq_ignore_ascii_case("fatal") { Some(tracing::Level::ERROR) } else { text.parse().ok() }
}

/// A panic's place, in the form of every other line. Its message becomes the function error's, through the runtime.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panicked");
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    fn set<'a>(variables: &'a [(&'a str, &'a str)]) -> Targets {
        filter(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_link_tells_and_what_it_is_built_on_warns() {
        let filter = set(&[]);
        assert!(filter.would_enable("link::run", &Level::INFO) && !filter.would_enable("link::run", &Level::DEBUG));
        assert!(filter.would_enable("hyper", &Level::WARN) && !filter.would_enable("hyper", &Level::INFO));
    }

    #[test]
    fn a_level_is_taken_from_the_first_variable_that_holds_one() {
        assert!(set(&[("LOG_LEVEL", "debug"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")]).would_enable("link", &Level::DEBUG));
        let gravest = set(&[("LOG_LEVEL", "loud"), ("AWS_LAMBDA_LOG_LEVEL", "FATAL")]);
        assert!(gravest.would_enable("hyper", &Level::ERROR) && !gravest.would_enable("link", &Level::WARN));
        assert!(set(&[("RUST_LOG", "warn,hyper=trace")]).would_enable("hyper", &Level::TRACE));
    }
}
