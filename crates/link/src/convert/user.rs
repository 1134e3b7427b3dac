//! One person: the sheet's rows, each with its four actions, into one row for EMC.

use std::borrow::Cow;

use super::departments::DepartmentSet;
use super::options::{meant, option_of};
use crate::config::{Absent, EmcItem, Mapping, Present, Rule, UserIdRule};
use crate::emc::{SearchWords, UserRow};
use crate::fault::{Code, Fault, Faults, Subject};

/// A sheet made ready for many people.
#[derive(Clone, Debug)]
pub struct UserRules<'m> {
    /// How the user ID is made.
    pub user_id: &'m UserIdRule,
    pub(crate) rules: Vec<Ready<'m>>,
}

/// A rule with what is known before any person is seen.
#[derive(Clone, Debug)]
pub(crate) struct Ready<'m> {
    pub(crate) rule: &'m Rule,
    /// For a medium, the position of its address's rule.
    pub(crate) address: Option<usize>,
    /// Whether 新規登録 and 更新 do the same with every value, as most rows of most sheets do.
    symmetric: bool,
    create_default: Option<String>,
    update_default: Option<String>,
}

/// The two halves of the sheet: 新規登録 and 更新.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// For an ID that EMC is not to have yet.
    Create,
    /// For an ID that EMC has.
    Update,
}

/// Checks the sheet against EMC's masters and makes it ready. Faults are about the sheet: search words that EMC does not
/// have, defaults that are no option.
pub fn compile<'m>(mapping: &'m Mapping, words: &SearchWords) -> Result<UserRules<'m>, Faults> {
    let mut faults = Faults::new();
    let mut rules = Vec::with_capacity(mapping.rules.len());
    for rule in &mapping.rules {
        let address = match rule.item {
            // Without a row for the address there never is one.
            EmcItem::ContactMedium(slot) => {
                let address = mapping.rules.iter().position(|other| other.item == EmcItem::ContactAddress(slot));
                address.or(Some(usize::MAX))
            }
            _ => None,
        };
        if let EmcItem::SearchWord(number) = rule.item
            && !words.has(number)
            && !rule.is_idle()
        {
            let detail =
                format!("連携設定シートの{}に当たる検索ワードがエマージェンシーコールにありません。", rule.label);
            faults.push(
                Fault::new(Code::SearchWordNumberUnknown, Subject::Mapping, detail)
                    .line(rule.row)
                    .field(rule.item.label()),
            );
            continue;
        }
        let mut default_of = |absent: &Absent| match (absent, rule.item) {
            (Absent::Default(name), EmcItem::SearchWord(number)) => {
                let option = option_of(words, number, name);
                if option.is_none() {
                    let meant = meant(words, number, name);
                    let detail =
                        format!("{}のデフォルト「{name}」が検索ワードのマスタにありません。{meant}", rule.label);
                    faults.push(
                        Fault::new(Code::SearchWordUnknown, Subject::Mapping, detail)
                            .line(rule.row)
                            .field(rule.item.label()),
                    );
                }
                option.map(str::to_owned)
            }
            (Absent::Default(value), _) => Some(value.clone()),
            _ => None,
        };
        let create_default = default_of(&rule.create_absent);
        let update_default = default_of(&rule.update_absent);
        let same = |rule: &Rule| rule.create_present == rule.update_present && rule.create_absent == rule.update_absent;
        let symmetric = same(rule) && address.and_then(|at| mapping.rules.get(at)).is_none_or(same);
        rules.push(Ready { rule, address, symmetric, create_default, update_default });
    }
    if faults.is_empty() { Ok(UserRules { user_id: &mapping.user_id, rules }) } else { Err(faults) }
}

/// What becomes of an item on one operation of the sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome<'c> {
    /// The item is not touched.
    Untouched,
    /// It gets this value.
    Value(Cow<'c, str>),
    /// It is cleared.
    Cleared,
    /// The sheet says that this is an error.
    Missing,
    /// The value is no option of EMC's master.
    NoOption,
}

