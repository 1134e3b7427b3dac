//! What is entered for a later day and takes effect on it.

use jiff::civil::Date;

use super::{Company, Event, Status};

impl Company {
    /// Enters a change that takes effect on this day, as an 異動 is entered before the first of the month.
    pub fn plan(&mut self, day: Date, event: Event) {
        self.planned.push((day, event));
    }

    /// These people's last day of service is this one: they retire with the day after it.
    pub fn plan_retirement(&mut self, ids: &[String], last_day: Date) {
        self.for_each_of(ids, |person| person.resigned_at = Some(last_day.to_string()));
    }

    /// This day begins: what was entered for it or for a day before takes effect, and whose last day of service was
    /// yesterday retires. A 退職年月日 further in the past changes nothing, as at SmartHR. Gives the ids of who or what is new.
    pub fn begin_day(&mut self, day: Date) -> Vec<String> {
        let (due, later) = std::mem::take(&mut self.planned).into_iter().partition(|(planned, _)| *planned <= day);
        self.planned = later;
        let mut due: Vec<(Date, Event)> = due;
        due.sort_by_key(|(planned, _)| *planned);
        let new = due.iter().flat_map(|(_, event)| self.apply(event)).collect();
        let yesterday = day.yesterday().map(|day| day.to_string()).ok();
        for person in self.people.iter_mut().filter(|person| person.resigned_at.is_some()) {
            if person.resigned_at == yesterday {
                person.status = Status::Retired;
            }
        }
        new
    }
}
