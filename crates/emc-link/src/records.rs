//! `data-map` and `export`: what a customer asks about their own data.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use link::config::{SheetFormat, parse_config, parse_sheet};
use link::data_map::data_map;
use link::fault::Faults;
use link::state::keys::Key;
use serde_json::json;
use tenant_data::{ExportError, Period};

use crate::arguments::ExportOptions;
use crate::exit::{Exit, Failed};
use crate::screen;
use crate::screen::say;
use crate::target::Target;

pub(crate) fn map(target: &Target, as_json: bool) -> Result<Exit, Failed> {
    let missing = |what: &str| Failed::new(format!("{what}がありません。置き場所とテナントIDを確認してください。"));
    let config = target.get(&Key::config())?.ok_or_else(|| missing("config.toml"))?;
    let config = parse_config(&config).map_err(|(faults, _)| faulty("config.toml", &faults))?;
    let sheet = match (target.get(&Key::mapping_xlsx())?, target.get(&Key::mapping_csv())?) {
        (Some(sheet), None) => parse_sheet(SheetFormat::Xlsx, &sheet),
        (None, Some(sheet)) => parse_sheet(SheetFormat::Csv, &sheet),
        (None, None) => return Err(missing("連携設定シート")),
        (Some(_), Some(_)) => {
            return Err(Failed::new("mapping.xlsxとmapping.csvの両方があります。どちらか一方だけを置いてください。"));
        }
    };
    let map = data_map(&config, &sheet.map_err(|faults| faulty("連携設定シート", &faults))?);
    if as_json {
        return screen::json(&json!(map));
    }
    screen::out(map.to_markdown().as_bytes());
    Ok(Exit::Done)
}

fn faulty(what: &str, faults: &Faults) -> Failed {
    let first = faults.0.first().map(|fault| fault.message.as_str()).unwrap_or_default();
    Failed::new(format!(
        "{what}に誤りが{}件あります({first})。emc-link check で確認し、直してください。",
        faults.0.len()
    ))
}

pub(crate) fn export(target: &Target, options: &ExportOptions, as_json: bool) -> Result<Exit, Failed> {
    let period = Period::new(options.from, options.to)
        .ok_or_else(|| Failed::new("--from が --to より後の日です。期間を確認してください。"))?;
    let made = target.export(period, Timestamp::now())?;
    let file = options.output.clone().unwrap_or_else(|| PathBuf::from(&made.name));
    write(&file, &made.content)?;
    if as_json {
        return screen::json(&json!({ "file": file.display().to_string(), "files": made.files }));
    }
    say!("{} に{}件のファイルを書き出しました。", file.display(), made.files.len());
    say!("→ IDや宛先などの個人データを含みます。渡した後は、端末から削除してください。");
    Ok(Exit::Done)
}

pub(crate) fn failed(error: &ExportError) -> Failed {
    match error {
        ExportError::State(error) => crate::target::failed(error),
        error => Failed::new(format!("書庫を作成できません({error})。もう一度実行してください。")),
    }
}

/// Never over a file that is there, and readable by its owner only.
fn write(file: &Path, content: &[u8]) -> Result<(), Failed> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match opened.and_then(|mut opened| opened.write_all(content)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Failed::new(format!("{} は既にあります。--output で別の名前を指定してください。", file.display())))
        }
        Err(error) => Err(Failed::writing(file, &error)),
        Ok(()) => Ok(()),
    }
}
