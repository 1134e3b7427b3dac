//! The items of a user and of a department, by the names that the import uses.

use std::collections::BTreeMap;

/// 処理フラグ: who keeps this record.
pub(super) const FLAG: &str = "処理フラグ";
/// What an import writes into 処理フラグ.
pub(super) const AUTOMATIC: &str = "自動";

pub(super) const PASSWORD: &str = "パスワード";
pub(super) const NAME: &str = "氏名";
pub(super) const KANA: &str = "氏名(ヨミ)";

pub(super) const DEPARTMENT_NAME: &str = "部署名";
pub(super) const DEPARTMENT_KANA: &str = "部署名(ヨミ)";
pub(super) const PARENT: &str = "親部署ID";

/// The most characters of a ユーザID.
pub(super) const USER_ID_CHARS: usize = 40;
/// The most characters of a 部署ID.
pub(super) const DEPARTMENT_ID_CHARS: usize = 30;

/// What an item's value refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Department,
    Contact,
    SearchWord(u8),
}

/// The kind of a user's item; `None` for what is no item.
pub(super) fn kind(item: &str) -> Option<Kind> {
    if let Some(slot) = item.strip_prefix("検索ワード") {
        return slot_up_to(slot, 5).map(Kind::SearchWord);
    }
    if let Some(slot) = item.strip_prefix("兼務管理部署コード") {
        return slot_up_to(slot, 10).map(|_| Kind::Department);
    }
    if let Some(rest) = item.strip_prefix("緊急連絡") {
        let slot = rest.strip_suffix(" 媒体").or_else(|| rest.strip_suffix(" アドレス"))?;
        return slot_up_to(slot, 10).map(|_| Kind::Contact);
    }
    match item {
        "所属部署コード" => Some(Kind::Department),
        PASSWORD | NAME | KANA | "パスワード強制変更" => Some(Kind::Plain),
        _ => None,
    }
}

fn slot_up_to(text: &str, most: u8) -> Option<u8> {
    let slot = text.parse().ok().filter(|slot| (1..=most).contains(slot))?;
    // "01" is another spelling, not another item.
    (u8::to_string(&slot) == text).then_some(slot)
}

/// Every item of a user in the order of EMC's own file.
pub(super) fn all() -> Vec<String> {
    let mut items: Vec<String> =
        [FLAG, "パスワード強制変更", PASSWORD, NAME, KANA, "所属部署コード"].map(str::to_owned).to_vec();
    items.extend((1..=10).map(|slot| format!("兼務管理部署コード{slot}")));
    items.extend((1..=10).flat_map(|slot| [medium(slot), address(slot)]));
    items.extend((1..=5).map(|slot| format!("検索ワード{slot}")));
    items
}

/// 緊急連絡N 媒体.
pub(super) fn medium(slot: u8) -> String {
    format!("緊急連絡{slot} 媒体")
}

/// 緊急連絡N アドレス.
pub(super) fn address(slot: u8) -> String {
    format!("緊急連絡{slot} アドレス")
}

/// A user's items as they are kept.
pub(super) fn read(text: &str) -> BTreeMap<String, String> {
    // What EMC wrote is an object of strings.
    serde_json::from_str(text).unwrap_or_default()
}

pub(super) fn text(items: &BTreeMap<String, String>) -> String {
    serde_json::to_string(items).unwrap_or_default()
}
