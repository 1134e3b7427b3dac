//! IDs that differ from the form of all others: `27` among `00027` and `00031` is most likely 00027.

use std::collections::HashMap;

use super::Suspect;
use crate::compare::IdTable;

/// Why an ID is suspected of being damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// Shorter than the others, which begin with zeros.
    LostZeros {
        /// How many digits the others have.
        digits: usize,
        /// Whether the others are so many that it is an error.
        is_certain: bool,
    },
    /// All are numbers of several lengths, and none begins with a zero: told once, at the shortest.
    NoZeros,
    /// Of another length or with another beginning than nine of ten.
    OtherForm {
        /// One that has the form of the others.
        example: String,
    },
    /// Begins with the prefix but for case or width.
    PrefixSpelling,
}

impl Suspicion {
    pub(super) fn is_error(&self) -> bool {
        matches!(self, Self::LostZeros { is_certain: true, .. })
    }

    /// As the end of a sentence, and what a spreadsheet did (Japanese).
    pub(super) fn ja(&self) -> String {
        match self {
            Self::LostZeros { digits, .. } => {
                format!("ほかのIDが{digits}桁なのに短く、Excelが先頭の0を消した可能性があります。")
            }
            Self::NoZeros => {
                "数字だけで桁数がまちまちなIDの1つです。すべてのIDで、Excelが先頭の0を消した可能性があります。"
                    .to_owned()
            }
            Self::OtherForm { example } => format!("ほかのID(「{example}」など)と形が違います。"),
            Self::PrefixSpelling => {
                "会社コードと大文字・小文字または全角・半角だけが違うため、この連携の対象外としました。".to_owned()
            }
        }
    }
}

/// So many IDs make a form; among fewer anything is possible.
const ENOUGH: usize = 10;

/// The IDs that differ from the others, in the list's order. `prefix` is the length of what all have in common.
pub(super) fn suspects(ids: &IdTable, lines: &[u32], prefix: usize) -> Vec<Suspect> {
    let bodies: Vec<&str> = ids.iter().map(|id| id.get(prefix..).unwrap_or_default()).collect();
    let zeros = lost_zeros(&bodies);
    let forms = if zeros.is_empty() { other_forms(&bodies) } else { HashMap::new() };
    let mut found: Vec<Suspect> = Vec::new();
    for ((at, id), line) in ids.iter().enumerate().zip(lines) {
        if let Some(suspicion) = zeros.get(&at).or_else(|| forms.get(&at)) {
            found.push(Suspect { line: *line, id: id.to_owned(), suspicion: suspicion.clone() });
        }
    }
    found
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn lost_zeros(bodies: &[&str]) -> HashMap<usize, Suspicion> {
    let numbers = || bodies.iter().enumerate().filter(|(_, body)| is_number(body));
    let Some(digits) = numbers().map(|(_, body)| body.len()).max() else { return HashMap::new() };
    let full = numbers().filter(|(_, body)| body.len() == digits);
    let (mut count, mut with_zeros) = (0, 0);
    for (_, body) in full {
        count += 1;
        with_zeros += usize::from(body.starts_with('0'));
    }
    let has_zeros = with_zeros > 0;
    let shorter = || numbers().filter(|(_, body)| body.len() < digits && !body.starts_with('0'));
    if has_zeros {
        let is_certain = count * 2 >= numbers().count();
        return shorter().map(|(at, _)| (at, Suspicion::LostZeros { digits, is_certain })).collect();
    }
    let any_zero = numbers().any(|(_, body)| body.starts_with('0'));
    let is_mixed = shorter().next().is_some();
    let shortest = shorter().min_by_key(|(_, body)| body.len());
    let all_are_numbers = numbers().count() == bodies.len() && bodies.len() >= ENOUGH;
    match shortest {
        Some((at, _)) if is_mixed && !any_zero && all_are_numbers => HashMap::from([(at, Suspicion::NoZeros)]),
        _ => HashMap::new(),
    }
}

/// The letters in front, and how many digits follow; `None` for what has neither form.
fn form(body: &str) -> Option<(&str, usize)> {
    let letters = body.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = body.len() - letters.len();
    (digits > 0 && letters.chars().count() <= 4).then_some((letters, digits))
}

fn other_forms(bodies: &[&str]) -> HashMap<usize, Suspicion> {
    let mut counts: HashMap<(&str, usize), (usize, usize)> = HashMap::new();
    for (at, body) in bodies.iter().enumerate() {
        if let Some(form) = form(body) {
            counts.entry(form).or_insert((0, at)).0 += 1;
        }
    }
    let Some((common, (count, example))) =
        counts.into_iter().max_by_key(|(_, (count, at))| (*count, std::cmp::Reverse(*at)))
    else {
        return HashMap::new();
    };
    if bodies.len() < ENOUGH || count * 10 < bodies.len() * 9 {
        return HashMap::new();
    }
    let example = bodies.get(example).copied().unwrap_or_default();
    let others = bodies.iter().enumerate().filter(|(_, body)| form(body) != Some(common));
    others.map(|(at, _)| (at, Suspicion::OtherForm { example: example.to_owned() })).collect()
}
