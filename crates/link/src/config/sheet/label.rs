//! The sheet's vocabulary: labels, sources and actions as people write them, read into types.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::config::item::{EmcItem, Slot};
use crate::config::mapping::{Absent, Present, SmartHrField, Source, UserIdAbsent};
use crate::text::{is_invisible, looks_like};

/// How much of a wrong cell a message repeats.
const SHOWN: usize = 60;

const ITEMS: &str = "処理フラグ、ユーザID、パスワード強制変更、パスワード、氏名、氏名(ヨミ)、所属部署コード、兼務管理部署コード1〜10、\
                     緊急連絡1〜10 媒体、緊急連絡1〜10 アドレス、検索ワード1〜5";
const SOURCES: &str = "社員番号、メールアドレス、氏名、氏名(ヨミガナ)、ビジネスネーム、ビジネスネーム(ヨミガナ)、部署1〜10、\
                       役職1〜10、事業所、雇用形態、等級、職種、業務内容、在籍状況、性別、電話番号、入社年月日、住所(都道府県)、\
                       住所(市区町村)、カスタム項目「項目名」、固定値「値」、無し(空白)";

/// What stands before 「…」.
const KINDS: [&str; 2] = ["カスタム項目", "固定値"];

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RowItem {
    /// 処理フラグ: checked, but not kept, as an import is 自動 by nature.
    ProcessingFlag,
    /// An item that the link fills.
    Item(EmcItem),
}

impl RowItem {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::ProcessingFlag => "処理フラグ",
            Self::Item(item) => item.label(),
        }
    }
}

/// All labels by their folded form.
pub(super) struct Vocabulary {
    items: HashMap<String, RowItem>,
    fields: HashMap<String, SmartHrField>,
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        let items = EmcItem::all().map(RowItem::Item).chain([RowItem::ProcessingFlag]);
        Self {
            items: items.map(|item| (folded(item.label()), item)).collect(),
            fields: SmartHrField::all().map(|field| (folded(field.label()), field)).collect(),
        }
    }

    /// The item of a row. The error says what is wrong and what is accepted.
    pub(super) fn item(&self, text: &str) -> Result<RowItem, String> {
        let label = folded(text);
        // The caption of a search word is for people.
        let name = match label.split_once(':') {
            Some((name, _)) if name.starts_with("検索ワード") => name,
            _ => &label,
        };
        self.items.get(name).copied().ok_or_else(|| {
            let last = if name.starts_with("検索ワード") { 5 } else { 10 };
            let hint = number_hint(name, last, |name| self.items.get(name).map(|item| item.label()));
            let hint = look_alike(name, self.items.values().map(|item| item.label())).unwrap_or(hint);
            format!("{hint}使えるのは、{ITEMS}です。")
        })
    }

    /// Where a value comes from. The error says what is wrong and what is accepted.
    pub(super) fn source(&self, text: &str) -> Result<Source, String> {
        if let Some((kind, content)) = bracketed(text) {
            let make: fn(String) -> Source = match kind.as_str() {
                "カスタム項目" => Source::Custom,
                "固定値" => Source::Fixed,
                kind => {
                    let hint = look_alike(kind, KINDS.into_iter()).unwrap_or_default();
                    return Err(format!("{hint}使えるのは、{SOURCES}です。"));
                }
            };
            return match checked(content) {
                Ok(content) => Ok(make(content.nfc().collect())),
                Err(detail) => Err(format!("「」の中{detail}")),
            };
        }
        let label = folded(text);
        if label == folded(&Source::Nothing.to_string()) {
            return Ok(Source::Nothing);
        }
        self.fields.get(&label).copied().map(Source::Field).ok_or_else(|| {
            let hint = match label.as_str() {
                "固定値" | "カスタム項目" => {
                    format!("{label}には、{label}「…」のように内容を続けて書きます。")
                }
                _ if other_brackets(&label) => "値や項目名は、かぎかっこ「」で囲みます。".to_owned(),
                _ => number_hint(&label, 10, |name| self.fields.get(name).map(|field| field.label())),
            };
            let hint = look_alike(&label, self.fields.values().map(|field| field.label())).unwrap_or(hint);
            format!("{hint}使えるのは、{SOURCES}です。")
        })
    }
}

/// Whether a source cell says that the value is 自動, or leaves it open.
pub(super) fn is_automatic(text: &str) -> bool {
    let is_fixed = bracketed(text).is_some_and(|(kind, content)| kind == "固定値" && folded(content) == "自動");
    is_fixed || is_automatic_action(text)
}

/// Whether an action cell of 処理フラグ says 自動, or leaves it open. Any dash will do: keyboards offer many.
pub(super) fn is_automatic_action(text: &str) -> bool {
    matches!(folded(text).as_str(), "" | "自動" | "-" | "−" | "ー" | "―" | "‐" | "–" | "—")
}

/// 新規登録:値あり.
pub(super) fn create_present(text: &str) -> Result<Present, String> {
    match folded(text).as_str() {
        "登録" => Ok(Present::Send),
        "登録しない" => Ok(Present::Leave),
        word => Err(action_refused(word, &["登録", "登録しない"], "「登録」「登録しない」")),
    }
}

/// 更新:値あり.
pub(super) fn update_present(text: &str) -> Result<Present, String> {
    match folded(text).as_str() {
        "更新" => Ok(Present::Send),
        "更新しない" => Ok(Present::Leave),
        word => Err(action_refused(word, &["更新", "更新しない"], "「更新」「更新しない」")),
    }
}

