//! A tenant whose stack is deployed on AWS: its sync function is invoked, its state read from its bucket. Both are told by the
//! stack's outputs where they are not given.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use link::report::{Answer, Mode};
use link::state::TenantId;
use link::state::keys::Key;
use link_aws::{AwsPlatform, ErasureError, SecretRecovery};
use serde_json::Value;
use tenant_data::Holding;

use crate::cloud::{Cloud, Way};
use crate::exit::Failed;
use crate::runtime::runtime;
use crate::screen;
use crate::surroundings::Surroundings;

/// A function's longest time at Lambda is 15 minutes; its answer comes only then.
const LONGEST: Duration = Duration::from_secs(15 * 60 + 20);

/// A deployed stack.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) tenant: TenantId,
    pub(crate) function: String,
    pub(crate) bucket: String,
    pub(crate) way: Way,
}

impl Stack {
    /// The stack `emc-link-{tenant}` by its outputs.
    pub(crate) async fn of(tenant: TenantId, way: Way) -> Result<Self, Failed> {
        let name = format!("emc-link-{tenant}");
        let cloud = Cloud::open(&way).await?;
        let outputs = outputs(&cloud, &name).await?.ok_or_else(|| {
            Failed::new(format!(
                "スタック {name} がありません。--tenant、--profile、--region の指定を確認してください。\
                 手元のフォルダを使う場合は --state を指定してください。"
            ))
        })?;
        let output = |key: &str| {
            outputs.get(key).cloned().ok_or_else(|| {
                Failed::new(format!(
                    "スタック {name} の出力 {key} がありません。スタックを更新してから、もう一度実行してください。"
                ))
            })
        };
        Ok(Self { tenant, function: output("Function")?, bucket: output("StateBucket")?, way })
    }

    pub(crate) async fn platform(&self) -> Result<AwsPlatform, Failed> {
        // The secret is the function's alone: nothing here reads it.
        Ok(Cloud::open(&self.way).await?.clients().platform(&self.tenant, &self.bucket, ""))
    }

    pub(crate) fn address(&self, key: &Key) -> String {
        format!("s3://{}/tenants/{}/{key}", self.bucket, self.tenant)
    }

    /// Refuses while Scheduler still starts daily runs.
    pub(crate) fn refuse_while_scheduled(&self) -> Result<(), Failed> {
        runtime()?.block_on(async {
            let cloud = Cloud::open(&self.way).await?;
            Surroundings { cloud: &cloud, tenant: &self.tenant }.refuse_while_scheduled().await
        })
    }

    /// Erases every version of every object, then the secret, then what else the account has; counts before and after.
    pub(crate) fn erase(&self, secret_now: bool) -> Result<Vec<Holding>, Failed> {
        let secret_id = format!("emc-link/{}", self.tenant);
        // AWS keeps a secret that was deleted without such a wish for 30 days.
        let recovery = if secret_now { SecretRecovery::None } else { SecretRecovery::Days(30) };
        let cloud = runtime()?.block_on(Cloud::open(&self.way))?;
        let around = Surroundings { cloud: &cloud, tenant: &self.tenant };
        // What starts and describes the tenant goes first, so that nothing writes objects anew; a missing right shows before
        // anything is gone.
        let found_around = runtime()?.block_on(around.count())?;
        runtime()?.block_on(around.erase())?;
        let erasure = cloud.clients().erasure(&self.tenant, &self.bucket, &secret_id);
        let erased = runtime()?.block_on(async {
            let found = erasure.remains().await?;
            erasure.erase_objects().await?;
            if found.secret {
                erasure.erase_secret(recovery).await?;
            }
            Ok::<_, ErasureError>((found, erasure.remains().await?))
        });
        let (found, left) = erased.map_err(|error| {
            Failed::new(format!(
                "消去の途中で失敗しました({error})。権限とネットワークを確認し、もう一度実行してください。"
            ))
        })?;
        let left_around = runtime()?.block_on(around.count())?;
        let holding = |kind, place: &str, found, left| Holding { kind, place: place.to_owned(), found, left };
        let mut holdings = vec![
            holding("object versions", &erasure.place(), found.versions, left.versions),
            holding("deletion marks", &erasure.place(), found.markers, left.markers),
            holding("secret", &secret_id, u64::from(found.secret), u64::from(left.secret)),
        ];
        holdings.extend(around.holdings(found_around, left_around));
        Ok(holdings)
    }

