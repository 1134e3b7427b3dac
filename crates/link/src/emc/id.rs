//! The name of one import: what makes repeating it safe.

use std::fmt;

/// An import's id: `[A-Za-z0-9-]`, so that it stands in an address as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImportId(String);

/// A text is no import id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an import id is 1 to 128 characters out of A-Z, a-z, 0-9 and -")]
pub struct InvalidImportId;

impl ImportId {
    /// The import of the run `run_id`. A character that an id cannot hold becomes `-`: run ids hold none.
    pub fn new(run_id: &str) -> Self {
        let safe: String = run_id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        Self(if safe.is_empty() { "-".to_owned() } else { safe })
    }
    /// An id read back, such as from `pending.json`.
    pub fn parse(text: &str) -> Result<Self, InvalidImportId> {
        let fits = (1..=128).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidImportId)
        }
    }
    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_in_an_address_as_they_are() {
        assert_eq!(ImportId::new("20261123T043000-9f3a").as_str(), "20261123T043000-9f3a");
        assert_eq!(ImportId::new("../a?b 社").as_str(), "---a-b--");
        assert_eq!(ImportId::new("").as_str(), "-");
        assert!(ImportId::parse("20261123T043000-9f3a").is_ok());
        for bad in ["", "a/b", "a b", "社", &"a".repeat(129)] {
            assert!(ImportId::parse(bad).is_err(), "{bad}");
        }
    }
}
