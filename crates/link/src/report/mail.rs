//! The report mail (結果通知), as in the product's samples.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use mail_builder::MessageBuilder;

use super::answer::{Answer, FileCounts, Mode, Outcome};
use crate::compare::HoldReason;
use crate::fault::{Fault, Subject};
use crate::state::ports::Mail;

/// So many error lines stand in the body; all of them in `errors.csv`.
const ERROR_LINES: usize = 50;
/// So many warnings and differences stand in the body.
const NOTE_LINES: usize = 20;

/// A file that goes with the mail.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its name.
    pub name: &'static str,
    /// Its content, CSV in UTF-8.
    pub content: Vec<u8>,
}

/// Makes the mail of a recorded run.
pub fn compose(answer: &Answer, from: &str, to: &[String], attachments: &[Attachment]) -> Result<Mail, std::io::Error> {
    let domain = from.rsplit_once('@').map_or("emc-link.invalid", |(_, domain)| domain).trim_end_matches('>');
    let sent_at = answer.finished_at.parse::<Timestamp>().map_or(0, Timestamp::as_second);
    let mut message = MessageBuilder::new()
        .from(from)
        .to(to.iter().map(String::as_str).collect::<Vec<_>>())
        .subject(answer.code.as_str())
        // One run, one id: a mail that was sent again can be recognised.
        .message_id(format!("{}.{}@{domain}", answer.run_id, answer.tenant))
        .date(sent_at)
        .header("Auto-Submitted", mail_builder::headers::raw::Raw::new("auto-generated"))
        .text_body(body_text(answer));
    for attachment in attachments {
        message = message.attachment("text/csv; charset=utf-8", attachment.name, attachment.content.as_slice());
    }
    Ok(Mail { from: from.to_owned(), to: to.to_vec(), message: message.write_to_vec()? })
}

/// The body of the mail.
pub fn body_text(answer: &Answer) -> String {
    let mut lines = vec![
        format!("処理結果: {}", result_word(answer.outcome)),
        format!("処理開始日時: ({})", time_text(&answer.started_at)),
        "詳細メッセージ".to_owned(),
    ];
    lines.extend(details(answer).into_iter().map(|line| format!(" - {line}")));
    let counts = answer.counts;
    for (label, file) in [("部署データ", counts.map(|c| c.departments)), ("社員データ", counts.map(|c| c.users))]
    {
        lines.extend(count_lines(label, file));
    }
    lines.push(format!("処理終了日時: ({})", time_text(&answer.finished_at)));
    lines.push(String::new());
    // Within base64, every mail program takes it as a line end; so does everything else that shows the text.
    lines.join("\n")
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

fn details(answer: &Answer) -> Vec<String> {
    let mut lines = answer.details.clone();
    if let Some(hold) = &answer.hold {
        lines.extend(hold.reasons.iter().map(hold_reason_text));
        if hold.days > 1 {
            lines.push(format!("同じ内容での保留は{}から{}日目です。", hold.since, hold.days));
        }
        if answer.outcome == Outcome::Held {
            lines.push("登録・更新・削除は何も行っていません。対象のIDはplan.csvをご確認ください。".to_owned());
            lines.push(format!(
                "意図した変更であれば、{}までに実行ID「{}」を承認してください。(人事データ連携の画面、または再実行イベント {{\"mode\":\"sync\",\"approve\":\"{}\"}})",
                time_text(&hold.approve_until), answer.run_id, answer.run_id
            ));
        }
    }
    let errors = &answer.errors;
    lines.extend(errors.iter().take(ERROR_LINES).map(fault_line));
    let untold = answer.error_count.saturating_sub(errors.len().min(ERROR_LINES) as u64);
    if untold > 0 {
        lines.push(format!("ほかに{untold}件のエラーがあります。すべてのエラーは添付のerrors.csvをご確認ください。"));
    }
    for (record, label) in [(Subject::Department, "部署データ"), (Subject::User, "社員データ")] {
        if errors.iter().any(|fault| fault.record == record) {
            lines.push(format!("{label}加工処理に失敗しました(必須項目チェック、コード設定)"));
        }
    }
    lines.extend(answer.warnings.iter().take(NOTE_LINES).map(|fault| format!("【注意】{}", note_line(fault))));
    let untold = answer.warning_count.saturating_sub(answer.warnings.len().min(NOTE_LINES) as u64);
    if untold > 0 {
        lines.push(format!("【注意】ほかに{untold}件の注意があります。添付のerrors.csvをご確認ください。"));
    }
    for entry in answer.drift.iter().take(NOTE_LINES) {
        let what = match entry.expected.as_str() {
            "update" => "エマージェンシーコールに無かったため新規登録しました",
            "delete" => "エマージェンシーコールに既にありませんでした",
            "adopt" => "承認によりエマージェンシーコールの既存のIDを更新しました",
            _ => "エマージェンシーコールの登録状態が前回と異なっていました",
        };
        let label = if entry.record == "department" { "部署ID" } else { "ユーザID" };
        lines.push(format!("【注意】{label}:{} {what}。", one_line(&entry.id)));
    }
    // Reports of earlier versions do not count.
    let untold = answer.drift_count.max(answer.drift.len() as u64).saturating_sub(NOTE_LINES as u64);
    if untold > 0 {
        lines.push(format!("【注意】登録状態の差異がほかに{untold}件あります。"));
    }
    // A confirmation hands nothing over.
    if answer.outcome == Outcome::Failure && answer.mode != Mode::Confirm {
        lines.push(answer.yesterday().sentence_ja().to_owned());
    }
    lines.push(format!("実行ID: {}", answer.run_id));
    lines.push(
        match (answer.outcome, answer.would) {
            (Outcome::Failure, _) => "機能は処理を中断、もしくは異常終了しました。",
            (Outcome::Held, _) => "機能は処理を保留しました。",
            (Outcome::Preview, Some(Outcome::Failure)) => "確認のみを行いました。このまま実行すると失敗します。",
            (Outcome::Preview, Some(Outcome::Held)) => "確認のみを行いました。このまま実行すると保留になります。",
            (Outcome::Preview, _) => "確認のみを行いました。登録・更新・削除は行っていません。",
            _ => "機能は正常に終了しました。",
        }
        .to_owned(),
    );
    lines
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

fn note_line(fault: &Fault) -> String {
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

fn one_line(text: &str) -> String {
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
                "SmartHRの一覧に居ない社員{people}人について、1人ずつの確認ができませんでした(人数が多すぎます)。承認すると、これらの社員を削除します。"
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
                "前回データに無いIDがエマージェンシーコールに既に登録されています。(部署 {departments}件、社員 {users}件) 会社コード(プレフィクス)の設定、または初回データの取り込みを確認してください。"
            )
        }
    }
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
