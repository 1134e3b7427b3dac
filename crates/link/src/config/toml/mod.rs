//! `config.toml`: read, checked key by key, all faults at once.

use std::collections::BTreeMap;

use toml::de::DeTable;

mod bulk_upload;
mod cursor;
mod delivery;
mod value;

use cursor::{Notes, Section, line_at};
use value::Addresses;

use super::{
    BeforeJoining, ChangeMail, Config, Destination, EmcConfig, GuardConfig, Limit, OnChange, PagesConfig, ReusedIds,
    Scope, SmartHrConfig, TopDepartment, WithoutCode,
};
use crate::fault::{Code, Fault, Faults, Subject};

/// A config is some 40 lines: what is larger is another file by mistake.
const MAX_BYTES: usize = 1024 * 1024;
/// One slip in TOML makes many errors further down; the first few lead to it.
const MAX_SYNTAX_FAULTS: usize = 10;

const DEFAULT_AUTH_URL: &str = "https://app.smarthr.jp";
const DEFAULT_DEPARTMENT_KANA: &str = "ブショ";
const DEFAULT_NAME_SEPARATOR: &str = " ";
const DEFAULT_LIMIT: Limit = Limit::BasisPoints(1_000);
const DEFAULT_FLOOR: u64 = 5;
const DEFAULT_WAIT_MINUTES: u8 = 5;

/// The parsed config, or all of its faults. Next to the faults come the addresses of `notify.to` as far as they can be
/// read and are valid, so that the failure can be mailed.
pub fn parse_config(bytes: &[u8]) -> Result<Config, (Faults, Vec<String>)> {
    let text = decode(bytes).map_err(|fault| (fault.into(), Vec::new()))?;
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err((syntax_faults(text, &errors), Vec::new()));
    }
    let mut notes = Notes::new(text);
    let (config, addresses) = config(document.get_ref(), &mut notes);
    match config {
        Some(config) if notes.faults.is_empty() => Ok(config),
        _ => Err((notes.faults, addresses)),
    }
}

/// The whole document. Every part that comes back as `None` has left a fault behind.
fn config<'t>(document: &'t DeTable<'t>, notes: &mut Notes<'_>) -> (Option<Config>, Vec<String>) {
    let mut root = Section::root(document);
    let company = root.required("company", value::NAME, notes).and_then(|entry| value::name(&entry, notes));
    let smarthr = root.section("smarthr", notes).and_then(|section| smarthr(section, notes));
    let emc = root.section("emc", notes).and_then(|section| emc(section, notes));
    let (prefix, ids_reused) = root.section("ids", notes).map_or((None, None), |section| ids(section, notes));
    let top_department = root
        .section("top_department", notes)
        .and_then(|section| top_department(section, prefix.as_deref().unwrap_or_default(), notes));
    let departments = root.section("departments", notes).and_then(|section| departments(section, notes));
    let name_separator = root.section("users", notes).and_then(|section| users(section, notes));
    let scope = root.section("scope", notes).and_then(|section| scope(section, notes));
    let guard = root.section("guard", notes).and_then(|section| guard(section, notes));
    let upload = root.section("csv", notes).and_then(|section| bulk_upload::read(section, notes));
    let delivery = root.section("upload", notes).and_then(|section| delivery::read(section, notes));
    if matches!((&delivery, &emc), (Some(Some(_)), Some(emc)) if emc.destination == Destination::Api) {
        notes.useless("upload.deliver", "emc.destination = \"csv\"");
    }
    let on_change = root.section("on_change", notes).and_then(|section| on_change(section, notes));
    let pages = root.section("pages", notes).and_then(|section| pages(section, notes));
    let addresses = root.section("notify", notes).map(|section| notify(section, notes)).unwrap_or_default();
    root.close(notes);

    let notify = addresses.usable.clone();
    let made = || {
        let (department_kana, without_code) = departments?;
        Some(Config {
            company: company?,
            smarthr: smarthr?,
            emc: emc?,
            prefix: prefix?,
            ids_reused: ids_reused?,
            top_department: top_department?,
            department_kana,
            without_code,
            name_separator: name_separator?,
            scope: scope?,
            guard: guard?,
            upload: upload?,
            delivery: delivery?,
            on_change: on_change?,
            pages: pages?,
            notify: addresses.is_right.then_some(addresses.usable)?,
        })
    };
    (made(), notify)
}

