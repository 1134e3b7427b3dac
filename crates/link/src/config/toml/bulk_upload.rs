//! Reads `[csv]`, the form of the files for EMC's own bulk upload.

use super::cursor::{Entry, Notes, Section};
use super::value;
use crate::config::bulk_upload::{BulkUpload, Column, DepartmentItem, FLAG, UploadContent, UploadEncoding, UserItem};
use crate::config::item::EmcItem;

const CELL: &str = "改行などの制御文字を含まない文字列";
const COLUMNS: &str = "「項目名」または「項目名=見出し」を1つ以上並べた、同じ項目を含まない配列";
const OPTIONS: &str = "「選択項目ID=名称」または「名称」を1つ以上並べた配列";

/// Reads the section; one that is not there gives the defaults.
pub(super) fn read(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<BulkUpload> {
    let defaults = BulkUpload::default();
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
    Some(BulkUpload {
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
