//! The one table of everything that the link says is wrong: code, message, cause, remedy, who acts. Mails, answers and
//! the error documents are all made from it.

use serde::{Deserialize, Serialize};

/// The families of faults, in the order in which they name a failed run. The mail's subject is made from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Event, environment, config, sheet, secret, state: `EMC-ERROR-C(Config NG)`.
    Config,
    /// SmartHR: `EMC-ERROR-S(SmartHR NG)`.
    SmartHr,
    /// EMC: `EMC-ERROR-E(EMC NG)`.
    Emc,
    /// The data itself: `EMC-ERROR-D(Update NG)`.
    Data,
}

/// Who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The customer's HR administrator.
    Customer,
    /// Infocom's operator.
    Operator,
    /// SmartHR.
    SmartHr,
    /// The side of Emergency Call.
    Emc,
}

/// Whether yesterday's data stands, in Emergency Call and as the snapshot, after a run that told the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EmcData {
    /// The code stops nothing: today's data is linked, unless something else is wrong.
    Updated,
    /// It stands: nothing was written. A held run goes on once it is approved.
    Unchanged,
    /// Nobody can say yet whether EMC took the data; the next run settles it before anything else.
    Unknown,
    /// EMC has the new data, the snapshot not yet; the next run brings it there before anything else.
    AheadOfSnapshot,
}

impl EmcData {
    /// What the mail and the pages say of it (Japanese).
    pub fn sentence_ja(self) -> &'static str {
        match self {
            Self::Updated => "処理は止まりません。今日のデータが連携されます。",
            Self::Unchanged => "何も登録していません。エマージェンシーコールは前回のままです。",
            Self::Unknown => "エマージェンシーコールに登録されたかどうかは未確認です。次回の処理が最初に確定します。",
            Self::AheadOfSnapshot => {
                "エマージェンシーコールへの登録は完了しています。前回データへの反映は、次回の処理が最初に行います。"
            }
        }
    }
}

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The code itself.
    pub code: Code,
    /// The code as it stands in answers, `errors.csv` and documents.
    pub name: &'static str,
    /// Which subject it leads to.
    pub family: Family,
    /// Who acts.
    pub actor: Actor,
    /// Whether yesterday's data stands.
    pub yesterday: EmcData,
    /// What is wrong in a few words (Japanese).
    pub title_ja: &'static str,
    /// Why it comes about (Japanese).
    pub cause_ja: &'static str,
    /// What to do (Japanese).
    pub remedy_ja: &'static str,
    /// Why it comes about (English).
    pub cause_en: &'static str,
    /// What to do (English).
    pub remedy_en: &'static str,
}

macro_rules! catalogue {
    ($($code:ident $name:literal $family:ident $actor:ident $yesterday:ident
        $title_ja:literal $cause_ja:literal $remedy_ja:literal $cause_en:literal $remedy_en:literal;)*) => {
        /// Everything that can be wrong or worth a warning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $cause_en] #[serde(rename = $name)] $code,)*
        }

        impl Code {
            /// Its row of the catalogue.
            pub fn entry(self) -> &'static Entry {
                match self {
                    $(Self::$code => &Entry {
                        code: Self::$code,
                        name: $name,
                        family: Family::$family,
                        actor: Actor::$actor,
                        yesterday: EmcData::$yesterday,
                        title_ja: $title_ja,
                        cause_ja: $cause_ja,
                        remedy_ja: $remedy_ja,
                        cause_en: $cause_en,
                        remedy_en: $remedy_en,
                    },)*
                }
            }
        }

        /// All codes, in the catalogue's order.
        pub const ALL: &[Code] = &[$(Code::$code),*];
    };
}

