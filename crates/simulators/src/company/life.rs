//! What happens to a company from one day to the next, in the words of the people who enter it into SmartHR.

use std::collections::HashSet;

use super::{Company, Department, Status, departments};

impl Company {
    /// Hires so many; gives their SmartHR ids.
    pub fn hire(&mut self, n: usize) -> Vec<String> {
        (0..n)
            .map(|_| {
                let person = self.new_person();
                let id = person.id.clone();
                self.came.push((id.clone(), person.emp_code.clone()));
                self.people.push(person);
                id
            })
            .collect()
    }

    /// Hires so many who come first in every order that SmartHR offers: at the front of the list, with the lowest ids.
    pub fn hire_at_front(&mut self, n: usize) -> Vec<String> {
        (0..n)
            .map(|_| {
                let mut person = self.new_person();
                person.id = lowest(&person.id, self.people.len());
                let id = person.id.clone();
                self.came.push((id.clone(), person.emp_code.clone()));
                self.people.insert(0, person);
                id
            })
            .collect()
    }

    /// Who joined or came back since the beginning, those included who are gone again: SmartHR's id and 社員番号.
    pub fn who_came(&self) -> &[(String, Option<String>)] {
        &self.came
    }

    /// These people retire.
    pub fn retire(&mut self, ids: &[String]) {
        self.set_status(ids, Status::Retired);
    }

    /// The last `n` active people retire; gives their ids.
    pub fn retire_some(&mut self, n: usize) -> Vec<String> {
        let ids = self.last_active(n);
        self.retire(&ids);
        ids
    }

    /// These people take leave.
    pub fn go_on_leave(&mut self, ids: &[String]) {
        self.set_status(ids, Status::Absent);
    }

    /// These people work again.
    pub fn come_back(&mut self, ids: &[String]) {
        self.set_status(ids, Status::Employed);
    }

    /// These people are deleted from SmartHR altogether.
    pub fn remove(&mut self, ids: &[String]) {
        let ids: HashSet<&String> = ids.iter().collect();
        self.people.retain(|person| !ids.contains(&person.id));
    }

    /// This person's 部署1 becomes this department.
    pub fn move_department(&mut self, person: &str, department: &str) {
        if let Some(person) = self.person_mut(person) {
            match person.departments.first_mut() {
                Some(first) => *first = Some(department.to_owned()),
                None => person.departments.push(Some(department.to_owned())),
            }
        }
    }

    /// The first `n` active people get another 役職1; gives their ids.
    pub fn change_positions(&mut self, n: usize) -> Vec<String> {
        let ids = self.active_ids(n);
        let titles: Vec<String> = self.job_titles.iter().map(|title| title.id.clone()).collect();
        for id in &ids {
            if let Some(person) = self.person_mut(id) {
                let now = person.positions.first().cloned().flatten();
                let at = titles.iter().position(|title| Some(title) == now.as_ref()).map_or(0, |at| at + 1);
                let next = Some(titles[at % titles.len()].clone());
                match person.positions.first_mut() {
                    Some(first) => *first = next,
                    None => person.positions.push(next),
                }
            }
        }
        ids
    }

    /// The person's kana is emptied.
    pub fn clear_kana(&mut self, person: &str) {
        if let Some(person) = self.person_mut(person) {
            person.last_name_yomi = None;
            person.first_name_yomi = None;
            person.business_name[2] = None;
            person.business_name[3] = None;
        }
    }

    /// The person's 社員番号 becomes this, or is emptied.
    pub fn set_employee_code(&mut self, person: &str, code: Option<&str>) {
        if let Some(person) = self.person_mut(person) {
            person.emp_code = code.map(str::to_owned);
        }
    }

    /// The person's メールアドレス becomes this, or is emptied.
    pub fn set_email(&mut self, person: &str, email: Option<&str>) {
        if let Some(person) = self.person_mut(person) {
            person.email = email.map(str::to_owned);
        }
    }

