//! A crew as SmartHR's JSON. Departments, masters and templates are written once and copied into every crew, so that
//! 100,000 people cost the simulator little and a measurement shows the client.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use super::extra_fields::{self, EXTRA_FIELDS};
use super::settings::{DiscontinuedDepartments, ParentForm, SmartHrSettings};
use crate::company::{Address, Company, CustomGroup, CustomTemplate, Department, Master, Person};

/// The fields that a mapping can use, in SmartHR's order.
pub(super) const CREW_FIELDS: [&str; 30] = [
    "id",
    "emp_code",
    "emp_status",
    "last_name",
    "first_name",
    "last_name_yomi",
    "first_name_yomi",
    "business_last_name",
    "business_first_name",
    "business_last_name_yomi",
    "business_first_name_yomi",
    "email",
    "tel_number",
    "gender",
    "entered_at",
    "resigned_at",
    "occupation",
    "address",
    "biz_establishment_id",
    "biz_establishment",
    "employment_type",
    "department",
    "departments",
    "position",
    "positions",
    "grade",
    "job_category",
    "custom_fields",
    "created_at",
    "updated_at",
];

/// Ready pieces of JSON by SmartHR's id.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// A department as it stands in a crew.
    in_crew: HashMap<String, String>,
    /// A department as it stands in the list of departments.
    pub(super) listed: HashMap<String, String>,
    /// An entry of any master.
    pub(super) masters: HashMap<String, String>,
    names: HashMap<String, String>,
    pub(super) templates: HashMap<String, String>,
    /// The same with `group` instead of `group_id`.
    pub(super) grouped_templates: HashMap<String, String>,
    /// `custom_fields.NAME` by the template's id.
    custom_names: HashMap<String, String>,
}

impl Pieces {
    pub(super) fn of(company: &Company, settings: &SmartHrSettings) -> Self {
        let tree = Tree::of(company, settings);
        let mut pieces = Self::default();
        for department in &company.departments {
            pieces.in_crew.insert(department.id.clone(), tree.in_crew(department, settings.parent_form).to_string());
            pieces.listed.insert(department.id.clone(), tree.listed(department).to_string());
            pieces.names.insert(department.id.clone(), tree.full_name(department));
        }
        let masters = [
            &company.establishments,
            &company.employment_types,
            &company.job_titles,
            &company.grades,
            &company.job_categories,
            &company.recruitment_types,
        ];
        for (rank, master) in masters.into_iter().flat_map(|list| list.iter().zip(1..).map(|(m, rank)| (rank, m))) {
            pieces.masters.insert(master.id.clone(), master_json(master, rank).to_string());
            pieces.names.insert(master.id.clone(), master.name.clone());
        }
        for (template, position) in company.custom_templates.iter().zip(1..) {
            let mut whole = template_json(template, position, settings);
            pieces.templates.insert(template.id.clone(), whole.to_string());
            pieces.custom_names.insert(template.id.clone(), format!("custom_fields.{}", template.name));
            if let Some(members) = whole.as_object_mut()
                && let Some(group) = company.custom_groups.iter().position(|group| group.id == template.group)
            {
                members.remove("group_id");
                members.insert("group".to_owned(), group_json(&company.custom_groups[group], group));
            }
            pieces.grouped_templates.insert(template.id.clone(), whole.to_string());
        }
        for (at, group) in company.custom_groups.iter().enumerate() {
            pieces.masters.insert(group.id.clone(), group_json(group, at).to_string());
        }
        pieces
    }
}

fn template_json(template: &CustomTemplate, position: u32, settings: &SmartHrSettings) -> Value {
    let elements = template.elements.iter().zip(1..).map(|(element, position): (_, u32)| {
        json!({ "id": element.id, "name": element.name, "physical_name": element.physical_name, "position": position })
    });
    json!({
        "id": template.id,
        "name": template.name,
        "type": template.kind.as_str(),
        "elements": settings.with_nulls("crew_custom_field_templates", elements),
        "group_id": template.group,
        "hint": null,
        "position": position,
        "created_at": CREATED,
        "updated_at": CREATED,
    })
}

fn group_json(group: &CustomGroup, at: usize) -> Value {
    json!({
        "id": group.id, "name": group.name, "position": at + 1, "access_type": "read_and_update",
        "created_at": CREATED, "updated_at": CREATED,
    })
}

fn master_json(master: &Master, rank: u32) -> Value {
    if master.preset.is_empty() {
        json!({ "id": master.id, "name": master.name, "code": master.code, "rank": rank, "created_at": CREATED, "updated_at": CREATED })
    } else {
        json!({ "id": master.id, "name": master.name, "code": master.code, "preset_type": master.preset })
    }
}

const CREATED: &str = "2021-04-01T00:00:00.000Z";

struct Tree<'a> {
    settings: &'a SmartHrSettings,
    by_id: HashMap<&'a str, &'a Department>,
    children: HashMap<&'a str, Vec<&'a Department>>,
}

