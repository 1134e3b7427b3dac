//! What the sheet makes of one person, item by item: for explaining, not for the import. Of personal values it says only
//! that they are there.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::user::{Operation, Outcome, UserRules};
use crate::config::{Absent, EmcItem, Present, Rule, Source};
use crate::emc::SearchWords;

/// One item of the sheet for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedItem {
    /// The EMC item as the sheet names it.
    pub item: String,
    /// The SmartHR item, or 固定値; never a fixed password.
    pub from: String,
    /// Whether there is a value.
    pub present: bool,
    /// What the sheet says for that case, such as 更新しない.
    pub action: String,
    /// The department's or option's ID, or a text of the sheet; `None` for personal values and where nothing is sent.
    pub sends: Option<String>,
}

/// All items of the sheet for one person.
pub(super) fn trace(
    rules: &UserRules<'_>,
    values: &[Option<Cow<'_, str>>],
    operation: Operation,
    words: &SearchWords,
) -> Vec<TracedItem> {
    let items = rules.rules.iter().enumerate().map(|(at, ready)| {
        let value = values.get(at).and_then(Option::as_ref);
        let rule = ready.rule;
        let sends = match ready.outcome(operation, value, words) {
            Outcome::Value(text) if is_shown(rule, value.is_some()) => Some(text.into_owned()),
            _ => None,
        };
        TracedItem {
            item: rule.label.clone(),
            from: source(rule),
            present: value.is_some(),
            action: action(rule, operation, value.is_some()),
            sends,
        }
    });
    items.collect()
}

/// Whether what is sent may be shown: IDs of masters, and texts that stand in the sheet.
fn is_shown(rule: &Rule, is_present: bool) -> bool {
    if rule.item == EmcItem::Password {
        return false;
    }
    rule.item.is_department()
        || matches!(rule.item, EmcItem::SearchWord(_))
        || !is_present
        || matches!(rule.source, Source::Fixed(_))
}

fn source(rule: &Rule) -> String {
    match &rule.source {
        Source::Fixed(_) if rule.item == EmcItem::Password => "固定値".to_owned(),
        source => source.to_string(),
    }
}

fn action(rule: &Rule, operation: Operation, is_present: bool) -> String {
    let (present, absent, done, left) = match operation {
        Operation::Create => (rule.create_present, &rule.create_absent, "登録", "登録しない"),
        Operation::Update => (rule.update_present, &rule.update_absent, "更新", "更新しない"),
    };
    if is_present {
        return if present == Present::Send { done } else { left }.to_owned();
    }
    match absent {
        Absent::Error => "エラー".to_owned(),
        Absent::Leave => left.to_owned(),
        Absent::Clear => "更新".to_owned(),
        Absent::Default(_) if rule.item == EmcItem::Password => "デフォルト".to_owned(),
        Absent::Default(text) => format!("デフォルト:{text}"),
    }
}
