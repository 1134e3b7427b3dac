//! One thing changed for many: written into the list first, because the list is what the next deployment makes true.

use std::collections::BTreeMap;

use toml_edit::{InlineTable, Item, Value, value};

use super::change::{self, Wanted};
use super::deploy::accounts;
use super::operator::Operator;
use super::register::{self, Register, Tenant};
use super::{Fleet, Which};
use crate::exit::{Exit, Failed};
use crate::screen;

/// What belongs to a tenant's entry itself and is no parameter to be typed.
const OWN: [&str; 9] = [
    "TenantId", "MailFrom", "OpsMail", "ScheduleState", "DailyHour", "DailyMinute", "FirstDay", "WatchedBy", "AlarmTopicArn",
];

pub(crate) async fn perform(fleet: &Fleet, change: &str, which: &Which) -> Result<Exit, Failed> {
    let (key, text) = change
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| Failed::new("変えるものは KEY=VALUE の形で指定してください。"))?;
    if OWN.contains(&key) {
        return Err(Failed::new(format!("{key} は、テナントの一覧の項目、または pause・resume で変えてください。")));
    }
    let (key, text) = (key.to_owned(), text.to_owned());
    work(fleet, which, &format!("{key} を {text} に変えます"), |entry| {
        let parameters = entry.entry("parameters").or_insert(Item::Value(Value::InlineTable(InlineTable::new())));
        parameters[&key] = value(&text);
    })
    .await
}

/// Switches the daily run.
pub(crate) async fn switch(fleet: &Fleet, state: &str, which: &Which) -> Result<Exit, Failed> {
    let what = if state == "on" { "日次実行を始めます" } else { "日次実行を止めます" };
    work(fleet, which, what, |entry| entry["state"] = value(state)).await
}

async fn work(fleet: &Fleet, which: &Which, what: &str, edit: impl Fn(&mut toml_edit::Table)) -> Result<Exit, Failed> {
    let waves = fleet.register.chosen(which)?;
    let names: Vec<&str> = waves.iter().flat_map(|(_, tenants)| tenants).map(|tenant| tenant.name.as_str()).collect();
    fleet.asks(&format!("{what}({}テナント): {}", names.len(), shown(&names)))?;
    let accounts = accounts(&fleet.register, &waves)?;
    let operator = fleet.operator(&accounts).await?;
    let done = each(fleet, &operator, &names, &edit).await;
    operator.end().await;
    done
}

fn shown(names: &[&str]) -> String {
    let rest = names.len().saturating_sub(10);
    let first = names.iter().take(10).copied().collect::<Vec<_>>().join("、");
    if rest > 0 { format!("{first} ほか{rest}") } else { first }
}

async fn each(fleet: &Fleet, operator: &Operator, names: &[&str], edit: &impl Fn(&mut toml_edit::Table)) -> Result<Exit, Failed> {
    let mut failed = 0;
    for name in names {
        operator.goes_on().await?;
        register::edit(&fleet.file, name, edit)?;
        // Read anew: what was written is what is made true.
        let register = Register::read(&fleet.file)?;
        match one(fleet, operator, &register, register.tenant(name)?).await {
            Ok(()) => screen::aside(&format!("✓ {name}")),
            Err(error) => {
                failed += 1;
                screen::aside(&format!("✗ {name}  {}", error.message));
            }
        }
    }
    if failed == 0 {
        return Ok(Exit::Done);
    }
    screen::aside(&format!("✗ {failed}テナントを変更できませんでした。一覧には書き込み済みです。原因を除いて、同じコマンドをもう一度実行してください。"));
    Ok(Exit::Wrong)
}

async fn one(fleet: &Fleet, operator: &Operator, register: &Register, tenant: &Tenant) -> Result<(), Failed> {
    let cloud = operator.cloud(fleet.register.account(tenant)?)?;
    let Some(stack) = change::stack(cloud, &tenant.stack()).await? else {
        return Err(Failed::new(format!("スタック {} がありません。先に emc-link fleet deploy で配置してください。", tenant.stack())));
    };
    let mut parameters = register.parameters(tenant, super::today());
    let known: Vec<&str> = stack.parameters().iter().filter_map(|parameter| parameter.parameter_key()).collect();
    if let Some(unknown) = tenant.parameters.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Failed::new(format!("スタック {} にパラメーター {unknown} がありません。名前を確認してください。", tenant.stack())));
    }
    parameters.retain(|name, _| known.contains(&name.as_str()));
    let tags: BTreeMap<String, String> =
        stack.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect();
    let wanted = Wanted { tenant: &tenant.name, stack: &tenant.stack(), template: None, parameters: &parameters, tags: &tags };
    change::apply(cloud, &wanted).await.map(drop)
}
