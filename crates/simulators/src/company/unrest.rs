//! Random changes of who is listed, for tests that read the list while it moves.

use super::{Company, Event, Person, Status};

impl Company {
    /// A random change of who is in a listing and where: people join, leave, come back, take leave, are deleted, are not
    /// listed for a while, or the list is put into another order. Nobody's values change, and nobody comes back whose
    /// number, address or kana is missing or is somebody else's by now, so that everyone in service can be linked.
    pub fn random_list_event(&mut self) -> Event {
        let event = match self.random.below(100) {
            0..20 => Some(Event::HireAtFront { n: 1 + self.random.below(3) }),
            20..35 => Some(Event::Hire { n: 1 + self.random.below(3) }),
            35..50 => self.one_becomes(|person| person.status != Status::Retired, Status::Retired),
            50..60 => self.one_becomes(|person| person.status == Status::Employed, Status::Absent),
            60..70 => self.one_becomes(|person| person.status == Status::Absent, Status::Employed),
            70..78 => self.anyone(|person| person.status != Status::Retired).map(|id| Event::Remove { ids: vec![id] }),
            78..83 => self.anyone(|person| person.status == Status::Retired).map(|id| Event::Remove { ids: vec![id] }),
            83..88 => self.who_can_come_back().map(|id| Event::Rehire { ids: vec![id] }),
            88..94 => Some(Event::Reorder),
            94..98 => self.anyone(|person| person.status != Status::Retired).map(|id| Event::Unlist { ids: vec![id] }),
            _ => Some(Event::ListAgain),
        };
        // Where nobody fits, somebody joins.
        event.unwrap_or(Event::HireAtFront { n: 1 })
    }

    fn one_becomes(&mut self, fits: impl Fn(&Person) -> bool, status: Status) -> Option<Event> {
        self.anyone(fits).map(|id| Event::Become { ids: vec![id], status })
    }

    /// Anyone who fits, by looking from a random place on.
    fn anyone(&mut self, fits: impl Fn(&Person) -> bool) -> Option<String> {
        let start = self.random.below(self.people.len());
        let (front, back) = self.people.split_at(start.min(self.people.len()));
        back.iter().chain(front).find(|person| fits(person)).map(|person| person.id.clone())
    }

    fn who_can_come_back(&mut self) -> Option<String> {
        let id = self.anyone(|person| {
            person.status == Status::Retired
                && person.emp_code.is_some()
                && person.email.is_some()
                && person.last_name_yomi.is_some()
        })?;
        let person = self.person(&id)?;
        let is_taken = self.people.iter().any(|other| {
            other.id != id
                && other.status != Status::Retired
                && (other.emp_code == person.emp_code || other.email == person.email)
        });
        (!is_taken).then_some(id)
    }
}
