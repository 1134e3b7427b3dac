//! The value of a SmartHR item for one person.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::departments::{DepartmentSet, Place};
use super::present;
use super::templates::Templates;
use crate::config::{SmartHrField, Source};
use crate::smarthr::{Crew, CustomField, CustomValue, DepartmentRef, Named, OwnedTemplate, Text};

/// SmartHR's masters, as far as a sheet needs them.
#[derive(Clone, Debug, Default)]
pub struct Masters {
    /// 事業所: name by id.
    pub establishments: HashMap<String, String>,
    /// Custom fields by name.
    pub custom_fields: HashMap<String, OwnedTemplate>,
}

/// A value that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueFault {
    /// An id or choice that SmartHR's own master does not have.
    NotInMaster {
        /// The id or choice.
        value: String,
    },
    /// A department that SmartHR's list does not have.
    DepartmentUnknown {
        /// Its name or code, as far as known.
        name: String,
        /// Its code, if it has one.
        code: Option<String>,
        /// SmartHR's id of it.
        id: String,
    },
}

/// What values are made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) departments: &'a DepartmentSet,
    pub(crate) masters: &'a Masters,
    pub(crate) name_separator: &'a str,
}

/// The value of `source` for `crew`, whose templates have been read; `None` where there is none.
pub(crate) fn value_of<'c>(
    source: &'c Source,
    crew: &'c Crew<'_>,
    templates: &Templates,
    from: Sources<'c>,
) -> Result<Option<Cow<'c, str>>, ValueFault> {
    match source {
        Source::Nothing => Ok(None),
        // As the sheet has it, white space at its ends included.
        Source::Fixed(value) => Ok(present(Some(value)).map(|_| Cow::Borrowed(value.as_str()))),
        Source::Custom(name) => custom_value(name, crew, templates, from.masters),
        Source::Field(field) => field_value(*field, crew, from),
    }
}

fn field_value<'c>(
    field: SmartHrField,
    crew: &'c Crew<'_>,
    from: Sources<'c>,
) -> Result<Option<Cow<'c, str>>, ValueFault> {
    let separator = from.name_separator;
    let name = || joined(crew.last_name.as_ref(), crew.first_name.as_ref(), separator);
    let kana = || joined(crew.last_name_yomi.as_ref(), crew.first_name_yomi.as_ref(), separator);
    Ok(match field {
        SmartHrField::EmployeeNumber => plain(crew.emp_code.as_ref()),
        SmartHrField::Email => plain(crew.email.as_ref()),
        SmartHrField::Name => name(),
        SmartHrField::NameKana => kana(),
        // Surname and given name fall back together: half a business name is still the person's business name.
        SmartHrField::BusinessName => {
            joined(crew.business_last_name.as_ref(), crew.business_first_name.as_ref(), separator).or_else(name)
        }
        SmartHrField::BusinessNameKana => {
            joined(crew.business_last_name_yomi.as_ref(), crew.business_first_name_yomi.as_ref(), separator)
                .or_else(kana)
        }
        SmartHrField::Department(slot) => return department_value(slot, crew, from.departments),
        SmartHrField::Position(slot) => position_value(slot, crew),
        SmartHrField::Establishment => return establishment_value(crew, from.masters),
        SmartHrField::EmploymentType => named(crew.employment_type.as_ref()),
        SmartHrField::Grade => named(crew.grade.as_ref()),
        SmartHrField::JobCategory => named(crew.job_category.as_ref()),
        SmartHrField::RecruitmentType => named(crew.recruitment_type.as_ref()),
        SmartHrField::Occupation => plain(crew.occupation.as_ref()),
        SmartHrField::Status => plain(crew.emp_status.as_ref()).map(|status| translated(status, &STATUS)),
        SmartHrField::Gender => plain(crew.gender.as_ref()).map(|gender| translated(gender, &GENDER)),
        SmartHrField::Telephone => plain(crew.tel_number.as_ref()),
        SmartHrField::EnteredAt => plain(crew.entered_at.as_ref()),
        SmartHrField::Prefecture => crew.address.as_ref().and_then(|address| plain(address.pref.as_ref())),
        SmartHrField::City => crew.address.as_ref().and_then(|address| plain(address.city.as_ref())),
    })
}

