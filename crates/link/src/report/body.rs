//! The body of the report mail (結果通知), as in the product's samples.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

use super::answer::{Answer, FileCounts, HoldNote, Mode, Outcome, Refusal};
use super::notes::{foremost, notes};
use crate::compare::HoldReason;
use crate::fault::{Fault, Subject};

/// So many error lines stand in the body; all of them in `errors.csv`.
const ERROR_LINES: usize = 50;
/// So many lines that the run itself wrote.
const DETAIL_LINES: usize = 200;
/// So many characters in a line: whatever a message repeats, the body stays far below what a mail may have.
const LINE_LENGTH: usize = 2_000;

const PAGES: &str = "「人事データ連携」の画面";

/// The body of the mail.
pub fn body_text(answer: &Answer) -> String {
    body(answer, None, &[])
}

/// The body of a mail that names the way into the pages and says what its attachments lack. Lines end in CRLF, as a mail's
/// do whatever its encoding is.
pub(super) fn body(answer: &Answer, pages_entry: Option<&str>, omissions: &[String]) -> String {
    let mut lines = vec![
        format!("処理結果: {}", result_word(answer.outcome)),
        format!("処理開始日時: ({})", time_text(&answer.started_at)),
        "詳細メッセージ".to_owned(),
    ];
    lines.extend(details(answer, pages_entry, omissions).iter().map(|line| format!(" - {}", clipped(line))));
    let counts = answer.counts;
    for (label, file) in [("部署データ", counts.map(|c| c.departments)), ("社員データ", counts.map(|c| c.users))]
    {
        lines.extend(count_lines(label, file));
    }
    lines.push(format!("処理終了日時: ({})", time_text(&answer.finished_at)));
    lines.push(String::new());
    lines.join("\r\n")
}

fn result_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Failure => "失敗",
        Outcome::Held => "保留",
        Outcome::Preview => "確認のみ",
        _ => "成功",
    }
}

/// `2026/11/23 4:30:01`, in Asia/Tokyo.
fn time_text(rfc3339: &str) -> String {
    let Ok(time) = rfc3339.parse::<Timestamp>() else { return rfc3339.to_owned() };
    let time = time.to_zoned(TimeZone::fixed(offset(9)));
    format!("{} {}:{}", time.strftime("%Y/%m/%d"), time.hour(), time.strftime("%M:%S"))
}

fn count_lines(label: &str, counts: Option<FileCounts>) -> [String; 7] {
    let line = |name: &str, figure: Option<u64>| match figure {
        Some(figure) => format!("{label}{name}: {figure}"),
        None => format!("{label}{name}:"),
    };
    [
        line("前回 全件数", counts.map(|c| c.previous_total)),
        line("前回 有効件数", counts.map(|c| c.previous_valid)),
        line("受信 全件数", counts.map(|c| c.received_total)),
        line("受信 有効件数", counts.map(|c| c.received_valid)),
        line(" 新規件数", counts.map(|c| c.created)),
        line(" 更新件数", counts.map(|c| c.updated)),
        line(" 削除件数", counts.map(|c| c.deleted)),
    ]
}

fn details(answer: &Answer, pages_entry: Option<&str>, omissions: &[String]) -> Vec<String> {
    let pages = pages_entry.map_or_else(|| PAGES.to_owned(), |entry| format!("{PAGES} {} ", one_line(entry)));
    let mut lines = vec![link_line(answer)];
    lines.extend(answer.details.iter().take(DETAIL_LINES).map(|line| one_line(line)));
    if let Some(hold) = &answer.hold {
        lines.extend(hold_lines(answer, hold, &pages));
    }
    lines.extend(error_lines(answer));
    lines.extend(notes(answer).into_iter().map(|line| format!("【注意】{line}")));
    lines.extend_from_slice(omissions);
    // Neither imports anything.
    if answer.outcome == Outcome::Failure && !matches!(answer.mode, Mode::Confirm | Mode::Deliver) {
        lines.push(answer.yesterday().sentence_ja().to_owned());
    }
    if answer.outcome == Outcome::Failure && pages_entry.is_some() {
        lines.push(format!("内容の確認と再実行は、{pages}から行えます。"));
    }
    lines.push(format!("実行ID: {}", answer.run_id));
    lines.push(ending(answer).to_owned());
    if answer.outcome == Outcome::Held && answer.hold.as_ref().is_none_or(|hold| hold.refused.is_none()) {
        let event = format!("{{\"mode\":\"sync\",\"approve\":\"{}\"}}", answer.run_id);
        lines.push(format!("(運用担当者向け) 承認して再実行するイベント: {event}"));
    }
    lines
}

