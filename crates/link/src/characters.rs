//! What people type beside what they mean: white space at the ends, characters that nobody can see, line breaks in a
//! name, letters in two parts.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Whether nobody can see the character: controls (Cc), format characters (Cf) and the letters that are blank. Variation
/// selectors are part of the letter before them.
pub fn is_invisible(c: char) -> bool {
    !is_of_the_usual(c) && is_invisible_of_all(c)
}

/// Nearly all letters of a Japanese text are of one of these ranges, none of them blank; several times is asked of every value.
fn is_of_the_usual(c: char) -> bool {
    matches!(c, '!'..='~' | '\u{3001}'..='\u{3163}' | '\u{3165}'..='\u{D7FF}')
}

fn is_invisible_of_all(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}' | '\u{8E2}'
            | '\u{115F}'..='\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0001}' | '\u{E0020}'..='\u{E007F}')
}

fn is_blank(c: char) -> bool {
    !is_of_the_usual(c) && (c.is_whitespace() || is_invisible_of_all(c))
}

/// The text without white space and invisible characters at its ends.
pub fn trimmed(text: &str) -> &str {
    // Rarely is anything to be dropped.
    let mut ends = text.chars();
    let is_clean =
        ends.next().is_some_and(|first| !is_blank(first)) && ends.next_back().is_none_or(|last| !is_blank(last));
    if is_clean { text } else { text.trim_matches(is_blank) }
}

/// A name on one line: each run of white space that holds a line break or a tab becomes one space.
pub fn on_one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    let breaks = |c: char| matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    // The last three begin with the byte C2 or E2. Without any of these bytes, which a loop that does not stop finds many at a
    // time, no letter needs to be looked at.
    let may_break = |byte: u8| matches!(byte, b'\t'..=b'\r' | 0xC2 | 0xE2);
    if !text.bytes().fold(false, |found, byte| found | may_break(byte)) || !text.contains(breaks) {
        return text;
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), &*text);
    while let Some(at) = rest.find(char::is_whitespace) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| !c.is_whitespace()).unwrap_or(from.len());
        let (space, after) = from.split_at(end);
        out.push_str(before);
        out.push_str(if space.contains(breaks) { " " } else { space });
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The text in normal form C.
pub fn nfc(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text;
    }
    Cow::Owned(text.nfc().collect())
}

/// The first character that no ID and no address may hold, as `U+200B`.
pub fn hidden_in(text: &str) -> Option<String> {
    if text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~')) {
        return None;
    }
    let is_hidden = |c: &char| is_invisible(*c) || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().find(is_hidden).map(|c| format!("U+{:04X}", u32::from(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_the_usual_letters_is_blank() {
        let usual = ('\0'..=char::MAX).filter(|c| is_of_the_usual(*c));
        assert_eq!(usual.filter(|c| c.is_whitespace() || is_invisible_of_all(*c)).collect::<Vec<_>>(), []);
    }

    #[test]
    fn what_nobody_sees_is_dropped_at_the_ends_only() {
        for hidden in [
            ' ', '\u{3000}', '\u{A0}', '\t', '\n', '\r', '\u{200B}', '\u{200F}', '\u{2060}', '\u{2064}', '\u{AD}',
            '\u{FEFF}', '\u{202A}', '\u{2069}', '\u{61C}', '\u{2800}', '\u{3164}', '\u{115F}', '\u{1160}', '\u{FFA0}',
            '\u{2028}', '\u{0}', '\u{7F}', '\u{85}',
        ] {
            let text = format!("{hidden}佐{hidden}藤{hidden}{hidden}");
            assert_eq!(trimmed(&text), format!("佐{hidden}藤"), "{hidden:?}");
            assert_eq!(trimmed(&hidden.to_string()), "", "{hidden:?}");
        }
        assert_eq!(trimmed("葛\u{E0100}"), "葛\u{E0100}");
        assert_eq!(trimmed("☎\u{FE0F}"), "☎\u{FE0F}");
    }

    #[test]
    fn line_breaks_and_tabs_become_one_space() {
        for (text, line) in [
            ("佐藤\r\n花子", "佐藤 花子"),
            ("佐藤 \t\u{2028} 花子", "佐藤 花子"),
            ("佐藤\u{85}花\u{2029}子", "佐藤 花 子"),
            ("佐藤　花子", "佐藤　花子"),
            ("a  b\tc", "a  b c"),
        ] {
            assert_eq!(on_one_line(text.into()), line, "{text:?}");
        }
    }

    #[test]
    fn letters_in_two_parts_become_one() {
        assert_eq!(nfc("か\u{3099}".into()), "が");
        assert!(matches!(nfc("が".into()), Cow::Borrowed(_)));
    }

    #[test]
    fn what_an_id_must_not_hold_is_named() {
        assert_eq!(hidden_in("A\u{200B}1").as_deref(), Some("U+200B"));
        assert_eq!(hidden_in("A\n1").as_deref(), Some("U+000A"));
        assert_eq!(hidden_in("A\u{2028}1").as_deref(), Some("U+2028"));
        assert_eq!(hidden_in("A 1"), None);
    }
}
