//! Which personal item goes from where to where, when, and how long it is kept (個人データの取扱い), made from a tenant's own config
//! and sheet. Pure: who shows it (command line, pages, a document) decides how. The wording of consents and of entrustment is the
//! lawyers'.

// Writing into a String cannot fail.
use std::fmt::Write as _;

use serde::Serialize;

use crate::config::{Absent, Config, Destination, EmcItem, Mapping, Present, Rule, SmartHrField, Source, UserIdAbsent};

/// A tenant's data map.
#[derive(Clone, Debug, Serialize)]
pub struct DataMap {
    /// The company.
    pub company: String,
    /// Whose data is read.
    pub people: Vec<String>,
    /// Each item's way.
    pub flows: Vec<Flow>,
    /// Where something is kept.
    pub kept: Vec<Retention>,
    /// Where the files of a bulk upload are delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_to: Option<String>,
    /// Who else gets something: the report mail's addresses.
    pub mailed_to: Vec<String>,
}

/// One item's way from SmartHR to EMC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// The item at SmartHR; a fixed value is named as such and never shown, since it may be a password.
    pub from: String,
    /// Whether it says something about a living person, or is the same for everybody.
    pub personal: bool,
    /// The item at EMC.
    pub to: String,
    /// When it is sent.
    pub when: String,
    /// What happens in EMC when SmartHR no longer has a value.
    pub without_value: String,
}

/// Something that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// What.
    pub what: &'static str,
    /// Where: a key of the state, or the service.
    pub place: &'static str,
    /// Which personal items are in it.
    pub personal: &'static str,
    /// How long. A name in backquotes is a parameter of the stack, with its default.
    pub how_long: &'static str,
    /// Why.
    pub why: &'static str,
}

const fn kept(
    what: &'static str,
    place: &'static str,
    personal: &'static str,
    how_long: &'static str,
    why: &'static str,
) -> Retention {
    Retention { what, place, personal, how_long, why }
}

/// Everything that is kept, in one table: documents, command line and pages show this one.
pub const RETENTION: &[Retention] = &[
    kept(
        "SmartHRから受信した従業員・部署データ",
        "関数のメモリ",
        "連携設定シートで使う項目",
        "1回の処理の間だけ(最長15分)。ファイルにも記録にも残しません",
        "変換と比較のため",
    ),
    kept(
        "前回データ",
        "snapshot.json、pending.json",
        "ユーザID、SmartHRの従業員ID",
        "契約の間。上書きされた版は `OldVersionsDays`(30日)",
        "新規・更新・削除を判断するため。氏名・連絡先・パスワードは含みません",
    ),
    kept(
        "実行結果",
        "runs/",
        "ユーザID、SmartHRの従業員ID、エラーになった項目の名称と値の一部",
        "`RunsRetentionDays`(400日)。変更を受けて行い、変化の無かった処理は7日。その後の版は `OldVersionsDays`(30日)",
        "エラーの対応、保留の承認、1年分の振り返り",
    ),
    kept(
        "エラーが始まった日",
        "known-errors.json",
        "なし(エラーの対象は元に戻せない符号だけ)",
        "エラーが直るまで。上書きされた版は `OldVersionsDays`(30日)",
        "いつからのエラーかを画面に示すため",
    ),
    kept(
        "一括アップロード用ファイル",
        "outbox/",
        "連携するすべての項目、新しい人の初期パスワード",
        "完了の確認まで。確認しない場合も7日。その後の版は1日",
        "Web画面からの取り込み(`emc.destination = \"csv\"` の場合だけ)",
    ),
    kept(
        "EMCからダウンロードしたID一覧",
        "baseline/",
        "ユーザID(運用担当者が他の列を残した場合はその列)",
        "契約の間。初回連携の後に削除できます。消した版は `OldVersionsDays`(30日)",
        "最初の前回データを作るため",
    ),
    kept(
        "設定",
        "config.toml、mapping.xlsx、mapping.csv、mapping-history/",
        "結果通知の宛先",
        "契約の間。上書きされた版は `OldVersionsDays`(30日)",
        "毎日の処理のため、元の設定に戻すため",
    ),
    kept("採用していない連携設定シート", "mapping-drafts/", "なし", "30日", "事前確認のため"),
    kept(
        "操作の記録",
        "audit/",
        "操作した人のログイン名と氏名",
        "`RunsRetentionDays`(400日)",
        "誰が何をしたかを確かめるため",
    ),
    kept(
        "画面のセッションと入場用リンク",
        "connect/sessions/、connect/launches/",
        "操作した人のログイン名と氏名",
        "1日(セッションは30分の無操作、最長10時間で無効)",
        "入場の確認のため",
    ),
    kept(
        "保留への判断(承認・却下)",
        "connect/decisions/",
        "操作した人の氏名、理由",
        "契約の間",
        "誰が何を承認したかを後で示すため",
    ),
    kept(
        "SmartHRとの接続の記録",
        "connect/connection.json",
        "許可した人の氏名",
        "連携を解除するまで",
        "いつ誰の許可で連携しているかを示すため",
    ),
    kept(
        "Webhookの登録、画面の一覧のための要約",
        "connect/webhook.json、connect/last-change.json、connect/run-summaries.json",
        "なし",
        "契約の間。上書きされた版は `OldVersionsDays`(30日)",
        "変更の通知を受けるため、一覧を速く表示するため",
    ),
    kept(
        "変更を受けて行った処理の時刻と要求数",
        "changes.json",
        "なし",
        "直近1時間分だけ",
        "SmartHRへの要求の数を抑えるため",
    ),
    kept("実行中の印", "lock.json", "なし", "処理の間だけ", "同時に2つの処理が動かないようにするため"),
    kept(
        "トークン",
        "Secrets Manager emc-link/{テナントID}",
        "なし",
        "契約の間。削除後は7〜30日の回復期間(即時削除も選択可)",
        "SmartHRとエマージェンシーコールへの接続",
    ),
    kept(
        "ログと指標",
        "CloudWatch Logs",
        "なし(実行ID、件数、時間だけ)",
        "`LogRetentionDays`(90日)",
        "障害の調査のため",
    ),
    kept("失敗した起動", "SQS", "なし", "14日", "起動できなかった処理を調べるため"),
    kept(
        "結果通知メール",
        "お客様のメールサーバ",
        "エラーになった人のユーザID、項目名、SmartHRのアドレス",
        "お客様の定めによる(EMC Link側には残しません)",
        "誤りを直していただくため",
    ),
    kept(
        "エマージェンシーコールで削除された人",
        "エマージェンシーコール",
        "登録されていたすべての項目",
        "30日",
        "誤って削除した人を元に戻すため",
    ),
];

