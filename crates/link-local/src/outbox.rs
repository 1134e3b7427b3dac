//! Mails as files, for people and tests to open.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use link::state::ports::{Mail, Mailer, PostError};

use crate::atomic;

/// A directory of `.eml` files, named so that they sort by time.
#[derive(Debug)]
pub struct Outbox {
    directory: PathBuf,
    sent: AtomicU32,
}

impl Outbox {
    /// The outbox in `directory`, which need not exist yet.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, sent: AtomicU32::new(0) }
    }

    /// Where the mails lie.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The mails in the order sent.
    pub fn mails(&self) -> std::io::Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(&self.directory) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut mails = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "eml") {
                mails.push(path);
            }
        }
        mails.sort_unstable();
        Ok(mails)
    }
}

impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:013}-{:05}-{number:04}.eml", time.as_millis(), std::process::id());
        atomic::replace(&self.directory.join(name), &mail.message, 0o600)
            .map_err(|error| PostError { detail: error.to_string() })
    }
}
