//! Which crews or departments a request means, and in which order.

use std::collections::HashSet;

use super::Asked;
use super::pages::bad_parameter;
use super::settings::{DiscontinuedDepartments, SmartHrSettings};
use crate::company::{Company, Department, Person, Status};
use crate::http::Reply;

/// The most ids in one request.
const MOST_IDS: usize = 100;

/// A crew listing's parameters.
#[derive(Debug, Default)]
struct Filter<'a> {
    status: Option<Status>,
    id: Option<HashSet<&'a str>>,
    code: Option<&'a str>,
    preset: Option<&'a str>,
    employment_type: Option<HashSet<&'a str>>,
    user: Option<HashSet<&'a str>>,
    department: Option<HashSet<&'a str>>,
    position: Option<HashSet<&'a str>>,
    gender: Option<&'a str>,
    entered: Days<'a>,
    resigned: Days<'a>,
    words: Option<&'a str>,
}

/// A first and a last day, both included.
#[derive(Debug, Default)]
struct Days<'a> {
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl Days<'_> {
    fn contain(&self, day: Option<&str>) -> bool {
        (self.from.is_none() && self.to.is_none())
            || day.is_some_and(|day| self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to))
    }
}

impl<'a> Filter<'a> {
    fn of(asked: &'a Asked, settings: &SmartHrSettings) -> Result<Self, Reply> {
        // An empty value is no filter: `id=` lists everybody.
        let given = |key: &str| {
            asked.query.get(key).filter(|value| !value.is_empty() && !settings.ignored_parameters.contains(key))
        };
        let several = |key: &str| given(key).map(|list| list.split(',').map(str::trim).collect::<HashSet<_>>());
        let day = |key: &str| match given(key) {
            Some(day) if day.parse::<jiff::civil::Date>().is_err() => {
                Err(bad_parameter(key, &format!("{key}に不正な値が指定されています")))
            }
            day => Ok(day),
        };
        let status = given("emp_status").map(|word| {
            [Status::Employed, Status::Absent, Status::Retired]
                .into_iter()
                .find(|status| status.as_str() == word)
                .ok_or_else(|| bad_parameter("emp_status", "emp_statusに不正な値が指定されています"))
        });
        if given("gender").is_some_and(|gender| !["male", "female"].contains(&gender)) {
            return Err(bad_parameter("gender", "genderに不正な値が指定されています"));
        }
        let id = several("id");
        if id.as_ref().is_some_and(|ids| ids.len() > MOST_IDS) {
            return Err(bad_parameter("id", "idは100件以内で指定してください"));
        }
        Ok(Self {
            status: status.transpose()?,
            id,
            code: given("emp_code"),
            preset: given("emp_type"),
            employment_type: several("employment_type_id"),
            user: several("user_id"),
            department: several("department_id"),
            position: several("position_id"),
            gender: given("gender"),
            entered: Days { from: day("entered_at_from")?, to: day("entered_at_to")? },
            resigned: Days { from: day("resigned_at_from")?, to: day("resigned_at_to")? },
            words: given("q"),
        })
    }

    /// Whether an unlisted person is found: only by who asks for just them.
    fn finds_unlisted(&self) -> bool {
        self.id.is_some() || self.code.is_some()
    }

    fn lets_through(&self, company: &Company, person: &Person) -> bool {
        let is_in = |wanted: &Option<HashSet<&str>>, own: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| own.is_some_and(|own| wanted.contains(own)))
        };
        let any_in = |wanted: &Option<HashSet<&str>>, own: &[Option<String>]| {
            wanted.as_ref().is_none_or(|wanted| own.iter().flatten().any(|own| wanted.contains(own.as_str())))
        };
        !person.hidden
            && (!person.is_unlisted || self.finds_unlisted())
            && self.status.is_none_or(|status| status == person.status)
            && is_in(&self.id, Some(&person.id))
            && self.code.is_none_or(|code| person.emp_code.as_deref() == Some(code))
            && is_in(&self.employment_type, person.employment_type.as_deref())
            && self.preset.is_none_or(|preset| preset_type(company, person) == Some(preset))
            // No crew here has an account of its own.
            && is_in(&self.user, None)
            && any_in(&self.department, &person.departments)
            && any_in(&self.position, &person.positions)
            && self.gender.is_none_or(|gender| person.gender == Some(gender))
            && self.entered.contain(person.entered_at.as_deref())
            && self.resigned.contain(person.resigned_at.as_deref())
            && self.words.is_none_or(|words| mentions(company, person, words))
    }
}