const STATUS: [(&str, &str); 3] = [("employed", "在籍中"), ("absent", "休職中"), ("retired", "退職済")];
const GENDER: [(&str, &str); 2] = [("male", "男性"), ("female", "女性")];

/// SmartHR's word in Japanese; a word that is not known stays as it is.
fn translated<'c>(word: Cow<'c, str>, words: &[(&str, &'static str)]) -> Cow<'c, str> {
    words.iter().find(|(theirs, _)| *theirs == word).map_or(word, |(_, ours)| Cow::Borrowed(*ours))
}

pub(crate) fn plain<'c>(text: Option<&'c Text<'_>>) -> Option<Cow<'c, str>> {
    present(text.map(Text::as_str)).map(Cow::Borrowed)
}

fn named<'c>(entry: Option<&'c Named<'_>>) -> Option<Cow<'c, str>> {
    entry.and_then(|entry| plain(entry.name.as_ref()))
}

fn joined<'c>(last: Option<&'c Text<'_>>, first: Option<&'c Text<'_>>, separator: &str) -> Option<Cow<'c, str>> {
    match (plain(last), plain(first)) {
        (Some(last), Some(first)) => {
            let mut whole = String::with_capacity(last.len() + separator.len() + first.len());
            whole.push_str(&last);
            whole.push_str(separator);
            whole.push_str(&first);
            Some(Cow::Owned(whole))
        }
        (one, other) => one.or(other),
    }
}

/// The person's department in a slot; null slots and departments without an id or code are empty slots.
pub(crate) fn department_in<'c, 'a>(slot: u8, crew: &'c Crew<'a>) -> Option<&'c DepartmentRef<'a>> {
    let index = usize::from(slot).checked_sub(1)?;
    let reference = crew.departments.as_ref()?.get(index)?.as_ref()?;
    let given = |text: &Option<Text<'_>>| present(text.as_ref().map(Text::as_str)).is_some();
    (given(&reference.id) || given(&reference.code)).then_some(reference)
}

fn department_value<'c>(
    slot: u8,
    crew: &Crew<'_>,
    departments: &'c DepartmentSet,
) -> Result<Option<Cow<'c, str>>, ValueFault> {
    let Some(reference) = department_in(slot, crew) else { return Ok(None) };
    match departments.place(reference) {
        Place::Linked { id, .. } => Ok(Some(Cow::Borrowed(id))),
        Place::NotLinked { .. } => Ok(None),
        Place::Unknown => {
            let code = plain(reference.code.as_ref()).map(Cow::into_owned);
            let name = plain(reference.name.as_ref()).or_else(|| plain(reference.code.as_ref()));
            let id = plain(reference.id.as_ref()).unwrap_or_default().into_owned();
            Err(ValueFault::DepartmentUnknown { name: name.unwrap_or_default().into_owned(), code, id })
        }
    }
}

fn position_in<'c, 'a>(slot: u8, crew: &'c Crew<'a>) -> Option<&'c Named<'a>> {
    crew.positions.as_ref()?.get(usize::from(slot).checked_sub(1)?)?.as_ref()
}

/// The order of the prefectures (JIS X 0401), by where a name stands.
const PREFECTURES: &str = "北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 \
    新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 \
    岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県";

/// Where the person's value of `source` stands in SmartHR's own order; last where that is not known.
pub(crate) fn rank_of(source: &Source, crew: &Crew<'_>) -> usize {
    const LAST: usize = 99_999;
    let entry = match source {
        Source::Field(SmartHrField::Position(slot)) => position_in(*slot, crew),
        Source::Field(SmartHrField::Grade) => crew.grade.as_ref(),
        Source::Field(SmartHrField::JobCategory) => crew.job_category.as_ref(),
        Source::Field(SmartHrField::RecruitmentType) => crew.recruitment_type.as_ref(),
        Source::Field(SmartHrField::Prefecture) => {
            let name = crew.address.as_ref().and_then(|address| plain(address.pref.as_ref()));
            return name.and_then(|name| PREFECTURES.find(&*name)).unwrap_or(LAST);
        }
        _ => None,
    };
    entry.and_then(|entry| entry.rank?.get().parse().ok()).map_or(LAST, |rank: usize| rank.min(LAST))
}

