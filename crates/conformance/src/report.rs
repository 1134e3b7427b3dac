//! What came of a run.

use serde::Serialize;

use crate::rules::Rule;
use crate::stage::Stop;

/// What was found about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was played and holds.
    Holds,
    /// It is broken.
    Broken,
    /// It could not be played; `expected` says why.
    NotPlayed,
}

/// A rule and what was found.
#[derive(Clone, Debug, Serialize)]
pub struct Played {
    /// The rule's number in the contract's pages.
    pub number: u16,
    /// The rule in a few words.
    pub name: &'static str,
    /// What was found.
    pub verdict: Verdict,
    /// The request that showed it.
    pub request: String,
    /// The answer to it.
    pub answer: String,
    /// What the contract asks for instead; of a rule that was not played, the reason.
    pub expected: String,
}

impl Played {
    pub(crate) fn of(rule: &Rule, result: Result<(), Stop>) -> Self {
        let (verdict, request, answer, expected) = match result {
            Ok(()) => (Verdict::Holds, String::new(), String::new(), String::new()),
            Err(Stop::NotPlayed(reason)) => (Verdict::NotPlayed, String::new(), String::new(), reason),
            Err(Stop::Broken { request, answer, expected }) => (Verdict::Broken, request, answer, expected),
        };
        Self { number: rule.number, name: rule.name, verdict, request, answer, expected }
    }
}

/// All rules.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// In the order of their numbers.
    pub rules: Vec<Played>,
    /// The contracts hold nobody any more.
    #[serde(skip)]
    pub left_empty: bool,
    /// How long it took.
    #[serde(skip)]
    pub seconds: f64,
}

impl Report {
    /// How many rules are broken.
    pub fn broken(&self) -> usize {
        self.count(Verdict::Broken)
    }

    /// How many rules have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rules.iter().filter(|played| played.verdict == verdict).count()
    }
}