    /// The SmartHR account loses sight of this share of the active people, spread over the list; gives how many.
    pub fn hide_people(&mut self, fraction: f64) -> usize {
        let active = self.active().count();
        // A share of a count: the result lies between 0 and the count.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "clamped"
        )]
        let wanted = (active as f64 * fraction.clamp(0.0, 1.0)).round() as usize;
        let (mut hidden, mut seen) = (0, 0);
        for person in self.people.iter_mut().filter(|person| person.is_linked()) {
            seen += 1;
            // Evenly: after `seen` of `active` people, `wanted * seen / active` are hidden.
            if hidden < wanted * seen / active {
                person.hidden = true;
                hidden += 1;
            }
        }
        hidden
    }

    /// The SmartHR account sees everyone again.
    pub fn restore(&mut self) {
        for person in &mut self.people {
            person.hidden = false;
        }
    }

    /// Opens a department below this one; gives its SmartHR id.
    pub fn open_department(&mut self, parent: &str) -> Option<String> {
        let at = self.departments.iter().position(|department| department.id == parent)?;
        let mut department = departments::below(&mut self.random, &self.departments, at);
        while self.departments.iter().any(|other| other.code == department.code) {
            department.code = department.code.map(|code| code + "Z");
        }
        let id = department.id.clone();
        self.departments.push(department);
        Some(id)
    }

    /// Closes a department: its children move up, and its people have no department in that slot any more.
    pub fn close_department(&mut self, id: &str) {
        let parent = self.department(id).and_then(|department| department.parent.clone());
        self.departments.retain(|department| department.id != id);
        for department in &mut self.departments {
            if department.parent.as_deref() == Some(id) {
                department.parent.clone_from(&parent);
            }
        }
        for slot in self.people.iter_mut().flat_map(|person| &mut person.departments) {
            if slot.as_deref() == Some(id) {
                *slot = None;
            }
        }
    }

    /// Opens a department below the first level, and these people move there; gives its SmartHR id.
    pub fn open_department_for(&mut self, ids: &[String]) -> Option<String> {
        let top = self.departments.iter().find(|department| department.level == 1)?.id.clone();
        let department = self.open_department(&top)?;
        for id in ids {
            self.move_department(id, &department);
        }
        Some(department)
    }

    /// 廃止: whether SmartHR still lists the department is a setting; its people keep it until they are moved.
    pub fn discontinue_department(&mut self, id: &str) {
        if let Some(department) = self.department_mut(id) {
            department.is_discontinued = true;
        }
    }

    /// Renames a department.
    pub fn rename_department(&mut self, id: &str, name: &str) {
        if let Some(department) = self.department_mut(id) {
            name.clone_into(&mut department.name);
        }
    }

    /// Gives a department another code, or none.
    pub fn set_department_code(&mut self, id: &str, code: Option<&str>) {
        if let Some(department) = self.department_mut(id) {
            department.code = code.map(str::to_owned);
        }
    }

    /// Departments appear at the front of the list, and of `order` the first ones without children are closed.
    pub fn shift_departments(&mut self, order: &[String], open: usize, close: usize) {
        let is_leaf = |id: &&String| self.departments.iter().all(|other| other.parent.as_ref() != Some(*id));
        let closing: Vec<String> = order.iter().filter(is_leaf).take(close).cloned().collect();
        for id in closing {
            self.close_department(&id);
        }
        let top = self.departments.iter().find(|department| department.level == 1).map(|top| top.id.clone());
        for _ in 0..open {
            if top.as_deref().and_then(|top| self.open_department(top)).is_some()
                && let Some(mut department) = self.departments.pop()
            {
                department.id = lowest(&department.id, self.departments.len());
                self.departments.insert(0, department);
            }
        }
    }

    fn department_mut(&mut self, id: &str) -> Option<&mut Department> {
        self.departments.iter_mut().find(|department| department.id == id)
    }

    fn last_active(&self, n: usize) -> Vec<String> {
        self.people.iter().rev().filter(|person| person.is_linked()).take(n).map(|person| person.id.clone()).collect()
    }

    /// These people's 在籍状況 becomes this.
    pub fn set_status(&mut self, ids: &[String], status: Status) {
        self.for_each_of(ids, |person| person.status = status);
    }
}

/// An id that sorts before those made so far; `count` grows with every call.
fn lowest(id: &str, count: usize) -> String {
    let before = 0xffff_usize.saturating_sub(count % 0xffff);
    format!("0000{before:04x}{}", id.get(8..).unwrap_or_default())
}
