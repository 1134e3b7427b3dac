//! Whether a link is connected: the one word that its pages say to whoever asks, and its cache.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// How long a status is kept: repeated requests within this time cost nothing.
const KEPT: Duration = Duration::from_mins(1);

/// Whether a link is connected to SmartHR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LinkStatus {
    /// 連携済み.
    Connected,
    /// 未連携.
    Unconnected,
    /// It could not be asked.
    #[serde(skip)]
    Unknown,
}

/// The body of `GET /state`.
#[derive(Serialize, Deserialize)]
pub(crate) struct StatusBody {
    pub(crate) state: LinkStatus,
    /// Whether IDs with the prefix that was asked for could be this link's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) prefix_clashes: bool,
}

/// Whether IDs of two prefixes can be confused: one begins with the other.
pub(crate) fn prefixes_clash(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && (one.starts_with(other) || other.starts_with(one))
}

/// This link's own prefix, kept for a minute as a status is.
#[derive(Debug, Default)]
pub(crate) struct PrefixCache(Mutex<Option<(Instant, String)>>);

impl PrefixCache {
    pub(crate) fn get(&self) -> Option<String> {
        let kept = self.0.lock().ok()?;
        let (since, prefix) = kept.as_ref()?;
        (since.elapsed() < KEPT).then(|| prefix.clone())
    }

    pub(crate) fn put(&self, prefix: &str) {
        if let Ok(mut kept) = self.0.lock() {
            *kept = Some((Instant::now(), prefix.to_owned()));
        }
    }
}

/// Statuses by address, each kept for a minute.
#[derive(Debug, Default)]
pub(crate) struct StatusCache(Mutex<HashMap<String, (Instant, LinkStatus)>>);

impl StatusCache {
    /// The status at an address, if it is no older than a minute.
    pub(crate) fn get(&self, address: &str) -> Option<LinkStatus> {
        let entries = self.0.lock().ok()?;
        let (since, status) = entries.get(address)?;
        (since.elapsed() < KEPT).then_some(*status)
    }

    /// Keeps a status.
    pub(crate) fn put(&self, address: &str, status: LinkStatus) {
        if let Ok(mut entries) = self.0.lock() {
            entries.insert(address.to_owned(), (Instant::now(), status));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_clash_where_one_begins_with_the_other() {
        assert!(prefixes_clash("A", "AB") && prefixes_clash("AB", "A") && prefixes_clash("A", "A"));
        assert!(!prefixes_clash("A", "B") && !prefixes_clash("", "A") && !prefixes_clash("A", ""));
    }

    #[test]
    fn a_status_is_kept_by_its_address() {
        let cache = StatusCache::default();
        assert_eq!(cache.get("a"), None);
        cache.put("a", LinkStatus::Connected);
        assert_eq!((cache.get("a"), cache.get("b")), (Some(LinkStatus::Connected), None));
    }
}
