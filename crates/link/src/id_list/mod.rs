//! The ID lists that a customer downloads from EMC (部署データ・ユーザデータダウンロード), as the first snapshot is made
//! from them. What a spreadsheet did to such a file must never become a deletion or another person's ID: a cell that
//! cannot be an ID is an error, one that differs from all others a suspect.

mod cell;
mod form;

use std::collections::HashMap;

use crate::compare::IdTable;
use crate::config::folded;
use crate::convert::{DEPARTMENT_ID_MAX, USER_ID_MAX};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::text::{CsvRows, TableForm, decode_text, file_kind};

pub use form::Suspicion;

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// 部署データ.
    Departments,
    /// ユーザデータ.
    Users,
}

impl ListKind {
    /// The header of the ID column.
    pub fn column(self) -> &'static str {
        match self {
            Self::Departments => "部署ID",
            Self::Users => "ユーザID",
        }
    }

    fn longest(self) -> usize {
        match self {
            Self::Departments => DEPARTMENT_ID_MAX,
            Self::Users => USER_ID_MAX,
        }
    }
}

/// The IDs of a list.
#[derive(Debug)]
pub struct IdList {
    /// The IDs that begin with the prefix; departments below their parents.
    pub ids: IdTable,
    /// How many IDs do not begin with it: another company's, linked to the same EMC.
    pub others: u64,
    /// What differs from the others' form.
    pub suspects: Vec<Suspect>,
}

/// An ID that may have been damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The line of the file, from 1.
    pub line: u32,
    /// The ID.
    pub id: String,
    /// Why.
    pub suspicion: Suspicion,
}

/// Reads the list `file`; all of its faults at once.
pub fn read(bytes: &[u8], file: &str, kind: ListKind, prefix: &str) -> Result<IdList, Faults> {
    let text = text_of(bytes, file)?;
    let column = kind.column();
    let is_named = |cell: &String, name: &str| folded(cell) == name;
    let rows = CsvRows::new(&text, |cells| cells.iter().any(|cell| is_named(cell, column)));
    let mut reading =
        Reading { file, kind, prefix, faults: Faults::new(), lines: HashMap::new(), list: Listed::default() };
    let mut columns = None;
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(fault) => {
                let detail = format!("{file}の{}", fault.sentence_ja());
                reading.faults.push(invalid(file, &detail).line(fault.line()));
                break;
            }
        };
        let Some((at, parent_at)) = columns else {
            let place = |name: &str| row.cells.iter().position(|cell| is_named(cell, name));
            columns = place(column).map(|at| (at, place("親部署ID")));
            continue;
        };
        if row.cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell_at = |at: usize| row.cells.get(at).map(String::as_str).unwrap_or_default();
        reading.take(row.line, cell_at(at), parent_at.map(cell_at).unwrap_or_default());
    }
    if columns.is_none() {
        let detail = format!("{file}に「{column}」の列がありません。");
        reading.faults.push(invalid(file, &detail));
    }
    reading.end()
}

fn text_of(bytes: &[u8], file: &str) -> Result<String, Faults> {
    let kind = file_kind(bytes);
    let refusal = match kind.refusal_ja() {
        Some(refusal) => refusal,
        None if kind == crate::text::FileKind::Table(TableForm::Workbook) => "Excelのブックです。",
        None => "",
    };
    if !refusal.is_empty() {
        return Err(invalid(file, &format!("{file}は、{refusal}CSV(UTF-8またはShift_JIS)にしてください。")).into());
    }
    let undecodable =
        || Faults::from(invalid(file, &format!("{file}の文字コードがUTF-8でもShift_JISでもありません。")));
    decode_text(bytes).ok_or_else(undecodable)
}

fn invalid(file: &str, detail: &str) -> Fault {
    Fault::new(Code::BaselineInvalid, Subject::Baseline, detail).field(file)
}

#[derive(Default)]
struct Listed {
    ids: IdTable,
    lines: Vec<u32>,
    parents: Vec<String>,
    others: u64,
    /// IDs that are the prefix's but for its spelling.
    misspelt: Vec<Suspect>,
}

struct Reading<'f> {
    file: &'f str,
    kind: ListKind,
    prefix: &'f str,
    faults: Faults,
    /// Where each ID stood first.
    lines: HashMap<String, u32>,
    list: Listed,
}

impl Reading<'_> {
    fn take(&mut self, line: u32, cell: &str, parent: &str) {
        let (file, column, longest) = (self.file, self.kind.column(), self.kind.longest());
        let id = cell.trim();
        let wrong = if id.is_empty() {
            Some("が空です。".to_owned())
        } else if let Some(damage) = cell::damage(id) {
            Some(format!("「{}」は、{damage}", shown(id)))
        } else if id.chars().count() > longest {
            Some(format!("が{longest}文字を超えています。"))
        } else {
            self.lines.get(id).map(|first| format!("「{}」が{first}行目と重複しています。", shown(id)))
        };
        if let Some(wrong) = wrong {
            let detail = format!("{file}の{line}行目の{column}{wrong}");
            self.faults.push(invalid(file, &detail).line(line));
            return;
        }
        self.lines.insert(id.to_owned(), line);
        if !id.starts_with(self.prefix) {
            self.list.others += 1;
            let start: String = id.chars().take(self.prefix.chars().count()).collect();
            if folded(&start).eq_ignore_ascii_case(&folded(self.prefix)) {
                self.list.misspelt.push(Suspect { line, id: id.to_owned(), suspicion: Suspicion::PrefixSpelling });
            }
        } else if self.list.ids.insert(id).is_ok() {
            self.list.lines.push(line);
            self.list.parents.push(parent.trim().to_owned());
        }
    }

    fn end(self) -> Result<IdList, Faults> {
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let Listed { ids, lines, parents, others, misspelt } = self.list;
        let mut suspects = form::suspects(&ids, &lines, self.prefix.len());
        suspects.extend(misspelt);
        suspects.sort_by_key(|suspect| suspect.line);
        Ok(IdList { ids: parents_first(ids, &parents), others, suspects })
    }
}

