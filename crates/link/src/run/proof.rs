//! A quiet day is proven: a file in which nothing changed is not sent, but its IDs are compared with what EMC itself holds.

use std::collections::HashSet;

use super::context::Context;
use super::difference::{Compared, Files};
use crate::compare::{IdTable, Snapshot};
use crate::emc::{Emc, id_column};
use crate::fault::{Code, Fault, Subject};
use crate::report::DriftEntry;

/// What EMC's own IDs say.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// The files that are to be sent after all.
    pub(super) missing: Files,
    /// The snapshot's IDs that EMC lacks.
    pub(super) drift: Vec<DriftEntry>,
    pub(super) warnings: Vec<Fault>,
}

/// The number of IDs that a warning names.
const IDS_NAMED: usize = 10;

/// Compares the files that would not be sent.
pub(super) async fn prove<H>(ctx: &Context<'_, H>, emc: &Emc, compared: &Compared, before: &Snapshot) -> Proof {
    let mut proof = Proof::default();
    let sent = compared.sent();
    if !sent.departments && !before.departments.ids.is_empty() {
        let held = emc.department_ids().await;
        proof.missing.departments = proof.compare(ctx, File::Departments, &before.departments.ids, held);
        // A department that is made anew has lost its people.
        proof.missing.users = proof.missing.departments && !sent.users && !before.users.ids.is_empty();
    }
    if !sent.users && !before.users.ids.is_empty() {
        let held = emc.user_ids().await;
        proof.missing.users |= proof.compare(ctx, File::Users, &before.users.ids, held);
    }
    proof
}

#[derive(Clone, Copy)]
enum File {
    Departments,
    Users,
}

impl File {
    fn record(self) -> &'static str {
        match self {
            Self::Departments => "department",
            Self::Users => "user",
        }
    }
    fn label(self) -> &'static str {
        match self {
            Self::Departments => "部署ID",
            Self::Users => "ユーザID",
        }
    }
    fn subject(self) -> Subject {
        match self {
            Self::Departments => Subject::Department,
            Self::Users => Subject::User,
        }
    }
}

impl Proof {
    /// Tells whether EMC lacks one of the snapshot's IDs.
    fn compare<H>(
        &mut self,
        ctx: &Context<'_, H>,
        file: File,
        known: &IdTable,
        held: Result<Option<bytes::Bytes>, crate::emc::EmcError>,
    ) -> bool {
        let body = match held {
            Ok(Some(body)) => body,
            Ok(None) => return false,
            Err(error) => {
                // The same cause hits both downloads: it is told once.
                if !self.warnings.iter().any(|known| known.code == Code::EmcIdsUnreadable) {
                    self.warnings.push(Fault { code: Code::EmcIdsUnreadable, ..error.to_fault() });
                }
                return false;
            }
        };
        let Some(held) = id_column(&body, file.label()) else {
            let detail = format!("エマージェンシーコールの{}の一覧を読み取れません。", file.label());
            self.warnings.push(Fault::new(Code::EmcIdsUnreadable, Subject::Emc, detail));
            return false;
        };
        let held: HashSet<&str> = held.iter().map(String::as_str).collect();
        let before = self.drift.len();
        self.drift.extend(known.iter().filter(|id| !held.contains(id)).map(|id| DriftEntry {
            record: file.record().to_owned(),
            id: id.to_owned(),
            expected: "update".to_owned(),
            actual: "create".to_owned(),
        }));
        self.warn_of_unknown(&ctx.tenant.config.prefix, file, known, &held);
        self.drift.len() > before
    }

    /// IDs with this company's prefix that the link does not know.
    fn warn_of_unknown(&mut self, prefix: &str, file: File, known: &IdTable, held: &HashSet<&str>) {
        if prefix.is_empty() {
            return;
        }
        let mut unknown: Vec<&str> =
            held.iter().filter(|id| id.starts_with(prefix) && known.position(id).is_none()).copied().collect();
        if unknown.is_empty() {
            return;
        }
        unknown.sort_unstable();
        let named = unknown.iter().take(IDS_NAMED).copied().collect::<Vec<_>>().join("、");
        let more = if unknown.len() > IDS_NAMED { " ほか" } else { "" };
        let detail = format!(
            "会社コード「{prefix}」の付いた{}のうち、前回データに無いものがエマージェンシーコールに{}件あります({named}{more})。",
            file.label(),
            unknown.len()
        );
        self.warnings.push(Fault::new(Code::EmcIdsUnknown, file.subject(), detail).field(file.label()));
    }
}
