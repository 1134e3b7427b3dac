//! The mapping sheet in the tenant's state: the one in force, drafts, and those that were in force before.
//!
//! What was in force is kept below `mapping-history/` before it is replaced: both homes have it, while versions of a
//! bucket are for the operator. A sheet is replaced under the lock that runs hold, so that no run meets two sheets or none.

use bytes::Bytes;
use link::config::{Mapping, SheetFormat, SheetOrigin, read_sheet};
use link::fault::Faults;
use link::state::keys::Key;
use link::state::ports::{Condition, StateErrorKind, StateStore, Version};
use link::state::{Lease, RunId, Trigger};

use crate::app::App;
use crate::problem::Problem;
use crate::random::random_name;
use crate::site::Site;

/// A sheet as it lies in the state.
pub(crate) struct StoredSheet {
    pub(crate) format: SheetFormat,
    pub(crate) content: Bytes,
    pub(crate) version: Version,
    pub(crate) mapping: Result<Mapping, Faults>,
    /// Which of the workbook's sheets it is, and what of it a person does not see.
    pub(crate) origin: Option<SheetOrigin>,
}

/// The format that a file has by its content: every workbook is a ZIP archive.
pub(crate) fn format_of(content: &[u8]) -> SheetFormat {
    if content.starts_with(b"PK\x03\x04") { SheetFormat::Xlsx } else { SheetFormat::Csv }
}

pub(crate) fn ending(format: SheetFormat) -> &'static str {
    match format {
        SheetFormat::Xlsx => "xlsx",
        SheetFormat::Csv => "csv",
    }
}

const FORMATS: [SheetFormat; 2] = [SheetFormat::Xlsx, SheetFormat::Csv];

fn key_in_force(format: SheetFormat) -> Key {
    match format {
        SheetFormat::Xlsx => Key::mapping_xlsx(),
        SheetFormat::Csv => Key::mapping_csv(),
    }
}

async fn read<S: Site>(app: &App<S>, key: &Key, format: SheetFormat) -> Result<Option<StoredSheet>, Problem> {
    let found = app.state().get(key).await?;
    Ok(found.map(|found| {
        let (mapping, origin) = match read_sheet(format, &found.body) {
            Ok((mapping, origin)) => (Ok(mapping), Some(origin)),
            Err(faults) => (Err(faults), None),
        };
        StoredSheet { mapping, origin, format, content: found.body, version: found.version }
    }))
}

/// The sheets that lie where the one in force belongs: one, none, or by mistake two.
async fn all_in_force<S: Site>(app: &App<S>) -> Result<Vec<StoredSheet>, Problem> {
    let mut found = Vec::new();
    for format in FORMATS {
        found.extend(read(app, &key_in_force(format), format).await?);
    }
    Ok(found)
}

/// The sheet in force.
pub(crate) async fn in_force<S: Site>(app: &App<S>) -> Result<Option<StoredSheet>, Problem> {
    Ok(all_in_force(app).await?.into_iter().next())
}

/// What the sheets in force are called together: changes when any of them does.
pub(crate) async fn version_tag<S: Site>(app: &App<S>) -> Result<String, Problem> {
    let found = all_in_force(app).await?;
    Ok(found.iter().map(|sheet| format!("{}:{}", ending(sheet.format), sheet.version.0)).collect::<Vec<_>>().join(" "))
}

fn new_name<S: Site>(app: &App<S>) -> Result<RunId, Problem> {
    let unique = random_name().map_err(|error| Problem::internal(&error.to_string()))?;
    Ok(RunId::new(app.now(), &Trigger::Invocation(unique)))
}

/// Keeps a sheet that is not in force, and gives its name.
pub(crate) async fn keep_draft<S: Site>(app: &App<S>, format: SheetFormat, content: Bytes) -> Result<RunId, Problem> {
    let name = new_name(app)?;
    app.state().put(&Key::draft(&name, ending(format)), content, Condition::Absent).await?;
    Ok(name)
}

