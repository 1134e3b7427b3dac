//! One tenant's change set: made, judged, carried out, and waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::types::{
    Capability, Change, ChangeAction, ChangeSetStatus, ChangeSetType, Parameter, Replacement, Stack, StackStatus, Tag,
};

use crate::cloud::Cloud;
use crate::exit::Failed;

/// What holds a tenant's data, tokens and time. Nothing here may go, or be made anew.
pub(crate) const KEPT: [&str; 6] =
    ["SyncFunction", "ConnectFunction", "StateBucket", "TenantSecret", "DailySchedule", "StateBucketNeedsTls"];
/// Nor may anybody do so past these commands.
const POLICY: &str = include_str!("../../../../fleet/stack-policy.json");
const LONGEST: Duration = Duration::from_mins(30);

/// What a stack is to become.
pub(crate) struct Wanted<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) stack: &'a str,
    /// The template's address; `None` keeps the stack's own.
    pub(crate) template: Option<&'a str>,
    pub(crate) parameters: &'a BTreeMap<String, String>,
    pub(crate) tags: &'a BTreeMap<String, String>,
}

/// Whether anything changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    Created,
    Updated,
    Unchanged,
}

/// The stack as it is; `None` where there is none, or only the shell that a change set of creation left.
pub(crate) async fn stack(cloud: &Cloud, name: &str) -> Result<Option<Stack>, Failed> {
    match cloud.stacks().describe_stacks().stack_name(name).send().await {
        Ok(found) => Ok(found.stacks.unwrap_or_default().into_iter().find(|stack| stack.stack_status != Some(StackStatus::ReviewInProgress))),
        Err(error) if link_aws::told(&error).contains("does not exist") => Ok(None),
        Err(error) => Err(failed(name, &link_aws::told(&error))),
    }
}

fn failed(stack: &str, told: &str) -> Failed {
    Failed::new(format!("スタック {stack} を変更できません({told})。CloudFormationのイベントと権限を確認してください。"))
}

/// Makes the stack what it is wanted to be.
pub(crate) async fn apply(cloud: &Cloud, wanted: &Wanted<'_>) -> Result<Made, Failed> {
    let before = stack(cloud, wanted.stack).await?;
    if let Some(stack) = &before {
        belongs(stack, wanted)?;
    }
    let name = format!("emc-link-{}", jiff::Timestamp::now().as_millisecond());
    let (stacks, kind) = (cloud.stacks(), if before.is_some() { ChangeSetType::Update } else { ChangeSetType::Create });
    let mut request = stacks
        .create_change_set()
        .stack_name(wanted.stack)
        .change_set_name(&name)
        .change_set_type(kind.clone())
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .set_parameters(Some(parameters(before.as_ref(), wanted)))
        .set_tags(Some(wanted.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()));
    request = match wanted.template {
        Some(url) => request.template_url(url),
        None => request.use_previous_template(true),
    };
    request.send().await.map_err(|error| failed(wanted.stack, &link_aws::told(&error)))?;
    let Some(changes) = judged(cloud, wanted.stack, &name).await? else {
        discard(cloud, wanted.stack, &name).await;
        protect(cloud, wanted.stack).await?;
        return Ok(Made::Unchanged);
    };
    if let Some(lost) = loses(&changes) {
        discard(cloud, wanted.stack, &name).await;
        return Err(Failed::new(format!(
            "テナント {} のスタック {} では {lost} が削除または作り直しになるため、変更していません。リリースのテンプレートとパラメーターを確認してください。",
            wanted.tenant, wanted.stack
        )));
    }
    let executed = stacks.execute_change_set().stack_name(wanted.stack).change_set_name(&name).send().await;
    executed.map_err(|error| failed(wanted.stack, &link_aws::told(&error)))?;
    settled(cloud, wanted.stack).await?;
    protect(cloud, wanted.stack).await?;
    Ok(if kind == ChangeSetType::Create { Made::Created } else { Made::Updated })
}

/// A stack that names another tenant is not touched.
fn belongs(stack: &Stack, wanted: &Wanted<'_>) -> Result<(), Failed> {
    let own = stack.parameters().iter().find(|parameter| parameter.parameter_key() == Some("TenantId"));
    match own.and_then(Parameter::parameter_value) {
        Some(tenant) if tenant == wanted.tenant => Ok(()),
        other => Err(Failed::new(format!(
            "スタック {} はテナント {} のものではありません(TenantId: {})。変更していません。一覧の stack を確認してください。",
            wanted.stack,
            wanted.tenant,
            other.unwrap_or("なし")
        ))),
    }
}

/// What is wanted, and for what is not spoken of the stack's own values.
fn parameters(before: Option<&Stack>, wanted: &Wanted<'_>) -> Vec<Parameter> {
    let given = wanted.parameters.iter().map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build());
    let kept = before.map(Stack::parameters).unwrap_or_default().iter().filter_map(|parameter| {
        let key = parameter.parameter_key()?;
        let keep = wanted.template.is_none() && !wanted.parameters.contains_key(key);
        keep.then(|| Parameter::builder().parameter_key(key).use_previous_value(true).build())
    });
    given.chain(kept).collect()
}

