//! One thing that is wrong, with its place, its cause and its remedy; and the collection of all of them.

use serde::{Deserialize, Serialize};

pub mod catalogue;

pub use catalogue::{Actor, Code, EmcData, Entry, Family};

/// What kind of thing a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A department as SmartHR lists it; `line` counts in the department list.
    Department,
    /// A person; `line` counts in the list of crews.
    User,
    /// The event that started the run.
    Event,
    /// The function's environment.
    Environment,
    /// `config.toml`; `field` is the key.
    Config,
    /// The mapping sheet; `line` is the sheet's row, `field` the label.
    Mapping,
    /// The tenant's secret.
    Secret,
    /// The tenant's state.
    State,
    /// A `baseline/*.csv` file; `line` is its line.
    Baseline,
    /// SmartHR's answers.
    Smarthr,
    /// EMC's answers.
    Emc,
    /// The run itself: guard, lock, time.
    Run,
}

/// A fault or a warning. Serialized as in the function's answer and `report.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which fault, out of the catalogue.
    pub code: Code,
    /// What it is about.
    pub record: Subject,
    /// Where in the list, sheet or file it lies; counts from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The user ID or department ID, prefix included, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The SmartHR id of the person (or of the department) that it lies with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew: Option<String>,
    /// The EMC item, the key of the config, the label of the sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Of an error of a sync: the day (Asia/Tokyo) on which it was found first, without a break since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<jiff::civil::Date>,
    /// What is wrong and what to do, in Japanese, with the address in SmartHR where there is one. One line.
    pub message: String,
}

impl Fault {
    /// A fault with its catalogue's remedy appended to `wrong`, what is wrong in this case (Japanese, a full sentence).
    pub fn new(code: Code, record: Subject, detail: impl AsRef<str>) -> Self {
        let message = one_line(&format!("{}{}", detail.as_ref(), code.entry().remedy_ja));
        Self { code, record, line: None, id: None, crew: None, field: None, since: None, message }
    }
    /// The same at a line (from 1).
    #[must_use]
    pub fn line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }
    /// The same with a user ID or department ID.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
    /// The same with SmartHR's id of the person or department.
    #[must_use]
    pub fn crew(mut self, crew: impl Into<String>) -> Self {
        self.crew = Some(crew.into());
        self
    }
    /// The same with the item, key or label that it lies in.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
    /// The same with the address where it can be repaired, at the message's end.
    #[must_use]
    pub fn address(mut self, url: &str) -> Self {
        self.message.push(' ');
        self.message.push_str(url);
        self
    }
}

/// What comes from outside may hold line breaks and control characters: a message is one line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// All faults of a run so far, in the order found. Conversion never stops at the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds one.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }
    /// Adds all of another collection.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Fault>) {
        self.0.extend(other);
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Self {
        Self(faults)
    }
}
