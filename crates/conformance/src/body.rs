//! Bodies of imports, right ones and wrong ones.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// A line that puts or deletes a record.
#[derive(Clone, Debug)]
pub(crate) struct Row(pub(crate) Value);

/// A user with all that a new one must have.
pub(crate) fn user(id: &str, expect: &str) -> Row {
    Row(json!({
        "op": "put", "record": "user", "id": id, "expect": expect,
        "set": { "氏名": "適合 試験", "氏名(ヨミ)": "テキゴウ シケン" },
        "on_create": { "パスワード": "Tekigou-2026", "パスワード強制変更": "T" },
    }))
}

/// A department; without a parent at the top.
pub(crate) fn department(id: &str, parent: Option<&str>, expect: &str) -> Row {
    Row(json!({
        "op": "put", "record": "department", "id": id, "expect": expect,
        "set": { "部署名": "適合試験部", "部署名(ヨミ)": "ブショ", "親部署ID": parent },
    }))
}

pub(crate) fn delete_user(id: &str) -> Row {
    Row(json!({ "op": "delete", "record": "user", "id": id }))
}

pub(crate) fn delete_department(id: &str) -> Row {
    Row(json!({ "op": "delete", "record": "department", "id": id }))
}

impl Row {
    pub(crate) fn person(mut self, person: &str) -> Self {
        self.0["person"] = json!(person);
        self
    }

    pub(crate) fn set(mut self, item: &str, value: impl Into<Value>) -> Self {
        self.0["set"][item] = value.into();
        self
    }

    /// Without an item that a user has from the start.
    pub(crate) fn unset(mut self, item: &str) -> Self {
        if let Some(items) = self.0["set"].as_object_mut() {
            items.remove(item);
        }
        self
    }

    pub(crate) fn on_create(mut self, item: &str, value: impl Into<Value>) -> Self {
        self.0["on_create"][item] = value.into();
        self
    }

    pub(crate) fn on_update(mut self, item: &str, value: impl Into<Value>) -> Self {
        self.0["on_update"][item] = value.into();
        self
    }

    /// A contact of the given number in `set`, `on_create` or `on_update`.
    pub(crate) fn contact(mut self, place: &str, number: u8, address: &str) -> Self {
        self.0[place][format!("緊急連絡{number} 媒体")] = json!("メールアドレス");
        self.0[place][format!("緊急連絡{number} アドレス")] = json!(address);
        self
    }
}

/// The lines of an import, `begin` and `end` around them.
pub(crate) fn lines(rows: &[Row]) -> Vec<Value> {
    let count =
        |op: &str, record: &str| rows.iter().filter(|row| row.0["op"] == op && row.0["record"] == record).count();
    let begin = json!({
        "op": "begin", "tenant": "conformance",
        "put_departments": count("put", "department"), "put_users": count("put", "user"),
        "delete_users": count("delete", "user"), "delete_departments": count("delete", "department"),
    });
    let middle = rows.iter().map(|row| row.0.clone());
    std::iter::once(begin).chain(middle).chain([json!({ "op": "end" })]).collect()
}

/// Lines as they are sent, before compression.
pub(crate) fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| line.to_string() + "\n").collect()
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}