/// The map of a tenant.
pub fn data_map(config: &Config, mapping: &Mapping) -> DataMap {
    let mut flows = vec![Flow {
        from: named(&mapping.user_id.source),
        personal: true,
        to: EmcItem::UserId.label().to_owned(),
        when: "新規登録のとき(以後は照合に使用)".to_owned(),
        without_value: match mapping.user_id.update_absent {
            UserIdAbsent::Error => "エラー。何も登録しません".to_owned(),
            UserIdAbsent::LeaveOut => "連携の対象外。登録済みなら削除します".to_owned(),
        },
    }];
    flows.push(Flow {
        from: "SmartHRの従業員ID".to_owned(),
        personal: true,
        to: "人の識別子".to_owned(),
        when: "毎回".to_owned(),
        without_value: "常にあります".to_owned(),
    });
    flows.extend(mapping.rules.iter().filter(|rule| !rule.is_idle()).filter_map(flow));
    let is_upload = config.emc.destination == Destination::Csv;
    let kept = RETENTION.iter().filter(|row| is_upload || row.place != "outbox/").copied().collect();
    DataMap {
        company: config.company.clone(),
        people: people(config),
        flows,
        kept,
        delivered_to: config.delivery.as_ref().map(ToString::to_string),
        mailed_to: config.notify.clone(),
    }
}

/// Whose data is read: all that the SmartHR account may see, narrowed by `[scope]`.
fn people(config: &Config) -> Vec<String> {
    let mut lines = vec!["SmartHRの連携アカウントが閲覧できる、在籍中・休職中の従業員".to_owned()];
    let list = |names: &std::collections::BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join("、");
    if let Some(types) = &config.scope.employment_types {
        lines.push(format!("雇用形態が {} の人だけを連携します", list(types)));
    }
    if let Some(codes) = &config.scope.departments {
        lines.push(format!("部署コード {} とその配下の人だけを連携します", list(codes)));
    }
    lines
}

fn flow(rule: &Rule) -> Option<Flow> {
    let creates = rule.create_present == Present::Send || matches!(rule.create_absent, Absent::Default(_));
    let updates =
        rule.update_present == Present::Send || matches!(rule.update_absent, Absent::Default(_) | Absent::Clear);
    let when = match (creates, updates) {
        (true, true) => "新規登録と更新のとき",
        (true, false) => "新規登録のときだけ",
        (false, true) => "更新のときだけ",
        (false, false) => return None,
    };
    Some(Flow {
        from: named(&rule.source),
        personal: matches!(rule.source, Source::Field(_) | Source::Custom(_)),
        to: rule.label.clone(),
        when: when.to_owned(),
        without_value: match &rule.update_absent {
            Absent::Error => "エラー。何も登録しません",
            Absent::Leave => "エマージェンシーコールの値を残します",
            Absent::Clear => "エマージェンシーコールの値を消します",
            Absent::Default(_) => "決まった値に置き換えます",
        }
        .to_owned(),
    })
}

/// The source without a value: a fixed value may be a password.
fn named(source: &Source) -> String {
    match source {
        Source::Field(field @ (SmartHrField::Name | SmartHrField::NameKana)) => format!("{}(姓・名)", field.label()),
        Source::Field(field) => field.label().to_owned(),
        Source::Custom(name) => format!("カスタム項目「{name}」"),
        Source::Fixed(_) => "固定値(全員に同じ値)".to_owned(),
        Source::Nothing => "なし(決まった値を入れる)".to_owned(),
    }
}

