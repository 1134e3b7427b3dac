//! What calamine does not tell of a workbook: on which sheet it was saved, and which rows of a sheet are hidden.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::xlsx_package::Package;

const WORKBOOK: &str = "xl/workbook.xml";
const RELATIONS: &str = "xl/_rels/workbook.xml.rels";

/// The place (from 0) of the sheet on which the workbook was saved, among all sheets.
pub(super) fn active_sheet(package: &Package<'_>) -> usize {
    let found = first(package, WORKBOOK, |element| {
        (element.local_name().as_ref() == "workbookView").then(|| attribute(element, "activeTab").unwrap_or_default())
    });
    found.and_then(|active| active.parse().ok()).unwrap_or_default()
}

/// The rows (from 1) of a sheet that Excel does not show: hidden, or filtered away.
pub(super) fn hidden_rows(package: &Package<'_>, sheet: usize) -> BTreeSet<u32> {
    let Some(part) = part_of(package, sheet) else { return BTreeSet::new() };
    let mut rows = BTreeSet::new();
    let mut last = 0_u32;
    each(package, &part, |element| {
        if element.local_name().as_ref() == "row" {
            let number = attribute(element, "r").and_then(|number| number.parse().ok());
            last = number.unwrap_or_else(|| last.saturating_add(1));
            if attribute(element, "hidden").is_some_and(|hidden| hidden == "1" || hidden == "true") {
                rows.insert(last);
            }
        }
        // What comes behind the rows is of no interest.
        element.local_name().as_ref() != "mergeCells"
    });
    rows
}

/// The name of the part that holds a sheet, by the workbook's relations.
fn part_of(package: &Package<'_>, sheet: usize) -> Option<String> {
    let mut at = 0;
    let id = first(package, WORKBOOK, |element| {
        let is_sheet = element.local_name().as_ref() == "sheet";
        let is_wanted = is_sheet && at == sheet;
        at += usize::from(is_sheet);
        is_wanted.then(|| attribute(element, "id")).flatten()
    })?;
    let target = first(package, RELATIONS, |element| {
        (attribute(element, "Id").as_deref() == Some(id.as_str())).then(|| attribute(element, "Target")).flatten()
    })?;
    Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned))
}

/// The first thing that `find` makes of an element.
fn first<T>(package: &Package<'_>, part: &str, mut find: impl FnMut(&BytesStart<'_>) -> Option<T>) -> Option<T> {
    let mut found = None;
    each(package, part, |element| {
        found = find(element);
        found.is_none()
    });
    found
}

/// Shows every element of a part until `go_on` says no. A part that is broken ends where it breaks: calamine reads it as
/// well and tells.
fn each(package: &Package<'_>, part: &str, mut go_on: impl FnMut(&BytesStart<'_>) -> bool) {
    let Some(text) = package.text(part) else { return };
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) if !go_on(&element) => return,
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}
