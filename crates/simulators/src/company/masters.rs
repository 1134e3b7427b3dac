//! The masters that people refer to: establishments, employment types, titles, grades, job categories.

use super::{Master, Random};

/// Titles from the top down.
pub(super) const TITLES: [&str; 9] =
    ["代表取締役", "執行役員", "本部長", "事業部長", "部長", "室長", "次長", "マネージャー", "サブマネージャー"];

pub(super) const ESTABLISHMENTS: [&str; 10] = [
    "本社",
    "大阪支社",
    "名古屋支社",
    "福岡支社",
    "札幌営業所",
    "仙台営業所",
    "広島営業所",
    "つくば研究所",
    "川崎データセンター",
    "那覇オフィス",
];

pub(super) const EMPLOYMENT_TYPES: [(&str, &str); 5] = [
    ("役員", "board_member"),
    ("正社員", "permanent_employee"),
    ("契約社員", "contract_worker"),
    ("派遣社員", "dispatched_worker"),
    ("アルバイト", "part_timer"),
];

pub(super) const GRADES: [&str; 8] = ["E1", "M2", "M1", "S4", "S3", "S2", "S1", "J1"];

pub(super) const JOB_CATEGORIES: [&str; 6] = ["事務職", "営業職", "技術職", "研究職", "企画職", "専門職"];

const RECRUITMENT_TYPES: [(&str, &str); 5] = [
    ("新卒", "new_graduate"),
    ("中途", "mid_career"),
    ("パート・アルバイト", "part_time"),
    ("正社員登用", "full_time_conversion"),
    ("再雇用", "rehire"),
];

/// The same ids in every company: a master added later must not change which random numbers the others get.
pub(super) fn recruitment_types() -> Vec<Master> {
    let types = RECRUITMENT_TYPES.iter().zip(1..);
    types
        .map(|((name, preset), number): (_, u32)| Master {
            id: format!("5ec00000-0000-4000-8000-{number:012}"),
            name: (*name).to_owned(),
            code: format!("{number:02}"),
            preset,
        })
        .collect()
}

/// Master entries of these names, with codes from 1.
pub(super) fn named(random: &mut Random, names: &[&str]) -> Vec<Master> {
    let presets: Vec<(&str, &'static str)> = names.iter().map(|name| (*name, "")).collect();
    preset(random, &presets)
}

/// Master entries of these names and presets, with codes from 1.
pub(super) fn preset(random: &mut Random, names: &[(&str, &'static str)]) -> Vec<Master> {
    names
        .iter()
        .zip(1..)
        .map(|((name, preset), code): (_, u32)| Master {
            id: random.uuid(),
            name: (*name).to_owned(),
            code: format!("{code:02}"),
            preset,
        })
        .collect()
}
