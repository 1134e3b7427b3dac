//! `[csv]`: how the files for EMC's own bulk upload are written. EMC publishes neither its column names nor what it makes of
//! an empty cell, so both are the operator's to say; so are the masters of the search words, as nothing asks EMC.

use super::item::EmcItem;

pub(super) const FLAG: &str = "処理フラグ";

/// A validated `[csv]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkUpload {
    /// The files' encoding.
    pub encoding: UploadEncoding,
    /// Everybody, or whoever changed.
    pub content: UploadContent,
    /// 処理フラグ of a new row.
    pub flag_create: String,
    /// 処理フラグ of a row that EMC has.
    pub flag_update: String,
    /// 処理フラグ of a row that is to go.
    pub flag_delete: String,
    /// What a cell holds whose item EMC is to leave alone.
    pub keep: String,
    /// What a cell holds whose item EMC is to empty.
    pub clear: String,
    /// The columns of 部署データ.
    pub departments: Vec<Column<DepartmentItem>>,
    /// The columns of ユーザデータ; `None` for the items of the sheet in EMC's order.
    pub users: Option<Vec<Column<UserItem>>>,
    /// The masters of 検索ワード1…5, as far as given: pairs of name and what stands for it in the file.
    pub search_words: [Option<Vec<(String, String)>>; 5],
}

impl Default for BulkUpload {
    fn default() -> Self {
        Self {
            encoding: UploadEncoding::Utf8,
            content: UploadContent::Full,
            flag_create: "自動".to_owned(),
            flag_update: "自動".to_owned(),
            flag_delete: "削除".to_owned(),
            keep: String::new(),
            clear: String::new(),
            departments: DepartmentItem::ALL.into_iter().map(|(label, item)| Column::plain(item, label)).collect(),
            users: None,
            search_words: [const { None }; 5],
        }
    }
}

/// `csv.encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadEncoding {
    /// UTF-8 with a byte order mark.
    Utf8,
    /// Shift_JIS as Windows means it (CP932).
    ShiftJis,
}

/// `csv.content`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadContent {
    /// All rows, and those to be deleted.
    Full,
    /// Rows that are new, differ from the last confirmed upload, or are to be deleted.
    Changes,
}

/// A column: what it holds, and the header that EMC knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column<T> {
    /// What it holds.
    pub item: T,
    /// Its header.
    pub header: String,
}

impl<T> Column<T> {
    /// A column under its own name.
    pub fn plain(item: T, label: &str) -> Self {
        Self { item, header: label.to_owned() }
    }
}

/// What a column of 部署データ can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepartmentItem {
    /// 処理フラグ
    Flag,
    /// 部署ID
    Id,
    /// 部署名
    Name,
    /// 部署名(ヨミ)
    Kana,
    /// 親部署ID
    Parent,
}

impl DepartmentItem {
    /// All of them by name, in EMC's order.
    pub const ALL: [(&'static str, Self); 5] = [
        (FLAG, Self::Flag),
        ("部署ID", Self::Id),
        ("部署名", Self::Name),
        ("部署名(ヨミ)", Self::Kana),
        ("親部署ID", Self::Parent),
    ];
}

/// What a column of ユーザデータ can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserItem {
    /// 処理フラグ
    Flag,
    /// An item of the sheet.
    Item(EmcItem),
}
