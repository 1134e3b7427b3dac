//! §3: the guard's limits and the addresses of the report mail.

use super::{SMALLEST, config, config_faults, only, smallest_with, told};
use crate::config::{Limit, is_mail_address, parse_config};
use crate::fault::Code;

fn guard(key: &str, value: &str) -> String {
    smallest_with("", &format!("[guard]\n{key} = {value}"))
}

#[test]
fn a_limit_is_a_percentage_or_a_number() {
    for (given, limit) in [
        ("\"10%\"", Limit::BasisPoints(1_000)),
        ("\"0%\"", Limit::BasisPoints(0)),
        ("\"100%\"", Limit::BasisPoints(10_000)),
        ("\"2.5%\"", Limit::BasisPoints(250)),
        ("\"0.01%\"", Limit::BasisPoints(1)),
        ("\"100.00%\"", Limit::BasisPoints(10_000)),
        ("\" 10 % \"", Limit::BasisPoints(1_000)),
        ("0", Limit::Count(0)),
        ("50", Limit::Count(50)),
        ("1_000", Limit::Count(1_000)),
        ("\"50\"", Limit::Count(50)),
    ] {
        assert_eq!(config(&guard("user_deletions", given)).guard.users, limit, "{given}");
        assert_eq!(config(&guard("department_deletions", given)).guard.departments, limit, "{given}");
    }
}

#[test]
fn other_limits_are_refused_with_what_is_accepted() {
    for wrong in [
        "-1",
        "\"-1\"",
        "\"-1%\"",
        "\"100.01%\"",
        "\"101%\"",
        "\"1.005%\"",
        "\"1.%\"",
        "\".5%\"",
        "\"%\"",
        "\"\"",
        "\"+5\"",
        "\"ten\"",
        "\"1e1%\"",
        "10.0",
        "true",
        "[10]",
        "\"99999999999999999999%\"",
        "99999999999999999999",
    ] {
        for key in ["user_deletions", "department_deletions"] {
            let fault = only(config_faults(&guard(key, wrong)), Code::ConfigValueInvalid);
            assert_eq!(fault.field, Some(format!("guard.{key}")));
            assert!(fault.message.contains("\"0%\"〜\"100%\"(小数第2位まで)または0以上の整数"), "{}", fault.message);
        }
    }
}

#[test]
fn floor_is_a_whole_number() {
    assert_eq!(config(&guard("floor", "0")).guard.floor, 0);
    assert_eq!(config(&guard("floor", "0x10")).guard.floor, 16);
    for wrong in ["-1", "1.5", "\"5\"", "false"] {
        let fault = only(config_faults(&guard("floor", wrong)), Code::ConfigValueInvalid);
        assert_eq!(fault.field.as_deref(), Some("guard.floor"));
    }
}

#[test]
fn mail_goes_to_one_to_five_addresses() {
    let to = |count: usize| {
        let list: Vec<_> = (0..count).map(|number| format!("\"hr{number}@example.co.jp\"")).collect();
        smallest_with("[\"hr@example.co.jp\"]", &format!("[{}]", list.join(", ")))
    };
    for count in 1..=5 {
        assert_eq!(config(&to(count)).notify.len(), count);
    }
    for count in [0, 6] {
        let (faults, addresses) = parse_config(to(count).as_bytes()).expect_err("a fault");
        let fault = only(faults.0, Code::ConfigValueInvalid);
        assert_eq!(fault.field.as_deref(), Some("notify.to"));
        assert!(fault.message.contains(&format!("{count}件")), "{}", fault.message);
        assert!(addresses.is_empty());
    }
}

#[test]
fn one_invalid_address_leaves_none_to_mail_to() {
    let toml = smallest_with("[\"hr@example.co.jp\"]", "[\"hr@example.co.jp\", \"it@\", 1]");
    let (faults, addresses) = parse_config(toml.as_bytes()).expect_err("two faults");
    assert_eq!(told(&faults.0), [(Code::ConfigValueInvalid, "notify.to"), (Code::ConfigValueInvalid, "notify.to")]);
    assert!(addresses.is_empty());
}

#[test]
fn an_address_given_twice_is_told_and_mailed_once() {
    let toml = smallest_with("[\"hr@example.co.jp\"]", "[\"hr@example.co.jp\", \"HR@example.co.jp\"]");
    let (faults, addresses) = parse_config(toml.as_bytes()).expect_err("a fault");
    let fault = only(faults.0, Code::ConfigValueInvalid);
    assert!(fault.message.contains("2回"), "{}", fault.message);
    assert_eq!(addresses, ["hr@example.co.jp"]);
}

#[test]
fn addresses_are_known_where_other_keys_are_wrong() {
    let toml = SMALLEST.replace("company", "compnay").replace("acme", "ACME");
    let (faults, addresses) = parse_config(toml.as_bytes()).expect_err("faults");
    assert_eq!(faults.0.len(), 3);
    assert_eq!(addresses, ["hr@example.co.jp"]);
}

#[test]
fn addresses_are_of_the_plain_kind() {
    for right in ["hr@example.co.jp", "a.b+c@ex-ample.jp", "o'neil@a.b.c.jp", "1@2.jp"] {
        assert!(is_mail_address(right), "{right}");
    }
    let long = format!("{}@example.jp", "a".repeat(65));
    for wrong in [
        "",
        "@",
        "hr",
        "hr@",
        "@example.jp",
        "hr@example",
        "hr@@example.jp",
        "a@b@example.jp",
        "hr @example.jp",
        " hr@example.jp",
        "hr@example.jp\n",
        "hr@example.jp\r\nBcc: x@example.jp",
        "hr@exa mple.jp",
        "hr@.example.jp",
        "hr@example..jp",
        "hr@example.jp.",
        "hr@-example.jp",
        "hr.@example.jp",
        "a..b@example.jp",
        "人事@example.jp",
        "hr@例え.jp",
        "HR <hr@example.jp>",
        "\"hr\"@example.jp",
        "hr@example.jp,it@example.jp",
        &long,
    ] {
        assert!(!is_mail_address(wrong), "{wrong}");
    }
}
