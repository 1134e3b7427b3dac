//! The glossary names what is in the code: every name of its second column is found there.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, text: &mut String) {
    text.push_str(&folder.to_string_lossy());
    text.push('\n');
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The names in backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn is_in(code: &str, name: &str) -> bool {
    if name.contains(['.', '/', '{', '[', '"']) {
        // A file, a key or an event, as it is spelled in the code; a section of the config by its key.
        let spelled = name.trim_matches(['[', ']', '/']).replace('"', "\\\"");
        let key = name.rsplit('.').next().unwrap_or(name);
        return code.contains(&spelled) || code.contains(name) || code.contains(&format!("\"{key}\""));
    }
    // The path's end as a whole word: a type, a function, a field, a module.
    let last = name.rsplit("::").next().unwrap_or(name);
    code.match_indices(last).any(|(at, _)| {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !word(code[..at].chars().next_back()) && !word(code[at + last.len()..].chars().next())
    })
}

#[test]
fn every_name_of_the_glossary_is_in_the_code() {
    let mut code = String::new();
    for folder in ["crates", "functions"] {
        sources(&root().join(folder), &mut code);
    }
    let glossary = std::fs::read_to_string(root().join("docs/GLOSSARY.md")).unwrap();
    let rows: Vec<Vec<&str>> = glossary
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(2)
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() > 50, "{} rows", rows.len());
    let mut terms = std::collections::BTreeSet::new();
    for row in &rows {
        assert_eq!(row.len(), 5, "{row:?}");
        assert!(terms.insert(row[0]), "{} has two rows", row[0]);
        for name in names(row[1]) {
            assert!(is_in(&code, name), "{}: `{name}` is not in the code", row[0]);
        }
    }
}
