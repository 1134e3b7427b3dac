//! What §3 and §4 of the interfaces say of the two files, rule by rule.

mod sheet_product;

use super::{SheetFormat, parse_sheet};
use crate::config::Mapping;
use crate::report::{Code, Fault};

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

fn sheet(csv: &str) -> Mapping {
    parse_sheet(SheetFormat::Csv, csv.as_bytes()).expect("a sheet without faults")
}

fn sheet_faults(csv: &str) -> Vec<Fault> {
    parse_sheet(SheetFormat::Csv, csv.as_bytes()).expect_err("a sheet with faults").0
}

/// The only fault, which must have this code.
#[track_caller]
fn only(faults: Vec<Fault>, code: Code) -> Fault {
    let [fault] = <[Fault; 1]>::try_from(faults).expect("one fault");
    assert_eq!(fault.code, code, "{}", fault.message);
    fault
}
