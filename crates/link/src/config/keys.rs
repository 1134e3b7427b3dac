//! What `config.toml` and the sheet may hold, in words for readers of both languages. The tables of `docs/REFERENCE.md` and
//! `docs/設定リファレンス.md` are made from here (`tests/config_documents.rs`), and compared with what the readers accept.

/// A text in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// For customers and operators.
    pub ja: &'static str,
    /// For engineers.
    pub en: &'static str,
}

const fn words(ja: &'static str, en: &'static str) -> Words {
    Words { ja, en }
}

/// A text that is the same in both languages, such as a value.
const fn same(text: &'static str) -> Words {
    Words { ja: text, en: text }
}

const NONE: Words = same("");
const YES: Words = words("○", "yes");

/// A key of `config.toml`.
#[derive(Clone, Copy, Debug)]
pub struct ConfigKey {
    /// Its name with the table's, such as `ids.prefix`.
    pub key: &'static str,
    /// When it must be there; empty where it need not.
    pub required: Words,
    /// What holds without it.
    pub default: Words,
    /// Which values it takes.
    pub accepted: Words,
    /// What it does.
    pub meaning: Words,
}

const fn key(key: &'static str, required: Words, default: Words, accepted: Words, meaning: Words) -> ConfigKey {
    ConfigKey { key, required, default, accepted, meaning }
}

const ONE_LINE: Words = words("空でない1行の文字列", "text in one line, not blank");
const URL: Words = words(
    "`http://` または `https://` のURL(利用者名、`?`、`#` は不可)",
    "http(s) URL without user, query and fragment; a trailing `/` is dropped",
);
const LIMIT: Words = words(
    "`\"0%\"`〜`\"100%\"`(小数第2位まで)または0以上の整数",
    "`\"0%\"`–`\"100%\"` with up to two decimals, or a whole number from 0",
);
const CELL: Words = words("制御文字を含まない文字列", "text without control characters");
const COLUMNS: Words = words(
    "`\"項目名\"` または `\"項目名=見出し\"` の配列(同じ項目は1回)",
    "list of items, each once, `\"item\"` or `\"item=header\"`",
);
const OPTIONS: Words = words(
    "`\"選択項目ID=名称\"` または `\"名称\"` の配列",
    "list of `\"option id=name\"`, or `\"name\"`, which is then what is written",
);
const WITH_SECTION: Words = words("`[top_department]` を書く場合", "with the section");

