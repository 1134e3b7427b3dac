//! A release to its tenants: wave by wave, so many at a time, each checked before and after, and ended by the first wave that
//! is worse than it was.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use futures::StreamExt;
use link::report::Outcome;
use serde_json::json;

use super::change::{self, Made, Wanted};
use super::course::Course;
use super::operator::{Operator, table};
use super::register::{Account, Register, Tenant};
use super::release::Release;
use super::{Fleet, Which};
use crate::cloud::Cloud;
use crate::exit::{Exit, Failed};
use crate::screen;
use crate::stack::Stack;

/// 配置するもの。
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// 配置するリリース
    #[arg(long, value_name = "VERSION")]
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) which: Which,
    /// 同時に配置するテナント数
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) parallel: usize,
}

/// How one tenant came out.
#[derive(Clone, Debug)]
struct Came {
    tenant: String,
    made: Result<Made, String>,
    before: Option<bool>,
    after: Option<bool>,
}

impl Came {
    /// Not deployed, or not well where it was well (or new).
    fn is_worse(&self) -> bool {
        self.made.is_err() || (self.after == Some(false) && self.before != Some(false))
    }
}

pub(crate) async fn perform(fleet: &Fleet, options: &Options) -> Result<Exit, Failed> {
    let waves = fleet.register.chosen(&options.which)?;
    let accounts = accounts(&fleet.register, &waves)?;
    let plan: Vec<String> =
        waves.iter().map(|(wave, tenants)| format!("  {wave}: {}テナント", tenants.len())).collect();
    fleet.asks(&format!("リリース {} を配置します。\n{}", options.release, plan.join("\n")))?;
    let operator = fleet.operator(&accounts).await?;
    let done = all(fleet, options, &waves, &accounts, &operator).await;
    operator.end().await;
    done
}

/// The accounts of these tenants.
pub(crate) fn accounts<'a>(
    register: &'a Register,
    waves: &[(String, Vec<&Tenant>)],
) -> Result<Vec<&'a Account>, Failed> {
    let mut accounts: Vec<&Account> = Vec::new();
    for tenant in waves.iter().flat_map(|(_, tenants)| tenants) {
        let account = register.account(tenant)?;
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    Ok(accounts)
}

async fn all(
    fleet: &Fleet,
    options: &Options,
    waves: &[(String, Vec<&Tenant>)],
    accounts: &[&Account],
    operator: &Operator,
) -> Result<Exit, Failed> {
    let mut releases = BTreeMap::new();
    for account in accounts {
        let release = Release::load(operator.cloud(account)?, account, &options.release).await?;
        releases.insert(account.id.clone(), release);
    }
    let mut told = Vec::new();
    let mut worse = Vec::new();
    for (wave, tenants) in waves {
        let course = Course::of(wave, tenants.len());
        let stop = AtomicBool::new(false);
        let work = tenants.iter().map(|tenant| one(fleet, operator, &releases, tenant, (&stop, &course)));
        let came: Vec<Came> = futures::stream::iter(work)
            .buffer_unordered(options.parallel.max(1))
            .filter_map(std::future::ready)
            .collect()
            .await;
        worse.extend(came.iter().filter(|came| came.is_worse()).map(|came| came.tenant.clone()));
        told.extend(came);
        if !worse.is_empty() {
            break;
        }
    }
    if fleet.as_json {
        screen::json(&json!(told.iter().map(as_json).collect::<Vec<_>>()))?;
    }
    if worse.is_empty() {
        screen::aside(&format!("✓ {}テナントに配置しました。", told.len()));
        return Ok(Exit::Done);
    }
    worse.sort();
    screen::aside(&format!("✗ 配置前より悪くなったため、ここで止めました: {}", worse.join("、")));
    screen::aside("→ 前のリリースに戻すには: emc-link fleet rollback --to VERSION");
    Ok(Exit::Wrong)
}

fn as_json(came: &Came) -> serde_json::Value {
    let (made, error) = match &came.made {
        Ok(Made::Created) => ("created", None),
        Ok(Made::Updated) => ("updated", None),
        Ok(Made::Unchanged) => ("unchanged", None),
        Err(error) => ("failed", Some(error)),
    };
    json!({"tenant": came.tenant, "made": made, "error": error, "well_before": came.before, "well_after": came.after})
}

