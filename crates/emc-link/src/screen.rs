//! What the person sees: the result as text, or as JSON for a script.

use std::io::Write;

use link::fault::Code;
use link::report::{Answer, Mode, Outcome, body_text};
use serde_json::{Value, json};

use crate::exit::{Exit, Failed};

/// So many lines about single people and departments; the rest is in errors.csv.
const SHOWN: usize = 20;

pub(crate) fn failed(failed: &Failed, as_json: bool) {
    if as_json {
        println!("{}", json!({ "error": failed.message }));
    }
    aside(&format!("emc-link: {}", failed.message));
}

/// To standard error; a closed one is nobody's loss.
pub(crate) fn aside(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub(crate) fn json(value: &Value) -> Result<Exit, Failed> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failed::new(format!("結果をJSONにできません({error})。")))?;
    println!("{text}");
    Ok(Exit::Done)
}

/// The answer as the customer's mail tells it, with what can be done next.
pub(crate) fn answer(answer: &Answer) {
    // The mail has no such outcome: the command did nothing, and nothing is a success.
    if answer.outcome == Outcome::Busy {
        println!("他の処理が実行中のため、何も行いませんでした。");
        println!("→ 終わった後に、もう一度実行してください。");
        return;
    }
    println!("件名: {}", answer.code);
    let mut at_one = 0;
    for line in body_text(answer).lines() {
        at_one += usize::from(line.contains("[line:"));
        if at_one <= SHOWN || !line.contains("[line:") {
            println!("{line}");
        }
    }
    if at_one > SHOWN {
        println!("(このほか{}行を省略しました。すべてはerrors.csvにあります)", at_one - SHOWN);
    }
    for line in next(answer) {
        println!("→ {line}");
    }
}

fn next(answer: &Answer) -> Vec<String> {
    let id = &answer.run_id;
    match (answer.outcome, answer.mode) {
        (Outcome::Held, _) => vec![
            format!("意図した変更であれば: emc-link approve {id}"),
            "意図しない変更であれば、SmartHRのデータまたは連携アカウントの権限を直して: emc-link sync".to_owned(),
        ],
        (Outcome::Failure, Mode::Sync) => vec!["直した後に: emc-link sync (または翌日の日次処理)".to_owned()],
        (Outcome::Failure, Mode::Baseline) if answer.errors.iter().any(|fault| fault.code == Code::SnapshotExists) => {
            vec!["作り直してよければ: emc-link baseline --replace".to_owned()]
        }
        (Outcome::Preview, _) => match answer.would {
            Some(Outcome::Success) => vec!["この内容で連携するには: emc-link sync".to_owned()],
            Some(Outcome::Failure) => vec!["直した後に、もう一度: emc-link preview".to_owned()],
            _ => Vec::new(),
        },
        (Outcome::Baseline, _) => vec!["次に: emc-link preview".to_owned()],
        _ => Vec::new(),
    }
}
