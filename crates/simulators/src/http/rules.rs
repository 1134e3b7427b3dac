//! When a fault strikes: a rule names requests by path, method and query, lets some pass, and then hits some.

use serde::{Deserialize, Serialize};

use super::Query;

/// A fault and the requests that it hits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule<F> {
    /// The path; with `*` at its end every path that begins so.
    pub path: String,
    /// Only this method.
    #[serde(default)]
    pub method: Option<String>,
    /// Only requests with this query parameter, as `key=value`, or with all of several, joined by `&`. `page=1` also fits a
    /// request without `page`.
    #[serde(default)]
    pub query: Option<String>,
    /// So many fitting requests pass first.
    #[serde(default)]
    pub after: u64,
    /// So many are hit then.
    #[serde(default = "once")]
    pub times: u64,
    /// What happens to them.
    pub fault: F,
    /// Fitting requests seen so far.
    #[serde(skip)]
    seen: u64,
}

fn once() -> u64 {
    1
}

impl<F> Rule<F> {
    /// Hits the next request for `path` once.
    pub fn new(path: &str, fault: F) -> Self {
        Self { path: path.to_owned(), method: None, query: None, after: 0, times: 1, fault, seen: 0 }
    }

    /// Only this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only requests with this parameter too, as `key=value`.
    #[must_use]
    pub fn query(mut self, pair: &str) -> Self {
        self.query = Some(self.query.map_or_else(|| pair.to_owned(), |others| others + "&" + pair));
        self
    }

    /// Only this page of a listing.
    #[must_use]
    pub fn page(self, page: usize) -> Self {
        self.query(&format!("page={page}"))
    }

    /// Lets so many fitting requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.after = requests;
        self
    }

    /// Hits so many.
    #[must_use]
    pub fn times(mut self, requests: u64) -> Self {
        self.times = requests;
        self
    }

    /// Hits all of them.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    fn fits(&self, method: &str, path: &str, query: &Query) -> bool {
        let path_fits = match self.path.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == self.path,
        };
        let query_fits =
            self.query.as_deref().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).all(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                query.get(key).unwrap_or(if key == "page" { "1" } else { "" }) == value
            });
        path_fits && query_fits && self.method.as_deref().is_none_or(|only| only.eq_ignore_ascii_case(method))
    }
}

/// The rules in force.
#[derive(Clone, Debug)]
pub struct Rules<F>(Vec<Rule<F>>);

impl<F> Default for Rules<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<F: Clone> Rules<F> {
    /// Adds a rule.
    pub fn add(&mut self, rule: Rule<F>) {
        self.0.push(rule);
    }

    /// Takes all rules away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that hit this request, in the order of the rules; each rule counts the request.
    pub fn hit(&mut self, method: &str, path: &str, query: &Query) -> Vec<F> {
        let mut faults = Vec::new();
        for rule in self.0.iter_mut().filter(|rule| rule.fits(method, path, query)) {
            rule.seen += 1;
            if rule.seen > rule.after && rule.seen - rule.after <= rule.times {
                faults.push(rule.fault.clone());
            }
        }
        faults
    }
}

/// Reads one thing or a list of things.
pub(crate) fn one_or_many<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
    let things = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).map(|thing| vec![thing])
    };
    things.map_err(|error| error.to_string())
}

/// Reads one rule or a list of rules.
pub(crate) fn rules_from_json<F: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<Rule<F>>, String> {
    one_or_many(text)
}
