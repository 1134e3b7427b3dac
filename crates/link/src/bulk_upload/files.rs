//! Rows into files. One row is in memory at a time beside the file that it goes to.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::digests::Digests;
use super::encode::{Encoder, Unsupported};
use crate::config::{Absent, BulkUpload, Column, DepartmentItem, EmcItem, Mapping, Present, UploadContent, UserItem};
use crate::emc::{DepartmentRow, Packed};
use crate::fault::Subject;

/// What is to be uploaded.
pub struct Rows<'a> {
    /// Today's departments, parents first.
    pub departments: &'a [DepartmentRow],
    /// Whether EMC has a department.
    pub has_department: &'a dyn Fn(&str) -> bool,
    /// Today's users.
    pub users: &'a Packed,
    /// The users that are to go.
    pub delete_users: Vec<&'a str>,
    /// The departments that are to go, children first.
    pub delete_departments: Vec<&'a str>,
    /// Which of the files are wanted.
    pub changed: Changed,
}

/// Which data differs from the snapshot's.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    /// 部署データ.
    pub departments: bool,
    /// ユーザデータ.
    pub users: bool,
}

/// The files, in the order in which they are to be uploaded.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Name, content, and how many rows it has.
    pub files: Vec<(&'static str, Vec<u8>, u64)>,
    /// The digests of all rows of today.
    pub digests: Digests,
}

/// The files could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// Every cell that the encoding cannot hold.
    UnencodableCell(Vec<UnencodableCell>),
    /// The packed rows are not what was packed: nobody may be left out in silence.
    Unreadable,
}

/// A cell that the encoding cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnencodableCell {
    /// Department or user.
    pub record: Subject,
    /// Its ID.
    pub id: String,
    /// The column's header.
    pub field: String,
    /// The character.
    pub character: char,
}

/// Writes the files. `before` are the digests of the rows that EMC has. All cells that do not fit are told at once.
pub fn write(
    rows: &Rows<'_>,
    upload: &BulkUpload,
    columns: &[Column<UserItem>],
    before: &Digests,
) -> Result<Files, WriteError> {
    let mut odd = Vec::new();
    let mut files = Files { digests: Digests::new(), ..Files::default() };
    let wanted = |differs: bool| upload.content == UploadContent::Full || differs;

    let mut departments = Table::new(upload, Subject::Department, headers(&upload.departments), &mut odd);
    for row in rows.departments {
        let encoded = serde_json::to_vec(&(&row.name, &row.kana, &row.parent)).unwrap_or_default();
        files.digests.add_department(&row.id, &encoded);
        let known = (rows.has_department)(&row.id);
        if wanted(!known || before.department_differs(&row.id, &encoded)) {
            let flag = if known { &upload.flag_update } else { &upload.flag_create };
            departments.row(
                &row.id,
                upload.departments.iter().map(|column| department_cell(column.item, row, flag)),
                &mut odd,
            );
        }
    }

    let mut users = Table::new(upload, Subject::User, headers(columns), &mut odd);
    let mut broken = false;
    let whole = rows.users.lines(|line| {
        let Ok(user) = serde_json::from_slice::<Line<'_>>(line) else {
            broken = true;
            return;
        };
        let items = items_of(line);
        files.digests.add_user(&user.id, items);
        let known = user.expect != "create";
        if wanted(!known || before.user_differs(&user.id, items)) {
            users.row(&user.id, columns.iter().map(|column| user_cell(column.item, &user, known, upload)), &mut odd);
        }
    });
    if !whole || broken {
        return Err(WriteError::Unreadable);
    }
    for id in &rows.delete_users {
        users.row(id, columns.iter().map(|column| deleted_user_cell(column.item, id, upload)), &mut odd);
    }

    let mut gone = Table::new(upload, Subject::Department, headers(&upload.departments), &mut odd);
    for id in &rows.delete_departments {
        gone.row(
            id,
            upload.departments.iter().map(|column| deleted_department_cell(column.item, id, upload)),
            &mut odd,
        );
    }
    if !odd.is_empty() {
        return Err(WriteError::UnencodableCell(odd));
    }
    let all = [
        ("departments.csv", departments, rows.changed.departments),
        ("users.csv", users, rows.changed.users),
        // A department can go only when nobody belongs to it any more.
        ("departments-delete.csv", gone, rows.changed.departments),
    ];
    for (name, table, changed) in all {
        if changed && table.rows > 0 {
            files.files.push((name, table.content, table.rows));
        }
    }
    Ok(files)
}

/// The columns of ユーザデータ: the config's, or 処理フラグ and the sheet's items in EMC's order.
pub fn user_columns(upload: &BulkUpload, mapping: &Mapping) -> Result<Vec<Column<UserItem>>, Vec<EmcItem>> {
    let used: Vec<EmcItem> = std::iter::once(EmcItem::UserId)
        .chain(mapping.rules.iter().filter(|rule| !rule.is_idle()).map(|rule| rule.item))
        .collect();
    let Some(columns) = &upload.users else {
        let items = EmcItem::all().filter(|item| used.contains(item));
        let flag = Column::plain(UserItem::Flag, "処理フラグ");
        return Ok(std::iter::once(flag)
            .chain(items.map(|item| Column::plain(UserItem::Item(item), item.label())))
            .collect());
    };
    // What the sheet links and no column takes would be lost without a word.
    let lost: Vec<EmcItem> =
        used.into_iter().filter(|item| columns.iter().all(|column| column.item != UserItem::Item(*item))).collect();
    if lost.is_empty() { Ok(columns.clone()) } else { Err(lost) }
}

