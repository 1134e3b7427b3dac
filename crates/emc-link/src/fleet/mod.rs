//! `emc-link fleet`: all tenants of all accounts, as `fleet/tenants.toml` lists them.

mod add;
mod change;
mod course;
mod deploy;
mod operator;
mod publish;
mod register;
mod release;
mod remove;
mod set;
mod status;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::arguments::LaunchOptions;
use crate::cloud::{Cloud, Way};
use crate::exit::{Exit, Failed};
use crate::runtime::runtime;
use crate::screen;
use crate::screen::say;
use crate::stack::Stack;

use operator::Operator;
use register::{Account, Register};

/// 多数のテナントをまとめて見る・配置する・切り替える。
#[derive(Debug, Args)]
pub(crate) struct FleetCommand {
    /// テナントの一覧
    #[arg(long, global = true, value_name = "FILE.toml", default_value = "fleet/tenants.toml", env = "EMC_LINK_FLEET")]
    file: PathBuf,
    /// 確認せずに行います(パイプライン用)
    #[arg(long, global = true)]
    yes: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 全テナントの状態を、悪いものから順に表示する(問題があれば終了コードは0以外)
    Status(status::Options),
    /// ビルド済みのプログラムとテンプレートを、リリースとして登録する
    Publish(publish::Options),
    /// リリースを、ウェーブの順にテナントへ配置する
    Deploy(deploy::Options),
    /// 前のリリースに戻す(ビルドは不要)
    Rollback {
        /// 戻すリリース
        #[arg(long, value_name = "VERSION")]
        to: String,
        #[command(flatten)]
        which: Which,
        /// 同時に配置するテナント数
        #[arg(long, default_value_t = 5, value_name = "N")]
        parallel: usize,
    },
    /// テナントを追加する(一覧、スタック、設定、トークン、点検)
    Add(add::Options),
    /// スタックのパラメーターを変える
    Set {
        /// 変えるもの(例: LogLevel=debug)
        #[arg(value_name = "KEY=VALUE")]
        change: String,
        #[command(flatten)]
        which: Which,
    },
    /// 日次実行を止める
    Pause {
        #[command(flatten)]
        which: Which,
    },
    /// 日次実行を始める
    Resume {
        #[command(flatten)]
        which: Which,
    },
    /// 人事データ連携の画面への入場用リンクを作る
    Launch {
        /// テナントID
        #[arg(value_name = "ID", id = "whose")]
        id: String,
        #[command(flatten)]
        options: LaunchOptions,
    },
    /// テナントのスタックを削除する(バケットとシークレットは残る)
    Remove(remove::Options),
}

/// Which tenants.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Which {
    /// テナントID(省略するとすべて)
    #[arg(value_name = "ID", id = "ids")]
    ids: Vec<String>,
    /// このウェーブだけ
    #[arg(long, value_name = "WAVE")]
    wave: Vec<String>,
}

pub(crate) fn perform(command: &FleetCommand, way: &Way, as_json: bool) -> Result<Exit, Failed> {
    let register = Register::read(&command.file)?;
    let fleet = Fleet { register, file: command.file.clone(), way: way.clone(), yes: command.yes, as_json };
    runtime()?.block_on(async {
        match &command.command {
            Command::Status(options) => status::perform(&fleet, options).await,
            Command::Publish(options) => publish::perform(&fleet, options).await,
            Command::Deploy(options) => deploy::perform(&fleet, options).await,
            Command::Rollback { to, which, parallel } => {
                let options = deploy::Options { release: to.clone(), which: which.clone(), parallel: *parallel };
                deploy::perform(&fleet, &options).await
            }
            Command::Add(options) => add::perform(&fleet, options).await,
            Command::Set { change, which } => set::perform(&fleet, change, which).await,
            Command::Pause { which } => set::switch(&fleet, "off", which).await,
            Command::Resume { which } => set::switch(&fleet, "on", which).await,
            Command::Launch { id, options } => launch(&fleet, id, options).await,
            Command::Remove(options) => remove::perform(&fleet, options).await,
        }
    })
}

/// The list, and how it is worked on.
pub(crate) struct Fleet {
    register: Register,
    file: PathBuf,
    way: Way,
    yes: bool,
    as_json: bool,
}

impl Fleet {
    /// An account of the list: what the list says of it comes before what the command line says.
    async fn cloud(&self, account: &Account) -> Result<Cloud, Failed> {
        let profile = account.profile.clone().or_else(|| self.way.profile.clone());
        let region = account.region.clone().or_else(|| self.way.region.clone());
        Cloud::open(&Way { profile, region }).await
    }

    /// Shows what will be done and asks; `--yes` answers.
    fn asks(&self, what: &str) -> Result<(), Failed> {
        screen::aside(what);
        if self.yes {
            return Ok(());
        }
        screen::aside("実行しますか? [y/N]");
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        if read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(());
        }
        Err(Failed::new("何も変更していません。実行するには y と答えるか、--yes を付けてください。"))
    }

    async fn operator(&self, accounts: &[&Account]) -> Result<Operator, Failed> {
        Operator::begin(self, accounts).await
    }
}

/// Today in Japan.
fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(watch::japan()).date()
}

async fn launch(fleet: &Fleet, id: &str, options: &LaunchOptions) -> Result<Exit, Failed> {
    let tenant = fleet.register.tenant(id)?;
    let cloud = fleet.cloud(fleet.register.account(tenant)?).await?;
    let stack = Stack {
        tenant: tenant.id()?,
        function: format!("emc-link-{id}-sync"),
        bucket: String::new(),
        way: fleet.way.clone(),
    };
    let link = crate::launch::link(&cloud, &stack, options).await?;
    if fleet.as_json {
        return screen::json(&serde_json::json!({ "link": link }));
    }
    say!("{link}");
    Ok(Exit::Done)
}
