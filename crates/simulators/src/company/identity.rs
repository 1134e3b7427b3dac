//! Who is who: people who come back, and numbers, names and addresses that pass from one person to another.

use super::{Company, Person, Status};

/// A person's name as an administrator enters it.
#[derive(Clone, Copy, Debug)]
pub struct FullName<'a> {
    /// 姓.
    pub last: &'a str,
    /// 名.
    pub first: &'a str,
    /// 姓(ヨミガナ).
    pub last_yomi: &'a str,
    /// 名(ヨミガナ).
    pub first_yomi: &'a str,
}

impl Company {
    /// These retired people are hired again: the same crews with their old numbers, in the first department with a code
    /// that is not discontinued.
    pub fn rehire(&mut self, ids: &[String]) {
        let department =
            self.departments.iter().find(|one| one.code.is_some() && !one.is_discontinued).map(|one| one.id.clone());
        for id in ids {
            let Some(person) = self.person_mut(id) else { continue };
            person.status = Status::Employed;
            person.resigned_at = None;
            let came = (person.id.clone(), person.emp_code.clone());
            if person.departments.is_empty() {
                person.departments = vec![department.clone()];
                person.positions = vec![None];
            }
            self.came.push(came);
        }
    }

    /// `to` gets the 社員番号 of `from`. Somebody who has retired keeps it too, as SmartHR lets them; anybody else has none
    /// any more.
    pub fn reissue_number(&mut self, from: &str, to: &str) {
        let number = self.give_away(from, |person| &mut person.emp_code);
        self.set_employee_code(to, number.as_deref());
    }

    /// These two people's 社員番号 change places.
    pub fn exchange_numbers(&mut self, one: &str, other: &str) {
        self.exchange(one, other, |person| &mut person.emp_code);
    }

    /// `to` gets the メールアドレス of `from`, on the terms of [`Company::reissue_number`].
    pub fn reissue_email(&mut self, from: &str, to: &str) {
        let email = self.give_away(from, |person| &mut person.email);
        self.set_email(to, email.as_deref());
    }

    /// These two people's メールアドレス change places.
    pub fn exchange_emails(&mut self, one: &str, other: &str) {
        self.exchange(one, other, |person| &mut person.email);
    }

    /// The person's name changes, as after a marriage.
    pub fn rename(&mut self, person: &str, name: FullName<'_>) {
        let Some(person) = self.person_mut(person) else { return };
        name.last.clone_into(&mut person.last_name);
        name.first.clone_into(&mut person.first_name);
        person.last_name_yomi = Some(name.last_yomi.to_owned());
        person.first_name_yomi = Some(name.first_yomi.to_owned());
    }

    fn give_away(&mut self, from: &str, item: fn(&mut Person) -> &mut Option<String>) -> Option<String> {
        let person = self.person_mut(from)?;
        if person.status == Status::Retired { item(person).clone() } else { item(person).take() }
    }

    fn exchange(&mut self, one: &str, other: &str, item: fn(&mut Person) -> &mut Option<String>) {
        let Some(first) = self.person_mut(one).map(|person| item(person).clone()) else { return };
        let Some(second) = self.person_mut(other).map(|person| std::mem::replace(item(person), first)) else { return };
        if let Some(person) = self.person_mut(one) {
            *item(person) = second;
        }
    }
}
