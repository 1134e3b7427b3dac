//! Departments: 部署コード → 部署ID, 上位部署 → 親部署ID, with the prefix, the top department, and departments without code.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::{DEPARTMENT_ID_MAX, present};
use crate::characters::{hidden_in, nfc, on_one_line};
use crate::config::{Config, WithoutCode};
use crate::emc::DepartmentRow;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::smarthr::{DepartmentRef, OwnedDepartment, Text};

/// The converted departments, and where each SmartHR department went.
#[derive(Clone, Debug, Default)]
pub struct DepartmentSet {
    /// The rows, parents before children.
    pub rows: Vec<DepartmentRow>,
    /// 全件数: how many SmartHR listed.
    pub received: u64,
    /// Where each linked department comes from, by its ID in EMC.
    pub origins: BTreeMap<String, Origin>,
    /// What stops the run.
    pub faults: Faults,
    /// What is worth knowing.
    pub warnings: Faults,
    prefix: String,
    by_smarthr_id: HashMap<String, usize>,
    by_code: HashMap<String, usize>,
    places: Vec<PlaceEntry>,
}

/// The department in SmartHR that a row comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its line in SmartHR's list.
    pub line: u32,
    /// SmartHR's id.
    pub smarthr_id: String,
}

#[derive(Clone, Debug)]
struct PlaceEntry {
    id: Option<String>,
    in_scope: bool,
    has_code: bool,
}

/// Where a person's department is in EMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// Linked under this 部署ID. `in_scope`: it lies in one of the subtrees of `scope.departments` (always, without one).
    Linked {
        /// 部署ID, prefix included.
        id: &'a str,
        /// Whether people in it are wanted.
        in_scope: bool,
    },
    /// In SmartHR's list, but not linked: no code, or outside the scope. Counts as no value.
    NotLinked {
        /// Whether people in it are wanted.
        in_scope: bool,
    },
    /// Not in SmartHR's list.
    Unknown,
}

