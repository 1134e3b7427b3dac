//! ID付与コード and 最上位部署: what the customer decides before the first link, written into `config.toml` without
//! touching anything else in it, and only if nothing in Emergency Call clashes with it.

use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use link::compare::Snapshot;
use link::config::{Config, Destination, Scope, parse_config};
use link::emc::{Emc, id_column};
use link::net::Deadline;
use link::state::keys::Key;
use link::state::ports::StateStore;
use toml_edit::{Array, DocumentMut, Item, Table, value};

use crate::app::App;
use crate::other_links;
use crate::problem::Problem;
use crate::secret_file;
use crate::site::{OtherLink, Site};

const PATIENCE: Duration = Duration::from_secs(25);

/// What is wrong with one field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldFault {
    /// The field's name.
    pub(crate) field: &'static str,
    /// What is wrong, in a sentence.
    pub(crate) text: String,
}

impl FieldFault {
    pub(crate) fn new(field: &'static str, text: impl Into<String>) -> Self {
        Self { field, text: text.into() }
    }
}

/// The form's field that a key of the configuration is filled in by.
fn field_of(key: Option<&str>) -> &'static str {
    match key.unwrap_or_default() {
        "top_department.id" => "top_id",
        "top_department.name" => "top_name",
        "notify.to" => "to",
        "scope.employment_types" => "types",
        "scope.departments" => "departments",
        _ => "prefix",
    }
}

/// What was filled in. An empty text stands for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IdSettings {
    pub(crate) prefix: String,
    pub(crate) top_id: String,
    pub(crate) top_name: String,
}

impl IdSettings {
    /// What the configuration says now. The top department's ID is shown as it stands in the file, without the prefix.
    pub(crate) fn of(config: &Config) -> Self {
        let top = config.top_department.as_ref();
        let id = top.map(|top| top.id.strip_prefix(&config.prefix).unwrap_or(&top.id).to_owned());
        Self {
            prefix: config.prefix.clone(),
            top_id: id.unwrap_or_default(),
            top_name: top.map(|top| top.name.clone()).unwrap_or_default(),
        }
    }
}

/// What an input method types in full width, as half width: `Ａ１` becomes `A1`.
pub(crate) fn half_width(text: &str) -> String {
    let half = |letter: char| match letter {
        // What an input method gives for the hyphen key.
        '‐' | '−' | 'ー' => '-',
        '！'..='～' => u32::from(letter).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(letter),
        _ => letter,
    };
    text.trim().chars().map(half).collect()
}

/// Whether an ID has only letters that no system on the way changes.
fn is_plain_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The configuration's text with `wanted` in it, and what it means; or what is wrong with it, in sentences.
pub(crate) fn edited(text: &str, wanted: &IdSettings) -> Result<(String, Config), Vec<FieldFault>> {
    let mut faults = Vec::new();
    if wanted.top_id.is_empty() != wanted.top_name.is_empty() {
        let field = if wanted.top_id.is_empty() { "top_id" } else { "top_name" };
        faults.push(FieldFault::new(field, "最上位部署は、部署IDと部署名の両方を入力するか、両方を空にしてください。"));
    }
    for (field, label, id) in
        [("prefix", "会社コード(ID付与コード)", &wanted.prefix), ("top_id", "最上位部署の部署ID", &wanted.top_id)]
    {
        if !is_plain_id(id) {
            faults.push(FieldFault::new(
                field,
                format!("{label}には、半角の英数字、ハイフン(-)、下線(_)だけを使ってください。"),
            ));
        }
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut document: DocumentMut = match text.parse() {
        Ok(document) => document,
        Err(_) => return Err(vec![unreadable()]),
    };
    put(&mut document, "ids", &[("prefix", &wanted.prefix)]);
    put(&mut document, "top_department", &[("id", &wanted.top_id), ("name", &wanted.top_name)]);
    let text = document.to_string();
    match parse_config(text.as_bytes()) {
        Ok(config) if faults.is_empty() => Ok((text, config)),
        Ok(_) => Err(faults),
        Err((found, _)) => {
            faults.extend(told(found));
            Err(faults)
        }
    }
}

fn unreadable() -> FieldFault {
    FieldFault::new("prefix", "設定ファイルを読み取れません。運用担当へご連絡ください。")
}

fn told(faults: link::fault::Faults) -> impl Iterator<Item = FieldFault> {
    faults.into_iter().map(|fault| FieldFault::new(field_of(fault.field.as_deref()), fault.message))
}

/// The addresses of `[notify]` and the lists of `[scope]`; an empty list of the scope means that everybody is linked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) to: Vec<String>,
    pub(crate) types: Vec<String>,
    pub(crate) departments: Vec<String>,
}

