//! The audit log: who did what and when, one object each below `audit/`, written before the action. What cannot be written
//! down is not done.

use bytes::Bytes;
use jiff::{Timestamp, civil::Date};
use link::state::keys::Key;
use link::state::ports::{Condition, StateStore};
use link::state::{RunId, Trigger};
use link::time::date_of;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;
use crate::random::random_name;
use crate::site::Site;

/// What a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Entered,
    Left,
    Connected,
    Disconnected,
    SettingsChanged,
    PreviewStarted,
    SyncStarted,
    CheckStarted,
    Approved,
    Accepted,
    SheetUploaded,
    SheetAdopted,
    SheetDiscarded,
    SheetDownloaded,
    RunDownloaded,
}

impl Action {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Entered => "入場",
            Self::Left => "退場",
            Self::Connected => "SmartHRと連携",
            Self::Disconnected => "連携を解除",
            Self::SettingsChanged => "連携の設定を変更",
            Self::PreviewStarted => "事前確認を開始",
            Self::SyncStarted => "連携を実行",
            Self::CheckStarted => "点検を開始",
            Self::Approved => "保留を承認して実行",
            Self::Accepted => "処理の受付",
            Self::SheetUploaded => "連携設定シートをアップロード",
            Self::SheetAdopted => "連携設定シートを採用",
            Self::SheetDiscarded => "連携設定シートの下書きを削除",
            Self::SheetDownloaded => "連携設定シートをダウンロード",
            Self::RunDownloaded => "処理結果をダウンロード",
        }
    }
}

/// One thing that a person did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    version: u64,
    pub(crate) at: Timestamp,
    pub(crate) person: Person,
    pub(crate) action: Action,
    /// What it was done to: a run, a sheet's version. Nothing personal.
    #[serde(default)]
    pub(crate) target: String,
    /// The invocation that it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invocation: Option<String>,
}

/// Writes down what is about to be done.
pub(crate) async fn note<S: Site>(app: &App<S>, person: &Person, action: Action, target: &str) -> Result<(), Problem> {
    let unique = random_name().map_err(|error| Problem::internal(&error.to_string()))?;
    write(app, person, action, target, None, &Trigger::Invocation(unique)).await
}

/// Writes down which invocation a person started. Its entry ends in the mark that the run's name ends in.
pub(crate) async fn note_start<S: Site>(
    app: &App<S>,
    person: &Person,
    action: Action,
    target: &str,
    invocation: &str,
) -> Result<(), Problem> {
    let trigger = Trigger::Invocation(invocation.to_owned());
    write(app, person, action, target, Some(invocation.to_owned()), &trigger).await
}

async fn write<S: Site>(
    app: &App<S>,
    person: &Person,
    action: Action,
    target: &str,
    invocation: Option<String>,
    trigger: &Trigger,
) -> Result<(), Problem> {
    let now = app.now();
    let entry = Entry { version: 1, at: now, person: person.clone(), action, target: target.to_owned(), invocation };
    let body = Bytes::from(serde_json::to_vec(&entry).unwrap_or_default());
    let key = Key::audit_entry(date_of(now), &RunId::new(now, trigger));
    // Two within a millisecond and of one mark cannot be; an entry is never overwritten all the same.
    app.state().put(&key, body, Condition::Absent).await?;
    Ok(())
}

/// The names of all entries since a day, oldest first.
pub(crate) async fn entries_since<S: Site>(app: &App<S>, first: Date) -> Result<Vec<Name>, Problem> {
    let keys = app.state().list(&Key::audit()).await?;
    let names = keys.into_iter().filter_map(|key| {
        let (name, ending) = key.as_str().rsplit('/').next()?.split_once('.')?;
        let id = RunId::parse(name).filter(|_| ending == "json")?;
        Some(Name { key, id })
    });
    Ok(names.filter(|name| name.id.date().is_some_and(|date| date >= first)).collect())
}

/// An entry's place and name.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    key: Key,
    pub(crate) id: RunId,
}

/// Reads entries; what cannot be read is left out.
pub(crate) async fn read<S: Site>(app: &App<S>, names: &[Name]) -> Result<Vec<Entry>, Problem> {
    let found = futures::future::join_all(names.iter().map(|name| app.state().get(&name.key))).await;
    let mut entries = Vec::new();
    for found in found {
        if let Some(entry) = found?.and_then(|found| serde_json::from_slice(&found.body).ok()) {
            entries.push(entry);
        }
    }
    Ok(entries)
}
