//! Mails as they are sent, read by another MIME library than the one that wrote them.

use mail_parser::{Address, MessageParser, MimeHeaders};
use serde_json::{Value, json};

use super::super::{PlanLine, errors_csv, plan_csv};
use super::*;
use crate::fault::{Code, Fault, Subject};

const ENTRY: &str = "https://emc.example.co.jp/maintenance?menu=link";
/// What SES takes of a mail as sent.
const SES: usize = 10_485_760;
const PEOPLE: u32 = 12_500;

fn answer(change: impl FnOnce(&mut Value)) -> Answer {
    let file = json!({"previous_total": 12_600, "previous_valid": 12_500, "received_total": 12_600,
                      "received_valid": 12_500, "created": 12_500, "updated": 0, "deleted": 12_500, "changed": true});
    let mut form = json!({
        "run_id": "20261123T043000123-0f1e2d3c4b5a", "tenant": "acme", "company": "〇〇株式会社", "mode": "sync",
        "outcome": "success", "code": "EMC-OK",
        "started_at": "2026-11-23T04:30:00+09:00", "finished_at": "2026-11-23T04:31:12+09:00",
        "counts": {"departments": file.clone(), "users": file},
        "errors": [], "warnings": [], "drift": [], "details": [],
    });
    change(&mut form);
    serde_json::from_value(form).unwrap()
}

fn envelope(to: &[String]) -> Envelope<'_> {
    Envelope { from: "人事データ連携 <emc@example.co.jp>", to, pages_entry: Some(ENTRY) }
}

/// Faults of so many people, in the length of real ones.
fn faults(code: Code) -> Vec<Fault> {
    let detail = "ユーザIDが「A00027」から「B00027」に変わりました。前回のIDを削除し、新しいIDで登録します。".repeat(3);
    let fault = |line: u32| {
        Fault::new(code, Subject::User, &detail)
            .line(line)
            .id(format!("A{line:05}"))
            .crew("0723a1df-3a64-4a5e-8b5e-000000000000")
            .field("ユーザID")
            .address("https://acme.smarthr.jp/crews/0723a1df-3a64-4a5e-8b5e-000000000000")
    };
    (1..=PEOPLE).map(fault).collect()
}

fn plan() -> Vec<PlanLine> {
    let line = |action, number: u32| PlanLine {
        record: "社員",
        id: format!("A{number:05}"),
        action,
        reason: "ユーザIDが変わったため、前回のIDを削除し、新しいIDで登録します".repeat(3),
        address: Some("https://acme.smarthr.jp/crews/0723a1df-3a64-4a5e-8b5e-000000000000".to_owned()),
        department: None,
    };
    (1..=PEOPLE).flat_map(|number| [line("削除", number), line("新規", number)]).collect()
}

struct Read {
    body: String,
    /// Name, rows but the header, last row.
    attachments: Vec<(String, usize, String)>,
}

/// Reads a mail; it never has more than it may.
fn read(mail: &Mail) -> Read {
    assert!(mail.message.len() <= MAX_MAIL && MAX_MAIL < SES, "{} bytes", mail.message.len());
    let bare_line_ends = mail.message.windows(2).filter(|pair| pair[1] == b'\n' && pair[0] != b'\r').count();
    assert_eq!(bare_line_ends, 0);
    let parsed = MessageParser::default().parse(&mail.message).unwrap();
    let attachments = parsed.attachments().map(|part| {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(part.contents());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        let last = rows.last().map(|row| row.iter().collect::<Vec<_>>().join(","));
        (part.attachment_name().unwrap().to_owned(), rows.len(), last.unwrap_or_default())
    });
    let attachments = attachments.collect();
    Read { body: parsed.body_text(0).unwrap().into_owned(), attachments }
}

fn attachments(errors: &[Fault], warnings: &[Fault], plan: &[PlanLine]) -> Vec<Attachment> {
    let files = [("errors.csv", errors_csv(errors, warnings)), ("plan.csv", plan_csv(plan))];
    files.into_iter().map(|(name, content)| Attachment { name, content }).collect()
}

