//! `erase`: at the end of a contract, everything that is kept of a tenant, with a signed proof.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use link::state::keys::Key;
use link::state::ports::Platform;
use serde_json::json;
use tenant_data::{Holding, OperatorKey, Proof, is_scheduled};

use crate::arguments::EraseOptions;
use crate::exit::{Exit, Failed};
use crate::local::Local;
use crate::screen::say;
use crate::target::Target;
use crate::{runs, screen};

/// What is to be done by other means, and is therefore not in the proof.
const NOT_COVERED: [&str; 3] = [
    "ログ(個人データを含みません): ロググループはスタックと一緒に削除",
    "SmartHRの連携アプリの許可とアカウント: SmartHRの画面で解除",
    "エマージェンシーコールに登録されたデータと、送信済みのメール",
];

pub(crate) fn erase(target: &Target, options: &EraseOptions, as_json: bool) -> Result<Exit, Failed> {
    let tenant = target.tenant().to_string();
    if options.confirm != tenant {
        return Err(Failed::new(format!(
            "--confirm の値がテナントID {tenant} と違うため、何も消去していません。消去するテナントのIDを指定してください。"
        )));
    }
    let key = fs::read_to_string(&options.key).map_err(|error| Failed::reading(&options.key, &error))?;
    let key = OperatorKey::from_pem(&key).map_err(|_| {
        Failed::new(format!(
            "{} は署名の鍵として使えません。openssl genpkey -algorithm ed25519 で作成した鍵を指定してください。",
            options.key.display()
        ))
    })?;
    if [&options.proof, &signature_of(&options.proof)].into_iter().any(|file| file.exists()) {
        return Err(Failed::new(format!(
            "{} または署名のファイルが既にあります。--proof で別の名前を指定してください。",
            options.proof.display()
        )));
    }
    refuse_while_it_runs(target)?;

    let started = Timestamp::now();
    let holdings = target.erase(options)?;
    let time = (started, Timestamp::now());
    let proof = Proof::new(&tenant, &options.person, version::BUILD, time, holdings, &NOT_COVERED);
    let (document, signature) = key.sign(&proof).map_err(|error| {
        Failed::new(format!("証明書を作成できません({error})。鍵を確認し、もう一度実行してください。"))
    })?;
    for (file, content) in [(&options.proof, document), (&signature_of(&options.proof), signature)] {
        fs::write(file, content).map_err(|error| Failed::writing(file, &error))?;
    }
    told(&proof, &options.proof, as_json)
}

fn told(proof: &Proof, file: &Path, as_json: bool) -> Result<Exit, Failed> {
    if as_json {
        screen::json(&json!(proof))?;
    } else {
        for holding in &proof.holdings {
            say!("{} {}: {}件 → 残り{}件", holding.place, holding.kind, holding.found, holding.left);
        }
        say!("証明書: {}(署名: {})", file.display(), signature_of(file).display());
        say!("次のものは含みません:");
        for line in &proof.not_covered {
            say!("  {line}");
        }
    }
    if proof.is_complete {
        return Ok(Exit::Done);
    }
    screen::aside("emc-link: まだ残っているものがあります。処理が止まっていることを確認し、もう一度実行してください。");
    if proof.holdings.iter().any(|holding| holding.kind == "stack" && holding.left > 0) {
        screen::aside(
            "スタックを削除(emc-link fleet remove、fleetを使わない場合は aws cloudformation delete-stack)してから実行してください。削除の後は --function と --bucket を指定します。",
        );
    }
    Ok(Exit::Wrong)
}

fn signature_of(proof: &Path) -> PathBuf {
    let mut name = proof.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// A run would write anew what was just erased.
fn refuse_while_it_runs(target: &Target) -> Result<(), Failed> {
    target.refuse_while_scheduled()?;
    if target.get(&Key::lock())?.is_some() {
        return Err(Failed::new(
            "処理中の印(lock.json)があるため、何も消去していません。処理の終了を待って、もう一度実行してください。",
        ));
    }
    let recorded = runs::latest(target, 50)?;
    if is_scheduled(&recorded, Timestamp::now()) {
        return Err(Failed::new(
            "25時間以内に日次実行の記録があるため、何も消去していません。スケジュールを止め(ScheduleState=DISABLED)、\
             25時間たってから、もう一度実行してください。",
        ));
    }
    Ok(())
}

/// Of a folder: the tenant's files and its secret.
pub(crate) fn of_folder(local: &Local) -> Result<Vec<Holding>, Failed> {
    let platform = local.home();
    let folder = platform.directory().directory().to_owned();
    let secret = platform.secrets().path().to_owned();
    let found = (files(&folder)?, u64::from(secret.exists()));
    let gone = |error: std::io::Error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) };
    fs::remove_dir_all(&folder).or_else(gone).map_err(|error| Failed::writing(&folder, &error))?;
    fs::remove_file(&secret).or_else(gone).map_err(|error| Failed::writing(&secret, &error))?;
    let left = (files(&folder)?, u64::from(secret.exists()));
    let holding = |kind, place: &Path, found, left| Holding { kind, place: place.display().to_string(), found, left };
    Ok(vec![holding("files", &folder, found.0, left.0), holding("secret", &secret, found.1, left.1)])
}

/// The number of files below a folder, hidden ones included.
fn files(folder: &Path) -> Result<u64, Failed> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(|error| Failed::reading(folder, &error))?,
    };
    let mut number = 0;
    for entry in entries {
        let path = entry.map_err(|error| Failed::reading(folder, &error))?.path();
        number += if path.is_dir() { files(&path)? } else { 1 };
    }
    Ok(number)
}
