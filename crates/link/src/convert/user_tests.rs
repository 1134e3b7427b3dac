use super::*;
use crate::convert::test_tenant::{REQUIRED, sheet};

fn words() -> SearchWords {
    let text = r#"{"search_words":[{"number":1,"name":"勤務地","options":[{"id":"1","name":"東京"},{"id":"2","name":"大阪"}]}]}"#;
    SearchWords::parse(text.as_bytes()).unwrap()
}

#[expect(clippy::option_option, reason = "not sent, or sent as null, or sent with a value")]
/// Made from one further row and one value for it: the item's part of `set`, `on_create`, `on_update`, and the faults.
fn outcome(
    row: &str,
    value: Option<&str>,
    operation: Operation,
) -> (Option<String>, Option<String>, Option<Option<String>>, Vec<Code>) {
    let mapping = sheet(&format!("{REQUIRED}{row}\n"));
    let words = words();
    let rules = compile(&mapping, &words).unwrap();
    let mut values = vec![Some(Cow::Borrowed("必須")); rules.rules.len() - 1];
    values.push(value.map(Cow::Borrowed));
    let mut line = UserRow::default();
    let mut codes = Vec::new();
    rules.row(&values, operation, &words, &mut line, |_, code, _| codes.push(code));
    let item = mapping.rules.last().unwrap().item;
    let find = |part: &[(EmcItem, Option<Cow<'_, str>>)]| {
        part.iter()
            .find(|(found, _)| *found == item)
            .map(|(_, value)| value.as_ref().map(std::string::ToString::to_string))
    };
    (find(&line.set).flatten(), find(&line.on_create).flatten(), find(&line.on_update), codes)
}

#[expect(clippy::unnecessary_wraps, reason = "short for what is compared")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn value_present_create_and_update() {
    let row = "所属部署コード,部署1,登録,登録しない,更新,更新しない";
    assert_eq!(outcome(row, Some("A1"), Operation::Create), (some("A1"), None, None, vec![]));
}

#[test]
fn value_present_create_only() {
    let row = "所属部署コード,部署1,登録,登録しない,更新しない,更新しない";
    assert_eq!(outcome(row, Some("A1"), Operation::Update), (None, some("A1"), None, vec![]));
}

#[test]
fn value_present_update_only() {
    let row = "所属部署コード,部署1,登録しない,登録しない,更新,更新しない";
    assert_eq!(outcome(row, Some("A1"), Operation::Create), (None, None, Some(some("A1")), vec![]));
}

#[test]
fn value_present_neither() {
    let row = "所属部署コード,部署1,登録しない,エラー,更新しない,エラー";
    assert_eq!(outcome(row, Some("A1"), Operation::Create), (None, None, None, vec![]));
}

#[test]
fn value_absent_is_an_error_on_its_own_side_only() {
    let row = "所属部署コード,部署1,登録,エラー,更新,更新しない";
    assert_eq!(outcome(row, None, Operation::Create), (None, None, None, vec![Code::ItemMissing]));
    assert_eq!(outcome(row, None, Operation::Update), (None, None, None, vec![]));
    let row = "所属部署コード,部署1,登録,登録しない,更新,エラー";
    assert_eq!(outcome(row, None, Operation::Create), (None, None, None, vec![]));
    assert_eq!(outcome(row, None, Operation::Update), (None, None, None, vec![Code::ItemMissing]));
}

#[test]
fn value_absent_clears_on_update() {
    let row = "所属部署コード,部署1,登録,登録しない,更新,更新";
    assert_eq!(outcome(row, None, Operation::Update), (None, None, Some(None), vec![]));
}

#[test]
fn value_absent_default_on_create_and_on_update() {
    let row = "所属部署コード,部署1,登録,デフォルト:X,更新,更新しない";
    assert_eq!(outcome(row, None, Operation::Create), (None, some("X"), None, vec![]));
    let row = "所属部署コード,部署1,登録,登録しない,更新,デフォルト:Y";
    assert_eq!(outcome(row, None, Operation::Create), (None, None, Some(some("Y")), vec![]));
    let row = "所属部署コード,部署1,登録,デフォルト:X,更新,デフォルト:X";
    assert_eq!(outcome(row, None, Operation::Create), (some("X"), None, None, vec![]));
    let row = "所属部署コード,部署1,登録,デフォルト:X,更新,デフォルト:Y";
    assert_eq!(outcome(row, None, Operation::Create), (None, some("X"), Some(some("Y")), vec![]));
}

/// パスワード強制変更 | 無し(空白) | 登録 | デフォルト:T | 更新 | 更新しない: a row of the product's sample sheet.
#[test]
fn row_force_password_change() {
    let row = "パスワード強制変更,無し(空白),登録,デフォルト:T,更新,更新しない";
    assert_eq!(outcome(row, None, Operation::Create), (None, some("T"), None, vec![]));
}

