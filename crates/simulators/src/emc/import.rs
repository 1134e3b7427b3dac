//! Reads an import from its first line to its last: order, counts, and each record handed to [`super::apply`].

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use rusqlite::{Result, Transaction};

use super::SearchWord;
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

/// Writes the import into the transaction. An outer error is the database's own; the inner ones are the import's, all of
/// them, and the transaction is then only good for rolling back.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    words: &[SearchWord],
    text: &[u8],
) -> Result<Result<Outcome, Vec<RowError>>> {
    let mut importer = Importer::new(transaction, words)?;
    let mut announced = None;
    let mut place = 0;
    let mut seen = Announced::default();
    let mut ended = false;
    for (line, number) in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).zip(1_u64..) {
        let line: Line = match serde_json::from_slice(line) {
            Ok(line) => line,
            Err(error) => return Ok(Err(vec![refusal(number, &format!("the line cannot be read: {error}"))])),
        };
        if ended || line.place() < place || (number == 1) != (line.place() == 0) {
            return Ok(Err(vec![refusal(number, "the line is out of order")]));
        }
        place = line.place();
        match line {
            Line::Begin { tenant, put_departments, put_users, delete_users, delete_departments } => {
                announced = Some(Announced { put_departments, put_users, delete_users, delete_departments });
                importer.tenant = tenant;
            }
            Line::Put { record: Record::User, id, expect, set, on_create, on_update } => {
                seen.put_users += 1;
                importer.put_user(seen.put_users, &id, expect, set, on_create, on_update)?;
            }
            Line::Put { id, expect, set, on_create, on_update, .. } => {
                seen.put_departments += 1;
                importer.put_department(seen.put_departments, &id, expect, set, on_create, on_update)?;
            }
            Line::Delete { record: Record::User, id } => {
                seen.delete_users += 1;
                importer.delete_user(&id)?;
            }
            Line::Delete { id, .. } => {
                seen.delete_departments += 1;
                importer.delete_department(&id)?;
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
    Ok(importer.finish())
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
