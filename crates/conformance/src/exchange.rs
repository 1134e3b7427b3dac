//! A request and its answer, and what may be asked of an answer.

use serde_json::Value;

use crate::stage::Stop;

/// How much of a request or an answer a report shows.
const SHOWN: usize = 4000;

/// What was sent and what came back.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) request: String,
    /// 0 where no answer came.
    pub(crate) status: u16,
    pub(crate) bytes: Vec<u8>,
    pub(crate) json: Value,
}

impl Exchange {
    pub(crate) fn new(request: String, status: u16, bytes: Vec<u8>) -> Self {
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Self { request, status, bytes, json }
    }

    /// Broken unless it holds.
    pub(crate) fn expect(&self, holds: bool, expected: impl Into<String>) -> Result<(), Stop> {
        if holds { Ok(()) } else { Err(self.broken(expected)) }
    }

    pub(crate) fn broken(&self, expected: impl Into<String>) -> Stop {
        let body = String::from_utf8_lossy(&self.bytes);
        let answer = if self.status == 0 { body.into_owned() } else { format!("{} {body}", self.status) };
        Stop::Broken { request: shortened(&self.request), answer: shortened(&answer), expected: expected.into() }
    }

    pub(crate) fn status_is(&self, status: u16) -> Result<(), Stop> {
        self.expect(self.status == status, format!("ステータスコード {status}"))
    }

    /// 200, `committed`, and counts of both records.
    pub(crate) fn committed(&self) -> Result<&Self, Stop> {
        self.done("committed")
    }

    pub(crate) fn previewed(&self) -> Result<&Self, Stop> {
        self.done("previewed")
    }

    fn done(&self, status: &str) -> Result<&Self, Stop> {
        self.expect(self.status == 200 && self.json["status"] == status, format!("200 と \"status\":\"{status}\""))?;
        for record in ["departments", "users"] {
            for count in ["created", "updated", "deleted"] {
                let expected = format!("{record}.{count} に件数(0以上の整数)");
                self.expect(self.json[record][count].as_u64().is_some(), expected)?;
            }
        }
        Ok(self)
    }

    pub(crate) fn cancelled(&self) -> Result<(), Stop> {
        self.expect(
            self.status == 200 && self.json["status"] == "cancelled",
            "200 と {\"status\":\"cancelled\"}".to_owned(),
        )
    }

    /// 新規, 更新, 削除 of users.
    pub(crate) fn users(&self, counts: [u64; 3]) -> Result<&Self, Stop> {
        self.counts("users", counts)
    }

    /// 新規, 更新, 削除 of departments.
    pub(crate) fn departments(&self, counts: [u64; 3]) -> Result<&Self, Stop> {
        self.counts("departments", counts)
    }

    fn counts(&self, record: &str, [created, updated, deleted]: [u64; 3]) -> Result<&Self, Stop> {
        let own = &self.json[record];
        let is_so = own["created"] == created && own["updated"] == updated && own["deleted"] == deleted;
        self.expect(is_so, format!("{record} の件数: created {created}, updated {updated}, deleted {deleted}"))?;
        Ok(self)
    }

    /// The entry of a record in `drift`, `restored` or `unassigned`.
    pub(crate) fn entry(&self, list: &str, record: &str, id: &str) -> Option<&Value> {
        self.json[list].as_array()?.iter().find(|entry| entry["record"] == record && entry["id"] == id)
    }

    pub(crate) fn drift(&self, record: &str, id: &str, expected: &str) -> Result<&Self, Stop> {
        let entry = self.entry("drift", record, id);
        let is_so = entry.is_some_and(|entry| entry["expected"] == expected);
        let asked = format!("drift に \"record\":\"{record}\",\"id\":\"{id}\",\"expected\":\"{expected}\"");
        self.expect(is_so, asked)?;
        Ok(self)
    }

    pub(crate) fn actual(&self, record: &str, id: &str, actual: &str) -> Result<&Self, Stop> {
        let entry = self.entry("drift", record, id);
        let is_so = entry.is_some_and(|entry| entry["actual"] == actual);
        self.expect(is_so, format!("drift の \"id\":\"{id}\" に \"actual\":\"{actual}\""))?;
        Ok(self)
    }

    pub(crate) fn no_drift(&self) -> Result<&Self, Stop> {
        let list = &self.json["drift"];
        self.expect(list.is_null() || list.as_array().is_some_and(Vec::is_empty), "drift は空")?;
        Ok(self)
    }

    pub(crate) fn restored(&self, id: &str) -> Result<&Self, Stop> {
        let asked = format!("restored に \"record\":\"user\",\"id\":\"{id}\"");
        self.expect(self.entry("restored", "user", id).is_some(), asked)?;
        Ok(self)
    }

    pub(crate) fn not_restored(&self) -> Result<&Self, Stop> {
        let list = &self.json["restored"];
        self.expect(list.is_null() || list.as_array().is_some_and(Vec::is_empty), "restored は空")?;
        Ok(self)
    }

    /// The errors of a 422.
    pub(crate) fn rejected(&self) -> Result<&[Value], Stop> {
        let errors = self.json["errors"].as_array().filter(|errors| !errors.is_empty());
        let is_so = self.status == 422 && self.json["status"] == "rejected" && errors.is_some();
        self.expect(is_so, "422 と \"status\":\"rejected\"、1件以上の errors")?;
        Ok(errors.map_or(&[], Vec::as_slice))
    }

    /// Refused as a whole.
    pub(crate) fn refused(&self, what: &str) -> Result<(), Stop> {
        let errors = self.rejected().map_err(|_| {
            self.broken(format!("{what}: 422 と \"status\":\"rejected\"、\"record\":\"import\" のエラー1件"))
        })?;
        let is_so = errors.len() == 1 && errors[0]["record"] == "import";
        self.expect(is_so, format!("{what}: \"record\":\"import\" のエラーがちょうど1件"))
    }

    /// Rejected, with an error for this row.
    pub(crate) fn row_error(&self, record: &str, id: &str) -> Result<&Value, Stop> {
        let errors = self.rejected()?;
        let error = errors.iter().find(|error| error["record"] == record && error["id"] == id);
        error.ok_or_else(|| self.broken(format!("errors に \"record\":\"{record}\",\"id\":\"{id}\" のエラー")))
    }

    /// Rejected, with an error of this code for this row.
    pub(crate) fn code(&self, record: &str, id: &str, code: &str) -> Result<(), Stop> {
        let errors = self.rejected()?;
        let has = errors.iter().any(|error| error["record"] == record && error["id"] == id && error["code"] == code);
        self.expect(has, format!("errors の \"record\":\"{record}\",\"id\":\"{id}\" に \"code\":\"{code}\""))
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
