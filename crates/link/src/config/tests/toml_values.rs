//! §3: what the values may be.

use super::{SMALLEST, config, config_faults, only, smallest_with, told};
use crate::config::{BeforeJoining, Destination, WithoutCode};
use crate::fault::Code;

/// The only fault's key must be this one.
#[track_caller]
fn refused(toml: &str, key: &str) -> String {
    let fault = only(config_faults(toml), Code::ConfigValueInvalid);
    assert_eq!(fault.field.as_deref(), Some(key), "{}", fault.message);
    fault.message
}

#[test]
fn company_is_a_text_with_something_in_it() {
    for wrong in ["\"\"", "\"  \"", "\"\u{3000}\"", "\"a\\nb\"", "1", "[\"a\"]"] {
        refused(&smallest_with("\"〇〇株式会社\"", wrong), "company");
    }
}

#[test]
fn subdomain_is_lower_case_letters_digits_and_hyphens() {
    for right in ["acme", "0", "a-1", "1-"] {
        let config = config(&smallest_with("\"acme\"", &format!("\"{right}\"")));
        assert_eq!(config.smarthr.base_url, format!("https://{right}.smarthr.jp"));
    }
    for wrong in ["", "Acme", "-acme", "ac.me", "acme/", "a_b", "\u{FF41}cme", "a b", &"a".repeat(64)] {
        refused(&smallest_with("\"acme\"", &format!("\"{wrong}\"")), "smarthr.subdomain");
    }
}

#[test]
fn base_url_stands_instead_of_subdomain() {
    let config = config(&smallest_with("subdomain = \"acme\"", "base_url = \"http://127.0.0.1:4010/\""));
    assert_eq!(config.smarthr.base_url, "http://127.0.0.1:4010");
}

#[test]
fn subdomain_and_base_url_together_are_an_error() {
    let toml = smallest_with("subdomain = \"acme\"", "subdomain = \"acme\"\nbase_url = \"http://127.0.0.1:4010\"");
    let message = refused(&toml, "smarthr.base_url");
    assert!(message.contains("smarthr.subdomainの両方"), "{message}");
}

#[test]
fn of_subdomain_and_base_url_together_the_values_are_checked_too() {
    let toml = smallest_with("subdomain = \"acme\"", "subdomain = \"ACME\"\nbase_url = \"127.0.0.1\"");
    assert_eq!(
        told(&config_faults(&toml)),
        [
            (Code::ConfigValueInvalid, "smarthr.base_url"),
            (Code::ConfigValueInvalid, "smarthr.subdomain"),
            (Code::ConfigValueInvalid, "smarthr.base_url")
        ]
    );
}

