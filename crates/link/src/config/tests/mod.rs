//! What §3 and §4 of the interfaces say of the two files, rule by rule.

mod toml_delivery;
mod toml_guard_and_notify;
mod toml_keys;
mod toml_on_change;
mod toml_values;

mod sheet_actions;
mod sheet_files;
mod sheet_items;
mod sheet_product;
mod sheet_sources;
mod sheet_table;
mod sheet_workbooks;

mod any_input;
mod round_trip;

use super::{Config, Mapping, SheetFormat, parse_config, parse_sheet};
use crate::fault::{Code, Fault};

/// The product document's example, 連携設定シート イメージ, as CSV.
const EXAMPLE: &str = "\
エマージェンシーコール項目,SmartHR項目,新規登録:値あり,新規登録:値なし,更新:値あり,更新:値なし
処理フラグ,-,,自動,,自動
ユーザID,メールアドレス,登録,エラー,更新しない,エラー
パスワード強制変更,無し(空白),登録,デフォルト:T,更新,更新しない
パスワード,固定値「XXXXXX」,登録,エラー,更新しない,更新しない
氏名,氏名,登録,エラー,更新,エラー
氏名(ヨミ),氏名(ヨミガナ),登録,エラー,更新,エラー
所属部署コード,部署1,登録,登録しない,更新,更新しない
緊急連絡10 媒体,固定値「メールアドレス」,登録,登録しない,更新,更新
緊急連絡10 アドレス,メールアドレス,登録,登録しない,更新,更新
検索ワード1:勤務地,事業所,登録,登録しない,更新,更新しない
検索ワード2:居住地,住所(都道府県),登録,登録しない,更新,更新しない
検索ワード3:役職,役職1,登録,登録しない,更新,更新
";

/// The shortest config that is accepted.
const SMALLEST: &str = "\
company = \"〇〇株式会社\"
[smarthr]
subdomain = \"acme\"
[emc]
base_url = \"https://emc.example.jp/import\"
[notify]
to = [\"hr@example.co.jp\"]
";

fn sheet(csv: &str) -> Mapping {
    parse_sheet(SheetFormat::Csv, csv.as_bytes()).expect("a sheet without faults")
}

fn sheet_faults(csv: &str) -> Vec<Fault> {
    parse_sheet(SheetFormat::Csv, csv.as_bytes()).expect_err("a sheet with faults").0
}

/// The example with another row below it.
fn example_with(row: &str) -> String {
    format!("{EXAMPLE}{row}\n")
}

/// The example with each line rewritten.
fn each_line(rewrite: impl Fn(&str) -> String) -> String {
    EXAMPLE.lines().flat_map(|line| [rewrite(line), "\n".to_owned()]).collect()
}

fn config(toml: &str) -> Config {
    parse_config(toml.as_bytes()).expect("a config without faults")
}

fn config_faults(toml: &str) -> Vec<Fault> {
    parse_config(toml.as_bytes()).expect_err("a config with faults").0.0
}

/// The smallest config with one line replaced (or added, where `old` is empty: at the end, below `[notify]`).
fn smallest_with(old: &str, new: &str) -> String {
    if old.is_empty() {
        return format!("{SMALLEST}{new}\n");
    }
    assert!(SMALLEST.contains(old), "the smallest config has no {old}");
    SMALLEST.replace(old, new)
}

/// Code and field of each fault.
fn told(faults: &[Fault]) -> Vec<(Code, &str)> {
    faults.iter().map(|fault| (fault.code, fault.field.as_deref().unwrap_or_default())).collect()
}

/// The only fault, which must have this code.
#[track_caller]
fn only(faults: Vec<Fault>, code: Code) -> Fault {
    let messages = faults.iter().map(|fault| fault.message.clone()).collect::<Vec<_>>().join("\n");
    let [fault] = <[Fault; 1]>::try_from(faults).unwrap_or_else(|_| panic!("more than one fault:\n{messages}"));
    assert_eq!(fault.code, code, "{messages}");
    fault
}
