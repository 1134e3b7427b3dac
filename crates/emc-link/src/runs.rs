//! What was run: the list of runs, and the report of one.

use link::report::{Answer, Mode, Outcome};
use link::state::RunId;
use link::state::keys::Key;
use serde_json::json;

use crate::arguments::{ReportOptions, RunsOptions};
use crate::exit::{Exit, Failed};
use crate::screen::say;
use crate::target::Target;
use crate::{checklist, screen};

const REPORT: &str = "report.json";

pub(crate) fn list(target: &Target, options: &RunsOptions, as_json: bool) -> Result<Exit, Failed> {
    let reports = latest(target, options.last)?;
    if as_json {
        return screen::json(&json!(reports));
    }
    if reports.is_empty() {
        say!("実行の記録はまだありません。");
    }
    for report in &reports {
        let users = report.counts.map(|counts| counts.users);
        let figures = users.map_or_else(String::new, |users| {
            format!("  社員 新規{} 更新{} 削除{}", users.created, users.updated, users.deleted)
        });
        say!("{}  {}  {}{figures}", report.run_id, mode_ja(report.mode), outcome_ja(report));
    }
    Ok(Exit::Done)
}

pub(crate) fn report(target: &Target, options: &ReportOptions, as_json: bool) -> Result<Exit, Failed> {
    let latest = || ids(target).map(|mut ids| ids.pop());
    let id = match &options.run_id {
        Some(id) => id.clone(),
        None => latest()?.ok_or_else(|| Failed::new("実行の記録はまだありません。"))?,
    };
    let report = load(target, &id)?.ok_or_else(|| {
        Failed::new(format!("実行ID {id} の記録がありません。emc-link runs で実行IDを確認してください。"))
    })?;
    if as_json {
        return screen::json(&json!(report));
    }
    if report.mode == Mode::Check {
        checklist::show(&report);
    } else {
        screen::answer(&report);
    }
    let files = files(target, &id)?;
    if !files.is_empty() {
        say!("\n記録されたファイル:");
        for key in &files {
            say!("  {}", target.address(key));
        }
    }
    Ok(Exit::Done)
}

/// The reports of the latest runs, newest first.
pub(crate) fn latest(target: &Target, number: usize) -> Result<Vec<Answer>, Failed> {
    let mut reports = Vec::new();
    for id in ids(target)?.into_iter().rev().take(number) {
        reports.extend(load(target, &id)?);
    }
    Ok(reports)
}

/// The recorded runs, oldest first.
fn ids(target: &Target) -> Result<Vec<RunId>, Failed> {
    let keys = target.list(&Key::runs())?;
    let folders = keys.iter().filter_map(|key| key.as_str().strip_suffix(REPORT)?.strip_suffix('/'));
    let mut ids: Vec<RunId> = folders.filter_map(|folder| RunId::parse(folder.rsplit('/').next()?)).collect();
    ids.sort_unstable();
    Ok(ids)
}

fn files(target: &Target, id: &RunId) -> Result<Vec<Key>, Failed> {
    let Some(date) = id.date() else { return Ok(Vec::new()) };
    target.list(&Key::run_file(date, id.as_str(), ""))
}

fn load(target: &Target, id: &RunId) -> Result<Option<Answer>, Failed> {
    let Some(date) = id.date() else { return Ok(None) };
    let Some(found) = target.get(&Key::run_file(date, id.as_str(), REPORT))? else { return Ok(None) };
    serde_json::from_slice(&found)
        .map(Some)
        .map_err(|error| Failed::new(format!("実行ID {id} の記録の内容が正しくありません({error})。")))
}

fn mode_ja(mode: Mode) -> &'static str {
    match mode {
        Mode::Sync => "連携",
        Mode::Preview => "確認のみ",
        Mode::Check => "点検",
        Mode::KeepAlive => "許可の維持",
        Mode::Baseline => "初回データ",
        Mode::Confirm => "アップロード確認",
        Mode::Deliver => "アップロード送付",
        Mode::Explain => "照会",
        Mode::Unknown => "不明",
    }
}

fn outcome_ja(report: &Answer) -> &'static str {
    match (report.outcome, report.would) {
        (Outcome::Preview, Some(Outcome::Failure)) => "このままでは失敗",
        (Outcome::Preview, Some(Outcome::Held)) => "このままでは保留",
        (Outcome::Preview | Outcome::Checked, _) if report.warnings.is_empty() => "問題なし",
        (Outcome::Preview | Outcome::Checked, _) => "注意あり",
        (Outcome::Success | Outcome::Baseline, _) => "成功",
        (Outcome::NoChange, _) => "変化なし",
        (Outcome::Failure, _) => "失敗",
        (Outcome::Held, _) => "保留",
        (Outcome::Explained, _) => "回答済み",
        (Outcome::Skipped, _) => "実行済み",
        (Outcome::Busy, _) => "実行中",
    }
}
