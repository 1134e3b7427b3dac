//! What people cannot see, and what looks alike to them: two texts that differ only so are the same to the person who
//! typed them.

use unicode_normalization::UnicodeNormalization;

/// Whether nobody can see the character: white space, controls, format characters, blank letters. Variation selectors
/// are no such characters, as they change what is seen.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace() || crate::characters::is_invisible(c)
}

/// The first character of an ID that nobody can see, as its code point; spaces within an ID are visible.
pub(crate) fn invisible_name(text: &str) -> Option<String> {
    let hidden = text.chars().find(|c| is_invisible(*c) && *c != ' ' && *c != '\u{3000}');
    hidden.map(|c| format!("U+{:04X}", u32::from(c)))
}

/// Whether two texts differ at most in width, in what nobody can see, and in characters that look alike: 〜 and ～, dashes
/// and the long vowel mark, カ and 力.
pub fn looks_like(one: &str, other: &str) -> bool {
    skeleton(one) == skeleton(other)
}

fn skeleton(text: &str) -> String {
    text.nfkc().filter(|c| !is_invisible(*c)).map(plainest).flat_map(char::to_lowercase).collect()
}

/// One character for all that look like it.
fn plainest(c: char) -> char {
    match c {
        '〜' | '～' | '∼' | '∾' | '⁓' | '˜' | '〰' => '~',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー' | '─' | '━' | '一' | '﹣' => '-',
        '・' | '･' | '·' | '•' | '‧' | '∙' => '・',
        '’' | '‘' | '′' | '`' => '\'',
        '“' | '”' | '″' => '"',
        '力' => 'カ',
        '口' => 'ロ',
        '工' => 'エ',
        '二' => 'ニ',
        '八' => 'ハ',
        '夕' => 'タ',
        '卜' => 'ト',
        '千' => 'チ',
        '才' => 'オ',
        'へ' => 'ヘ',
        'べ' => 'ベ',
        'ぺ' => 'ペ',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_alike() {
        for (one, other) in [
            ("9時〜18時", "9時～18時"),
            ("メールアドレス", "メ一ルアドレス"),
            ("メールアドレス", "メ−ルアド\u{00AD}レス"),
            ("氏名(ヨミガナ)", "\u{202B}氏名（ヨミガナ）\u{202C}"),
            ("カスタム", "力スタム"),
            ("ﾒｰﾙアドレス", "メールアト\u{3099}レス"),
            ("本社（東京）", "本社(東京)"),
            ("9〜17時", "9∾17時"),
            ("ｴﾝｼﾞﾆｱ", "エンジニア"),
            ("営 業", "営業"),
            ("A−1", "A‐1"),
        ] {
            assert!(looks_like(one, other), "{one} {other}");
        }
        assert!(!looks_like("部署1", "部署2"));
        assert!(!looks_like("氏名", "氏名(ヨミ)"));
    }

    #[test]
    fn what_nobody_sees_is_named() {
        assert_eq!(invisible_name("A\u{200B}1"), Some("U+200B".to_owned()));
        assert_eq!(invisible_name("A\u{1A}"), Some("U+001A".to_owned()));
        assert_eq!(invisible_name("A 1"), None);
        assert_eq!(invisible_name("葛\u{E0100}"), None);
    }
}
