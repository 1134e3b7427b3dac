//! Who uses the pages, as EMC's maintenance site knows them.

use serde::{Deserialize, Serialize};

/// A person who uses the pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their login at the maintenance site.
    pub id: String,
    /// Their name, to be shown.
    pub name: String,
}

/// What a person may do, as the launch link says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Starts runs, changes the sheet and the settings; approves unless the configuration leaves that to approvers.
    #[default]
    Operator,
    /// Does everything.
    Approver,
}

impl Role {
    pub(crate) fn may_operate(self) -> bool {
        self != Self::Viewer
    }

    pub(crate) fn may_approve(self) -> bool {
        self == Self::Approver
    }
}
