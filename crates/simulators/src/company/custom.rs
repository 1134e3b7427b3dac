//! Custom fields: one template of every type that SmartHR has, and values for a person.

use serde_json::{Value, json};

use super::{Company, Random};

/// The type of a custom field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomKind {
    /// A date.
    Date,
    /// A number, which SmartHR sends as a number or as a string.
    Decimal,
    /// A choice.
    Enum,
    /// A file.
    File,
    /// A line of text.
    String,
    /// A longer text.
    Text,
}

impl CustomKind {
    /// SmartHR's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Decimal => "decimal",
            Self::Enum => "enum",
            Self::File => "file",
            Self::String => "string",
            Self::Text => "text",
        }
    }
}

/// A custom field that a company has defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomTemplate {
    /// SmartHR's id.
    pub id: String,
    /// Its name, by which the mapping sheet refers to it.
    pub name: String,
    /// Its type.
    pub kind: CustomKind,
    /// The choices of an [`CustomKind::Enum`].
    pub elements: Vec<CustomElement>,
    /// The id of its group.
    pub group: String,
}

/// カスタム項目グループ. Two groups may hold fields of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomGroup {
    /// SmartHR's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl CustomGroup {
    /// The group of the fields that every company has.
    pub(super) fn usual() -> Self {
        Self { id: "9c000000-0000-4000-8000-000000000001".to_owned(), name: "緊急時の情報".to_owned() }
    }
}

impl Company {
    /// Adds a group of custom fields; gives its id.
    pub fn add_custom_group(&mut self, name: &str) -> String {
        let id = format!("9c000000-0000-4000-8000-{:012}", self.custom_groups.len() + 1);
        self.custom_groups.push(CustomGroup { id: id.clone(), name: name.to_owned() });
        id
    }

    /// Adds a custom field to a group; gives its id. Nobody has a value yet.
    pub fn add_custom_field(&mut self, group: &str, name: &str, kind: CustomKind) -> String {
        let id = format!("9d000000-0000-4000-8000-{:012}", self.custom_templates.len() + 1);
        self.custom_templates.push(CustomTemplate {
            id: id.clone(),
            name: name.to_owned(),
            kind,
            elements: Vec::new(),
            group: group.to_owned(),
        });
        id
    }

    /// The person's value of a custom field becomes this, as SmartHR's JSON has it.
    pub fn set_custom(&mut self, person: &str, field: &str, value: Value) {
        let Some(person) = self.person_mut(person) else { return };
        match person.custom.iter_mut().find(|(id, _)| id == field) {
            Some((_, own)) => *own = value,
            None => person.custom.push((field.to_owned(), value)),
        }
    }
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomElement {
    /// SmartHR's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name in SmartHR's CSV files.
    pub physical_name: String,
}

const FIELDS: [(&str, CustomKind); 7] = [
    ("入館証有効期限", CustomKind::Date),
    ("通勤時間", CustomKind::Decimal),
    ("緊急時の役割", CustomKind::Enum),
    ("通勤経路図", CustomKind::File),
    ("個人メールアドレス", CustomKind::String),
    ("個人携帯番号", CustomKind::String),
    ("緊急時の配慮事項", CustomKind::Text),
];

pub(super) const ROLES: [(&str, &str); 4] =
    [("安否確認責任者", "safety_lead"), ("救護班", "first_aid"), ("初期消火班", "fire"), ("避難誘導班", "evacuation")];

/// One template of every type.
pub(super) fn templates(random: &mut Random) -> Vec<CustomTemplate> {
    FIELDS
        .iter()
        .map(|(name, kind)| CustomTemplate {
            id: random.uuid(),
            name: (*name).to_owned(),
            kind: *kind,
            elements: if *kind == CustomKind::Enum { elements(random) } else { Vec::new() },
            group: CustomGroup::usual().id,
        })
        .collect()
}

fn elements(random: &mut Random) -> Vec<CustomElement> {
    ROLES
        .iter()
        .map(|(name, physical)| CustomElement {
            id: random.uuid(),
            name: (*name).to_owned(),
            physical_name: (*physical).to_owned(),
        })
        .collect()
}

/// Values for one person: all forms in which SmartHR was seen to send them, null among them.
pub(super) fn values(random: &mut Random, templates: &[CustomTemplate], address: &str) -> Vec<(String, Value)> {
    templates.iter().map(|template| (template.id.clone(), value(random, template, address))).collect()
}

fn value(random: &mut Random, template: &CustomTemplate, address: &str) -> Value {
    match template.kind {
        CustomKind::Date => json!(format!("20{}-{:02}-{:02}", 27 + random.below(4), 1 + random.below(12), 28)),
        CustomKind::Decimal if random.per_mille(500) => json!(5 + random.below(110)),
        CustomKind::Decimal => json!(format!("{}.0", 5 + random.below(110))),
        CustomKind::Enum if random.per_mille(700) => Value::Null,
        CustomKind::Enum => {
            let by_id = random.per_mille(500);
            let element = random.pick(&template.elements);
            json!(if by_id { &element.id } else { &element.physical_name })
        }
        CustomKind::File if random.per_mille(900) => Value::Null,
        CustomKind::File => json!("https://files.example/route.pdf?X-Amz-Expires=300"),
        CustomKind::String if template.name == "個人メールアドレス" => match random.below(10) {
            0 => Value::Null,
            1 => json!(""),
            _ => json!(format!("{address}@mail.example.com")),
        },
        CustomKind::String => json!(super::generate::mobile_number(random)),
        CustomKind::Text if random.per_mille(950) => Value::Null,
        CustomKind::Text => json!("階段の利用が難しいため、\n避難時に付き添いが必要です。"),
    }
}
