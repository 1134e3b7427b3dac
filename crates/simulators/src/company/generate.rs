//! Makes a company and its people. Everyone who is not retired can be linked without an error: what would be one, a test
//! brings about on purpose.

use super::custom::{self, CustomGroup, CustomTemplate};
use super::names::{FAMILY, FEMALE, MALE, Name};
use super::{Address, Company, Master, Person, Random, Status, departments, masters, places};

/// How many of a company's people have retired. SmartHR keeps them, so that after some years they outnumber the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    /// So many.
    Count(usize),
    /// So many for each person who has not retired.
    PerPerson(usize),
    /// So many for a hundred people who have not retired.
    PerHundred(usize),
}

impl Retired {
    fn count(self, employees: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::PerPerson(each) => employees * each,
            Self::PerHundred(each) => (employees * each).div_ceil(100),
        }
    }
}

impl Company {
    /// A company of `employees` people who are not retired, and 3% more who are.
    pub fn generate(seed: u64, employees: usize) -> Self {
        Self::generate_with(seed, employees, Retired::PerHundred(3))
    }

    /// A company of `employees` people who are not retired, and as many retired ones as `retired` says. The people who
    /// are not retired are the same for every `retired`.
    pub fn generate_with(seed: u64, employees: usize, retired: Retired) -> Self {
        let mut random = Random::new(seed);
        let name = "みなと総合サービス株式会社".to_owned();
        let mut departments = departments::tree(&mut random, &name, departments::fitting(employees));
        let codeless = match departments.len() * 2 / 100 {
            0 if employees >= 100 => 1,
            share => share,
        };
        departments::lose_codes(&mut random, &mut departments, codeless);
        random.shuffle(&mut departments);
        let mut company = Self {
            name,
            departments,
            establishments: masters::named(&mut random, &masters::ESTABLISHMENTS),
            employment_types: masters::preset(&mut random, &masters::EMPLOYMENT_TYPES),
            job_titles: masters::named(&mut random, &masters::TITLES),
            grades: masters::named(&mut random, &masters::GRADES),
            job_categories: masters::named(&mut random, &masters::JOB_CATEGORIES),
            recruitment_types: masters::recruitment_types(),
            custom_groups: vec![CustomGroup::usual()],
            custom_templates: custom::templates(&mut random),
            people: Vec::with_capacity(employees + employees / 32),
            planned: Vec::new(),
            came: Vec::new(),
            random,
            next_number: 1,
        };
        company.populate(employees);
        company.add_retired(retired.count(employees));
        company
    }

    fn populate(&mut self, employees: usize) {
        for number in 0..employees {
            let mut person = self.new_person();
            // The first few show what chance might leave out of a small company.
            if number == 1 || self.random.per_mille(20) {
                person.status = Status::Absent;
            }
            if number == 2 || self.random.per_mille(2) {
                person.resigned_at = Some("2025-03-31".to_owned());
            } else if self.random.per_mille(10) {
                person.resigned_at = Some("2031-03-31".to_owned());
            }
            self.people.push(person);
        }
        self.place_someone_without_code();
    }

    /// So many retired people more, spread among the others.
    pub fn add_retired(&mut self, count: usize) {
        for number in 0..count {
            let person = self.new_retired(number);
            // They stand among the others; who stood there goes to the end.
            self.people.push(person);
            let (at, last) = (self.random.below(self.people.len()), self.people.len() - 1);
            self.people.swap(at, last);
        }
    }

    /// A department without a code is worth little to a test when nobody works there.
    fn place_someone_without_code(&mut self) {
        let codeless: Vec<String> =
            self.departments.iter().filter(|d| d.code.is_none()).map(|d| d.id.clone()).collect();
        for (person, id) in self.people.iter_mut().rev().zip(codeless) {
            person.departments = vec![Some(id)];
            person.positions = vec![None];
        }
    }

    /// Someone who left: departments are gone, and now and then the number belongs to somebody else by now.
    fn new_retired(&mut self, number: usize) -> Person {
        let mut person = self.new_person();
        person.status = Status::Retired;
        person.resigned_at = Some(format!("20{:02}-03-31", 10 + self.random.below(16)));
        person.departments.clear();
        person.positions.clear();
        if number.is_multiple_of(10)
            && let Some(successor) = self.people.iter().filter(|other| other.status != Status::Retired).nth(number / 10)
        {
            person.emp_code.clone_from(&successor.emp_code);
            person.email.clone_from(&successor.email);
        } else if self.random.per_mille(300) {
            person.email = None;
            person.last_name_yomi = None;
        }
        person
    }

