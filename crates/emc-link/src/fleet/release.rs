//! A release: the programs, packed, and the template that names them, below one key that is written once.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::register::Account;
use crate::cloud::Cloud;
use crate::exit::Failed;

pub(crate) const TEMPLATE: &str = "template.yaml";
const MANIFEST: &str = "release.json";

/// What a release says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) version: String,
    /// The SHA-256 of each file.
    pub(crate) files: BTreeMap<String, String>,
    /// The template's parameters.
    pub(crate) parameters: Vec<String>,
}

/// A release in one account's bucket, whose files are what its checksums say.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) manifest: Manifest,
    pub(crate) template_url: String,
}

pub(crate) fn bucket(account: &Account) -> String {
    format!("emc-link-fleet-releases-{}", account.id)
}

pub(crate) fn key(version: &str, file: &str) -> String {
    format!("releases/{version}/{file}")
}

pub(crate) fn checksum(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A version is part of keys and tags.
pub(crate) fn check_version(version: &str) -> Result<(), Failed> {
    let fits = (1..=64).contains(&version.len())
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-_".contains(&byte))
        && !version.starts_with('.');
    if fits { Ok(()) } else { Err(Failed::new(format!("リリース {version} は使えません。英数字と . + - _ で64文字までにしてください。"))) }
}

impl Release {
    /// Reads the release and proves each of its files before anything is deployed from it.
    pub(crate) async fn load(cloud: &Cloud, account: &Account, version: &str) -> Result<Self, Failed> {
        check_version(version)?;
        let manifest = read(cloud, account, version, MANIFEST).await?;
        let manifest: Manifest = serde_json::from_slice(&manifest)
            .map_err(|error| Failed::new(format!("リリース {version} の {MANIFEST} を読み取れません({error})。登録し直してください。")))?;
        if manifest.version != version || !manifest.files.contains_key(TEMPLATE) {
            return Err(Failed::new(format!("リリース {version} の {MANIFEST} は別のリリースのものです。登録し直してください。")));
        }
        for (file, expected) in &manifest.files {
            let content = read(cloud, account, version, file).await?;
            if checksum(&content) != *expected {
                return Err(Failed::new(format!(
                    "リリース {version} の {file} は、登録時のもの(SHA-256)と違います。配置していません。別の版として登録し直してください。"
                )));
            }
        }
        let region = cloud.sdk.region().map(ToString::to_string).unwrap_or_default();
        let template_url = format!("https://{}.s3.{region}.amazonaws.com/{}", bucket(account), key(version, TEMPLATE).replace('+', "%2B"));
        Ok(Self { manifest, template_url })
    }
}

async fn read(cloud: &Cloud, account: &Account, version: &str, file: &str) -> Result<Vec<u8>, Failed> {
    let failed = |told: String| {
        Failed::new(format!(
            "リリース {version} の {file} を読み取れません({told})。版の指定と、emc-link fleet publish で登録したことを確認してください。"
        ))
    };
    let clients = cloud.clients();
    let found = clients.s3().get_object().bucket(bucket(account)).key(key(version, file)).send().await;
    let found = found.map_err(|error| failed(link_aws::told(&error)))?;
    let body = found.body.collect().await.map_err(|error| failed(error.to_string()))?;
    Ok(body.into_bytes().to_vec())
}

/// Puts a release's files; its manifest last, so that a release that broke off is none. A key that is there already is left,
/// if it holds the same.
pub(crate) async fn put(cloud: &Cloud, account: &Account, manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failed> {
    let text = serde_json::to_vec_pretty(manifest).map_err(|error| Failed::new(format!("{MANIFEST} を作れません({error})。")))?;
    let all = files.iter().map(|(name, content)| (name.as_str(), content)).chain([(MANIFEST, &text)]);
    for (name, content) in all {
        let clients = cloud.clients();
        let key = key(&manifest.version, name);
        let request = clients.s3().put_object().bucket(bucket(account)).key(&key).if_none_match("*");
        let Err(error) = request.body(ByteStream::from(content.clone())).send().await else { continue };
        let status = error.raw_response().map(|response| response.status().as_u16());
        if status != Some(412) {
            return Err(Failed::new(format!(
                "リリースを登録できません({key}: {})。バケットと権限を確認してください。",
                link_aws::told(&error)
            )));
        }
        if read(cloud, account, &manifest.version, name).await? != *content {
            return Err(Failed::new(format!(
                "リリース {} は既に別の内容で登録されています。新しい版として登録してください。",
                manifest.version
            )));
        }
    }
    Ok(())
}
