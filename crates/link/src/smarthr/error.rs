//! What goes wrong at SmartHR, in words that a customer understands.

use crate::fault::{Code, Fault, Subject};

/// A request or a listing failed for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} while reading {reading}")]
pub struct SmartHrError {
    code: Code,
    reading: &'static str,
    /// Not in `Display`: SmartHR's own words go to the customer, never to a log.
    detail: String,
    kind: Kind,
}

/// What somebody can still do about an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Final,
    /// HTTP 404.
    NotFound,
    /// The answer is larger than what is taken.
    TooLarge,
}

impl SmartHrError {
    pub(crate) fn new(code: Code, reading: &'static str, detail: impl Into<String>) -> Self {
        Self { code, reading, detail: detail.into(), kind: Kind::Final }
    }

    /// The same for what is not there.
    pub(crate) fn not_found(self) -> Self {
        Self { kind: Kind::NotFound, ..self }
    }

    /// The same for an answer larger than what is taken.
    pub(crate) fn too_large(self) -> Self {
        Self { kind: Kind::TooLarge, ..self }
    }

    /// Whether SmartHR says that what was asked for is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// Whether the answer is larger than what is taken.
    pub(crate) fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    /// Which row of the catalogue it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The error as a fault of the run.
    pub fn to_fault(&self) -> Fault {
        let entry = self.code.entry();
        let detail = if self.detail.is_empty() { String::new() } else { format!("[{}] ", self.detail) };
        let detail = format!("{}の取得中: {}。{detail}", self.reading, entry.title_ja);
        Fault::new(self.code, Subject::Smarthr, detail).field(self.reading)
    }
}

/// What SmartHR says in an error's body, short and on one line: code, type, message, and the list of details.
pub(crate) fn words(body: &[u8]) -> ErrorBody {
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(default)]
        code: Option<serde_json::Value>,
        #[serde(default, rename = "type")]
        kind: Option<String>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        error: Option<String>,
    }
    match serde_json::from_slice::<Body>(body) {
        Ok(found) => ErrorBody {
            code: found.code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok())),
            kind: found.kind.or_else(|| found.error.clone()).unwrap_or_default(),
            text: clean(&found.message.or(found.error).unwrap_or_default()),
        },
        // An edge's page need not be JSON; its text still says what it is.
        Err(_) => ErrorBody { code: None, kind: String::new(), text: clean(&String::from_utf8_lossy(body)) },
    }
}

/// An error's body, as far as it was understood.
pub(crate) struct ErrorBody {
    pub(crate) code: Option<u64>,
    pub(crate) kind: String,
    pub(crate) text: String,
}

fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
