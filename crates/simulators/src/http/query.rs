//! A query string or form body, decoded.

use axum::http::Uri;

/// Pairs in the order they came; of a repeated key the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(pub Vec<(String, String)>);

impl Query {
    /// Of a request's address; what cannot be decoded counts as absent.
    pub fn of(uri: &Uri) -> Self {
        axum::extract::Query::try_from_uri(uri).map(|pairs| Self(pairs.0)).unwrap_or_default()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The value of a key as a number; `default` where the key is absent, `None` where it is no number.
    pub fn number(&self, key: &str, default: usize) -> Option<usize> {
        self.get(key).map_or(Some(default), |value| value.parse().ok())
    }
}