impl DepartmentSet {
    /// Finds a person's department: by SmartHR's id, else by code.
    pub fn place(&self, reference: &DepartmentRef<'_>) -> Place<'_> {
        let by_id = reference.id.as_ref().and_then(|id| self.by_smarthr_id.get(id.as_str()));
        let by_code =
            || present(reference.code.as_ref().map(Text::as_str)).and_then(|code| self.by_code.get(&*nfc(code.into())));
        match by_id.or_else(by_code).and_then(|at| self.places.get(*at)) {
            Some(PlaceEntry { id: Some(id), in_scope, .. }) => Place::Linked { id, in_scope: *in_scope },
            Some(PlaceEntry { id: None, in_scope, .. }) => Place::NotLinked { in_scope: *in_scope },
            None => Place::Unknown,
        }
    }

    /// SmartHR's id of a person's department that cannot be linked because it has no 部署コード, or is not listed.
    pub fn without_code<'r>(&self, reference: &'r DepartmentRef<'_>) -> Option<&'r str> {
        let id = reference.id.as_ref()?.as_str();
        let at = self.by_smarthr_id.get(id);
        at.and_then(|at| self.places.get(*at)).is_none_or(|place| !place.has_code).then_some(id)
    }

    /// Whether SmartHR listed no department at all.
    pub fn received_none(&self) -> bool {
        self.received == 0
    }

    /// The 部署ID that is meant by a 部署コード which the sheet or a custom field spells out: like every ID it gets the
    /// prefix. `None` where it is neither a linked department's code nor the top department's: then it may be an ID of EMC.
    pub fn id_of(&self, code: &str) -> Option<&str> {
        let code = &*nfc(code.into());
        let listed = self.by_code.get(code).and_then(|at| self.places.get(*at)).and_then(|place| place.id.as_deref());
        // The top department is the first row, and the only one that SmartHR does not list.
        let top = || {
            let id = self.rows.first().map(|row| row.id.as_str())?;
            (id.strip_prefix(&self.prefix) == Some(code) && !self.origins.contains_key(id)).then_some(id)
        };
        listed.or_else(top)
    }
}

/// How far a department's chain of parents was followed.
enum Above {
    /// The nearest ancestor that has a code, by its position.
    Coded(usize),
    /// None: it is on the first level.
    FirstLevel,
    /// The chain returns to itself.
    Cycle,
    /// A parent is not in the list.
    Unlisted,
}

/// Converts the whole list; all faults at once. `received` is in the order of SmartHR's list.
pub fn convert_departments(received: &[OwnedDepartment], config: &Config) -> DepartmentSet {
    let mut set =
        DepartmentSet { received: received.len() as u64, prefix: config.prefix.clone(), ..DepartmentSet::default() };
    let position: HashMap<&str, usize> = received.iter().enumerate().map(|(at, d)| (d.id.as_str(), at)).collect();
    let codes: Vec<Option<Cow<'_, str>>> =
        received.iter().map(|d| present(d.code.as_deref()).map(|code| nfc(code.into()))).collect();
    let codes: Vec<Option<&str>> = codes.iter().map(Option::as_deref).collect();
    let above: Vec<Above> = (0..received.len()).map(|at| nearest_coded(at, received, &position, &codes)).collect();
    let scope = in_scope(received, config, &position, &codes, &mut set.faults);

    let mut ids: Vec<Option<String>> = Vec::with_capacity(received.len());
    for (at, department) in received.iter().enumerate() {
        let fault = |code: Code, field: &str, detail: String| {
            let address = format!("{}/departments/{}", config.smarthr.base_url, department.id);
            let fault =
                Fault::new(code, Subject::Department, detail).line(department.line).field(field).address(&address);
            match codes.get(at).copied().flatten() {
                Some(code) => fault.id(format!("{}{code}", config.prefix)),
                None => fault,
            }
        };
        let name = present(department.name.as_deref()).unwrap_or("(名称なし)");
        let wanted = scope.get(at).is_none_or(|scope| scope.linked);
        let Some(code) = codes.get(at).copied().flatten() else {
            ids.push(None);
            if wanted {
                let detail = format!("部署「{name}」に部署コードがありません。");
                match config.without_code {
                    WithoutCode::Skip => set.warnings.push(fault(Code::DepartmentSkipped, "部署コード", detail)),
                    WithoutCode::Error => set.faults.push(fault(Code::DepartmentCodeMissing, "部署コード", detail)),
                }
            }
            continue;
        };
        if !wanted {
            ids.push(None);
            continue;
        }
        let id = nfc(format!("{}{code}", config.prefix).into()).into_owned();
        let length = id.chars().count();
        if length > DEPARTMENT_ID_MAX {
            let detail =
                format!("部署「{name}」の部署IDが{length}文字です(会社コードを含めて{DEPARTMENT_ID_MAX}文字まで)。");
            set.faults.push(fault(Code::DepartmentIdTooLong, "部署コード", detail));
        }
        if let Some(hidden) = hidden_in(&id) {
            let detail = format!("部署「{name}」の部署コードに、使えない文字 {hidden} が含まれています。");
            set.faults.push(fault(Code::ValueInvalid, "部署コード", detail));
        }
        if present(department.name.as_deref()).is_none() {
            set.faults.push(fault(
                Code::DepartmentNameMissing,
                "部署名",
                format!("部署コード「{code}」の部署名が空です。"),
            ));
        }
        match above.get(at) {
            Some(Above::Cycle) => {
                set.faults.push(fault(
                    Code::DepartmentCycle,
                    "上位部署",
                    format!("部署「{name}」の上位部署が循環しています。"),
                ));
            }
            Some(Above::Unlisted) => {
                let detail = format!("部署「{name}」の上位部署が、受信した部署一覧にありません。");
                set.faults.push(fault(Code::DepartmentParentUnknown, "上位部署", detail));
            }
            _ => {}
        }
        ids.push(Some(id));
    }
    report_duplicates(received, &ids, config, &mut set.faults);

    add_rows(&mut set, received, &ids, &above, config);
    for (at, (department, id)) in received.iter().zip(ids).enumerate() {
        set.by_smarthr_id.insert(department.id.clone(), at);
        if let Some(code) = codes.get(at).copied().flatten() {
            set.by_code.entry(code.to_owned()).or_insert(at);
        }
        set.places.push(PlaceEntry {
            id,
            in_scope: scope.get(at).is_none_or(|scope| scope.people),
            has_code: codes.get(at).is_some_and(Option::is_some),
        });
    }
    set
}

/// The rows for EMC, the top department first, parents before children.
fn add_rows(
    set: &mut DepartmentSet,
    received: &[OwnedDepartment],
    ids: &[Option<String>],
    above: &[Above],
    config: &Config,
) {
    if let Some(top) = &config.top_department {
        set.rows.push(DepartmentRow {
            id: top.id.clone(),
            name: top.name.clone(),
            kana: config.department_kana.clone(),
            parent: None,
        });
    }
    for at in parents_first(above) {
        if let (Some(department), Some(Some(id))) = (received.get(at), ids.get(at)) {
            let parent = match above.get(at) {
                Some(Above::Coded(parent)) => ids.get(*parent).cloned().flatten(),
                _ => None,
            };
            let origin = Origin { line: department.line, smarthr_id: department.id.clone() };
            set.origins.insert(id.clone(), origin);
            set.rows.push(DepartmentRow {
                id: id.clone(),
                name: on_one_line(present(department.name.as_deref()).unwrap_or_default().into()).into_owned(),
                kana: config.department_kana.clone(),
                parent: parent.or_else(|| config.top_department.as_ref().map(|top| top.id.clone())),
            });
        }
    }
}

fn nearest_coded(
    start: usize,
    received: &[OwnedDepartment],
    position: &HashMap<&str, usize>,
    codes: &[Option<&str>],
) -> Above {
    let mut at = start;
    // A chain longer than the list must have come back to itself.
    for _ in 0..=received.len() {
        let Some(parent) = received.get(at).and_then(|d| present(d.parent_id.as_deref())) else {
            return Above::FirstLevel;
        };
        let Some(&next) = position.get(parent) else { return Above::Unlisted };
        if next == start {
            return Above::Cycle;
        }
        if codes.get(next).copied().flatten().is_some() {
            return if reaches_itself(next, received, position) { Above::Cycle } else { Above::Coded(next) };
        }
        at = next;
    }
    Above::Cycle
}

fn reaches_itself(start: usize, received: &[OwnedDepartment], position: &HashMap<&str, usize>) -> bool {
    let mut at = start;
    for _ in 0..=received.len() {
        match received.get(at).and_then(|d| present(d.parent_id.as_deref())).and_then(|id| position.get(id)) {
            None => return false,
            Some(&next) => at = next,
        }
    }
    true
}

/// For each department: whether it is linked (in a wanted subtree, or above one) and whether its people are wanted.
#[derive(Clone, Copy, Debug)]
struct InScope {
    linked: bool,
    people: bool,
}

fn in_scope(
    received: &[OwnedDepartment],
    config: &Config,
    position: &HashMap<&str, usize>,
    codes: &[Option<&str>],
    faults: &mut Faults,
) -> Vec<InScope> {
    let Some(wanted) = &config.scope.departments else { return Vec::new() };
    let wanted: BTreeSet<Cow<'_, str>> = wanted.iter().map(|code| nfc(code.as_str().into())).collect();
    let known: BTreeSet<&str> = codes.iter().copied().flatten().collect();
    // An empty list is a right that was lost.
    for code in wanted.iter().filter(|_| !received.is_empty()).filter(|code| !known.contains(&***code)) {
        faults.push(
            Fault::new(
                Code::ConfigValueInvalid,
                Subject::Config,
                format!("scope.departmentsの部署コード「{code}」の部署がSmartHRにありません。"),
            )
            .field("scope.departments"),
        );
    }
    let mut scope = vec![InScope { linked: false, people: false }; received.len()];
    for start in 0..received.len() {
        let mut chain = vec![start];
        while let Some(next) = chain
            .last()
            .and_then(|at| received.get(*at))
            .and_then(|d| present(d.parent_id.as_deref()))
            .and_then(|id| position.get(id))
        {
            if chain.len() > received.len() {
                break;
            }
            chain.push(*next);
        }
        let inside = chain.iter().any(|at| codes.get(*at).copied().flatten().is_some_and(|code| wanted.contains(code)));
        if inside {
            for at in &chain {
                if let Some(entry) = scope.get_mut(*at) {
                    entry.linked = true;
                }
            }
            if let Some(entry) = scope.get_mut(start) {
                entry.people = true;
            }
        }
    }
    scope
}

fn report_duplicates(received: &[OwnedDepartment], ids: &[Option<String>], config: &Config, faults: &mut Faults) {
    let mut same: BTreeMap<&str, Vec<&OwnedDepartment>> = BTreeMap::new();
    for (department, id) in received.iter().zip(ids) {
        if let Some(id) = id {
            same.entry(id).or_default().push(department);
        }
    }
    let top = config.top_department.as_ref();
    for (id, departments) in same {
        let clash = top.filter(|top| top.id == id);
        if departments.len() < 2 && clash.is_none() {
            continue;
        }
        for department in &departments {
            let mut others: Vec<String> = departments
                .iter()
                .filter(|other| other.id != department.id)
                .map(|other| format!("「{}」[line:{}]", other.name.as_deref().unwrap_or_default(), other.line))
                .collect();
            others.extend(clash.map(|top| format!("最上位部署「{}」", top.name)));
            let name = department.name.as_deref().unwrap_or_default();
            let address = format!("{}/departments/{}", config.smarthr.base_url, department.id);
            faults.push(
                Fault::new(
                    Code::DepartmentIdDuplicate,
                    Subject::Department,
                    format!("部署「{name}」の部署IDが、{}と同じです。", others.join("、")),
                )
                .line(department.line)
                .id(id)
                .field("部署コード")
                .address(&address),
            );
        }
    }
}

/// Positions so that each comes after the ancestor that it hangs below; otherwise in the order received.
fn parents_first(above: &[Above]) -> Vec<usize> {
    let depth = |start: usize| {
        let mut at = start;
        let mut depth = 0_usize;
        while let Some(Above::Coded(parent)) = above.get(at) {
            depth += 1;
            at = *parent;
            if depth > above.len() {
                break;
            }
        }
        depth
    };
    let mut order: Vec<(usize, usize)> = (0..above.len()).map(|at| (depth(at), at)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, at)| at).collect()
}

impl DepartmentSet {
    /// The IDs of the rows, parents first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.id.as_str())
    }
}

#[cfg(test)]
#[path = "departments_tests.rs"]
mod tests;
