//! What the demo prints: headlines, progress, the day's mail.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use link::report::{Answer, body_text};
use link::run::Progress;
use std::io::IsTerminal;

/// So many lines about single people are shown of a mail.
const ERRORS_SHOWN: usize = 5;

/// Progress as a bar on a terminal, as plain lines elsewhere.
pub(crate) struct Bars {
    bar: Option<ProgressBar>,
    told: Mutex<u64>,
}

impl Bars {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("  {msg} [{bar:40}] {pos}/{len}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        Self { bar, told: Mutex::new(0) }
    }

    pub(crate) fn show(&self, progress: &Progress) {
        match progress {
            Progress::SmartHr { listing, done, total } => self.page(listing, *done, *total),
            Progress::Started { run_id } => self.line(&format!("実行ID {run_id}")),
            Progress::Converted { users, departments } => {
                self.line(&format!("変換しました: 部署 {departments}件、社員 {users}件"));
            }
            Progress::HandingOver { bytes } => {
                self.line(&format!("エマージェンシーコールへ登録しています (圧縮して {} KB)", bytes.div_ceil(1024)));
            }
            Progress::Settled => self.line("登録が完了し、前回データを更新しました"),
            Progress::Recorded => self.line("結果を記録しました"),
            Progress::Mailed => self.line("結果通知メールを送信しました"),
        }
    }

    fn page(&self, listing: &str, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("SmartHR {listing}"));
            bar.set_length(total);
            bar.set_position(done);
            return;
        }
        // Every quarter of a list is news enough for a log.
        let quarter = done * 4 / total.max(1);
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if done == total || quarter > *told {
            *told = if done == total { 0 } else { quarter };
            println!("  SmartHR {listing}: {done}/{total} ページ");
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(format!("  {text}")),
            None => println!("  {text}"),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

pub(crate) fn headline(number: u32, title: &str, what: &str) {
    println!("\n════ {number}日目: {title}");
    println!("  {what}");
}

/// The mail as the customer gets it.
pub(crate) fn mail(answer: &Answer, file: &std::path::Path) {
    println!("  ┌─ メール {}", crate::places::shown(file));
    println!("  │ 件名: {}", answer.code);
    println!("  │ 宛先: hr@example.co.jp");
    let body = body_text(answer);
    let lines: Vec<&str> = body.lines().collect();
    let at_a_person = |line: &str| line.starts_with(" - ") && line.contains("[line:");
    let mut errors = 0;
    for line in lines {
        errors += usize::from(at_a_person(line));
        if errors <= ERRORS_SHOWN || !at_a_person(line) {
            println!("  │ {line}");
        }
    }
    if errors > ERRORS_SHOWN {
        println!("  │ (このほか {} 行は省略。メールには全部あります)", errors - ERRORS_SHOWN);
    }
    println!("  └─");
}