/// Every key, in the order of the document.
pub const CONFIG_KEYS: &[ConfigKey] = &[
    key(
        "company",
        YES,
        NONE,
        ONE_LINE,
        words("会社名。メールと画面に出ます", "the company's name, in mails and pages"),
    ),
    key(
        "smarthr.subdomain",
        words("これか `base_url`", "this or `base_url`"),
        NONE,
        words("英小文字・数字・ハイフン(先頭以外)、63文字まで", "1–63 of `a-z 0-9 -`, not starting with `-`"),
        words(
            "SmartHRのサブドメイン。`\"acme\"` は `https://acme.smarthr.jp`",
            "SmartHR's subdomain: `\"acme\"` is `https://acme.smarthr.jp`",
        ),
    ),
    key(
        "smarthr.base_url",
        words("これか `subdomain`", "this or `subdomain`"),
        NONE,
        URL,
        words(
            "サブドメインの代わりに書くアドレス(サンドボックスなど)",
            "an address in place of the subdomain, as of a sandbox",
        ),
    ),
    key(
        "smarthr.auth_url",
        NONE,
        same("`https://app.smarthr.jp`"),
        URL,
        words("SmartHRの認可サイト。通常は書きません", "SmartHR's OAuth site; rarely needed"),
    ),
    key(
        "emc.base_url",
        words("`destination = \"api\"` の場合", "with `destination = \"api\"`"),
        NONE,
        URL,
        words("エマージェンシーコールの取り込みAPI", "EMC's import API"),
    ),
    key(
        "emc.destination",
        NONE,
        same("`\"api\"`"),
        same("`\"api\"`, `\"csv\"`"),
        words(
            "連携方法。`\"csv\"` は一括アップロード用ファイルの作成",
            "`\"csv\"` writes files for EMC's own bulk upload instead of importing",
        ),
    ),
    key(
        "ids.prefix",
        NONE,
        words("なし", "none"),
        words("29文字まで、空白不可", "0–29 characters, no white space"),
        words("会社コード。ユーザIDと部署IDの先頭に付きます", "会社コード, put before every user ID and department ID"),
    ),
    key(
        "ids.reused",
        NONE,
        same("`\"hold\"`"),
        same("`\"hold\"`, `\"update\"`"),
        words(
            "連携済みのIDが、SmartHRの別の人に付け替えられたときの扱い。`\"hold\"` は保留、`\"update\"` は同じ人として更新して注意",
            "a known ID that now belongs to another SmartHR person: hold the run, or update with a warning",
        ),
    ),
    key(
        "top_department.id",
        WITH_SECTION,
        NONE,
        words("会社コードを含めて30文字まで、空白不可", "with the prefix at most 30 characters, no white space"),
        words(
            "自動で作る最上位部署の部署ID(会社コードは自動で付きます)",
            "ID of a department that is made above SmartHR's first level; gets the prefix",
        ),
    ),
    key("top_department.name", WITH_SECTION, NONE, ONE_LINE, words("最上位部署の部署名", "its name")),
    key(
        "departments.name_kana",
        NONE,
        same("`\"ブショ\"`"),
        ONE_LINE,
        words("部署名(ヨミ)の固定値", "the fixed value of 部署名(ヨミ)"),
    ),
    key(
        "departments.without_code",
        NONE,
        same("`\"skip\"`"),
        same("`\"skip\"`, `\"error\"`"),
        words(
            "部署コードの無い部署の扱い。`\"skip\"` は除外して注意、`\"error\"` はエラー",
            "a department without a code: left out with a warning, or an error",
        ),
    ),
    key(
        "users.name_separator",
        NONE,
        words("半角スペース", "one half-width space"),
        words("制御文字を含まない文字列(`\"\"` も可)", "any text without control characters, `\"\"` too"),
        words("姓と名の間の文字", "between surname and given name"),
    ),
    key(
        "scope.employment_types",
        NONE,
        words("全員", "everybody"),
        words("雇用形態の名称の配列(1つ以上)", "list of names of 雇用形態, at least one"),
        words("この雇用形態の人だけを連携します", "only people of these employment types"),
    ),
    key(
        "scope.departments",
        NONE,
        words("全部署", "all"),
        words("部署コードの配列(1つ以上、会社コードは付けない)", "list of 部署コード without prefix, at least one"),
        words(
            "この部署と配下に所属(兼務を含む)する人だけを連携します",
            "only people with any of their departments there or below",
        ),
    ),
    key(
        "scope.before_joining",
        NONE,
        same("`\"include\"`"),
        same("`\"include\"`, `\"exclude\"`"),
        words("入社年月日が未来の人を、連携するか、入社日まで連携しないか", "people whose 入社年月日 is in the future"),
    ),
    key(
        "guard.user_deletions",
        NONE,
        same("`\"10%\"`"),
        LIMIT,
        words("社員の削除がこれを超えると保留", "more deletions of users than this hold the run"),
    ),
    key(
        "guard.department_deletions",
        NONE,
        same("`\"10%\"`"),
        LIMIT,
        words("部署の削除がこれを超えると保留", "more deletions of departments than this hold the run"),
    ),
    key(
        "guard.blanks",
        NONE,
        same("`\"10%\"`"),
        LIMIT,
        words(
            "空にする設定の項目で、値のある人がこれを超えて減ると保留(割合は、その項目に前回値があった人数に対するもの)",
            "of an item that is cleared or replaced when absent: more people without a value than this hold the run; a percentage is of those who had one",
        ),
    ),
    key(
        "guard.floor",
        NONE,
        same("`5`"),
        words("0以上の整数", "whole number from 0"),
        words(
            "この件数までは保留しません(前回の有効件数の半分が上限)",
            "so many never hold a run; at most half of the previous valid count",
        ),
    ),
    key(
        "csv.encoding",
        NONE,
        words("`\"utf-8\"`(BOM付き)", "`\"utf-8\"` (with BOM)"),
        same("`\"utf-8\"`, `\"shift_jis\"`"),
        words(
            "一括アップロード用ファイルの文字コード。Shift_JISに無い文字(𠮷など)は、その人のエラーになります",
            "of the upload's files; a character that CP932 lacks is an error of that person",
        ),
    ),
    key(
        "csv.content",
        NONE,
        same("`\"full\"`"),
        same("`\"full\"`, `\"changes\"`"),
        words(
            "ファイルに含める行。全件、または変更分のみ。削除の行はどちらにも含めます",
            "all rows, or those that changed; deletions are in both",
        ),
    ),
    key("csv.flag_create", NONE, same("`\"自動\"`"), CELL, words("新しい行の処理フラグ", "処理フラグ of a new row")),
    key(
        "csv.flag_update",
        NONE,
        same("`\"自動\"`"),
        CELL,
        words("更新する行の処理フラグ", "処理フラグ of a row to be updated"),
    ),
    key(
        "csv.flag_delete",
        NONE,
        same("`\"削除\"`"),
        CELL,
        words("削除する行の処理フラグ", "処理フラグ of a row to be deleted"),
    ),
    key(
        "csv.keep",
        NONE,
        same("`\"\"`"),
        CELL,
        words("値を変えない欄に書く文字", "a cell whose item EMC is to leave alone"),
    ),
    key(
        "csv.clear",
        NONE,
        same("`\"\"`"),
        CELL,
        words("値を空にする欄に書く文字", "a cell whose item EMC is to empty"),
    ),
    key(
        "csv.departments",
        NONE,
        words("標準の項目", "処理フラグ, 部署ID, 部署名, 部署名(ヨミ), 親部署ID"),
        COLUMNS,
        words("部署データの列の順序と見出し", "columns of 部署データ and their headers"),
    ),
    key(
        "csv.users",
        NONE,
        words("標準の項目", "処理フラグ and the sheet's items in EMC's order"),
        COLUMNS,
        words(
            "ユーザデータの列の順序と見出し。連携設定シートのすべての項目が必要です",
            "columns of ユーザデータ; every item of the sheet among them",
        ),
    ),
    key("csv.search_words.1", NONE, NONE, OPTIONS, MASTER),
    key("csv.search_words.2", NONE, NONE, OPTIONS, same("")),
    key("csv.search_words.3", NONE, NONE, OPTIONS, same("")),
    key("csv.search_words.4", NONE, NONE, OPTIONS, same("")),
    key("csv.search_words.5", NONE, NONE, OPTIONS, same("")),
    key(
        "upload.deliver",
        NONE,
        words("送付しない", "no delivery"),
        words(
            "`\"sftp://利用者@ホスト:ポート/フォルダ\"`(ログイン先のフォルダの下は `/~/フォルダ`)または `\"s3://バケット/プレフィックス\"`",
            "`\"sftp://user@host:port/dir\"` (`/~/dir` for a directory below the login directory) or `\"s3://bucket/prefix\"`; no password",
        ),
        words(
            "一括アップロード用ファイルの送付先。`destination = \"csv\"` の場合だけ使えます",
            "where the files of a bulk upload are [delivered](#delivery); only with `destination = \"csv\"`",
        ),
    ),
    key(
        "upload.host_key",
        words("`sftp://` の場合", "with `sftp://`"),
        NONE,
        words(
            "`\"SHA256:…\"`、公開鍵 `\"ssh-ed25519 …\"`、またはその配列",
            "fingerprint `\"SHA256:…\"`, public key `\"ssh-ed25519 …\"`, or a list of them",
        ),
        words(
            "SFTPサーバのホスト鍵(Ed25519またはECDSA)。違う鍵のサーバには接続しません",
            "the server's host key (Ed25519 or ECDSA); a server with another key gets nothing",
        ),
    ),
    key(
        "upload.bucket_owner",
        NONE,
        words("確かめない", "not checked"),
        words("12桁のAWSアカウントID", "AWS account id of 12 digits, as text"),
        words(
            "送付先のバケットを持つAWSアカウント。違うアカウントのバケットには書き込みません",
            "the account that must own the bucket; a bucket of another account gets nothing",
        ),
    ),
    key(
        "on_change.enabled",
        NONE,
        same("`false`"),
        same("`true`, `false`"),
        words("SmartHRの変更を数分で連携するか", "whether a change in SmartHR starts a run within minutes"),
    ),
    key(
        "on_change.wait_minutes",
        NONE,
        same("`5`"),
        words("1〜60の整数", "a whole number from 1 to 60"),
        words("変更をまとめて待つ時間(分)", "how many minutes changes are gathered"),
    ),
    key(
        "on_change.mail",
        NONE,
        same("`\"problems\"`"),
        same("`\"problems\"`, `\"all\"`"),
        words(
            "変更による連携の結果通知。`\"problems\"` は失敗・保留と、その後の最初の成功だけ",
            "which of these runs are mailed: failures, holds and the first success after one, or all",
        ),
    ),
    key(
        "pages.allow",
        NONE,
        words("すべて", "all"),
        words("IPv4・IPv6のネットワークの配列(CIDR)", "list of IPv4 or IPv6 networks in CIDR form"),
        words("画面に入れる接続元", "from which networks the pages may be entered"),
    ),
    key(
        "pages.approver_only",
        NONE,
        same("`false`"),
        same("`true`, `false`"),
        words("保留の承認を、承認者の役割の人に限るか", "whether only the role approver may approve held runs"),
    ),
    key(
        "pages.four_eyes",
        NONE,
        same("`false`"),
        same("`true`, `false`"),
        words(
            "シートを最後に変えた人による承認を禁じるか",
            "whether the person who changed the sheet last may not approve",
        ),
    ),
    key(
        "notify.to",
        YES,
        NONE,
        words("メールアドレス1〜5件(重複不可)", "1–5 different addresses, ASCII, host with a dot"),
        words("結果通知の宛先", "gets the result mail"),
    ),
];

