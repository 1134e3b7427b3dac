//! The sheet: downloaded, corrected, tried, adopted, taken back.

use link::config::{SheetFormat, parse_sheet};
use simulators::samples::FULL_SHEET;

use crate::stage::Stage;

/// The full sheet with one row changed.
fn changed() -> String {
    let own = FULL_SHEET.lines().find(|line| line.starts_with("検索ワード1")).unwrap();
    FULL_SHEET.replace(&format!("{own}\n"), "").replace(&format!("{own}\r\n"), "")
}

#[tokio::test]
async fn the_sheet_in_force_is_downloaded_as_a_workbook() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.get("/sheet").await.says("検索ワード1").says("カスタム項目");
    let request = visitor.request(reqwest::Method::GET, "/sheet/current");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"mapping.xlsx\"");
    let workbook = response.bytes().await.unwrap();
    assert!(parse_sheet(SheetFormat::Xlsx, &workbook).is_ok());
    // Sent back as it is, it changes nothing.
    let page = visitor.upload(workbook.to_vec()).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let draft = page.location().to_owned();
    visitor.get(&draft).await.says("内容の違いはありません");
}

#[tokio::test]
async fn faults_are_told_by_row_and_nothing_is_kept() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let wrong = FULL_SHEET.replace("社員番号", "社員番合").replace("登録しない", "とうろくしない");
    let page = visitor.upload(wrong).await;
    assert_eq!(page.status, 422);
    page.says("社員番合").says("とうろくしない").says("シートは変更していません");
    // The rows are shown as they are in the file, and the faults' rows are marked.
    let row = FULL_SHEET.lines().position(|line| line.starts_with("ユーザID,")).unwrap() + 1;
    page.says(&format!("id=\"row-{row}\" class=\"wrong\"")).says(&format!("href=\"#row-{row}\"")).says(">誤り<");
    for nonsense in [&b"PK\x03\x04 not a workbook"[..], b"\xff\xfe\x00", b"a,b,c"] {
        assert_eq!(visitor.upload(nonsense).await.status, 422);
    }
    assert_eq!(visitor.upload(vec![b'x'; 3 << 20]).await.status, 400);
    assert_eq!(visitor.upload("").await.status, 400);
    assert_eq!(stage.file("mapping.csv").unwrap(), FULL_SHEET);
    assert!(!stage.home.directory().directory().join("mapping-drafts").exists());
}

#[tokio::test]
async fn a_new_sheet_is_tried_adopted_and_taken_back() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await.says("成功");
    let uploaded = visitor.upload(changed()).await;
    let draft = uploaded.location().to_owned();
    let page = visitor.get(&draft).await;
    page.says("削除").says("検索ワード1");
    let seen = hidden(&page.body, "seen");

    // Tried: the preview uses the draft, and the sheet in force stays.
    let started = visitor.post(&format!("{draft}/preview"), &[]).await;
    visitor.watch(&started).await.says("確認のみ");
    assert_eq!(stage.file("mapping.csv").unwrap(), FULL_SHEET);

    let outdated = visitor.post(&format!("{draft}/adopt"), &[("seen", "csv:x")]).await;
    assert_eq!(outdated.status, 409);
    assert_eq!(stage.file("mapping.csv").unwrap(), FULL_SHEET);
    let adopted = visitor.post(&format!("{draft}/adopt"), &[("seen", &seen)]).await;
    assert_eq!((adopted.status, adopted.location()), (303, "/sheet"), "{}", adopted.body);
    assert_eq!(stage.file("mapping.csv").unwrap(), changed());
    assert!(stage.file("lock.json").is_none());

    // The one before is there, is shown as a change, and comes back.
    let page = visitor.get("/sheet").await;
    page.says("新しいシートを適用しました").says("まで使用");
    assert_eq!(visitor.get(&draft).await.status, 404);
    let at = page.body.find("/restore\"").unwrap();
    let start = page.body[..at].rfind('"').unwrap() + 1;
    let restore = page.body[start..at + "/restore".len()].to_owned();
    let draft = visitor.post(&restore, &[]).await.location().to_owned();
    let page = visitor.get(&draft).await;
    page.says("追加");
    visitor.post(&format!("{draft}/adopt"), &[("seen", &hidden(&page.body, "seen"))]).await;
    assert_eq!(stage.file("mapping.csv").unwrap(), FULL_SHEET);
    let wanted = ["sheet_uploaded", "preview_started", "sheet_adopted"];
    let audited = stage.audited();
    assert!(wanted.iter().all(|action| audited.iter().any(|own| own == action)), "{audited:?}");
}

#[tokio::test]
async fn a_workbook_takes_the_place_of_a_text_file() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let response = visitor.request(reqwest::Method::GET, "/sheet/current").send().await.unwrap();
    let workbook = response.bytes().await.unwrap();
    let draft = visitor.upload(workbook.to_vec()).await.location().to_owned();
    let seen = hidden(&visitor.get(&draft).await.body, "seen");
    visitor.post(&format!("{draft}/adopt"), &[("seen", &seen)]).await;
    assert!(stage.file("mapping.csv").is_none());
    assert!(stage.home.directory().directory().join("mapping.xlsx").exists());
    visitor.run("preview").await.says("確認のみ");
}

#[tokio::test]
async fn a_discarded_draft_is_gone() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let draft = visitor.upload(changed()).await.location().to_owned();
    visitor.post(&format!("{draft}/discard"), &[]).await;
    assert_eq!(visitor.get(&draft).await.status, 404);
    let started = visitor.post(&format!("{draft}/preview"), &[]).await;
    assert_eq!(started.status, 404);
    assert_eq!(stage.file("mapping.csv").unwrap(), FULL_SHEET);
}

