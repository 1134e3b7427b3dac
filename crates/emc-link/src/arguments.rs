//! The command line, as it is typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use link::state::{RunId, TenantId};

use crate::conformance::ConformanceOptions;
use crate::exit::{Failed, HELP};
use crate::local::Local;
use crate::target::Target;

/// SmartHR連携の設定・確認・実行を行います。
#[derive(Debug, Parser)]
#[command(name = "emc-link", version = version::BUILD, after_help = HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// 結果をJSONで標準出力に書きます(進み具合は標準エラー出力)
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// データの保存先フォルダ。中に tenants/{テナントID}/、secrets/、outbox/ を置きます
    #[arg(long, global = true, value_name = "DIR", env = "EMC_LINK_STATE")]
    state: Option<PathBuf>,
    /// テナントID(英小文字・数字・ハイフン、32文字まで)
    #[arg(long, global = true, value_name = "ID", env = "EMC_LINK_TENANT", value_parser = tenant)]
    tenant: Option<TenantId>,
    /// 結果通知メールの差出人
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        env = "EMC_LINK_MAIL_FROM",
        default_value = "emc-link@localhost"
    )]
    mail_from: String,
    /// 配置済みのスタックを使うとき、同期の関数の名前(--stateの代わり)
    #[cfg(feature = "aws")]
    #[arg(long, global = true, value_name = "NAME", env = "EMC_LINK_FUNCTION", requires = "bucket")]
    function: Option<String>,
    /// 配置済みのスタックを使うとき、データの保存先のバケット
    #[cfg(feature = "aws")]
    #[arg(long, global = true, value_name = "NAME", env = "EMC_LINK_BUCKET", requires = "function")]
    bucket: Option<String>,
}

impl Arguments {
    /// The tenant's target, which all commands but those on a sheet need.
    pub(crate) fn target(&self) -> Result<Target, Failed> {
        let missing = |option: &str, variable: &str| {
            Failed::new(format!("{option} または環境変数 {variable} を指定してください。"))
        };
        let tenant = self.tenant.clone().ok_or_else(|| missing("--tenant", "EMC_LINK_TENANT"))?;
        #[cfg(feature = "aws")]
        if let (Some(function), Some(bucket)) = (self.function.clone(), self.bucket.clone()) {
            // One of them is perhaps a variable that was forgotten: a run on the wrong target cannot be taken back.
            if self.state.is_some() {
                return Err(Failed::new(
                    "--state と --function の両方が指定されています(環境変数 EMC_LINK_STATE、EMC_LINK_FUNCTION を含みます)。\
                     どちらか一方だけを指定してください。",
                ));
            }
            return Ok(Target::Stack(Box::new(crate::stack::Stack::new(tenant, function, bucket)?)));
        }
        let root = self.state.clone().ok_or_else(|| missing("--state", "EMC_LINK_STATE"))?;
        Ok(Target::Local(Local { root, tenant, mail_from: self.mail_from.clone() }))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 連携設定シートを作る・点検する・言葉で表示する
    #[command(subcommand)]
    Sheet(SheetCommand),
    /// 接続、権限、マスタ、データを点検する(何も書き換えません)
    Check(CheckOptions),
    /// エマージェンシーコールのIDの一覧から、最初の前回データを作る
    Baseline(BaselineOptions),
    /// 確認のみを行う(エマージェンシーコールにも前回データにも書き込みません)
    Preview,
    /// 連携を実行する(初回連携、再取り込み)
    Sync,
    /// 保留になった実行を承認して、連携を実行する
    Approve {
        /// 保留になった実行の実行ID
        #[arg(value_name = "RUN_ID", value_parser = run_id)]
        run_id: RunId,
    },
    /// 一括アップロードの完了を確認し、前回データを更新する(emc.destination = "csv")
    Confirm {
        /// アップロードしたファイルを作成した実行の実行ID
        #[arg(value_name = "RUN_ID", value_parser = run_id)]
        run_id: RunId,
    },
    /// 実行の一覧を新しい順に表示する
    Runs(RunsOptions),
    /// 1回の実行の結果を表示する
    Report(ReportOptions),
    /// インポートAPIの適合試験: エマージェンシーコール側の実装が契約のすべての規則を守るかを調べる
    Conformance(ConformanceOptions),
    /// シェルの補完スクリプトを標準出力に書く
    Completions {
        /// シェルの種類
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SheetCommand {
    /// 新しい連携設定シートを作る(選択肢の一覧、注釈、記入例入り)
    New {
        /// 作るファイル(.xlsx)
        #[arg(value_name = "FILE.xlsx")]
        file: PathBuf,
        /// 同じ名前のファイルがあれば置き換えます
        #[arg(long)]
        force: bool,
    },
    /// 連携設定シートの誤りを、セルごとにすべて表示する
    Check {
        /// 連携設定シート(.xlsx または .csv)
        file: PathBuf,
    },
    /// 連携設定シートの内容を言葉で表示する
    Show {
        /// 連携設定シート(.xlsx または .csv)
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// 検索ワードマスタの一覧(登録済みと追加分)を書き出すCSVファイル
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) masters: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineOptions {
    /// エマージェンシーコールからダウンロードした部署データ(CSV)
    #[arg(long, value_name = "FILE.csv", requires = "users")]
    pub(crate) departments: Option<PathBuf>,
    /// エマージェンシーコールからダウンロードしたユーザデータ(CSV)
    #[arg(long, value_name = "FILE.csv", requires = "departments")]
    pub(crate) users: Option<PathBuf>,
    /// 前回データが既にあるとき、作り直します
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunsOptions {
    /// 表示する件数
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) last: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// 実行ID。省略すると最新の実行
    #[arg(value_name = "RUN_ID", value_parser = run_id)]
    pub(crate) run_id: Option<RunId>,
}

fn tenant(text: &str) -> Result<TenantId, String> {
    TenantId::parse(text).map_err(|error| error.to_string())
}

fn run_id(text: &str) -> Result<RunId, String> {
    RunId::parse(text)
        .ok_or_else(|| "実行IDではありません。結果通知メールまたは emc-link runs の実行IDを指定してください".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