/// Which company's link this is: one person may get the mails of several.
fn link_line(answer: &Answer) -> String {
    match answer.company.as_deref() {
        Some(company) => format!("連携: {}({})", one_line(company), answer.tenant),
        None => format!("連携: {}", answer.tenant),
    }
}

fn hold_lines(answer: &Answer, hold: &HoldNote, pages: &str) -> Vec<String> {
    let mut lines: Vec<String> = hold.reasons.iter().map(hold_reason_text).collect();
    if hold.days > 1 {
        lines.push(format!("同じ内容での保留は{}から{}日目です。", hold.since, hold.days));
    }
    if answer.outcome == Outcome::Held {
        lines.push("登録・更新・削除は何も行っていません。対象のIDはplan.csvをご確認ください。".to_owned());
        if let Some(refusal) = &hold.refused {
            lines.push(refusal_line(refusal));
            return lines;
        }
        lines.push(format!(
            "意図した変更であれば、{pages}で、{}までに実行ID「{}」を承認してください。",
            time_text(&hold.approve_until),
            answer.run_id
        ));
    }
    lines
}

/// The text of the mail about a refusal, CRLF throughout.
pub(super) fn refusal_body(answer: &Answer, refusal: &Refusal) -> String {
    let mut details = vec![link_line(answer), refusal_line(refusal)];
    details.extend(answer.hold.iter().flat_map(|hold| &hold.reasons).map(hold_reason_text));
    details.push("登録・更新・削除は何も行っていません。".to_owned());
    details.push(format!("実行ID: {}", answer.run_id));
    let details: String = details.iter().map(|line| format!(" - {}\r\n", one_line(line))).collect();
    format!("処理結果: 保留(却下)\r\n詳細メッセージ\r\n{details}")
}

/// What a person decided, and what ends the hold.
fn refusal_line(refusal: &Refusal) -> String {
    format!(
        "この内容の保留は、{}に{}様が却下しました。(理由: {}) SmartHRのデータまたは連携アカウントの権限を直すと、次の連携から反映されます。",
        time_text(&refusal.at),
        one_line(&refusal.person),
        one_line(&refusal.reason)
    )
}

fn error_lines(answer: &Answer) -> Vec<String> {
    let shown = foremost(&answer.errors, ERROR_LINES);
    let mut lines: Vec<String> = shown.iter().map(fault_line).collect();
    let untold = answer.error_count.saturating_sub(shown.len() as u64);
    if untold > 0 {
        lines.push(format!("ほかに{untold}件のエラーがあります。すべてのエラーは添付のerrors.csvをご確認ください。"));
    }
    for (record, label) in [(Subject::Department, "部署データ"), (Subject::User, "社員データ")] {
        if answer.errors.iter().any(|fault| fault.record == record) {
            lines.push(format!("{label}加工処理に失敗しました(必須項目チェック、コード設定)"));
        }
    }
    lines
}

fn ending(answer: &Answer) -> &'static str {
    match (answer.outcome, answer.would) {
        (Outcome::Failure, _) => "機能は処理を中断、もしくは異常終了しました。",
        (Outcome::Held, _) => "機能は処理を保留しました。",
        (Outcome::Preview, Some(Outcome::Failure)) => "確認のみを行いました。このまま実行すると失敗します。",
        (Outcome::Preview, Some(Outcome::Held)) => "確認のみを行いました。このまま実行すると保留になります。",
        (Outcome::Preview, _) => "確認のみを行いました。登録・更新・削除は行っていません。",
        _ => "機能は正常に終了しました。",
    }
}

/// An error as one line: where it lies, then what is wrong and what to do.
fn fault_line(fault: &Fault) -> String {
    let field = fault.field.as_deref().map(one_line);
    let mut line = match (fault.record, field) {
        (Subject::User, Some(field)) => format!("受信社員情報ファイル、{field}の設定値が異常です。"),
        (Subject::User, None) => "受信社員情報ファイル、設定値が異常です。".to_owned(),
        (Subject::Department, Some(field)) => format!("受信部署情報ファイル、{field}の設定値が異常です。"),
        (Subject::Department, None) => "受信部署情報ファイル、設定値が異常です。".to_owned(),
        (Subject::Config, Some(field)) => format!("設定ファイル(config.toml)、{field}の設定値が異常です。"),
        (Subject::Mapping, Some(field)) => format!("連携設定シート、{field}の設定値が異常です。"),
        (Subject::Environment, Some(field)) => format!("環境変数、{field}の設定値が異常です。"),
        _ => format!("{}。", fault.code.entry().title_ja),
    };
    line.push_str(&place(fault));
    line.push_str(&one_line(&fault.message));
    line
}