#[test]
fn an_address_is_http_or_https_with_a_host_and_loses_its_trailing_slash() {
    let at = |url: &str| smallest_with("https://emc.example.jp/import", url);
    for (given, kept) in [
        ("https://emc.example.jp", "https://emc.example.jp"),
        ("https://emc.example.jp/", "https://emc.example.jp"),
        ("http://localhost:8080/api//", "http://localhost:8080/api"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        assert_eq!(config(&at(given)).emc.base_url, kept);
    }
    for wrong in [
        "",
        "emc.example.jp",
        "ftp://emc.example.jp",
        "https://",
        "https:emc.example.jp",
        "https://a b.jp",
        "https://emc.example.jp/\\n",
        "https://user@emc.example.jp",
        "https://user:password@emc.example.jp",
        "https://emc.example.jp?x=1",
        "https://emc.example.jp#x",
        "https://emc.example.jp:99999",
    ] {
        refused(&at(wrong), "emc.base_url");
    }
}

#[test]
fn auth_url_is_an_address() {
    let toml = |url: &str| smallest_with("[smarthr]", &format!("[smarthr]\nauth_url = \"{url}\""));
    assert_eq!(config(&toml("http://127.0.0.1:4011/")).smarthr.auth_url, "http://127.0.0.1:4011");
    refused(&toml("app.smarthr.jp"), "smarthr.auth_url");
}

#[test]
fn destination_csv_needs_no_address() {
    let config = config(&smallest_with("base_url = \"https://emc.example.jp/import\"", "destination = \"csv\""));
    assert_eq!((config.emc.destination, config.emc.base_url.as_str()), (Destination::Csv, ""));
}

#[test]
fn destination_api_needs_an_address() {
    let toml = smallest_with("base_url = \"https://emc.example.jp/import\"", "destination = \"api\"");
    assert_eq!(told(&config_faults(&toml)), [(Code::ConfigKeyMissing, "emc.base_url")]);
}

#[test]
fn destination_is_api_or_csv() {
    let message = refused(&smallest_with("[emc]", "[emc]\ndestination = \"CSV\""), "emc.destination");
    assert!(message.contains("\"api\"または\"csv\""), "{message}");
}

#[test]
fn prefix_leaves_room_for_a_department_id_and_has_no_blanks() {
    let toml = |prefix: &str| smallest_with("", &format!("[ids]\nprefix = \"{prefix}\""));
    for right in ["", "A", "ACME-", "会社", &"x".repeat(29)] {
        assert_eq!(config(&toml(right)).prefix, right);
    }
    for wrong in ["A ", " ", "A\\t", "\u{3000}", "a\\u0000", &"x".repeat(30)] {
        refused(&toml(wrong), "ids.prefix");
    }
}

#[test]
fn top_department_id_gets_the_prefix_and_has_at_most_30_characters_with_it() {
    let toml = |id: &str| {
        smallest_with("", &format!("[ids]\nprefix = \"AB\"\n[top_department]\nid = \"{id}\"\nname = \"会社\""))
    };
    for right in ["1", &"1".repeat(28), &"部".repeat(28)] {
        assert_eq!(config(&toml(right)).top_department.expect("a top department").id, format!("AB{right}"));
    }
    for wrong in ["", " ", "1 ", "1\\n", &"1".repeat(29)] {
        refused(&toml(wrong), "top_department.id");
    }
}

#[test]
fn top_department_name_has_something_in_it() {
    refused(&smallest_with("", "[top_department]\nid = \"1\"\nname = \"\""), "top_department.name");
}

#[test]
fn department_kana_is_a_text_with_something_in_it() {
    let toml = |kana: &str| smallest_with("", &format!("[departments]\nname_kana = \"{kana}\""));
    assert_eq!(config(&toml("カイシャ")).department_kana, "カイシャ");
    refused(&toml(""), "departments.name_kana");
}

#[test]
fn without_code_is_skip_or_error() {
    let toml = |word: &str| smallest_with("", &format!("[departments]\nwithout_code = {word}"));
    assert_eq!(config(&toml("\"skip\"")).without_code, WithoutCode::Skip);
    assert_eq!(config(&toml("\"error\"")).without_code, WithoutCode::Error);
    for wrong in ["\"ignore\"", "\"\"", "true"] {
        refused(&toml(wrong), "departments.without_code");
    }
}

#[test]
fn name_separator_may_be_wide_or_empty_but_no_line_break() {
    let toml = |separator: &str| smallest_with("", &format!("[users]\nname_separator = \"{separator}\""));
    for right in ["", " ", "\u{3000}"] {
        assert_eq!(config(&toml(right)).name_separator, right);
    }
    refused(&toml("\\n"), "users.name_separator");
}

#[test]
fn before_joining_is_include_or_exclude() {
    let toml = |word: &str| smallest_with("", &format!("[scope]\nbefore_joining = \"{word}\""));
    assert_eq!(config(&toml("include")).scope.before_joining, BeforeJoining::Include);
    assert_eq!(config(&toml("exclude")).scope.before_joining, BeforeJoining::Exclude);
    refused(&toml("no"), "scope.before_joining");
}

#[test]
fn scopes_are_arrays_with_something_in_them() {
    for key in ["employment_types", "departments"] {
        for wrong in ["[]", "\"正社員\"", "[1]", "[\"\"]", "[\"正社員\", \" \"]", "{}"] {
            refused(&smallest_with("", &format!("[scope]\n{key} = {wrong}")), &format!("scope.{key}"));
        }
    }
}

#[test]
fn every_wrong_name_of_a_scope_is_told_with_its_line() {
    let faults = config_faults(&smallest_with("", "[scope]\ndepartments = [\n\"1\",\n2,\n\"\",\n]"));
    assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [Some(11), Some(12)]);
}

#[test]
fn a_long_wrong_value_is_cut_in_the_message() {
    let message = refused(&SMALLEST.replace("\"acme\"", &format!("\"{}\"", "X".repeat(5_000))), "smarthr.subdomain");
    assert!(message.chars().count() < 300, "{message}");
}