catalogue! {
    // C | config: event, environment, config.toml, sheet, secret, state
    EventInvalid "EVENT_INVALID" Config Operator Unchanged
        "イベントの形式が正しくありません"
        "起動イベントのJSONが定められた形式のいずれでもありません。"
        "errorsに示した形式で送り直してください。"
        "The event has none of the accepted forms."
        "Send one of the accepted forms.";
    EnvironmentInvalid "ENVIRONMENT_INVALID" Config Operator Unchanged
        "環境変数が正しくありません"
        "関数の環境変数が無いか、値が正しくありません。"
        "スタックのパラメータを直して再デプロイしてください。"
        "An environment variable of the function is missing or malformed."
        "Correct the stack's parameter and deploy again.";
    ConfigMissing "CONFIG_MISSING" Config Operator Unchanged
        "設定ファイルがありません"
        "config.tomlが置かれていません。"
        "config.tomlを置いてください。"
        "config.toml is not there."
        "Put config.toml in place.";
    ConfigSyntax "CONFIG_SYNTAX" Config Operator Unchanged
        "設定ファイルを読み取れません"
        "config.tomlがUTF-8のTOMLとして読めません。"
        "示した行の書き方を直してください。"
        "config.toml is not TOML in UTF-8."
        "Correct the line named.";
    ConfigKeyUnknown "CONFIG_KEY_UNKNOWN" Config Operator Unchanged
        "設定ファイルに知らないキーがあります"
        "config.tomlのキーの綴りが違うか、置き場所が違います。"
        "キーの綴りを直すか、その行を削除してください。"
        "A key of config.toml is not known."
        "Correct or remove the key.";
    ConfigKeyMissing "CONFIG_KEY_MISSING" Config Operator Unchanged
        "設定ファイルに必須のキーがありません"
        "config.tomlに必須のキーがありません。"
        "キーを追加してください。"
        "A required key of config.toml is missing."
        "Add the key.";
    ConfigValueInvalid "CONFIG_VALUE_INVALID" Config Operator Unchanged
        "設定ファイルの値が正しくありません"
        "config.tomlの値の型または範囲が違います。"
        "示した範囲の値に直してください。"
        "A value of config.toml is of the wrong type or out of range."
        "Put a value of the range named.";
    SheetMissing "SHEET_MISSING" Config Operator Unchanged
        "連携設定シートがありません"
        "mapping.xlsxもmapping.csvも置かれていません。"
        "どちらか一方を置いてください。"
        "There is neither mapping.xlsx nor mapping.csv."
        "Put one of them in place.";
    SheetTwice "SHEET_TWICE" Config Operator Unchanged
        "連携設定シートが2つあります"
        "mapping.xlsxとmapping.csvの両方が置かれています。"
        "使わない方を削除してください。"
        "There are both mapping.xlsx and mapping.csv."
        "Remove the one that is not used.";
    SheetUnreadable "SHEET_UNREADABLE" Config Operator Unchanged
        "連携設定シートを読み取れません"
        "ファイルが壊れているか、文字コードがUTF-8でもShift_JISでもありません。"
        "ExcelのブックまたはUTF-8/Shift_JISのCSVとして保存し直してください。"
        "The sheet is broken or of an unknown encoding."
        "Save it again as a workbook or as CSV in UTF-8 or Shift_JIS.";
    SheetHeaderMissing "SHEET_HEADER_MISSING" Config Operator Unchanged
        "連携設定シートの見出し行が見つかりません"
        "6つの見出し(エマージェンシーコール項目、SmartHR項目、新規登録:値あり、新規登録:値なし、更新:値あり、更新:値なし)が1行にそろっていません。"
        "見出し行を直してください。"
        "No row holds the six header labels."
        "Correct the header row.";
    SheetRowUnseen "SHEET_ROW_UNSEEN" Config Operator Updated
        "連携設定シートの見えない行が使われています"
        "Excelで非表示の行(フィルターで隠れた行を含む)、または取り消し線を引いた行が残っています。"
        "使わない行は削除し、使う行は再表示して取り消し線を外してください。"
        "Rows that Excel hides, filters away or shows struck out are in force."
        "Delete them, or show them again.";
    SheetItemUnknown "SHEET_ITEM_UNKNOWN" Config Operator Unchanged
        "連携設定シートのエマージェンシーコール項目が正しくありません"
        "エマージェンシーコールに無い項目名です。"
        "項目名を直すか、その行を削除してください。"
        "The EMC item of a row is not known."
        "Correct or remove the row.";
    SheetItemTwice "SHEET_ITEM_TWICE" Config Operator Unchanged
        "連携設定シートに同じ項目が2行あります"
        "同じエマージェンシーコール項目の行が2つ以上あります。"
        "1行にしてください。"
        "An EMC item has two rows."
        "Keep one row.";
    SheetItemRequired "SHEET_ITEM_REQUIRED" Config Operator Unchanged
        "連携設定シートに必須の項目がありません"
        "ユーザID、パスワード、氏名、氏名(ヨミ)の行は必須です。"
        "行を追加してください。"
        "A required EMC item has no row."
        "Add the row.";
    SheetSourceUnknown "SHEET_SOURCE_UNKNOWN" Config Operator Unchanged
        "連携設定シートのSmartHR項目が正しくありません"
        "連携できるSmartHR項目名ではありません。"
        "項目名を直してください。"
        "The SmartHR item of a row is not known."
        "Correct the name.";
    SheetActionUnknown "SHEET_ACTION_UNKNOWN" Config Operator Unchanged
        "連携設定シートの処理が正しくありません"
        "その欄では使えない処理です。"
        "示した処理のいずれかに直してください。"
        "An action of a row is not one that its column allows."
        "Put one of the actions named.";
    SheetCustomFieldUnknown "SHEET_CUSTOM_FIELD_UNKNOWN" Config Customer Unchanged
        "連携設定シートのカスタム項目がSmartHRにありません"
        "SmartHRにその名前のカスタム従業員項目が無いか、連携アカウントに閲覧権限がありません。"
        "項目名をSmartHRと同じにするか、連携アカウントに閲覧権限を付けてください。"
        "SmartHR has no custom field of that name."
        "Use SmartHR's name, or grant the linking account the right to read it.";
    SheetCustomFieldAmbiguous "SHEET_CUSTOM_FIELD_AMBIGUOUS" Config Customer Unchanged
        "連携設定シートのカスタム項目が複数あります"
        "同じ名前のカスタム従業員項目が、SmartHRに2つ以上あります。"
        "連携設定シートに、示したグループ名を付けて書いてください(カスタム項目「グループ名/項目名」)。"
        "SmartHR has several custom fields of that name."
        "Put the group's name and a slash before the field's name in the sheet.";
    SheetCustomFieldFile "SHEET_CUSTOM_FIELD_FILE" Config Customer Unchanged
        "ファイル形式のカスタム項目は連携できません"
        "入力タイプがファイルのカスタム従業員項目です。値は期限のあるアドレスで、連携には使えません。"
        "別の入力タイプの項目に変えるか、その行を削除してください。"
        "A custom field of type file has an address that expires."
        "Map another field, or remove the row.";
    SearchWordNumberUnknown "SEARCH_WORD_NUMBER_UNKNOWN" Config Customer Unchanged
        "検索ワードのマスタがエマージェンシーコールにありません"
        "連携設定シートの検索ワードの番号が、エマージェンシーコールに登録されていません。"
        "エマージェンシーコールに検索ワードのマスタを登録してください。"
        "EMC has no search word of that number."
        "Enter the search word's master in EMC.";
    SecretMissing "SECRET_MISSING" Config Operator Unchanged
        "シークレットがありません"
        "Secrets Managerにシークレットが無いか、値が入っていません。"
        "シークレットにトークンを登録してください。"
        "The secret is missing or empty."
        "Enter the tokens into the secret.";
    SecretInvalid "SECRET_INVALID" Config Operator Unchanged
        "シークレットの内容が正しくありません"
        "シークレットのJSONに必須の項目が無いか、形式が違います。"
        "シークレットのJSONを直してください。"
        "The secret's JSON lacks something or is malformed."
        "Correct the secret's JSON.";
    SecretUnreadable "SECRET_UNREADABLE" Config Operator Unchanged
        "シークレットを読み書きできません"
        "関数のロールに権限が無いか、Secrets Managerが応答しません。"
        "ロールの権限とシークレット名を確認してください。"
        "The secret cannot be read or written."
        "Check the role and the secret's name.";
    StateUnreadable "STATE_UNREADABLE" Config Operator Unchanged
        "状態の保存先を読み書きできません"
        "S3のバケットが無い、別のリージョンにある、権限が無い、または応答しません。"
        "バケット名とロールの権限を確認してください。"
        "The state bucket cannot be read or written."
        "Check the bucket and the role.";
    SnapshotInvalid "SNAPSHOT_INVALID" Config Operator Unchanged
        "前回データが壊れています"
        "snapshot.jsonまたはpending.jsonの内容が正しくありません。"
        "バケットの以前の版に戻してください。何も変更していません。"
        "snapshot.json or pending.json is not what the link writes."
        "Restore an earlier version of the object.";
    SnapshotConflict "SNAPSHOT_CONFLICT" Config Operator Unchanged
        "前回データが他の処理で書き換えられました"
        "処理中に別の処理がsnapshot.jsonを書き換えました。"
        "同時に動いている処理が無いことを確認し、再実行してください。"
        "Another writer replaced snapshot.json during the run."
        "Make sure that nothing else runs, then re-run.";
    SnapshotBehind "SNAPSHOT_BEHIND" Config Operator AheadOfSnapshot
        "登録は完了しましたが前回データを更新できませんでした"
        "エマージェンシーコールへの登録の後に、snapshot.jsonを書き換えられませんでした。"
        "一緒に示したエラーを解消して再実行してください。"
        "EMC has committed the import, but snapshot.json could not be replaced."
        "Remove the other error's cause, then re-run.";
    SnapshotExists "SNAPSHOT_EXISTS" Config Operator Unchanged
        "前回データが既にあります"
        "初回の前回データ作成(baseline)は、前回データが無いときだけ行えます。"
        "作り直す場合はイベントに\"replace\": trueを付けてください。"
        "A baseline does not replace an existing snapshot by itself."
        "Add \"replace\": true to the event.";
    BaselineMissing "BASELINE_MISSING" Config Operator Unchanged
        "初回データのファイルがありません"
        "baseline/departments.csvまたはbaseline/users.csvがありません。"
        "エマージェンシーコールからダウンロードしたファイルを置いてください。"
        "A baseline file is missing."
        "Put the files downloaded from EMC in place.";
    BaselineInvalid "BASELINE_INVALID" Config Operator Unchanged
        "初回データのファイルが正しくありません"
        "部署IDまたはユーザIDの列が無いか、IDが空・重複・長すぎるか、Excelなどで開いて保存したために壊れています。"
        "エマージェンシーコールから、もう一度ダウンロードし、開かずにそのまま置いてください。"
        "A baseline file has no ID column, or an ID is empty, repeated, too long, or damaged by a spreadsheet."
        "Download it again from EMC and put it in place without opening it.";
    BaselineSuspect "BASELINE_SUSPECT" Config Operator Updated
        "初回データに形の違うIDがあります"
        "ほかのIDと桁数や先頭の文字が違うIDがあります。Excelなどで開いて保存したファイルの可能性があります。"
        "エマージェンシーコールの画面で、そのIDを確認してください。"
        "An ID of a baseline file differs in form from all others."
        "Check that ID in EMC.";
    BaselineDiffers "BASELINE_DIFFERS" Config Operator Unchanged
        "初回データがエマージェンシーコールの現在のIDと違います"
        "ファイルが古いか、別の契約のものか、編集されています。1割を超えて違う場合は、前回データを作成しません。"
        "エマージェンシーコールから、もう一度ダウンロードし、開かずにそのまま置いてください。"
        "A baseline file's IDs are not those that EMC has now; where more than a tenth differ nothing is recorded."
        "Download it again from EMC and put it in place without opening it.";
    LockLost "LOCK_LOST" Config Operator Unchanged
        "処理の排他が失われました"
        "処理中に排他(lock.json)の期限が切れ、他の処理に移りました。登録は行っていません。"
        "他の処理の結果を確認してください。"
        "The lease of lock.json was lost before the hand-over."
        "See the other run's result.";
    TimeShort "TIME_SHORT" Config Operator Unchanged
        "残り時間が足りないため登録前に中止しました"
        "制限時間内に安全に登録を終えられない見込みでした。"
        "再実行してください。続く場合は関数のタイムアウトを延ばしてください。"
        "Too little time was left to hand over safely."
        "Re-run; if it recurs, raise the function's timeout.";
    ApprovalUnknown "APPROVAL_UNKNOWN" Config Operator Unchanged
        "承認する保留がありません"
        "approveに指定された実行は、保留になった実行ではありません。"
        "保留通知メールに書かれた実行IDを指定してください。"
        "The run named by approve is not a held run."
        "Name the run id of the hold mail.";
    ApprovalExpired "APPROVAL_EXPIRED" Config Operator Unchanged
        "承認の期限が切れています"
        "保留から7日を過ぎています。"
        "最新の保留通知メールの実行IDで承認してください。"
        "The held run is older than seven days."
        "Approve the latest held run.";
    UploadUnknown "UPLOAD_UNKNOWN" Config Operator Unchanged
        "確認するアップロードがありません"
        "run_idに指定された実行は、一括アップロード用ファイルを作成していません。"
        "結果通知メールに書かれた実行IDを指定してください。"
        "The run named by run_id made no files for a bulk upload."
        "Name the run id of the mail.";
    UploadOutdated "UPLOAD_OUTDATED" Config Operator Unchanged
        "アップロードの元になった前回データが変わっています"
        "そのファイルを作成した後に、別の実行のアップロードが確認されたか、前回データが作り直されました。"
        "連携を再実行し、新しいファイルをアップロードして確認してください。"
        "The snapshot that the files were made from is no longer in force."
        "Re-run, upload the new files and confirm them.";
    DeliveryUnsupported "DELIVERY_UNSUPPORTED" Config Operator Unchanged
        "この構成では送付先にファイルを送付できません"
        "upload.deliverの送付先(sftp://など)に対応していないビルドです。"
        "sftpを有効にしてビルドした関数またはemc-linkを使うか、送付先をs3://に変えるか、upload.deliverを消して手作業でアップロードしてください。"
        "This build cannot deliver to the destination of upload.deliver."
        "Use a build with the feature sftp, deliver to s3://, or remove upload.deliver and upload by hand.";
    DeliveryHostKey "DELIVERY_HOST_KEY" Config Operator Unchanged
        "送付先のホスト鍵が設定と異なります"
        "SFTPサーバの鍵が、upload.host_keyに書いた鍵ではありません(サーバの入れ替え、または別のサーバへの接続)。何も送付していません。"
        "送付先の管理者に、電話など別の手段で鍵の指紋を確認してください。正しい変更であればupload.host_keyを書き換え、そうでなければ接続先を調べてください。"
        "The SFTP server's key is not the one of upload.host_key: the server was replaced, or it is another server."
        "Ask the server's owner for the fingerprint by another way; change upload.host_key only if it is right.";
    DeliveryDenied "DELIVERY_DENIED" Config Operator Unchanged
        "送付先に拒否されました"
        "送付先が認証情報を受け付けないか、書き込みの権限がありません。"
        "シークレットのupload.private_keyまたはupload.password、利用者名、書き込みの権限(S3の場合はバケットポリシーとスタックのDeliverTo)を確認し、再実行してください。"
        "The destination does not accept the credentials, or they allow no writing."
        "Check the secret's upload part, the user and the right to write (S3: bucket policy and the stack's DeliverTo); re-run.";
    DeliveryFailed "DELIVERY_FAILED" Emc Operator Unchanged
        "アップロード用ファイルを送付できませんでした"
        "送付先に接続できないか、書き込めませんでした(フォルダがない、空き容量がない、切断)。送付先には何も届いていません。"
        "送付先の状態を確認して再実行してください。次回の実行が新しいファイルを送付します。"
        "The destination cannot be reached or cannot write (no such directory, full disk). Nothing arrived there."
        "Check the destination and re-run; the next run delivers its own files.";
    DeliveryUnsettled "DELIVERY_UNSETTLED" Emc Operator Unknown
        "アップロード用ファイルの送付が途中で切れました"
        "送付の途中で失敗したため、ファイルの一部が送付先に届いている可能性があります。"
        "再実行してください。次回の実行が、最初に同じファイルの送付を完了させます。"
        "The delivery broke off; some of the files may have arrived."
        "Re-run: the next run completes the delivery of the same files before anything else.";
    DeliveryNameTaken "DELIVERY_NAME_TAKEN" Emc Operator Unchanged
        "送付先に同じ名前で内容の異なるファイルがあります"
        "送付先で誰かが、この連携のファイルと同じ名前のファイルを作成または変更しました。上書きはしません。"
        "送付先の管理者に、示した名前のファイルを確認して取り除いてもらい、再実行してください。"
        "A file of the same name with other content is at the destination; it is not overwritten."
        "Let the destination's owner look at the file and remove it; re-run.";
    DeliveryWaits "DELIVERY_WAITS" Config Operator Unchanged
        "前回送付したファイルが未確認のため、今回のファイルを送付していません"
        "送付済みのファイルをエマージェンシーコールが取り込んだかどうかが、まだ確認(confirm)されていません。"
        "取り込まれていれば、その実行IDで確認(confirm)を行い、再実行してください。取り込まれていなければ、今回の実行IDで送付(deliver)を行ってください。"
        "Files that were delivered earlier are not confirmed yet; today's were not delivered."
        "If EMC took the earlier ones, confirm that run and re-run; if not, deliver this run's.";
    // S | SmartHR
    SmarthrUnauthorized "SMARTHR_UNAUTHORIZED" SmartHr Customer Unchanged
        "SmartHRの認証に失敗しました"
        "アクセストークンが無効です(失効、取り消し)。"
        "連携をやり直してトークンを発行し直してください。"
        "SmartHR does not accept the token."
        "Connect again to issue a new token.";
    SmarthrForbidden "SMARTHR_FORBIDDEN" SmartHr Customer Unchanged
        "SmartHRの権限が足りません"
        "連携アカウントに閲覧の権限がありません。"
        "SmartHRの「共通設定>権限」で、連携アカウントに示した情報の閲覧権限を付けてください。"
        "The linking account may not read this."
        "Grant the right in SmartHR.";
    SmarthrIpNotPermitted "SMARTHR_IP_NOT_PERMITTED" SmartHr Customer Unchanged
        "SmartHRのIPアドレス制限で拒否されました"
        "アクセストークンのIPアドレス制限が連携用サーバを許可していません。"
        "SmartHRのIPアドレス制限を見直してください。"
        "SmartHR's IP rule refuses the link."
        "Correct the IP rule.";
    SmarthrPlan "SMARTHR_PLAN" SmartHr Customer Unchanged
        "SmartHRの契約プランではこの情報を取得できません"
        "契約プランの上限を超えています。"
        "SmartHRの契約プランを確認してください。"
        "The SmartHR plan does not allow this."
        "Check the plan.";
    SmarthrSubdomain "SMARTHR_SUBDOMAIN" SmartHr Operator Unchanged
        "SmartHRのサブドメインが使われていません"
        "サブドメインが変更されたか、契約が終了しています。"
        "config.tomlのsmarthr.subdomainを確認してください。"
        "The SmartHR subdomain is inactive."
        "Check smarthr.subdomain.";
    SmarthrRefused "SMARTHR_REFUSED" SmartHr Operator Unchanged
        "SmartHRが要求を拒否しました"
        "SmartHRが要求を受け付けませんでした。"
        "示したコードとメッセージを確認してください。"
        "SmartHR refused the request."
        "See its code and message.";
    SmarthrRateLimit "SMARTHR_RATE_LIMIT" SmartHr Operator Unchanged
        "SmartHRの利用回数の上限に達しました"
        "同じトークンの他の利用とあわせて上限(毎秒10回、毎時5,000回)に達しました。"
        "時間をおいて再実行してください。続く場合は他の連携とトークンを分けてください。"
        "SmartHR's rate limit stayed exhausted."
        "Re-run later; use a token of its own.";
    SmarthrMaintenance "SMARTHR_MAINTENANCE" SmartHr SmartHr Unchanged
        "SmartHRがメンテナンス中です"
        "SmartHRがメンテナンス中のため取得できませんでした。"
        "対応は不要です。次回の日次処理で連携されます。急ぐ場合はメンテナンスの終了後に再実行してください。"
        "SmartHR is under maintenance."
        "Nothing to do; the next run links again.";
    SmarthrDown "SMARTHR_DOWN" SmartHr SmartHr Unchanged
        "SmartHRで障害が起きています"
        "SmartHRがエラーを返し続けました。"
        "次回の日次処理で連携されます。続く場合はSmartHRの稼働状況を確認してください。"
        "SmartHR kept answering with server errors."
        "Wait for the next run; check SmartHR's status.";
    SmarthrUnreachable "SMARTHR_UNREACHABLE" SmartHr Operator Unchanged
        "SmartHRに接続できません"
        "接続できないか、時間内に応答がありませんでした。"
        "config.tomlのsmarthrの設定とネットワークを確認してください。"
        "SmartHR could not be reached in time."
        "Check the address and the network.";
    SmarthrBody "SMARTHR_BODY" SmartHr SmartHr Unchanged
        "SmartHRの応答を読み取れません"
        "SmartHRの応答が途中で切れたか、想定した形式ではありません。"
        "再実行してください。続く場合はインフォコムへご連絡ください。"
        "SmartHR's answer is broken or not of the known form."
        "Re-run; if it recurs, tell Infocom.";
    SmarthrRightMissing "SMARTHR_RIGHT_MISSING" SmartHr Customer Unchanged
        "連携アカウントの閲覧権限が足りません"
        "示した項目を、連携アカウントで閲覧できません。権限の設定が外れた可能性があります。"
        "SmartHRの「共通設定>権限」で、連携アカウントの権限の、示した項目の「閲覧」にチェックを付けてください。"
        "The linking account can no longer read the item named."
        "Tick the item's right to read in SmartHR.";
    SmarthrRedirect "SMARTHR_REDIRECT" SmartHr Operator Unchanged
        "SmartHRが別のページへ転送しました"
        "ログイン画面などへ転送されました。サブドメインかトークンが違う可能性があります。"
        "config.tomlのsmarthrの設定を確認し、連携をやり直してください。"
        "SmartHR redirected, probably to a login page."
        "Check the address; connect again.";
    SmarthrListingShifted "SMARTHR_LISTING_SHIFTED" SmartHr SmartHr Unchanged
        "SmartHRの一覧が読み取り中に変わり続けました"
        "読み取り中に従業員や部署が追加・削除され続け、全件を確定できませんでした。"
        "SmartHRでの一括更新が終わった後に再実行してください。"
        "The listing kept changing while it was read."
        "Re-run when the bulk change in SmartHR is over.";
    SmarthrRefreshFailed "SMARTHR_REFRESH_FAILED" SmartHr Customer Unchanged
        "SmartHRのトークンを更新できません"
        "リフレッシュトークンが無効か、クライアント情報が違います。"
        "連携をやり直してください。"
        "The refresh token was not accepted."
        "Connect again.";
    SmarthrConsentIdle "SMARTHR_CONSENT_IDLE" SmartHr Customer Unchanged
        "SmartHRとの連携の許可が長く使われていません"
        "毎週のトークンの更新が60日以上成功していません。SmartHRの許可は、90日使われないとやり直しが必要になります。"
        "「人事データ連携」の画面の「SmartHR連携」で「連携し直す」を押し、SmartHRの管理者が許可してください。連携をやめた場合は「連携を解除する」を押してください。"
        "The weekly exchange of the tokens has not worked for 60 days; a consent that is not used for 90 days has to be given anew."
        "Connect again, or end the link on the pages.";
    // E | EMC
    EmcUnauthorized "EMC_UNAUTHORIZED" Emc Operator Unchanged
        "エマージェンシーコールの認証に失敗しました"
        "エマージェンシーコールのトークンが無効です。"
        "シークレットのemc.tokenを発行し直してください。"
        "EMC does not accept the token."
        "Issue a new emc.token.";
    EmcRefused "EMC_REFUSED" Emc Operator Unchanged
        "エマージェンシーコールが要求を拒否しました"
        "エマージェンシーコールが要求を受け付けませんでした。"
        "示した内容を確認し、エマージェンシーコール担当へ連絡してください。"
        "EMC refused the request."
        "See its message.";
    EmcDown "EMC_DOWN" Emc Emc Unchanged
        "エマージェンシーコールで障害が起きています"
        "エマージェンシーコールがエラーを返し続けました。"
        "次回の日次処理で連携されます。続く場合はエマージェンシーコール担当へ連絡してください。"
        "EMC kept answering with server errors."
        "Wait for the next run.";
    EmcUnreachable "EMC_UNREACHABLE" Emc Emc Unchanged
        "エマージェンシーコールに接続できません"
        "接続できないか、時間内に応答がありませんでした。"
        "config.tomlのemc.base_urlとネットワークを確認してください。"
        "EMC could not be reached in time."
        "Check emc.base_url and the network.";
    EmcBody "EMC_BODY" Emc Emc Unchanged
        "エマージェンシーコールの応答を読み取れません"
        "応答が想定した形式ではありません。"
        "エマージェンシーコール担当へ連絡してください。"
        "EMC's answer is not of the agreed form."
        "Tell the EMC side.";
    EmcConflict "EMC_CONFLICT" Emc Operator Unchanged
        "エマージェンシーコールが登録処理IDの重複を報告しました"
        "同じ登録処理IDが別の内容で使われました。"
        "再実行してください。続く場合はインフォコムへご連絡ください。"
        "EMC has seen this import id with other content."
        "Re-run.";
    EmcUnsettled "EMC_UNSETTLED" Emc Emc Unknown
        "エマージェンシーコールの登録結果を確認できません"
        "登録処理の結果が確認できないままです。次回の処理が最初に結果を確定します。"
        "再実行してください。"
        "The result of an import is not known yet; the next run settles it first."
        "Re-run.";
    // D | data
    CrewInvalid "CREW_INVALID" Data SmartHr Unchanged
        "受信したデータの形式が正しくありません"
        "SmartHRから受信した1件が、IDを持たないなど想定した形式ではありません。"
        "インフォコムへご連絡ください。"
        "A received record is not of the known form."
        "Tell Infocom.";
    UserIdMissing "USER_ID_MISSING" Data Customer Unchanged
        "ユーザIDの値がありません"
        "ユーザIDとして連携する項目がSmartHRで空です。"
        "SmartHRで入力してください。"
        "The item that gives the user ID is empty."
        "Enter it in SmartHR.";
    UserIdTooLong "USER_ID_TOO_LONG" Data Customer Unchanged
        "ユーザIDが長すぎます"
        "会社コードを含めて40文字を超えています。"
        "SmartHRで短くするか、ユーザIDに連携する項目を社員番号に変えてください。"
        "The user ID has more than 40 characters, prefix included."
        "Shorten it, or use the employee number.";
    UserIdDuplicate "USER_ID_DUPLICATE" Data Customer Unchanged
        "ユーザIDが重複しています"
        "同じユーザIDになる従業員が2人以上います。"
        "SmartHRでどちらかの値を直してください。"
        "Two people have the same user ID."
        "Correct one of them in SmartHR.";
    NameMissing "NAME_MISSING" Data Customer Unchanged
        "氏名の値がありません"
        "氏名として連携する項目がSmartHRで空です。"
        "SmartHRで入力してください。"
        "The name is empty."
        "Enter it in SmartHR.";
    KanaMissing "KANA_MISSING" Data Customer Unchanged
        "氏名(ヨミ)の値がありません"
        "氏名(ヨミガナ)がSmartHRで空です。"
        "SmartHRで氏名(ヨミガナ)を入力してください。"
        "The name's kana is empty."
        "Enter it in SmartHR.";
    PasswordMissing "PASSWORD_MISSING" Data Customer Unchanged
        "パスワードの値がありません"
        "初期パスワードとして連携する項目がSmartHRで空です。"
        "SmartHRで入力してください。"
        "The item that gives the initial password is empty."
        "Enter it in SmartHR.";
    ItemMissing "ITEM_MISSING" Data Customer Unchanged
        "値がありません"
        "連携設定シートで「エラー」とした項目がSmartHRで空です。"
        "SmartHRで入力するか、連携設定シートの処理を変えてください。"
        "An item whose absence is an error is empty."
        "Enter it in SmartHR, or change the sheet.";
    ValueUnknown "VALUE_UNKNOWN" Data Customer Unchanged
        "値を読み取れません"
        "SmartHRの選択肢やマスタに無い値です。"
        "SmartHRで値を選び直してください。"
        "A value is not in SmartHR's own master."
        "Choose it again in SmartHR.";
    SearchWordUnknown "SEARCH_WORD_UNKNOWN" Data Customer Unchanged
        "検索ワードのマスタに無い値です"
        "エマージェンシーコールの検索ワードマスタにその名称がありません。"
        "エマージェンシーコールのマスタに追加するか、SmartHRの値を直してください。"
        "The value is not in EMC's master of that search word."
        "Add it to EMC's master, or correct it in SmartHR.";
    DepartmentUnknown "DEPARTMENT_UNKNOWN" Data Customer Unchanged
        "部署が部署一覧にありません"
        "従業員の部署が、SmartHRの部署一覧に見つかりません。"
        "SmartHRで従業員の部署を選び直すか、連携アカウントに部署の閲覧権限を付けてください。"
        "A person's department is not in SmartHR's list of departments."
        "Choose it again, or grant the right to read it.";
    DepartmentCodeMissing "DEPARTMENT_CODE_MISSING" Data Customer Unchanged
        "部署コードがありません"
        "SmartHRの部署に部署コードが設定されていません。"
        "SmartHRの部署に部署コードを設定してください。"
        "A department has no code."
        "Set a code in SmartHR.";
    DepartmentIdTooLong "DEPARTMENT_ID_TOO_LONG" Data Customer Unchanged
        "部署IDが長すぎます"
        "部署コードが会社コードを含めて30文字を超えています。"
        "SmartHRの部署コードを短くしてください。"
        "The department ID has more than 30 characters, prefix included."
        "Shorten the code.";
    DepartmentIdDuplicate "DEPARTMENT_ID_DUPLICATE" Data Customer Unchanged
        "部署IDが重複しています"
        "同じ部署コードの部署が2つ以上あります。"
        "SmartHRでどちらかの部署コードを直してください。"
        "Two departments have the same ID."
        "Correct one code.";
    DepartmentNameMissing "DEPARTMENT_NAME_MISSING" Data Customer Unchanged
        "部署名がありません"
        "SmartHRの部署に名前がありません。"
        "SmartHRで部署名を入力してください。"
        "A department has no name."
        "Enter it in SmartHR.";
    DepartmentParentUnknown "DEPARTMENT_PARENT_UNKNOWN" Data Customer Unchanged
        "上位部署が部署一覧にありません"
        "上位部署が、受信した部署一覧に見つかりません。"
        "連携アカウントに上位部署の閲覧権限を付けるか、SmartHRで上位部署を設定し直してください。"
        "A department's parent is not in the list."
        "Grant the right to read it, or set it again.";
    DepartmentCycle "DEPARTMENT_CYCLE" Data SmartHr Unchanged
        "部署の親子関係が循環しています"
        "上位部署をたどると自分自身に戻ります。"
        "SmartHRで上位部署を設定し直してください。"
        "The chain of parents returns to the department itself."
        "Set the parent again.";
    ValueInvalid "VALUE_INVALID" Data Customer Unchanged
        "設定できない文字が含まれています"
        "IDまたは連絡先アドレスの途中に、改行などの制御文字か、目に見えない文字が含まれています。"
        "SmartHRで値を入力し直してください。"
        "An ID or a contact's address holds a control character or one that nobody can see."
        "Enter it again in SmartHR.";
    CharacterUnsupported "CHARACTER_UNSUPPORTED" Data Customer Unchanged
        "Shift_JISで表せない文字が含まれています"
        "一括アップロード用ファイルの文字コード(Shift_JIS)に無い文字が含まれています。"
        "SmartHRで別の文字に直すか、文字コードをUTF-8に変更してください(csv.encoding)。"
        "A value holds a character that Shift_JIS does not have."
        "Use another character in SmartHR, or UTF-8 (csv.encoding).";
    EmcRejected "EMC_REJECTED" Data Customer Unchanged
        "エマージェンシーコールが受け付けませんでした"
        "エマージェンシーコールの検査で異常とされました。何も変更されていません。"
        "示した内容を確認し、SmartHRのデータまたはエマージェンシーコールのマスタを直してください。"
        "EMC's own checks rejected the line."
        "Correct the data in SmartHR or the master in EMC.";
    // warnings and holds (family Data: they never make a subject by themselves)
    IdExists "ID_EXISTS" Data Operator Unchanged
        "エマージェンシーコールに既にあるIDです"
        "前回データに無いIDがエマージェンシーコールに登録されています。別の会社の利用者の可能性があります。"
        "会社コード(プレフィクス)の設定を確認してください。この会社のIDで間違いなければ、承認すると更新します。"
        "EMC already has an ID that the snapshot does not know."
        "Check the prefix; approve if it is this company's.";
    IdChanged "ID_CHANGED" Data Customer Updated
        "ユーザIDが変わりました"
        "同じ従業員のユーザIDが前回と異なります。前回のIDは、ほかの従業員が使っていなければ削除し、新しいIDで登録します。"
        "意図した変更でなければSmartHRの値を元に戻してください。"
        "The same person has another user ID than before."
        "Restore the value if it was not meant.";
    StatusUnknown "STATUS_UNKNOWN" Data Operator Updated
        "在籍状況が未知の値です"
        "SmartHRの在籍状況が、在籍中・休職中・退職済のいずれでもありません。連携対象として扱いました。"
        "インフォコムへご連絡ください。"
        "The employment status is not a known one; the person was kept."
        "Tell Infocom.";
    SearchWordRepeated "SEARCH_WORD_REPEATED" Emc Customer Updated
        "検索ワードのマスタに同じ名称が2つあります"
        "エマージェンシーコールの検索ワードのマスタに、同じ名称の選択肢が2つ以上あります。先にある選択肢を使います。"
        "エマージェンシーコールのマスタで、使わない選択肢を削除するか、名称を変えてください。"
        "EMC's master of a search word has two options of one name; the first is used."
        "Remove or rename one of them in EMC.";
    DepartmentSkipped "DEPARTMENT_SKIPPED" Data Customer Updated
        "部署コードの無い部署を除外しました"
        "部署コードが無い部署は連携できません。"
        "連携する場合はSmartHRの部署に部署コードを設定してください。"
        "A department without a code was left out."
        "Set a code in SmartHR.";
    PermissionSuspected "PERMISSION_SUSPECTED" SmartHr Customer Updated
        "連携アカウントに閲覧権限が無い可能性があります"
        "連携設定シートの項目の値を、1人も取得できませんでした。"
        "SmartHRの「共通設定>権限」で、連携アカウントにその項目の閲覧権限があることを確認してください。"
        "Nobody has a value for a mapped item: perhaps the account may not read it."
        "Check the account's rights.";
    PendingSettled "PENDING_SETTLED" Emc Operator Updated
        "前回中断した処理の結果を確定しました"
        "前回の処理が途中で止まっていたため、エマージェンシーコールでの結果を先に確認しました。"
        "対応は不要です。"
        "An interrupted run's import was settled first."
        "Nothing to do.";
    HeldUserDeletions "HELD_USER_DELETIONS" Data Customer Unchanged
        "削除される社員が多すぎるため保留しました"
        "前回より多くの社員がSmartHRから居なくなっています。"
        "意図した変更であれば承認してください。そうでなければSmartHRのデータと連携アカウントの権限を確認してください。"
        "More users would be deleted than the guard allows."
        "Approve if it is meant; otherwise check SmartHR.";
    HeldDepartmentDeletions "HELD_DEPARTMENT_DELETIONS" Data Customer Unchanged
        "削除される部署が多すぎるため保留しました"
        "前回より多くの部署がSmartHRから無くなっています。"
        "意図した変更であれば承認してください。そうでなければSmartHRのデータと連携アカウントの権限を確認してください。"
        "More departments would be deleted than the guard allows."
        "Approve if it is meant; otherwise check SmartHR.";
    HeldNoUsers "HELD_NO_USERS" Data Customer Unchanged
        "有効な社員が1人も居ないため保留しました"
        "SmartHRから連携対象の社員を1人も受信しませんでした。"
        "連携アカウントの権限と範囲を確認してください。"
        "SmartHR returned no valid user."
        "Check the account's rights and range.";
    HeldOrphans "HELD_ORPHANS" Data Customer Unchanged
        "所属する社員が居る部署が削除されるため保留しました"
        "社員が所属している部署が、SmartHRの部署一覧から無くなっています。"
        "SmartHRの部署一覧と連携アカウントの部署の閲覧権限を確認してください。"
        "A department that people belong to would be deleted."
        "Check SmartHR's departments.";
    HeldUnverified "HELD_UNVERIFIED" Data Customer Unchanged
        "居なくなったか確認できない社員が多いため保留しました"
        "SmartHRの一覧に居ない社員が多く、退職したのか一覧に出ないだけなのかを1人ずつ確認できませんでした。"
        "削除してよい社員であれば承認してください。そうでなければ連携アカウントの権限と範囲を確認してください。"
        "Too many people are not listed to ask SmartHR for each of them."
        "Approve if they left; otherwise check the account's rights and range.";
    IdReused "ID_REUSED" Data Customer Unchanged
        "ユーザIDが別の従業員のものになりました"
        "前回はSmartHRの別の従業員のものだったユーザIDです。そのまま更新すると、前の人のパスワードや連絡先が別の人に渡ります。"
        "同じ人か別の人かを確認して承認するか、SmartHRで社員番号を直してください。"
        "A known user ID belongs to another SmartHR person than before."
        "Approve as another or as the same person, or correct the number in SmartHR.";
    FirstLink "FIRST_LINK" Data Operator Unchanged
        "初回連携は手動で行います"
        "まだ一度も連携していない会社で、自動の実行が始まりました。"
        "事前確認の結果を見てから、承認するか手動で連携を実行してください。"
        "A run that no person started found no snapshot."
        "Approve, or run the first sync by hand.";
    Unassigned "UNASSIGNED" Data Customer Updated
        "部署が無くなったため所属から外れました"
        "エマージェンシーコールで所属または兼務していた部署が削除されたため、その項目が空になりました。"
        "SmartHRで社員の部署を確認してください。"
        "A department went, and the person's assignment with it."
        "Check the person's department in SmartHR.";
    EmcIdsUnreadable "EMC_IDS_UNREADABLE" Emc Operator Updated
        "エマージェンシーコールのIDと照合できませんでした"
        "データに変化が無い日に、エマージェンシーコールに登録されているIDの一覧を取得できませんでした。"
        "続くようであればエマージェンシーコールの状態を確認してください。"
        "The IDs that EMC holds could not be downloaded for comparison."
        "Look at EMC if it goes on.";
    EmcIdsUnknown "EMC_IDS_UNKNOWN" Emc Operator Updated
        "連携していないIDがエマージェンシーコールにあります"
        "この会社の会社コードが付いたIDのうち、連携していないものがエマージェンシーコールにあります。"
        "画面から登録したIDであれば削除してください。別の会社のIDであれば会社コードの設定を確認してください。"
        "EMC holds IDs with this company's prefix that the link does not know."
        "Remove what was entered by hand, or check the prefix.";
    HeldBlank "HELD_BLANK" Data Customer Unchanged
        "項目の値が急に減ったため保留しました"
        "前回は値があった項目が、多くの社員で空になりました。"
        "意図した変更であれば承認してください。そうでなければ連携アカウントの閲覧権限を確認してください。"
        "An item is now empty for many people who had a value."
        "Approve if it is meant; otherwise check the account's rights.";
}
