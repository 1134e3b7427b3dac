//! `pending.json`: an import on its way to EMC, with the snapshot that it will become once EMC has committed it.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::compare::{Snapshot, SnapshotError, malformed_ja};
use crate::emc::ImportId;
use crate::state::ports::Version;

/// An import that was handed over and not yet confirmed.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The import's id at EMC.
    pub import_id: ImportId,
    /// The run that handed it over.
    pub run_id: String,
    /// The snapshot that the import was made from.
    pub basis: Basis,
    /// The snapshot to be, as the bytes of `snapshot.json`.
    pub snapshot: Bytes,
}

/// The `snapshot.json` that an import was made from: only over that one the pending snapshot may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// There was none: the first link.
    None,
    /// The one of this version.
    At(Version),
    /// Unknown: version 1 of the file did not say.
    Unknown,
}

impl Basis {
    /// The snapshot as it was read, by its version.
    pub fn of(read_at: Option<Version>) -> Self {
        read_at.map_or(Self::None, Self::At)
    }
}

/// A `pending.json` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PendingError {
    /// It is not JSON of this form.
    #[error("not a pending import: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It was written by a later version of the link.
    #[error("pending version {0} is not known")]
    Version(u64),
    /// The import's id is none.
    #[error("the import id is malformed")]
    ImportId,
    /// The snapshot in it is none.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl PendingError {
    /// In the customer's words.
    pub fn reason_ja(&self) -> String {
        match self {
            Self::Malformed(error) => malformed_ja(error),
            Self::Version(version) => format!("この連携より新しい版(version {version})で書かれています"),
            Self::ImportId => "登録処理のIDが正しくありません".to_owned(),
            Self::Snapshot(error) => error.reason_ja(),
        }
    }
}

const VERSION: u64 = 2;
/// Without `basis`.
const FIRST_VERSION: u64 = 1;

#[derive(Deserialize)]
struct Form<'a> {
    version: u64,
    import_id: String,
    run_id: String,
    basis: Option<String>,
    #[serde(borrow)]
    snapshot: &'a RawValue,
}

impl Pending {
    /// Parses `pending.json`, the snapshot in it included.
    pub fn parse(bytes: &[u8]) -> Result<Self, PendingError> {
        let form: Form<'_> = serde_json::from_slice(bytes)?;
        let basis = match form.version {
            FIRST_VERSION => Basis::Unknown,
            VERSION => Basis::of(form.basis.map(Version)),
            other => return Err(PendingError::Version(other)),
        };
        let snapshot = form.snapshot.get().as_bytes();
        Snapshot::parse(snapshot)?;
        let import_id = ImportId::parse(&form.import_id).map_err(|_| PendingError::ImportId)?;
        Ok(Self { import_id, run_id: form.run_id, basis, snapshot: Bytes::copy_from_slice(snapshot) })
    }

    /// Writes `pending.json`; what was read without a basis stays so.
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let (version, basis) = match &self.basis {
            Basis::Unknown => (FIRST_VERSION, String::new()),
            Basis::None => (VERSION, "\"basis\":null,".to_owned()),
            Basis::At(Version(version)) => (VERSION, format!("\"basis\":{},", serde_json::to_string(version)?)),
        };
        let head = format!(
            "{{\"version\":{version},\"import_id\":{},\"run_id\":{},{basis}\"snapshot\":",
            serde_json::to_string(self.import_id.as_str())?,
            serde_json::to_string(&self.run_id)?,
        );
        let mut out = Vec::with_capacity(head.len() + self.snapshot.len() + 2);
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(self.snapshot.trim_ascii_end());
        out.extend_from_slice(b"}\n");
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_again_it_is_the_same() {
        let snapshot = Snapshot { run_id: "r".into(), ..Snapshot::default() }.write().unwrap();
        for basis in [Basis::At(Version("\"d41d8cd9\"".into())), Basis::None, Basis::Unknown] {
            let pending = Pending {
                import_id: ImportId::parse("20261123T043112345-0f1e2d3c4b5a").unwrap(),
                run_id: "20261123T043112345-0f1e2d3c4b5a".into(),
                basis,
                snapshot: snapshot.clone().into(),
            };
            let read = Pending::parse(&pending.write().unwrap()).unwrap();
            assert_eq!(read.import_id.as_str(), pending.import_id.as_str());
            assert_eq!(read.run_id, pending.run_id);
            assert_eq!(read.basis, pending.basis);
            assert_eq!(read.snapshot.trim_ascii(), pending.snapshot.trim_ascii());
        }
    }

    #[test]
    fn a_file_of_version_1_is_read_and_a_later_one_is_not() {
        let snapshot = Snapshot::default().write().unwrap();
        let snapshot = std::str::from_utf8(&snapshot).unwrap().trim_end();
        let file = |version: u64| {
            format!(
                "{{\"version\":{version},\"import_id\":\"20261123T043112345-0f1e2d3c4b5a\",\"run_id\":\"r\",\"snapshot\":{snapshot}}}"
            )
        };
        assert_eq!(Pending::parse(file(1).as_bytes()).unwrap().basis, Basis::Unknown);
        assert_eq!(Pending::parse(file(2).as_bytes()).unwrap().basis, Basis::None);
        assert!(matches!(Pending::parse(file(3).as_bytes()), Err(PendingError::Version(3))));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Pending::parse(&bytes);
        }
    }
}
