//! Files on their way into the directory: looked for, written under a temporary name, renamed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use link::config::SftpTarget;
use link::state::delivery::{DeliveryError, DeliveryErrorKind, DeliveryFile, Placed};
use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{OpenFlags, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Given to the library at once, so that its queue stays small.
const CHUNK: usize = 256 * 1024;
/// An error message quotes at most so many characters of what the SFTP server answered.
const TOLD: usize = 300;
/// Tidying up after a failure may not take the time of the report.
const TIDYING: Duration = Duration::from_secs(10);

/// Brings all files into the directory.
pub(crate) async fn all(
    server: &SftpSession,
    target: &SftpTarget,
    files: &[DeliveryFile],
) -> Result<Vec<Placed>, DeliveryError> {
    let mut placed = Vec::new();
    for file in files {
        let seen = placed.contains(&Placed::Before);
        placed.push(match look(server, target, file).await.map_err(|error| as_seen(error, seen))? {
            Found::Same => Placed::Before,
            Found::Nothing => Placed::Now,
            Found::Other(what) => return Err(as_seen(taken(target, file, what), seen)),
        });
    }
    let seen = placed.contains(&Placed::Before);
    let absent = files.iter().zip(&placed).filter(|(_, placed)| **placed == Placed::Now);
    let to_write: Vec<Part<'_>> = absent.map(|(file, _)| Part::of(target, file)).collect();
    let done = write_and_rename(server, target, &to_write, seen).await;
    if done.is_err() {
        // On a full disk, what is half written is in everybody's way.
        let tidy = async {
            for part in &to_write {
                let _ = server.remove_file(&part.path).await;
            }
        };
        let _ = tokio::time::timeout(TIDYING, tidy).await;
    }
    done.map(|()| placed)
}

/// A file under its temporary name.
struct Part<'f> {
    file: &'f DeliveryFile,
    path: String,
}

impl<'f> Part<'f> {
    /// The name is this attempt's own: of two processes that deliver the same file, because one was frozen and lost its lock,
    /// neither renames what the other is still writing.
    fn of(target: &SftpTarget, file: &'f DeliveryFile) -> Self {
        let attempt = RandomState::new().build_hasher().finish();
        Self { file, path: target.path(&format!(".{}.{attempt:016x}.part", file.name)) }
    }
}

/// What is seen of a failure, once a file was seen or placed.
fn as_seen(error: DeliveryError, seen: bool) -> DeliveryError {
    if seen { error.perhaps_visible() } else { error }
}

/// Looks whether the directory is there.
pub(crate) async fn directory(server: &SftpSession, target: &SftpTarget) -> Result<(), DeliveryError> {
    let path = if target.directory.is_empty() { "." } else { &target.directory };
    let found = server.metadata(path).await.map_err(|error| failed(path, &error))?;
    // A server need not say what it is.
    if found.permissions.is_some() && !found.is_dir() {
        return Err(DeliveryError::before(DeliveryErrorKind::Failed, format!("{path} is no directory")));
    }
    Ok(())
}

