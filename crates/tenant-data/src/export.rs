//! The export: which records belong to it, and the list of them.
//!
//! In it: config, sheet and the sheets before it, the connection, and of the period the runs and the audit log. Not in it: tokens,
//! sessions, the snapshot (it is the machine's), and bulk-upload files, which hold first passwords.

use jiff::Timestamp;
use jiff::civil::Date;
use link::state::ports::{StateError, StateStore};
use link::state::{RunId, TenantId, keys::Key};
use link::time::{rfc3339, tokyo};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::archive;

/// The list of what is in the archive, beside the files.
const MANIFEST: &str = "manifest.json";

/// Days from `from` to `to`, both included (Asia/Tokyo).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// `None` where it ends before it begins.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use tenant_data::Period;
    /// assert!(Period::new(date(2026, 11, 1), date(2026, 11, 30)).is_some());
    /// assert!(Period::new(date(2026, 11, 30), date(2026, 11, 1)).is_none());
    /// ```
    pub fn new(from: Date, to: Date) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    fn holds(self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Whose records.
    pub tenant: &'a TenantId,
    /// Of which days.
    pub period: Period,
    /// The build that makes the archive.
    pub version: &'a str,
    /// The time now.
    pub now: Timestamp,
}

/// A finished archive.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name, such as `emc-link-acme-2026-11-01-2026-11-30.zip`.
    pub name: String,
    /// The ZIP archive.
    pub content: Vec<u8>,
    /// What is in it, the list itself aside.
    pub files: Vec<ExportedFile>,
}

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedFile {
    /// Its name, which is its key in the state.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hex digits.
    pub sha256: String,
}

#[derive(Serialize)]
struct Manifest<'a> {
    version: u32,
    tenant: &'a str,
    period: Period,
    made_at: String,
    made_by: &'a str,
    files: &'a [ExportedFile],
}

/// The archive could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A record could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The archive could not be written.
    #[error("the archive cannot be written: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// The list could not be written.
    #[error("the list cannot be written: {0}")]
    Manifest(#[from] serde_json::Error),
}

/// Makes the archive of a period.
pub async fn export<S: StateStore>(state: &S, request: Request<'_>) -> Result<Export, ExportError> {
    let mut contents = Vec::new();
    let mut files = Vec::new();
    for key in keys(state, request.period).await? {
        // What expired since it was listed is gone, and is not in the list either.
        let Some(stored) = state.get(&key).await? else { continue };
        files.push(ExportedFile {
            name: key.to_string(),
            bytes: stored.body.len() as u64,
            sha256: sha256(&stored.body),
        });
        contents.push(stored.body);
    }
    let made_at = tokyo(request.now);
    let Period { from, to } = request.period;
    let manifest = serde_json::to_vec_pretty(&Manifest {
        version: 1,
        tenant: request.tenant.as_str(),
        period: request.period,
        made_at: rfc3339(request.now),
        made_by: request.version,
        files: &files,
    })?;
    let records = files.iter().zip(&contents).map(|(file, content)| (file.name.as_str(), content.as_ref()));
    let all = std::iter::once((MANIFEST, manifest.as_slice())).chain(records);
    let content = archive::write(all, made_at.datetime())?;
    Ok(Export { name: format!("emc-link-{}-{from}-{to}.zip", request.tenant), content, files })
}

/// The keys that belong to the export, settings first, then by time.
async fn keys<S: StateStore>(state: &S, period: Period) -> Result<Vec<Key>, StateError> {
    let mut keys = vec![Key::config(), Key::mapping_xlsx(), Key::mapping_csv(), Key::connection()];
    keys.extend(state.list(&Key::sheet_history()).await?);
    for folder in [Key::runs(), Key::audit()] {
        let of_the_period = |key: &Key| day_of(key).is_some_and(|day| period.holds(day));
        keys.extend(state.list(&folder).await?.into_iter().filter(of_the_period));
    }
    Ok(keys)
}