fn smarthr(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<SmartHrConfig> {
    let base_url = match (section.entry("subdomain"), section.entry("base_url")) {
        (Some(subdomain), None) => {
            value::subdomain(&subdomain, notes).map(|subdomain| format!("https://{subdomain}.smarthr.jp"))
        }
        (None, Some(url)) => value::url(&url, notes),
        (None, None) => {
            notes.missing("smarthr.subdomain", &format!("{}。代わりにsmarthr.base_urlでもよい", value::SUBDOMAIN));
            None
        }
        (Some(subdomain), Some(url)) => {
            notes.wrong(&url, "とsmarthr.subdomainの両方があります。使えるのは、どちらか一方だけです。");
            // What is wrong with the values themselves is told as well, for whichever of the two stays.
            _ = (value::subdomain(&subdomain, notes), value::url(&url, notes));
            None
        }
    };
    let auth_url =
        section.entry("auth_url").map_or_else(|| Some(DEFAULT_AUTH_URL.to_owned()), |entry| value::url(&entry, notes));
    section.close(notes);
    Some(SmartHrConfig { base_url: base_url?, auth_url: auth_url? })
}

fn emc(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<EmcConfig> {
    let base_url = section.entry("base_url");
    let destination = section.entry("destination").map_or(Some(Destination::Api), |entry| {
        value::choice(&entry, [("api", Destination::Api), ("csv", Destination::Csv)], notes)
    });
    let base_url = match (base_url, destination) {
        (Some(entry), _) => value::url(&entry, notes),
        (None, Some(Destination::Api)) => {
            notes.missing("emc.base_url", value::URL);
            None
        }
        // Files are carried to EMC by hand: no API, no address.
        (None, Some(Destination::Csv) | None) => Some(String::new()),
    };
    section.close(notes);
    Some(EmcConfig { base_url: base_url?, destination: destination? })
}

/// The two keys apart: what is wrong with one makes the other no unknown.
fn ids(mut section: Section<'_>, notes: &mut Notes<'_>) -> (Option<String>, Option<ReusedIds>) {
    let prefix = section.entry("prefix").map_or_else(|| Some(String::new()), |entry| value::prefix(&entry, notes));
    let reused = section.entry("reused").map_or(Some(ReusedIds::Hold), |entry| {
        value::choice(&entry, [("hold", ReusedIds::Hold), ("update", ReusedIds::Update)], notes)
    });
    section.close(notes);
    (prefix, reused)
}

#[expect(
    clippy::option_option,
    reason = "the outer layer is the reader's: faulty or not; the inner one is the config's"
)]
fn top_department(mut section: Section<'_>, prefix: &str, notes: &mut Notes<'_>) -> Option<Option<TopDepartment>> {
    if !section.is_present() {
        return Some(None);
    }
    let id = section
        .required("id", value::DEPARTMENT_ID, notes)
        .and_then(|entry| value::department_id(&entry, prefix, notes));
    let name = section.required("name", value::NAME, notes).and_then(|entry| value::name(&entry, notes));
    section.close(notes);
    Some(Some(TopDepartment { id: id?, name: name? }))
}