async fn write_and_rename(
    server: &SftpSession,
    target: &SftpTarget,
    parts: &[Part<'_>],
    mut seen: bool,
) -> Result<(), DeliveryError> {
    for part in parts {
        write(server, part).await.map_err(|error| as_seen(error, seen))?;
    }
    for part in parts {
        rename(server, target, part).await.map_err(|error| as_seen(error, seen))?;
        seen = true;
    }
    Ok(())
}

/// What is there under a file's final name.
enum Found {
    Nothing,
    Same,
    Other(&'static str),
}

/// Looks under the final name. A directory into which one may write but not look counts as empty: the names are the run's
/// own, and a server refuses to rename onto a file.
async fn look(server: &SftpSession, target: &SftpTarget, file: &DeliveryFile) -> Result<Found, DeliveryError> {
    let path = target.path(&file.name);
    let found = match server.symlink_metadata(&path).await {
        Ok(found) => found,
        Err(Error::Status(status)) if is_refusal(status.status_code) => return Ok(Found::Nothing),
        Err(error) => return Err(failed(&path, &error)),
    };
    if found.permissions.is_some() && !found.is_regular() {
        return Ok(Found::Other("no regular file"));
    }
    let length = file.content.len() as u64;
    if found.size.is_some_and(|size| size != length) {
        return Ok(Found::Other("another size"));
    }
    match same(server, &path, &file.content).await {
        Ok(true) => Ok(Found::Same),
        Ok(false) => Ok(Found::Other("other content")),
        // It may not be read. It has our name and our size.
        Err(Error::Status(status)) if is_refusal(status.status_code) && found.size == Some(length) => Ok(Found::Same),
        Err(error) => Err(failed(&path, &error)),
    }
}

fn is_refusal(code: StatusCode) -> bool {
    matches!(code, StatusCode::NoSuchFile | StatusCode::PermissionDenied | StatusCode::OpUnsupported)
}

/// Whether a file holds exactly this. At most one byte more than that is read, whatever the server goes on to send.
async fn same(server: &SftpSession, path: &str, content: &[u8]) -> Result<bool, Error> {
    let mut stream = server.open(path).await?.take(content.len() as u64 + 1);
    let mut rest = content;
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = stream.read(&mut buffer).await.map_err(Error::from)?;
        let Some(read) = buffer.get(..read).filter(|read| !read.is_empty()) else { return Ok(rest.is_empty()) };
        match rest.strip_prefix(read) {
            Some(left) => rest = left,
            None => return Ok(false),
        }
    }
}

/// Writes a file under its temporary name, and looks whether all of it arrived.
async fn write(server: &SftpSession, Part { file, path }: &Part<'_>) -> Result<(), DeliveryError> {
    let written = async {
        // Made anew, so that a link that somebody laid there is not followed.
        let flags = OpenFlags::CREATE | OpenFlags::EXCLUDE | OpenFlags::WRITE;
        let mut stream = server.open_with_flags(path, flags).await?;
        for chunk in file.content.chunks(CHUNK) {
            stream.write_all(chunk).await.map_err(Error::from)?;
        }
        stream.flush().await.map_err(Error::from)?;
        stream.sync_all().await?;
        let size = match stream.metadata().await {
            Ok(found) => found.size,
            Err(Error::Status(status)) if is_refusal(status.status_code) => None,
            Err(error) => return Err(error),
        };
        stream.close().await.map_err(Error::from)?;
        Ok(size)
    };
    let size = written.await.map_err(|error| failed(path, &error))?;
    match size {
        Some(size) if size != file.content.len() as u64 => {
            let detail = format!("{path}: {size} of {} bytes arrived", file.content.len());
            Err(DeliveryError::before(DeliveryErrorKind::Failed, detail))
        }
        _ => Ok(()),
    }
}

/// Renames an uploaded temporary file to its final name. If a file of that name is already there, the delivery fails instead
/// of replacing it.
async fn rename(
    server: &SftpSession,
    target: &SftpTarget,
    Part { file, path: temporary }: &Part<'_>,
) -> Result<(), DeliveryError> {
    let path = target.path(&file.name);
    // Some servers replace what is there without a word.
    match look(server, target, file).await? {
        Found::Nothing => {}
        Found::Same => {
            let _ = server.remove_file(temporary).await;
            return Ok(());
        }
        Found::Other(what) => return Err(taken(target, file, what)),
    }
    match server.rename(temporary, &path).await {
        Ok(()) => Ok(()),
        Err(refused @ Error::Status(_)) => match look(server, target, file).await {
            Ok(Found::Same) => Ok(()),
            Ok(Found::Other(what)) => Err(taken(target, file, what)),
            Ok(Found::Nothing) => Err(failed(&path, &refused)),
            Err(error) => Err(error.perhaps_visible()),
        },
        // The answer to the rename was lost: the server may have done it, so the caller must take the file as visible.
        Err(error) => Err(failed(&path, &error).perhaps_visible()),
    }
}

fn taken(target: &SftpTarget, file: &DeliveryFile, what: &str) -> DeliveryError {
    DeliveryError::before(DeliveryErrorKind::NameTaken, format!("{}: {what}", target.path(&file.name)))
}

fn failed(path: &str, error: &Error) -> DeliveryError {
    let kind = match error {
        Error::Status(status) if status.status_code == StatusCode::PermissionDenied => DeliveryErrorKind::Denied,
        _ => DeliveryErrorKind::Failed,
    };
    DeliveryError::before(kind, clipped(&format!("{path}: {error}")))
}

/// A server's words as a message may repeat them: short and in one line.
pub(crate) fn clipped(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TOLD).collect()
}
