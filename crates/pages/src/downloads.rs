//! Files of a run as downloads of any size. Lambda answers at most 6 MB: a file is compressed where the browser takes that,
//! and one that is too large even so comes in parts, each a whole CSV file with the header.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::problem::Problem;
use crate::respond::{CSV, XLSX, download};

/// A part before compression: CSV of this kind becomes a seventh or less, so that every part fits.
pub(crate) const PART: usize = 20 * 1024 * 1024;
/// Up to this size a file is sent as it is.
const PLAIN: usize = 1024 * 1024;
/// A part for a browser that takes no compressed answers.
const PLAIN_PART: usize = 4 * 1024 * 1024;

/// A part that becomes a workbook: what that adds and saves, and base64, still fit.
const WORKBOOK_PART: usize = 6 * 1024 * 1024;
/// A file that is sent in one piece: 6 MB hold it in base64.
pub(crate) const WHOLE_MOST: usize = 4_400_000;

/// A CSV file as a workbook, all of whose cells are text.
pub(crate) fn workbook(name: &str, content: &[u8]) -> Result<Vec<u8>, Problem> {
    sheet::table_to_xlsx(name, content).map_err(|error| Problem::internal(&error.to_string()))
}

/// The number of workbooks that a CSV file becomes.
pub(crate) fn number_of_workbooks(content: &Bytes) -> usize {
    parts(content, WORKBOOK_PART).len()
}

/// A part of a CSV file (from 1) as a workbook; `None` where there is no such part.
pub(crate) fn xlsx(name: &str, content: &Bytes, part: usize) -> Result<Option<Response>, Problem> {
    let parts = parts(content, WORKBOOK_PART);
    let Some(body) = part.checked_sub(1).and_then(|at| parts.get(at)) else { return Ok(None) };
    let file = if parts.len() == 1 { format!("{name}.xlsx") } else { format!("{name}-{part}.xlsx") };
    let title = name.rsplit('-').next().unwrap_or(name);
    Ok(Some(download(&file, XLSX, workbook(title, body)?)))
}

/// The parts of a CSV file, each with the header, at line ends.
pub(crate) fn parts(content: &Bytes, most: usize) -> Vec<Bytes> {
    if content.len() <= most {
        return vec![content.clone()];
    }
    let header_end = content.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let header = content.slice(..header_end);
    let mut rest = content.slice(header_end..);
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let room = most.saturating_sub(header.len()).max(1).min(rest.len());
        let end = if room == rest.len() { room } else { line_end(&rest, room) };
        let mut part = Vec::with_capacity(header.len() + end);
        part.extend_from_slice(&header);
        part.extend_from_slice(&rest.split_to(end));
        parts.push(part.into());
    }
    parts
}

/// The end of the last line that lies within `room`; of a line that is longer, its own end.
fn line_end(content: &[u8], room: usize) -> usize {
    let within = content.get(..room).unwrap_or(content);
    match within.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => at + 1,
        None => content.iter().position(|byte| *byte == b'\n').map_or(content.len(), |at| at + 1),
    }
}

/// The number of parts in which a file of this size is offered.
pub(crate) fn number_of_parts(content: &Bytes, headers: &HeaderMap) -> usize {
    parts(content, part_size(headers)).len()
}

/// A part of a CSV file (from 1) as a download; `None` where there is no such part.
pub(crate) fn csv(name: &str, content: &Bytes, part: usize, headers: &HeaderMap) -> Result<Option<Response>, Problem> {
    let parts = parts(content, part_size(headers));
    let Some(body) = part.checked_sub(1).and_then(|at| parts.get(at)) else { return Ok(None) };
    let name = match parts.len() {
        1 => name.to_owned(),
        _ => name.replace(".csv", &format!("-{part}.csv")),
    };
    if body.len() <= PLAIN || !takes_gzip(headers) {
        return Ok(Some(download(&name, CSV, body.clone())));
    }
    let compressed = gzip(body).map_err(|error| Problem::internal(&error.to_string()))?;
    let mut response = download(&name, CSV, Body::from(compressed));
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(Some(response))
}

/// The bytes as one gzip member.
pub(crate) fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content)?;
    encoder.finish()
}

fn part_size(headers: &HeaderMap) -> usize {
    if takes_gzip(headers) { PART } else { PLAIN_PART }
}

pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut words = coding.trim().split(';');
        words.next() == Some("gzip") && !words.any(|word| word.trim() == "q=0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_files_that_together_hold_every_line_once() {
        let lines: String = (0..1_000).map(|number| format!("社員,A{number:05},削除,退職\r\n")).collect();
        let content = Bytes::from(format!("\u{feff}対象,ID,処理,理由\r\n{lines}"));
        let made = parts(&content, 4_096);
        assert!(made.len() > 5 && made.iter().all(|part| part.len() <= 4_096));
        let header = "\u{feff}対象,ID,処理,理由\r\n";
        let together: String =
            made.iter().map(|part| std::str::from_utf8(part).unwrap().strip_prefix(header).unwrap()).collect();
        assert_eq!(together, lines);
        assert_eq!(parts(&content, content.len()).len(), 1);
        assert_eq!(parts(&Bytes::new(), 10).len(), 1);
    }

    #[test]
    fn a_line_that_is_longer_than_a_part_stays_whole() {
        let content = Bytes::from(format!("h\r\n{}\r\nb\r\n", "x".repeat(100)));
        let made = parts(&content, 20);
        assert_eq!(made.len(), 2);
        assert!(made[0].ends_with(b"x\r\n") && made[1].ends_with(b"b\r\n"));
    }

    #[test]
    fn a_large_file_of_a_large_company_fits_into_an_answer() {
        let lines: String = (0..300_000_u32)
            .map(|number| format!("社員,A{number:06},エラー,氏名(ヨミ)が空です。SmartHRで入力してください。 https://acme.smarthr.jp/crews/{:08x}-{:04x}\r\n", number.wrapping_mul(2_654_435_761), number % 65_521))
            .collect();
        let content = Bytes::from(format!("対象,ID,処理,理由\r\n{lines}"));
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"))]);
        for part in 1..=number_of_parts(&content, &headers) {
            let response = csv("errors.csv", &content, part, &headers).unwrap().unwrap();
            assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
            let size = axum::body::HttpBody::size_hint(response.body()).exact().unwrap();
            // Lambda's 6 MB hold it in base64.
            assert!(size * 4 / 3 < 6_000_000, "part {part} has {size} bytes");
        }
        assert!(csv("errors.csv", &content, 99, &headers).unwrap().is_none());
    }
}
