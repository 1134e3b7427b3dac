//! The words of the pages: those that HR uses, and none of those that only we use.

use crate::stage::{Page, Stage};

/// Words that no page says, and what it says instead.
const NEVER: [(&str, &str); 12] = [
    ("採用する", "適用する"),
    ("サインイン", "ログイン"),
    ("サインアウト", "ログアウト"),
    ("ログオン", "ログイン"),
    ("config.toml", "設定"),
    ("JSON", "ファイル"),
    ("アクセストークン", "接続情報"),
    ("Lambda", "処理"),
    ("S3", "保存先"),
    ("見当たりません", "見つかりません"),
    ("最初回", "初回"),
    ("error", "エラー"),
];

/// What a visitor reads: the text between the tags.
fn text(page: &Page) -> String {
    let mut text = String::new();
    let body = page.body.split_once("<body>").map_or("", |(_, body)| body);
    for part in body.split('<') {
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
        text.push(' ');
    }
    text
}

/// A number of things or people from a thousand on that has no separator.
fn unseparated(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let is_amount = |end: usize| {
        let start = letters[..end].iter().rposition(|letter| !letter.is_ascii_digit()).map_or(0, |at| at + 1);
        let stands_alone =
            start == 0 || !(letters[start - 1].is_ascii_alphanumeric() || ",.-/".contains(letters[start - 1]));
        (stands_alone && end - start > 3).then(|| letters[start..=end].iter().collect())
    };
    let mut ends = (0..letters.len()).filter(|at| matches!(letters[*at], '件' | '人' | '回' | '個'));
    ends.find_map(is_amount)
}

#[tokio::test]
async fn the_pages_use_the_words_of_their_readers() {
    let large =
        |company: &mut simulators::company::Company| *company = simulators::company::Company::generate(7, 2_500);
    let stage = Stage::with("acme", large, |config| config).await;
    let mut visitor = stage.visitor().await;
    visitor.run("check").await;
    visitor.run("sync").await;
    stage.smarthr.change(|company| company.hide_people(0.5));
    let held = visitor.run("sync").await;
    let at = held.body.find("/approve").unwrap();
    let start = held.body[..at].rfind('"').unwrap() + 1;
    let run = held.body[start..at].to_owned();
    let approve = format!("{run}/approve");
    let paths = [
        "/",
        "/runs",
        &run,
        &approve,
        "/sheet",
        "/connection",
        "/connection/add",
        "/connection/disconnect",
        "/audit",
        "/export",
        "/people",
        "/connection/rules",
        "/privacy",
        "/person?q=00027",
        "/nothing",
    ];
    for path in paths {
        let page = visitor.get(path).await;
        let text = text(&page);
        assert!(text.len() > 200, "{path}: {text}");
        for (word, instead) in NEVER {
            assert!(!text.contains(word), "{path} says {word} and not {instead}: {text}");
        }
        assert_eq!(unseparated(&text), None, "{path}: {text}");
        assert!(!text.contains("登録処理を行います") || path != run, "{path}: a held run hands nothing over");
    }
    assert!(!text(&visitor.get(&run).await).contains("エラーの一覧"), "a held run has no errors");
}

#[tokio::test]
async fn titles_name_page_day_and_company_and_problems_keep_the_menu() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let page = visitor.get("/runs").await;
    let title = page.body.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert!(title.starts_with("実行履歴 | 2") && title.contains("みなと総合サービス株式会社"), "{title}");
    page.says("この画面の使い方").says("ops@example.co.jp");
    let lost = visitor.get("/runs/20200101T000000000-0f1e2d3c4b5a").await;
    assert_eq!(lost.status, 404);
    lost.says("aria-label=\"メニュー\"").says("連携設定シート");
    let overview = visitor.get("/").await;
    overview.says("次の毎日の連携").says("4:30ごろ");
}
