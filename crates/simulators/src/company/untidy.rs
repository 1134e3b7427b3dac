//! Values as people really enter them: pasted from a web page, typed with spaces, or written on another system.

use serde::{Deserialize, Serialize};

use super::{Company, Person};

/// What is wrong with a person's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Untidy {
    /// Spaces at both ends: a plain one, a full-width one, a no-break one, a tab.
    Spaces,
    /// Characters without a width at both ends and inside: U+200B, U+FEFF, U+2060, U+00AD, a direction mark.
    Invisible,
    /// Line breaks inside: CR LF, U+2028, U+2029, U+0085.
    LineBreaks,
    /// Kana as a base letter and a combining sound mark (NFD), as macOS writes file names.
    Decomposed,
}

impl Company {
    /// The person's names, 社員番号, メールアドレス, 電話番号 and 業務内容 become untidy, each where it is set.
    pub fn make_untidy(&mut self, person: &str, how: Untidy) {
        let Some(person) = self.person_mut(person) else { return };
        for value in values(person) {
            *value = how.applied_to(value);
        }
    }
}

fn values(person: &mut Person) -> impl Iterator<Item = &mut String> {
    let names = [&mut person.last_name, &mut person.first_name];
    let others = [
        &mut person.emp_code,
        &mut person.email,
        &mut person.tel_number,
        &mut person.occupation,
        &mut person.last_name_yomi,
        &mut person.first_name_yomi,
    ];
    names.into_iter().chain(others.into_iter().flatten()).filter(|value| !value.is_empty())
}

impl Untidy {
    /// The value, made untidy.
    pub fn applied_to(self, value: &str) -> String {
        match self {
            Self::Spaces => format!(" \u{3000}{value}\u{a0}\t"),
            Self::Invisible => {
                let (first, rest) = value.split_at(value.chars().next().map_or(0, char::len_utf8));
                format!("\u{feff}\u{200b}{first}\u{ad}\u{2060}{rest}\u{200e}")
            }
            Self::LineBreaks => {
                let (first, rest) = value.split_at(value.chars().next().map_or(0, char::len_utf8));
                format!("{first}\r\n{rest}\u{2028}\u{2029}\u{85}")
            }
            Self::Decomposed => value.chars().flat_map(decomposed).collect(),
        }
    }
}

/// A letter with a sound mark as two characters; any other as itself.
fn decomposed(letter: char) -> impl Iterator<Item = char> {
    const VOICED: &str = "ガギグゲゴザジズゼゾダヂヅデドバビブベボがぎぐげござじずぜぞだぢづでどばびぶべぼ";
    const PLOSIVE: &str = "パピプペポぱぴぷぺぽ";
    let below = |steps: u32| char::from_u32(u32::from(letter) - steps).unwrap_or(letter);
    let (base, mark) = if VOICED.contains(letter) {
        (below(1), Some('\u{3099}'))
    } else if PLOSIVE.contains(letter) {
        (below(2), Some('\u{309a}'))
    } else if letter == 'ヴ' {
        ('ウ', Some('\u{3099}'))
    } else {
        (letter, None)
    };
    std::iter::once(base).chain(mark)
}
