//! How far a run is, on standard error: a bar on a terminal, lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use link::run::Progress as Step;

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar }
    }

    pub(crate) fn show(&self, step: &Step) {
        match step {
            Step::Started { run_id } => self.line(&format!("実行ID {run_id}")),
            Step::SmartHr { listing, done, total } => match &self.bar {
                Some(bar) => {
                    bar.set_message(format!("SmartHRから受信しています({})", listing_ja(listing)));
                    bar.set_length(*total);
                    bar.set_position(*done);
                }
                None if done == total => {
                    self.line(&format!("SmartHRから受信しました({} {total}ページ)", listing_ja(listing)));
                }
                None => {}
            },
            Step::Converted { users, departments } => {
                self.line(&format!("変換しました(部署 {departments}件、社員 {users}件)"));
            }
            Step::HandingOver { bytes } => {
                self.line(&format!("エマージェンシーコールへ送信しています(圧縮後 {} KB)", bytes.div_ceil(1024)));
            }
            Step::Settled => self.line("登録が完了し、前回データを更新しました"),
            Step::Recorded => self.line("結果を記録しました"),
            Step::Mailed => self.line("結果通知メールを送信しました"),
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(format!("… {text}")),
            None => crate::screen::aside(&format!("… {text}")),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn listing_ja(listing: &str) -> &str {
    match listing {
        "crews" => "従業員",
        "departments" => "部署",
        "biz_establishments" | "establishments" => "事業所",
        "crew_custom_field_templates" | "custom_field_templates" => "カスタム項目",
        other => other,
    }
}
