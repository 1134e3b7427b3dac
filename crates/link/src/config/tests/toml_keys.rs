//! §3: which keys there are and must be, their defaults, and how the file may be written.

use super::{SMALLEST, config, config_faults, only, smallest_with, told};
use crate::config::{BeforeJoining, Destination, Limit, TopDepartment, WithoutCode, parse_config};
use crate::fault::{Code, Subject};

/// §3's own example, with the optional keys switched on.
const FULL: &str = r#"
company = "〇〇株式会社"

[smarthr]
subdomain = "acme"                 # https://acme.smarthr.jp
auth_url = "https://app.smarthr.jp"

[emc]
base_url = "https://emc.example.jp"
destination = "api"

[ids]
prefix = "A"

[top_department]
id = "1"
name = "〇〇株式会社"

[departments]
name_kana = "ブショ"
without_code = "skip"

[users]
name_separator = " "

[scope]
employment_types = ["役員", "正社員", "契約社員", "派遣社員"]
departments = ["1", "11"]
before_joining = "include"

[guard]
user_deletions = "10%"
department_deletions = "10%"
floor = 5

[notify]
to = ["hr@example.co.jp"]
"#;

#[test]
fn every_key_of_the_interfaces_is_read() {
    let config = config(FULL);
    assert_eq!(config.company, "〇〇株式会社");
    assert_eq!(config.smarthr.base_url, "https://acme.smarthr.jp");
    assert_eq!(config.smarthr.auth_url, "https://app.smarthr.jp");
    assert_eq!(config.emc.base_url, "https://emc.example.jp");
    assert_eq!(config.emc.destination, Destination::Api);
    assert_eq!(config.prefix, "A");
    assert_eq!(config.top_department, Some(TopDepartment { id: "A1".to_owned(), name: "〇〇株式会社".to_owned() }));
    assert_eq!(config.department_kana, "ブショ");
    assert_eq!(config.without_code, WithoutCode::Skip);
    assert_eq!(config.name_separator, " ");
    assert_eq!(config.scope.employment_types.expect("types").len(), 4);
    assert_eq!(config.scope.departments.expect("departments").len(), 2);
    assert_eq!(config.scope.before_joining, BeforeJoining::Include);
    assert_eq!(config.guard.users, Limit::BasisPoints(1_000));
    assert_eq!(config.guard.departments, Limit::BasisPoints(1_000));
    assert_eq!(config.guard.floor, 5);
    assert_eq!(config.notify, ["hr@example.co.jp"]);
}

#[test]
fn defaults_stand_in_for_absent_keys() {
    let config = config(SMALLEST);
    assert_eq!(config.smarthr.auth_url, "https://app.smarthr.jp");
    assert_eq!(config.emc.destination, Destination::Api);
    assert_eq!(config.prefix, "");
    assert_eq!(config.top_department, None);
    assert_eq!(config.department_kana, "ブショ");
    assert_eq!(config.without_code, WithoutCode::Skip);
    assert_eq!(config.name_separator, " ");
    assert_eq!(config.scope.employment_types, None);
    assert_eq!(config.scope.departments, None);
    assert_eq!(config.scope.before_joining, BeforeJoining::Include);
    assert_eq!(config.guard.users, Limit::BasisPoints(1_000));
    assert_eq!(config.guard.departments, Limit::BasisPoints(1_000));
    assert_eq!(config.guard.floor, 5);
}

#[test]
fn an_empty_file_lacks_all_required_keys_at_once() {
    let faults = config_faults("");
    let missing = Code::ConfigKeyMissing;
    assert_eq!(
        told(&faults),
        [(missing, "company"), (missing, "smarthr.subdomain"), (missing, "emc.base_url"), (missing, "notify.to")]
    );
    assert!(faults.iter().all(|fault| fault.record == Subject::Config));
}

#[test]
fn an_empty_table_is_like_none() {
    assert_eq!(config(&smallest_with("", "[guard]\n[scope]\n[ids]\n[users]\n[departments]")).guard.floor, 5);
}

#[test]
fn a_top_department_needs_both_of_its_keys() {
    let faults = config_faults(&smallest_with("", "[top_department]"));
    assert_eq!(
        told(&faults),
        [(Code::ConfigKeyMissing, "top_department.id"), (Code::ConfigKeyMissing, "top_department.name")]
    );
}