/// The body and the cut attachment agree on how many lines are missing and where they are.
fn assert_cut(read: &Read, name: &str, total: usize) {
    let (_, rows, last) = read.attachments.iter().find(|(known, ..)| known == name).unwrap();
    let missing = total - (rows - 1);
    assert!(missing > 0 && *rows > total / 10, "{rows} of {total}");
    let told = format!("全{total}行のうち{missing}行を省略しました。");
    assert!(last.starts_with(&told), "{last}");
    assert!(last.contains(ENTRY) && last.contains(&format!("/20261123T043000123-0f1e2d3c4b5a/{name}")), "{last}");
    assert!(read.body.contains(&format!("添付の{name}は大きすぎるため、{told}")), "{}", read.body);
}

#[test]
fn twelve_thousand_changed_ids_get_out() {
    let warnings = faults(Code::IdChanged);
    let answer = answer(|form| {
        form["warnings"] = serde_json::to_value(&warnings[..100]).unwrap();
        form["warning_count"] = json!(PEOPLE);
        form["warning_kinds"] = json!([{"code": "ID_CHANGED", "count": PEOPLE}]);
    });
    let files = attachments(&[], &warnings, &plan());
    assert!(files.iter().map(|file| file.content.len() / 57 * 78).sum::<usize>() > SES);
    let to = ["hr@example.co.jp".to_owned()];
    let read = read(&compose(&answer, envelope(&to), &files).unwrap());
    assert_cut(&read, "errors.csv", 12_500);
    assert_cut(&read, "plan.csv", 25_000);
    assert!(read.body.contains("「ユーザIDが変わりました」がほかに12497件あります。"), "{}", read.body);
}

#[test]
fn a_hold_of_twelve_thousand_gets_out() {
    let answer = answer(|form| {
        form["outcome"] = json!("held");
        form["code"] = json!("EMC-HOLD(Delete NG)");
        form["hold"] = json!({"reasons": [{"reason": "user_deletions", "deletions": 12_500, "previous": 12_500}],
                              "since": "2026-11-23", "days": 1, "approve_until": "2026-11-30T04:31:12+09:00"});
    });
    let to = ["hr@example.co.jp".to_owned()];
    let plan = plan();
    let files = [Attachment { name: "plan.csv", content: plan_csv(&plan) }];
    let read = read(&compose(&answer, envelope(&to), &files).unwrap());
    assert_cut(&read, "plan.csv", 25_000);
}

#[test]
fn errors_of_twelve_thousand_people_get_out() {
    let errors: Vec<Fault> = faults(Code::KanaMissing).into_iter().chain(faults(Code::NameMissing)).collect();
    let answer = answer(|form| {
        form["outcome"] = json!("failure");
        form["code"] = json!("EMC-ERROR-D(Update NG)");
        form["counts"] = Value::Null;
        form["errors"] = serde_json::to_value(&errors[..100]).unwrap();
        form["error_count"] = json!(25_000);
    });
    let to = ["hr@example.co.jp".to_owned()];
    let files = [Attachment { name: "errors.csv", content: errors_csv(&errors, &[]) }];
    let read = read(&compose(&answer, envelope(&to), &files).unwrap());
    assert_cut(&read, "errors.csv", 25_000);
    assert!(read.body.contains(&format!("{ENTRY} から行えます。")), "{}", read.body);
}

#[test]
fn what_fits_goes_whole_and_the_small_form_has_no_files() {
    let answer = answer(|_| {});
    let to = ["hr@example.co.jp".to_owned()];
    let few = attachments(&[], &faults(Code::IdChanged)[..100], &plan()[..100]);
    let whole = read(&compose(&answer, envelope(&to), &few).unwrap());
    assert_eq!(whole.attachments.iter().map(|(_, rows, _)| *rows).collect::<Vec<_>>(), [100, 100]);
    assert!(!whole.body.contains("省略"));
    let small = read(&compose_small(&answer, envelope(&to), &few).unwrap());
    assert!(small.attachments.is_empty());
    assert!(small.body.contains("plan.csvは大きすぎるため添付していません。"), "{}", small.body);
}

