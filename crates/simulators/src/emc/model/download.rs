//! 部署データダウンロード and ユーザデータダウンロード: what Emergency Call holds now, as CSV for a spreadsheet.

use std::collections::BTreeMap;

use rusqlite::Result;

use super::calls::failure;
use super::items::{self, DEPARTMENT_KANA, DEPARTMENT_NAME, FLAG, PARENT, PASSWORD};
use super::{Contract, Model};
use crate::http::Reply;

/// A spreadsheet takes a file without it for Shift_JIS.
const BOM: &str = "\u{feff}";

impl Model {
    /// `columns`: only these, separated by commas.
    pub(super) fn departments_csv(&self, contract: Contract, columns: Option<&str>) -> Result<Reply> {
        let all = ["部署ID", DEPARTMENT_NAME, DEPARTMENT_KANA, PARENT, FLAG].map(str::to_owned);
        let header = match chosen(&all, columns) {
            Ok(header) => header,
            Err(unknown) => return Ok(unknown),
        };
        let sql = "SELECT id, name, kana, parent, flag FROM departments WHERE contract = ?1 ORDER BY id";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([contract.0], |row| {
            let values: [Option<String>; 5] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
            Ok(all.iter().cloned().zip(values.map(Option::unwrap_or_default)).collect())
        })?;
        Ok(table(&header, rows.collect::<Result<Vec<_>>>()?))
    }

    /// `columns`: only these, separated by commas.
    pub(super) fn users_csv(&self, contract: Contract, columns: Option<&str>) -> Result<Reply> {
        // No password leaves EMC.
        let items = items::all().into_iter().filter(|item| item != PASSWORD);
        let all: Vec<String> = std::iter::once("ユーザID".to_owned()).chain(items).collect();
        let header = match chosen(&all, columns) {
            Ok(header) => header,
            Err(unknown) => return Ok(unknown),
        };
        let sql = "SELECT id, items FROM users WHERE contract = ?1 ORDER BY id";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([contract.0], |row| {
            let mut own = items::read(&row.get::<_, String>(1)?);
            own.insert("ユーザID".to_owned(), row.get(0)?);
            Ok(own)
        })?;
        Ok(table(&header, rows.collect::<Result<Vec<_>>>()?))
    }
}

/// The columns asked for, as they were named; all where none were.
fn chosen(all: &[String], columns: Option<&str>) -> Result<Vec<String>, Reply> {
    let Some(columns) = columns else { return Ok(all.to_vec()) };
    let header: Vec<String> = columns.split(',').map(|name| name.trim().to_owned()).collect();
    match header.iter().find(|name| !all.contains(name)) {
        Some(unknown) => Err(failure(400, &format!("there is no column {unknown}"))),
        None => Ok(header),
    }
}

fn table(header: &[String], rows: Vec<BTreeMap<String, String>>) -> Reply {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::from(BOM));
    // Writing into memory does not fail, and every row has the header's length.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(header.iter().map(|item| row.get(item).map_or("", String::as_str)));
    }
    Reply::of(200, "text/csv; charset=utf-8", writer.into_inner().unwrap_or_default())
}
