//! Converted rows, as the import takes them.

use std::borrow::Cow;

use crate::config::EmcItem;

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
    /// The SmartHR crew: opaque to EMC, which tells people apart by it.
    pub person: Cow<'a, str>,
    /// Always applied.
    pub set: Vec<(EmcItem, Option<Cow<'a, str>>)>,
    /// Applied only if EMC has no such ID.
    pub on_create: Vec<(EmcItem, Option<Cow<'a, str>>)>,
    /// Applied only if it has.
    pub on_update: Vec<(EmcItem, Option<Cow<'a, str>>)>,
}
