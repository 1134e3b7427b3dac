//! What the SmartHR account sees of single people and departments.

use std::collections::HashSet;

use super::Company;

impl Company {
    /// Listings leave these people out, although they are found by id or 社員番号.
    pub fn unlist(&mut self, ids: &[String]) {
        self.for_each_of(ids, |person| person.is_unlisted = true);
    }

    /// Listings hold everyone again.
    pub fn list_again(&mut self) {
        for person in &mut self.people {
            person.is_unlisted = false;
        }
    }

    /// These fields of these people alone come as null from now on; no field at all takes that back.
    pub fn make_unreadable(&mut self, ids: &[String], fields: &[&str]) {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        self.for_each_of(ids, |person| person.unreadable.clone_from(&fields));
    }

    /// The list has another order from now on; nobody comes and nobody goes.
    pub fn reorder(&mut self) {
        self.random.shuffle(&mut self.people);
    }

    pub(super) fn for_each_of(&mut self, ids: &[String], mut change: impl FnMut(&mut super::Person)) {
        let ids: HashSet<&String> = ids.iter().collect();
        for person in self.people.iter_mut().filter(|person| ids.contains(&person.id)) {
            change(person);
        }
    }
}