/// The change set's changes, once CloudFormation knows them; `None` where there are none.
async fn judged(cloud: &Cloud, stack: &str, name: &str) -> Result<Option<Vec<Change>>, Failed> {
    let mut wait = Waiting::new(stack);
    loop {
        let found = cloud.stacks().describe_change_set().stack_name(stack).change_set_name(name).send().await;
        let found = found.map_err(|error| failed(stack, &link_aws::told(&error)))?;
        match found.status() {
            Some(ChangeSetStatus::CreateComplete) => {
                let mut changes = found.changes().to_vec();
                let mut next = found.next_token().map(str::to_owned);
                while let Some(token) = next {
                    let page = cloud.stacks().describe_change_set().stack_name(stack).change_set_name(name).next_token(token);
                    let page = page.send().await.map_err(|error| failed(stack, &link_aws::told(&error)))?;
                    changes.extend(page.changes().to_vec());
                    next = page.next_token().map(str::to_owned);
                }
                return Ok((!changes.is_empty()).then_some(changes));
            }
            Some(ChangeSetStatus::Failed) => {
                let reason = found.status_reason().unwrap_or_default();
                if reason.contains("didn't contain changes") || reason.contains("No updates are to be performed") {
                    return Ok(None);
                }
                return Err(failed(stack, reason));
            }
            _ => wait.a_while().await?,
        }
    }
}

/// The first of what must stay that would not.
fn loses(changes: &[Change]) -> Option<String> {
    changes.iter().filter_map(Change::resource_change).find_map(|change| {
        let name = change.logical_resource_id().unwrap_or_default();
        let replaced = matches!(change.replacement(), Some(Replacement::True | Replacement::Conditional));
        let goes = change.action() == Some(&ChangeAction::Remove) || replaced;
        (goes && KEPT.contains(&name)).then(|| name.to_owned())
    })
}

async fn discard(cloud: &Cloud, stack: &str, name: &str) {
    // What is left of it does nothing.
    let _ = cloud.stacks().delete_change_set().stack_name(stack).change_set_name(name).send().await;
}

async fn settled(cloud: &Cloud, name: &str) -> Result<(), Failed> {
    let mut wait = Waiting::new(name);
    loop {
        let found = stack(cloud, name).await?;
        match found.and_then(|stack| stack.stack_status) {
            Some(StackStatus::CreateComplete | StackStatus::UpdateComplete) => return Ok(()),
            Some(status) if status.as_str().ends_with("_FAILED") || status.as_str().ends_with("ROLLBACK_COMPLETE") => {
                return Err(failed(name, status.as_str()));
            }
            _ => wait.a_while().await?,
        }
    }
}

async fn protect(cloud: &Cloud, name: &str) -> Result<(), Failed> {
    let stacks = cloud.stacks();
    let policy = stacks.set_stack_policy().stack_name(name).stack_policy_body(POLICY).send().await;
    policy.map_err(|error| failed(name, &link_aws::told(&error)))?;
    let kept = stacks.update_termination_protection().stack_name(name).enable_termination_protection(true).send().await;
    kept.map(drop).map_err(|error| failed(name, &link_aws::told(&error)))
}

/// Waits longer each time, and not for ever.
struct Waiting<'a> {
    stack: &'a str,
    pause: Duration,
    waited: Duration,
}

impl<'a> Waiting<'a> {
    fn new(stack: &'a str) -> Self {
        Self { stack, pause: Duration::from_millis(200), waited: Duration::ZERO }
    }

    async fn a_while(&mut self) -> Result<(), Failed> {
        if self.waited > LONGEST {
            return Err(failed(self.stack, "timed out"));
        }
        tokio::time::sleep(self.pause).await;
        self.waited += self.pause;
        self.pause = (self.pause * 2).min(Duration::from_secs(5));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceChange;

    use super::*;

    fn change(name: &str, action: ChangeAction, replacement: Option<Replacement>) -> Change {
        let change = ResourceChange::builder().logical_resource_id(name).action(action).set_replacement(replacement).build();
        Change::builder().resource_change(change).build()
    }

    #[test]
    fn nothing_that_must_stay_is_replaced_or_removed() {
        for name in KEPT {
            for (action, replacement) in [
                (ChangeAction::Remove, None),
                (ChangeAction::Modify, Some(Replacement::True)),
                (ChangeAction::Modify, Some(Replacement::Conditional)),
            ] {
                let fine = change("FailedRunAlarm", ChangeAction::Remove, None);
                assert_eq!(loses(&[fine, change(name, action, replacement)]).as_deref(), Some(name));
            }
            assert_eq!(loses(&[change(name, ChangeAction::Modify, Some(Replacement::False))]), None);
            assert_eq!(loses(&[change(name, ChangeAction::Add, None)]), None);
            assert!(include_str!("../../../../template.yaml").contains(&format!("\n  {name}:\n")), "{name}");
            assert!(POLICY.contains(&format!("LogicalResourceId/{name}\"")), "{name}");
        }
    }
}