/// One tenant; `None` where another has been found worse meanwhile and this one was not begun.
async fn one(
    fleet: &Fleet,
    operator: &Operator,
    releases: &BTreeMap<String, Release>,
    tenant: &Tenant,
    (stop, course): (&AtomicBool, &Course),
) -> Option<Came> {
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    let mut came = Came { tenant: tenant.name.clone(), made: Ok(Made::Unchanged), before: None, after: None };
    if let Err(failed) = deploy(fleet, operator, releases, tenant, &mut came).await {
        came.made = Err(failed.message);
    }
    let mark = if came.is_worse() { "✗" } else { "✓" };
    let what = match &came.made {
        Ok(Made::Created) => "作成",
        Ok(Made::Updated) => "更新",
        Ok(Made::Unchanged) => "変更なし",
        Err(error) => error.as_str(),
    };
    let check = match came.after {
        Some(true) => "点検 ✓",
        Some(false) => "点検 ✗",
        None => "点検なし",
    };
    course.done(&format!("{mark} {}  {what}  {check}", tenant.name));
    if came.is_worse() {
        stop.store(true, Ordering::Relaxed);
    }
    Some(came)
}

async fn deploy(
    fleet: &Fleet,
    operator: &Operator,
    releases: &BTreeMap<String, Release>,
    tenant: &Tenant,
    came: &mut Came,
) -> Result<(), Failed> {
    let account = fleet.register.account(tenant)?;
    let cloud = operator.cloud(account)?;
    let release = releases
        .get(&account.id)
        .ok_or_else(|| Failed::new(format!("アカウント {} にリリースがありません。登録してください。", account.id)))?;
    operator.goes_on().await?;
    let before = change::stack(cloud, &tenant.stack()).await?;
    let is_new = before.is_none();
    let has = before.as_ref().and_then(|stack| {
        let tag = stack.tags().iter().find(|tag| tag.key() == Some("Version"))?;
        Some(tag.value()? == release.manifest.version)
    });
    // Begun again after a break, a tenant that has the release already was checked then.
    if !is_new && has != Some(true) {
        came.before = Some(is_well(cloud, tenant).await);
    }
    came.made = Ok(to_release(fleet, cloud, tenant, release).await?);
    describe(operator, account, tenant, &release.manifest.version).await?;
    // A new tenant has no tokens yet, and nothing that a check could be right about.
    if !is_new {
        came.after = Some(is_well(cloud, tenant).await);
    }
    Ok(())
}

/// The tenant's stack, as the list and the release say.
pub(crate) async fn to_release(
    fleet: &Fleet,
    cloud: &Cloud,
    tenant: &Tenant,
    release: &Release,
) -> Result<Made, Failed> {
    let mut parameters = fleet.register.parameters(tenant, super::today());
    // An older release may not know what the list speaks of.
    parameters.retain(|name, _| release.manifest.parameters.contains(name));
    let wanted = Wanted {
        tenant: &tenant.name,
        stack: &tenant.stack(),
        template: Some(&release.template_url),
        parameters: &parameters,
        tags: &tags(tenant, &release.manifest.version),
    };
    change::apply(cloud, &wanted).await
}

pub(crate) async fn describe(
    operator: &Operator,
    account: &Account,
    tenant: &Tenant,
    version: &str,
) -> Result<(), Failed> {
    let noted = operator.table(account)?.describe(&tenant.name, &tenant.company, &tenant.wave, version).await;
    noted.map_err(|error| table(&error))
}

pub(crate) fn tags(tenant: &Tenant, version: &str) -> BTreeMap<String, String> {
    // AWS takes letters of all scripts in a tag, and of other characters these.
    let fits = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    let company = tenant.company.chars().map(|c| if fits(c) { c } else { '_' }).take(256).collect();
    BTreeMap::from([
        ("Application".to_owned(), "emc-link".to_owned()),
        ("Tenant".to_owned(), tenant.name.clone()),
        ("Company".to_owned(), company),
        ("Version".to_owned(), version.to_owned()),
    ])
}

/// Whether the tenant's own check finds nothing. A function that cannot even answer is not well.
pub(crate) async fn is_well(cloud: &Cloud, tenant: &Tenant) -> bool {
    let Ok(id) = tenant.id() else { return false };
    let stack = Stack {
        tenant: id,
        function: format!("emc-link-{}-sync", tenant.name),
        bucket: String::new(),
        way: crate::cloud::Way::default(),
    };
    match stack.ask(cloud, &json!({ "mode": "check" })).await {
        Ok(answer) => answer.outcome == Outcome::Checked && answer.errors.is_empty(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_is_what_was_well_or_new_and_is_not() {
        let came =
            |made: Result<Made, String>, before, after| Came { tenant: "a".into(), made, before, after }.is_worse();
        assert!(came(Ok(Made::Updated), Some(true), Some(false)));
        assert!(came(Err("no".into()), Some(true), None));
        assert!(!came(Ok(Made::Updated), Some(false), Some(false)), "it was so before");
        assert!(!came(Ok(Made::Updated), Some(true), Some(true)));
        assert!(!came(Ok(Made::Created), None, None));
    }
}
