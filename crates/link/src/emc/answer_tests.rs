use proptest::prelude::*;

use super::*;
use crate::emc::SearchWords;

#[test]
fn a_result_is_read_with_unknown_keys_and_missing_parts() {
    let body = r#"{"status":"committed","departments":{"created":1,"updated":2,"deleted":3,"x":[]},
        "users":{"created":4},"drift":[{"record":"user","id":7,"expected":"update","actual":"create","y":{}}],"z":null}"#;
    let Ok(Answered::Committed(result)) = parse_import(body.as_bytes()) else { panic!() };
    assert_eq!(result.departments, Tally { created: 1, updated: 2, deleted: 3 });
    assert_eq!(result.users, Tally { created: 4, updated: 0, deleted: 0 });
    let drift = Drift { record: Subject::User, id: "7".into(), expected: "update".into(), actual: "create".into() };
    assert_eq!(result.drift, [drift]);
    assert_eq!(
        parse_import(br#"{"status":"previewed","drift":null}"#),
        Ok(Answered::Previewed(ImportResult::default()))
    );
    assert_eq!(parse_import(b"\xef\xbb\xbf{\"status\":\"cancelled\"}"), Ok(Answered::Cancelled));
}

#[test]
fn null_in_any_list_of_an_answer_is_skipped() {
    let body =
        br#"{"status":"committed","drift":[null],"restored":[null,{"record":"user","id":"A1"}],"unassigned":[null]}"#;
    let Ok(Answered::Committed(result)) = parse_import(body) else { panic!() };
    assert_eq!((result.drift.len(), result.restored.len(), result.unassigned.len()), (0, 1, 0));
    assert_eq!(parse_rejections(br#"{"errors":[null,{"id":"A1","code":"exists"}]}"#).unwrap().len(), 1);
    assert_eq!(parse_rejections(br#"{"errors":[null]}"#), Err(Unreadable::Form));
}

#[test]
fn what_is_no_result_is_told_apart_from_what_was_cut_short() {
    for body in ["{}", "[]", "null", "<html>", r#"{"status":"done"}"#, r#"{"status":"processing"}"#] {
        assert_eq!(parse_import(body.as_bytes()), Err(Unreadable::Form), "{body}");
    }
    assert_eq!(parse_import(br#"{"status":"rejected","errors":[]}"#), Err(Unreadable::Form));
    assert_eq!(parse_import(br#"{"status":"committed","users":{"created":-1}}"#), Err(Unreadable::Form));
    for body in ["", "{", r#"{"status":"commi"#, r#"{"status":"committed","drift":["#] {
        assert_eq!(parse_import(body.as_bytes()), Err(Unreadable::CutShort), "{body}");
    }
}

#[test]
fn rejections_are_read_and_become_faults() {
    let body = r#"{"status":"rejected","errors":[
        {"record":"user","line":3,"id":"A1","field":"氏名","message":"長すぎ\nます","code":"too_long","more":1},
        {"record":"department","line":"x","id":null,"code":"exists"},{}]}"#;
    let errors = parse_rejections(body.as_bytes()).unwrap();
    assert_eq!(parse_import(body.as_bytes()), Ok(Answered::Rejected(errors.clone())));
    assert_eq!(
        errors[0],
        Rejection {
            record: Subject::User,
            line: Some(3),
            id: Some("A1".into()),
            field: Some("氏名".into()),
            message: "長すぎ ます".into(),
            code: Some("too_long".into()),
        }
    );
    assert!(!errors[0].can_be_adopted() && errors[1].can_be_adopted());
    let fault = errors[0].to_fault();
    assert_eq!((fault.code, fault.id.as_deref(), fault.line), (Code::EmcRejected, Some("A1"), None));
    assert!(
        fault.message.starts_with("エマージェンシーコールが受け付けませんでした(長すぎ ます)。"),
        "{}",
        fault.message
    );
    assert_eq!(errors[1].to_fault().code, Code::IdExists);
    assert_eq!(errors[2].record, Subject::Emc);
    for body in [r#"{"errors":[]}"#, "{}", "null", r#"{"errors":null}"#] {
        assert!(parse_rejections(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn debug_shows_no_id_and_no_words() {
    let errors =
        parse_rejections(r#"{"errors":[{"id":"hanako@example.jp","message":"佐藤 花子"}]}"#.as_bytes()).unwrap();
    let shown = format!("{errors:?}");
    assert!(!shown.contains("hanako") && !shown.contains("佐藤"), "{shown}");
    let body = br#"{"status":"committed","drift":[{"record":"user","id":"hanako@example.jp"}]}"#;
    let shown = format!("{:?}", parse_import(body));
    assert!(!shown.contains("hanako"), "{shown}");
}

#[test]
fn words_are_one_short_line() {
    assert_eq!(parse_words(br#"{"message":"no\r\n  such\tcontract"}"#).as_deref(), Some("no such contract"));
    assert_eq!(parse_words(br#"{"error":"x","message":null}"#).as_deref(), Some("x"));
    assert_eq!(parse_words(br#"{"errors":[{"id":"A"},{"message":"y"}]}"#).as_deref(), Some("y"));
    assert_eq!(parse_words(b"Forbidden").as_deref(), Some("Forbidden"));
    for body in ["", "  ", "<html>no</html>", "{}", "[1]", r#"{"a":"#] {
        assert_eq!(parse_words(body.as_bytes()), None, "{body}");
    }
    assert_eq!(parse_words("あ".repeat(10_000).as_bytes()).map(|said| said.chars().count()), Some(201));
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (parse_import(&body), parse_rejections(&body), parse_words(&body), SearchWords::parse(&body).is_ok());
    }

    #[test]
    fn no_json_like_text_makes_a_parser_panic(body in r#"(\{|\}|\[|\]|:|,|"(status|committed|errors|drift|users|search_words|number|options|id|\\ud800|あ)"|-?[0-9]{1,25}|null|1e999| ){0,40}"#) {
        let body = body.as_bytes();
        let _ = (parse_import(body), parse_rejections(body), parse_words(body), SearchWords::parse(body).is_ok());
    }
}