impl<'a> Tree<'a> {
    fn of(company: &'a Company, settings: &'a SmartHrSettings) -> Self {
        let mut children: HashMap<&str, Vec<&Department>> = HashMap::new();
        for department in &company.departments {
            if let Some(parent) = &department.parent {
                children.entry(parent).or_default().push(department);
            }
        }
        Self { settings, by_id: company.departments.iter().map(|d| (d.id.as_str(), d)).collect(), children }
    }

    fn parent(&self, department: &Department) -> Option<&'a Department> {
        department.parent.as_deref().and_then(|id| self.by_id.get(id)).copied()
    }

    /// The department and those above it, itself first. A ring of parents ends where it closes: JSON would have no end.
    fn line(&self, department: &'a Department) -> Vec<&'a Department> {
        let mut line = vec![department];
        while let Some(parent) = line.last().and_then(|last| self.parent(last)) {
            let closes = line.iter().any(|below| below.id == parent.id);
            line.push(parent);
            if closes {
                break;
            }
        }
        line
    }

    fn full_name(&self, department: &'a Department) -> String {
        let names: Vec<&str> = self.line(department).iter().rev().map(|one| one.name.as_str()).collect();
        names.join("/")
    }

    fn nested(&self, department: &'a Department) -> Value {
        let line = self.line(department);
        let mut whole = Value::Null;
        for (at, one) in line.iter().enumerate().rev() {
            let names: Vec<&str> = line[at..].iter().rev().map(|above| above.name.as_str()).collect();
            whole = json!({
                "id": one.id, "name": one.name, "full_name": names.join("/"),
                "position": one.position, "code": one.code, "parent": whole,
            });
        }
        whole
    }

    fn in_crew(&self, department: &'a Department, form: ParentForm) -> Value {
        let mut own = self.nested(department);
        match form {
            ParentForm::Object => {}
            ParentForm::Id => own["parent"] = json!(department.parent),
            ParentForm::Null => own["parent"] = Value::Null,
        }
        own
    }

    fn listed(&self, department: &'a Department) -> Value {
        let children =
            self.children.get(department.id.as_str()).into_iter().flatten().map(
                |child| json!({ "id": child.id, "name": child.name, "position": child.position, "code": child.code }),
            );
        let mut own = self.nested(department);
        own["children"] = json!(self.settings.with_nulls("departments", children));
        if department.is_discontinued && self.settings.discontinued_departments == DiscontinuedDepartments::Marked {
            own["discontinued_date"] = json!("2026-03-31");
        }
        own["created_at"] = json!(CREATED);
        own["updated_at"] = json!(CREATED);
        own
    }
}

/// Writes crews with a choice of fields.
#[derive(Debug)]
pub(super) struct CrewWriter<'a> {
    pub(super) pieces: &'a Pieces,
    pub(super) settings: &'a SmartHrSettings,
    /// Another number at every fetch.
    pub(super) fetch: u64,
}