fn position_value<'c>(slot: u8, crew: &'c Crew<'_>) -> Option<Cow<'c, str>> {
    match &crew.positions {
        Some(_) => named(position_in(slot, crew)),
        None if slot == 1 => crew.position.as_ref().and_then(|position| plain(position.0.as_ref())),
        None => None,
    }
}

fn establishment_value<'c>(crew: &'c Crew<'_>, masters: &'c Masters) -> Result<Option<Cow<'c, str>>, ValueFault> {
    if let Some(name) = named(crew.biz_establishment.as_ref()) {
        return Ok(Some(name));
    }
    let Some(id) = plain(crew.biz_establishment_id.as_ref()) else { return Ok(None) };
    match masters.establishments.get(&*id) {
        Some(name) => Ok(present(Some(name)).map(Cow::Borrowed)),
        None => Err(ValueFault::NotInMaster { value: id.into_owned() }),
    }
}

fn custom_value<'c>(
    name: &str,
    crew: &'c Crew<'_>,
    templates: &Templates,
    masters: &'c Masters,
) -> Result<Option<Cow<'c, str>>, ValueFault> {
    let kept = masters.custom_fields.get(name);
    // One name can stand in several groups: what counts is the id, where it is known on both sides.
    let own_id = kept.map(|template| template.id.as_str()).filter(|id| !id.is_empty());
    let is_it = |slot: usize| match (own_id, templates.id(slot)) {
        (Some(own), Some(id)) => own == id,
        _ => templates.name(slot) == Some(kept.map_or(name.trim(), |template| template.name.trim())),
    };
    let fields = crew.custom_fields.as_deref().unwrap_or_default();
    let mut slots = fields.iter().enumerate().filter_map(|(slot, field)| Some((slot, field.as_ref()?)));
    let Some((slot, field)) = slots.find(|(slot, _)| is_it(*slot)) else { return Ok(None) };
    let is_choice = templates.kind(slot).or(kept.map(|template| template.kind.as_str())) == Some("enum");
    match &field.value {
        None => Ok(None),
        Some(CustomValue::Text(text)) => match present(Some(text.as_str())) {
            None => Ok(None),
            Some(value) if is_choice => choice(value, field, kept).map(Some),
            Some(value) => Ok(Some(Cow::Borrowed(value))),
        },
        Some(CustomValue::Object { name: Some(name), .. }) => Ok(present(Some(name.as_str())).map(Cow::Borrowed)),
        Some(CustomValue::Object { id: Some(id), .. }) if is_choice => choice(id.as_str(), field, kept).map(Some),
        Some(CustomValue::Object { id, .. }) => Ok(plain(id.as_ref())),
        Some(CustomValue::List(values)) => {
            let mut names = Vec::new();
            for value in values.iter().filter_map(|value| present(Some(value.as_str()))) {
                names.push(if is_choice { choice(value, field, kept)? } else { Cow::Borrowed(value) });
            }
            Ok(if names.is_empty() { None } else { Some(Cow::Owned(names.join("、"))) })
        }
    }
}

/// The name of a choice, given by its id, its physical name or its name itself. Looked up in the master first; what a
/// crew carries along counts where the master is not as new.
fn choice<'c>(
    value: &str,
    field: &'c CustomField<'_>,
    kept: Option<&'c OwnedTemplate>,
) -> Result<Cow<'c, str>, ValueFault> {
    let elements = kept.map(|template| template.elements.as_slice()).unwrap_or_default();
    let known = elements
        .iter()
        .find(|(id, _, _)| id == value)
        .or_else(|| elements.iter().find(|(_, physical, _)| physical == value))
        .or_else(|| elements.iter().find(|(_, _, name)| name == value))
        .and_then(|(_, _, name)| present(Some(name)).map(Cow::Borrowed));
    let embedded = || {
        let choices = field.choices();
        let is = |text: &Option<Text<'_>>| text.as_ref().is_some_and(|text| text.as_str() == value);
        let found = choices
            .iter()
            .find(|element| is(&element.id))
            .or_else(|| choices.iter().find(|element| is(&element.physical_name)))
            .or_else(|| choices.iter().find(|element| is(&element.name)))?;
        plain(found.name.as_ref()).map(|name| Cow::Owned(name.into_owned()))
    };
    known.or_else(embedded).ok_or_else(|| ValueFault::NotInMaster { value: value.to_owned() })
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
