//! The body of an import: gzip NDJSON, compressed row by row as the rows are made.
//!
//! Only the compressed form is ever held: some MiB for 100,000 people, whatever their rows would take.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::gzip::{self, DeflatedPart, Deflater};
use super::{DepartmentRow, Expect, UserRow, line};

pub use super::line::Begin;

/// Lines are handed to the compressor in batches of about this size: it is slower on many small ones.
const BATCH: usize = 32 * 1024;

/// Writes rows of one kind; departments before their children.
pub struct Packer {
    squeeze: Deflater,
    lines: Vec<u8>,
    rows: u64,
}

impl Packer {
    /// No rows yet.
    pub fn new() -> Self {
        Self { squeeze: Deflater::new(), lines: Vec::with_capacity(BATCH + 4 * 1024), rows: 0 }
    }
    /// Adds a user. Gives what was written of it: its ID and its items, without what the snapshot says of it. No two
    /// different rows are written the same way.
    pub fn user(&mut self, row: &UserRow<'_>, expect: Expect) -> [&[u8]; 2] {
        self.make_room();
        let start = self.lines.len();
        let (id, items) = line::user(&mut self.lines, row, expect);
        self.rows += 1;
        let part =
            |at: std::ops::Range<usize>| self.lines.get(start..).and_then(|line| line.get(at)).unwrap_or_default();
        [part(id), part(items)]
    }
    /// Adds a department.
    pub fn department(&mut self, row: &DepartmentRow, expect: Expect) {
        self.make_room();
        line::department(&mut self.lines, row, expect);
        self.rows += 1;
    }
    /// The rows so far: what [`Begin`] must announce.
    pub fn rows(&self) -> u64 {
        self.rows
    }
    /// No more rows.
    pub fn finish(mut self) -> Packed {
        self.squeeze.write(&self.lines);
        Packed { part: self.squeeze.pause(), rows: self.rows }
    }

    fn make_room(&mut self) {
        if self.lines.len() >= BATCH {
            self.squeeze.write(&self.lines);
            self.lines.clear();
        }
    }
}

impl Default for Packer {
    fn default() -> Self {
        Self::new()
    }
}

/// Compressed rows of one kind, ready to become a part of an [`ImportBody`].
pub struct Packed {
    part: DeflatedPart,
    rows: u64,
}

impl Default for Packed {
    fn default() -> Self {
        Self::empty()
    }
}

impl Packed {
    /// No rows: a file that is not sent.
    pub fn empty() -> Self {
        Packer::new().finish()
    }
    /// The rows in it.
    pub fn rows(&self) -> u64 {
        self.rows
    }
    /// Gives each line back, without its line break, in the order packed. `false` where they are not what was packed.
    pub fn lines(&self, mut line: impl FnMut(&[u8])) -> bool {
        let mut open: Vec<u8> = Vec::new();
        self.part.read(|piece| {
            let mut rest = piece;
            while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
                let (head, tail) = rest.split_at(end);
                if open.is_empty() {
                    line(head);
                } else {
                    open.extend_from_slice(head);
                    line(&open);
                    open.clear();
                }
                rest = tail.get(1..).unwrap_or_default();
            }
            open.extend_from_slice(rest);
        })
    }
}

/// A whole import, ready to be sent as often as it takes. Cheap to clone; the same rows make the same bytes.
#[derive(Clone)]
pub struct ImportBody {
    pieces: Arc<[Bytes]>,
    len: u64,
}

impl ImportBody {
    /// Puts the lines in the contract's order. The counts of `begin` must be those of the other arguments, or EMC refuses
    /// the import; `delete_users` names IDs with their people, `delete_departments` children before parents.
    pub fn assemble<'a>(
        begin: &Begin<'_>,
        departments: Packed,
        users: Packed,
        delete_users: impl Iterator<Item = (&'a str, &'a str)>,
        delete_departments: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut lines = Vec::with_capacity(256);
        line::begin(&mut lines, begin);
        let mut head = Deflater::new();
        head.write(&lines);

        let mut tail = Deflater::new();
        let mut add = |write: &dyn Fn(&mut Vec<u8>)| {
            lines.clear();
            write(&mut lines);
            tail.write(&lines);
        };
        delete_users.for_each(|(id, person)| add(&|out| line::delete_user(out, id, person)));
        delete_departments.for_each(|id| add(&|out| line::delete_department(out, id)));
        add(&line::end);

        let (pieces, len) = gzip::member([head.pause(), departments.part, users.part, tail.finish()]);
        Self { pieces: pieces.into(), len }
    }
    /// Its exact length in bytes, as sent.
    #[expect(clippy::len_without_is_empty, reason = "a body always has its first and last line")]
    pub fn len(&self) -> u64 {
        self.len
    }
    /// The body as a request sends it, from its beginning.
    pub(super) fn stream(&self) -> BodyStream {
        BodyStream { pieces: Arc::clone(&self.pieces), next: 0, left: self.len }
    }
}

/// Sends the pieces as they are. The exact size makes a `Content-Length`: not every server takes a chunked request.
pub(super) struct BodyStream {
    pieces: Arc<[Bytes]>,
    next: usize,
    left: u64,
}

impl Body for BodyStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(piece) = self.pieces.get(self.next).cloned() else { return Poll::Ready(None) };
        self.next += 1;
        self.left = self.left.saturating_sub(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
    fn is_end_stream(&self) -> bool {
        self.left == 0
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

// Rows hold names, addresses and passwords: only sizes are shown.

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packed").field("rows", &self.rows).field("bytes", &self.part.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ImportBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportBody").field("bytes", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
