//! Records of a period as tables: the audit log and the runs, narrowed by person, action, kind and outcome.

use std::collections::HashSet;

use futures::StreamExt;
use jiff::ToSpan;
use jiff::civil::Date;
use link::report::{Answer, csv_table};
use link::state::RunId;
use link::time::tokyo;
use serde::Deserialize;

use crate::app::App;
use crate::audit::{self, Action, Entry};
use crate::problem::Problem;
use crate::records;
use crate::site::Site;
use crate::summaries;
use crate::views::words;

/// The longest period of one export, in days.
pub(crate) const LONGEST: i32 = 93;
/// Maximum number of records in one export. Each is an object of its own in S3, so an export is no page and keeps to no page's
/// bound: what holds it are this number, the reads at once (together well within the 30 seconds of an answer, see
/// docs/PERFORMANCE.md), the limit per session, and its entry in the audit log.
const MOST: usize = 6_000;
/// How many are read at once.
const AT_ONCE: usize = 16;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ExportRequest {
    #[serde(default)]
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) to: String,
    /// Part of the person's name or login; empty for everybody.
    #[serde(default)]
    pub(crate) person: String,
    /// An action, a kind or an outcome; empty for all.
    #[serde(default)]
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) format: String,
}

impl ExportRequest {
    /// The first and the last day.
    pub(crate) fn period(&self) -> Result<(Date, Date), Problem> {
        let day = |text: &str| text.trim().replace('/', "-").parse::<Date>().ok();
        let (Some(from), Some(to)) = (day(&self.from), day(&self.to)) else {
            return Err(Problem::bad_request("期間の開始日と終了日を入力してください。"));
        };
        if from > to {
            return Err(Problem::bad_request("期間の終了日は、開始日以降にしてください。"));
        }
        if (to - from).get_days() >= LONGEST {
            return Err(Problem::bad_request(format!(
                "一度にダウンロードできる期間は{LONGEST}日までです。期間を短くしてください。"
            )));
        }
        Ok((from, to))
    }

    pub(crate) fn is_workbook(&self) -> bool {
        self.format == "xlsx"
    }
}

fn too_many() -> Problem {
    let most = words::figure(MOST as u64);
    Problem::bad_request(format!("この期間の記録は{most}件を超えています。期間を短くしてください。"))
}

/// The audit log of a period, oldest first.
pub(crate) async fn audit_table<S: Site>(
    app: &App<S>,
    request: &ExportRequest,
    (from, to): (Date, Date),
) -> Result<Vec<u8>, Problem> {
    let names = audit::names_between(app, from, to).await?;
    if names.len() > MOST {
        return Err(too_many());
    }
    let person = request.person.trim();
    let takes = |entry: &Entry| {
        (request.action.is_empty() || entry.action.word() == request.action)
            && (person.is_empty() || entry.person.name.contains(person) || entry.person.id.contains(person))
    };
    let entries = audit::read(app, &names).await?;
    let rows = entries.into_iter().filter(|entry| takes(entry)).map(|entry| {
        let time = tokyo(entry.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let Entry { person, action, target, invocation, .. } = entry;
        vec![time, person.name, person.id, action.label().to_owned(), target, invocation.unwrap_or_default()]
    });
    Ok(csv_table(&["日時", "操作した人", "ログインID", "操作", "対象", "実行の受付番号"], rows))
}

/// The runs of a period, oldest first.
pub(crate) async fn runs_table<S: Site>(
    app: &App<S>,
    request: &ExportRequest,
    (from, to): (Date, Date),
) -> Result<Vec<u8>, Problem> {
    let runs: Vec<RunId> = summaries::reported(app, from, to).await?;
    if runs.len() > MOST {
        return Err(too_many());
    }
    // A run that was asked for before midnight has its audit entry on the day before.
    let mut starters = audit::names_between(app, from.checked_sub(1.day()).unwrap_or(from), to).await?;
    let triggers: HashSet<_> = runs.iter().map(RunId::trigger_hash).collect();
    starters.retain(|name| triggers.contains(&name.id.trigger_hash()));
    let starters = audit::read(app, &starters).await?;
    let person = request.person.trim();
    let reading = runs.clone().into_iter().map(|id| async move { records::report(app, &id).await });
    let answers: Vec<_> = futures::stream::iter(reading).buffered(AT_ONCE).collect().await;
    let mut rows = Vec::new();
    for (id, answer) in runs.iter().zip(answers) {
        let Some(answer) = answer? else { continue };
        let starter = starter(&answer, id, &starters);
        let is_kind = request.kind.is_empty() || words::mode_word(answer.mode) == request.kind;
        if is_kind && (person.is_empty() || starter.contains(person)) {
            rows.push(run_row(&answer, starter));
        }
    }
    Ok(csv_table(&RUN_COLUMNS, rows.into_iter()))
}

fn starter(answer: &Answer, id: &RunId, entries: &[Entry]) -> String {
    let own = |entry: &&Entry| entry.id.as_ref().is_some_and(|own| own.trigger_hash() == id.trigger_hash());
    if answer.scheduled_at.is_some() {
        return words::DAILY.to_owned();
    }
    if answer.trigger.is_some() {
        return words::CHANGE.to_owned();
    }
    entries.iter().find(own).map_or_else(|| words::OPERATOR.to_owned(), |entry| entry.person.name.clone())
}

const RUN_COLUMNS: [&str; 15] = [
    "開始日時",
    "実行ID",
    "種類",
    "結果",
    "件名",
    "開始した人",
    "所要時間(秒)",
    "社員 前回",
    "社員 有効",
    "社員 新規",
    "社員 更新(維持)",
    "社員 削除",
    "部署 有効",
    "エラー",
    "注意",
];

fn run_row(answer: &Answer, starter: String) -> Vec<String> {
    let users = answer.counts.map(|counts| counts.users);
    let departments = answer.counts.map(|counts| counts.departments.received_valid);
    let figure = |figure: Option<u64>| figure.map(|figure| figure.to_string()).unwrap_or_default();
    let seconds = words::duration_of(answer).map(|span| span.as_secs());
    vec![
        words::time_text(&answer.started_at),
        answer.run_id.clone(),
        words::mode(answer.mode).to_owned(),
        words::outcome(answer.would.unwrap_or(answer.outcome)).to_owned(),
        answer.code.clone(),
        starter,
        seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
        figure(users.map(|users| users.previous_valid)),
        figure(users.map(|users| users.received_valid)),
        figure(users.map(|users| users.created)),
        figure(users.map(|users| users.updated)),
        figure(users.map(|users| users.deleted)),
        figure(departments),
        answer.error_count.to_string(),
        answer.warning_count.to_string(),
    ]
}

/// Every action that can be asked for, with its word in an address.
pub(crate) fn actions() -> impl Iterator<Item = (String, &'static str)> {
    Action::ALL.into_iter().map(|action| (action.word(), action.label()))
}
