//! What endings, kinds and times are called on the pages.

use jiff::{SignedDuration, Timestamp};
use link::fault::Actor;
use link::report::{Answer, Mode, Outcome};
use link::time::tokyo;
use maud::{Markup, html};

/// Who starts a run where no person of the pages does.
pub(crate) const DAILY: &str = "自動(毎日)";
pub(crate) const CHANGE: &str = "自動(変更の即時反映)";
pub(crate) const OPERATOR: &str = "運用担当";

/// The kinds of runs that can be asked for, by their word in an address.
pub(crate) const KINDS: [(&str, Mode); 4] =
    [("sync", Mode::Sync), ("preview", Mode::Preview), ("check", Mode::Check), ("baseline", Mode::Baseline)];

pub(crate) fn mode_word(mode: Mode) -> &'static str {
    KINDS.iter().find(|(_, kind)| *kind == mode).map_or("", |(word, _)| word)
}

/// An ending's word.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    kind_of(outcome).1
}

/// How long a run took.
pub(crate) fn duration_of(answer: &Answer) -> Option<SignedDuration> {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    Some(time(&answer.finished_at)?.duration_since(time(&answer.started_at)?))
}

/// `12秒`, `2分5秒`.
pub(crate) fn duration(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match (seconds / 60, seconds % 60) {
        (0, 0) => "1秒未満".to_owned(),
        (0, seconds) => format!("{seconds}秒"),
        (minutes, seconds) => format!("{minutes}分{seconds}秒"),
    }
}

/// The kind of an ending: its colour and its word.
fn kind_of(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Success => ("ok", "成功"),
        Outcome::NoChange => ("ok", "変化なし"),
        Outcome::Failure => ("bad", "失敗"),
        Outcome::Held => ("warn", "保留"),
        Outcome::Preview => ("plain", "確認のみ"),
        Outcome::Checked => ("ok", "点検済み"),
        Outcome::Baseline => ("ok", "初回データ作成"),
        Outcome::Explained => ("plain", "照会済み"),
        Outcome::Skipped => ("plain", "処理済み"),
        Outcome::Busy => ("plain", "実行中のため見送り"),
    }
}

/// An ending as a badge.
pub(crate) fn badge(outcome: Outcome) -> Markup {
    let (class, word) = kind_of(outcome);
    html! { span class={ "badge " (class) } { (word) } }
}

/// The badge of a run: a preview says how a run would end.
pub(crate) fn run_badge(answer: &Answer) -> Markup {
    badges(answer.outcome, answer.would)
}

/// The badges of an outcome, and of a preview's expected one.
pub(crate) fn badges(outcome: Outcome, would: Option<Outcome>) -> Markup {
    match would {
        Some(would) => html! { (badge(outcome)) " " span.soft { "実行した場合: " } (badge(would)) },
        None => badge(outcome),
    }
}

pub(crate) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Sync => "連携",
        Mode::Preview => "事前確認",
        Mode::Check => "点検",
        Mode::KeepAlive => "SmartHRの許可の維持",
        Mode::Baseline => "初回データ作成",
        Mode::Confirm => "アップロード完了の確認",
        Mode::Deliver => "アップロード用ファイルの送付",
        Mode::Explain => "照会",
        Mode::Unknown => "不明",
    }
}

pub(crate) fn actor(actor: Actor) -> &'static str {
    match actor {
        Actor::Customer => "貴社のSmartHR管理者",
        Actor::Operator => "運用担当",
        Actor::SmartHr => "SmartHR(復旧を待つ)",
        Actor::Emc => "エマージェンシーコール側(運用担当へ連絡)",
    }
}

/// `2026/11/23 04:30`, in Asia/Tokyo.
pub(crate) fn time(time: Timestamp) -> String {
    tokyo(time).strftime("%Y/%m/%d %H:%M").to_string()
}

/// The same of a time in a report, which is told as it stands if it is none.
pub(crate) fn time_text(rfc3339: &str) -> String {
    rfc3339.parse::<Timestamp>().map_or_else(|_| rfc3339.to_owned(), time)
}

/// `11,285`.
pub(crate) fn figure(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A sentence of the run with separators in its numbers of people and things: `1234件` becomes `1,234件`. IDs, years and
/// addresses stay as they are.
pub(crate) fn separated(text: &str) -> String {
    const UNITS: [&str; 6] = ["件", "人", "種類", "個", "秒", "文字"];
    let mut made = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, digits) = rest.split_at(start);
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        let (number, after) = digits.split_at(end);
        made.push_str(before);
        let stands_alone = !made.ends_with(|letter: char| letter.is_ascii_alphanumeric() || ",.-_/:".contains(letter));
        let is_amount = UNITS.iter().any(|unit| after.starts_with(unit)) && !number.starts_with('0');
        match number.parse::<u64>() {
            Ok(amount) if stands_alone && is_amount => made.push_str(&figure(amount)),
            _ => made.push_str(number),
        }
        rest = after;
    }
    made.push_str(rest);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_their_commas() {
        assert_eq!([0, 999, 1_000, 11_285, 1_234_567].map(figure), ["0", "999", "1,000", "11,285", "1,234,567"]);
    }

    #[test]
    fn amounts_in_a_sentence_have_their_commas_and_ids_do_not() {
        let told =
            "社員の削除が1234件(上限 1128件)です。ユーザID:A00027 2026年 https://a.jp/12345人 999人 1,234件 12345";
        let wanted =
            "社員の削除が1,234件(上限 1,128件)です。ユーザID:A00027 2026年 https://a.jp/12345人 999人 1,234件 12345";
        assert_eq!(separated(told), wanted);
    }

    #[test]
    fn times_are_of_tokyo() {
        assert_eq!(time_text("2026-11-22T19:30:00Z"), "2026/11/23 04:30");
        assert_eq!(time_text("<b>"), "<b>");
    }
}
