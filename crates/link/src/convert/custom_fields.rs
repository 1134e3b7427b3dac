//! The custom fields that a sheet names, found among those that SmartHR has: by name, and by group and name where one name
//! stands in several groups.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::characters::{nfc, trimmed};
use crate::config::{Mapping, Source};
use crate::fault::{Code, Fault, Subject};
use crate::smarthr::OwnedTemplate;
use crate::text::looks_like;

/// The template of each custom field, by the name that the sheet has for it; and what is wrong with the others.
pub(crate) fn resolve_custom_fields(
    mapping: &Mapping,
    templates: &[OwnedTemplate],
) -> (HashMap<String, OwnedTemplate>, Vec<Fault>) {
    let mut found = HashMap::new();
    let mut faults = Vec::new();
    let user_id = &mapping.user_id;
    let rows = std::iter::once((user_id.row, "ユーザID", &user_id.source))
        .chain(mapping.rules.iter().map(|rule| (rule.row, rule.item.label(), &rule.source)));
    for (row, label, source) in rows {
        let Source::Custom(name) = source else { continue };
        match resolve(name, templates) {
            Ok(template) => {
                found.insert(name.clone(), template.clone());
            }
            Err((code, detail)) => faults.push(Fault::new(code, Subject::Mapping, detail).line(row).field(label)),
        }
    }
    (found, faults)
}

/// Whether it takes the groups' names to say which fields the sheet means.
pub(crate) fn needs_groups(mapping: &Mapping, templates: &[OwnedTemplate]) -> bool {
    let sources = std::iter::once(&mapping.user_id.source).chain(mapping.rules.iter().map(|rule| &rule.source));
    let mut names = sources.filter_map(|source| if let Source::Custom(name) = source { Some(name) } else { None });
    names.any(|name| named(name, templates).count() != 1)
}

fn same(one: &str, other: &str) -> bool {
    nfc(trimmed(one).into()) == nfc(trimmed(other).into())
}

fn named<'t>(name: &'t str, templates: &'t [OwnedTemplate]) -> impl Iterator<Item = &'t OwnedTemplate> {
    templates.iter().filter(move |template| same(&template.name, name))
}

fn resolve<'t>(name: &'t str, templates: &'t [OwnedTemplate]) -> Result<&'t OwnedTemplate, (Code, String)> {
    let mut fitting: Vec<&OwnedTemplate> = named(name, templates).collect();
    let mut advice = "";
    if fitting.is_empty() {
        // A group's name and a field's name may hold a slash themselves.
        let cuts = name.char_indices().filter(|(_, c)| matches!(c, '/' | '／')).map(|(at, c)| (at, at + c.len_utf8()));
        for (end, start) in cuts {
            let (group, field) = (name.get(..end).unwrap_or_default(), name.get(start..).unwrap_or_default());
            fitting.extend(named(field, templates).filter(|template| same(&template.group, group)));
        }
        advice = "1つのグループに同じ名前の項目が複数あります。SmartHRで一方の名前を変えてください。";
    }
    match fitting.as_slice() {
        [] => {
            let hint = meant(name, templates);
            let detail = format!("連携設定シートのカスタム項目「{name}」がSmartHRにありません。{hint}");
            Err((Code::SheetCustomFieldUnknown, detail))
        }
        [template] if template.kind == "file" => {
            let detail = format!("連携設定シートのカスタム項目「{name}」は、入力タイプがファイルです。");
            Err((Code::SheetCustomFieldFile, detail))
        }
        [template] => Ok(*template),
        several => {
            let groups: BTreeSet<&str> = several.iter().map(|template| trimmed(&template.group)).collect();
            if groups.len() == 1 && advice.is_empty() {
                advice = "1つのグループに同じ名前の項目が複数あります。SmartHRで一方の名前を変えてください。";
            }
            let groups: Vec<String> = groups.into_iter().map(|group| format!("「{group}」")).collect();
            let detail = format!(
                "連携設定シートのカスタム項目「{name}」は、SmartHRのグループ{}にあります。{advice}",
                groups.concat()
            );
            Err((Code::SheetCustomFieldAmbiguous, detail))
        }
    }
}

