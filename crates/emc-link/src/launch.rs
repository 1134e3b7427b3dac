//! A launch link to a deployed tenant's pages: what EMC's maintenance site does for its button, for an operator.

use link::state::TenantId;
use pages::{Person, mint};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::arguments::LaunchOptions;
use crate::cloud::Cloud;
use crate::exit::{Exit, Failed};
use crate::runtime::runtime;
use crate::screen;
use crate::screen::say;
use crate::stack::{Stack, outputs};
use crate::target::Target;

pub(crate) fn perform(place: &Target, options: &LaunchOptions, as_json: bool) -> Result<Exit, Failed> {
    let Target::Stack(stack) = place else {
        return Err(Failed::new(
            "入場用リンクは、配置済みのスタックの画面に対して作ります。--state を外してください。",
        ));
    };
    let link = runtime()?.block_on(async {
        let cloud = Cloud::open(&stack.way).await?;
        link(&cloud, stack, options).await
    })?;
    if as_json {
        return screen::json(&json!({ "link": link }));
    }
    say!("{link}");
    screen::aside("→ 5分以内に、ブラウザで1回だけ開けます。");
    Ok(Exit::Done)
}

pub(crate) async fn link(cloud: &Cloud, stack: &Stack, options: &LaunchOptions) -> Result<String, Failed> {
    let name = format!("emc-link-{}", stack.tenant);
    let found = outputs(cloud, &name).await?.unwrap_or_default();
    let url = found.get("PagesUrl").ok_or_else(|| {
        Failed::new(format!(
            "スタック {name} の出力 PagesUrl がありません。スタックを更新してから、もう一度実行してください。"
        ))
    })?;
    let token = token(&key(cloud, &stack.tenant).await?, &stack.tenant, options)?;
    Ok(format!("{}/launch?token={token}", url.trim_end_matches('/')))
}

/// The key alone, out of the tenant's secret; nothing else of it is kept or handed on.
async fn key(cloud: &Cloud, tenant: &TenantId) -> Result<SecretString, Failed> {
    let id = format!("emc-link/{tenant}");
    let found = cloud.clients().secrets().get_secret_value().secret_id(&id).send().await.map_err(|error| {
        Failed::new(format!(
            "シークレット {id} を読み取れません({})。シークレットの有無と権限(secretsmanager:GetSecretValue)を確認してください。",
            link_aws::told(&error)
        ))
    })?;
    let whole: Value = serde_json::from_str(found.secret_string().unwrap_or_default()).unwrap_or_default();
    Ok(SecretString::from(json!({ "connect": { "launch_key": whole["connect"]["launch_key"] } }).to_string()))
}

fn token(key: &SecretString, tenant: &TenantId, options: &LaunchOptions) -> Result<String, Failed> {
    let person = Person { id: options.id.clone(), name: options.name.clone() };
    mint(key, tenant, &person, jiff::Timestamp::now()).map_err(|error| {
        Failed::new(format!(
            "入場用リンクを作れません({error})。シークレットの connect.launch_key に、32文字以上の値を登録してください。"
        ))
    })
}
