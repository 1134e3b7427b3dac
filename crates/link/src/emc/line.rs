//! The lines of an import: one JSON object each.
//!
//! Written by hand into one reused buffer: this is the run's hottest loop (one line per person), the shapes are fixed, and
//! writing this way can neither fail nor allocate per row. The tests read the lines back with `serde_json`.

use std::borrow::Cow;
use std::io::Write as _;
use std::ops::Range;

use super::{DepartmentRow, Expect, UserRow};
use crate::config::EmcItem;

/// What the first line announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin<'a> {
    /// The tenant, `TENANT_ID`.
    pub tenant: &'a str,
    /// Departments to be put.
    pub put_departments: u64,
    /// Users to be put.
    pub put_users: u64,
    /// Users to be deleted.
    pub delete_users: u64,
    /// Departments to be deleted.
    pub delete_departments: u64,
}

/// Appends the first line.
pub(super) fn begin(out: &mut Vec<u8>, begin: &Begin<'_>) {
    out.extend_from_slice(br#"{"op":"begin","tenant":"#);
    text(out, begin.tenant);
    // Writing into a Vec cannot fail.
    let _ = writeln!(
        out,
        r#","put_departments":{},"put_users":{},"delete_users":{},"delete_departments":{}}}"#,
        begin.put_departments, begin.put_users, begin.delete_users, begin.delete_departments
    );
}

/// Appends the line that creates or updates a department.
pub(super) fn department(out: &mut Vec<u8>, row: &DepartmentRow, expect: Expect) {
    out.extend_from_slice(br#"{"op":"put","record":"department","id":"#);
    text(out, &row.id);
    expectation(out, expect);
    out.extend_from_slice(r#","set":{"部署名":"#.as_bytes());
    text(out, &row.name);
    out.extend_from_slice(r#","部署名(ヨミ)":"#.as_bytes());
    text(out, &row.kana);
    out.extend_from_slice(r#","親部署ID":"#.as_bytes());
    text_or_null(out, row.parent.as_deref());
    out.extend_from_slice(b"}}\n");
}

/// Appends the line that creates or updates a user. Tells where in the line its ID and person are, and where its items.
pub(super) fn user(out: &mut Vec<u8>, row: &UserRow<'_>, expect: Expect) -> (Range<usize>, Range<usize>) {
    const START: &[u8] = br#"{"op":"put","record":"user","id":"#;
    let line = out.len();
    out.extend_from_slice(START);
    text(out, &row.id);
    person(out, &row.person);
    let who_ends = out.len() - line;
    expectation(out, expect);
    let items_start = out.len() - line;
    items(out, br#","set":{"#, &row.set);
    if !row.on_create.is_empty() {
        items(out, br#","on_create":{"#, &row.on_create);
    }
    if !row.on_update.is_empty() {
        items(out, br#","on_update":{"#, &row.on_update);
    }
    out.extend_from_slice(b"}\n");
    (START.len()..who_ends, items_start..out.len() - line)
}

/// Appends the line that deletes a user; `who` is the person that the snapshot knows, empty where it knows none.
pub(super) fn delete_user(out: &mut Vec<u8>, id: &str, who: &str) {
    out.extend_from_slice(br#"{"op":"delete","record":"user","id":"#);
    text(out, id);
    person(out, who);
    out.extend_from_slice(b"}\n");
}

/// Appends the line that deletes a department.
pub(super) fn delete_department(out: &mut Vec<u8>, id: &str) {
    out.extend_from_slice(br#"{"op":"delete","record":"department","id":"#);
    text(out, id);
    out.extend_from_slice(b"}\n");
}

/// Appends the last line.
pub(super) fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"op\":\"end\"}\n");
}

fn expectation(out: &mut Vec<u8>, expect: Expect) {
    out.extend_from_slice(br#","expect":""#);
    out.extend_from_slice(expect.as_str().as_bytes());
    out.push(b'"');
}

/// Nothing where no person is known.
fn person(out: &mut Vec<u8>, person: &str) {
    if !person.is_empty() {
        out.extend_from_slice(br#","person":"#);
        text(out, person);
    }
}

fn items(out: &mut Vec<u8>, start: &[u8], items: &[(EmcItem, Option<Cow<'_, str>>)]) {
    out.extend_from_slice(start);
    for (at, (item, value)) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'"');
        // Labels are our own and hold nothing that JSON escapes.
        out.extend_from_slice(item.label().as_bytes());
        out.extend_from_slice(b"\":");
        text_or_null(out, value.as_deref());
    }
    out.push(b'}');
}

fn text_or_null(out: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => text(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// A JSON string (RFC 8259, 7): quotation mark, backslash and U+0000 to U+001F are escaped, and U+0085, U+2028 and U+2029,
/// where other readers end a line; everything else is UTF-8.
fn text(out: &mut Vec<u8>, value: &str) {
    let escaped = |c: char| c < ' ' || matches!(c, '"' | '\\' | '\u{85}' | '\u{2028}' | '\u{2029}');
    // U+0085 begins with the byte C2, the other two with E2, as few characters of a Japanese text do.
    let may_be_escaped = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\' | 0xC2 | 0xE2);
    out.push(b'"');
    // Nearly every text has none: looking at all bytes without stopping is done many at a time.
    if value.as_bytes().iter().fold(false, |found, &byte| found | may_be_escaped(byte)) {
        let mut rest = value;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| escaped(*c)) {
            let (plain, from) = rest.split_at(at);
            out.extend_from_slice(plain.as_bytes());
            let _ = match c {
                '"' | '\\' => write!(out, "\\{c}"),
                _ => write!(out, "\\u{:04x}", u32::from(c)),
            };
            rest = from.get(c.len_utf8()..).unwrap_or_default();
        }
        out.extend_from_slice(rest.as_bytes());
    } else {
        out.extend_from_slice(value.as_bytes());
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written<T>(write: impl FnOnce(&mut Vec<u8>) -> T) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_those_of_the_contract() {
        let row = DepartmentRow {
            id: "A1".into(), name: "〇〇株式会社".into(), kana: "ブショ".into(), parent: None
        };
        assert_eq!(
            written(|out| department(out, &row, Expect::Create)),
            "{\"op\":\"put\",\"record\":\"department\",\"id\":\"A1\",\"expect\":\"create\",\
             \"set\":{\"部署名\":\"〇〇株式会社\",\"部署名(ヨミ)\":\"ブショ\",\"親部署ID\":null}}\n"
        );
        let row = UserRow {
            id: "A00027".into(),
            person: "0723a1df".into(),
            set: vec![(EmcItem::Name, Some("佐藤 花子".into())), (EmcItem::SearchWord(3), Some("1".into()))],
            on_create: vec![
                (EmcItem::Password, Some("a\"b\\c".into())),
                (EmcItem::ForcePasswordChange, Some("T".into())),
            ],
            on_update: vec![],
        };
        assert_eq!(
            written(|out| user(out, &row, Expect::Update)),
            "{\"op\":\"put\",\"record\":\"user\",\"id\":\"A00027\",\"person\":\"0723a1df\",\"expect\":\"update\",\
             \"set\":{\"氏名\":\"佐藤 花子\",\"検索ワード3\":\"1\"},\
             \"on_create\":{\"パスワード\":\"a\\\"b\\\\c\",\"パスワード強制変更\":\"T\"}}\n"
        );
        let row =
            UserRow { id: "B".into(), on_update: vec![(EmcItem::ContactAddress(10), None)], ..UserRow::default() };
        assert_eq!(
            written(|out| user(out, &row, Expect::Adopt)),
            "{\"op\":\"put\",\"record\":\"user\",\"id\":\"B\",\"expect\":\"adopt\",\"set\":{},\
             \"on_update\":{\"緊急連絡10 アドレス\":null}}\n"
        );
        let first = Begin { tenant: "acme", put_departments: 2, put_users: 1, delete_users: 1, delete_departments: 0 };
        assert_eq!(
            written(|out| begin(out, &first)),
            "{\"op\":\"begin\",\"tenant\":\"acme\",\"put_departments\":2,\"put_users\":1,\
             \"delete_users\":1,\"delete_departments\":0}\n"
        );
        assert_eq!(
            written(|out| {
                delete_user(out, "A00031", "5b1e");
                delete_user(out, "A00032", "");
                delete_department(out, "A12");
                end(out);
            }),
            "{\"op\":\"delete\",\"record\":\"user\",\"id\":\"A00031\",\"person\":\"5b1e\"}\n\
             {\"op\":\"delete\",\"record\":\"user\",\"id\":\"A00032\"}\n\
             {\"op\":\"delete\",\"record\":\"department\",\"id\":\"A12\"}\n{\"op\":\"end\"}\n"
        );
    }

    fn is_one_line(text: &str) -> bool {
        !text.contains(['\n', '\u{85}', '\u{2028}', '\u{2029}'])
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(value in any::<String>()) {
            let line = written(|out| text(out, &value));
            prop_assert!(is_one_line(&line));
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), value);
        }

        #[test]
        fn control_characters_are_read_back(value in "[\u{0}-\u{2f}\\\\\u{7f}\u{80}-\u{c0}\u{2020}-\u{2030}〜🙂]{0,20}") {
            let line = written(|out| text(out, &value));
            prop_assert!(is_one_line(&line));
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), value);
        }
    }

    #[test]
    fn what_other_readers_take_for_the_end_of_a_line_is_escaped() {
        assert_eq!(written(|out| text(out, "a\u{85}b\u{2028}c\u{2029}d–é")), "\"a\\u0085b\\u2028c\\u2029d–é\"");
    }

    #[test]
    fn the_id_and_the_items_are_found_in_the_line() {
        let row = UserRow {
            id: "A\"1".into(),
            person: "p".into(),
            set: vec![(EmcItem::Name, Some("佐藤".into()))],
            on_create: vec![(EmcItem::Password, Some("x".into()))],
            on_update: vec![(EmcItem::ConcurrentDepartment(1), None)],
        };
        let mut out = b"before\n".to_vec();
        let (id, items) = user(&mut out, &row, Expect::Update);
        let line = std::str::from_utf8(&out[7..]).unwrap();
        assert_eq!(&line[id], "\"A\\\"1\",\"person\":\"p\"");
        assert_eq!(
            &line[items],
            ",\"set\":{\"氏名\":\"佐藤\"},\"on_create\":{\"パスワード\":\"x\"},\"on_update\":{\"兼務管理部署コード1\":null}}\n"
        );
    }
}