impl DataMap {
    /// The map as a page in Markdown, to be handed to a customer.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# 個人データの取扱い: {}\n\n## 対象となる人\n\n", cell(&self.company));
        for line in &self.people {
            let _ = writeln!(out, "* {}", cell(line));
        }
        out.push_str(
            "\n## 項目の流れ(SmartHR → エマージェンシーコール)\n\n\
             | SmartHRの項目 | エマージェンシーコールの項目 | いつ | SmartHRに値が無いとき |\n| --- | --- | --- | --- |\n",
        );
        for flow in &self.flows {
            let row = [&flow.from, &flow.to, &flow.when, &flow.without_value].map(|text| cell(text));
            let _ = writeln!(out, "| {} |", row.join(" | "));
        }
        out.push_str("\n## 保持するもの\n\n");
        out.push_str(&retention_table(&self.kept));
        if let Some(place) = &self.delivered_to {
            let _ = writeln!(out, "\n## 一括アップロード用ファイルの送付先\n\n* {}", cell(place));
        }
        out.push_str("\n## 結果通知メールの宛先\n\n");
        for address in &self.mailed_to {
            let _ = writeln!(out, "* {}", cell(address));
        }
        out
    }
}

/// The table of what is kept, in Markdown.
pub fn retention_table(rows: &[Retention]) -> String {
    let mut out = String::from("| 何を | どこに | 個人データ | いつまで | なぜ |\n| --- | --- | --- | --- | --- |\n");
    for row in rows {
        let Retention { what, place, personal, how_long, why } = row;
        let _ = writeln!(out, "| {what} | {place} | {personal} | {how_long} | {why} |");
    }
    out
}

/// A text of the customer's in a table's cell: what Markdown would read as its own is made harmless.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' => safe.extend(['\\', c]),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SheetFormat, parse_config, parse_sheet};

    const CONFIG: &str = "company = \"A|B社\"\n[smarthr]\nsubdomain = \"acme\"\n[emc]\nbase_url = \"https://emc.example.jp\"\n\
        [scope]\nemployment_types = [\"正社員\"]\n[notify]\nto = [\"hr@example.co.jp\"]\n";
    const SHEET: &str = "エマージェンシーコール項目,SmartHR項目,新規登録:値あり,新規登録:値なし,更新:値あり,更新:値なし\n\
        ユーザID,社員番号,登録,エラー,更新しない,連携しない\n\
        パスワード,固定値「Initial-1」,登録,エラー,更新しない,更新しない\n\
        氏名,氏名,登録,エラー,更新,エラー\n\
        氏名(ヨミ),氏名(ヨミガナ),登録,エラー,更新,エラー\n\
        緊急連絡1 媒体,固定値「メールアドレス」,登録,登録しない,更新,更新\n\
        緊急連絡1 アドレス,カスタム項目「個人メール」,登録,登録しない,更新,更新\n\
        検索ワード4:雇用形態,無し(空白),登録,登録しない,更新,更新しない\n";

    fn map(extra: &str) -> DataMap {
        let config = parse_config(format!("{CONFIG}{extra}").as_bytes()).unwrap();
        data_map(&config, &parse_sheet(SheetFormat::Csv, SHEET.as_bytes()).unwrap())
    }

    #[test]
    fn each_used_item_has_its_way_and_its_time() {
        let map = map("");
        let found = |to: &str| map.flows.iter().find(|flow| flow.to == to).unwrap();
        assert_eq!((found("ユーザID").from.as_str(), found("ユーザID").personal), ("社員番号", true));
        assert!(found("ユーザID").without_value.contains("削除"));
        assert_eq!((found("パスワード").when.as_str(), found("パスワード").personal), ("新規登録のときだけ", false));
        assert_eq!(found("緊急連絡1 アドレス").from, "カスタム項目「個人メール」");
        assert_eq!(found("緊急連絡1 アドレス").without_value, "エマージェンシーコールの値を消します");
        assert_eq!(found("氏名").when, "新規登録と更新のとき");
        assert!(map.flows.iter().all(|flow| flow.to != "検索ワード4:雇用形態"), "an item that is never sent");
        assert!(map.people[1].contains("正社員"));
    }

    #[test]
    fn no_fixed_value_is_shown_for_it_may_be_a_password() {
        let map = map("");
        assert!(
            !map.to_markdown().contains("Initial-1") && !serde_json::to_string(&map).unwrap().contains("Initial-1")
        );
    }

    #[test]
    fn the_customers_own_words_break_no_table() {
        assert!(map("").to_markdown().starts_with("# 個人データの取扱い: A\\|B社\n"));
    }

    #[test]
    fn upload_files_are_kept_only_where_they_are_made() {
        let has = |map: &DataMap| map.kept.iter().any(|row| row.place == "outbox/");
        assert!(!has(&map("")));
        let config = CONFIG.replace("base_url = \"https://emc.example.jp\"", "destination = \"csv\"");
        let config = parse_config(config.as_bytes()).unwrap();
        assert!(has(&data_map(&config, &parse_sheet(SheetFormat::Csv, SHEET.as_bytes()).unwrap())));
    }
}