const MASTER: Words = words(
    "検索ワードのマスタ。連携設定シートで使う検索ワードには必須です。表ごと無い場合、シークレットに `emc.token` があれば、エマージェンシーコールから取得します",
    "masters of the search words that the sheet uses; without the table EMC's API is asked if the secret has `emc.token`",
);

/// An item of the sheet's left or second column.
#[derive(Clone, Copy, Debug)]
pub struct SheetItem {
    /// The names as the sheet has them; `N…M` stands for each number.
    pub names: &'static str,
    /// Whether a sheet without it is refused.
    pub required: bool,
    /// What it is, or what is sent.
    pub meaning: Words,
}

const fn item(names: &'static str, required: bool, meaning: Words) -> SheetItem {
    SheetItem { names, required, meaning }
}

/// エマージェンシーコール項目.
pub const EMC_ITEMS: &[SheetItem] = &[
    item(
        "処理フラグ",
        false,
        words("書く場合は 固定値「自動」。省略できます", "may say 固定値「自動」, 自動, a dash or nothing; not sent"),
    ),
    item(
        "ユーザID",
        true,
        words(
            "会社コードを含めて40文字まで。重複不可、大文字と小文字は区別します",
            "the key, with the prefix at most 40 characters; case matters",
        ),
    ),
    item("パスワード強制変更", false, words("例: 固定値「T」", "such as 固定値「T」")),
    item("パスワード", true, words("初期パスワード。更新は「更新しない」をお勧めします", "initial password")),
    item("氏名", true, words("氏名", "the person's name")),
    item("氏名(ヨミ)", true, words("連携する全員に必要です", "needed of everybody who is linked")),
    item(
        "所属部署コード",
        false,
        words(
            "通常は部署1。固定値・デフォルト・カスタム項目で部署コードを書く場合、会社コードは付けません(自動で付きます)",
            "sent as 部署ID, prefix included. A 部署コード that the sheet or a custom field spells out gets the prefix too; what is neither of today's is sent unchanged",
        ),
    ),
    item("兼務管理部署コード1…10", false, words("通常は部署2以降", "the same")),
    item(
        "緊急連絡1…10 媒体",
        false,
        words(
            "同じ番号のアドレスと対で書きます。アドレスの行が無ければ値なしです(点検と事前確認で注意が出ます)",
            "goes with the アドレス of its number; without that row it counts as absent, and `check` and `preview` warn",
        ),
    ),
    item("緊急連絡1…10 アドレス", false, words("同じ番号の媒体と対で書きます", "goes with the 媒体 of its number")),
    item(
        "検索ワード1…5",
        false,
        words("`検索ワード1:勤務地` のように名前を付けられます", "a caption may follow: `検索ワード1:勤務地`"),
    ),
];