impl Rules {
    pub(crate) fn of(config: &Config) -> Self {
        let list = |names: &Option<std::collections::BTreeSet<String>>| names.iter().flatten().cloned().collect();
        let Scope { employment_types, departments, .. } = &config.scope;
        Self { to: config.notify.clone(), types: list(employment_types), departments: list(departments) }
    }
}

/// The configuration's text with these rules in it and everything else as it is; or what is wrong, field by field.
pub(crate) fn with_rules(text: &str, wanted: &Rules) -> Result<String, Vec<FieldFault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut document: DocumentMut = text.parse().map_err(|_| vec![unreadable()])?;
    for (table, key, list) in [
        ("notify", "to", &wanted.to),
        ("scope", "employment_types", &wanted.types),
        ("scope", "departments", &wanted.departments),
    ] {
        let section = document.entry(table).or_insert_with(|| Item::Table(Table::new()));
        if list.is_empty() && table == "scope" {
            if let Some(section) = section.as_table_like_mut() {
                section.remove(key);
            }
        } else {
            section[key] = value(list.iter().map(String::as_str).collect::<Array>());
        }
    }
    if document.get("scope").and_then(Item::as_table_like).is_some_and(toml_edit::TableLike::is_empty) {
        document.remove("scope");
    }
    let text = document.to_string();
    match parse_config(text.as_bytes()) {
        Ok(_) => Ok(text),
        Err((found, _)) => Err(told(found).collect()),
    }
}

/// The configuration's text with `[on_change]` switched on or off, everything else as it is.
pub(crate) fn with_on_change(text: &str, enabled: bool) -> Option<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut document: DocumentMut = text.parse().ok()?;
    let section = document.entry("on_change").or_insert_with(|| Item::Table(Table::new()));
    section["enabled"] = value(enabled);
    let text = document.to_string();
    let config = parse_config(text.as_bytes()).ok()?;
    (config.on_change.enabled == enabled).then_some(text)
}

/// Sets keys of a table, or takes the table away where all are empty.
fn put(document: &mut DocumentMut, table: &str, entries: &[(&str, &String)]) {
    if entries.iter().all(|(_, text)| text.is_empty()) {
        document.remove(table);
        return;
    }
    let section = document.entry(table).or_insert_with(|| Item::Table(Table::new()));
    for (key, text) in entries {
        section[*key] = value(text.as_str());
    }
}

/// What in Emergency Call, and in the contract's other links, these settings would meet, in sentences.
pub(crate) async fn clashes<S: Site>(app: &App<S>, config: &Config) -> Result<Vec<FieldFault>, Problem> {
    let mut told: Vec<FieldFault> =
        neighbours(app, &config.prefix).await.into_iter().map(|text| FieldFault::new("prefix", text)).collect();
    told.extend(clashes_in_emc(app, config).await?);
    Ok(told)
}

/// The contract's other links whose prefix is too near to this one, in sentences.
pub(crate) async fn neighbours<S: Site>(app: &App<S>, prefix: &str) -> Vec<String> {
    let links = other_links::with_clashing_prefix(app, prefix).await;
    let sentence = |link: &OtherLink| {
        format!(
            "会社コード(ID付与コード)「{prefix}」は、ほかの連携「{}」のコードと重なります。一方がもう一方の始まりにならないコードを入力してください。",
            link.name
        )
    };
    links.into_iter().map(sentence).collect()
}

async fn clashes_in_emc<S: Site>(app: &App<S>, config: &Config) -> Result<Vec<FieldFault>, Problem> {
    if config.emc.destination == Destination::Csv {
        // Nobody can be asked: the operator who uploads sees what is there.
        return Ok(Vec::new());
    }
    let token = secret_file::load(app).await?.emc_token().ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "連携の準備がまだ終わっていません",
            "エマージェンシーコールの接続情報がまだ登録されていません。",
            "運用担当へご連絡ください。",
        )
    })?;
    let emc = Emc::new(&config.emc.base_url, token, Deadline::after(PATIENCE)).map_err(|_| unreachable())?;
    let (departments, users) = futures::join!(emc.department_ids(), emc.user_ids());
    let departments = ids(departments.map_err(|_| unreachable())?.as_ref(), "部署ID").ok_or_else(unreachable)?;
    let users = ids(users.map_err(|_| unreachable())?.as_ref(), "ユーザID").ok_or_else(unreachable)?;
    let known = match app.state().get(&Key::snapshot()).await? {
        Some(found) => Snapshot::parse(&found.body).unwrap_or_default(),
        None => Snapshot::default(),
    };
    let of_others = |ids: &[String], own: &dyn Fn(&str) -> bool| {
        ids.iter().filter(|id| id.starts_with(&config.prefix) && !own(id)).count()
    };
    let mut told = Vec::new();
    if !config.prefix.is_empty() {
        let in_use = of_others(&users, &|id| known.users.ids.position(id).is_some())
            + of_others(&departments, &|id| known.departments.ids.position(id).is_some());
        if in_use > 0 {
            told.push(FieldFault::new("prefix", format!(
                "ID付与コード「{}」で始まるIDが、エマージェンシーコールにすでに{in_use}件あります。ほかの会社のIDと混ざるため、別のコードを入力してください。",
                config.prefix
            )));
        }
    }
    if let Some(top) = &config.top_department
        && departments.contains(&top.id)
        && known.departments.ids.position(&top.id).is_none()
    {
        told.push(FieldFault::new(
            "top_id",
            format!(
                "最上位部署の部署ID「{}」は、エマージェンシーコールにすでにあります。別の部署IDを入力してください。",
                top.id
            ),
        ));
    }
    Ok(told)
}

