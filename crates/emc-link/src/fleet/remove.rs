//! The end of a tenant: its stack goes; its bucket and its secret stay until the day that was agreed on.

use std::time::Duration;

use clap::Args;
use jiff::civil::Date;
use toml_edit::value;

use super::operator::{Operator, table};
use super::register::{self, Tenant};
use super::{Fleet, change};
use crate::exit::{Exit, Failed};
use crate::screen;

/// やめるテナント。
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// テナントID
    #[arg(value_name = "ID")]
    id: String,
    /// 残したバケットとシークレットを保管する期限(YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    keep_until: Date,
}

pub(crate) async fn perform(fleet: &Fleet, options: &Options) -> Result<Exit, Failed> {
    let tenant = fleet.register.tenant(&options.id)?;
    if tenant.state == register::Switch::On {
        return Err(Failed::new(format!(
            "テナント {} は日次実行中です。先に emc-link fleet pause {} で止めてください。",
            options.id, options.id
        )));
    }
    let account = fleet.register.account(tenant)?;
    fleet.asks(&format!(
        "テナント {}({})のスタック {} を削除します。バケットとシークレットは残り、{} まで保管します。",
        tenant.name,
        tenant.company,
        tenant.stack(),
        options.keep_until
    ))?;
    let operator = fleet.operator(&[account]).await?;
    let done = end(fleet, &operator, tenant, options).await;
    operator.end().await;
    done
}

async fn end(fleet: &Fleet, operator: &Operator, tenant: &Tenant, options: &Options) -> Result<Exit, Failed> {
    let account = fleet.register.account(tenant)?;
    let cloud = operator.cloud(account)?;
    let name = tenant.stack();
    let failed = |told: String| Failed::new(format!("スタック {name} を削除できません({told})。CloudFormationのイベントと権限を確認してください。"));
    if let Some(stack) = change::stack(cloud, &name).await? {
        let own = stack.parameters().iter().any(|parameter| {
            parameter.parameter_key() == Some("TenantId") && parameter.parameter_value() == Some(tenant.name.as_str())
        });
        if !own {
            return Err(failed(format!("テナント {} のものではありません", tenant.name)));
        }
        let stacks = cloud.stacks();
        let open = stacks.update_termination_protection().stack_name(&name).enable_termination_protection(false).send().await;
        open.map_err(|error| failed(link_aws::told(&error)))?;
        stacks.delete_stack().stack_name(&name).send().await.map_err(|error| failed(link_aws::told(&error)))?;
        for _ in 0..360 {
            let left = change::stack(cloud, &name).await?.and_then(|stack| stack.stack_status);
            match left {
                None => break,
                Some(status) if status.as_str() == "DELETE_COMPLETE" => break,
                Some(status) if status.as_str() == "DELETE_FAILED" => return Err(failed(status.as_str().to_owned())),
                Some(_) => tokio::time::sleep(Duration::from_secs(5)).await,
            }
        }
    }
    register::edit(&fleet.file, &tenant.name, |entry| {
        entry["state"] = value("removed");
        entry["keep_until"] = value(options.keep_until.to_string());
    })?;
    operator.table(account)?.forget(&tenant.name).await.map_err(|error| table(&error))?;
    screen::aside(&format!("✓ 削除しました。残っているもの: s3://emc-link-{}-{}、シークレット emc-link/{}", tenant.name, account.id, tenant.name));
    Ok(Exit::Done)
}
