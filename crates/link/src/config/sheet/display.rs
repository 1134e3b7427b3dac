//! The sheet's vocabulary written out: canonical labels, action words, and a whole mapping as CSV for an operator.

use std::borrow::Cow;
use std::fmt;

use super::grid::COLUMNS;
use crate::config::item::EmcItem;
use crate::config::mapping::{Absent, Mapping, Present, Rule, SmartHrField, Source, UserIdAbsent};

impl EmcItem {
    /// Every item that a sheet can fill, in the product document's order.
    pub fn all() -> impl Iterator<Item = Self> {
        let contact = |slot| [Self::ContactMedium(slot), Self::ContactAddress(slot)];
        [Self::UserId, Self::ForcePasswordChange, Self::Password, Self::Name, Self::NameKana, Self::Department]
            .into_iter()
            .chain((1..=10).map(Self::ConcurrentDepartment))
            .chain((1..=10).flat_map(contact))
            .chain((1..=5).map(Self::SearchWord))
    }
}

impl SmartHrField {
    /// Every standard item that a value can come from.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::EmployeeNumber, Self::Email, Self::Name, Self::NameKana, Self::BusinessName, Self::BusinessNameKana]
            .into_iter()
            .chain((1..=10).map(Self::Department))
            .chain((1..=10).map(Self::Position))
            .chain([
                Self::Establishment,
                Self::EmploymentType,
                Self::Grade,
                Self::JobCategory,
                Self::RecruitmentType,
                Self::Occupation,
                Self::Status,
                Self::Gender,
                Self::Telephone,
                Self::EnteredAt,
                Self::Prefecture,
                Self::City,
            ])
    }

    /// The item's name as the sheet has it, such as 部署1.
    pub fn label(self) -> &'static str {
        const DEPARTMENT: [&str; 10] =
            ["部署1", "部署2", "部署3", "部署4", "部署5", "部署6", "部署7", "部署8", "部署9", "部署10"];
        const POSITION: [&str; 10] =
            ["役職1", "役職2", "役職3", "役職4", "役職5", "役職6", "役職7", "役職8", "役職9", "役職10"];
        let at = |names: [&'static str; 10], slot| {
            usize::from(slot).checked_sub(1).and_then(|at| names.get(at).copied()).unwrap_or("?")
        };
        match self {
            Self::EmployeeNumber => "社員番号",
            Self::Email => "メールアドレス",
            Self::Name => "氏名",
            Self::NameKana => "氏名(ヨミガナ)",
            Self::BusinessName => "ビジネスネーム",
            Self::BusinessNameKana => "ビジネスネーム(ヨミガナ)",
            Self::Department(slot) => at(DEPARTMENT, slot),
            Self::Position(slot) => at(POSITION, slot),
            Self::Establishment => "事業所",
            Self::EmploymentType => "雇用形態",
            Self::Grade => "等級",
            Self::JobCategory => "職種",
            Self::RecruitmentType => "採用区分",
            Self::Occupation => "業務内容",
            Self::Status => "在籍状況",
            Self::Gender => "性別",
            Self::Telephone => "電話番号",
            Self::EnteredAt => "入社年月日",
            Self::Prefecture => "住所(都道府県)",
            Self::City => "住所(市区町村)",
        }
    }
}

/// As the sheet has it. A fixed value may be a password: not for logs.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field.label()),
            Self::Custom(name) => write!(f, "カスタム項目「{name}」"),
            Self::Fixed(value) => write!(f, "固定値「{value}」"),
            Self::Nothing => f.write_str("無し(空白)"),
        }
    }
}

impl Present {
    /// The word of 新規登録:値あり.
    pub fn create_word(self) -> &'static str {
        match self {
            Self::Send => "登録",
            Self::Leave => "登録しない",
        }
    }
    /// The word of 更新:値あり.
    pub fn update_word(self) -> &'static str {
        match self {
            Self::Send => "更新",
            Self::Leave => "更新しない",
        }
    }
}

impl Absent {
    /// The word of 新規登録:値なし. To clear an item that was never there is to leave it alone.
    pub fn create_word(&self) -> Cow<'static, str> {
        match self {
            Self::Error => "エラー".into(),
            Self::Leave | Self::Clear => "登録しない".into(),
            Self::Default(value) => format!("デフォルト:{value}").into(),
        }
    }
    /// The word of 更新:値なし.
    pub fn update_word(&self) -> Cow<'static, str> {
        match self {
            Self::Error => "エラー".into(),
            Self::Leave => "更新しない".into(),
            Self::Clear => "更新".into(),
            Self::Default(value) => format!("デフォルト:{value}").into(),
        }
    }
}

impl UserIdAbsent {
    /// The word of both 値なし columns.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "エラー",
            Self::LeaveOut => "連携しない",
        }
    }
}

/// The table's header row, in the order of [`sheet_rows`].
pub const SHEET_COLUMNS: [&str; 6] = COLUMNS;

/// The mapping as the rows of a sheet: 処理フラグ, ユーザID, then the rules in their order. Holds the initial password where
/// that is a fixed value.
pub fn sheet_rows(mapping: &Mapping) -> Vec<[Cow<'_, str>; 6]> {
    let user_id = &mapping.user_id;
    let flag = ["処理フラグ", "-", "", "自動", "", "自動"].map(Cow::Borrowed);
    let user_id = [
        EmcItem::UserId.label().into(),
        user_id.source.to_string().into(),
        Present::Send.create_word().into(),
        user_id.create_absent.word().into(),
        Present::Leave.update_word().into(),
        user_id.update_absent.word().into(),
    ];
    [flag, user_id].into_iter().chain(mapping.rules.iter().map(rule_cells)).collect()
}

/// The mapping as a `mapping.csv` that Excel opens (UTF-8 with a byte order mark) and
/// [`parse_sheet`](super::parse_sheet) reads back: 処理フラグ in row 2, ユーザID in row 3, then the rules in their order.
/// Holds the initial password where that is a fixed value.
pub fn mapping_to_csv(mapping: &Mapping) -> csv::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
    writer.write_record(SHEET_COLUMNS)?;
    for row in sheet_rows(mapping) {
        writer.write_record(row.each_ref().map(AsRef::as_ref))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn rule_cells(rule: &Rule) -> [Cow<'_, str>; 6] {
    [
        rule.label.as_str().into(),
        rule.source.to_string().into(),
        rule.create_present.create_word().into(),
        rule.create_absent.create_word(),
        rule.update_present.update_word().into(),
        rule.update_absent.update_word(),
    ]
}
