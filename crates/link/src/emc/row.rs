//! Converted rows, as the import takes them.

use std::borrow::Cow;

use crate::config::EmcItem;

/// What the snapshot says of an ID; the import's `expect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// EMC must not have it: it will be created.
    Create,
    /// EMC should have it: it will be updated.
    Update,
    /// EMC has it although the snapshot does not know it, and a person approved: it will be updated.
    Adopt,
}

impl Expect {
    /// The word of the import.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Adopt => "adopt",
        }
    }
}

/// A department as EMC takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentRow {
    /// 部署ID, prefix included.
    pub id: String,
    /// 部署名.
    pub name: String,
    /// 部署名(ヨミ).
    pub kana: String,
    /// 親部署ID; `None` at the top.
    pub parent: Option<String>,
}

/// A user as EMC takes it. `None` clears the item. Made anew for each person and written out at once; it borrows from the
/// page and the mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserRow<'a> {
    /// ユーザID, prefix included.
    pub id: Cow<'a, str>,
    /// Always applied.
    pub set: Vec<(EmcItem, Option<Cow<'a, str>>)>,
    /// Applied only if EMC has no such ID.
    pub on_create: Vec<(EmcItem, Option<Cow<'a, str>>)>,
    /// Applied only if it has.
    pub on_update: Vec<(EmcItem, Option<Cow<'a, str>>)>,
}
