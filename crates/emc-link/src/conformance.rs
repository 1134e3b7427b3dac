//! `emc-link conformance`: plays every rule of the import API against the implementation of EMC's side.

use std::path::PathBuf;

use clap::Args;
use conformance::{Options, Played, Report, Restart, Verdict};
use serde_json::json;

use crate::exit::{Exit, Failed};
use crate::screen;
use crate::screen::say;

#[derive(Debug, Args)]
pub(crate) struct ConformanceOptions {
    /// インポートAPIのURL(/v1 の手前まで)
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// 試験専用の、空の契約のトークン
    #[arg(long, value_name = "TOKEN", env = "EMC_CONFORMANCE_TOKEN", hide_env_values = true)]
    token: String,
    /// 同じサーバの、もう1つの空の契約のトークン(契約の分離を調べる)
    #[arg(long, value_name = "TOKEN", env = "EMC_CONFORMANCE_OTHER_TOKEN", hide_env_values = true)]
    other_token: Option<String>,
    /// サーバを再起動し、応答するようになってから終わるコマンド(再起動の後を調べる)
    #[arg(long, value_name = "COMMAND")]
    restart: Option<String>,
    /// サーバが現在時刻とみなす時刻(RFC 3339)を渡すヘッダー(30日の期限を調べる)
    #[arg(long, value_name = "NAME")]
    clock_header: Option<String>,
    /// 復元に対応しない実装: 復元の規則を調べません
    #[arg(long)]
    without_restoration: bool,
    /// 大量のユーザの規則で渡す人数
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    users: usize,
    /// 結果をJUnit XMLでも書き出すファイル
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(crate) fn perform(options: &ConformanceOptions, as_json: bool) -> Result<Exit, Failed> {
    let played = Options {
        other_token: options.other_token.clone(),
        restart: options.restart.as_deref().map(Restart::command),
        clock_header: options.clock_header.clone(),
        without_restoration: options.without_restoration,
        users: options.users,
        ..Options::new(&options.base_url, &options.token)
    };
    let mut tell = |played: &Played| {
        if !as_json {
            show(played);
        }
    };
    let report = match conformance::run(&played, &mut tell) {
        Ok(report) => report,
        Err(reason) => {
            screen::failed(&Failed::new(format!("適合試験を実施できません。{reason}")), as_json);
            return Ok(Exit::NotPlayed);
        }
    };
    if let Some(file) = &options.junit {
        std::fs::write(file, conformance::junit(&report)).map_err(|error| Failed::writing(file, &error))?;
    }
    if !report.left_empty {
        screen::aside("emc-link: 試験のデータが契約に残っています。次の試験の前に削除してください。");
    }
    if as_json {
        screen::json(&json!(report))?;
    } else {
        summarize(&report);
    }
    Ok(if report.broken() == 0 { Exit::Done } else { Exit::Wrong })
}

fn show(played: &Played) {
    match played.verdict {
        Verdict::Holds => say!("✓ {} {}", played.number, played.name),
        Verdict::NotPlayed => say!("- {} {}(未実施: {})", played.number, played.name, played.expected),
        Verdict::Broken => {
            say!("✗ {} {}", played.number, played.name);
            for (label, text) in [("要求", &played.request), ("応答", &played.answer), ("期待", &played.expected)]
            {
                say!("    {label}: {}", text.trim_end().replace('\n', "\n          "));
            }
        }
    }
}

fn summarize(report: &Report) {
    say!(
        "\n{}件の規則: 適合 {}、違反 {}、未実施 {}({:.1}秒)",
        report.rules.len(),
        report.count(Verdict::Holds),
        report.broken(),
        report.count(Verdict::NotPlayed),
        report.seconds
    );
}
