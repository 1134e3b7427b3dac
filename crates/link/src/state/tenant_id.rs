//! The name of a tenant: one customer's SmartHR tenant that is linked to EMC.

use std::fmt;

/// A tenant's name, `[a-z0-9][a-z0-9-]{0,31}`: it is a part of every state key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantId(String);

/// The text is not a tenant's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tenant id: 1 to 32 characters of a-z, 0-9 and '-', the first one no '-'")]
pub struct TenantIdError;

impl TenantId {
    /// Parses a tenant's name.
    pub fn parse(text: &str) -> Result<Self, TenantIdError> {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-');
        if fits { Ok(Self(text.to_owned())) } else { Err(TenantIdError) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
