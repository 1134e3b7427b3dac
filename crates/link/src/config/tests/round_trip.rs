//! What the writer writes, the reader reads back.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::{EXAMPLE, sheet};
use crate::config::{
    Absent, EmcItem, Mapping, Present, Rule, SheetFormat, SmartHrField, Source, UserIdAbsent, UserIdRule,
    mapping_to_csv, parse_sheet,
};

fn written(mapping: &Mapping) -> Vec<u8> {
    mapping_to_csv(mapping).expect("CSV")
}

#[test]
fn the_example_comes_back_as_it_was() {
    let csv = String::from_utf8(written(&sheet(EXAMPLE))).expect("UTF-8");
    assert_eq!(csv, format!("\u{FEFF}{}", EXAMPLE.replace('\n', "\r\n")));
}

fn value() -> impl Strategy<Value = String> {
    let any = any::<String>().prop_map(|text| text.chars().filter(|c| !c.is_control()).collect());
    prop_oneof!["[a-zA-Z0-9]{1,8}", "[「」｢｣:：,\"() 　あｱＡ]{1,8}", any]
        .prop_filter("blank", |text: &String| !crate::config::sheet::label::is_blank(text))
}

fn field() -> impl Strategy<Value = Source> {
    select(SmartHrField::all().collect::<Vec<_>>()).prop_map(Source::Field)
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![field(), value().prop_map(Source::Custom), value().prop_map(Source::Fixed), Just(Source::Nothing)]
}

fn present() -> impl Strategy<Value = Present> {
    prop_oneof![Just(Present::Send), Just(Present::Leave)]
}

fn create_absent() -> impl Strategy<Value = Absent> {
    let default = value().prop_map(|text| Absent::Default(text.trim().to_owned()));
    prop_oneof![Just(Absent::Error), Just(Absent::Leave), default]
}

fn update_absent() -> impl Strategy<Value = Absent> {
    prop_oneof![create_absent(), Just(Absent::Clear)]
}

fn user_id_absent() -> impl Strategy<Value = UserIdAbsent> {
    prop_oneof![Just(UserIdAbsent::Error), Just(UserIdAbsent::LeaveOut)]
}

/// Any items, with those that there must be.
fn items() -> impl Strategy<Value = Vec<EmcItem>> {
    let optional: Vec<_> = EmcItem::all().filter(|item| *item != EmcItem::UserId).collect();
    proptest::collection::btree_set(select(optional), 0..41).prop_map(|items| {
        let partners = items.iter().filter_map(|item| match *item {
            EmcItem::ContactMedium(slot) => Some(EmcItem::ContactAddress(slot)),
            EmcItem::ContactAddress(slot) => Some(EmcItem::ContactMedium(slot)),
            _ => None,
        });
        let required = [EmcItem::Password, EmcItem::Name, EmcItem::NameKana];
        partners.chain(required).chain(items.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect()
    })
}

fn rule(item: EmcItem, row: u32) -> impl Strategy<Value = Rule> {
    let caption = if matches!(item, EmcItem::SearchWord(_)) { "(:[勤務地A]{0,4})?" } else { "" };
    (caption, source(), present(), create_absent(), present(), update_absent()).prop_map(
        move |(caption, source, create_present, create_absent, update_present, update_absent)| Rule {
            item,
            label: format!("{}{caption}", item.label()),
            source,
            create_present,
            create_absent,
            update_present,
            update_absent,
            row,
        },
    )
}

fn mapping() -> impl Strategy<Value = Mapping> {
    let rules = items().prop_shuffle().prop_flat_map(|items| {
        // The writer puts the header, 処理フラグ and ユーザID into the first three rows.
        (4..).zip(items).map(|(row, item)| rule(item, row)).collect::<Vec<_>>()
    });
    let user_id = (prop_oneof![field(), value().prop_map(Source::Custom)], user_id_absent(), user_id_absent());
    (user_id, rules).prop_map(|((source, create_absent, update_absent), rules)| Mapping {
        user_id: UserIdRule { source, create_absent, update_absent, row: 3 },
        rules,
    })
}

proptest! {
    #[test]
    fn any_mapping_comes_back_as_it_was(mapping in mapping()) {
        let csv = written(&mapping);
        let read = parse_sheet(SheetFormat::Csv, &csv);
        // Not `assert_eq`: the types hide fixed values when they are printed.
        prop_assert!(read.as_ref() == Ok(&mapping), "{}\n{read:?}", String::from_utf8_lossy(&csv));
    }
}