    pub(crate) fn invoke(&self, event: &Value) -> Result<Answer, Failed> {
        screen::aside(&format!("… {} を実行しています(数分かかることがあります)", self.function));
        runtime()?.block_on(async {
            let cloud = Cloud::open(&self.way).await?;
            self.ask(&cloud, event).await
        })
    }

    /// Runs one event in the function, once.
    pub(crate) async fn ask(&self, cloud: &Cloud, event: &Value) -> Result<Answer, Failed> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(LONGEST)
            .operation_attempt_timeout(LONGEST)
            .operation_timeout(LONGEST)
            .build();
        let config = aws_sdk_lambda::config::Builder::from(&cloud.sdk)
            .timeout_config(timeouts)
            // A repeated request would be a second run.
            .retry_config(RetryConfig::disabled());
        let client = aws_sdk_lambda::Client::from_conf(config.build());
        let answered =
            client.invoke().function_name(&self.function).payload(Blob::new(event.to_string())).send().await.map_err(
                |error| {
                    let status = error.raw_response().map(|response| response.status().as_u16());
                    let (told, remedy) = (link_aws::told(&error), remedy(status));
                    Failed::new(format!("関数 {} を実行できません({told})。{remedy}", self.function))
                },
            )?;
        let body = answered.payload().map(AsRef::as_ref).unwrap_or_default();
        if answered.function_error().is_some() {
            return Err(Failed::new(format!(
                "関数 {} がエラーで終了しました({})。emc-link runs と関数のログで、どこまで処理したかを確認してください。",
                self.function,
                words_of(body)
            )));
        }
        let answer: Answer = serde_json::from_slice(body).map_err(|error| {
            Failed::new(format!(
                "関数 {} の応答を読み取れません({error})。同期の関数の名前であること、このコマンドと同じ版であることを\
                 確認してください。",
                self.function
            ))
        })?;
        // An answer without a mode tells what is wrong with the function's own variables, perhaps with its tenant.
        if answer.mode != Mode::Unknown && answer.tenant != self.tenant.as_str() {
            return Err(Failed::new(format!(
                "関数 {} はテナント {} の関数です。そのテナントの処理を行いました(実行ID {})。\
                 --tenant と --function の指定を確認してください。",
                self.function, answer.tenant, answer.run_id
            )));
        }
        Ok(answer)
    }
}

/// A stack's outputs; `None` where there is no such stack.
pub(crate) async fn outputs(cloud: &Cloud, name: &str) -> Result<Option<BTreeMap<String, String>>, Failed> {
    let found = match cloud.stacks().describe_stacks().stack_name(name).send().await {
        Ok(found) => found,
        Err(error) if link_aws::told(&error).contains("does not exist") => return Ok(None),
        Err(error) => {
            return Err(Failed::new(format!(
                "スタック {name} を確認できません({})。AWSの認証情報の期限と権限(cloudformation:DescribeStacks)を確認してください。",
                link_aws::told(&error)
            )));
        }
    };
    let outputs = found.stacks().first().map(|stack| stack.outputs().to_vec()).unwrap_or_default();
    Ok(Some(outputs.into_iter().filter_map(|output| Some((output.output_key?, output.output_value?))).collect()))
}

/// What can be done, by the status of Lambda's answer. Where there is none, or Lambda itself failed, the function may run.
fn remedy(status: Option<u16>) -> &'static str {
    match status {
        Some(403) => "AWSの認証情報の期限と権限(lambda:InvokeFunction)を確認してください。",
        Some(404) => "関数名とリージョンを確認してください。",
        Some(429) => "しばらく待ってから、もう一度実行してください。",
        Some(400..500) => "関数名、リージョン、関数の状態を確認してください。",
        _ => {
            "処理が始まっている可能性があります。ネットワークとリージョンを確認し、\
             もう一度実行する前に emc-link runs で確認してください。"
        }
    }
}

/// A function's error in its own words, without the stack trace that a runtime may add.
fn words_of(body: &[u8]) -> String {
    let told = serde_json::from_slice::<Value>(body).ok();
    let message = told.as_ref().and_then(|told| told["errorMessage"].as_str()).map(str::to_owned);
    let text = message.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}
