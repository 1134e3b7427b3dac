use super::*;

fn ids(list: &IdList) -> Vec<&str> {
    list.ids.iter().collect()
}

fn users(text: &str) -> IdList {
    read(text.as_bytes(), "f", ListKind::Users, "").unwrap()
}

fn lines(text: &str) -> Vec<Option<u32>> {
    read(text.as_bytes(), "f", ListKind::Users, "").unwrap_err().0.iter().map(|fault| fault.line).collect()
}

/// A list of so many IDs of five digits.
fn whole(count: u32) -> String {
    (1..=count)
        .map(|number| format!("{number:05},佐藤\r\n"))
        .fold("ユーザID,氏名\r\n".to_owned(), |all, line| all + &line)
}

#[test]
fn the_id_column_is_found_by_name_and_others_are_ignored() {
    let csv = "\u{feff}部署名,部署ＩＤ ,親部署ID\r\n営業部,A1,\r\n営業一課,A11,A1\r\n,,\r\n";
    let list = read(csv.as_bytes(), "f", ListKind::Departments, "").unwrap();
    assert_eq!((ids(&list), list.others), (vec!["A1", "A11"], 0));
}

#[test]
fn departments_stand_below_their_parents_whatever_the_files_order() {
    let order = |rows: &str| {
        let csv = format!("部署ID,親部署ID\n{rows}");
        let list = read(csv.as_bytes(), "f", ListKind::Departments, "").unwrap();
        list.ids.iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(order("111,11\n12,1\n11,1\n1,\n2,gone\n"), ["1", "2", "12", "11", "111"]);
    assert_eq!(order("1,\n11,1\n2,\n111,11\n"), ["1", "11", "2", "111"]);
    assert_eq!(order("1,2\n2,1\n3,3\n"), ["1", "2", "3"]);
}

#[test]
fn shift_jis_tabs_and_semicolons_are_read() {
    let (csv, _, _) = encoding_rs::SHIFT_JIS.encode("ユーザID,氏名\r\nA1,佐藤\r\n");
    assert_eq!(ids(&read(&csv, "f", ListKind::Users, "").unwrap()), ["A1"]);
    for text in ["氏名\tユーザID\r佐藤\tA1\r", "氏名;ユーザID\n佐藤;A1\n", "sep=|\r\n氏名|ユーザID\r\n佐藤|A1\r\n"]
    {
        assert_eq!(ids(&users(text)), ["A1"], "{text}");
    }
}

#[test]
fn ids_of_another_company_are_left_alone() {
    let list = read("ユーザID\nA1\nB1\na2\n".as_bytes(), "f", ListKind::Users, "A").unwrap();
    assert_eq!((list.ids.len(), list.others), (1, 2));
    assert_eq!(list.suspects.iter().map(|suspect| suspect.line).collect::<Vec<_>>(), [4]);
    assert_eq!(list.suspects[0].suspicion, Suspicion::PrefixSpelling);
}

#[test]
fn all_faults_are_told_at_once_with_their_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let csv = ["ユーザID,x", ",y", "A1,", "A1,\"two", "lines\"", &format!("{},", "A".repeat(41)), ""].join(end);
        assert_eq!(lines(&csv), [Some(2), Some(4), Some(6)], "{end:?}");
    }
}

#[test]
fn what_a_spreadsheet_did_is_told_with_its_line() {
    let damaged = ["1.23457E+11", "5月1日", "=\"\"00027\"\"", "00\u{200B}031", "合計", "0\0"];
    let rows: String = damaged.iter().map(|cell| format!("\"{cell}\",x\r\n")).collect();
    assert_eq!(lines(&format!("{}{rows}\u{1A}", whole(20))), (22..=28).map(Some).collect::<Vec<_>>());
}

#[test]
fn a_quote_that_never_closes_hides_nobody() {
    let csv = whole(20).replace("00003,佐藤", "00003,\"佐藤");
    assert_eq!(lines(&csv), [Some(4)]);
}

