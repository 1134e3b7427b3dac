//! The commands that are modes of the link.

use std::path::Path;

use link::report::{Answer, Outcome};
use link::state::keys::Key;
use serde_json::{Value, json};

use crate::arguments::{BaselineOptions, CheckOptions, Command};
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
        Command::Confirm { run_id } => {
            told(&target.invoke(&json!({ "mode": "confirm", "run_id": run_id.as_str() }))?, as_json)
        }
        _ => told(&target.invoke(&json!({ "mode": "sync" }))?, as_json),
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
