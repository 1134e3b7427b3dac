//! What an account has of a tenant beside its objects and tokens: schedules, stack, the row in the fleet's table. An
//! erasure asks AWS for each of them, before and after.

use std::error::Error;

use aws_sdk_scheduler::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_scheduler::types::ScheduleState;
use link::state::TenantId;
use tenant_data::Holding;

use crate::cloud::Cloud;
use crate::exit::Failed;
use crate::stack::outputs;

/// The tenant's schedules by the ends of their names. The pages make `change`, the stack the others.
const SCHEDULES: [&str; 4] = ["daily", "keep-alive", "change", "missing-run"];

/// Of one tenant, in one account.
pub(crate) struct Surroundings<'c> {
    pub(crate) cloud: &'c Cloud,
    pub(crate) tenant: &'c TenantId,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    schedules: u64,
    stacks: u64,
    rows: u64,
}

impl Surroundings<'_> {
    /// Refuses while Scheduler still starts daily runs: one would write anew what was just erased.
    pub(crate) async fn refuse_while_scheduled(&self) -> Result<(), Failed> {
        if self.schedule(&self.schedule_name("daily")).await? == Some(ScheduleState::Enabled) {
            let tenant = self.tenant;
            return Err(Failed::new(format!(
                "日次実行のスケジュール emc-link-{tenant}-daily が有効のため、何も消去していません。emc-link fleet pause {tenant} で止めて\
                 (fleetを使わない場合は ScheduleState=DISABLED で配置して)から、もう一度実行してください。"
            )));
        }
        Ok(())
    }

    /// Counts what is there.
    pub(crate) async fn count(&self) -> Result<Counts, Failed> {
        let mut counts = Counts::default();
        for name in self.schedule_names() {
            counts.schedules += u64::from(self.schedule(&name).await?.is_some());
        }
        counts.stacks = u64::from(outputs(self.cloud, &format!("emc-link-{}", self.tenant)).await?.is_some());
        counts.rows = u64::from(self.has_row().await?);
        Ok(counts)
    }

    /// Takes away what is the tenant's own. The stack is not: its functions, roles and log groups go by `fleet remove`.
    pub(crate) async fn erase(&self) -> Result<(), Failed> {
        for name in self.schedule_names() {
            done("scheduler:DeleteSchedule", self.cloud.schedules().delete_schedule().name(&name).send().await)?;
        }
        if self.has_row().await? {
            let gone = self.cloud.table().forget(self.tenant.as_str()).await;
            gone.map_err(|error| failed("dynamodb:DeleteItem", &error.to_string()))?;
        }
        Ok(())
    }

    /// Counts of before and after, as a proof tells them.
    pub(crate) fn holdings(&self, found: Counts, left: Counts) -> [Holding; 3] {
        let tenant = self.tenant;
        let holding = |kind, place: String, found, left| Holding { kind, place, found, left };
        [
            holding("schedules", format!("emc-link-{tenant}-*"), found.schedules, left.schedules),
            holding("fleet table entry", format!("{}/{tenant}", watch::TABLE), found.rows, left.rows),
            holding("stack", format!("emc-link-{tenant}"), found.stacks, left.stacks),
        ]
    }

    fn schedule_name(&self, end: &str) -> String {
        format!("emc-link-{}-{end}", self.tenant)
    }

    fn schedule_names(&self) -> [String; 4] {
        SCHEDULES.map(|end| self.schedule_name(end))
    }

    async fn schedule(&self, name: &str) -> Result<Option<ScheduleState>, Failed> {
        let found = there("scheduler:GetSchedule", self.cloud.schedules().get_schedule().name(name).send().await)?;
        // One without a state is on.
        Ok(found.map(|schedule| schedule.state.unwrap_or(ScheduleState::Enabled)))
    }

    /// An account without a fleet has no table.
    async fn has_row(&self) -> Result<bool, Failed> {
        match self.cloud.table().has(self.tenant.as_str()).await {
            Ok(has) => Ok(has),
            Err(error) if is_missing(&error.to_string()) => Ok(false),
            Err(error) => Err(failed("dynamodb:GetItem", &error.to_string())),
        }
    }
}

/// What AWS answered; `None` where there is no such thing.
fn there<T, E>(right: &str, answered: Result<T, SdkError<E>>) -> Result<Option<T>, Failed>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match answered {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code().is_some_and(is_missing) => Ok(None),
        Err(error) => Err(failed(right, &link_aws::told(&error))),
    }
}

fn done<T, E>(right: &str, answered: Result<T, SdkError<E>>) -> Result<(), Failed>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    there(right, answered).map(drop)
}

fn is_missing(told: &str) -> bool {
    told.contains("ResourceNotFoundException")
}

fn failed(right: &str, told: &str) -> Failed {
    Failed::new(format!(
        "AWSに確認できません({told})。認証情報の期限と権限({right})を確認し、もう一度実行してください。"
    ))
}
