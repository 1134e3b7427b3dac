//! Which crews or departments a request means, and in which order.

use super::Asked;
use super::pages::bad_parameter;
use crate::company::{Company, Department, Person};
use crate::http::Reply;

/// The crews that the filters let through, by their place in the company, in the order asked for.
pub(super) fn crews(company: &Company, asked: &Asked, sort_by_id: bool) -> Result<Vec<usize>, Reply> {
    let wants = |key: &str, own: Option<&str>| asked.query.get(key).is_none_or(|wanted| own == Some(wanted));
    let mut chosen: Vec<usize> = (0..company.people.len())
        .filter(|at| {
            let person = &company.people[*at];
            let department = asked.query.get("department_id");
            !person.hidden
                && wants("emp_status", Some(person.status.as_str()))
                && wants("emp_code", person.emp_code.as_deref())
                && wants("employment_type_id", person.employment_type.as_deref())
                && wants("gender", person.gender)
                && department.is_none_or(|id| person.departments.iter().flatten().any(|own| own == id))
                && asked.query.get("q").is_none_or(|words| mentions(person, words))
        })
        .collect();
    sort(&mut chosen, asked, |key, at| {
        let person = &company.people[at];
        Some(match key {
            "id" if sort_by_id => person.id.as_str(),
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
pub(super) fn departments(company: &Company, asked: &Asked, sort_by_id: bool) -> Result<Vec<usize>, Reply> {
    let mut chosen: Vec<usize> = (0..company.departments.len())
        .filter(|at| asked.query.get("code").is_none_or(|code| company.departments[*at].code.as_deref() == Some(code)))
        .collect();
    sort(&mut chosen, asked, |key, at| department_key(&company.departments[at], key, sort_by_id))?;
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

fn mentions(person: &Person, words: &str) -> bool {
    let own = format!(
        "{} {} {} {}",
        person.last_name,
        person.first_name,
        person.emp_code.as_deref().unwrap_or_default(),
        person.email.as_deref().unwrap_or_default()
    );
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