/// Whether an empty cell has to mean two things for people whom EMC has: to leave an item alone, and to empty it.
pub fn ambiguous_blank(upload: &BulkUpload, mapping: &Mapping) -> bool {
    let rules = || mapping.rules.iter().filter(|rule| !rule.is_idle());
    let leaves = rules().any(|rule| rule.update_present == Present::Leave || rule.update_absent == Absent::Leave);
    let clears = rules().any(|rule| rule.update_absent == Absent::Clear);
    leaves && clears && upload.keep == upload.clear
}

/// A user's line of an import, read back.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    expect: Cow<'a, str>,
    set: BTreeMap<String, Option<String>>,
    #[serde(default)]
    on_create: BTreeMap<String, Option<String>>,
    #[serde(default)]
    on_update: BTreeMap<String, Option<String>>,
}

/// The part of a line that says what the person has, without what the snapshot says of them.
fn items_of(line: &[u8]) -> &[u8] {
    const START: &[u8] = br#","set":{"#;
    // Quotation marks within the ID are escaped: the first such part is no part of it.
    let at = line.windows(START.len()).position(|window| window == START);
    at.and_then(|at| line.get(at..)).unwrap_or(line)
}

fn headers<T>(columns: &[Column<T>]) -> Vec<String> {
    columns.iter().map(|column| column.header.clone()).collect()
}

fn department_cell<'a>(item: DepartmentItem, row: &'a DepartmentRow, flag: &'a str) -> &'a str {
    match item {
        DepartmentItem::Flag => flag,
        DepartmentItem::Id => &row.id,
        DepartmentItem::Name => &row.name,
        DepartmentItem::Kana => &row.kana,
        DepartmentItem::Parent => row.parent.as_deref().unwrap_or_default(),
    }
}

fn deleted_department_cell<'a>(item: DepartmentItem, id: &'a str, upload: &'a BulkUpload) -> &'a str {
    match item {
        DepartmentItem::Flag => &upload.flag_delete,
        DepartmentItem::Id => id,
        _ => "",
    }
}

fn user_cell<'a>(item: UserItem, user: &'a Line<'_>, known: bool, upload: &'a BulkUpload) -> &'a str {
    let item = match item {
        UserItem::Flag => return if known { &upload.flag_update } else { &upload.flag_create },
        UserItem::Item(EmcItem::UserId) => return &user.id,
        // Whoever has an account has a password of their own by now.
        UserItem::Item(EmcItem::Password) if known => return &upload.keep,
        UserItem::Item(item) => item.label(),
    };
    let side = if known { &user.on_update } else { &user.on_create };
    match (user.set.get(item).or_else(|| side.get(item)), known) {
        (Some(Some(value)), _) => value,
        (Some(None), true) => &upload.clear,
        (None, true) => &upload.keep,
        (_, false) => "",
    }
}

fn deleted_user_cell<'a>(item: UserItem, id: &'a str, upload: &'a BulkUpload) -> &'a str {
    match item {
        UserItem::Flag => &upload.flag_delete,
        UserItem::Item(EmcItem::UserId) => id,
        UserItem::Item(_) => "",
    }
}

/// One file on its way.
struct Table {
    encoder: Encoder,
    record: Subject,
    headers: Vec<String>,
    content: Vec<u8>,
    rows: u64,
}

impl Table {
    fn new(upload: &BulkUpload, record: Subject, headers: Vec<String>, odd: &mut Vec<UnencodableCell>) -> Self {
        let encoder = Encoder::new(upload.encoding);
        let mut content = encoder.start().to_vec();
        let mut cells = Vec::with_capacity(headers.len());
        for header in &headers {
            match encoder.cell(header) {
                Ok(bytes) => cells.push(bytes),
                Err(Unsupported(character)) => {
                    odd.push(UnencodableCell {
                        record: Subject::Config,
                        id: String::new(),
                        field: header.clone(),
                        character,
                    });
                }
            }
        }
        line(&mut content, &cells);
        Self { encoder, record, headers, content, rows: 0 }
    }

    fn row<'c>(&mut self, id: &str, cells: impl Iterator<Item = &'c str>, odd: &mut Vec<UnencodableCell>) {
        let mut encoded = Vec::with_capacity(self.headers.len());
        for (cell, header) in cells.zip(&self.headers) {
            match self.encoder.cell(cell) {
                Ok(bytes) => encoded.push(bytes),
                Err(Unsupported(character)) => {
                    odd.push(UnencodableCell {
                        record: self.record,
                        id: id.to_owned(),
                        field: header.clone(),
                        character,
                    });
                }
            }
        }
        line(&mut self.content, &encoded);
        self.rows += 1;
    }
}

/// RFC 4180, with CRLF. In Shift_JIS the second byte of a character may be a backslash or a letter, never a quotation mark, a
/// comma or a line break.
fn line(out: &mut Vec<u8>, cells: &[Vec<u8>]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if cell.iter().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n')) {
            out.push(b'"');
            for &byte in cell {
                if byte == b'"' {
                    out.push(b'"');
                }
                out.push(byte);
            }
            out.push(b'"');
        } else {
            out.extend_from_slice(cell);
        }
    }
    out.extend_from_slice(b"\r\n");
}
