//! The commands that are modes of the link.

use std::path::Path;

use link::report::{Answer, InSmartHr, Outcome, Verdict};
use link::state::keys::Key;
use serde_json::{Value, json};

use crate::arguments::{BaselineOptions, CheckOptions, Command, ExplainOptions};
use crate::exit::{self, Exit, Failed};
use crate::screen::say;
use crate::target::Target;
use crate::{checklist, masters, screen};

pub(crate) fn perform(target: &Target, command: &Command, as_json: bool) -> Result<Exit, Failed> {
    match command {
        Command::Check(options) => check(target, options, as_json),
        Command::Baseline(options) => baseline(target, options, as_json),
        Command::Preview => told(&target.invoke(&json!({ "mode": "preview" }))?, as_json),
        Command::Approve { run_id } => {
            told(&target.invoke(&json!({ "mode": "sync", "approve": run_id.as_str() }))?, as_json)
        }
        Command::Explain(options) => explain(target, options, as_json),
        Command::Confirm { run_id } => {
            told(&target.invoke(&json!({ "mode": "confirm", "run_id": run_id.as_str() }))?, as_json)
        }
        Command::Deliver { run_id } => {
            told(&target.invoke(&json!({ "mode": "deliver", "run_id": run_id.as_str() }))?, as_json)
        }
        _ => told(&target.invoke(&json!({ "mode": "sync" }))?, as_json),
    }
}

fn explain(target: &Target, options: &ExplainOptions, as_json: bool) -> Result<Exit, Failed> {
    let event = match (&options.id, &options.number, &options.crew) {
        (Some(id), ..) => json!({ "mode": "explain", "id": id }),
        (_, Some(number), _) => json!({ "mode": "explain", "number": number }),
        (.., crew) => json!({ "mode": "explain", "crew": crew }),
    };
    let answer = target.invoke(&event)?;
    let Some(person) = answer.person.as_ref().filter(|_| !as_json) else { return told(&answer, as_json) };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "なし".to_owned());
    say!("ユーザID: {}  SmartHRのID: {}", or_none(&person.id), or_none(&person.crew));
    say!(
        "SmartHR: {}  前回データ: {}",
        in_smarthr_ja(person.in_smarthr),
        if person.in_snapshot { "あり" } else { "なし" }
    );
    say!("次の連携: {} — {}", verdict_ja(person.verdict), person.reason);
    for row in &person.rows {
        let sends = row.sends.as_deref().map(|sends| format!(" → {sends}")).unwrap_or_default();
        let there = if row.present { "値あり" } else { "値なし" };
        say!("  {} ← {} ({there}): {}{sends}", row.item, row.from, row.action);
    }
    for entry in &person.history {
        say!("{} {} {} ({})", entry.at, entry.what, entry.reason, entry.run_id);
    }
    Ok(exit::of(&answer))
}

fn in_smarthr_ja(there: InSmartHr) -> &'static str {
    match there {
        InSmartHr::Employed => "在籍中",
        InSmartHr::Absent => "休職中",
        InSmartHr::Retired => "退職済",
        InSmartHr::NotFound => "見つかりません",
    }
}

fn verdict_ja(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Update => "更新(維持)",
        Verdict::Create => "新規登録",
        Verdict::Delete => "削除",
        Verdict::LeftOut => "連携対象外",
        Verdict::Error => "エラー",
        Verdict::Absent => "対象なし",
        Verdict::Ambiguous => "特定できません",
    }
}

fn check(target: &Target, options: &CheckOptions, as_json: bool) -> Result<Exit, Failed> {
    let answer = target.invoke(&json!({ "mode": "check" }))?;
    // A check that did not come so far has no masters: what an earlier one wrote is worth more than an empty list.
    let list = options.masters.as_ref().filter(|_| !answer.masters.is_empty());
    if let Some(file) = list {
        masters::write(file, &answer.masters)?;
    }
    if as_json || answer.outcome == Outcome::Busy {
        return told(&answer, as_json);
    }
    checklist::show(&answer);
    match (list, &options.masters) {
        (Some(file), _) => say!("\n検索ワードマスタの一覧を書き出しました: {}", file.display()),
        (None, Some(file)) => {
            say!("\n検索ワードマスタを調べていないため、一覧を書き出していません: {}", file.display());
        }
        (None, None) => {}
    }
    Ok(exit::of(&answer))
}

/// Writes the two lists to the target, as far as they are given, and makes the snapshot.
fn baseline(target: &Target, options: &BaselineOptions, as_json: bool) -> Result<Exit, Failed> {
    for (file, key) in [(&options.departments, Key::baseline_departments()), (&options.users, Key::baseline_users())] {
        if let Some(file) = file {
            put(target, &key, file)?;
        }
    }
    let event: Value =
        if options.replace { json!({ "mode": "baseline", "replace": true }) } else { json!({ "mode": "baseline" }) };
    told(&target.invoke(&event)?, as_json)
}

fn put(target: &Target, key: &Key, file: &Path) -> Result<(), Failed> {
    let content = std::fs::read(file).map_err(|error| Failed::reading(file, &error))?;
    target.put(key, content)
}

fn told(answer: &Answer, as_json: bool) -> Result<Exit, Failed> {
    if as_json {
        screen::json(&json!(answer))?;
    } else {
        screen::answer(answer);
    }
    Ok(exit::of(answer))
}