/// The crews that the filters let through, by their place in the company, in the order asked for.
pub(super) fn crews(company: &Company, asked: &Asked, settings: &SmartHrSettings) -> Result<Vec<usize>, Reply> {
    let filter = Filter::of(asked, settings)?;
    let mut chosen: Vec<usize> =
        (0..company.people.len()).filter(|at| filter.lets_through(company, &company.people[*at])).collect();
    sort(&mut chosen, asked, |key, at| {
        let person = &company.people[at];
        Some(match key {
            "id" if settings.sort_by_id => person.id.as_str(),
            "emp_code" => person.emp_code.as_deref().unwrap_or_default(),
            "emp_status" => person.status.as_str(),
            "last_name" => person.last_name.as_str(),
            "entered_at" => person.entered_at.as_deref().unwrap_or_default(),
            // Everyone was created at the same time and changes at every fetch.
            "created_at" | "updated_at" => "",
            _ => return None,
        })
    })?;
    Ok(chosen)
}

/// The same of departments.
pub(super) fn departments(company: &Company, asked: &Asked, settings: &SmartHrSettings) -> Result<Vec<usize>, Reply> {
    let lists_discontinued = settings.discontinued_departments != DiscontinuedDepartments::Unlisted;
    let wanted = asked.query.get("code").filter(|code| !code.is_empty());
    let mut chosen: Vec<usize> = (0..company.departments.len())
        .filter(|at| {
            let department = &company.departments[*at];
            (lists_discontinued || !department.is_discontinued)
                && wanted.is_none_or(|code| department.code.as_deref() == Some(code))
        })
        .collect();
    sort(&mut chosen, asked, |key, at| department_key(&company.departments[at], key, settings.sort_by_id))?;
    Ok(chosen)
}

fn department_key<'a>(department: &'a Department, key: &str, sort_by_id: bool) -> Option<&'a str> {
    Some(match key {
        "id" if sort_by_id => &department.id,
        "code" => department.code.as_deref().unwrap_or_default(),
        "name" => &department.name,
        "created_at" | "updated_at" | "position" => "",
        _ => return None,
    })
}

fn preset_type(company: &Company, person: &Person) -> Option<&'static str> {
    let own = person.employment_type.as_ref()?;
    company.employment_types.iter().find(|one| one.id == *own).map(|one| one.preset)
}

/// 氏名・ビジネスネーム・部署名・役職名, and the 社員番号 and address that the real search was seen to find too.
fn mentions(company: &Company, person: &Person, words: &str) -> bool {
    let mut own = vec![person.last_name.as_str(), &person.first_name];
    own.extend(person.business_name.iter().flatten().map(String::as_str));
    own.extend(person.emp_code.as_deref());
    own.extend(person.email.as_deref());
    own.extend(
        person.departments.iter().flatten().filter_map(|id| company.department(id)).map(|one| one.name.as_str()),
    );
    let titles = person.positions.iter().flatten();
    own.extend(
        titles.filter_map(|id| company.job_titles.iter().find(|one| one.id == *id)).map(|one| one.name.as_str()),
    );
    let own = own.join(" ");
    words.split_whitespace().all(|word| own.contains(word))
}

/// `sort=emp_status,-updated_at`: a minus turns the order of that key round. The sort is stable.
fn sort<'a>(chosen: &mut [usize], asked: &Asked, value: impl Fn(&str, usize) -> Option<&'a str>) -> Result<(), Reply> {
    let keys: Vec<&str> =
        asked.query.get("sort").into_iter().flat_map(|list| list.split(',')).filter(|key| !key.is_empty()).collect();
    let name = |key: &str| key.trim_start_matches('-').to_owned();
    if let Some(first) = chosen.first()
        && keys.iter().any(|key| value(&name(key), *first).is_none())
    {
        return Err(bad_parameter("sort", "sortに指定できない項目です"));
    }
    // The last key first: later, stable sorts keep its order among equals.
    for key in keys.iter().rev() {
        let name = name(key);
        if key.starts_with('-') {
            chosen.sort_by(|a, b| value(&name, *b).cmp(&value(&name, *a)));
        } else {
            chosen.sort_by(|a, b| value(&name, *a).cmp(&value(&name, *b)));
        }
    }
    Ok(())
}
