//! Files that are there whole or not at all, whenever the process or the machine dies.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// What a half-written file's name begins with; such files are ignored and overwritten.
pub(crate) const PARTIAL: &str = ".partial-";

/// Replaces `path` by a file of this content and mode.
pub(crate) fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let directory = path.parent().ok_or_else(|| io::Error::other("no directory"))?;
    fs::create_dir_all(directory)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = directory.join(format!("{PARTIAL}{}-{name}", std::process::id()));
    let written = (|| {
        // Made anew, so that its mode is the one asked for.
        match fs::remove_file(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&partial)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    })();
    if written.is_err() {
        // The old content is untouched; what was half written is of no use to anyone.
        let _ = fs::remove_file(&partial);
        return written;
    }
    File::open(directory)?.sync_all()
}

/// So long a writer waits for another. Each holds the lock for the time of one small write; one that stands still in the
/// middle must not stop the others for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// Holds `path` as a lock among processes for as long as the file that it gives lives.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(2)),
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "another process holds the lock"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// The version of a content, as S3's ETag is one.
pub(crate) fn version(content: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    Sha256::digest(content).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
