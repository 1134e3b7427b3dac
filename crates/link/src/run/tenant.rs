//! Loading what a run is configured by: `config.toml`, the sheet, the secret. All faults of all three at once.

use crate::config::{Config, Destination, Mapping, SheetFormat, SheetOrigin, parse_config, read_sheet};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::run::delivery::upload_secret;
use crate::smarthr::{Secret, parse_secret};
use crate::state::RunId;
use crate::state::delivery::UploadSecret;
use crate::state::keys::Key;
use crate::state::ports::{
    Platform, SecretError, SecretErrorKind, SecretStore, StateError, StateErrorKind, StateStore, StoredSecret,
};

/// A tenant, ready to run.
#[derive(Debug)]
pub(crate) struct Tenant {
    /// `config.toml`.
    pub config: Config,
    /// The mapping sheet.
    pub mapping: Mapping,
    /// Where the mapping was read from.
    pub sheet: SheetOrigin,
    /// The tokens.
    pub secret: Secret,
    /// What upload files are delivered with.
    pub upload_secret: UploadSecret,
    /// The secret as it was read, for writing back a rotated token.
    pub stored: StoredSecret,
}

impl Tenant {
    /// Contacts of the sheet that lack their medium or their address.
    pub(crate) fn half_contacts(&self) -> impl Iterator<Item = Fault> {
        self.mapping.half_contacts().map(|(rule, missing)| {
            let (row, there, missing) = (rule.row, rule.item.label(), missing.label());
            let detail =
                format!("連携設定シートの{row}行目に「{there}」がありますが、対になる「{missing}」の行がありません。");
            Fault::new(Code::SheetItemRequired, Subject::Mapping, detail).line(row).field(missing)
        })
    }
}

/// What could be loaded, whatever else is wrong.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The addresses for the report mail; empty where they cannot be read or are invalid.
    pub notify: Vec<String>,
    /// The tenant, or everything that is wrong.
    pub tenant: Result<Tenant, Faults>,
    /// The config alone, or what is wrong with it: a baseline needs neither sheet nor secret.
    pub config: Result<Config, Faults>,
}

/// Loads the tenant; with the sheet in force, or with a draft of one.
pub(crate) async fn load<H: Platform>(platform: &H, draft: Option<&RunId>) -> Loaded {
    let sheet = async {
        match draft {
            None => load_sheet(platform).await,
            Some(draft) => load_draft(platform, draft).await,
        }
    };
    let (config, sheet, secret) = futures::join!(load_config(platform), sheet, load_secret(platform));
    let mut faults = Faults::new();
    let alone = config.clone().map_err(|(found, _)| found);
    let (config, notify) = match config {
        Ok(config) => {
            let notify = config.notify.clone();
            (Some(config), notify)
        }
        Err((found, notify)) => {
            faults.extend(found);
            (None, notify)
        }
    };
    let mapping = sheet.map_err(|found| faults.extend(found)).ok();
    // The token of a contract without the import API need not be there.
    let asks_emc = config.as_ref().is_none_or(|config| config.emc.destination == Destination::Api);
    let target = config.as_ref().and_then(|config| config.delivery.as_ref());
    let secret = secret.and_then(|stored| {
        let (tokens, upload) = (parse_secret(&stored.text, asks_emc), upload_secret(&stored.text, target));
        match (tokens, upload) {
            (Ok(tokens), Ok(upload)) => Ok((tokens, upload, stored)),
            (tokens, upload) => {
                let wrong = tokens.err().into_iter().flatten().chain(upload.err().into_iter().flatten());
                Err(Faults(wrong.collect()))
            }
        }
    });
    let secret = secret.map_err(|found| faults.extend(found)).ok();
    let tenant = match (config, mapping, secret) {
        (Some(config), Some((mapping, sheet)), Some((secret, upload_secret, stored))) => {
            Ok(Tenant { config, mapping, sheet, secret, upload_secret, stored })
        }
        _ => Err(faults),
    };
    Loaded { notify, tenant, config: alone }
}

/// Loads the addresses of the report mail alone.
pub async fn load_notify<H: Platform>(platform: &H) -> Vec<String> {
    match load_config(platform).await {
        Ok(config) => config.notify,
        Err((_, notify)) => notify,
    }
}

