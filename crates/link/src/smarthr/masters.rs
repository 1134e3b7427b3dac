//! The departments and the masters: short lists that are kept whole.

use bytes::Bytes;
use hashbrown::HashMap;

use super::client::SmartHr;
use super::error::SmartHrError;
use super::listing::{Listing, PageSink};
use super::wire::{Department, DepartmentRef, OwnedTemplate, Template, Text};
use crate::state::ports::SecretStore;

/// A department kept beyond its page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedDepartment {
    /// SmartHR's id.
    pub id: String,
    /// 部署名.
    pub name: Option<String>,
    /// 部署コード.
    pub code: Option<String>,
    /// The id of 上位部署.
    pub parent_id: Option<String>,
    /// Its place in the list, from 1.
    pub line: u32,
}

/// A list of small entries, kept whole.
struct Kept<T> {
    entries: Vec<T>,
    parse: ParsePage<T>,
}

/// Parses a page whose first entry has the given line, into ids and entries, nulls left in; `None` where it is no such
/// page.
type ParsePage<T> = fn(&[u8], u32) -> Option<Vec<Option<(String, T)>>>;

impl<T: Send> PageSink for Kept<T> {
    fn restart(&mut self) {
        self.entries.clear();
    }
    fn page(&mut self, body: &Bytes, seen: &mut dyn FnMut(Option<&str>)) -> Result<u64, ()> {
        let first_line = u32::try_from(self.entries.len()).unwrap_or(u32::MAX).saturating_add(1);
        let mut count = 0;
        for entry in (self.parse)(body, first_line).ok_or(())? {
            seen(entry.as_ref().map(|(id, _)| id.as_str()));
            if let Some((_, entry)) = entry {
                count += 1;
                self.entries.push(entry);
            }
        }
        Ok(count)
    }
}

/// Parses a page of departments; `None` where it is not a list of departments. A null takes no line.
pub fn parse_departments(body: &[u8], first_line: u32) -> Option<Vec<Option<(String, OwnedDepartment)>>> {
    let list: Vec<Option<Department<'_>>> = serde_json::from_slice(body).ok()?;
    let owned = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned());
    let mut line = first_line;
    let mut entry = |department: Department<'_>| {
        let id = department.id.0.into_owned();
        let entry = OwnedDepartment {
            id: id.clone(),
            name: owned(department.name),
            code: owned(department.code),
            parent_id: department.parent.and_then(|parent| owned(parent.0)),
            line,
        };
        line = line.saturating_add(1);
        (id, entry)
    };
    Some(list.into_iter().map(|department| department.map(&mut entry)).collect())
}

/// An id, and the entry by which it is found again: id and name.
type NamedEntry = Option<(String, (String, String))>;

fn parse_names(body: &[u8], _: u32) -> Option<Vec<NamedEntry>> {
    // An establishment is identified and named as a department is.
    let list: Vec<Option<DepartmentRef<'_>>> = serde_json::from_slice(body).ok()?;
    let owned = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned()).unwrap_or_default();
    let entry = |entry: DepartmentRef<'_>| {
        let id = owned(entry.id);
        (id.clone(), (id, owned(entry.name)))
    };
    Some(list.into_iter().map(|one| one.map(entry)).collect())
}

/// Parses a page of custom field templates; `None` where it is not a list of templates.
pub fn parse_templates(body: &[u8], _: u32) -> Option<Vec<Option<(String, OwnedTemplate)>>> {
    let list: Vec<Option<Template<'_>>> = serde_json::from_slice(body).ok()?;
    let owned = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned()).unwrap_or_default();
    let entry = |template: Template<'_>| {
        let elements = template.elements.unwrap_or_default().into_iter().flatten();
        let group = template.group;
        let id = owned(template.id);
        let entry = OwnedTemplate {
            id: id.clone(),
            name: owned(template.name),
            kind: owned(template.kind),
            group_id: owned(template.group_id.or_else(|| group.as_ref().and_then(|group| group.id.clone()))),
            group: owned(group.and_then(|group| group.name)),
            elements: elements.map(|e| (owned(e.id), owned(e.physical_name), owned(e.name))).collect(),
        };
        (id, entry)
    };
    Some(list.into_iter().map(|one| one.map(entry)).collect())
}

/// A master or the departments: everything that is asked for without a choice of fields.
fn master(name: &'static str, reading: &'static str, path: &'static str) -> Listing<'static> {
    Listing { name, reading, path, fields: None, filter: None }
}

impl<K: SecretStore> SmartHr<'_, K> {
    /// All departments, in the list's order.
    pub async fn departments(&self) -> Result<Vec<OwnedDepartment>, SmartHrError> {
        self.kept(master("departments", "部署", "/departments"), parse_departments).await
    }

    /// All 事業所: name by id.
    pub async fn establishments(&self) -> Result<HashMap<String, String>, SmartHrError> {
        let listing = master("biz_establishments", "事業所", "/biz_establishments");
        Ok(self.kept(listing, parse_names).await?.into_iter().collect())
    }

    /// All templates of custom fields.
    pub async fn custom_field_templates(&self) -> Result<Vec<OwnedTemplate>, SmartHrError> {
        let listing = master("crew_custom_field_templates", "カスタム従業員項目", "/crew_custom_field_templates");
        self.kept(listing, parse_templates).await
    }

    /// All groups of custom fields: name by id.
    pub async fn custom_field_groups(&self) -> Result<HashMap<String, String>, SmartHrError> {
        let listing = master(
            "crew_custom_field_template_groups",
            "カスタム従業員項目グループ",
            "/crew_custom_field_template_groups",
        );
        Ok(self.kept(listing, parse_names).await?.into_iter().collect())
    }

    async fn kept<T: Send>(&self, listing: Listing<'_>, parse: ParsePage<T>) -> Result<Vec<T>, SmartHrError> {
        let first = self.listing_page(listing, 1).await?;
        let mut sink = Kept { entries: Vec::new(), parse };
        self.read(listing, first, &mut sink).await?;
        Ok(sink.entries)
    }
}
