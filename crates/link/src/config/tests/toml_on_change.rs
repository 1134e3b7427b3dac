//! §3: the runs that a change starts, and who may enter the pages.

use super::{SMALLEST, config, config_faults, only, smallest_with, told};
use crate::config::{ChangeMail, OnChange};
use crate::fault::Code;

fn with(section: &str, lines: &str) -> String {
    smallest_with("", &format!("[{section}]\n{lines}"))
}

#[test]
fn a_change_starts_no_run_until_it_is_switched_on() {
    let off = OnChange { enabled: false, wait_minutes: 5, mail: ChangeMail::Problems };
    assert_eq!(config(SMALLEST).on_change, off);
    let on = config(&with("on_change", "enabled = true\nwait_minutes = 60\nmail = \"all\"")).on_change;
    assert_eq!(on, OnChange { enabled: true, wait_minutes: 60, mail: ChangeMail::All });
}

#[test]
fn what_on_change_does_not_take_is_told_with_what_it_takes() {
    for (line, accepted) in [
        ("enabled = \"true\"", "trueまたはfalse"),
        ("enabled = 1", "trueまたはfalse"),
        ("wait_minutes = 0", "1〜60の整数"),
        ("wait_minutes = 61", "1〜60の整数"),
        ("wait_minutes = -5", "1〜60の整数"),
        ("wait_minutes = 2.5", "1〜60の整数"),
        ("mail = \"none\"", "\"problems\"または\"all\""),
    ] {
        let fault = only(config_faults(&with("on_change", line)), Code::ConfigValueInvalid);
        let key = line.split(' ').next().unwrap_or_default();
        assert_eq!(fault.field, Some(format!("on_change.{key}")));
        assert!(fault.message.contains(accepted), "{}", fault.message);
    }
    only(config_faults(&with("on_change", "wait = 5")), Code::ConfigKeyUnknown);
}

#[test]
fn the_pages_may_be_entered_from_everywhere_until_networks_are_named() {
    assert!(config(SMALLEST).pages.allow.is_empty());
    let pages = config(&with("pages", "allow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\nfour_eyes = true")).pages;
    let allows = |address: &str| pages.allow.iter().any(|network| network.contains(address.parse().unwrap()));
    assert!(allows("203.0.113.9") && allows("2001:db8::1") && !allows("198.51.100.1"));
    assert!(pages.four_eyes && !pages.approver_only);
}

#[test]
fn every_network_that_is_none_is_told() {
    let faults = config_faults(&with("pages", "allow = [\"203.0.113.0\", \"203.0.113.0/24\", 7, \"x/8\"]"));
    assert_eq!(told(&faults), [(Code::ConfigValueInvalid, "pages.allow"); 3]);
    only(config_faults(&with("pages", "allow = []")), Code::ConfigValueInvalid);
    only(config_faults(&with("pages", "allow = \"203.0.113.0/24\"")), Code::ConfigValueInvalid);
}
