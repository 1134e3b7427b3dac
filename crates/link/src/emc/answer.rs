//! What EMC answers, read leniently: unknown keys are ignored, an id may be a number, null and absent are alike. But a
//! result without a known `status` is no result.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::fault::{Code, Fault, Subject};

/// How many rows of one kind an import touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Created.
    pub created: u64,
    /// Updated.
    pub updated: u64,
    /// Deleted.
    pub deleted: u64,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportResult {
    /// The departments.
    pub departments: Tally,
    /// The users.
    pub users: Tally,
    /// Where EMC's state was not what the snapshot says.
    pub drift: Vec<Drift>,
    /// Users who came back with what they had entered themselves.
    pub restored: Vec<Restored>,
    /// Users who lost an assignment because its department went.
    pub unassigned: Vec<Unassigned>,
}

/// A user whose deletion was taken back.
#[derive(Clone, PartialEq, Eq)]
pub struct Restored {
    /// [`Subject::User`], or [`Subject::Emc`] where EMC does not say.
    pub record: Subject,
    /// The user ID.
    pub id: String,
}

/// An assignment that went with its department.
#[derive(Clone, PartialEq, Eq)]
pub struct Unassigned {
    /// The user ID.
    pub id: String,
    /// The EMC item, such as 所属部署コード.
    pub field: String,
    /// The department's ID.
    pub department: String,
}

/// An ID that EMC had or lacked against the snapshot.
#[derive(Clone, PartialEq, Eq)]
pub struct Drift {
    /// [`Subject::User`], [`Subject::Department`], or [`Subject::Emc`] where EMC does not say.
    pub record: Subject,
    /// The user ID or department ID.
    pub id: String,
    /// What the import expected, such as `update`.
    pub expected: String,
    /// What EMC did, such as `create`.
    pub actual: String,
}

/// A line that EMC's own checks refused. Nothing of the import was done.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejection {
    /// [`Subject::User`], [`Subject::Department`], or [`Subject::Emc`] for the import as a whole.
    pub record: Subject,
    /// The line as EMC counts.
    pub line: Option<u32>,
    /// The user ID or department ID.
    pub id: Option<String>,
    /// The EMC item.
    pub field: Option<String>,
    /// EMC's words: one line, at most 500 characters, possibly empty.
    pub message: String,
    /// EMC's code, such as `exists`.
    pub code: Option<String>,
}

impl Rejection {
    /// Whether EMC already has an ID that was expected to be new, or keeps it for another person: a person can approve that
    /// it is taken over.
    pub fn can_be_adopted(&self) -> bool {
        matches!(self.code.as_deref(), Some("exists" | "other_person"))
    }
    /// The rejection as a fault: `ID_EXISTS` or `EMC_REJECTED`. `line` is left to the caller, who knows where the ID
    /// stands in what was received; EMC counts the import's lines.
    pub fn to_fault(&self) -> Fault {
        let code = if self.can_be_adopted() { Code::IdExists } else { Code::EmcRejected };
        let mut detail = match self.code.as_deref() {
            Some("other_person") => "エマージェンシーコールでは別の人のものとして登録されているIDです".to_owned(),
            _ => code.entry().title_ja.to_owned(),
        };
        if !self.message.is_empty() {
            detail.push('(');
            detail.push_str(&self.message);
            detail.push(')');
        }
        detail.push('。');
        let mut fault = Fault::new(code, self.record, detail);
        fault.id.clone_from(&self.id);
        fault.field.clone_from(&self.field);
        fault
    }
}

/// An answer about an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It was done.
    Committed(ImportResult),
    /// It was tried and rolled back.
    Previewed(ImportResult),
    /// It was settled as never to be done.
    Cancelled,
    /// It was refused for its lines; never empty.
    Rejected(Vec<Rejection>),
}

/// An answer cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It ends in the middle: the connection broke, asking again helps.
    #[error("the answer ends in the middle")]
    CutShort,
    /// It has not the agreed form.
    #[error("the answer has not the agreed form")]
    Form,
}