fn unreachable() -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "エマージェンシーコールに確認できません",
        "入力内容をエマージェンシーコールの登録内容と照合できなかったため、保存していません。",
        "数分待ってから、もう一度お試しください。続くときは運用担当へご連絡ください。",
    )
    .way("/connection", "SmartHR連携の画面に戻る")
}

/// The IDs in one of EMC's downloads; none where EMC offers no download, `None` if it is no such file.
fn ids(content: Option<&Bytes>, column: &str) -> Option<Vec<String>> {
    content.map_or_else(|| Some(Vec::new()), |content| id_column(content, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# 担当: 運用1課\ncompany = \"A社\"\n\n[smarthr]\nsubdomain = \"acme\"\n\n[emc]\nbase_url = \"https://emc.example.jp\"\n\n[departments]\nname_kana = \"ブショ\"\n\n[notify]\nto = [\"hr@example.co.jp\"] # 人事\n";

    fn wanted(prefix: &str, id: &str, name: &str) -> IdSettings {
        IdSettings { prefix: prefix.into(), top_id: id.into(), top_name: name.into() }
    }

    #[test]
    fn only_what_was_filled_in_changes() {
        let (text, config) = edited(TEXT, &wanted("A", "1", "A \"社\"")).unwrap();
        assert!(text.starts_with(TEXT.trim_end()), "{text}");
        assert_eq!(IdSettings::of(&config), wanted("A", "1", "A \"社\""));
        let (text, config) = edited(&text, &IdSettings::default()).unwrap();
        assert_eq!(text, TEXT);
        assert_eq!(IdSettings::of(&config), IdSettings::default());
    }

    #[test]
    fn ids_have_only_letters_that_nothing_changes() {
        assert_eq!(half_width(" Ａ－１＿ｂ "), "A-1_b");
        for wrong in ["A B", "部", "A.B", "é", "A/B"] {
            let faults = edited(TEXT, &wanted(wrong, "", "")).unwrap_err();
            assert!(faults.iter().any(|fault| fault.text.contains("半角の英数字")), "{wrong}: {faults:?}");
        }
        assert!(edited(TEXT, &wanted("A-1_b", "x_1", "本社")).is_ok());
    }

    #[test]
    fn addresses_and_scope_are_changed_and_faults_name_their_field() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let rules = |to: &[&str], types: &[&str]| Rules { to: list(to), types: list(types), departments: Vec::new() };
        let text = with_rules(TEXT, &rules(&["a@example.jp", "b@example.jp"], &["正社員"])).unwrap();
        let config = parse_config(text.as_bytes()).unwrap();
        assert_eq!(Rules::of(&config), rules(&["a@example.jp", "b@example.jp"], &["正社員"]));
        assert!(text.starts_with("# 担当: 運用1課"));
        let text = with_rules(&text, &rules(&["a@example.jp"], &[])).unwrap();
        assert!(!text.contains("scope"), "{text}");
        let faults = with_rules(TEXT, &rules(&["not an address"], &[])).unwrap_err();
        assert!(faults.iter().all(|fault| fault.field == "to") && !faults.is_empty(), "{faults:?}");
        assert!(with_rules(TEXT, &rules(&[], &[])).is_err());
    }

    #[test]
    fn changes_are_switched_on_and_off_without_touching_anything_else() {
        let on = with_on_change(TEXT, true).unwrap();
        assert!(on.starts_with(TEXT) && on.ends_with("[on_change]\nenabled = true\n"), "{on}");
        let mailed = on.replace("enabled = true", "enabled = true # since June\nmail = \"all\"");
        let off = with_on_change(&mailed, false).unwrap();
        assert!(off.contains("enabled = false") && off.contains("mail = \"all\""), "{off}");
        assert_eq!(with_on_change("company = ", true), None);
    }

    #[test]
    fn what_does_not_fit_is_told_all_at_once() {
        let faults = edited(TEXT, &wanted("A B", "1", "")).unwrap_err();
        assert!(faults.len() >= 2, "{faults:?}");
        assert!(edited(TEXT, &wanted("A", &"9".repeat(30), "x")).is_err());
        assert!(edited("company = ", &IdSettings::default()).is_err());
    }
}
