//! A body's lines, to be changed and sent on.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::emc::model::Call;

pub(super) fn text(call: &Call) -> String {
    let mut text = Vec::new();
    // What cannot be decoded is left out.
    let _ = MultiGzDecoder::new(call.body.as_ref()).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The lines; `None` where one is no JSON or the gzip is not whole.
pub(super) fn read(call: &Call) -> Option<Vec<Value>> {
    let mut text = String::new();
    MultiGzDecoder::new(call.body.as_ref()).read_to_string(&mut text).ok()?;
    text.lines().map(|line| serde_json::from_str(line).ok()).collect()
}

pub(super) fn write(call: &mut Call, lines: &[Value]) {
    write_text(call, &lines.iter().map(|line| line.to_string() + "\n").collect::<String>());
}

pub(super) fn write_text(call: &mut Call, text: &str) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let _ = encoder.write_all(text.as_bytes());
    call.body = encoder.finish().unwrap_or_default().into();
}

/// Makes `begin` say what is there.
pub(super) fn recount(lines: &mut [Value]) {
    let count = |op: &str, record: &str| {
        json!(lines.iter().filter(|line| line["op"] == op && line["record"] == record).count())
    };
    let counts = [
        ("put_departments", count("put", "department")),
        ("put_users", count("put", "user")),
        ("delete_users", count("delete", "user")),
        ("delete_departments", count("delete", "department")),
    ];
    if let Some(begin) = lines.iter_mut().find(|line| line["op"] == "begin") {
        for (key, count) in counts {
            begin[key] = count;
        }
    }
}