#[test]
fn a_number_without_its_zeros_is_an_error_unless_emc_has_it() {
    let list = users(&format!("{}27,鈴木\r\n", whole(20)));
    let (errors, warnings) = list.doubts("f", ListKind::Users, None);
    assert_eq!((errors.len(), warnings.len(), errors[0].line), (1, 0, Some(22)));
    assert!(errors[0].message.contains("「27」") && errors[0].message.contains("先頭の0"), "{}", errors[0].message);
    let mut held = IdTable::new();
    held.insert("27").unwrap();
    assert_eq!(list.doubts("f", ListKind::Users, Some(&held)), (Vec::new(), Vec::new()));
}

#[test]
fn what_differs_from_nine_of_ten_is_a_warning() {
    let list = users(&format!("{}A00031,鈴木\r\n123456,高橋\r\n", whole(20).replace("00001,", "10001,")));
    assert_eq!(list.suspects.iter().map(|suspect| suspect.line).collect::<Vec<_>>(), [22, 23]);
    let (errors, warnings) = list.doubts("f", ListKind::Users, None);
    assert_eq!((errors.len(), warnings.len()), (0, 2));
}

#[test]
fn numbers_of_all_lengths_are_told_once() {
    let rows: String = (1..=200).map(|number| format!("{number}\n")).collect();
    let list = users(&format!("ユーザID\n{rows}"));
    assert_eq!(list.suspects.len(), 1);
    assert_eq!(list.suspects[0].suspicion, Suspicion::NoZeros);
}

#[test]
fn a_sound_list_has_no_suspects() {
    for text in [whole(200), "ユーザID\nsato@example.co.jp\nsuzuki@example.co.jp\n".to_owned(), "ユーザID\n".to_owned()]
    {
        assert_eq!(users(&text).suspects, []);
    }
}

#[test]
fn a_file_without_the_column_or_of_another_kind_is_refused() {
    let refused = |bytes: &[u8]| read(bytes, "f", ListKind::Departments, "").unwrap_err().0[0].message.clone();
    assert!(refused("部署名\n営業部\n".as_bytes()).contains("「部署ID」の列がありません"));
    assert!(refused(b"").contains("「部署ID」の列がありません"));
    assert!(refused(b"PK\x03\x04xl/workbook.xml").contains("Excelのブック"));
    assert!(refused(b"\xFF\xFEx\0").contains("UTF-16"));
    assert!(refused(b"<html><table>").contains("HTML"));
}

#[test]
fn a_list_is_compared_with_what_emc_has() {
    let table = |numbers: std::ops::Range<u32>| {
        let mut ids = IdTable::new();
        numbers.for_each(|number| _ = ids.insert(&format!("A{number:05}")));
        ids
    };
    assert_eq!(difference(&table(0..100), &table(0..100), "f"), None);
    assert_eq!(difference(&table(0..0), &table(0..0), "f"), None);
    let few = difference(&table(0..100), &table(5..105), "f").unwrap();
    assert!(!few.is_too_much);
    let told =
        "ファイルだけにあるID: 5件(A00000、A00001、A00002、A00003、A00004)、エマージェンシーコールだけにあるID: 5件";
    assert!(few.fault.message.contains(told), "{}", few.fault.message);
    assert!(difference(&table(0..100), &table(6..105), "f").unwrap().is_too_much);
    assert!(difference(&table(0..1), &table(0..0), "f").unwrap().is_too_much);
}

#[test]
fn emcs_own_download_is_read_by_its_header_and_prefix() {
    let (csv, _, _) = encoding_rs::SHIFT_JIS.encode("氏名,ユーザID\r\n佐藤,A1\r\n鈴木,B1\r\n,\r\n");
    assert_eq!(held(&csv, ListKind::Users, "A").unwrap().iter().collect::<Vec<_>>(), ["A1"]);
    assert!(held(b"<html>", ListKind::Users, "").is_none());
}
