//! The items of EMC that a sheet can fill.

/// A number from 1 to 10 (contacts, concurrent departments) or 1 to 5 (search words).
pub type Slot = u8;

/// An item of an EMC user, by its name in the sheet and in the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EmcItem {
    /// ユーザID: the key, sent as the line's id.
    UserId,
    /// パスワード強制変更
    ForcePasswordChange,
    /// パスワード
    Password,
    /// 氏名
    Name,
    /// 氏名(ヨミ)
    NameKana,
    /// 所属部署コード
    Department,
    /// 兼務管理部署コード1…10
    ConcurrentDepartment(Slot),
    /// 緊急連絡1…10 媒体
    ContactMedium(Slot),
    /// 緊急連絡1…10 アドレス
    ContactAddress(Slot),
    /// 検索ワード1…5
    SearchWord(Slot),
}

impl EmcItem {
    /// Whether its value is a 部署ID.
    pub fn is_department(self) -> bool {
        matches!(self, Self::Department | Self::ConcurrentDepartment(_))
    }

    /// The item's name as EMC's import API takes it (no caption, one space before 媒体 and アドレス).
    pub fn label(self) -> &'static str {
        const CONCURRENT: [&str; 10] = [
            "兼務管理部署コード1",
            "兼務管理部署コード2",
            "兼務管理部署コード3",
            "兼務管理部署コード4",
            "兼務管理部署コード5",
            "兼務管理部署コード6",
            "兼務管理部署コード7",
            "兼務管理部署コード8",
            "兼務管理部署コード9",
            "兼務管理部署コード10",
        ];
        const MEDIUM: [&str; 10] = [
            "緊急連絡1 媒体",
            "緊急連絡2 媒体",
            "緊急連絡3 媒体",
            "緊急連絡4 媒体",
            "緊急連絡5 媒体",
            "緊急連絡6 媒体",
            "緊急連絡7 媒体",
            "緊急連絡8 媒体",
            "緊急連絡9 媒体",
            "緊急連絡10 媒体",
        ];
        const ADDRESS: [&str; 10] = [
            "緊急連絡1 アドレス",
            "緊急連絡2 アドレス",
            "緊急連絡3 アドレス",
            "緊急連絡4 アドレス",
            "緊急連絡5 アドレス",
            "緊急連絡6 アドレス",
            "緊急連絡7 アドレス",
            "緊急連絡8 アドレス",
            "緊急連絡9 アドレス",
            "緊急連絡10 アドレス",
        ];
        const WORD: [&str; 5] = ["検索ワード1", "検索ワード2", "検索ワード3", "検索ワード4", "検索ワード5"];
        let at =
            |names: &[&'static str], slot: Slot| names.get(usize::from(slot).wrapping_sub(1)).copied().unwrap_or("?");
        match self {
            Self::UserId => "ユーザID",
            Self::ForcePasswordChange => "パスワード強制変更",
            Self::Password => "パスワード",
            Self::Name => "氏名",
            Self::NameKana => "氏名(ヨミ)",
            Self::Department => "所属部署コード",
            Self::ConcurrentDepartment(slot) => at(&CONCURRENT, slot),
            Self::ContactMedium(slot) => at(&MEDIUM, slot),
            Self::ContactAddress(slot) => at(&ADDRESS, slot),
            Self::SearchWord(slot) => at(&WORD, slot),
        }
    }
}
