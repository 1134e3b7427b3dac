//! Which imports came while another one was under way.

use std::collections::HashSet;

use super::{Deviant, Deviation, MEANWHILE};
use crate::emc::model::Call;

/// The imports that are under way, and those that waited for another one.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    under_way: Vec<String>,
    waited: HashSet<String>,
}

impl Overlap {
    pub(super) fn begins(&mut self, id: &str) {
        self.under_way.push(id.to_owned());
    }

    /// Whether the import, which is worked on now, waited for another one. All others that are under way wait for it.
    fn is_worked_on(&mut self, id: &str) -> bool {
        if let Some(at) = self.under_way.iter().position(|own| own == id) {
            self.under_way.remove(at);
        }
        let waited = self.waited.remove(id);
        self.waited.extend(self.under_way.iter().cloned());
        waited
    }
}

impl Deviant {
    /// Marks an import that waited for another one. One that came when the other was worked on already is marked before.
    pub(super) fn mark(&mut self, call: &mut Call) {
        let is_marked = matches!(self.deviation, Deviation::BothContentsCount | Deviation::SideBySide);
        let Some(id) = call.import_id().filter(|_| is_marked && call.method == "PUT").map(str::to_owned) else {
            return;
        };
        if self.overlap.is_worked_on(&id) {
            call.query.0.push((MEANWHILE.to_owned(), "true".to_owned()));
        }
    }
}
