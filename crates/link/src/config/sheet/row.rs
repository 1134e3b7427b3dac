//! The table's rows, checked one by one and then together, into a [`Mapping`].

use std::collections::BTreeMap;

use super::grid::{COLUMNS, Grid, HeaderMissing, TableRow};
use super::label::{self, RowItem, Vocabulary, quoted};
use crate::config::item::EmcItem;
use crate::config::mapping::{Mapping, Rule, Source, UserIdRule};
use crate::fault::{Code, Fault, Faults, Subject};

/// So many characters in a cell, at most. EMC's longest item takes some hundreds.
const MAX_CELL: usize = 10_000;

/// EMC refuses a user without these.
const REQUIRED: [EmcItem; 4] = [EmcItem::UserId, EmcItem::Password, EmcItem::Name, EmcItem::NameKana];

/// The mapping that the first sheet with a header row holds, or all faults.
pub(super) fn mapping(grids: &[Grid]) -> Result<Mapping, Faults> {
    let mut nearest = HeaderMissing::default();
    for grid in grids {
        match grid.table() {
            Ok(rows) => return mapping_of_rows(&rows),
            Err(missing) => nearest = nearest.or_nearer(missing),
        }
    }
    Err(nearest.fault().into())
}

fn mapping_of_rows(rows: &[TableRow<'_>]) -> Result<Mapping, Faults> {
    let vocabulary = Vocabulary::new();
    let mut faults = Faults::new();
    let mut seen: BTreeMap<RowItem, u32> = BTreeMap::new();
    let mut user_id = None;
    let mut rules = Vec::new();
    for row in rows {
        let mut reading = Reading { row, vocabulary: &vocabulary, faults: &mut faults, is_secret: false };
        let Some(item) = reading.item() else { continue };
        reading.is_secret = item == RowItem::Item(EmcItem::Password);
        if let Some(first) = seen.get(&item) {
            reading.twice(item, *first);
        }
        // A second row is read as well: what else is wrong with it is told at once.
        match item {
            RowItem::ProcessingFlag => reading.processing_flag(),
            RowItem::Item(EmcItem::UserId) => user_id = reading.user_id(),
            RowItem::Item(item) => rules.extend(reading.rule(item)),
        }
        seen.entry(item).or_insert(row.number);
    }
    faults.extend(missing_rows(&seen));
    match user_id {
        Some(user_id) if faults.is_empty() => Ok(Mapping { user_id, rules }),
        _ => Err(faults),
    }
}

/// What the rows lack, taken together.
fn missing_rows(seen: &BTreeMap<RowItem, u32>) -> Vec<Fault> {
    let row_of = |item| seen.get(&RowItem::Item(item)).copied();
    let required = REQUIRED.into_iter().filter(|&item| row_of(item).is_none()).map(|item| {
        let detail = format!("連携設定シートに必須の項目{}の行がありません。", quoted(item.label()));
        Fault::new(Code::SheetItemRequired, Subject::Mapping, detail).field(item.label())
    });
    required.collect()
}

/// One row on its way; every `None` has left a fault behind.
struct Reading<'r> {
    row: &'r TableRow<'r>,
    vocabulary: &'r Vocabulary,
    faults: &'r mut Faults,
    /// Whether the cells may hold the initial password, which no message may repeat.
    is_secret: bool,
}

