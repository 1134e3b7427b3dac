//! A ZIP archive in memory, with every entry at one given time, so that the same content gives the same bytes.

use std::io::{Cursor, Write};

use jiff::civil::DateTime;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Writes `files` (name and content) into an archive.
pub(crate) fn write<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>, at: DateTime) -> ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(stamp(at))
        .unix_permissions(0o600);
    for (name, content) in files {
        zip.start_file(name, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The format counts years from 1980, in 16 bits: what it cannot say becomes its first moment.
fn stamp(at: DateTime) -> zip::DateTime {
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    u16::try_from(at.year())
        .ok()
        .and_then(|year| {
            let (hour, minute, second) = (part(at.hour()), part(at.minute()), part(at.second()));
            zip::DateTime::from_date_and_time(year, part(at.month()), part(at.day()), hour, minute, second).ok()
        })
        .unwrap_or_default()
}
