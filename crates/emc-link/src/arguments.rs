//! The command line, as it is typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;
use link::state::{RunId, TenantId};

use crate::cloud::Way;
use crate::conformance::ConformanceOptions;
use crate::exit::{Failed, HELP};
use crate::fleet::FleetCommand;
use crate::local::Local;
use crate::runtime::runtime;
use crate::stack::Stack;
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
    #[arg(long, global = true, value_name = "NAME", env = "EMC_LINK_FUNCTION", requires = "bucket")]
    function: Option<String>,
    /// 配置済みのスタックを使うとき、データの保存先のバケット
    #[arg(long, global = true, value_name = "NAME", env = "EMC_LINK_BUCKET", requires = "function")]
    bucket: Option<String>,
    /// AWSのプロファイル(省略すると環境変数の認証情報)
    #[arg(long, global = true, value_name = "NAME", env = "AWS_PROFILE")]
    profile: Option<String>,
    /// AWSのリージョン(省略すると環境変数またはプロファイルのもの)
    #[arg(long, global = true, value_name = "NAME")]
    region: Option<String>,
}

impl Arguments {
    /// The tenant's target, which all commands but those on a sheet need.
    pub(crate) fn target(&self) -> Result<Target, Failed> {
        let missing = |option: &str, variable: &str| {
            Failed::new(format!("{option} または環境変数 {variable} を指定してください。"))
        };
        let tenant = self.tenant.clone().ok_or_else(|| missing("--tenant", "EMC_LINK_TENANT"))?;
        let stack = self.function.clone().zip(self.bucket.clone());
        match (stack, self.state.clone()) {
            // One of them is perhaps a variable that was forgotten: a run at the wrong place cannot be taken back.
            (Some(_), Some(_)) => Err(Failed::new(
                "--state と --function の両方が指定されています(環境変数 EMC_LINK_STATE、EMC_LINK_FUNCTION を含みます)。\
                 どちらか一方だけを指定してください。",
            )),
            (Some((function, bucket)), None) => {
                Ok(Target::Stack(Box::new(Stack { tenant, function, bucket, way: self.way() })))
            }
            (None, Some(root)) => {
                Ok(Target::Local(Local { root, tenant, mail_from: self.mail_from.clone(), way: self.way() }))
            }
            (None, None) => {
                let stack = runtime()?.block_on(Stack::of(tenant, self.way()))?;
                Ok(Target::Stack(Box::new(stack)))
            }
        }
    }

    /// How AWS is reached.
    pub(crate) fn way(&self) -> Way {
        // Lambda's and the SDK's name first, the command line's own second.
        let given = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| {
            std::env::var(name).ok().map(|region| region.trim().to_owned()).filter(|region| !region.is_empty())
        });
        let profile = self.profile.clone().filter(|profile| !profile.trim().is_empty());
        Way { profile, region: self.region.clone().or(given) }
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
    /// 一括アップロード用ファイルを送付先(upload.deliver)に送付する。未確認の送付があっても、このファイルを送付します
    Deliver {
        /// ファイルを作成した実行の実行ID
        #[arg(value_name = "RUN_ID", value_parser = run_id)]
        run_id: RunId,
    },
    /// 1人について、SmartHRの今の状態、次の連携で何をするか、これまでの経過を表示する(何も書き換えません)
    Explain(ExplainOptions),
    /// 実行の一覧を新しい順に表示する
    Runs(RunsOptions),
    /// 1回の実行の結果を表示する
    Report(ReportOptions),
    /// どの個人データがどこへ流れ、いつまで残るかを、設定から作って表示する
    DataMap,
    /// 期間中の実行結果・操作の記録と、設定を、1つの書庫(ZIP)に書き出す
    Export(ExportOptions),
    /// 契約の終了後に、保存先とトークンをすべて消去し、署名した証明書を作る
    Erase(EraseOptions),
    /// 人事データ連携の画面への入場用リンクを作る(5分以内に1回だけ使えます)
    Launch(LaunchOptions),
    /// 多数のテナントをまとめて見る・配置する・切り替える
    Fleet(FleetCommand),
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

#[derive(Clone, Debug, Args)]
pub(crate) struct LaunchOptions {
    /// 入場する人の名前(画面に表示され、操作の記録に残ります)
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// 入場する人のログインID(操作の記録に残ります)
    #[arg(long, value_name = "ID", default_value = "operator")]
    pub(crate) id: String,
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

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// 期間の最初の日(日本時間)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Date,
    /// 期間の最後の日(この日を含む)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Date,
    /// 書き出すファイル。省略すると emc-link-{テナントID}-{期間}.zip
    #[arg(long, value_name = "FILE.zip")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EraseOptions {
    /// 消去するテナントのID(取り違えを防ぐため、もう一度指定します)
    #[arg(long, value_name = "ID")]
    pub(crate) confirm: String,
    /// 消去を行う人の氏名(証明書に書きます)
    #[arg(long, value_name = "NAME")]
    pub(crate) person: String,
    /// 証明書に署名する鍵(openssl genpkey -algorithm ed25519 で作成)
    #[arg(long, value_name = "FILE.pem")]
    pub(crate) key: PathBuf,
    /// 証明書のファイル。署名は、後ろに .sig を付けた名前のファイルに書きます
    #[arg(long, value_name = "FILE.json")]
    pub(crate) proof: PathBuf,
    /// トークンを、回復期間(30日)を置かずに直ちに消去します
    #[arg(long)]
    pub(crate) secret_now: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ExplainOptions {
    /// ユーザID(会社コードを含む)
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
    /// 社員番号
    #[arg(long, value_name = "N")]
    pub(crate) number: Option<String>,
    /// SmartHRの従業員のID(アドレスの最後の部分)
    #[arg(long, value_name = "UUID")]
    pub(crate) crew: Option<String>,
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
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }

    /// A line of a shell, as words: only double quotes occur.
    fn words(line: &str) -> Vec<String> {
        let quoted = line.split('"').enumerate();
        quoted.fold(Vec::new(), |mut words, (at, part)| {
            if at % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
            words
        })
    }

    #[test]
    fn what_the_operators_book_tells_to_type_is_understood() {
        let book = include_str!("../../../docs/OPERATIONS.ja.md");
        let blocks = book.lines().map(str::trim).filter(|line| line.starts_with("emc-link "));
        let inline = book.split('`').skip(1).step_by(2).filter(|text| text.starts_with("emc-link -"));
        let mut tried = 0;
        for line in blocks.chain(inline.filter(|text| !text.contains('\n'))) {
            let parsed = super::Arguments::try_parse_from(words(line));
            assert!(parsed.is_ok(), "{line}: {}", parsed.err().unwrap());
            tried += 1;
        }
        assert!(tried > 20, "{tried}");
    }
}
