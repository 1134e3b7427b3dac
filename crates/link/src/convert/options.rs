//! The option of EMC's master that a value means.

use crate::characters::{nfc, trimmed};
use crate::emc::SearchWords;
use crate::text::looks_like;

/// The id of the option with this name, in normal form C.
pub(super) fn option_of<'w>(words: &'w SearchWords, number: u8, name: &str) -> Option<&'w str> {
    words.option(number, name).or_else(|| {
        let wanted = nfc(trimmed(name).into());
        let same = words.options(number).find(|option| nfc(trimmed(option).into()) == wanted)?;
        words.option(number, same)
    })
}

/// What is to be said of a value that is no option: the option that was meant, if one is written nearly so.
pub(super) fn meant(words: &SearchWords, number: u8, value: &str) -> String {
    match words.options(number).find(|option| looks_like(option, value)) {
        Some(option) => format!("マスタの「{option}」と、文字の幅・空白・似た記号が異なります。"),
        None => String::new(),
    }
}
