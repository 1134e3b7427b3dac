//! What happens to a company, as data: for a fault that strikes while pages are read, and for another process.

use serde::{Deserialize, Serialize};

use super::{Company, Status, Untidy};

/// One change that somebody enters into SmartHR, or that an administrator makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// So many join, at the end of the list.
    Hire {
        /// How many.
        n: usize,
    },
    /// So many join, at the front of the list and with the lowest ids.
    HireAtFront {
        /// How many.
        n: usize,
    },
    /// These people's 在籍状況 changes.
    Become {
        /// SmartHR's ids.
        ids: Vec<String>,
        /// The new 在籍状況.
        status: Status,
    },
    /// These people are deleted altogether.
    Remove {
        /// SmartHR's ids.
        ids: Vec<String>,
    },
    /// These retired people are hired again, as the same crews.
    Rehire {
        /// SmartHR's ids.
        ids: Vec<String>,
    },
    /// A 社員番号 passes to another person.
    ReissueNumber {
        /// Whose it was.
        from: String,
        /// Whose it becomes.
        to: String,
    },
    /// Two people's 社員番号 change places.
    ExchangeNumbers {
        /// One.
        one: String,
        /// The other.
        other: String,
    },
    /// A メールアドレス passes to another person.
    ReissueEmail {
        /// Whose it was.
        from: String,
        /// Whose it becomes.
        to: String,
    },
    /// Two people's メールアドレス change places.
    ExchangeEmails {
        /// One.
        one: String,
        /// The other.
        other: String,
    },
    /// These people's 部署1 becomes this department.
    Move {
        /// SmartHR's ids.
        ids: Vec<String>,
        /// The department's id.
        department: String,
    },
    /// A department is opened, and these people move there.
    OpenDepartmentFor {
        /// SmartHR's ids of the people.
        ids: Vec<String>,
    },
    /// A department loses its 部署コード; its people stay.
    ClearDepartmentCode {
        /// The department's id.
        id: String,
    },
    /// A department is discontinued; its people stay.
    DiscontinueDepartment {
        /// The department's id.
        id: String,
    },
    /// Listings leave these people out; by id they are found.
    Unlist {
        /// SmartHR's ids.
        ids: Vec<String>,
    },
    /// Listings hold everyone again.
    ListAgain,
    /// The list has another order.
    Reorder,
    /// This person's values become untidy.
    MakeUntidy {
        /// SmartHR's id.
        id: String,
        /// How.
        how: Untidy,
    },
}

impl Company {
    /// Makes this event happen; gives the ids of the people or the department that are new by it.
    pub fn apply(&mut self, event: &Event) -> Vec<String> {
        match event {
            Event::Hire { n } => return self.hire(*n),
            Event::HireAtFront { n } => return self.hire_at_front(*n),
            Event::OpenDepartmentFor { ids } => return self.open_department_for(ids).into_iter().collect(),
            Event::Become { ids, status } => self.set_status(ids, *status),
            Event::Remove { ids } => self.remove(ids),
            Event::Rehire { ids } => self.rehire(ids),
            Event::ReissueNumber { from, to } => self.reissue_number(from, to),
            Event::ExchangeNumbers { one, other } => self.exchange_numbers(one, other),
            Event::ReissueEmail { from, to } => self.reissue_email(from, to),
            Event::ExchangeEmails { one, other } => self.exchange_emails(one, other),
            Event::Move { ids, department } => ids.iter().for_each(|id| self.move_department(id, department)),
            Event::ClearDepartmentCode { id } => self.set_department_code(id, None),
            Event::DiscontinueDepartment { id } => self.discontinue_department(id),
            Event::Unlist { ids } => self.unlist(ids),
            Event::ListAgain => self.list_again(),
            Event::Reorder => self.reorder(),
            Event::MakeUntidy { id, how } => self.make_untidy(id, *how),
        }
        Vec::new()
    }
}
