//! A look at a workbook's zip package before calamine unpacks it into memory: a few kilobytes can unfold into many
//! gigabytes, and running out of memory cannot be caught.
//!
//! Only what is needed to add up the sizes; whether the package is sound is for calamine to say.
//! Layout: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, 4.3.7, 4.3.12 and 4.3.16.

use std::io::{self, Read};

use flate2::read::DeflateDecoder;

use super::grid::unreadable;
use crate::fault::Fault;

/// So much may what is read of every workbook come to: its shared strings, styles and the rest.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// So much may one worksheet come to. One with every cell of 10,000 rows formatted has some 5 MB.
const MAX_WORKSHEET: u64 = 128 * 1024 * 1024;
/// So much may all worksheets come to: unpacking them takes time.
const MAX_WORKSHEETS: u64 = 512 * 1024 * 1024;
/// calamine makes room for as many shared strings as the workbook says that it has.
const MAX_SHARED_STRINGS: u64 = 1_000_000;

const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const END_OF_DIRECTORY_LENGTH: usize = 22;
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
const DIRECTORY_ENTRY_LENGTH: usize = 46;
const LOCAL_HEADER_LENGTH: usize = 30;
const STORED: usize = 0;

/// A package of which it is known that unpacking it needs no more memory than there is.
pub(super) struct Package<'b> {
    parts: Vec<Part<'b>>,
}

impl<'b> Package<'b> {
    /// Refuses a package that would need too much memory, and one that is no package.
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Fault> {
        let too_large = || {
            unreadable(
                "連携設定シートのブックが大きすぎます。使っていないシート・行・列・画像を削除するか、このシートだけを新しいブックにコピーし、",
            )
        };
        let parts = parts(bytes).ok_or_else(broken)?;
        let (mut left, mut left_for_worksheets) = (MAX_UNPACKED, MAX_WORKSHEETS);
        for part in &parts {
            let is_worksheet = part.name.starts_with(b"xl/worksheets/");
            let budget = if is_worksheet { &mut left_for_worksheets } else { &mut left };
            let before = *budget;
            let declared = unpacked(part, budget).map_err(|_| broken())?;
            let is_too_long = is_worksheet && before - *budget > MAX_WORKSHEET;
            if *budget == 0 || is_too_long || declared > MAX_SHARED_STRINGS {
                return Err(too_large());
            }
        }
        Ok(Self { parts })
    }

    /// The text of a part; its name's case makes no difference.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let part = self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name.as_bytes()))?;
        let mut bytes = Vec::new();
        part.reader().take(MAX_WORKSHEET).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        Some(text.strip_prefix('\u{FEFF}').map_or_else(|| text.clone(), str::to_owned))
    }
}

/// The fault of a file that is no workbook.
pub(super) fn broken() -> Fault {
    unreadable("連携設定シートをExcelのブック(.xlsx)として読み取れません。ファイルが壊れているか、別の形式です。")
}

/// A file in the package.
struct Part<'b> {
    /// In small letters.
    name: Vec<u8>,
    is_stored: bool,
    /// From its first byte to the package's end: deflated data knows its own end.
    data: &'b [u8],
    packed_size: usize,
}

impl<'b> Part<'b> {
    fn reader(&self) -> Box<dyn Read + 'b> {
        if self.is_stored {
            Box::new(self.data.take(u64::try_from(self.packed_size).unwrap_or(u64::MAX)))
        } else {
            Box::new(DeflateDecoder::new(self.data))
        }
    }
}

/// Unpacks a part into nothing, takes its size off `left`, and gives the number of shared strings that it declares.
fn unpacked(part: &Part<'_>, left: &mut u64) -> io::Result<u64> {
    let mut data = part.reader();
    let mut limited = data.by_ref().take(*left);
    if !part.name.ends_with(b"sharedstrings.xml") {
        *left -= io::copy(&mut limited, &mut io::sink())?;
        return Ok(0);
    }
    let mut text = Vec::new();
    *left -= u64::try_from(limited.read_to_end(&mut text)?).unwrap_or(u64::MAX).min(*left);
    Ok(declared_count(&text))
}

/// The number in `uniqueCount="…"`; the largest, should it be there more often.
fn declared_count(text: &[u8]) -> u64 {
    const ATTRIBUTE: &[u8] = b"uniqueCount";
    let found = text.windows(ATTRIBUTE.len()).enumerate().filter(|(_, window)| *window == ATTRIBUTE);
    let counts = found.map(|(at, _)| {
        let rest = text.iter().skip(at + ATTRIBUTE.len());
        let digits = rest.skip_while(|byte| !byte.is_ascii_digit()).take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |count: u64, digit| count.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
    });
    counts.max().unwrap_or(0)
}

/// The package's files, as its directory at the end lists them. `None` where it is not sound.
fn parts(bytes: &[u8]) -> Option<Vec<Part<'_>>> {
    let last = bytes.len().checked_sub(END_OF_DIRECTORY_LENGTH)?;
    let end = (0..=last).rev().find(|&at| bytes.get(at..).is_some_and(|rest| rest.starts_with(END_OF_DIRECTORY)))?;
    let mut directory = bytes.get(number(bytes, end + 16, 4)?..end)?;
    let mut parts = Vec::new();
    while directory.starts_with(DIRECTORY_ENTRY) {
        let [name, extra, comment] = [28, 30, 32].map(|at| number(directory, at, 2));
        let name_end = DIRECTORY_ENTRY_LENGTH + name?;
        let name = directory.get(DIRECTORY_ENTRY_LENGTH..name_end)?.to_ascii_lowercase();
        let header = bytes.get(number(directory, 42, 4)?..)?;
        let start = LOCAL_HEADER_LENGTH + number(header, 26, 2)? + number(header, 28, 2)?;
        parts.push(Part {
            name,
            is_stored: number(directory, 10, 2)? == STORED,
            data: header.get(start..)?,
            packed_size: number(directory, 20, 4)?,
        });
        directory = directory.get(name_end + extra? + comment?..)?;
    }
    Some(parts)
}

/// A little-endian number of up to four bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::declared_count;

    #[test]
    fn the_number_of_shared_strings_is_read_whatever_it_is() {
        assert_eq!(declared_count(b"<sst xmlns=\"x\"><si/></sst>"), 0);
        assert_eq!(declared_count(b"<sst count=\"7\" uniqueCount=\"12\">"), 12);
        assert_eq!(
            declared_count(b"<!-- uniqueCount=\"1\" --><sst uniqueCount = '99999999999999999999999'>"),
            u64::MAX
        );
    }
}
