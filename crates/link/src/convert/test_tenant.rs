//! A small tenant for the tests of this room.

use crate::config::{Config, Mapping, SheetFormat, parse_config, parse_sheet};

pub(crate) const HEADER: &str =
    "エマージェンシーコール項目,SmartHR項目,新規登録:値あり,新規登録:値なし,更新:値あり,更新:値なし\n";

/// The four rows that every sheet must have.
pub(crate) const REQUIRED: &str = "ユーザID,社員番号,登録,エラー,更新しない,エラー\n\
    パスワード,固定値「Init1234」,登録,エラー,更新しない,更新しない\n\
    氏名,氏名,登録,エラー,更新,エラー\n\
    氏名(ヨミ),氏名(ヨミガナ),登録,エラー,更新,エラー\n";

pub(crate) fn config(more: &str) -> Config {
    let text = format!(
        "company = \"会社\"\n[smarthr]\nbase_url = \"https://acme.smarthr.jp\"\n[emc]\nbase_url = \"https://emc.example\"\n[notify]\nto = [\"hr@example.co.jp\"]\n{more}"
    );
    parse_config(text.as_bytes()).unwrap()
}

/// The sheet of the given rows, headed; [`REQUIRED`] is not added.
pub(crate) fn sheet(rows: &str) -> Mapping {
    parse_sheet(SheetFormat::Csv, format!("{HEADER}{rows}").as_bytes()).unwrap()
}
