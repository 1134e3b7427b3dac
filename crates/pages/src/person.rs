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
