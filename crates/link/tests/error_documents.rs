//! `docs/ERRORS.ja.md` and `docs/ERRORS.md` are made from the catalogue: they cannot differ from what the mails say.
//! `UPDATE_DOCS=1 cargo test -p link --test error_documents` writes them anew.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::path::PathBuf;

use link::fault::catalogue::ALL;
use link::fault::{Actor, Code, EmcData, Family};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

fn families() -> [Family; 4] {
    [Family::Config, Family::SmartHr, Family::Emc, Family::Data]
}

fn of(family: Family) -> impl Iterator<Item = Code> {
    ALL.iter().copied().filter(move |code| code.entry().family == family)
}

fn is_hold(code: Code) -> bool {
    code == Code::IdExists || code.entry().name.starts_with("HELD_")
}

fn japanese() -> String {
    let mut out = String::from(
        "# エラー一覧\n\n\
         結果通知メール、実行結果(report.json)、errors.csv に出るコードの一覧です。この文書はプログラムの一覧表から作成しています。\n\n\
         * **エラーが1件でもあれば、エマージェンシーコールにも前回データにも何も書き込みません。** 翌日の日次処理(または再実行)で、\
         修正後のデータが連携されます。「前日のデータ」には、そのコードが出たときに前日のデータが残るかどうかを示します。\n\
         * 人や部署に関わるエラーには、SmartHRの該当ページのアドレスが付きます。\n",
    );
    for family in families() {
        let (title, subject) = match family {
            Family::Config => ("設定に関するもの", "EMC-ERROR-C(Config NG)"),
            Family::SmartHr => ("SmartHRに関するもの", "EMC-ERROR-S(SmartHR NG)"),
            Family::Emc => ("エマージェンシーコールに関するもの", "EMC-ERROR-E(EMC NG)"),
            Family::Data => ("データに関するもの", "EMC-ERROR-D(Update NG)"),
        };
        write!(out, "\n## {title}\n\nメールの件名: `{subject}`\n").unwrap();
        for entry in of(family).map(Code::entry) {
            let actor = match entry.actor {
                Actor::Customer => "お客様",
                Actor::Operator => "インフォコム(運用担当)",
                Actor::SmartHr => "SmartHR",
                Actor::Emc => "エマージェンシーコール",
            };
            let yesterday = match entry.yesterday {
                EmcData::Updated => "残りません(注意のみです。処理は止まらず、今日のデータが連携されます)",
                EmcData::Unchanged if is_hold(entry.code) => "そのまま残ります(承認すると今日のデータが連携されます)",
                EmcData::Unchanged => "そのまま残ります",
                EmcData::Unknown => "残っているかどうか未確認です(次回の処理が最初に確定します)",
                EmcData::AheadOfSnapshot => "登録は完了しています(前回データへの反映は、次回の処理が最初に行います)",
            };
            write!(
                out,
                "\n### `{}`\n\n{}\n\n* 原因: {}\n* 対処: {}\n* 対応する人: {actor}\n* 前日のデータ: {yesterday}\n",
                entry.name, entry.title_ja, entry.cause_ja, entry.remedy_ja
            )
            .unwrap();
        }
    }
    out
}

fn english() -> String {
    let mut out = String::from(
        "# Errors\n\n\
         Every code of the result mail, `report.json` and `errors.csv`. Made from the program's own table.\n\n\
         * **With one error nothing is written**, neither to EMC nor to the snapshot, and the next daily run or re-run links \
         the repaired data. The last column says of each code whether yesterday's data stands.\n\
         * An error of a person or a department carries its address in SmartHR.\n\n\
         Messages to customers are Japanese: [ERRORS.ja.md](ERRORS.ja.md).\n",
    );
    for family in families() {
        let title = match family {
            Family::Config => "Configuration: `EMC-ERROR-C(Config NG)`",
            Family::SmartHr => "SmartHR: `EMC-ERROR-S(SmartHR NG)`",
            Family::Emc => "Emergency Call: `EMC-ERROR-E(EMC NG)`",
            Family::Data => "Data: `EMC-ERROR-D(Update NG)`",
        };
        write!(
            out,
            "\n## {title}\n\n| code | cause | remedy | who acts | yesterday's data |\n| --- | --- | --- | --- | --- |\n"
        )
        .unwrap();
        for entry in of(family).map(Code::entry) {
            let actor = match entry.actor {
                Actor::Customer => "customer",
                Actor::Operator => "operator",
                Actor::SmartHr => "SmartHR",
                Actor::Emc => "EMC",
            };
            let yesterday = match entry.yesterday {
                EmcData::Updated => "replaced: the code stops nothing",
                EmcData::Unchanged if is_hold(entry.code) => "stands until approved",
                EmcData::Unchanged => "stands",
                EmcData::Unknown => "not known: the next run settles it first",
                EmcData::AheadOfSnapshot => "replaced in EMC; the next run brings the snapshot there first",
            };
            writeln!(out, "| `{}` | {} | {} | {actor} | {yesterday} |", entry.name, entry.cause_en, entry.remedy_en)
                .unwrap();
        }
    }
    out
}

#[test]
fn the_error_documents_are_those_of_the_catalogue() {
    for (name, text) in [("ERRORS.ja.md", japanese()), ("ERRORS.md", english())] {
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path(name), &text).unwrap();
        }
        let kept = std::fs::read_to_string(path(name)).unwrap_or_default();
        assert!(kept == text, "docs/{name} is not that of the catalogue: run with UPDATE_DOCS=1");
    }
}

#[test]
fn every_code_says_what_to_do_in_both_languages() {
    for entry in ALL.iter().map(|code| code.entry()) {
        for text in [entry.title_ja, entry.cause_ja, entry.remedy_ja, entry.cause_en, entry.remedy_en] {
            assert!(!text.is_empty() && !text.contains('|'), "{}", entry.name);
        }
    }
}