/// 検索ワード1:勤務地 | 事業所 | 登録 | 登録しない | 更新 | 更新しない: the option's ID is sent.
#[test]
fn row_search_word_sends_the_options_id() {
    let row = "検索ワード1:勤務地,事業所,登録,登録しない,更新,更新しない";
    assert_eq!(outcome(row, Some("大阪"), Operation::Create), (some("2"), None, None, vec![]));
    assert_eq!(outcome(row, Some("名古屋"), Operation::Create), (None, None, None, vec![Code::SearchWordUnknown]));
}

#[test]
fn a_value_outside_the_master_is_no_error_where_it_is_not_sent() {
    let row = "検索ワード1:勤務地,事業所,登録,登録しない,更新しない,更新しない";
    assert_eq!(outcome(row, Some("名古屋"), Operation::Update).3, vec![]);
    assert_eq!(outcome(row, Some("名古屋"), Operation::Create).3, vec![Code::SearchWordUnknown]);
}

#[test]
fn a_search_word_that_emc_lacks_and_a_default_outside_its_master_are_told_by_row() {
    let mapping = sheet(&format!(
        "{REQUIRED}検索ワード1,事業所,登録,デフォルト:名古屋,更新,更新しない\n検索ワード2,役職1,登録,登録しない,更新,更新しない\n"
    ));
    let faults = compile(&mapping, &words()).unwrap_err();
    assert_eq!(
        faults.0.iter().map(|f| (f.code, f.line)).collect::<Vec<_>>(),
        [(Code::SearchWordUnknown, Some(6)), (Code::SearchWordNumberUnknown, Some(7))]
    );
}

fn contact(rows: &str, medium: &str, address: Option<&str>) -> UserRow<'static> {
    let mapping = sheet(&format!("{REQUIRED}{rows}"));
    let words = words();
    let rules = compile(&mapping, &words).unwrap();
    let mut values = vec![Some(Cow::Borrowed("必須")); 3];
    values.push(Some(Cow::Borrowed(medium)));
    values.push(address.map(Cow::Borrowed));
    let mut row = UserRow::default();
    rules.row(&values, Operation::Update, &words, &mut row, |_, code, _| panic!("{code:?}"));
    let owned = |part: Vec<(EmcItem, Option<Cow<'_, str>>)>| {
        let keep = |(item, value): (EmcItem, Option<Cow<'_, str>>)| (item, value.map(|v| Cow::Owned(v.into_owned())));
        part.into_iter()
            .filter(|(item, _)| matches!(item, EmcItem::ContactMedium(_) | EmcItem::ContactAddress(_)))
            .map(keep)
            .collect()
    };
    UserRow {
        id: Cow::Borrowed(""),
        person: Cow::Borrowed(""),
        set: owned(row.set),
        on_create: owned(row.on_create),
        on_update: owned(row.on_update),
    }
}

/// 緊急連絡10 媒体 | 固定値「メールアドレス」 and 緊急連絡10 アドレス | メールアドレス: with no address, the medium is absent too.
#[test]
fn row_contact_medium_and_address_go_together() {
    let rows = "緊急連絡10 媒体,固定値「メールアドレス」,登録,登録しない,更新,更新\n\
        緊急連絡10 アドレス,メールアドレス,登録,登録しない,更新,更新\n";
    let given = contact(rows, "メールアドレス", Some("a@example.co.jp"));
    assert_eq!((given.set.len(), given.on_update.len()), (2, 0));
    let none = contact(rows, "メールアドレス", None);
    assert_eq!(none.set, []);
    assert_eq!(none.on_update, [(EmcItem::ContactMedium(10), None), (EmcItem::ContactAddress(10), None)]);
}

#[test]
fn a_contact_address_made_up_by_the_sheet_keeps_its_medium() {
    let rows = "緊急連絡1 媒体,固定値「電話」,登録,登録しない,更新,更新しない\n\
        緊急連絡1 アドレス,電話番号,登録,デフォルト:0120,更新,更新しない\n";
    let row = contact(rows, "電話", None);
    assert_eq!(row.on_create.len(), 2);
    assert_eq!(row.on_update, []);
}

#[test]
fn required_items_cannot_be_left_out_for_a_new_person_nor_cleared() {
    let rows = REQUIRED.replace(
        "氏名(ヨミ),氏名(ヨミガナ),登録,エラー,更新,エラー",
        "氏名(ヨミ),氏名(ヨミガナ),登録,登録しない,更新,更新",
    );
    let mapping = sheet(&rows);
    let words = words();
    let rules = compile(&mapping, &words).unwrap();
    for operation in [Operation::Create, Operation::Update] {
        let values = [Some(Cow::Borrowed("p")), Some(Cow::Borrowed("n")), None];
        let mut codes = Vec::new();
        rules.row(&values, operation, &words, &mut UserRow::default(), |_, code, _| codes.push(code));
        assert_eq!(codes, [Code::KanaMissing], "{operation:?}");
    }
}
