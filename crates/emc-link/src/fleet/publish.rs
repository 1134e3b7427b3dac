//! Makes a release of what `sam build` built: once, for all tenants of all accounts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::Fleet;
use super::release::{self, Manifest, TEMPLATE, check_version, checksum};
use crate::exit::{Exit, Failed};
use crate::screen;

/// 登録するもの。
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// リリースの版(例: 0.2.0)
    #[arg(long, value_name = "VERSION")]
    release: String,
    /// 関数のプログラム(ZIP)。sync.zip と connect.zip のあるフォルダ
    #[arg(long, value_name = "DIR", default_value = "target/lambda")]
    from: PathBuf,
    /// テンプレート
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,
}

/// The functions of a tenant's stack, by their sources' folders.
const PROGRAMS: [&str; 2] = ["sync", "connect"];

pub(crate) async fn perform(fleet: &Fleet, options: &Options) -> Result<Exit, Failed> {
    check_version(&options.release)?;
    let template = std::fs::read_to_string(&options.template).map_err(|error| Failed::reading(&options.template, &error))?;
    let mut programs = BTreeMap::new();
    for name in PROGRAMS {
        programs.insert(format!("{name}.zip"), program(&options.from, name)?);
    }
    let accounts: Vec<_> = fleet.register.accounts.values().collect();
    fleet.asks(&format!("リリース {} を{}アカウントに登録します。", options.release, accounts.len()))?;
    for account in accounts {
        let mut files = programs.clone();
        let packaged = packaged(&template, &release::bucket(account), &options.release)?;
        files.insert(TEMPLATE.to_owned(), packaged.into_bytes());
        let manifest = Manifest {
            version: options.release.clone(),
            files: files.iter().map(|(name, content)| (name.clone(), checksum(content))).collect(),
            parameters: parameters(&template),
        };
        let cloud = fleet.cloud(account).await?;
        release::put(&cloud, account, &manifest, &files).await?;
        screen::aside(&format!("✓ {} に登録しました", account.id));
    }
    Ok(Exit::Done)
}

/// `sync.zip`, or the built `sync/bootstrap` packed by `zip` with a fixed time, so that the same program is the same file.
fn program(folder: &Path, name: &str) -> Result<Vec<u8>, Failed> {
    let packed = folder.join(format!("{name}.zip"));
    if packed.is_file() {
        return std::fs::read(&packed).map_err(|error| Failed::reading(&packed, &error));
    }
    let built = folder.join(name).join("bootstrap");
    let missing = || Failed::new(format!("{} も {} もありません。先にビルドしてください。", packed.display(), built.display()));
    if !built.is_file() {
        return Err(missing());
    }
    let done = Command::new("zip").current_dir(folder.join(name)).args(["-q", "-X", "-", "bootstrap"]).output();
    let done = done.map_err(|error| Failed::new(format!("zip を実行できません({error})。zip をインストールしてください。")))?;
    if done.status.success() { Ok(done.stdout) } else { Err(missing()) }
}

/// The template with the programs' places in the release's bucket in place of their sources.
fn packaged(template: &str, bucket: &str, version: &str) -> Result<String, Failed> {
    let mut text = template.to_owned();
    for name in PROGRAMS {
        let source = format!("CodeUri: functions/{name}\n");
        if text.matches(&source).count() != 1 {
            return Err(Failed::new(format!("テンプレートに {} が1つではありません。template.yaml を確認してください。", source.trim())));
        }
        let place = format!("CodeUri: {{ Bucket: {bucket}, Key: {:?} }}\n", release::key(version, &format!("{name}.zip")));
        text = text.replace(&source, &place);
    }
    Ok(text)
}

/// The names below `Parameters:`.
fn parameters(template: &str) -> Vec<String> {
    let section = template.lines().skip_while(|line| *line != "Parameters:").skip(1);
    let section = section.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let names = section.filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric())).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../../template.yaml");

    #[test]
    fn the_projects_template_is_packaged() {
        let text = packaged(TEMPLATE, "releases-bucket", "0.2.0+g1").unwrap();
        for name in PROGRAMS {
            assert!(text.contains(&format!("CodeUri: {{ Bucket: releases-bucket, Key: \"releases/0.2.0+g1/{name}.zip\" }}")));
        }
        assert!(!text.contains("CodeUri: functions"));
        assert!(packaged("no functions", "b", "v").is_err());
    }

    #[test]
    fn its_parameters_are_known() {
        let names = parameters(TEMPLATE);
        assert!(names.len() > 15 && names.contains(&"TenantId".to_owned()) && names.contains(&"WatchedBy".to_owned()));
        assert!(names.iter().all(|name| name != "Conditions" && name != "Resources"), "{names:?}");
    }
}