const AS_ENTERED: Words = words("入力された値", "as entered");
const MASTER_NAME: Words = words("マスタの名称", "the name in SmartHR's master");

/// SmartHR項目.
pub const SMARTHR_ITEMS: &[SheetItem] = &[
    item("社員番号", false, AS_ENTERED),
    item("メールアドレス", false, AS_ENTERED),
    item(
        "氏名",
        false,
        words(
            "姓+区切り+名。片方が空なら、もう片方だけ",
            "surname, separator, given name; one alone where the other is empty",
        ),
    ),
    item("氏名(ヨミガナ)", false, words("同上", "the same")),
    item(
        "ビジネスネーム",
        false,
        words(
            "同上。姓・名とも空なら、氏名を使います",
            "the same of the business name; where both parts are empty, 氏名",
        ),
    ),
    item(
        "ビジネスネーム(ヨミガナ)",
        false,
        words(
            "同上。姓・名とも空なら、氏名(ヨミガナ)を使います",
            "the same; where both parts are empty, 氏名(ヨミガナ)",
        ),
    ),
    item(
        "部署1…10",
        false,
        words(
            "エマージェンシーコールの部署ID。部署コードの無い部署は値なしです",
            "the department's ID in EMC; a department without a code counts as absent",
        ),
    ),
    item("役職1…10", false, MASTER_NAME),
    item("事業所", false, MASTER_NAME),
    item("雇用形態", false, MASTER_NAME),
    item("等級", false, MASTER_NAME),
    item("職種", false, MASTER_NAME),
    item("採用区分", false, MASTER_NAME),
    item("業務内容", false, AS_ENTERED),
    item("在籍状況", false, words("在籍中、休職中", "在籍中, 休職中")),
    item("性別", false, words("男性、女性", "男性, 女性")),
    item("電話番号", false, AS_ENTERED),
    item("入社年月日", false, words("`2026-04-01` の形", "`YYYY-MM-DD`")),
    item("住所(都道府県)", false, AS_ENTERED),
    item("住所(市区町村)", false, AS_ENTERED),
    item(
        "カスタム項目「項目名」",
        false,
        words(
            "入力された値。選択肢の項目は選択肢の名称(複数なら「、」区切り)",
            "as entered; of a list, the choice's name (several: joined by 、). The name must exist in SmartHR: `SHEET_CUSTOM_FIELD_UNKNOWN`",
        ),
    ),
    item(
        "固定値「値」",
        false,
        words("全員に同じ値。ユーザIDには使えません", "the value for everybody. Not for ユーザID"),
    ),
    item(
        "無し(空白)",
        false,
        words(
            "常に値なし。「値なし」の列のデフォルトと組み合わせます。ユーザIDには使えません",
            "never a value. Not for ユーザID",
        ),
    ),
];
