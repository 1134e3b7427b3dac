//! An import's body as it arrived, for assertions about what was sent and what was not.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

/// A body that reached `PUT /v1/imports/{id}`.
#[derive(Clone, Debug)]
pub struct Received {
    /// The import's id.
    pub import_id: String,
    /// It came with `dry_run=true`.
    pub dry_run: bool,
    /// The status of its result; what was answered may have been a 202 or a broken connection.
    pub status: u16,
    /// It changed the data. Repeats of an import that had done so before are not marked.
    pub committed: bool,
    /// The body as sent.
    pub body: Bytes,
}

impl Received {
    /// The decoded text; what cannot be decoded is left out.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // A damaged body still shows its beginning.
        let _ = MultiGzDecoder::new(self.body.as_ref()).read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The lines as JSON; a line that is none is null.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap_or_default()).collect()
    }

    /// The line that puts this record (`user` or `department`), if there is one.
    pub fn put_of(&self, record: &str, id: &str) -> Option<Value> {
        self.lines().into_iter().find(|line| line["op"] == "put" && line["record"] == record && line["id"] == id)
    }
}
