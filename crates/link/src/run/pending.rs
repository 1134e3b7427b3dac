//! `pending.json`: an import on its way to EMC, with the snapshot that it will become once EMC has committed it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::compare::{Snapshot, SnapshotError};
use crate::emc::ImportId;

/// An import that was handed over and not yet confirmed.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The import's id at EMC.
    pub import_id: ImportId,
    /// The run that handed it over.
    pub run_id: String,
    /// The snapshot to be, as the bytes of `snapshot.json`.
    pub snapshot: Bytes,
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

const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Form<'a> {
    version: u64,
    import_id: String,
    run_id: String,
    #[serde(borrow)]
    snapshot: &'a RawValue,
}

impl Pending {
    /// Parses `pending.json`, the snapshot in it included.
    pub fn parse(bytes: &[u8]) -> Result<Self, PendingError> {
        let form: Form<'_> = serde_json::from_slice(bytes)?;
        if form.version != VERSION {
            return Err(PendingError::Version(form.version));
        }
        let snapshot = form.snapshot.get().as_bytes();
        Snapshot::parse(snapshot)?;
        let import_id = ImportId::parse(&form.import_id).map_err(|_| PendingError::ImportId)?;
        Ok(Self { import_id, run_id: form.run_id, snapshot: Bytes::copy_from_slice(snapshot) })
    }

    /// Which import a `pending.json` is about, without reading the snapshot in it, which is the most of it.
    pub fn import_of(bytes: &[u8]) -> Result<ImportId, PendingError> {
        #[derive(Deserialize)]
        struct Head {
            import_id: String,
        }
        let head: Head = serde_json::from_slice(bytes)?;
        ImportId::parse(&head.import_id).map_err(|_| PendingError::ImportId)
    }

    /// Writes `pending.json`.
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let head = format!(
            "{{\"version\":{VERSION},\"import_id\":{},\"run_id\":{},\"snapshot\":",
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
        let pending = Pending {
            import_id: ImportId::parse("20261123T043112345-0f1e2d3c4b5a").unwrap(),
            run_id: "20261123T043112345-0f1e2d3c4b5a".into(),
            snapshot: snapshot.into(),
        };
        let read = Pending::parse(&pending.write().unwrap()).unwrap();
        assert_eq!(read.import_id.as_str(), pending.import_id.as_str());
        assert_eq!(read.run_id, pending.run_id);
        assert_eq!(read.snapshot.trim_ascii(), pending.snapshot.trim_ascii());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Pending::parse(&bytes);
        }
    }
}