impl Reading<'_> {
    fn item(&mut self) -> Option<RowItem> {
        let [label, others @ ..] = self.row.cells;
        // The product's own sheet has such a line below its table: ※上記は例となり、…
        if label.starts_with('※') && others.iter().all(|cell| cell.is_empty()) {
            return None;
        }
        self.cell(0, Code::SheetItemUnknown, Vocabulary::item)
    }

    fn twice(&mut self, item: RowItem, first: u32) {
        let number = self.row.number;
        let detail = format!("連携設定シートの{number}行目の{}は、{first}行目にもあります。", quoted(item.label()));
        self.faults.push(Fault::new(Code::SheetItemTwice, Subject::Mapping, detail).line(number).field(item.label()));
    }

    /// 処理フラグ: an import is 自動 by nature, so the row may say so, in the product's example as in full, and nothing
    /// else.
    fn processing_flag(&mut self) {
        let accepted = || "処理フラグで使えるのは、固定値「自動」だけです。".to_owned();
        self.cell(1, Code::SheetSourceUnknown, |_, text| label::is_automatic(text).then_some(()).ok_or_else(accepted));
        let is_action: [fn(&str) -> bool; 4] = [
            |text| label::create_present(text).is_ok(),
            |text| label::create_absent(text).is_ok(),
            |text| label::update_present(text).is_ok(),
            |text| label::update_absent(text).is_ok(),
        ];
        let accepted = || "処理フラグで使えるのは「自動」です。".to_owned();
        for (column, is_action) in (2..).zip(is_action) {
            self.cell(column, Code::SheetActionUnknown, |_, text| {
                (label::is_automatic_action(text) || is_action(text)).then_some(()).ok_or_else(accepted)
            });
        }
    }

    fn user_id(&mut self) -> Option<UserIdRule> {
        let source = self.cell(1, Code::SheetSourceUnknown, |vocabulary, text| match vocabulary.source(text)? {
            // One ID for everybody, or none for anybody.
            Source::Fixed(_) | Source::Nothing => {
                Err("ユーザIDで使えるのは、社員番号、メールアドレスなど従業員ごとに異なる項目です。".to_owned())
            }
            source => Ok(source),
        });
        let create_present = self.action(2, label::user_id_create_present);
        let create_absent = self.action(3, label::user_id_absent);
        let update_present = self.action(4, label::user_id_update_present);
        let update_absent = self.action(5, label::user_id_absent);
        create_present.and(update_present)?;
        Some(UserIdRule {
            source: source?,
            create_absent: create_absent?,
            update_absent: update_absent?,
            row: self.row.number,
        })
    }

    fn rule(&mut self, item: EmcItem) -> Option<Rule> {
        let source = self.cell(1, Code::SheetSourceUnknown, Vocabulary::source);
        let create_present = self.action(2, label::create_present);
        let create_absent = self.action(3, label::create_absent);
        let update_present = self.action(4, label::update_present);
        let update_absent = self.action(5, label::update_absent);
        let [label, ..] = self.row.cells;
        // Trimmed again behind the change: a sheet written from this mapping reads back as this mapping.
        let label = label.replace(char::is_control, " ").trim().to_owned();
        Some(Rule {
            item,
            label,
            source: source?,
            create_present: create_present?,
            create_absent: create_absent?,
            update_present: update_present?,
            update_absent: update_absent?,
            row: self.row.number,
        })
    }

    fn action<T>(&mut self, column: usize, read: fn(&str) -> Result<T, String>) -> Option<T> {
        self.cell(column, Code::SheetActionUnknown, |_, text| read(text))
    }

    /// Reads one cell, or notes why it cannot be read.
    fn cell<T>(
        &mut self,
        column: usize,
        code: Code,
        read: impl FnOnce(&Vocabulary, &str) -> Result<T, String>,
    ) -> Option<T> {
        let (text, column) = (*self.row.cells.get(column)?, *COLUMNS.get(column)?);
        let read = if text.chars().nth(MAX_CELL).is_some() {
            Err(format!("1つの欄に書けるのは{MAX_CELL}文字までです。"))
        } else {
            read(self.vocabulary, text)
        };
        match read {
            Ok(value) => Some(value),
            Err(accepted) => {
                let [label, ..] = self.row.cells;
                let number = self.row.number;
                // In the item's own column it would be there twice.
                let place = if column == COLUMNS[0] || label.is_empty() {
                    String::new()
                } else {
                    format!("{}の", quoted(label))
                };
                let found = match text {
                    "" => "が空です。".to_owned(),
                    _ if self.is_secret => "の内容(表示しません)は使えません。".to_owned(),
                    text => format!("の{}は使えません。", quoted(text)),
                };
                let detail = format!("連携設定シートの{number}行目、{place}{column}{found}{accepted}");
                self.faults.push(Fault::new(code, Subject::Mapping, detail).line(number).field(column));
                None
            }
        }
    }
}
