//! The audit log: who did what and when, one object each below `audit/`, written before the action. What cannot be written
//! down is not done.

use bytes::Bytes;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
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
    ChangesSwitchedOn,
    ChangesSwitchedOff,
    WebhookTokenChanged,
    PreviewStarted,
    SyncStarted,
    CheckStarted,
    Approved,
    Refused,
    Accepted,
    SheetUploaded,
    SheetAdopted,
    SheetDiscarded,
    SheetDownloaded,
    RunDownloaded,
    RecordsDownloaded,
}

impl Action {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Entered => "ログイン",
            Self::Left => "ログアウト",
            Self::Connected => "SmartHRと連携",
            Self::Disconnected => "連携を解除",
            Self::SettingsChanged => "連携の設定を変更",
            Self::ChangesSwitchedOn => "変更の即時反映を有効にする",
            Self::ChangesSwitchedOff => "変更の即時反映を無効にする",
            Self::WebhookTokenChanged => "シークレットトークンを変更",
            Self::PreviewStarted => "事前確認を開始",
            Self::SyncStarted => "連携を実行",
            Self::CheckStarted => "点検を開始",
            Self::Approved => "保留を承認して実行",
            Self::Refused => "保留を却下",
            Self::Accepted => "処理の受付",
            Self::SheetUploaded => "連携設定シートをアップロード",
            Self::SheetAdopted => "連携設定シートを適用",
            Self::SheetDiscarded => "連携設定シートの下書きを削除",
            Self::SheetDownloaded => "連携設定シートをダウンロード",
            Self::RunDownloaded => "処理結果をダウンロード",
            Self::RecordsDownloaded => "記録をダウンロード",
        }
    }

    /// Every action, as they are listed for a choice.
    pub(crate) const ALL: [Self; 20] = [
        Self::Entered,
        Self::Left,
        Self::Connected,
        Self::Disconnected,
        Self::SettingsChanged,
        Self::ChangesSwitchedOn,
        Self::ChangesSwitchedOff,
        Self::WebhookTokenChanged,
        Self::PreviewStarted,
        Self::SyncStarted,
        Self::CheckStarted,
        Self::Approved,
        Self::Refused,
        Self::Accepted,
        Self::SheetUploaded,
        Self::SheetAdopted,
        Self::SheetDiscarded,
        Self::SheetDownloaded,
        Self::RunDownloaded,
        Self::RecordsDownloaded,
    ];

    /// Its word in the log and in addresses.
    pub(crate) fn word(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// One thing that a person did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    version: u64,
    /// The entry's own name, where it was read from the log.
    #[serde(skip)]
    pub(crate) id: Option<RunId>,
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
    let entry =
        Entry { version: 1, id: None, at: now, person: person.clone(), action, target: target.to_owned(), invocation };
    let body = serde_json::to_vec(&entry).map_err(|error| Problem::internal(&error.to_string()))?;
    let body = Bytes::from(body);
    let key = Key::audit_entry(date_of(now), &RunId::new(now, trigger));
    // Two within a millisecond and of one mark cannot be; an entry is never overwritten all the same.
    app.state().put(&key, body, Condition::Absent).await?;
    Ok(())
}

/// Entries of one page of the log.
pub(crate) const ON_PAGE: usize = 15;
/// How many months the log is followed back.
const MONTHS: usize = 14;
/// How many entries are read at once.
const AT_ONCE: usize = 16;

/// The names of entries below a key, oldest first.
async fn names<S: Site>(app: &App<S>, prefix: &Key) -> Result<Vec<Name>, Problem> {
    let names = app.state().list(prefix).await?.into_iter().filter_map(|key| {
        let (name, ending) = key.as_str().rsplit('/').next()?.split_once('.')?;
        let id = RunId::parse(name).filter(|_| ending == "json")?;
        Some(Name { key, id })
    });
    Ok(names.collect())
}