async fn load_config<H: Platform>(platform: &H) -> Result<Config, (Faults, Vec<String>)> {
    match platform.state().get(&Key::config()).await {
        Ok(Some(found)) => parse_config(&found.body),
        Ok(None) => {
            let fault = Fault::new(Code::ConfigMissing, Subject::Config, "config.tomlがありません。");
            Err((fault.field("config.toml").into(), Vec::new()))
        }
        Err(error) => Err((state_fault(&error).into(), Vec::new())),
    }
}

async fn load_sheet<H: Platform>(platform: &H) -> Result<(Mapping, SheetOrigin), Faults> {
    let (xlsx_key, csv_key) = (Key::mapping_xlsx(), Key::mapping_csv());
    let (xlsx, csv) = futures::join!(platform.state().get(&xlsx_key), platform.state().get(&csv_key));
    let mut faults = Faults::new();
    let mut found = |result: Result<_, StateError>| result.map_err(|error| faults.push(state_fault(&error))).ok();
    let (xlsx, csv) = (found(xlsx), found(csv));
    match (xlsx, csv) {
        (Some(Some(_)), Some(Some(_))) => {
            let fault = Fault::new(Code::SheetTwice, Subject::Mapping, "mapping.xlsxとmapping.csvの両方があります。");
            Err(fault.field("mapping.xlsx, mapping.csv").into())
        }
        (Some(Some(xlsx)), Some(None)) => read_sheet(SheetFormat::Xlsx, &xlsx.body),
        (Some(None), Some(Some(csv))) => read_sheet(SheetFormat::Csv, &csv.body),
        (Some(None), Some(None)) => {
            let fault = Fault::new(Code::SheetMissing, Subject::Mapping, "mapping.xlsxもmapping.csvもありません。");
            Err(fault.field("mapping.xlsx, mapping.csv").into())
        }
        _ => Err(faults),
    }
}

async fn load_draft<H: Platform>(platform: &H, draft: &RunId) -> Result<(Mapping, SheetOrigin), Faults> {
    for (ending, format) in [("xlsx", SheetFormat::Xlsx), ("csv", SheetFormat::Csv)] {
        let found = platform.state().get(&Key::draft(draft, ending)).await.map_err(|error| state_fault(&error))?;
        if let Some(found) = found {
            return read_sheet(format, &found.body);
        }
    }
    let detail = format!("連携設定シートの下書き「{draft}」がありません。");
    Err(Fault::new(Code::SheetMissing, Subject::Mapping, detail).field("draft").into())
}

async fn load_secret<H: Platform>(platform: &H) -> Result<StoredSecret, Faults> {
    platform.secrets().load().await.map_err(|error| Faults::from(secret_fault(&error)))
}

/// A fault of the state as a fault of the run.
pub fn state_fault(error: &StateError) -> Fault {
    let what = match error.kind {
        StateErrorKind::Conflict => "他の処理が先に書き換えました",
        StateErrorKind::Denied => "アクセスが拒否されました(権限不足)",
        StateErrorKind::NoStore => "バケットが無いか、別のリージョンにあります",
        StateErrorKind::Unavailable => "応答がないか、エラーが返りました",
    };
    let detail =
        format!("状態の保存先の{}を{}できません。{what}。[{}]", error.key, operation_ja(error.operation), error.detail);
    Fault::new(Code::StateUnreadable, Subject::State, detail).field(error.key.clone())
}

fn operation_ja(operation: &str) -> &'static str {
    match operation {
        "get" => "読み取り",
        "list" => "一覧",
        "delete" => "削除",
        _ => "書き込み",
    }
}

/// A fault of the secret as a fault of the run.
pub fn secret_fault(error: &SecretError) -> Fault {
    let (code, what) = match error.kind {
        SecretErrorKind::Missing => (Code::SecretMissing, "シークレットが無いか、値が入っていません"),
        SecretErrorKind::Denied => (Code::SecretUnreadable, "アクセスが拒否されました(権限不足)"),
        SecretErrorKind::Conflict => (Code::SecretUnreadable, "他の処理が先に書き換えました"),
        SecretErrorKind::Unavailable => (Code::SecretUnreadable, "応答がないか、エラーが返りました"),
    };
    let detail = format!("シークレット「{}」を使えません。{what}。[{}]", error.name, error.detail);
    Fault::new(code, Subject::Secret, detail).field(error.name.clone())
}