#[tokio::test]
async fn no_sheet_is_replaced_while_a_run_reads_it() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let draft = visitor.upload(changed()).await.location().to_owned();
    let seen = hidden(&visitor.get(&draft).await.body, "seen");
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(1);
    let lock = serde_json::json!({"holder": "20261123T043112345-0f1e2d3c4b5a", "expires_at": until.to_string()});
    stage.put("lock.json", lock.to_string());
    let page = visitor.post(&format!("{draft}/adopt"), &[("seen", &seen)]).await;
    assert_eq!(page.status, 409);
    assert_eq!(stage.file("mapping.csv").unwrap(), FULL_SHEET);
}

fn hidden(body: &str, name: &str) -> String {
    let sign = format!("name=\"{name}\" value=\"");
    let at = body.find(&sign).expect(&sign) + sign.len();
    body[at..].split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&")
}

#[tokio::test]
async fn a_draft_is_listed_previewed_and_then_put_in_force() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let changed = simulators::samples::FULL_SHEET.replacen("登録しない", "エラー", 1);
    let draft = visitor.upload(changed).await.location().to_owned();
    assert!(draft.starts_with("/sheet/drafts/"), "{draft}");
    visitor.get("/sheet").await.says("適用していないシート").says(&draft);
    visitor.get(&draft).await.says("class=\"primary\" type=\"submit\">このシートで事前確認");
    let started = visitor.post(&format!("{draft}/preview"), &[]).await;
    let preview = visitor.watch(&started).await;
    preview.says("シートの適用に進む").says(&format!("{draft}?previewed=yes"));
    visitor.get(&format!("{draft}?previewed=yes")).await.says("class=\"primary\" type=\"submit\">適用する");
}

#[tokio::test]
async fn another_item_as_user_id_is_a_warning_in_red() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let row = simulators::samples::FULL_SHEET.lines().find(|line| line.starts_with("ユーザID,")).unwrap();
    let source = row.split(',').nth(1).unwrap();
    let other = if source == "メールアドレス" { "社員番号" } else { "メールアドレス" };
    let changed = simulators::samples::FULL_SHEET.replace(row, &row.replacen(source, other, 1));
    let draft = visitor.upload(changed).await.location().to_owned();
    visitor.get(&draft).await.says("ユーザIDにする項目が変わります");
}

#[tokio::test]
async fn names_are_looked_up_in_smarthr_and_emergency_call() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let draft = visitor.upload(changed()).await.location().to_owned();
    visitor.get(&draft).await.says("照合済み");
    let custom = FULL_SHEET.lines().find(|line| line.contains("カスタム項目「")).unwrap();
    let name = custom.split('「').nth(1).unwrap().split('」').next().unwrap();
    let wrong = FULL_SHEET.replace(&format!("「{name}」"), "「存在しない項目」");
    let row = wrong.lines().position(|line| line.contains("存在しない項目")).unwrap() + 1;
    let draft = visitor.upload(wrong).await.location().to_owned();
    let page = visitor.get(&draft).await;
    page.says("合わない点があります").says("存在しない項目").says(&format!("id=\"row-{row}\" class=\"wrong\""));
    stage.smarthr.world().revoke_all_tokens();
    visitor.get(&draft).await.says("照合はできませんでした");
}

#[tokio::test]
async fn what_would_delete_or_empty_is_told() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let row = FULL_SHEET.lines().find(|line| line.starts_with("ユーザID,")).unwrap();
    stage.put("mapping.csv", FULL_SHEET.replace(row, &row.replace(",連携しない", ",エラー")));
    let draft = visitor.upload(FULL_SHEET).await.location().to_owned();
    visitor.get(&draft).await.says("空の方を連携しない設定になります");
    let row =
        FULL_SHEET.lines().find(|line| line.starts_with("検索ワード") && line.contains(",更新,更新しない,")).unwrap();
    let item = row.split([',', ':']).next().unwrap();
    let cleared = FULL_SHEET.replace(row, &row.replace(",更新,更新しない,", ",更新,更新,"));
    let draft = visitor.upload(cleared).await.location().to_owned();
    visitor.get(&draft).await.says("次の項目が空になります").says(item);
}

#[tokio::test]
async fn the_first_sheet_is_made_from_the_template() {
    let stage = Stage::set().await;
    std::fs::remove_file(stage.home.directory().directory().join("mapping.csv")).unwrap();
    let mut visitor = stage.visitor().await;
    visitor.get("/sheet").await.says("ひな形をダウンロード");
    let template = visitor.get("/sheet/template").await;
    assert_eq!(template.status, 200);
    assert!(template.body.starts_with("PK"));
}

#[tokio::test]
async fn a_downloaded_sheet_keeps_its_rows_and_columns() {
    let stage = Stage::set().await;
    let own = format!("株式会社A,,,,,,\r\n作成: 人事,,,,,,\r\n{}", simulators::samples::FULL_SHEET);
    stage.put("mapping.csv", &own);
    let visitor = stage.visitor().await;
    let response = visitor.request(reqwest::Method::GET, "/sheet/current").send().await.unwrap();
    let workbook = response.bytes().await.unwrap();
    let read = |format, bytes: &[u8]| link::config::parse_sheet(format, bytes).unwrap();
    let before = read(link::config::SheetFormat::Csv, own.as_bytes());
    let after = read(link::config::SheetFormat::Xlsx, &workbook);
    assert_eq!(after.user_id.row, before.user_id.row);
    assert_eq!(
        after.rules.iter().map(|rule| rule.row).collect::<Vec<_>>(),
        before.rules.iter().map(|rule| rule.row).collect::<Vec<_>>()
    );
}