    /// A new employee with the next employee number.
    pub(super) fn new_person(&mut self) -> Person {
        let number = self.next_number;
        self.next_number += 1;
        let random = &mut self.random;
        let is_female = random.per_mille(450);
        let family = random.pick(&FAMILY);
        let given = if is_female { random.pick(&FEMALE) } else { random.pick(&MALE) };
        let account = format!("{}.{}{number}", family.2, given.2.get(..1).unwrap_or_default());
        let slots = slots(random, &self.departments);
        let positions = positions(random, slots.len(), &self.job_titles);
        Person {
            id: random.uuid(),
            emp_code: Some(format!("{number:05}")),
            status: Status::Employed,
            last_name: family.0.to_owned(),
            first_name: given.0.to_owned(),
            last_name_yomi: Some(family.1.to_owned()),
            first_name_yomi: Some(given.1.to_owned()),
            business_name: business_name(random, given),
            email: Some(format!("{account}@example.co.jp")),
            tel_number: random.per_mille(950).then(|| mobile_number(random)),
            gender: if random.per_mille(10) { None } else { Some(if is_female { "female" } else { "male" }) },
            entered_at: entered_at(random),
            resigned_at: None,
            occupation: random.per_mille(300).then(|| (*random.pick(&["法人営業", "採用", "給与計算"])).to_owned()),
            address: random.per_mille(970).then(|| address(random)),
            establishment: random.per_mille(980).then(|| skewed(random, &self.establishments).id.clone()),
            employment_type: employment_type(random, &self.employment_types),
            departments: slots,
            positions,
            grade: random.per_mille(900).then(|| random.pick(&self.grades).id.clone()),
            job_category: random.per_mille(850).then(|| random.pick(&self.job_categories).id.clone()),
            custom: custom_values(random, &self.custom_templates, &account),
            hidden: false,
            is_unlisted: false,
            unreadable: Vec::new(),
        }
    }
}

fn custom_values(random: &mut Random, templates: &[CustomTemplate], account: &str) -> Vec<(String, serde_json::Value)> {
    if random.per_mille(20) { Vec::new() } else { custom::values(random, templates, account) }
}

/// Mostly one department; every eighth has two or three; rarely the first slot is empty, or there is none.
fn slots(random: &mut Random, departments: &[super::Department]) -> Vec<Option<String>> {
    let count = match random.below(1000) {
        0..5 => return Vec::new(),
        5..95 => 2,
        95..125 => 3,
        _ => 1,
    };
    let mut slots: Vec<Option<String>> = Vec::with_capacity(count);
    while slots.len() < count {
        let chosen = Some(random.pick(departments).id.clone());
        if !slots.contains(&chosen) {
            slots.push(chosen);
        }
    }
    if count > 1 && random.per_mille(50) {
        slots[0] = None;
    }
    slots
}

fn positions(random: &mut Random, slots: usize, titles: &[Master]) -> Vec<Option<String>> {
    (0..slots).map(|_| random.per_mille(220).then(|| titles[lower_half(random, titles.len())].id.clone())).collect()
}

/// Ranks low in a list are more frequent.
fn lower_half(random: &mut Random, len: usize) -> usize {
    random.below(len).max(random.below(len))
}

/// The first entry for half of the people, as a head office is.
fn skewed<'a>(random: &mut Random, all: &'a [Master]) -> &'a Master {
    if random.per_mille(500) { &all[0] } else { random.pick(all) }
}

fn employment_type(random: &mut Random, types: &[Master]) -> Option<String> {
    let at = match random.below(1000) {
        0..10 => 0,
        10..750 => 1,
        750..850 => 2,
        850..920 => 3,
        920..995 => 4,
        _ => return None,
    };
    types.get(at).map(|master| master.id.clone())
}

/// A business name for every twentieth; for the others unset, which SmartHR sends as null or as "".
fn business_name(random: &mut Random, given: &Name) -> [Option<String>; 4] {
    if random.per_mille(50) {
        let family = random.pick(&FAMILY);
        return [family.0, given.0, family.1, given.1].map(|part| Some(part.to_owned()));
    }
    let unset = random.per_mille(400).then(String::new);
    [unset.clone(), unset.clone(), unset.clone(), unset]
}

fn entered_at(random: &mut Random) -> Option<String> {
    match random.below(1000) {
        0..5 => None,
        // Far enough ahead to stay in the future for a while.
        5..10 => Some("2031-04-01".to_owned()),
        n if n < 500 => Some(format!("{}-04-01", 1986 + random.below(40))),
        _ => Some(format!("{}-{:02}-{:02}", 1995 + random.below(31), 1 + random.below(12), 1 + random.below(28))),
    }
}

/// A mobile number; 090-0000 is assigned to nobody.
pub(super) fn mobile_number(random: &mut Random) -> String {
    format!("090-0000-{:04}", random.below(10_000))
}

fn address(random: &mut Random) -> Address {
    let (pref, city, zip) = random.pick(&places::CITIES);
    Address {
        zip_code: format!("{zip}-{:04}", random.below(10_000)),
        pref: (*pref).to_owned(),
        city: (*city).to_owned(),
        street: format!("{}-{}-{}", 1 + random.below(9), 1 + random.below(30), 1 + random.below(20)),
        building: if random.per_mille(500) { String::new() } else { format!("コーポ{}", 101 + random.below(900)) },
    }
}
