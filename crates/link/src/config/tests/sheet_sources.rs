//! §4: the SmartHR items.

use super::{EXAMPLE, example_with, only, sheet, sheet_faults};
use crate::config::{SmartHrField, Source};
use crate::fault::{Code, Fault};

fn with_source(source: &str) -> String {
    example_with(&format!("検索ワード5,{source},登録,登録しない,更新,更新"))
}

fn source(text: &str) -> Source {
    sheet(&with_source(text)).rules.pop().expect("a rule").source
}

#[track_caller]
fn fault(text: &str) -> Fault {
    let fault = only(sheet_faults(&with_source(text)), Code::SheetSourceUnknown);
    assert_eq!((fault.line, fault.field.as_deref()), (Some(14), Some("SmartHR項目")));
    fault
}

#[test]
fn every_item_is_known_by_its_label() {
    let fields: Vec<_> = SmartHrField::all().collect();
    assert_eq!(fields.len(), 38);
    for field in fields {
        assert_eq!(source(field.label()), Source::Field(field));
    }
}

#[test]
fn every_label_of_the_interfaces_is_an_item() {
    let labels = "社員番号, メールアドレス, 氏名, 氏名(ヨミガナ), ビジネスネーム, ビジネスネーム(ヨミガナ), 部署1, 部署10, 役職1, 役職10, \
                  事業所, 雇用形態, 等級, 職種, 業務内容, 在籍状況, 性別, 電話番号, 入社年月日, 住所(都道府県), 住所(市区町村)";
    for label in labels.split(", ") {
        assert!(matches!(source(label), Source::Field(field) if field.label() == label), "{label}");
    }
}

#[test]
fn full_width_and_half_width_forms_are_the_same() {
    for (written, field) in [
        ("住所\u{FF08}都道府県\u{FF09}", SmartHrField::Prefecture),
        ("住所 (市区町村)", SmartHrField::City),
        ("部署\u{FF12}", SmartHrField::Department(2)),
        ("役職 1\u{FF10}", SmartHrField::Position(10)),
        ("氏名(\u{FF96}\u{FF90}\u{FF76}\u{FF9E}\u{FF85})", SmartHrField::NameKana),
        ("\u{FF92}\u{FF70}\u{FF99}アドレス", SmartHrField::Email),
    ] {
        assert_eq!(source(written), Source::Field(field), "{written}");
    }
    assert_eq!(source("無し\u{FF08}空白\u{FF09}"), Source::Nothing);
}

#[test]
fn custom_and_fixed_keep_what_is_between_the_brackets_as_written() {
    for (written, kept) in [
        ("カスタム項目「緊急連絡先(携帯)」", "緊急連絡先(携帯)"),
        ("カスタム項目「ＡＢＣ　\u{FF11}」", "ＡＢＣ　\u{FF11}"),
        ("\u{FF76}\u{FF7D}\u{FF80}\u{FF91}項目\u{FF62}資格\u{FF63}", "資格"),
        ("カスタム項目 「資格」", "資格"),
        ("カスタム項目「「特」資格」", "「特」資格"),
        ("カスタム項目「 資格 」", " 資格 "),
    ] {
        assert_eq!(source(written), Source::Custom(kept.to_owned()), "{written}");
        let fixed = written.replace("\u{FF76}\u{FF7D}\u{FF80}\u{FF91}項目", "固定値").replace("カスタム項目", "固定値");
        assert!(source(&fixed) == Source::Fixed(kept.to_owned()), "{fixed}");
    }
}

#[test]
fn empty_brackets_are_refused() {
    for wrong in ["固定値「」", "固定値「 」", "固定値「\u{3000}」", "カスタム項目「」"] {
        assert!(fault(wrong).message.contains("「」の中に値を書いてください"), "{wrong}");
    }
}

#[test]
fn a_fixed_value_has_no_line_break() {
    assert!(fault("\"固定値「a\nb」\"").message.contains("制御文字"));
}

#[test]
fn unknown_sources_are_told_with_what_is_accepted() {
    for wrong in ["", "生年月日", "-", "無し", "固定値「a」b", "固定「a」", "固定値(a)", "メール アドレス2"]
    {
        let message = fault(wrong).message;
        assert!(message.contains("カスタム項目「項目名」、固定値「値」、無し(空白)"), "{message}");
    }
}

#[test]
fn a_source_without_its_number_gets_a_hint() {
    for (wrong, hint) in [
        ("部署", "「部署1」のように1から10"),
        ("役職", "「役職1」のように1から10"),
        ("部署11", "「部署1」のように1から10"),
        ("役職0", "「役職1」のように1から10"),
        ("固定値", "固定値「…」"),
        ("カスタム項目", "カスタム項目「…」"),
    ] {
        let message = fault(wrong).message;
        assert!(message.contains(hint), "{message}");
    }
}

#[test]
fn user_id_cannot_be_the_same_for_all() {
    for wrong in ["固定値「A1」", "無し(空白)"] {
        let csv = EXAMPLE.replace("ユーザID,メールアドレス", &format!("ユーザID,{wrong}"));
        let fault = only(sheet_faults(&csv), Code::SheetSourceUnknown);
        assert!(fault.message.contains("社員番号、メールアドレス"), "{}", fault.message);
    }
}

#[test]
fn user_id_may_come_from_a_custom_item() {
    let csv = EXAMPLE.replace("ユーザID,メールアドレス", "ユーザID,カスタム項目「EMC-ID」");
    assert_eq!(sheet(&csv).user_id.source, Source::Custom("EMC-ID".to_owned()));
}

#[test]
fn no_message_repeats_the_initial_password() {
    for wrong in ["固定値(Secret1)", "固定値「Secret1", "Secret1"] {
        let csv = EXAMPLE.replace("固定値「XXXXXX」,登録,エラー", &format!("{wrong},登録,Secret1"));
        for fault in sheet_faults(&csv) {
            assert!(!fault.message.contains("Secret1"), "{}", fault.message);
        }
    }
    assert!(!format!("{:?}", sheet(EXAMPLE)).contains("XXXXXX"));
}

#[test]
fn a_source_that_is_far_too_long_is_refused_and_cut_in_the_message() {
    let message = fault(&format!("固定値「{}」", "x".repeat(10_001))).message;
    assert!(message.contains("10000文字まで") && message.chars().count() < 300, "{message}");
    assert_eq!(source(&format!("固定値「{}」", "x".repeat(9_000))), Source::Fixed("x".repeat(9_000)));
}