/// The day in `runs/2026-11-23/…` and `audit/2026-11-23/…`; of a run the name itself, where the folder says none.
fn day_of(key: &Key) -> Option<Date> {
    let mut parts = key.as_str().split('/').skip(1);
    let day: Option<Date> = parts.next()?.parse().ok();
    day.or_else(|| RunId::parse(parts.next()?)?.date())
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{Cursor, Read};

    use bytes::Bytes;
    use jiff::civil::date;
    use link::state::ports::{Condition, Platform};
    use link_local::LocalPlatform;
    use zip::ZipArchive;

    use super::*;

    const IN_FORCE: [&str; 3] = ["config.toml", "mapping.csv", "connect/connection.json"];

    async fn exported(keys: &[&str], period: Period) -> (Export, BTreeMap<String, String>) {
        let folder = tempfile::tempdir().unwrap();
        let tenant = TenantId::parse("acme").unwrap();
        let platform = LocalPlatform::open(folder.path(), &tenant);
        for key in keys {
            let content = Bytes::from(format!("content of {key}"));
            platform.state().put(&Key::from_listing(*key), content, Condition::Always).await.unwrap();
        }
        let now = "2026-11-30T03:00:00Z".parse().unwrap();
        let request = Request { tenant: &tenant, period, version: "0.2.0", now };
        let made = export(platform.state(), request).await.unwrap();
        let again = export(platform.state(), request).await.unwrap();
        assert_eq!(made.content, again.content, "the same records give the same archive");
        let mut archive = ZipArchive::new(Cursor::new(made.content.clone())).unwrap();
        let mut found = BTreeMap::new();
        for at in 0..archive.len() {
            let mut file = archive.by_index(at).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            found.insert(file.name().unwrap().into_owned(), text);
        }
        (made, found)
    }

    fn november() -> Period {
        Period::new(date(2026, 11, 1), date(2026, 11, 30)).unwrap()
    }

    #[tokio::test]
    async fn settings_and_the_periods_runs_and_audit_log_are_in_it() {
        let inside = [
            "runs/2026-11-01/20261101T043000000-0f1e2d3c4b5a/report.json",
            "runs/2026-11-30/20261130T043000000-0f1e2d3c4b5a/errors.csv",
            "audit/2026-11-15/20261115T103000000-0f1e2d3c4b5a.json",
            "mapping-history/20260901T103000000-0f1e2d3c4b5a.csv",
        ];
        let outside = [
            "runs/2026-10-31/20261031T043000000-0f1e2d3c4b5a/report.json",
            "runs/2026-12-01/20261201T043000000-0f1e2d3c4b5a/report.json",
            "audit/2026-12-01/20261201T103000000-0f1e2d3c4b5a.json",
        ];
        let keys: Vec<&str> = IN_FORCE.into_iter().chain(inside).chain(outside).collect();
        let (made, found) = exported(&keys, november()).await;
        let expected: Vec<&str> = IN_FORCE.into_iter().chain(inside).collect();
        assert_eq!(found.len(), expected.len() + 1);
        for key in expected {
            assert_eq!(found[key], format!("content of {key}"));
        }
        assert_eq!(made.name, "emc-link-acme-2026-11-01-2026-11-30.zip");
    }

    #[tokio::test]
    async fn neither_tokens_nor_sessions_nor_passwords_are_in_it() {
        let secret = [
            "snapshot.json",
            "pending.json",
            "lock.json",
            "connect/sessions/0f1e.json",
            "connect/launches/0f1e.json",
            "outbox/20261115T043000000-0f1e2d3c4b5a/users.csv",
            "baseline/users.csv",
        ];
        let (made, found) = exported(&secret, november()).await;
        assert_eq!((made.files.len(), found.len()), (0, 1), "{found:?}");
    }

    #[test]
    fn a_checksum_is_the_one_that_everybody_computes() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[tokio::test]
    async fn the_list_proves_each_file() {
        let (made, found) = exported(&IN_FORCE, november()).await;
        let manifest: serde_json::Value = serde_json::from_str(&found[MANIFEST]).unwrap();
        assert_eq!((&manifest["tenant"], &manifest["made_by"]), (&"acme".into(), &"0.2.0".into()));
        assert_eq!(manifest["made_at"], "2026-11-30T12:00:00+09:00");
        assert_eq!(manifest["files"].as_array().unwrap().len(), IN_FORCE.len());
        for file in &made.files {
            assert_eq!(file.sha256, sha256(found[&file.name].as_bytes()));
            assert_eq!(file.bytes, found[&file.name].len() as u64);
        }
    }
}