/// The names of one day's entries, oldest first.
pub(crate) async fn names_of_day<S: Site>(app: &App<S>, day: Date) -> Result<Vec<Name>, Problem> {
    names(app, &Key::audit_of(day)).await
}

/// The names of a period's entries, oldest first. Listed month by month.
pub(crate) async fn names_between<S: Site>(app: &App<S>, from: Date, to: Date) -> Result<Vec<Name>, Problem> {
    let mut found = Vec::new();
    let mut month = from.first_of_month();
    while month <= to {
        let of_month = names(app, &Key::audit_of_month(month)).await?;
        found.extend(of_month.into_iter().filter(|name| name.id.date().is_some_and(|day| from <= day && day <= to)));
        month = month.checked_add(1.month()).unwrap_or(Date::MAX);
    }
    Ok(found)
}

/// The newest entries before one, newest first: at most a page of them. Followed back month by month.
pub(crate) async fn page_before<S: Site>(app: &App<S>, before: Option<&RunId>) -> Result<Vec<Entry>, Problem> {
    let mut month = before.and_then(RunId::date).unwrap_or_else(|| date_of(app.now())).first_of_month();
    let mut found: Vec<Name> = Vec::new();
    for _ in 0..MONTHS {
        let mut of_month = names(app, &Key::audit_of_month(month)).await?;
        of_month.retain(|name| before.is_none_or(|before| name.id < *before));
        of_month.reverse();
        found.extend(of_month);
        if found.len() >= ON_PAGE {
            break;
        }
        let Ok(earlier) = month.checked_sub(1.month()) else { break };
        month = earlier;
    }
    found.truncate(ON_PAGE);
    read(app, &found).await
}

/// The login of the person who put a sheet in force last, as far as the newest page of the log tells.
pub(crate) async fn last_sheet_change<S: Site>(app: &App<S>) -> Result<Option<String>, Problem> {
    let entries = page_before(app, None).await?;
    let change = entries.into_iter().find(|entry| entry.action == Action::SheetAdopted);
    Ok(change.map(|entry| entry.person.id))
}

/// The person who started a run, by the mark that the run's name and the entry's name end in.
pub(crate) async fn starter_of<S: Site>(app: &App<S>, run: &RunId) -> Result<Option<String>, Problem> {
    Ok(start_of(app, run).await?.map(|entry| entry.person.name))
}

/// The entry of a run's start.
pub(crate) async fn start_of<S: Site>(app: &App<S>, run: &RunId) -> Result<Option<Entry>, Problem> {
    let Some(day) = run.date() else { return Ok(None) };
    let mut names = names_of_day(app, day).await?;
    // Shortly after midnight, the start may have been accepted on the day before.
    let is_early = run.started().is_some_and(|time| date_of(time - SignedDuration::from_hours(1)) != day);
    if let (true, Ok(before)) = (is_early, day.yesterday()) {
        names.extend(names_of_day(app, before).await?);
    }
    let own: Vec<Name> = names.into_iter().filter(|name| name.id.trigger_hash() == run.trigger_hash()).collect();
    let entries = read(app, own.get(..1).unwrap_or_default()).await?;
    Ok(entries.into_iter().next())
}

/// An entry's place and name.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    key: Key,
    pub(crate) id: RunId,
}

/// Reads entries; what cannot be read is left out.
pub(crate) async fn read<S: Site>(app: &App<S>, names: &[Name]) -> Result<Vec<Entry>, Problem> {
    let reading = names.iter().cloned().map(|name| async move { app.state().get(&name.key).await });
    let found: Vec<_> = futures::stream::iter(reading).buffered(AT_ONCE).collect().await;
    let mut entries = Vec::new();
    for (name, found) in names.iter().zip(found) {
        if let Some(entry) = found?.and_then(|found| serde_json::from_slice::<Entry>(&found.body).ok()) {
            entries.push(Entry { id: Some(name.id.clone()), ..entry });
        }
    }
    Ok(entries)
}
