//! How far a deployment is, on standard error: a bar with the time that is left on a terminal, numbered lines elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::screen;

/// One wave's course.
pub(super) struct Course {
    bar: Option<ProgressBar>,
    all: usize,
    done: AtomicUsize,
}

impl Course {
    /// The progress of a wave of `all` tenants, none of them done.
    pub(super) fn of(wave: &str, all: usize) -> Self {
        screen::aside(&format!("── {wave}({all}テナント)"));
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(u64::try_from(all).ok(), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len} 残り{eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(wave.to_owned());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, all, done: AtomicUsize::new(0) }
    }

    /// A tenant is done with, well or not.
    pub(super) fn done(&self, line: &str) {
        let number = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.bar {
            Some(bar) => {
                bar.println(line);
                bar.inc(1);
            }
            None => screen::aside(&numbered(number, self.all, line)),
        }
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn numbered(number: usize, all: usize, line: &str) -> String {
    let width = all.to_string().len();
    format!("[{number:>width$}/{all}] {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_of_one_width() {
        assert_eq!(numbered(7, 200, "✓ acme"), "[  7/200] ✓ acme");
        assert_eq!(numbered(200, 200, "✓ acme"), "[200/200] ✓ acme");
    }

    #[test]
    fn each_tenant_that_is_done_counts_once() {
        let course = Course::of("canary", 3);
        course.done("✓ a");
        course.done("✗ b");
        assert_eq!(course.done.load(Ordering::Relaxed), 2);
    }
}
