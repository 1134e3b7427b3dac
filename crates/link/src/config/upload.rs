//! `[csv]`: how the files for EMC's own bulk upload are written. EMC publishes neither its column names nor what it makes of
//! an empty cell, so both are the operator's to say; so are the masters of the search words, as nothing asks EMC.

use super::item::EmcItem;
use super::toml_cursor::{Entry, Notes, Section};
use super::toml_value as value;

const CELL: &str = "改行などの制御文字を含まない文字列";
const COLUMNS: &str = "「項目名」または「項目名=見出し」を1つ以上並べた、同じ項目を含まない配列";
const OPTIONS: &str = "「選択項目ID=名称」または「名称」を1つ以上並べた配列";
const FLAG: &str = "処理フラグ";

/// A validated `[csv]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
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

impl Default for Upload {
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

/// Reads the section; one that is not there gives the defaults.
pub(super) fn read(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<Upload> {
    let defaults = Upload::default();
    let encoding = section.entry("encoding").map_or(Some(defaults.encoding), |entry| {
        value::choice(&entry, [("utf-8", UploadEncoding::Utf8), ("shift_jis", UploadEncoding::ShiftJis)], notes)
    });
    let content = section.entry("content").map_or(Some(defaults.content), |entry| {
        value::choice(&entry, [("full", UploadContent::Full), ("changes", UploadContent::Changes)], notes)
    });
    let mut cell = |key, default| section.entry(key).map_or_else(|| Some(default), |entry| cell(&entry, notes));
    let flag_create = cell("flag_create", defaults.flag_create);
    let flag_update = cell("flag_update", defaults.flag_update);
    let flag_delete = cell("flag_delete", defaults.flag_delete);
    let keep = cell("keep", defaults.keep);
    let clear = cell("clear", defaults.clear);
    let departments = section.entry("departments").map_or_else(
        || Some(defaults.departments),
        |entry| {
            let items = DepartmentItem::ALL;
            let item = |label: &str| items.iter().find(|(name, _)| *name == label).map(|(_, item)| *item);
            columns(&entry, item, DepartmentItem::Id, notes)
        },
    );
    let users = section
        .entry("users")
        .map_or(Some(None), |entry| columns(&entry, user_item, UserItem::Item(EmcItem::UserId), notes).map(Some));
    let words = section.section("search_words", notes).and_then(|section| search_words(section, notes));
    section.close(notes);
    Some(Upload {
        encoding: encoding?,
        content: content?,
        flag_create: flag_create?,
        flag_update: flag_update?,
        flag_delete: flag_delete?,
        keep: keep?,
        clear: clear?,
        departments: departments?,
        users: users?,
        search_words: words?,
    })
}

fn user_item(label: &str) -> Option<UserItem> {
    if label == FLAG {
        return Some(UserItem::Flag);
    }
    EmcItem::all().find(|item| item.label() == label).map(UserItem::Item)
}

fn cell(entry: &Entry<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let text = entry.text(CELL, notes)?;
    entry.or_fault((!text.contains(char::is_control)).then(|| text.to_owned()), CELL, notes)
}

/// Columns, each item once, the key among them: without it no row can be told from another.
fn columns<T: Copy + PartialEq>(
    entry: &Entry<'_>,
    item_of: impl Fn(&str) -> Option<T>,
    key: T,
    notes: &mut Notes<'_>,
) -> Option<Vec<Column<T>>> {
    let mut columns: Vec<Column<T>> = Vec::new();
    let mut are_right = true;
    for column in entry.array(COLUMNS, notes)? {
        let text = column.text(COLUMNS, notes).unwrap_or_default();
        let (label, header) = text.split_once('=').unwrap_or((text, text));
        let item = item_of(label.trim())
            .filter(|item| !header.trim().is_empty() && columns.iter().all(|known| known.item != *item));
        match column.or_fault(item, COLUMNS, notes) {
            Some(item) => columns.push(Column { item, header: header.trim().to_owned() }),
            None => are_right = false,
        }
    }
    let has_key = columns.iter().any(|column| column.item == key);
    if are_right && !has_key {
        notes.wrong(entry, "にIDの列がありません。「部署ID」または「ユーザID」は必須です。");
    }
    (are_right && has_key).then_some(columns)
}

type Masters = [Option<Vec<(String, String)>>; 5];

fn search_words(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<Masters> {
    let mut masters: Masters = [const { None }; 5];
    let mut are_right = true;
    for (key, master) in ["1", "2", "3", "4", "5"].into_iter().zip(&mut masters) {
        let Some(entry) = section.entry(key) else { continue };
        let Some(entries) = entry.array(OPTIONS, notes) else {
            are_right = false;
            continue;
        };
        let mut options = Vec::with_capacity(entries.len());
        for option in entries {
            let text = option.text(OPTIONS, notes).unwrap_or_default();
            let (id, name) = text.split_once('=').unwrap_or((text, text));
            let (id, name) = (id.trim(), name.trim());
            let fits = !id.is_empty() && !name.is_empty() && !text.contains(char::is_control);
            match option.or_fault(fits.then(|| (name.to_owned(), id.to_owned())), OPTIONS, notes) {
                Some(pair) => options.push(pair),
                None => are_right = false,
            }
        }
        *master = Some(options);
    }
    section.close(notes);
    are_right.then_some(masters)
}
