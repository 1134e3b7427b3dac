//! What people do in SmartHR while the link is not looking: between two starts, or while one stands still.

use simulators::company::Company;

/// A change of SmartHR's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    Joins,
    Leaves,
    Moves,
    Renames,
    OtherId,
}

/// All of them.
pub(crate) const CHANGES: [Change; 5] =
    [Change::Joins, Change::Leaves, Change::Moves, Change::Renames, Change::OtherId];

impl Change {
    pub(crate) fn happen(self, company: &mut Company) {
        match self {
            Self::Joins => drop(company.hire(1)),
            Self::Leaves => drop(company.retire_some(1)),
            Self::Moves => {
                let to = company.coded_departments().last().map(|department| department.id.clone());
                if let (Some(to), Some(person)) = (to, company.active_ids(2).pop()) {
                    company.move_department(&person, &to);
                }
            }
            Self::Renames => {
                let last = company.coded_departments().last().map(|department| department.id.clone());
                if let Some(id) = last {
                    company.rename_department(&id, "再改称した部署");
                }
            }
            Self::OtherId => {
                let is_free =
                    |code: &String| company.people.iter().all(|person| person.emp_code.as_ref() != Some(code));
                let code = (99_001..99_999).map(|number: u32| number.to_string()).find(is_free);
                if let Some(person) = company.active_ids(3).pop() {
                    company.set_employee_code(&person, code.as_deref());
                }
            }
        }
    }
}
