//! The tenant's state as files.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use link::state::keys::Key;
use link::state::ports::{Condition, StateError, StateErrorKind, StateStore, Stored, Version};

use crate::atomic::{self, PARTIAL};

/// The file that writers lock, so that compare and replace are one step.
const LOCK: &str = ".lock";

/// A directory with one file for each key.
#[derive(Clone, Debug)]
pub struct DirectoryState {
    directory: PathBuf,
}

impl DirectoryState {
    /// The state in `directory`, which need not exist yet.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where the files lie.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file of a key; keys that lead out of the directory are refused.
    fn path(&self, operation: &'static str, key: &Key) -> Result<PathBuf, StateError> {
        let relative = Path::new(key.as_str());
        let inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(name) if !name.to_string_lossy().starts_with('.')));
        if inside { Ok(self.directory.join(relative)) } else { Err(refused(operation, key)) }
    }

    fn collect(&self, directory: &Path, keys: &mut Vec<Key>) -> io::Result<()> {
        let entries = match fs::read_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.file_type()?.is_dir() {
                self.collect(&path, keys)?;
            } else if let Ok(relative) = path.strip_prefix(&self.directory) {
                keys.push(Key::from_listing(relative.to_string_lossy().into_owned()));
            }
        }
        Ok(())
    }
}

fn refused(operation: &'static str, key: &Key) -> StateError {
    StateError {
        operation,
        key: key.to_string(),
        kind: StateErrorKind::Denied,
        detail: "the key leads out of the tenant's directory".to_owned(),
    }
}

fn changed(operation: &'static str, key: &Key) -> StateError {
    StateError {
        operation,
        key: key.to_string(),
        kind: StateErrorKind::Conflict,
        detail: "the condition does not hold".to_owned(),
    }
}

fn failed(operation: &'static str, key: &Key, error: &io::Error) -> StateError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StateErrorKind::Denied,
        _ => StateErrorKind::Unavailable,
    };
    StateError { operation, key: key.to_string(), kind, detail: error.to_string() }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

impl StateStore for DirectoryState {
    async fn get(&self, key: &Key) -> Result<Option<Stored>, StateError> {
        let path = self.path("get", key)?;
        let found = read(&path).map_err(|error| failed("get", key, &error))?;
        Ok(found.map(|content| Stored { version: Version(atomic::version(&content)), body: content.into() }))
    }

    async fn put(&self, key: &Key, body: Bytes, condition: Condition) -> Result<Version, StateError> {
        let path = self.path("put", key)?;
        let write = || -> io::Result<bool> {
            let _held = atomic::lock(&self.directory.join(LOCK))?;
            let fits = match &condition {
                Condition::Always => true,
                Condition::Absent => read(&path)?.is_none(),
                Condition::Unchanged(version) => {
                    read(&path)?.is_some_and(|content| atomic::version(&content) == version.0)
                }
            };
            if fits {
                atomic::replace(&path, &body, 0o600)?;
            }
            Ok(fits)
        };
        match write() {
            Ok(true) => Ok(Version(atomic::version(&body))),
            Ok(false) => Err(changed("put", key)),
            Err(error) => Err(failed("put", key, &error)),
        }
    }