impl CrewWriter<'_> {
    /// Writes a crew with these fields, and its id in any case; `None` is everything.
    pub(super) fn write(&self, out: &mut String, person: &Person, fields: Option<&[&str]>) {
        out.push_str("{\"id\":");
        text(out, Some(&person.id));
        let is_wanted = |field: &str| {
            fields.is_none_or(|only| only.contains(&field)) && !self.settings.hidden_as_absent.contains(field)
        };
        for field in CREW_FIELDS.iter().filter(|field| **field != "id" && is_wanted(field) && !self.leaves_out(field)) {
            self.entry(out, field, |out| {
                if person.unreadable.iter().any(|hidden| hidden == field) {
                    out.push_str("null");
                } else {
                    self.value(out, person, field);
                }
            });
        }
        for (field, json) in EXTRA_FIELDS.iter().filter(|(field, _)| is_wanted(field)) {
            self.entry(out, field, |out| extra_fields::write(out, json, self.fetch));
        }
        if self.settings.padding_per_crew > 0 {
            out.push_str(",\"padding\":\"");
            out.extend(std::iter::repeat_n('x', self.settings.padding_per_crew));
            out.push('"');
        }
        out.push('}');
    }

    fn entry(&self, out: &mut String, field: &str, write: impl FnOnce(&mut String)) {
        out.push_str(",\"");
        out.push_str(field);
        out.push_str("\":");
        if self.settings.hidden_as_null.contains(field) {
            out.push_str("null");
        } else {
            write(out);
        }
    }

    fn leaves_out(&self, field: &str) -> bool {
        match field {
            "biz_establishment" => !self.settings.embedded_establishment,
            "positions" => self.settings.positions_as_text,
            _ => false,
        }
    }

    fn value(&self, out: &mut String, person: &Person, field: &str) {
        match field {
            "emp_code" => text(out, person.emp_code.as_deref()),
            "emp_status" => text(out, Some(person.status.as_str())),
            "last_name" => text(out, Some(&person.last_name)),
            "first_name" => text(out, Some(&person.first_name)),
            "last_name_yomi" => text(out, person.last_name_yomi.as_deref()),
            "first_name_yomi" => text(out, person.first_name_yomi.as_deref()),
            "business_last_name" => text(out, person.business_name[0].as_deref()),
            "business_first_name" => text(out, person.business_name[1].as_deref()),
            "business_last_name_yomi" => text(out, person.business_name[2].as_deref()),
            "business_first_name_yomi" => text(out, person.business_name[3].as_deref()),
            "email" => text(out, person.email.as_deref()),
            "tel_number" => text(out, person.tel_number.as_deref()),
            "gender" => text(out, person.gender),
            "entered_at" => text(out, person.entered_at.as_deref()),
            "resigned_at" => text(out, person.resigned_at.as_deref()),
            "occupation" => text(out, person.occupation.as_deref()),
            "address" => address(out, person.address.as_ref()),
            "biz_establishment_id" => text(out, person.establishment.as_deref()),
            "biz_establishment" => piece(out, &self.pieces.masters, person.establishment.as_ref()),
            "employment_type" => piece(out, &self.pieces.masters, person.employment_type.as_ref()),
            "department" => self.first_name_of(out, &person.departments),
            "departments" => self.slots(out, &self.pieces.in_crew, person, &person.departments),
            "position" => self.first_name_of(out, &person.positions),
            "positions" => self.slots(out, &self.pieces.masters, person, &person.positions),
            "grade" => piece(out, &self.pieces.masters, person.grade.as_ref()),
            "job_category" => piece(out, &self.pieces.masters, person.job_category.as_ref()),
            "custom_fields" => self.custom_fields(out, person),
            "created_at" if person.id.ends_with(['0', '2', '4', '6', '8']) => text(out, Some(CREATED)),
            "created_at" => text(out, Some("2021-04-01T09:00:00.000+09:00")),
            "updated_at" => {
                let seconds = self.fetch % 86_400;
                let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
                text(out, Some(&format!("2026-11-23T{hour:02}:{minute:02}:{second:02}.000+09:00")));
            }
            _ => out.push_str("null"),
        }
    }

    fn first_name_of(&self, out: &mut String, slots: &[Option<String>]) {
        let name = slots.first().and_then(Option::as_ref).and_then(|id| self.pieces.names.get(id));
        text(out, name.map(String::as_str));
    }

    fn slots(&self, out: &mut String, pieces: &HashMap<String, String>, person: &Person, slots: &[Option<String>]) {
        let padding = if self.settings.padded_slots { 10_usize.saturating_sub(slots.len()) } else { 0 };
        // Nothing at all comes as null or as an empty list.
        if slots.is_empty() && padding == 0 && person.id.ends_with(['0', '1', '2', '3', '4', '5', '6', '7']) {
            out.push_str("null");
            return;
        }
        let empty = std::iter::repeat_n(None, padding);
        list(out, slots.iter().map(Option::as_ref).chain(empty), |out, id| piece(out, pieces, id));
    }

    fn custom_fields(&self, out: &mut String, person: &Person) {
        if person.custom.is_empty() {
            out.push_str("null");
            return;
        }
        let (as_null, as_absent) = (&self.settings.hidden_as_null, &self.settings.hidden_as_absent);
        let is_in = |fields: &BTreeSet<String>, template: &String| {
            self.pieces.custom_names.get(template).is_some_and(|name| fields.contains(name))
        };
        let readable = person.custom.iter().filter(|(template, _)| !is_in(as_absent, template));
        list(out, self.settings.with_nulls("crews", readable), |out, custom| {
            let Some((template, value)) = custom else { return out.push_str("null") };
            out.push_str("{\"value\":");
            let value = if is_in(as_null, template) { &Value::Null } else { value };
            out.push_str(&value.to_string());
            out.push_str(",\"template\":");
            piece(out, &self.pieces.templates, Some(template));
            out.push('}');
        });
    }
}

/// Writes `[…]` with commas between.
pub(super) fn list<T>(out: &mut String, things: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut String, T)) {
    out.push('[');
    for (at, thing) in things.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, thing);
    }
    out.push(']');
}

fn piece(out: &mut String, pieces: &HashMap<String, String>, id: Option<&String>) {
    out.push_str(id.and_then(|id| pieces.get(id)).map_or("null", String::as_str));
}

fn text(out: &mut String, value: Option<&str>) {
    match value {
        None => out.push_str("null"),
        Some(value) if value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') => {
            out.push('"');
            out.push_str(value);
            out.push('"');
        }
        Some(value) => out.push_str(&Value::from(value).to_string()),
    }
}

fn address(out: &mut String, address: Option<&Address>) {
    let Some(address) = address else { return out.push_str("null") };
    let parts = [
        ("{\"country_number\":", "JP"),
        (",\"zip_code\":", address.zip_code.as_str()),
        (",\"pref\":", address.pref.as_str()),
        (",\"city\":", address.city.as_str()),
        (",\"street\":", address.street.as_str()),
        (",\"building\":", address.building.as_str()),
        (",\"literal_yomi\":", ""),
    ];
    for (key, value) in parts {
        out.push_str(key);
        text(out, Some(value));
    }
    out.push('}');
}