/// Reads the answer to a `PUT`, `GET` or `DELETE` of an import.
pub fn parse_import(body: &[u8]) -> Result<Answered, Unreadable> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        status: StringOrNumber,
        departments: Option<Tally>,
        users: Option<Tally>,
        drift: Option<Vec<Option<WireDrift>>>,
        restored: Option<Vec<Option<WireRestored>>>,
        unassigned: Option<Vec<Option<WireUnassigned>>>,
        errors: Option<Vec<Option<WireRejection>>>,
    }
    let wire: Wire = read_json(body)?;
    let result = || ImportResult {
        departments: wire.departments.unwrap_or_default(),
        users: wire.users.unwrap_or_default(),
        drift: wire.drift.into_iter().flatten().flatten().map(Drift::from).collect(),
        restored: wire.restored.into_iter().flatten().flatten().map(Restored::from).collect(),
        unassigned: wire.unassigned.into_iter().flatten().flatten().map(Unassigned::from).collect(),
    };
    match wire.status.into_text().as_deref() {
        Some("committed") => Ok(Answered::Committed(result())),
        Some("previewed") => Ok(Answered::Previewed(result())),
        Some("cancelled") => Ok(Answered::Cancelled),
        Some("rejected") => {
            let errors: Vec<_> = wire.errors.into_iter().flatten().flatten().map(Rejection::from).collect();
            if errors.is_empty() { Err(Unreadable::Form) } else { Ok(Answered::Rejected(errors)) }
        }
        _ => Err(Unreadable::Form),
    }
}

/// Reads the errors of a 422, which is a rejection whatever its `status`. Never empty.
pub fn parse_rejections(body: &[u8]) -> Result<Vec<Rejection>, Unreadable> {
    #[derive(Deserialize)]
    struct Wire {
        errors: Vec<Option<WireRejection>>,
    }
    let wire: Wire = read_json(body)?;
    let rejections: Vec<_> = wire.errors.into_iter().flatten().map(Rejection::from).collect();
    if rejections.is_empty() { Err(Unreadable::Form) } else { Ok(rejections) }
}

/// What a refusal says in words, if anything that a person can read: its `message`, `error` or first error's message, or
/// the text itself where it is neither JSON nor a page.
pub fn parse_words(body: &[u8]) -> Option<String> {
    #[derive(Default, Deserialize)]
    struct Wire {
        #[serde(default)]
        message: StringOrNumber,
        #[serde(default)]
        error: StringOrNumber,
        errors: Option<Vec<Option<WireRejection>>>,
    }
    let said = match read_json::<Wire>(body) {
        Ok(wire) => {
            let first = wire.errors.into_iter().flatten().flatten().find_map(|error| error.message.into_text());
            wire.message.into_text().or(wire.error.into_text()).or(first)?
        }
        Err(_) => String::from_utf8_lossy(body.get(..4096).unwrap_or(body)).into_owned(),
    };
    let said = shorten(&said, 200);
    (!said.is_empty() && !said.starts_with(['<', '{', '['])).then_some(said)
}

/// One line of at most `most` characters: what comes from outside goes into mails.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let clean = |c: char| if c.is_control() || c == char::REPLACEMENT_CHARACTER { ' ' } else { c };
    // Much more white space than text is no message: bounded before it is collapsed.
    let line: String = text.chars().take(most.saturating_mul(8)).map(clean).collect();
    let mut words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(most) {
        words.truncate(end);
        words.push('…');
    }
    words
}

pub(super) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => Unreadable::CutShort,
        _ => Unreadable::Form,
    })
}

#[derive(Deserialize)]
struct WireDrift {
    #[serde(default)]
    record: StringOrNumber,
    #[serde(default)]
    id: StringOrNumber,
    #[serde(default)]
    expected: StringOrNumber,
    #[serde(default)]
    actual: StringOrNumber,
}