impl Ready<'_> {
    pub(super) fn outcome<'c>(
        &'c self,
        operation: Operation,
        value: Option<&'c Cow<'c, str>>,
        words: &'c SearchWords,
    ) -> Outcome<'c> {
        let rule = self.rule;
        let (present, absent, default) = match operation {
            Operation::Create => (rule.create_present, &rule.create_absent, &self.create_default),
            Operation::Update => (rule.update_present, &rule.update_absent, &self.update_default),
        };
        match (value, present) {
            (Some(_), Present::Leave) => Outcome::Untouched,
            (Some(value), Present::Send) => match rule.item {
                EmcItem::SearchWord(number) => match option_of(words, number, value) {
                    Some(option) => Outcome::Value(Cow::Borrowed(option)),
                    None => Outcome::NoOption,
                },
                _ => Outcome::Value(Cow::Borrowed(value)),
            },
            (None, _) => match absent {
                Absent::Error => Outcome::Missing,
                Absent::Leave => Outcome::Untouched,
                Absent::Clear => Outcome::Cleared,
                Absent::Default(_) => {
                    default.as_deref().map_or(Outcome::NoOption, |default| Outcome::Value(Cow::Borrowed(default)))
                }
            },
        }
    }

    /// Whether the address will be there on this operation: given, or made up by the sheet.
    fn address_given(&self, operation: Operation, value: Option<&Cow<'_, str>>) -> bool {
        let absent = match operation {
            Operation::Create => &self.rule.create_absent,
            Operation::Update => &self.rule.update_absent,
        };
        value.is_some() || matches!(absent, Absent::Default(_))
    }
}

impl<'m> UserRules<'m> {
    /// Turns the 部署コード that stand as a default into 部署ID.
    pub(crate) fn name_departments(&mut self, departments: &DepartmentSet) {
        for ready in self.rules.iter_mut().filter(|ready| ready.rule.item.is_department()) {
            for default in [&mut ready.create_default, &mut ready.update_default] {
                if let Some(id) = default.as_deref().and_then(|code| departments.id_of(code)) {
                    *default = Some(id.to_owned());
                }
            }
        }
    }

    /// Makes the row of one person out of the values of all rules, in the rules' order. `operation` is what the snapshot says
    /// of the ID; faults of that operation are told through `fault(item, code, sentence)`.
    pub(crate) fn row<'c>(
        &'c self,
        values: &'c [Option<Cow<'c, str>>],
        operation: Operation,
        words: &'c SearchWords,
        row: &mut UserRow<'c>,
        mut fault: impl FnMut(&'m Rule, Code, String),
    ) {
        for (position, ready) in self.rules.iter().enumerate() {
            let own = values.get(position).and_then(Option::as_ref);
            // A contact's medium goes with its address: with no address, the medium is absent too.
            let on_side = |operation: Operation| {
                let with_address = ready.address.is_none_or(|at| {
                    let address = values.get(at).and_then(Option::as_ref);
                    self.rules.get(at).is_some_and(|rule| rule.address_given(operation, address))
                });
                ready.outcome(operation, own.filter(|_| with_address), words)
            };
            let (create, update) = if ready.symmetric {
                let both = on_side(operation);
                (both.clone(), both)
            } else {
                (on_side(Operation::Create), on_side(Operation::Update))
            };
            let relevant = if operation == Operation::Create { &create } else { &update };
            tell(ready.rule, relevant, own, operation, words, &mut fault);
            let item = ready.rule.item;
            match (create, update) {
                (Outcome::Value(new), Outcome::Value(old)) if new == old => row.set.push((item, Some(new))),
                (create, update) => {
                    if let Outcome::Value(value) = create {
                        row.on_create.push((item, Some(value)));
                    }
                    match update {
                        Outcome::Value(value) => row.on_update.push((item, Some(value))),
                        Outcome::Cleared => row.on_update.push((item, None)),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Tells what is wrong with an outcome, if anything.
fn tell<'m>(
    rule: &'m Rule,
    outcome: &Outcome<'_>,
    value: Option<&Cow<'_, str>>,
    operation: Operation,
    words: &SearchWords,
    fault: &mut impl FnMut(&'m Rule, Code, String),
) {
    let (required, missing) = match rule.item {
        EmcItem::Name => (true, Code::NameMissing),
        EmcItem::NameKana => (true, Code::KanaMissing),
        EmcItem::Password => (true, Code::PasswordMissing),
        _ => (false, Code::ItemMissing),
    };
    let item = || rule.in_words();
    match outcome {
        Outcome::Missing => fault(rule, missing, format!("{}の値がありません。", item())),
        // EMC takes no person without these, and does not let them be emptied.
        Outcome::Untouched if required && operation == Operation::Create => {
            fault(rule, missing, format!("新規登録に必須の{}の値がありません。", item()));
        }
        Outcome::Cleared if required => fault(rule, missing, format!("必須の{}を空にはできません。", item())),
        Outcome::NoOption => {
            let value = value.map(AsRef::as_ref).unwrap_or_default();
            let meant = match rule.item {
                EmcItem::SearchWord(number) => meant(words, number, value),
                _ => String::new(),
            };
            let text = format!("{}の値「{value}」が検索ワードのマスタにありません。{meant}", item());
            fault(rule, Code::SearchWordUnknown, text);
        }
        _ => {}
    }
}

#[cfg(test)]
#[path = "user_tests.rs"]
mod tests;
