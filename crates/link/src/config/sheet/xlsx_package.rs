//! A look at a workbook's zip package before calamine unpacks it into memory: a few kilobytes can unfold into many
//! gigabytes, and running out of memory cannot be caught.
//!
//! Only what is needed to add up the sizes; whether the package is sound is for calamine to say.
//! Layout: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, 4.3.7, 4.3.12 and 4.3.16.

use std::io::{self, Read};

use flate2::read::DeflateDecoder;

use super::grid::unreadable;
use crate::fault::Fault;

/// So much may all parts of a workbook come to. A sheet with every cell of 10,000 rows formatted has some 5 MB.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// calamine makes room for as many shared strings as the workbook says that it has.
const MAX_SHARED_STRINGS: u64 = 1_000_000;

/// What a workbook that Excel has encrypted begins with, and also one of Excel before 2007.
const COMPOUND_FILE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const END_OF_DIRECTORY_LENGTH: usize = 22;
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
const DIRECTORY_ENTRY_LENGTH: usize = 46;
const LOCAL_HEADER_LENGTH: usize = 30;
const STORED: usize = 0;

/// Refuses a package that would need too much memory, and one that is no package.
pub(super) fn check(bytes: &[u8]) -> Result<(), Fault> {
    if bytes.starts_with(COMPOUND_FILE) {
        return Err(unreadable("連携設定シートがパスワードで保護されているか、古い形式(.xls)です。パスワードを外し、"));
    }
    let mut left = MAX_UNPACKED;
    for part in parts(bytes).ok_or_else(broken)? {
        let declared = unpacked(&part, &mut left).map_err(|_| broken())?;
        if left == 0 || declared > MAX_SHARED_STRINGS {
            return Err(unreadable("連携設定シートのブックが大きすぎます。使っていない行・列・シート・画像を削除し、"));
        }
    }
    Ok(())
}

/// The fault of a file that is no workbook.
pub(super) fn broken() -> Fault {
    unreadable("連携設定シートをExcelのブック(.xlsx)として読み取れません。ファイルが壊れているか、別の形式です。")
}

/// A file in the package.
struct Part<'b> {
    is_shared_strings: bool,
    is_stored: bool,
    /// From its first byte to the package's end: deflated data knows its own end.
    data: &'b [u8],
    packed_size: usize,
}

/// Unpacks a part into nothing, takes its size off `left`, and gives the number of shared strings that it declares.
fn unpacked(part: &Part<'_>, left: &mut u64) -> io::Result<u64> {
    let mut data: Box<dyn Read> = if part.is_stored {
        Box::new(part.data.take(u64::try_from(part.packed_size).unwrap_or(u64::MAX)))
    } else {
        Box::new(DeflateDecoder::new(part.data))
    };
    let mut limited = data.by_ref().take(*left);
    if !part.is_shared_strings {
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
            is_shared_strings: name.ends_with(b"sharedstrings.xml"),
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