impl From<WireDrift> for Drift {
    fn from(wire: WireDrift) -> Self {
        Self {
            record: record(wire.record),
            id: wire.id.into_text().unwrap_or_default(),
            expected: wire.expected.into_text().unwrap_or_default(),
            actual: wire.actual.into_text().unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct WireRestored {
    #[serde(default)]
    record: StringOrNumber,
    #[serde(default)]
    id: StringOrNumber,
}

impl From<WireRestored> for Restored {
    fn from(wire: WireRestored) -> Self {
        Self { record: record(wire.record), id: wire.id.into_text().unwrap_or_default() }
    }
}

#[derive(Deserialize)]
struct WireUnassigned {
    #[serde(default)]
    id: StringOrNumber,
    #[serde(default)]
    field: StringOrNumber,
    #[serde(default)]
    department: StringOrNumber,
}

impl From<WireUnassigned> for Unassigned {
    fn from(wire: WireUnassigned) -> Self {
        Self {
            id: wire.id.into_text().unwrap_or_default(),
            field: wire.field.into_text().unwrap_or_default(),
            department: wire.department.into_text().unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct WireRejection {
    #[serde(default)]
    record: StringOrNumber,
    #[serde(default)]
    line: StringOrNumber,
    #[serde(default)]
    id: StringOrNumber,
    #[serde(default)]
    field: StringOrNumber,
    #[serde(default)]
    message: StringOrNumber,
    #[serde(default)]
    code: StringOrNumber,
}

impl From<WireRejection> for Rejection {
    fn from(wire: WireRejection) -> Self {
        Self {
            record: record(wire.record),
            line: wire.line.into_u32(),
            id: wire.id.into_text(),
            field: wire.field.into_text(),
            message: shorten(&wire.message.into_text().unwrap_or_default(), 500),
            code: wire.code.into_text(),
        }
    }
}

fn record(loose: StringOrNumber) -> Subject {
    match loose.into_text().as_deref() {
        Some("user") => Subject::User,
        Some("department") => Subject::Department,
        _ => Subject::Emc,
    }
}

/// A string or a number as text; anything else is as if it were absent.
#[derive(Default)]
pub(super) struct StringOrNumber(Option<String>);

impl StringOrNumber {
    pub(super) fn into_text(self) -> Option<String> {
        self.0.filter(|text| !text.is_empty())
    }
    pub(super) fn into_u32(self) -> Option<u32> {
        self.0?.parse().ok()
    }
}

impl<'de> Deserialize<'de> for StringOrNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = StringOrNumber;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_str<E>(self, text: &str) -> Result<StringOrNumber, E> {
                Ok(StringOrNumber(Some(text.to_owned())))
            }
            fn visit_u64<E>(self, number: u64) -> Result<StringOrNumber, E> {
                Ok(StringOrNumber(Some(number.to_string())))
            }
            fn visit_i64<E>(self, number: i64) -> Result<StringOrNumber, E> {
                Ok(StringOrNumber(Some(number.to_string())))
            }
            fn visit_f64<E>(self, _: f64) -> Result<StringOrNumber, E> {
                Ok(StringOrNumber(None))
            }
            fn visit_bool<E>(self, _: bool) -> Result<StringOrNumber, E> {
                Ok(StringOrNumber(None))
            }
            fn visit_unit<E>(self) -> Result<StringOrNumber, E> {
                Ok(StringOrNumber(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<StringOrNumber, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(StringOrNumber(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StringOrNumber, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(StringOrNumber(None))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

// IDs can be mail addresses and EMC's words can repeat a value: neither belongs in a log.

impl fmt::Debug for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, expected, actual, .. } = self;
        f.debug_struct("Drift")
            .field("record", record)
            .field("expected", expected)
            .field("actual", actual)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restored").field("record", &self.record).finish_non_exhaustive()
    }
}

impl fmt::Debug for Unassigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unassigned").field("field", &self.field).finish_non_exhaustive()
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, line, field, code, .. } = self;
        f.debug_struct("Rejection")
            .field("record", record)
            .field("line", line)
            .field("field", field)
            .field("code", code)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
