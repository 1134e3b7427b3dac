use std::io::Read as _;

use flate2::bufread::GzDecoder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::EmcItem;

fn lines(body: &ImportBody) -> Vec<Value> {
    let bytes = body.pieces.concat();
    assert_eq!(bytes.len() as u64, body.len());
    let mut decoder = GzDecoder::new(&bytes[..]);
    let mut text = String::new();
    decoder.read_to_string(&mut text).unwrap();
    assert!(decoder.into_inner().is_empty(), "more than one member");
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn user(id: String, name: String) -> UserRow<'static> {
    UserRow { id: id.into(), set: vec![(EmcItem::Name, Some(name.into()))], ..UserRow::default() }
}

#[test]
fn an_import_of_nothing_has_its_first_and_last_line() {
    let begin = Begin { tenant: "acme", put_departments: 0, put_users: 0, delete_users: 0, delete_departments: 0 };
    let body = ImportBody::assemble(&begin, Packed::empty(), Packed::empty(), [].into_iter(), [].into_iter());
    let counts =
        json!({"op":"begin","tenant":"acme","put_departments":0,"put_users":0,"delete_users":0,"delete_departments":0});
    assert_eq!(lines(&body), [counts, json!({"op":"end"})]);
}

#[test]
fn the_stream_gives_the_exact_size_and_every_piece() {
    let begin = Begin { tenant: "acme", put_departments: 0, put_users: 0, delete_users: 0, delete_departments: 0 };
    let body = ImportBody::assemble(&begin, Packed::empty(), Packed::empty(), [].into_iter(), [].into_iter());
    let mut stream = body.stream();
    let mut context = Context::from_waker(std::task::Waker::noop());
    let mut seen = Vec::new();
    assert_eq!(stream.size_hint().exact(), Some(body.len()));
    while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut stream).poll_frame(&mut context) {
        seen.extend_from_slice(&frame.into_data().unwrap());
        assert_eq!(stream.size_hint().exact(), Some(body.len() - seen.len() as u64));
    }
    assert!(stream.is_end_stream());
    assert_eq!(seen, body.pieces.concat());
}

#[test]
fn debug_shows_sizes_only() {
    let mut packer = Packer::new();
    packer.user(&user("A1".into(), "佐藤 花子".into()), Expect::Create);
    assert_eq!(format!("{packer:?}"), "Packer { rows: 1, .. }");
    assert!(format!("{:?}", packer.finish()).starts_with("Packed { rows: 1, bytes: "));
}

proptest! {
    #[test]
    fn lines_come_back_in_order(
        departments in prop::collection::vec((".{0,8}", ".{0,8}", prop::option::of(".{0,8}")), 0..20),
        users in prop::collection::vec((".{0,8}", any::<String>()), 0..200),
        gone_users in prop::collection::vec((".{0,8}", ".{1,8}"), 0..20),
        gone_departments in prop::collection::vec(".{0,8}", 0..20),
    ) {
        let mut packed_departments = Packer::new();
        let mut packed_users = Packer::new();
        let mut expected = vec![json!({
            "op": "begin", "tenant": "acme", "put_departments": departments.len(), "put_users": users.len(),
            "delete_users": gone_users.len(), "delete_departments": gone_departments.len(),
        })];
        for (id, name, parent) in departments {
            expected.push(json!({"op": "put", "record": "department", "id": id, "expect": "update",
                "set": {"部署名": name, "部署名(ヨミ)": "ブショ", "親部署ID": parent}}));
            let row = DepartmentRow { id, name, kana: "ブショ".into(), parent };
            packed_departments.department(&row, Expect::Update);
        }
        for (id, name) in users {
            expected.push(json!({"op": "put", "record": "user", "id": id, "expect": "create", "set": {"氏名": name}}));
            packed_users.user(&user(id, name), Expect::Create);
        }
        expected.extend(gone_users.iter().map(|(id, person)| json!({"op": "delete", "record": "user", "id": id, "person": person})));
        expected.extend(gone_departments.iter().map(|id| json!({"op": "delete", "record": "department", "id": id})));
        expected.push(json!({"op": "end"}));
        let begin = Begin {
            tenant: "acme",
            put_departments: packed_departments.rows(),
            put_users: packed_users.rows(),
            delete_users: gone_users.len() as u64,
            delete_departments: gone_departments.len() as u64,
        };
        let body = ImportBody::assemble(
            &begin,
            packed_departments.finish(),
            packed_users.finish(),
            gone_users.iter().map(|(id, person)| (id.as_str(), person.as_str())),
            gone_departments.iter().map(String::as_str),
        );
        prop_assert_eq!(lines(&body), expected);
    }
}

proptest::proptest! {
    /// What a bulk upload reads back is what was packed, whatever the size: over many pieces of output, too.
    #[test]
    fn packed_lines_are_read_back(names in proptest::collection::vec("\\PC{0,400}", 0..400)) {
        let mut packer = Packer::new();
        let mut expected = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let row = UserRow {
                id: number.to_string().into(),
                set: vec![(EmcItem::Name, Some(name.as_str().into()))],
                ..UserRow::default()
            };
            packer.user(&row, Expect::Create);
            let mut line = Vec::new();
            crate::emc::line::user(&mut line, &row, Expect::Create);
            expected.push(line[..line.len() - 1].to_vec());
        }
        let packed = packer.finish();
        let mut lines = Vec::new();
        proptest::prop_assert!(packed.lines(|line| lines.push(line.to_vec())));
        proptest::prop_assert_eq!(lines, expected);
    }
}