/// A draft.
pub(crate) async fn draft<S: Site>(app: &App<S>, name: &RunId) -> Result<Option<StoredSheet>, Problem> {
    for format in FORMATS {
        if let Some(found) = read(app, &Key::draft(name, ending(format)), format).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Takes a draft away.
pub(crate) async fn discard<S: Site>(app: &App<S>, name: &RunId) -> Result<(), Problem> {
    for format in FORMATS {
        app.state().delete(&Key::draft(name, ending(format))).await?;
    }
    Ok(())
}

/// A sheet that was in force until the moment in its name.
#[derive(Clone, Debug)]
pub(crate) struct EarlierSheet {
    pub(crate) name: RunId,
    pub(crate) format: SheetFormat,
}

/// The sheets that were uploaded and are not in force, newest first.
pub(crate) async fn drafts<S: Site>(app: &App<S>) -> Result<Vec<EarlierSheet>, Problem> {
    listed(app, &Key::drafts()).await
}

/// The sheets that were in force before, newest first.
pub(crate) async fn history<S: Site>(app: &App<S>) -> Result<Vec<EarlierSheet>, Problem> {
    listed(app, &Key::sheet_history()).await
}

async fn listed<S: Site>(app: &App<S>, folder: &Key) -> Result<Vec<EarlierSheet>, Problem> {
    let keys = app.state().list(folder).await?;
    let mut found: Vec<EarlierSheet> = keys
        .iter()
        .filter_map(|key| {
            let (name, end) = key.as_str().rsplit('/').next()?.split_once('.')?;
            let format = FORMATS.into_iter().find(|format| ending(*format) == end)?;
            Some(EarlierSheet { name: RunId::parse(name)?, format })
        })
        .collect();
    found.reverse();
    Ok(found)
}

/// One of them.
pub(crate) async fn earlier<S: Site>(app: &App<S>, name: &RunId) -> Result<Option<StoredSheet>, Problem> {
    for format in FORMATS {
        if let Some(found) = read(app, &Key::earlier_sheet(name, ending(format)), format).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Puts a draft in force. `seen` is the [`version_tag`] that the person decided on; another one by now is refused.
pub(crate) async fn adopt<S: Site>(app: &App<S>, name: &RunId, seen: &str) -> Result<(), Problem> {
    let new = draft(app, name).await?.ok_or_else(Problem::not_found)?;
    if new.mapping.is_err() {
        return Err(Problem::bad_request("この連携設定シートには誤りがあるため、適用できません。"));
    }
    let holder = new_name(app)?;
    let lease = Lease::acquire(app.site.home(), holder.as_str()).await?.ok_or_else(Problem::busy)?;
    let done = replace(app, &new, seen, &holder).await;
    lease.release().await;
    done?;
    discard(app, name).await
}

async fn replace<S: Site>(app: &App<S>, new: &StoredSheet, seen: &str, moment: &RunId) -> Result<(), Problem> {
    if version_tag(app).await? != seen {
        return Err(Problem::overtaken());
    }
    let old = all_in_force(app).await?;
    for sheet in &old {
        let key = Key::earlier_sheet(moment, ending(sheet.format));
        app.state().put(&key, sheet.content.clone(), Condition::Absent).await?;
    }
    let same = old.iter().find(|sheet| sheet.format == new.format);
    let condition = same.map_or(Condition::Absent, |sheet| Condition::Unchanged(sheet.version.clone()));
    match app.state().put(&key_in_force(new.format), new.content.clone(), condition).await {
        Ok(_) => {}
        Err(error) if error.kind == StateErrorKind::Conflict => return Err(Problem::overtaken()),
        Err(error) => return Err(error.into()),
    }
    for sheet in old.iter().filter(|sheet| sheet.format != new.format) {
        app.state().delete(&key_in_force(sheet.format)).await?;
    }
    Ok(())
}
