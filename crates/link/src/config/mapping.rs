//! The mapping sheet as types: for each EMC item, where its value comes from and what to do with and without it.

use std::fmt;

use super::item::{EmcItem, Slot};

/// A validated mapping sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// How the user ID is made.
    pub user_id: UserIdRule,
    /// All other rows, in the sheet's order; each item at most once.
    pub rules: Vec<Rule>,
}

impl Mapping {
    /// The rows of contacts that lack their other half: such a contact reaches nobody. The row's item, and the one missing.
    pub fn half_contacts(&self) -> impl Iterator<Item = (&Rule, EmcItem)> {
        let other_half = |rule: &Rule| match rule.item {
            EmcItem::ContactMedium(slot) => Some(EmcItem::ContactAddress(slot)),
            EmcItem::ContactAddress(slot) => Some(EmcItem::ContactMedium(slot)),
            _ => None,
        };
        let has = |item| self.rules.iter().any(|rule| rule.item == item);
        self.rules.iter().filter_map(move |rule| Some((rule, other_half(rule).filter(|item| !has(*item))?)))
    }

    /// The initial passwords that the sheet itself names; those of two characters are found in any text by chance.
    pub(crate) fn passwords(&self) -> Vec<String> {
        let rule = self.rules.iter().find(|rule| rule.item == EmcItem::Password);
        let named = rule.map(|rule| {
            let fixed = if let Source::Fixed(value) = &rule.source { Some(value) } else { None };
            let default = if let Absent::Default(value) = &rule.create_absent { Some(value) } else { None };
            fixed.into_iter().chain(default).filter(|value| value.chars().nth(2).is_some()).cloned().collect()
        });
        named.unwrap_or_default()
    }
}

/// The row of ユーザID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserIdRule {
    /// Where the ID comes from (before the prefix).
    pub source: Source,
    /// For a person whom the snapshot does not know, when there is no value.
    pub create_absent: UserIdAbsent,
    /// For a person whom the snapshot knows, when there is no value.
    pub update_absent: UserIdAbsent,
    /// The sheet's row, from 1.
    pub row: u32,
}

/// What to do with a person without a user ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserIdAbsent {
    /// エラー
    Error,
    /// 連携しない: left out, and deleted if linked before.
    LeaveOut,
}

/// One row of the sheet, ユーザID and 処理フラグ aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The EMC item.
    pub item: EmcItem,
    /// The item with its caption as it stands in the sheet, such as 検索ワード1:勤務地.
    pub label: String,
    /// Where the value comes from.
    pub source: Source,
    /// 新規登録:値あり.
    pub create_present: Present,
    /// 新規登録:値なし; [`Absent::Clear`] does not occur here.
    pub create_absent: Absent,
    /// 更新:値あり.
    pub update_present: Present,
    /// 更新:値なし.
    pub update_absent: Absent,
    /// The sheet's row, from 1.
    pub row: u32,
}

impl Rule {
    /// The item, and the SmartHR item that the sheet fills it from: 氏名(ヨミ)(SmartHRの「氏名(ヨミガナ)」).
    pub fn in_words(&self) -> String {
        self.source.beside(&self.label)
    }

    /// Whether the row never sends anything, whoever the person is: an item that the sheet lists and does not use.
    pub fn is_idle(&self) -> bool {
        self.source == Source::Nothing && self.create_absent == Absent::Leave && self.update_absent == Absent::Leave
    }
}

/// What to do with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// 登録 or 更新: send it.
    Send,
    /// 登録しない or 更新しない: leave the item alone.
    Leave,
}

/// What to do without a value.
#[derive(Clone, PartialEq, Eq)]
pub enum Absent {
    /// エラー
    Error,
    /// 登録しない or 更新しない: leave the item alone.
    Leave,
    /// 更新: clear the item in EMC.
    Clear,
    /// デフォルト:X.
    Default(String),
}

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// A standard item of SmartHR.
    Field(SmartHrField),
    /// カスタム項目「NAME」.
    Custom(String),
    /// 固定値「VALUE」.
    Fixed(String),
    /// 無し(空白).
    Nothing,
}

impl Source {
    /// An EMC item with the SmartHR item that it is filled from. What the sheet itself spells out may be a password.
    pub fn beside(&self, label: &str) -> String {
        match self {
            Self::Field(field) => format!("{label}(SmartHRの「{}」)", field.label()),
            Self::Custom(name) => format!("{label}(SmartHRのカスタム項目「{name}」)"),
            Self::Fixed(_) | Self::Nothing => label.to_owned(),
        }
    }
}

/// The standard items of SmartHR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SmartHrField {
    /// 社員番号
    EmployeeNumber,
    /// メールアドレス
    Email,
    /// 氏名
    Name,
    /// 氏名(ヨミガナ)
    NameKana,
    /// ビジネスネーム
    BusinessName,
    /// ビジネスネーム(ヨミガナ)
    BusinessNameKana,
    /// 部署1…10
    Department(Slot),
    /// 役職1…10
    Position(Slot),
    /// 事業所
    Establishment,
    /// 雇用形態
    EmploymentType,
    /// 等級
    Grade,
    /// 職種
    JobCategory,
    /// 採用区分
    RecruitmentType,
    /// 業務内容
    Occupation,
    /// 在籍状況
    Status,
    /// 性別
    Gender,
    /// 電話番号
    Telephone,
    /// 入社年月日
    EnteredAt,
    /// 住所(都道府県)
    Prefecture,
    /// 住所(市区町村)
    City,
}

// A fixed value or a default may be the initial password: it stays out of logs and of the messages of failed tests.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.debug_tuple("Field").field(field).finish(),
            Self::Custom(name) => f.debug_tuple("Custom").field(name).finish(),
            Self::Fixed(_) => f.write_str("Fixed(…)"),
            Self::Nothing => f.write_str("Nothing"),
        }
    }
}

impl fmt::Debug for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "Error",
            Self::Leave => "Leave",
            Self::Clear => "Clear",
            Self::Default(_) => "Default(…)",
        })
    }
}
