//! A company to test with: people, departments and masters as plain data, made from a seed, and what happens to them.
//!
//! The same seed and size give the same company on every machine and day; nothing here reads a clock. What real
//! companies have is in it: people on leave, people who retired, several departments at once, departments without a code,
//! business names that are empty or unset, leading zeros, and custom fields of every type.

mod custom;
mod departments;
mod event;
mod generate;
mod identity;
mod life;
mod masters;
mod names;
mod places;
mod plan;
mod random;
mod rights;
mod unrest;
mod untidy;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use custom::{CustomElement, CustomGroup, CustomKind, CustomTemplate};
pub use event::Event;
pub use generate::Retired;
pub use identity::FullName;
pub use places::PREFECTURES;
pub use random::Random;
pub use untidy::Untidy;

/// A company as SmartHR holds it.
#[derive(Clone, Debug)]
pub struct Company {
    /// Its name, such as みなと総合サービス株式会社.
    pub name: String,
    /// Departments, in no useful order: a child may come before its parent.
    pub departments: Vec<Department>,
    /// 事業所.
    pub establishments: Vec<Master>,
    /// 雇用形態.
    pub employment_types: Vec<Master>,
    /// 役職.
    pub job_titles: Vec<Master>,
    /// 等級.
    pub grades: Vec<Master>,
    /// 職種.
    pub job_categories: Vec<Master>,
    /// 採用区分.
    pub recruitment_types: Vec<Master>,
    /// カスタム項目グループ.
    pub custom_groups: Vec<CustomGroup>,
    /// カスタム項目.
    pub custom_templates: Vec<CustomTemplate>,
    /// Everyone, the retired included.
    pub people: Vec<Person>,
    planned: Vec<(jiff::civil::Date, Event)>,
    /// Who joined or came back since the beginning: SmartHR's id and 社員番号.
    came: Vec<(String, Option<String>)>,
    random: Random,
    next_number: u32,
}

/// A department.
#[derive(Clone, Debug, PartialEq)]
pub struct Department {
    /// SmartHR's id, a UUID.
    pub id: String,
    /// 部署名.
    pub name: String,
    /// 部署コード.
    pub code: Option<String>,
    /// The id of the 上位部署.
    pub parent: Option<String>,
    /// Its place among its siblings, from 1.
    pub position: u32,
    /// Its depth, from 1 to 5.
    pub level: u8,
    /// 廃止. Its people keep it until they are moved.
    pub is_discontinued: bool,
}

/// An entry of a master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Master {
    /// SmartHR's id, a UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// What SmartHR calls `preset_type` of an employment type; empty elsewhere.
    pub preset: &'static str,
}

/// 在籍状況.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 在籍中
    Employed,
    /// 休職中
    Absent,
    /// 退職済
    Retired,
    /// 出向中: a word that SmartHR does not have today, as it may have one tomorrow.
    Seconded,
}

impl Status {
    /// SmartHR's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Employed => "employed",
            Self::Absent => "absent",
            Self::Retired => "retired",
            Self::Seconded => "seconded",
        }
    }
}

/// 住所; inner parts may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// 郵便番号.
    pub zip_code: String,
    /// 都道府県.
    pub pref: String,
    /// 市区町村.
    pub city: String,
    /// 丁目・番地.
    pub street: String,
    /// 建物名.
    pub building: String,
}

/// A person, whom SmartHR calls a crew. Masters and departments are named by their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// SmartHR's id, a UUID; it never changes.
    pub id: String,
    /// 社員番号, with leading zeros.
    pub emp_code: Option<String>,
    /// 在籍状況.
    pub status: Status,
    /// 姓.
    pub last_name: String,
    /// 名.
    pub first_name: String,
    /// 姓(ヨミガナ).
    pub last_name_yomi: Option<String>,
    /// 名(ヨミガナ).
    pub first_name_yomi: Option<String>,
    /// ビジネスネーム: 姓, 名, 姓(ヨミガナ), 名(ヨミガナ). Both `None` and `""` mean unset.
    pub business_name: [Option<String>; 4],
    /// メールアドレス.
    pub email: Option<String>,
    /// 電話番号.
    pub tel_number: Option<String>,
    /// `male`, `female` or unset.
    pub gender: Option<&'static str>,
    /// 入社年月日.
    pub entered_at: Option<String>,
    /// 退職年月日; may lie in the past of someone who is employed.
    pub resigned_at: Option<String>,
    /// 業務内容.
    pub occupation: Option<String>,
    /// 住所.
    pub address: Option<Address>,
    /// 事業所.
    pub establishment: Option<String>,
    /// 雇用形態.
    pub employment_type: Option<String>,
    /// 部署1…10; a slot may be empty.
    pub departments: Vec<Option<String>>,
    /// 役職1…10; a slot may be empty.
    pub positions: Vec<Option<String>>,
    /// 等級.
    pub grade: Option<String>,
    /// 職種.
    pub job_category: Option<String>,
    /// カスタム項目: the template's id and the value as SmartHR's JSON has it.
    pub custom: Vec<(String, Value)>,
    /// Outside what the SmartHR account may see, for now.
    pub hidden: bool,
    /// Left out of listings, for now, although the crew is found by its id or 社員番号.
    pub is_unlisted: bool,
    /// Fields of this crew alone that SmartHR sends as null.
    pub unreadable: Vec<String>,
}

impl Person {
    /// Neither retired nor hidden: part of the link.
    pub fn is_linked(&self) -> bool {
        self.status != Status::Retired && !self.hidden
    }
}

impl Company {
    /// The people who are neither retired nor hidden.
    pub fn active(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.is_linked())
    }

    /// The ids of the first `n` active people.
    pub fn active_ids(&self, n: usize) -> Vec<String> {
        self.active().take(n).map(|person| person.id.clone()).collect()
    }

    /// A person by SmartHR's id.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// A person by SmartHR's id, to be changed.
    pub fn person_mut(&mut self, id: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.id == id)
    }

    /// A department by SmartHR's id.
    pub fn department(&self, id: &str) -> Option<&Department> {
        self.departments.iter().find(|department| department.id == id)
    }

    /// The departments that have a code.
    pub fn coded_departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.iter().filter(|department| department.code.is_some())
    }
}
