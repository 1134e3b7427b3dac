use std::io::Read as _;
use std::time::Instant;

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
        gone_users in prop::collection::vec(".{0,8}", 0..20),
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
        expected.extend(gone_users.iter().map(|id| json!({"op": "delete", "record": "user", "id": id})));
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
            gone_users.iter().map(String::as_str),
            gone_departments.iter().map(String::as_str),
        );
        prop_assert_eq!(lines(&body), expected);
    }
}

/// `cargo test --release -p link emc::body -- --ignored --nocapture`: the cost of 100,000 people at each level.
#[test]
#[ignore = "a measurement"]
fn figures() {
    let kanji = ["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤"];
    let given = ["花子", "太郎", "一郎", "美咲", "翔太", "陽菜", "大輔", "結衣", "健太", "葵"];
    let kana =
        ["サトウ", "スズキ", "タカハシ", "タナカ", "イトウ", "ワタナベ", "ヤマモト", "ナカムラ", "コバヤシ", "カトウ"];
    for level in [1, 2, 3, 4, 6] {
        let started = Instant::now();
        let mut packer = Packer { squeeze: Squeeze::at_level(level), lines: Vec::new(), rows: 0 };
        let mut making = std::time::Duration::ZERO;
        for i in 0..100_000_u64 {
            let making_since = Instant::now();
            let mix = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            let (a, b) = ((mix % 10) as usize, (mix / 10 % 10) as usize);
            let text = |value: String| Some(value.into());
            let row = UserRow {
                id: format!("A{i:06}").into(),
                set: vec![
                    (EmcItem::Name, text(format!("{} {}", kanji[a], given[b]))),
                    (EmcItem::NameKana, text(format!("{} ハナコ", kana[a]))),
                    (EmcItem::Department, text(format!("A{}", mix % 900))),
                    (EmcItem::ConcurrentDepartment(1), (mix % 5 == 0).then(|| format!("A{}", mix % 700).into())),
                    (EmcItem::ContactMedium(1), text("メール".into())),
                    (EmcItem::ContactAddress(1), text(format!("user{mix:x}@example.co.jp"))),
                    (EmcItem::ContactMedium(2), text("電話".into())),
                    (EmcItem::ContactAddress(2), text(format!("090{:08}", mix % 100_000_000))),
                    (EmcItem::SearchWord(1), text(format!("{}", mix % 40))),
                    (EmcItem::SearchWord(2), text(format!("{}", mix % 12))),
                    (EmcItem::SearchWord(3), text(format!("{}", mix % 25))),
                ],
                on_create: vec![
                    (EmcItem::Password, text(format!("{:x}", mix.wrapping_mul(31)))),
                    (EmcItem::ForcePasswordChange, text("T".into())),
                ],
                on_update: vec![],
            };
            making += making_since.elapsed();
            packer.user(&row, Expect::Update);
        }
        let bytes = packer.finish().compressed_len();
        let took = started.elapsed().saturating_sub(making);
        println!("level {level}: {took:?} for 100,000 rows, {bytes} bytes");
    }
}