#[test]
fn unknown_keys_are_told_at_every_level() {
    let toml = FULL.replace("company =", "compnay = 1\ncompany =").replace("floor =", "flor = 3\nfloor =");
    let faults = config_faults(&format!("{toml}\n[mail]\nfrom = \"x\"\n[smarthr.proxy]\n"));
    let unknown = Code::ConfigKeyUnknown;
    assert_eq!(
        told(&faults),
        [(unknown, "smarthr.proxy"), (unknown, "guard.flor"), (unknown, "compnay"), (unknown, "mail")]
    );
    let flor = &faults[1];
    assert!(flor.message.contains("user_deletions、department_deletions、floor"), "{}", flor.message);
    assert_eq!(flor.line, Some(35));
}

#[test]
fn faults_of_all_kinds_are_told_at_once() {
    let toml = "company = 1\nprefix = \"A\"\n[guard]\nfloor = -1\n[emc]\ndestination = \"ftp\"\n";
    assert_eq!(
        told(&config_faults(toml)),
        [
            (Code::ConfigValueInvalid, "company"),
            (Code::ConfigKeyMissing, "smarthr.subdomain"),
            (Code::ConfigValueInvalid, "emc.destination"),
            (Code::ConfigValueInvalid, "guard.floor"),
            (Code::ConfigKeyMissing, "notify.to"),
            (Code::ConfigKeyUnknown, "prefix"),
        ]
    );
}

#[test]
fn a_table_that_is_a_value_is_one_fault() {
    let fault = only(config_faults(&format!("guard = 5\n{SMALLEST}")), Code::ConfigValueInvalid);
    assert_eq!((fault.field.as_deref(), fault.line), (Some("guard"), Some(1)));
    only(config_faults(&smallest_with("[smarthr]", "[[smarthr]]")), Code::ConfigValueInvalid);
}

#[test]
fn a_fault_names_the_line_the_value_and_what_is_accepted() {
    let fault = only(config_faults(&smallest_with("", "[guard]\nfloor = \"5\"")), Code::ConfigValueInvalid);
    assert_eq!(fault.line, Some(9));
    assert_eq!(
        fault.message,
        "config.tomlのguard.floorの値「5」は使えません。使えるのは、0以上の整数です。示した範囲の値に直してください。"
    );
}

#[test]
fn a_missing_key_says_what_belongs_there() {
    let fault = only(config_faults(&smallest_with("company = \"〇〇株式会社\"\n", "")), Code::ConfigKeyMissing);
    assert_eq!(
        fault.message,
        "config.tomlに必須のキーcompanyがありません(値は空でない1行の文字列)。キーを追加してください。"
    );
}

#[test]
fn dotted_and_inline_tables_are_the_same() {
    let toml = "company = \"A\"\nsmarthr = { subdomain = \"acme\" }\nemc.base_url = \"https://e.jp\"\n\
                notify.to = [\"a@b.jp\"]\n";
    assert_eq!(config(toml).smarthr.base_url, "https://acme.smarthr.jp");
}

#[test]
fn utf_8_with_a_byte_order_mark_and_windows_line_ends_is_read() {
    let toml = format!("\u{FEFF}{}", SMALLEST.replace('\n', "\r\n"));
    assert_eq!(config(&toml).company, "〇〇株式会社");
}

#[test]
fn shift_jis_is_refused_with_its_line() {
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode("# A\ncompany = \"株式会社\"\n");
    let (faults, addresses) = parse_config(&bytes).expect_err("a fault");
    let fault = only(faults.0, Code::ConfigSyntax);
    assert_eq!(fault.line, Some(2));
    assert!(addresses.is_empty());
}

#[test]
fn a_syntax_error_is_told_with_its_line() {
    let (faults, addresses) =
        parse_config(smallest_with("base_url = ", "base_url ").as_bytes()).expect_err("a syntax error");
    assert_eq!(faults.0.first().map(|fault| (fault.code, fault.line)), Some((Code::ConfigSyntax, Some(5))));
    assert!(addresses.is_empty());
}

#[test]
fn syntax_errors_are_told_in_the_files_order() {
    let lines: Vec<_> = config_faults("company = \n[smarthr\nx").iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [Some(1), Some(2), Some(3)]);
}

#[test]
fn a_key_given_twice_is_a_syntax_error() {
    let fault = only(config_faults(&smallest_with("[smarthr]", "[smarthr]\nsubdomain = \"x\"")), Code::ConfigSyntax);
    assert_eq!(fault.line, Some(4));
    assert!(fault.message.contains("前の行にもあります"), "{}", fault.message);
}

#[test]
fn a_file_that_is_far_too_large_is_refused() {
    only(config_faults(&format!("{SMALLEST}# {}", "x".repeat(1024 * 1024))), Code::ConfigSyntax);
}
