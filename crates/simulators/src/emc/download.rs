//! 部署データダウンロード and ユーザデータダウンロード: what Emergency Call holds now, as CSV for a spreadsheet.

use super::items::{self, DEPARTMENT_KANA, DEPARTMENT_NAME, FLAG, PARENT, PASSWORD};
use super::store::Store;
use crate::http::Reply;

/// A spreadsheet takes a file without it for Shift_JIS.
const BOM: &str = "\u{feff}";

pub(super) fn departments(store: &Store) -> Reply {
    let items = [DEPARTMENT_NAME, DEPARTMENT_KANA, PARENT, FLAG];
    let header = ["部署ID"].into_iter().chain(items).map(str::to_owned).collect();
    let rows = store.ids("departments").into_iter().map(|id| {
        let department = store.department(&id).unwrap_or_default();
        let values = items.iter().map(|item| department.get(*item).cloned().unwrap_or_default());
        [id].into_iter().chain(values).collect()
    });
    table(header, rows)
}

pub(super) fn users(store: &Store) -> Reply {
    // No password leaves EMC.
    let items: Vec<String> = items::all().into_iter().filter(|item| item != PASSWORD).collect();
    let header = ["ユーザID".to_owned()].into_iter().chain(items.iter().cloned()).collect();
    let rows = store.users().into_iter().map(|(id, own)| {
        let values = items.iter().map(|item| own.get(item).cloned().unwrap_or_default());
        [id].into_iter().chain(values).collect()
    });
    table(header, rows)
}

fn table(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Reply {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::from(BOM));
    for row in [header].into_iter().chain(rows) {
        // Writing into memory does not fail, and every row has the header's length.
        let _ = writer.write_record(row);
    }
    Reply::of(200, "text/csv; charset=utf-8", writer.into_inner().unwrap_or_default())
}