#[test]
fn a_sender_with_a_japanese_name_is_encoded_and_read_back() {
    let answer = answer(|_| {});
    let to = ["hr@example.co.jp".to_owned(), "it@example.co.jp".to_owned()];
    for (from, name) in [
        ("人事データ連携 <emc@example.co.jp>", Some("人事データ連携")),
        ("EMC Link <emc@example.co.jp>", Some("EMC Link")),
        ("\"EMC, Link\" <emc@example.co.jp>", Some("EMC, Link")),
        ("emc@example.co.jp", None),
    ] {
        let mail = compose(&answer, Envelope { from, to: &to, pages_entry: None }, &[]).unwrap();
        assert!(mail.message.split(|byte| *byte == b'\n').next().is_some_and(<[u8]>::is_ascii));
        let parsed = MessageParser::default().parse(&mail.message).unwrap();
        let Some(Address::List(senders)) = parsed.from() else { panic!("no sender") };
        assert_eq!(senders.len(), 1, "{from}");
        assert_eq!((senders[0].name.as_deref(), senders[0].address.as_deref()), (name, Some("emc@example.co.jp")));
        assert_eq!(mail.from, "emc@example.co.jp");
        assert_eq!(parsed.to().unwrap().iter().count(), 2);
        assert!(parsed.message_id().unwrap().ends_with("@example.co.jp"));
    }
}

#[test]
fn lines_of_the_body_end_in_crlf_once_decoded() {
    let to = ["hr@example.co.jp".to_owned()];
    let mail = compose(&answer(|_| {}), envelope(&to), &[]).unwrap();
    let parsed = MessageParser::default().parse(&mail.message).unwrap();
    let body = parsed.body_text(0).unwrap();
    assert!(body.lines().count() > 15);
    assert_eq!(body.matches('\n').count(), body.matches("\r\n").count());
    assert!(body.contains("詳細メッセージ\r\n - 連携: 〇〇株式会社(acme)\r\n"), "{body}");
}

#[test]
fn a_text_without_end_makes_no_mail_without_end() {
    let answer = answer(|form| {
        form["company"] = json!("社".repeat(3_000_000));
        form["details"] = json!(vec!["あ".repeat(5_000); 5_000]);
    });
    let to = ["hr@example.co.jp".to_owned()];
    read(&compose(&answer, envelope(&to), &attachments(&[], &[], &plan())).unwrap());
}

#[test]
fn a_refusal_is_a_mail_of_its_own_with_who_and_why() {
    let to = ["hr@example.co.jp".to_owned()];
    let held = answer(|form| {
        form["outcome"] = json!("held");
        form["company"] = json!("〇〇\n株式会社");
    });
    let refusal = Refusal {
        run_id: held.run_id.clone(),
        at: "2026-11-23T09:00:00+09:00".into(),
        person: "人事 花子".into(),
        reason: "権限を\n戻します".into(),
    };
    let mail = compose_refusal(&held, &refusal, envelope(&to)).unwrap();
    let text = read(&mail).body;
    assert!(text.starts_with("処理結果: 保留(却下)\r\n詳細メッセージ\r\n - 連携: 〇〇 株式会社(acme)\r\n"), "{text}");
    assert!(text.contains("2026/11/23 9:00:00に人事 花子様が却下しました。(理由: 権限を 戻します)"), "{text}");
    let parsed = |mail: &Mail| {
        let parsed = MessageParser::default().parse(&mail.message).unwrap();
        (parsed.message_id().unwrap().to_owned(), parsed.date().unwrap().to_timestamp())
    };
    let run = compose(&held, envelope(&to), &[]).unwrap();
    assert_ne!(parsed(&mail).0, parsed(&run).0, "not the run's mail over again");
    assert_eq!(parsed(&mail).1, refusal.at.parse::<Timestamp>().unwrap().as_second());
}