    async fn delete(&self, key: &Key) -> Result<(), StateError> {
        let path = self.path("delete", key)?;
        // Under the lock: another process may be between the two halves of a conditional write.
        let remove = || match atomic::lock(&self.directory.join(LOCK)).and_then(|_held| fs::remove_file(&path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        };
        remove().map_err(|error| failed("delete", key, &error))
    }

    async fn delete_unchanged(&self, key: &Key, read_at: &Version) -> Result<(), StateError> {
        let path = self.path("delete", key)?;
        let remove = || -> io::Result<bool> {
            let _held = atomic::lock(&self.directory.join(LOCK))?;
            let Some(content) = read(&path)? else { return Ok(true) };
            let fits = atomic::version(&content) == read_at.0;
            if fits {
                fs::remove_file(&path)?;
            }
            Ok(fits)
        };
        match remove() {
            Ok(true) => Ok(()),
            Ok(false) => Err(changed("delete", key)),
            Err(error) => Err(failed("delete", key, &error)),
        }
    }

    async fn list(&self, prefix: &Key) -> Result<Vec<Key>, StateError> {
        // Only the folder that the prefix names is walked, not the whole history.
        let folder = prefix.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let start =
            if folder.is_empty() { self.directory.clone() } else { self.path("list", &Key::from_listing(folder))? };
        let mut keys = Vec::new();
        self.collect(&start, &mut keys).map_err(|error| failed("list", prefix, &error))?;
        keys.retain(|key| key.as_str().starts_with(prefix.as_str()));
        keys.sort_unstable();
        let _ = PARTIAL;
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> (tempfile::TempDir, DirectoryState) {
        let directory = tempfile::tempdir().unwrap();
        let state = DirectoryState::new(directory.path().join("tenants/acme"));
        (directory, state)
    }

    #[tokio::test]
    async fn conditional_writes_behave_as_in_s3() {
        let (_kept, state) = state();
        let key = Key::snapshot();
        assert!(state.get(&key).await.unwrap().is_none());
        let absent = Condition::Unchanged(Version("x".into()));
        assert_eq!(state.put(&key, "0".into(), absent).await.unwrap_err().kind, StateErrorKind::Conflict);
        let first = state.put(&key, "1".into(), Condition::Absent).await.unwrap();
        assert_eq!(state.put(&key, "2".into(), Condition::Absent).await.unwrap_err().kind, StateErrorKind::Conflict);
        state.put(&key, "2".into(), Condition::Unchanged(first.clone())).await.unwrap();
        let second = state.put(&key, "3".into(), Condition::Unchanged(first)).await.unwrap_err();
        assert_eq!(second.kind, StateErrorKind::Conflict);
        assert_eq!(state.get(&key).await.unwrap().unwrap().body, "2");
        state.delete(&key).await.unwrap();
        state.delete(&key).await.unwrap();
        assert!(state.get(&key).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn conditional_removals_behave_as_in_s3() {
        let (_kept, state) = state();
        let key = Key::pending();
        let first = state.put(&key, "1".into(), Condition::Absent).await.unwrap();
        let second = state.put(&key, "2".into(), Condition::Unchanged(first.clone())).await.unwrap();
        assert_eq!(state.delete_unchanged(&key, &first).await.unwrap_err().kind, StateErrorKind::Conflict);
        assert_eq!(state.get(&key).await.unwrap().unwrap().body, "2");
        state.delete_unchanged(&key, &second).await.unwrap();
        assert!(state.get(&key).await.unwrap().is_none());
        state.delete_unchanged(&key, &second).await.unwrap();
    }

    #[test]
    fn of_many_writers_at_once_exactly_one_wins() {
        let (_kept, state) = state();
        let wins: usize = std::thread::scope(|scope| {
            let start = |n: u8| {
                let state = state.clone();
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let body = Bytes::from(vec![n]);
                    usize::from(runtime.block_on(state.put(&Key::lock(), body, Condition::Absent)).is_ok())
                })
            };
            let writers: Vec<_> = (0..8).map(start).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).sum()
        });
        assert_eq!(wins, 1);
    }

    /// Each writer locks a file that it opened itself, as a process does.
    #[test]
    fn of_many_that_write_and_remove_nobody_removes_anothers() {
        let (_kept, state) = state();
        let removed: usize = std::thread::scope(|scope| {
            let start = |writer: u8| {
                let state = state.clone();
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let mut removed = 0;
                    for round in (0..=u8::MAX).cycle() {
                        if removed == 25 {
                            break;
                        }
                        let body = Bytes::from(vec![writer, round]);
                        let Ok(version) = runtime.block_on(state.put(&Key::pending(), body, Condition::Absent)) else {
                            // Another writer's file lies there: to remove a version that is gone must not remove it.
                            let stale = Version(atomic::version(&[writer, round]));
                            let _ = runtime.block_on(state.delete_unchanged(&Key::pending(), &stale));
                            continue;
                        };
                        let found = runtime.block_on(state.get(&Key::pending())).unwrap();
                        assert_eq!(found.unwrap().version, version, "somebody removed or replaced it");
                        runtime.block_on(state.delete_unchanged(&Key::pending(), &version)).unwrap();
                        removed += 1;
                    }
                    removed
                })
            };
            let writers: Vec<_> = (0..4).map(start).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).sum()
        });
        assert_eq!(removed, 4 * 25);
    }

    #[tokio::test]
    async fn a_writer_that_stands_still_does_not_stop_the_others_for_ever() {
        let (_kept, state) = state();
        let held = atomic::lock(&state.directory().join(LOCK)).unwrap();
        let refused = state.put(&Key::lock(), "x".into(), Condition::Absent).await.unwrap_err();
        assert_eq!(refused.kind, StateErrorKind::Unavailable);
        drop(held);
        state.put(&Key::lock(), "x".into(), Condition::Absent).await.unwrap();
    }

    #[tokio::test]
    async fn listings_are_sorted_and_hide_what_a_crash_left() {
        let (_kept, state) = state();
        for name in ["runs/2026-11-23/b/report.json", "runs/2026-11-23/a/report.json", "runs/2026-11-24/c/report.json"]
        {
            state.put(&Key::from_listing(name), "x".into(), Condition::Always).await.unwrap();
        }
        fs::write(state.directory().join("runs/2026-11-23/a/.partial-1-report.json"), "half").unwrap();
        let keys = state.list(&Key::runs_of("2026-11-23".parse().unwrap())).await.unwrap();
        let names: Vec<&str> = keys.iter().map(Key::as_str).collect();
        assert_eq!(names, ["runs/2026-11-23/a/report.json", "runs/2026-11-23/b/report.json"]);
        assert_eq!(state.list(&Key::runs_of("2030-01-01".parse().unwrap())).await.unwrap(), []);
    }

    #[tokio::test]
    async fn keys_do_not_lead_out_of_the_directory() {
        let (_kept, state) = state();
        for key in ["../other/config.toml", "/etc/passwd", "a/../../b", ".lock"] {
            let key = Key::from_listing(key);
            assert_eq!(state.put(&key, "x".into(), Condition::Always).await.unwrap_err().kind, StateErrorKind::Denied);
            assert!(state.get(&key).await.is_err());
        }
    }
}
