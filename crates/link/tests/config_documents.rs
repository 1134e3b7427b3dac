//! The tables of keys and items in both references are made from `link::config::keys`, and that table is compared with what
//! the readers of `config.toml` and of the sheet accept.
//! `UPDATE_DOCS=1 cargo test -p link --test config_documents` writes them anew.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use link::config::keys::{CONFIG_KEYS, EMC_ITEMS, SMARTHR_ITEMS, SheetItem, Words};
use link::config::{EmcItem, SmartHrField, parse_config};
use link::data_map::{RETENTION, retention_table};
use link::fault::Code;

type Language = fn(Words) -> &'static str;

const LANGUAGES: [(&str, Language); 2] =
    [("REFERENCE.md", |words| words.en), ("設定リファレンス.md", |words| words.ja)];

fn keys(say: Language) -> String {
    let japanese = say(Words { ja: "ja", en: "en" }) == "ja";
    let header = if japanese {
        "| キー | 必須 | 省略時 | 書ける値 | 意味 |"
    } else {
        "| key | required | default | accepted | meaning |"
    };
    let mut out = format!("{header}\n| --- | --- | --- | --- | --- |\n");
    for row in CONFIG_KEYS {
        writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            row.key,
            say(row.required),
            say(row.default),
            say(row.accepted),
            say(row.meaning)
        )
        .unwrap();
    }
    out
}

fn items(rows: &[SheetItem], say: Language) -> String {
    let japanese = say(Words { ja: "ja", en: "en" }) == "ja";
    let is_emc = rows.iter().any(|row| row.required);
    let mut out = String::from(match (japanese, is_emc) {
        (true, true) => "| 項目 | 必須 | 説明 |\n| --- | --- | --- |\n",
        (true, false) => "| 項目 | 送られる値 |\n| --- | --- |\n",
        (false, true) => "| item | required row | note |\n| --- | --- | --- |\n",
        (false, false) => "| item | value |\n| --- | --- |\n",
    });
    for row in rows {
        let required = match (is_emc, row.required, japanese) {
            (false, ..) => "",
            (true, true, true) => "○ | ",
            (true, false, true) => " | ",
            (true, true, false) => "yes | ",
            (true, false, false) => "no | ",
        };
        writeln!(out, "| {} | {required}{} |", row.names, say(row.meaning)).unwrap();
    }
    out
}

/// The document with the text between the marks of `name` replaced.
fn with(document: &str, name: &str, text: &str) -> String {
    let (start, end) = (format!("<!-- generated: {name} -->\n"), "<!-- end -->\n");
    let (before, rest) = document.split_once(&start).unwrap_or_else(|| panic!("no mark of {name}"));
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{start}{text}{end}{after}")
}

#[test]
fn the_references_hold_the_tables_of_the_code() {
    for (file, say) in LANGUAGES {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
        let kept = std::fs::read_to_string(&path).unwrap();
        let mut made = with(&kept, "config keys", &keys(say));
        made = with(&made, "emc items", &items(EMC_ITEMS, say));
        made = with(&made, "smarthr items", &items(SMARTHR_ITEMS, say));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &made).unwrap();
        } else {
            assert!(kept == made, "docs/{file} does not hold the tables of config/keys.rs: run with UPDATE_DOCS=1");
        }
    }
}

#[test]
fn the_page_on_personal_data_holds_the_table_of_what_is_kept() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/個人データの取扱い.md");
    let kept = std::fs::read_to_string(&path).unwrap();
    let made = with(&kept, "retention", &retention_table(RETENTION));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    } else {
        assert!(
            kept == made,
            "docs/個人データの取扱い.md does not hold the table of data_map.rs: run with UPDATE_DOCS=1"
        );
    }
}

/// Each key of the state has a line of documentation that begins with its name: a new one needs a row.
#[test]
fn whatever_the_state_holds_has_a_row_that_says_how_long() {
    let source = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/state/keys.rs")).unwrap();
    let named = source.lines().filter_map(|line| line.trim().strip_prefix("/// `")?.split_once("`: "));
    let mut looked_at = 0;
    for (name, _) in named {
        let is_of = |place: &str| name == place || (place.ends_with('/') && name.starts_with(place));
        let known = RETENTION.iter().any(|row| row.place.split('、').any(is_of));
        assert!(known, "{name} has no row in RETENTION");
        looked_at += 1;
    }
    assert!(looked_at > 15, "{looked_at}");
}

#[test]
fn every_key_and_item_is_explained_in_both_languages() {
    for row in CONFIG_KEYS {
        let is_further_master = row.key.starts_with("csv.search_words.") && !row.key.ends_with(".1");
        for text in [row.meaning.ja, row.meaning.en, row.accepted.ja, row.accepted.en] {
            assert!((!text.is_empty() || is_further_master) && !text.contains('|'), "{}", row.key);
        }
    }
    for row in EMC_ITEMS.iter().chain(SMARTHR_ITEMS) {
        for text in [row.meaning.ja, row.meaning.en] {
            assert!(!text.is_empty() && !text.contains('|'), "{}", row.names);
        }
    }
}

/// The keys that the reader itself names when it meets one that it does not know, in the table at `path`.
fn accepted_in(path: &str) -> BTreeSet<String> {
    let text = if path.is_empty() { "no_such_key = 1\n".to_owned() } else { format!("[{path}]\nno_such_key = 1\n") };
    let (faults, _) = parse_config(text.as_bytes()).unwrap_err();
    let fault = faults.0.iter().find(|fault| fault.code == Code::ConfigKeyUnknown).unwrap();
    let (_, list) = fault.message.split_once("書けるキーは、").unwrap_or_else(|| panic!("{}", fault.message));
    let (list, _) = list.split_once("です。").unwrap();
    list.split('、').map(str::to_owned).collect()
}

#[test]
fn the_reader_accepts_the_keys_of_the_table_and_no_other() {
    let mut tables: BTreeMap<&str, BTreeSet<String>> = BTreeMap::from([("", BTreeSet::new())]);
    for row in CONFIG_KEYS {
        let mut rest = row.key;
        while let Some((path, name)) = rest.rsplit_once('.') {
            tables.entry(path).or_default().insert(name.to_owned());
            rest = path;
        }
        tables.entry("").or_default().insert(rest.to_owned());
    }
    assert!(tables.len() > 9, "{}", tables.len());
    for (path, keys) in tables {
        assert_eq!(accepted_in(path), keys, "[{path}]");
    }
}

/// The names that a row stands for: `部署1…10` for ten of them.
fn names(rows: &[SheetItem]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for row in rows {
        match row.names.split_once("1…") {
            None => _ = all.insert(row.names.to_owned()),
            Some((before, rest)) => {
                let digits = rest.chars().take_while(char::is_ascii_digit).count();
                let (last, after) = rest.split_at(digits);
                let last: u8 = last.parse().unwrap();
                all.extend((1..=last).map(|number| format!("{before}{number}{after}")));
            }
        }
    }
    all
}

#[test]
fn the_items_of_the_table_are_those_of_the_sheet() {
    let emc: BTreeSet<String> = EmcItem::all().map(|item| item.label().to_owned()).collect();
    assert_eq!(names(EMC_ITEMS), emc.into_iter().chain(["処理フラグ".to_owned()]).collect());
    let smarthr = SmartHrField::all().map(|field| field.label().to_owned());
    let others = ["カスタム項目「項目名」", "固定値「値」", "無し(空白)"].map(str::to_owned);
    assert_eq!(names(SMARTHR_ITEMS), smarthr.chain(others).collect());
}
