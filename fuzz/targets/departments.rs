//! Pages of departments and of templates from SmartHR; departments through the conversion, circles included.
#![no_main]
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use link::config::{Config, parse_config};
use link::convert::convert_departments;
use link::smarthr::{parse_departments, parse_templates};

static CONFIG: LazyLock<Config> =
    LazyLock::new(|| parse_config(include_bytes!("../corpus/config/full.toml")).expect("the sample config"));

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_templates(bytes, 1);
    if let Some(list) = parse_departments(bytes, 1) {
        let list: Vec<_> = list.into_iter().flatten().map(|(_, department)| department).collect();
        let _ = convert_departments(&list, &CONFIG);
    }
});