/// What is to be said of a name that SmartHR does not have: the field that was meant, if one looks so or stands in another
/// group.
fn meant(name: &str, templates: &[OwnedTemplate]) -> String {
    let full = |template: &OwnedTemplate| format!("{}/{}", trimmed(&template.group), trimmed(&template.name));
    let alike = templates
        .iter()
        .find(|template| looks_like(&template.name, name))
        .map(|template| trimmed(&template.name).to_owned())
        .or_else(|| templates.iter().map(full).find(|full| looks_like(full, name)));
    if let Some(there) = alike {
        return format!(
            "SmartHRの「{there}」と見た目は似ていますが、文字の幅・空白・記号などが異なります。「{there}」と書いてください。"
        );
    }
    let Some((_, field)) = name.rsplit_once(['/', '／']) else { return String::new() };
    let elsewhere: Vec<String> =
        named(field, templates).map(|template| format!("「{}」", full(template))).take(MEANT).collect();
    if elsewhere.is_empty() { String::new() } else { format!("{}のことでしょうか。", elsewhere.join("、")) }
}

/// So many fields of other groups are named.
const MEANT: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn template(group: &str, name: &str, kind: &str) -> OwnedTemplate {
        OwnedTemplate {
            id: format!("{group}-{name}"),
            name: name.into(),
            kind: kind.into(),
            group: group.into(),
            ..OwnedTemplate::default()
        }
    }

    #[test]
    fn a_name_in_several_groups_takes_the_group() {
        let all = [
            template("契約", "形態", "string"),
            template("通勤", "形態", "string"),
            template("契約", "期間", "string"),
            template("書類", "免許", "file"),
            template("A/B", "C", "string"),
            template("契約", "か\u{3099}", "string"),
        ];
        let id = |name: &str| resolve(name, &all).map(|found| found.id.clone());
        assert_eq!(id(" 期間 ").as_deref(), Ok("契約-期間"));
        assert_eq!(id("契約/形態").as_deref(), Ok("契約-形態"));
        assert_eq!(id("通勤 ／ 形態").as_deref(), Ok("通勤-形態"));
        assert_eq!(id("A/B/C").as_deref(), Ok("A/B-C"));
        assert_eq!(id("が").as_deref(), Ok("契約-か\u{3099}"));
        let (code, detail) = id("形態").unwrap_err();
        assert_eq!(code, Code::SheetCustomFieldAmbiguous);
        assert!(detail.contains("「契約」「通勤」"), "{detail}");
        assert_eq!(id("免許").unwrap_err().0, Code::SheetCustomFieldFile);
        let (code, detail) = id("別/形態").unwrap_err();
        assert_eq!(code, Code::SheetCustomFieldUnknown);
        assert!(detail.contains("「契約/形態」、「通勤/形態」のことでしょうか"), "{detail}");
    }

    /// What a person cannot tell apart on the screen is named by the form that SmartHR has.
    #[test]
    fn a_name_that_only_looks_like_a_fields_gets_that_fields_name() {
        let all = [
            template("勤務", "時間(9〜18時)", "string"),
            template("勤務", "カスタム ID", "string"),
            template("契約", "形態", "string"),
        ];
        for (written, there) in [
            ("時間(9～18時)", "時間(9〜18時)"),
            ("時間（9〜18時）", "時間(9〜18時)"),
            ("時間(9〜\u{AD}18時)", "時間(9〜18時)"),
            ("\u{202A}時\u{200B}間(9〜18時)\u{202C}", "時間(9〜18時)"),
            ("力スタムID", "カスタム ID"),
            ("ｶｽﾀﾑ ID", "カスタム ID"),
            ("カスタム　ＩＤ", "カスタム ID"),
            ("契約/形\u{200B}態", "契約/形態"),
        ] {
            let (code, detail) = resolve(written, &all).map(|found| found.name.clone()).unwrap_err();
            assert_eq!(code, Code::SheetCustomFieldUnknown);
            assert!(detail.contains(&format!("「{there}」と書いてください")), "{written}: {detail}");
        }
        let (_, detail) = resolve("給与", &all).map(|found| found.name.clone()).unwrap_err();
        assert!(detail.ends_with("がSmartHRにありません。"), "{detail}");
    }
}