fn departments(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<(String, WithoutCode)> {
    let kana = section
        .entry("name_kana")
        .map_or_else(|| Some(DEFAULT_DEPARTMENT_KANA.to_owned()), |entry| value::name(&entry, notes));
    let without_code = section.entry("without_code").map_or(Some(WithoutCode::Skip), |entry| {
        value::choice(&entry, [("skip", WithoutCode::Skip), ("error", WithoutCode::Error)], notes)
    });
    section.close(notes);
    Some((kana?, without_code?))
}

fn users(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let separator = section
        .entry("name_separator")
        .map_or_else(|| Some(DEFAULT_NAME_SEPARATOR.to_owned()), |entry| value::separator(&entry, notes));
    section.close(notes);
    separator
}

fn scope(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<Scope> {
    let mut names = |key| match section.entry(key) {
        None => Some(None),
        Some(entry) => value::names(&entry, notes).map(Some),
    };
    let employment_types = names("employment_types");
    let departments = names("departments");
    let before_joining = section.entry("before_joining").map_or(Some(BeforeJoining::Include), |entry| {
        value::choice(&entry, [("include", BeforeJoining::Include), ("exclude", BeforeJoining::Exclude)], notes)
    });
    section.close(notes);
    Some(Scope { employment_types: employment_types?, departments: departments?, before_joining: before_joining? })
}

fn guard(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<GuardConfig> {
    let mut limit = |key| section.entry(key).map_or(Some(DEFAULT_LIMIT), |entry| value::limit(&entry, notes));
    let users = limit("user_deletions");
    let departments = limit("department_deletions");
    let blanks = limit("blanks");
    let floor = section.entry("floor").map_or(Some(DEFAULT_FLOOR), |entry| value::count(&entry, notes));
    section.close(notes);
    Some(GuardConfig { users: users?, departments: departments?, blanks: blanks?, floor: floor? })
}

fn on_change(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<OnChange> {
    let enabled = section.entry("enabled").map_or(Some(false), |entry| value::switch(&entry, notes));
    let wait_minutes =
        section.entry("wait_minutes").map_or(Some(DEFAULT_WAIT_MINUTES), |entry| value::wait_minutes(&entry, notes));
    let mail = section.entry("mail").map_or(Some(ChangeMail::Problems), |entry| {
        value::choice(&entry, [("problems", ChangeMail::Problems), ("all", ChangeMail::All)], notes)
    });
    section.close(notes);
    Some(OnChange { enabled: enabled?, wait_minutes: wait_minutes?, mail: mail? })
}

fn pages(mut section: Section<'_>, notes: &mut Notes<'_>) -> Option<PagesConfig> {
    let allow = section.entry("allow").map_or_else(|| Some(Vec::new()), |entry| value::networks(&entry, notes));
    let mut switch = |key| section.entry(key).map_or(Some(false), |entry| value::switch(&entry, notes));
    let approver_only = switch("approver_only");
    let four_eyes = switch("four_eyes");
    section.close(notes);
    Some(PagesConfig { allow: allow?, approver_only: approver_only?, four_eyes: four_eyes? })
}

fn notify(mut section: Section<'_>, notes: &mut Notes<'_>) -> Addresses {
    let addresses = section
        .required("to", value::ADDRESSES, notes)
        .map(|entry| value::addresses(&entry, notes))
        .unwrap_or_default();
    section.close(notes);
    addresses
}

/// The file's text. A byte order mark is what Windows editors put in front.
fn decode(bytes: &[u8]) -> Result<&str, Fault> {
    let fault = |detail: String| Fault::new(Code::ConfigSyntax, Subject::Config, detail);
    if bytes.len() > MAX_BYTES {
        return Err(fault(format!("config.tomlが大きすぎます({}バイト、上限は{MAX_BYTES}バイト)。", bytes.len())));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|&&byte| byte == b'\n').count();
        fault(format!("config.tomlの{line}行目にUTF-8ではない文字があります。ファイルをUTF-8で保存し、"))
            .line(u32::try_from(line).unwrap_or(u32::MAX))
    })
}

/// The parser's errors, one for each line, in the file's order.
fn syntax_faults(text: &str, errors: &[toml::de::Error]) -> Faults {
    let mut by_line = BTreeMap::new();
    for error in errors {
        let line = line_at(text, error.span().map_or(0, |span| span.start));
        by_line.entry(line).or_insert_with(|| error.message());
    }
    let fault = |(line, message): (u32, &str)| {
        let detail = match message {
            "duplicate key" => format!("config.tomlの{line}行目のキーは、前の行にもあります。"),
            // The parser's own words are English.
            _ => format!("config.tomlの{line}行目がTOMLとして読めません。"),
        };
        Fault::new(Code::ConfigSyntax, Subject::Config, detail).line(line)
    };
    Faults(by_line.into_iter().take(MAX_SYNTAX_FAULTS).map(fault).collect())
}