/// 新規登録:値なし.
pub(super) fn create_absent(text: &str) -> Result<Absent, String> {
    match folded(text).as_str() {
        "エラー" => Ok(Absent::Error),
        "登録しない" => Ok(Absent::Leave),
        word => default_value(text, || {
            action_refused(word, &["エラー", "登録しない"], "「エラー」「登録しない」「デフォルト:値」")
        }),
    }
}

/// 更新:値なし.
pub(super) fn update_absent(text: &str) -> Result<Absent, String> {
    match folded(text).as_str() {
        "エラー" => Ok(Absent::Error),
        "更新しない" => Ok(Absent::Leave),
        "更新" => Ok(Absent::Clear),
        word => default_value(text, || {
            action_refused(word, &["エラー", "更新しない", "更新"], "「エラー」「更新しない」「更新」「デフォルト:値」")
        }),
    }
}

/// 新規登録:値あり of ユーザID. There is nothing to choose: who has an ID is created with it.
pub(super) fn user_id_create_present(text: &str) -> Result<(), String> {
    if folded(text) == "登録" { Ok(()) } else { Err("ユーザIDで使えるのは「登録」です。".to_owned()) }
}

/// 更新:値あり of ユーザID. Both words mean the same: the ID is the key, so it never changes by an update.
pub(super) fn user_id_update_present(text: &str) -> Result<(), String> {
    match folded(text).as_str() {
        "更新" | "更新しない" => Ok(()),
        _ => Err("ユーザIDで使えるのは「更新しない」「更新」です。".to_owned()),
    }
}

/// 値なし of ユーザID, in both columns.
pub(super) fn user_id_absent(text: &str) -> Result<UserIdAbsent, String> {
    match folded(text).as_str() {
        "エラー" => Ok(UserIdAbsent::Error),
        "連携しない" => Ok(UserIdAbsent::LeaveOut),
        word => {
            Err(format!("ユーザIDで{}", action_refused(word, &["エラー", "連携しない"], "「エラー」「連携しない」")))
        }
    }
}

fn default_value(text: &str, refused: impl FnOnce() -> String) -> Result<Absent, String> {
    match text.split_once([':', '\u{FF1A}']) {
        Some((word, value)) if folded(word) == "デフォルト" => match checked(value.trim()) {
            Ok(value) => Ok(Absent::Default(value.nfc().collect())),
            Err(detail) => Err(format!("デフォルト:の後{detail}")),
        },
        _ => Err(refused()),
    }
}

/// A value that a person wrote into the sheet: it goes to EMC for everybody, so what no person's value may be is
/// refused here, once.
fn checked(value: &str) -> Result<&str, &'static str> {
    if is_blank(value) {
        Err("に値を書いてください。")
    } else if value.contains(char::is_control) {
        Err("に改行などの制御文字は使えません。")
    } else {
        Ok(value)
    }
}

/// The label before the first 「 and what stands between it and the last 」, exactly as written.
fn bracketed(text: &str) -> Option<(String, &str)> {
    let (kind, rest) = text.split_once(['「', '\u{FF62}'])?;
    let (content, after) = rest.rsplit_once(['」', '\u{FF63}'])?;
    is_blank(after).then(|| (folded(kind), content))
}

/// Advice where only the number of a numbered label is missing or too high.
fn number_hint(name: &str, last: Slot, known: impl Fn(&str) -> Option<&'static str>) -> String {
    let without: String = name.chars().filter(|c| !c.is_ascii_digit()).collect();
    // The number is at the end, except for 緊急連絡1媒体 and 緊急連絡1アドレス.
    let numbered = match without.strip_prefix("緊急連絡") {
        Some(rest) => format!("緊急連絡1{rest}"),
        None => format!("{without}1"),
    };
    match known(&numbered) {
        Some(first) => format!("{}のように1から{last}の番号を付けてください。", quoted(first)),
        None => String::new(),
    }
}

/// Advice where a label looks like one that there is, such as 力 for カ.
pub(super) fn look_alike(text: &str, mut labels: impl Iterator<Item = &'static str>) -> Option<String> {
    let label = labels.find(|label| looks_like(label, text))?;
    Some(format!("{}と見た目が似ていますが、別の文字が含まれています。入力し直してください。", quoted(label)))
}

/// What an action's cell may hold instead, and the word that was meant where one only looks so.
fn action_refused(word: &str, words: &[&'static str], accepted: &str) -> String {
    let before = word.split_once(':').map(|(before, _)| before);
    let hint = look_alike(word, words.iter().copied()).or_else(|| look_alike(before?, ["デフォルト"].into_iter()));
    format!("使えるのは{accepted}です。{}", hint.unwrap_or_default())
}

/// Whether the name or value is put in brackets other than 「」.
fn other_brackets(label: &str) -> bool {
    let kind = KINDS.into_iter().find_map(|kind| label.strip_prefix(kind));
    kind.is_some_and(|rest| rest.starts_with(['『', '【', '[', '〔', '〈', '《', '(', '{', '"', '“', '\'', '‘']))
}

/// A label in the form in which labels are compared: full-width and half-width forms are the same, and so is any
/// white space, as people break lines in cells and put spaces between words and numbers.
pub(crate) fn folded(text: &str) -> String {
    text.nfkc().filter(|&c| !is_invisible(c)).collect()
}

/// Whether a cell has nothing that can be seen.
pub(in crate::config) fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// A cell as a message repeats it.
pub(super) fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    format!("「{short}」")
}