/// A warning as one line.
pub(super) fn note_line(fault: &Fault) -> String {
    format!("{}{}", place(fault), one_line(&fault.message))
}

/// `[line:1] ユーザID:A00027 `.
fn place(fault: &Fault) -> String {
    let mut place = String::new();
    // Writing into a String cannot fail.
    if let Some(line) = fault.line {
        let _ = write!(place, "[line:{line}] ");
    }
    if let Some(id) = &fault.id {
        let label = if fault.record == Subject::Department { "部署ID" } else { "ユーザID" };
        let _ = write!(place, "{label}:{} ", one_line(id));
    }
    place
}

/// What comes from outside never makes a line of its own.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Why a run is held, as a sentence (Japanese).
pub fn hold_reason_text(reason: &HoldReason) -> String {
    match reason {
        HoldReason::UserDeletions { deletions, previous } => {
            format!("社員データの削除件数が上限を超えています。(前回 {previous}件のうち {deletions}件)")
        }
        HoldReason::DepartmentDeletions { deletions, previous } => {
            format!("部署データの削除件数が上限を超えています。(前回 {previous}件のうち {deletions}件)")
        }
        HoldReason::NoUsers { previous } => {
            format!(
                "SmartHRから有効な社員データを1件も受信しませんでした。(前回 {previous}件) 連携アカウントの権限と範囲を確認してください。"
            )
        }
        HoldReason::Orphans { departments, people } => {
            let shown: Vec<String> = departments.iter().take(10).map(|id| one_line(id)).collect();
            format!(
                "社員{people}人が所属している部署がSmartHRの部署一覧に無く、削除の対象になっています。(部署ID: {}{})",
                shown.join("、"),
                if departments.len() > shown.len() { " ほか" } else { "" }
            )
        }
        HoldReason::Unverified { people } => {
            format!(
                "SmartHRの一覧に居ない社員{people}人について、1人ずつの確認ができませんでした(人数が多すぎるか、SmartHRがこの確認に応じません)。承認すると、これらの社員を削除します。"
            )
        }
        HoldReason::IdReused { ids, people } => {
            let shown: Vec<String> = people
                .iter()
                .take(10)
                .map(|person| format!("{} 前回: {} 今回: {}", one_line(&person.id), person.before, person.now))
                .collect();
            format!(
                "前回と別の従業員のものになったユーザIDが{}件あります。承認すると、前の人のアカウントを消して新しい人のアカウントを作ります。同じ人であれば、承認するときに「同じ人」を選んでください。({}{})",
                ids.len(),
                shown.join("、"),
                if ids.len() > shown.len() { " ほか" } else { "" }
            )
        }
        HoldReason::FirstLink { users, departments } => {
            format!(
                "まだ一度も連携していないため、自動では初回連携を行いません。(新規になる部署 {departments}件、社員 {users}件) 内容を確認し、承認するか手動で実行してください。"
            )
        }
        HoldReason::Blank { item, filled, previous, lost } if *lost > 0 && lost < filled => {
            format!(
                "{item}の値が無くなった社員が{lost}人居ます。(前回は {previous}件のうち {filled}件に値があります) 承認すると、この{lost}人の{item}が空になるか、既定の値に置き換わります。連携アカウントの閲覧権限を確認してください。"
            )
        }
        HoldReason::Blank { item, filled, previous, .. } => {
            format!(
                "{item}が全員空になりました。(前回は {previous}件のうち {filled}件に値があります) 連携アカウントの閲覧権限を確認してください。"
            )
        }
        HoldReason::Exists { users, departments } => {
            format!(
                "前回データに無いID、または別の人のものとなっているIDが、エマージェンシーコールに既に登録されています。(部署 {departments}件、社員 {users}件) 会社コード(プレフィクス)の設定、または初回データの取り込みを確認してください。"
            )
        }
    }
}

fn clipped(line: &str) -> String {
    let mut short: String = line.chars().take(LINE_LENGTH).collect();
    if line.chars().nth(LINE_LENGTH).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
