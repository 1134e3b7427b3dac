//! What the recorded runs did with one person: read from the plans and error lists that lie beside the reports.

use futures::{StreamExt, TryStreamExt, stream};

use super::tenant::state_fault;
use crate::fault::Faults;
use crate::report::HistoryEntry;
use crate::state::RunId;
use crate::state::keys::Key;
use crate::state::ports::{Platform, StateError, StateStore};
use crate::text::decode_text;
use crate::time::rfc3339;

/// The number of records that are read at the same time: a Lambda function may hold 1,024 files open.
const AT_ONCE: usize = 16;
/// The number of entries that are told, the newest.
const ENTRIES: usize = 100;

/// The entries of a person, oldest first, by user ID and by SmartHR's id.
pub(super) async fn history<H: Platform>(
    platform: &H,
    id: Option<&str>,
    crew: Option<&str>,
) -> Result<Vec<HistoryEntry>, Faults> {
    let fault = |error: StateError| Faults::from(state_fault(&error));
    let keys = platform.state().list(&Key::runs()).await.map_err(fault)?;
    let lists = keys.into_iter().filter(|key| {
        let name = key.as_str();
        name.ends_with("/plan.csv") || name.ends_with("/errors.csv")
    });
    let mut entries: Vec<HistoryEntry> = stream::iter(lists)
        .map(|key| async move {
            let found = platform.state().get(&key).await?;
            Ok::<_, StateError>(found.map(|found| read(&key, &found.body, id, crew)).unwrap_or_default())
        })
        .buffer_unordered(AT_ONCE)
        .try_fold(Vec::new(), |mut all, found| async move {
            all.extend(found);
            Ok(all)
        })
        .await
        .map_err(fault)?;
    entries.sort_by(|one, other| one.run_id.cmp(&other.run_id).then_with(|| one.what.cmp(&other.what)));
    let first = entries.len().saturating_sub(ENTRIES);
    Ok(entries.split_off(first))
}

/// The person's lines of one list.
fn read(key: &Key, file: &[u8], id: Option<&str>, crew: Option<&str>) -> Vec<HistoryEntry> {
    let Some(run_id) = key.as_str().rsplit('/').nth(1).and_then(RunId::parse) else { return Vec::new() };
    // Most lists do not name the person: a look at the bytes is enough for them.
    let mentions = |text: Option<&str>| {
        text.is_some_and(|text| !text.is_empty() && memchr::memmem::find(file, text.as_bytes()).is_some())
    };
    if !mentions(id) && !mentions(crew) {
        return Vec::new();
    }
    let Some(text) = decode_text(file) else { return Vec::new() };
    let at = run_id.started().map(rfc3339).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new().has_headers(true).flexible(true).from_reader(text.as_bytes());
    let Ok(header) = reader.headers().cloned() else { return Vec::new() };
    let column = |name: &str| header.iter().position(|label| label == name);
    let (ids, crews) = (column("ID"), column("SmartHRのID"));
    let (what, reason) = (column("処理").or(column("コード")), column("理由").or(column("メッセージ")));
    let cell = |record: &csv::StringRecord, at: Option<usize>| at.and_then(|at| record.get(at)).map(str::to_owned);
    let is_plan = key.as_str().ends_with("/plan.csv");
    let lines = reader.records().filter_map(Result::ok).filter(|record| {
        let is = |at: Option<usize>, wanted: Option<&str>| {
            wanted.is_some_and(|wanted| !wanted.is_empty() && cell(record, at).as_deref() == Some(wanted))
        };
        is(ids, id) || is(crews, crew)
    });
    lines
        .map(|record| {
            let named = cell(&record, what).unwrap_or_default();
            let what = match named.as_str() {
                _ if is_plan => named,
                "ID_CHANGED" => "ID変更".to_owned(),
                _ if cell(&record, column("区分")).as_deref() == Some("警告") => "注意".to_owned(),
                _ => "エラー".to_owned(),
            };
            HistoryEntry {
                run_id: run_id.as_str().to_owned(),
                at: at.clone(),
                what,
                reason: cell(&record, reason).unwrap_or_default(),
            }
        })
        .collect()
}
