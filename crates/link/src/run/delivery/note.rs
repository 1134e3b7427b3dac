//! `outbox/{run_id}/delivery.json`: which files are delivered, and how far that is. Written before the first byte leaves,
//! so that whoever comes after a crash delivers the same files and no others.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) const FILE: &str = "delivery.json";
const VERSION: u64 = 1;

/// `delivery.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeliveryNote {
    version: u64,
    /// The run whose files they are.
    pub(super) run_id: String,
    /// The run of the snapshot that they were made from; empty before the first link.
    pub(super) basis: String,
    /// Where to, as shown to people.
    pub(super) to: String,
    pub(super) progress: Progress,
    /// When this was written.
    pub(super) at: String,
    /// In the order of delivery.
    pub(super) files: Vec<FileNote>,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Progress {
    /// Begun; perhaps some files arrived.
    Started,
    /// All files arrived.
    Delivered,
}

/// One file as it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileNote {
    /// Its name below `outbox/{run_id}/`.
    pub(crate) file: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// The digest of its content.
    pub(crate) sha256: String,
}

impl FileNote {
    /// The note of a file with this content.
    pub(crate) fn of(file: &str, content: &[u8]) -> Self {
        let sha256 = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { file: file.to_owned(), bytes: content.len() as u64, sha256 }
    }

    /// Its name at the destination: sorted by name, the files of a run are in the order in which EMC has to take them.
    pub(super) fn name(&self, tenant: &str, run_id: &str, at: usize) -> String {
        format!("{tenant}-{run_id}-{}-{}", at + 1, self.file)
    }
}

impl DeliveryNote {
    pub(super) fn started(run_id: &str, basis: &str, to: String, at: String, files: Vec<FileNote>) -> Self {
        let (run_id, basis) = (run_id.to_owned(), basis.to_owned());
        Self { version: VERSION, run_id, basis, to, progress: Progress::Started, at, files }
    }

    /// The same, once all files arrived.
    pub(super) fn delivered(&self, to: String, at: String) -> Self {
        Self { progress: Progress::Delivered, to, at, ..self.clone() }
    }

    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(body).ok().filter(|note| note.version == VERSION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_and_another_version_is_not() {
        let note =
            DeliveryNote::started("r", "", "s3://b/".into(), "t".into(), vec![FileNote::of("users.csv", b"abc")]);
        let body = serde_json::to_vec(&note).unwrap();
        assert_eq!(DeliveryNote::parse(&body), Some(note));
        let other = String::from_utf8(body).unwrap().replace("\"version\":1", "\"version\":2");
        assert_eq!(DeliveryNote::parse(other.as_bytes()), None);
        assert_eq!(DeliveryNote::parse(b"{}"), None);
    }

    #[test]
    fn names_sort_in_the_order_of_upload() {
        let names: Vec<String> = ["departments.csv", "users.csv", "departments-delete.csv"]
            .iter()
            .enumerate()
            .map(|(at, file)| FileNote::of(file, b"").name("acme", "20261123T043112345-0f1e2d3c4b5a", at))
            .collect();
        assert!(names.is_sorted() && names.iter().all(|name| name.is_ascii() && !name.contains('/')), "{names:?}");
    }
}
