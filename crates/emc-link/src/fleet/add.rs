//! A new tenant, from its entry to its first check. Begun again after a break it goes on where it was.

use std::io::IsTerminal;

use clap::Args;
use link::report::Outcome;
use link::state::TenantId;
use serde_json::json;
use toml_edit::value;

use super::Fleet;
use super::deploy::{describe, to_release};
use super::operator::Operator;
use super::register::{self, Register, Tenant};
use super::release::Release;
use crate::cloud::{Cloud, Way};
use crate::exit::{Exit, Failed};
use crate::screen;
use crate::stack::Stack;

/// 追加するテナント。
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// テナントID(あとから変更できません)
    #[arg(value_name = "ID")]
    id: String,
    /// 会社名
    #[arg(long, value_name = "NAME")]
    company: String,
    /// SmartHRのサブドメイン(acme.smarthr.jp なら acme)
    #[arg(long, value_name = "NAME")]
    subdomain: String,
    /// 配置するリリース
    #[arg(long, value_name = "VERSION")]
    release: String,
    /// 結果通知の宛先。点検が終わるまでは運用担当の宛先にします
    #[arg(long, value_name = "ADDRESS")]
    notify: Option<String>,
    /// アカウント(一覧に1つだけなら省略できます)
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// ウェーブ(省略すると最後のもの)
    #[arg(long, value_name = "WAVE")]
    wave: Option<String>,
    /// トークンの登録と点検を後で行います
    #[arg(long)]
    without_tokens: bool,
}

pub(crate) async fn perform(fleet: &Fleet, options: &Options) -> Result<Exit, Failed> {
    TenantId::parse(&options.id)
        .map_err(|error| Failed::new(format!("テナントID {} は使えません({error})。", options.id)))?;
    let label = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !label(&options.subdomain) {
        return Err(Failed::new(
            "--subdomain には、https://acme.smarthr.jp の acme にあたる部分だけを指定してください。",
        ));
    }
    if let Some(known) = fleet.register.tenants.iter().find(|tenant| tenant.name == options.id)
        && known.company != options.company
    {
        return Err(Failed::new(format!(
            "テナント {} は既に一覧にあります(会社: {})。別のIDにしてください。",
            options.id, known.company
        )));
    }
    fleet.asks(&format!(
        "テナント {}({})を追加します: 一覧への登録、スタックの作成(日次実行は止めたまま)、設定ファイル、トークン、点検。",
        options.id, options.company
    ))?;
    enter(fleet, options)?;
    let register = Register::read(&fleet.file)?;
    let tenant = register.tenant(&options.id)?;
    let account = register.account(tenant)?;
    let operator = fleet.operator(&[account]).await?;
    let made = make(fleet, options, &register, tenant, &operator).await;
    operator.end().await;
    made
}

fn enter(fleet: &Fleet, options: &Options) -> Result<(), Failed> {
    let register = &fleet.register;
    let account = options
        .account
        .clone()
        .or_else(|| register.accounts.keys().next().filter(|_| register.accounts.len() == 1).cloned());
    let account = account.ok_or_else(|| Failed::new("--account でアカウントを指定してください。"))?;
    let wave = options.wave.clone().or_else(|| register.waves.last().cloned());
    let wave = wave.ok_or_else(|| Failed::new("一覧の waves にウェーブを登録してください。"))?;
    register::edit(&fleet.file, &options.id, |entry| {
        entry["company"] = value(&options.company);
        entry["account"] = value(account);
        entry["wave"] = value(wave);
        if !entry.contains_key("state") {
            entry["state"] = value("off");
        }
    })
}