impl IdList {
    /// What is to be told of the suspects that EMC does not confirm by holding that very ID: errors, then warnings.
    pub fn doubts(&self, file: &str, kind: ListKind, held: Option<&IdTable>) -> (Vec<Fault>, Vec<Fault>) {
        let column = kind.column();
        let mut doubts = (Vec::new(), Vec::new());
        for suspect in &self.suspects {
            if held.is_some_and(|held| held.position(&suspect.id).is_some()) {
                continue;
            }
            let detail = format!(
                "{file}の{}行目の{column}「{}」は、{}",
                suspect.line,
                shown(&suspect.id),
                suspect.suspicion.ja()
            );
            if suspect.suspicion.is_error() {
                doubts.0.push(invalid(file, &detail).line(suspect.line));
            } else {
                let fault = Fault::new(Code::BaselineSuspect, Subject::Baseline, detail);
                doubts.1.push(fault.field(file).line(suspect.line));
            }
        }
        doubts
    }
}

/// What a held run says where its previous data came from lists: it is not only the deletions that may be wrong.
pub const HELD_AFTER_BASELINE: &str = "前回データは、エマージェンシーコールからダウンロードした初回データ(baseline)です。\
    削除の対象が多い場合は、初回データが古い、別の会社のIDを含む、ExcelでIDが変わっている(先頭の0が消えたなど)、\
    またはユーザIDにする項目・会社コードの設定が違う可能性があります。承認する前に、plan.csvの削除のIDを確認してください。";

/// The IDs of EMC's own download that begin with the prefix; `None` where it is no such list.
pub fn held(bytes: &[u8], kind: ListKind, prefix: &str) -> Option<IdTable> {
    let text = decode_text(bytes)?;
    let is_column = |cell: &String| folded(cell) == kind.column();
    let mut rows = CsvRows::new(&text, |cells| cells.iter().any(is_column)).map_while(Result::ok);
    let at = rows.find_map(|row| row.cells.iter().position(is_column))?;
    let mut ids = IdTable::new();
    for row in rows {
        let id = row.cells.get(at).map(String::as_str).unwrap_or_default();
        if !id.is_empty() && id.starts_with(prefix) {
            // One that is there twice is there.
            _ = ids.insert(id);
        }
    }
    Some(ids)
}

/// How a list differs from what EMC has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is told of it.
    pub fault: Fault,
    /// Whether more than a tenth differ: the list is none of this contract, of today.
    pub is_too_much: bool,
}

/// The IDs that only one of the two has; `None` where there are none.
pub fn difference(list: &IdTable, held: &IdTable, file: &str) -> Option<Difference> {
    let only = |these: &IdTable, those: &IdTable| {
        let only: Vec<&str> = these.iter().filter(|id| those.position(id).is_none()).collect();
        let shown_ids: Vec<String> = only.iter().take(SHOWN_IDS).map(|id| shown(id)).collect();
        let more = if only.len() > shown_ids.len() { " ほか" } else { "" };
        let names = if shown_ids.is_empty() { String::new() } else { format!("({}{more})", shown_ids.join("、")) };
        (only.len(), format!("{}件{names}", only.len()))
    };
    let ((listed, in_file), (known, in_emc)) = (only(list, held), only(held, list));
    if listed + known == 0 {
        return None;
    }
    let detail = format!(
        "{file}とエマージェンシーコールの現在のIDが違います。ファイルだけにあるID: {in_file}、エマージェンシーコールだけにあるID: {in_emc}。"
    );
    let fault = Fault::new(Code::BaselineDiffers, Subject::Baseline, detail).field(file);
    Some(Difference { fault, is_too_much: (listed + known) * 10 > list.len().max(held.len()) })
}

/// How many IDs a message names.
const SHOWN_IDS: usize = 5;

/// How much of a cell a message repeats.
fn shown(cell: &str) -> String {
    cell.chars().take(60).map(|c| if c.is_control() { '�' } else { c }).collect()
}

/// Departments are deleted in the reverse order of the snapshot, and EMC deletes no parent before its children. A file that
/// tells the parents need not stand in their order; one that does stays as it is.
fn parents_first(ids: IdTable, parents: &[String]) -> IdTable {
    let mut ordered = IdTable::new();
    let mut left: Vec<usize> = (0..ids.len()).collect();
    while !left.is_empty() {
        let waiting = left.len();
        let is_placed = |ordered: &IdTable, at: usize| {
            let parent = parents.get(at).map(String::as_str).unwrap_or_default();
            ids.position(parent).is_none_or(|above| above == at) || ordered.position(parent).is_some()
        };
        left.retain(|at| match ids.get(*at) {
            Some(id) if is_placed(&ordered, *at) => ordered.insert(id).is_err(),
            _ => true,
        });
        if left.len() == waiting {
            // A ring of parents: EMC has none, so the file's order is as good as any.
            return ids;
        }
    }
    ordered
}

#[cfg(test)]
mod tests;
