//! Reads an import from its first line to its last: order, counts, and each record handed to [`super::apply`].

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use rusqlite::Result;

use super::apply::Importer;
use super::line::{Line, Record};
use super::rows::{Outcome, RowError};

/// A sender may have made the gzip in several members.
pub(super) fn decode(body: &[u8]) -> Result<Vec<u8>, RowError> {
    let mut text = Vec::with_capacity(body.len() * 8);
    match MultiGzDecoder::new(body).read_to_end(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(refusal(0, &format!("the body is no whole gzip: {error}"))),
    }
}

/// Writes the import into the importer's transaction. An outer error is the database's own; the inner ones are the import's,
/// all of them, and the transaction is then only good for rolling back. A body that is refused as a whole has one error.
pub(super) fn apply(mut importer: Importer<'_>, text: &[u8]) -> Result<Result<Outcome, Vec<RowError>>> {
    let mut announced = None;
    let mut seen = Announced::default();
    let mut place = 0;
    let mut ended = false;
    for (line, number) in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).zip(1_u64..) {
        let line: Line = match serde_json::from_slice(line) {
            Ok(line) => line,
            Err(error) => return Ok(Err(vec![refusal(number, &format!("the line cannot be read: {error}"))])),
        };
        if let Some(message) = line.unknown() {
            return Ok(Err(vec![refusal(number, message)]));
        }
        if ended || line.place() < place || (number == 1) != (line.place() == 0) {
            return Ok(Err(vec![refusal(number, "the line is out of order")]));
        }
        place = line.place();
        match line {
            Line::Begin { tenant, put_departments, put_users, delete_users, delete_departments } => {
                announced = Some(Announced { put_departments, put_users, delete_users, delete_departments });
                importer.tenant = tenant;
            }
            Line::Put(put) if put.record == Record::User => {
                seen.put_users += 1;
                importer.put_user(seen.put_users, put)?;
            }
            Line::Put(put) => {
                seen.put_departments += 1;
                importer.put_department(seen.put_departments, put)?;
            }
            Line::Delete(delete) if delete.record == Record::User => {
                seen.delete_users += 1;
                importer.delete_user(&delete)?;
            }
            Line::Delete(delete) => {
                seen.delete_departments += 1;
                importer.delete_department(&delete.id)?;
            }
            Line::End {} => ended = true,
        }
    }
    if !ended {
        return Ok(Err(vec![refusal(0, "the body has no end line: it did not arrive whole")]));
    }
    if announced.as_ref() != Some(&seen) {
        return Ok(Err(vec![refusal(1, "the counts of the begin line are not those of the body")]));
    }
    importer.finish()
}

/// The counts of the begin line, or of what came.
#[derive(Debug, Default, PartialEq, Eq)]
struct Announced {
    put_departments: u64,
    put_users: u64,
    delete_users: u64,
    delete_departments: u64,
}

fn refusal(line: u64, message: &str) -> RowError {
    RowError {
        record: Record::Import,
        line: (line > 0).then_some(line),
        id: String::new(),
        field: String::new(),
        message: message.to_owned(),
        code: None,
    }
}
