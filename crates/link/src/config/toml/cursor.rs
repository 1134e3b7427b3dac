//! A walk over a TOML document that notes every fault on its way: unknown keys, missing keys, wrong types, each with its
//! dotted key and its line. `serde` stops at the first.

use toml::de::{DeArray, DeTable, DeValue};

use crate::fault::{Code, Fault, Faults, Subject};

/// How much of a wrong value a message repeats.
const SHOWN: usize = 60;

/// The faults found so far, and the text that their line numbers come from.
pub(super) struct Notes<'t> {
    text: &'t str,
    pub(super) faults: Faults,
}

impl<'t> Notes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, faults: Faults::new() }
    }

    /// A required key that is not there.
    pub(super) fn missing(&mut self, key: &str, accepted: &str) {
        self.faults.push(
            Fault::new(
                Code::ConfigKeyMissing,
                Subject::Config,
                format!("config.tomlに必須のキー{key}がありません(値は{accepted})。"),
            )
            .field(key),
        );
    }

    /// A value of the wrong type or out of range.
    pub(super) fn invalid(&mut self, entry: &Entry<'_>, accepted: &str) {
        let found = shown(entry.value);
        self.wrong(entry, &format!("の値{found}は使えません。使えるのは、{accepted}です。"));
    }

    /// A value that is wrong for the reason given; `wrong` goes on after the key.
    pub(super) fn wrong(&mut self, entry: &Entry<'_>, detail: &str) {
        let key = &entry.key;
        self.faults.push(
            Fault::new(Code::ConfigValueInvalid, Subject::Config, format!("config.tomlの{key}{detail}"))
                .line(line_at(self.text, entry.offset))
                .field(key),
        );
    }

    /// A key that has an effect only together with `needed`, which is not there.
    pub(super) fn useless(&mut self, key: &str, needed: &str) {
        let detail = format!("config.tomlの{key}は、{needed}の場合だけ使えます。");
        self.faults.push(Fault::new(Code::ConfigValueInvalid, Subject::Config, detail).field(key));
    }

    fn unknown(&mut self, key: &str, offset: usize, table: &str, known: &[&str]) {
        let place = if table.is_empty() { "一番上の階層".to_owned() } else { format!("[{table}]") };
        let known = known.join("、");
        self.faults.push(
            Fault::new(
                Code::ConfigKeyUnknown,
                Subject::Config,
                format!("config.tomlに知らないキー{key}があります。{place}に書けるキーは、{known}です。"),
            )
            .line(line_at(self.text, offset))
            .field(key),
        );
    }
}

/// One table of the document. Every key that is asked for counts as known; [`Section::close`] tells the others.
pub(super) struct Section<'t> {
    path: String,
    table: Option<&'t DeTable<'t>>,
    known: Vec<&'static str>,
}

impl<'t> Section<'t> {
    /// The document's top level.
    pub(super) fn root(table: &'t DeTable<'t>) -> Self {
        Self { path: String::new(), table: Some(table), known: Vec::new() }
    }

    /// The table below `key`; one that is not there is an empty one. `None`, and a fault, where it is no table.
    pub(super) fn section(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Option<Section<'t>> {
        let entry = self.entry(key);
        let table = match &entry {
            None => None,
            Some(Entry { value: DeValue::Table(table), .. }) => Some(table),
            Some(entry) => {
                notes.invalid(entry, &format!("[{}]の見出しで始まるテーブル", entry.key));
                return None;
            }
        };
        Some(Section { path: self.dotted(key), table, known: Vec::new() })
    }

    /// Whether the document has this table at all.
    pub(super) fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// The value of `key`, if it is there.
    pub(super) fn entry(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.known.push(key);
        let value = self.table?.get(key)?;
        Some(Entry { key: self.dotted(key), offset: value.span().start, value: value.get_ref() })
    }

    /// The value of `key`, which must be there.
    pub(super) fn required(&mut self, key: &'static str, accepted: &str, notes: &mut Notes<'_>) -> Option<Entry<'t>> {
        let entry = self.entry(key);
        if entry.is_none() {
            notes.missing(&self.dotted(key), accepted);
        }
        entry
    }

    /// `key` with the names of the tables around it.
    pub(super) fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Tells the keys that nobody asked for.
    pub(super) fn close(self, notes: &mut Notes<'_>) {
        for key in self.table.into_iter().flat_map(DeTable::keys) {
            if !self.known.contains(&key.get_ref().as_ref()) {
                notes.unknown(&self.dotted(&clipped(key.get_ref())), key.span().start, &self.path, &self.known);
            }
        }
    }
}

/// One value of the document.
pub(super) struct Entry<'t> {
    key: String,
    offset: usize,
    value: &'t DeValue<'t>,
}

impl<'t> Entry<'t> {
    /// Its text, or a fault where it is none.
    pub(super) fn text(&self, accepted: &str, notes: &mut Notes<'_>) -> Option<&'t str> {
        self.or_fault(self.value.as_str(), accepted, notes)
    }

    /// Its text where it is one.
    pub(super) fn as_text(&self) -> Option<&'t str> {
        self.value.as_str()
    }

    /// Its number where it is a whole one of 64 bits.
    pub(super) fn as_integer(&self) -> Option<i64> {
        let integer = self.value.as_integer()?;
        i64::from_str_radix(integer.as_str(), integer.radix()).ok()
    }

    /// Its truth value where it is one.
    pub(super) fn as_bool(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// The entries of its array, or a fault where it is none.
    pub(super) fn array(&self, accepted: &str, notes: &mut Notes<'_>) -> Option<Vec<Entry<'t>>> {
        let array: Option<&DeArray<'_>> = self.value.as_array();
        let array = self.or_fault(array, accepted, notes)?;
        let entry = |value: &'t toml::Spanned<DeValue<'t>>| Entry {
            key: self.key.clone(),
            offset: value.span().start,
            value: value.get_ref(),
        };
        Some(array.iter().map(entry).collect())
    }

    /// What was made of it, or a fault where that was nothing.
    pub(super) fn or_fault<T>(&self, made: Option<T>, accepted: &str, notes: &mut Notes<'_>) -> Option<T> {
        if made.is_none() {
            notes.invalid(self, accepted);
        }
        made
    }
}

/// The line (from 1) that a byte lies in.
pub(super) fn line_at(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count();
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("「{}」", clipped(text)),
        DeValue::Integer(integer) => format!("「{}」", clipped(&integer.to_string())),
        DeValue::Float(float) => format!("「{}」", clipped(float.as_str())),
        DeValue::Boolean(boolean) => format!("「{boolean}」"),
        DeValue::Datetime(datetime) => format!("「{datetime}」"),
        DeValue::Array(_) => "(配列)".to_owned(),
        DeValue::Table(_) => "(テーブル)".to_owned(),
    }
}

/// A text from the file as a message may repeat it: short and in one line.
fn clipped(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}