async fn make(
    fleet: &Fleet,
    options: &Options,
    register: &Register,
    tenant: &Tenant,
    operator: &Operator,
) -> Result<Exit, Failed> {
    let account = register.account(tenant)?;
    let cloud = operator.cloud(account)?;
    let release = Release::load(cloud, account, &options.release).await?;
    let own = Fleet {
        register: Register::read(&fleet.file)?,
        file: fleet.file.clone(),
        way: fleet.way.clone(),
        yes: fleet.yes,
        as_json: fleet.as_json,
    };
    to_release(&own, cloud, tenant, &release).await?;
    describe(operator, account, tenant, &options.release).await?;
    screen::aside("✓ スタックを作成しました(日次実行は停止中)");
    let bucket = format!("emc-link-{}-{}", tenant.name, account.id);
    configure(cloud, options, register, &bucket).await?;
    if options.without_tokens {
        screen::aside("→ トークンを登録した後に: emc-link check");
        return Ok(Exit::Done);
    }
    tokens(cloud, &tenant.name).await?;
    let stack =
        Stack { tenant: tenant.id()?, function: format!("emc-link-{}-sync", tenant.name), bucket, way: Way::default() };
    let answer = stack.ask(cloud, &json!({ "mode": "check" })).await?;
    if fleet.as_json {
        screen::json(&json!(answer))?;
    } else {
        crate::checklist::show(&answer);
    }
    Ok(if answer.outcome == Outcome::Checked { Exit::Done } else { Exit::Wrong })
}

/// A first `config.toml`; one that is there already stays.
async fn configure(cloud: &Cloud, options: &Options, register: &Register, bucket: &str) -> Result<(), Failed> {
    let notify = options.notify.as_ref().or(register.defaults.ops_mail.as_ref());
    let notify = notify.ok_or_else(|| Failed::new("--notify で結果通知の宛先を指定してください。"))?;
    let mut config = toml_edit::DocumentMut::new();
    config["company"] = value(&options.company);
    for (table, key, text) in
        [("smarthr", "subdomain", &options.subdomain), ("emc", "base_url", &register.defaults.emc_base_url)]
    {
        config[table] = toml_edit::table();
        config[table][key] = value(text);
    }
    config["departments"] = toml_edit::table();
    config["departments"]["name_kana"] = value("ブショ");
    config["notify"] = toml_edit::table();
    config["notify"]["to"] = value(toml_edit::Array::from_iter([notify]));
    let key = format!("tenants/{}/config.toml", options.id);
    let clients = cloud.clients();
    let put = clients.s3().put_object().bucket(bucket).key(&key).if_none_match("*");
    match put.body(config.to_string().into_bytes().into()).send().await {
        Ok(_) => screen::aside(&format!("✓ 設定ファイルを置きました: s3://{bucket}/{key}")),
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 412) => {
            screen::aside(&format!("✓ 設定ファイルは既にあります: s3://{bucket}/{key}"));
        }
        Err(error) => {
            return Err(Failed::new(format!(
                "設定ファイルを置けません(s3://{bucket}/{key}: {})。権限を確認してください。",
                link_aws::told(&error)
            )));
        }
    }
    Ok(())
}

/// Tokens are typed without being shown, or come by standard input, a line each; never by an argument.
async fn tokens(cloud: &Cloud, id: &str) -> Result<(), Failed> {
    let smarthr = ask("SmartHRのアクセストークン: ")?;
    let emc = ask("エマージェンシーコールのトークン: ")?;
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Failed::new(format!("乱数を得られません({error})。もう一度実行してください。")))?;
    let key: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = json!({"smarthr": {"access_token": smarthr}, "emc": {"token": emc}, "connect": {"launch_key": key}});
    let name = format!("emc-link/{id}");
    let put =
        cloud.clients().secrets().put_secret_value().secret_id(&name).secret_string(secret.to_string()).send().await;
    put.map_err(|error| {
        Failed::new(format!("トークンを登録できません({name}: {})。権限を確認してください。", link_aws::told(&error)))
    })?;
    screen::aside(&format!("✓ トークンを登録しました: {name}"));
    Ok(())
}

fn ask(what: &str) -> Result<String, Failed> {
    let read = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(what)
    } else {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    };
    let text =
        read.map_err(|error| Failed::new(format!("{what}入力を読み取れません({error})。もう一度実行してください。")))?;
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(Failed::new("トークンが空です。後で登録する場合は --without-tokens を付けてください。"));
    }
    Ok(text)
}
