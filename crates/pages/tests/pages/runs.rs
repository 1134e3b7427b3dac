//! What an administrator does alone: run, understand, preview, approve.

use jiff::SignedDuration;

use crate::stage::Stage;

#[tokio::test]
async fn a_run_is_started_watched_and_read() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let page = visitor.run("sync").await;
    page.says("エマージェンシーコールに反映しました").says("山田 花子 様").says("社員データ");
    assert!(!stage.emc.user_ids().is_empty());
    visitor.get("/runs").await.says("成功").says("山田 花子 様");
    visitor.get("/").await.says("成功").says("<svg");
    assert_eq!(stage.audited(), ["entered", "sync_started", "accepted"]);
    visitor.get("/audit").await.says("連携を実行").says("処理の受付").says("実行結果");
    visitor.run("sync").await.says("前回から変更がない");
}

#[tokio::test]
async fn a_failed_run_says_who_why_and_where() {
    let stage = Stage::set().await;
    let ids = stage.smarthr.change(|company| {
        let ids = company.active_ids(2);
        for id in &ids {
            company.clear_kana(id);
        }
        ids
    });
    let mut visitor = stage.visitor().await;
    let page = visitor.run("sync").await;
    page.says("失敗").says("氏名(ヨミ)").says("(2件)").says("貴社のSmartHR管理者").says("直し方");
    for id in &ids {
        page.says(&format!("href=\"{}/crews/{id}\"", stage.smarthr.base_url()));
    }
    let at = page.body.find("/errors.csv").expect("a download");
    let start = page.body[..at].rfind('"').unwrap() + 1;
    let file = visitor.get(&page.body[start..at + "/errors.csv".len()]).await;
    assert_eq!(file.status, 200);
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"2"));
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    file.says("KANA_MISSING");
    assert_eq!(stage.emc.user_ids().len(), 0);
}

#[tokio::test]
async fn a_preview_writes_nothing_and_says_what_would_be() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("preview").await.says("このまま実行できます").says("確認のみ");
    assert_eq!(stage.emc.user_ids().len(), 0);
    assert!(stage.file("snapshot.json").is_none());
}

#[tokio::test]
async fn a_check_tells_what_is_missing() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("check").await.says("Point①").says("点検");
}

#[tokio::test]
async fn a_held_run_is_approved_by_typing_what_it_deletes() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await.says("成功");
    let before = stage.emc.user_ids().len();
    stage.smarthr.change(|company| company.hide_people(0.5));
    let held = visitor.run("sync").await;
    held.says("保留").says("対象を確認して承認する").says("削除件数が上限を超えています");
    assert_eq!(stage.emc.user_ids().len(), before);
    let at = held.body.find("/approve").unwrap();
    let start = held.body[..at].rfind('"').unwrap() + 1;
    let approve = held.body[start..at + "/approve".len()].to_owned();
    let page = visitor.get(&approve).await;
    page.says("削除される対象").says("緊急連絡が届かなくなります");
    // By department as EMC has it, each with a way into SmartHR.
    page.says("理由と所属部署ごとの件数").says("SmartHRの従業員一覧に居ません").says(">SmartHRで開く</a>");
    let departments = page.body.split("data-label=\"所属部署\">").skip(1).map(|cell| cell.split('<').next().unwrap());
    let named: std::collections::BTreeSet<&str> = departments.filter(|name| name.ends_with(')')).collect();
    assert!(!named.is_empty() && named.iter().all(|name| name.contains("(A")), "{named:?}");
    let phrase = page.body.split("合計「").nth(1).unwrap().split('」').next().unwrap().to_owned();
    for wrong in ["", "承認", "0", "-1"] {
        let page = visitor.post(&approve, &[("phrase", wrong), ("reason", "組織の改編")]).await;
        assert_eq!(page.status, 400, "{wrong}");
        page.says("一致しない");
    }
    assert_eq!(stage.emc.user_ids().len(), before);
    assert_eq!(visitor.post(&approve, &[("phrase", &phrase)]).await.status, 400, "without a reason");
    // As typed with a Japanese input method.
    let wide: String = phrase.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    let started = visitor.post(&approve, &[("phrase", &wide), ("reason", "組織の改編")]).await;
    visitor.watch(&started).await.says("成功");
    let gone = before - stage.emc.user_ids().len();
    assert!(gone > 0 && gone <= phrase.parse::<usize>().unwrap(), "{gone} of {phrase}");
    assert!(stage.audited().contains(&"approved".to_owned()));
    // The decided hold tells the decision and offers nothing any more.
    let decided = visitor.get(approve.trim_end_matches("/approve")).await;
    decided.says("保留についての決定").says("組織の改編").says("山田 花子 様");
    assert!(!decided.body.contains("対象を確認して承認する"));
    assert_eq!(visitor.get(&approve).await.status, 409);
    assert_eq!(visitor.post(&approve, &[("phrase", &phrase), ("reason", "もう一度")]).await.status, 409);
}

#[tokio::test]
async fn a_hold_is_answered_with_no_and_asks_no_more() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await.says("成功");
    stage.smarthr.change(|company| company.hide_people(0.5));
    let held = visitor.run("sync").await;
    visitor.get("/").await.says("確認してください").says("連携を保留しています");
    let at = held.body.find("/approve").unwrap();
    let start = held.body[..at].rfind('"').unwrap() + 1;
    let run = held.body[start..at].to_owned();
    let before = stage.emc.user_ids().len();
    assert_eq!(visitor.post(&format!("{run}/refuse"), &[]).await.status, 400);
    let refused = visitor.post(&format!("{run}/refuse"), &[("reason", "権限の設定を誤った")]).await;
    assert_eq!(refused.location(), run);
    visitor.get(&run).await.says("保留を却下し").says("権限の設定を誤った").says("却下");
    assert_eq!(visitor.post(&format!("{run}/approve"), &[("phrase", "1"), ("reason", "x")]).await.status, 409);
    assert_eq!(stage.emc.user_ids().len(), before);
    assert!(stage.audited().contains(&"refused".to_owned()));
    // It is told to whom the results are told, and is not asked for again; but all is not well.
    let mails = stage.mails();
    let last = mails.iter().find(|mail| mail.contains(".refused@")).expect("a mail about the refusal");
    assert!(last.contains("EMC-HOLD"), "{last}");
    let overview = visitor.get("/").await;
    overview.says("保留は却下されています").says("確認してください");
    assert!(!overview.body.contains("連携を保留しています"), "{}", overview.body);
    let again = visitor.run("sync").await;
    again.says("却下しています").says("権限の設定を誤った").says("考え直して承認する");
    assert!(!again.body.contains("対象を確認して承認する"));
    let overview = visitor.get("/").await;
    overview.says("保留は却下されています");
    assert!(!overview.body.contains("連携を保留しています"), "{}", overview.body);
}

#[tokio::test]
async fn every_deletion_is_printed_and_can_be_reached() {
    let large = |company: &mut simulators::company::Company| {
        *company = simulators::company::Company::generate(7, 1_500);
    };
    let stage = Stage::with("acme", large, |config| config).await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await.says("成功");
    let before: Vec<String> = stage.emc.user_ids();
    stage.smarthr.change(|company| company.hide_people(0.8));
    let held = visitor.run("sync").await;
    held.says("1,").says("保留");
    let at = held.body.find("/approve").unwrap();
    let start = held.body[..at].rfind('"').unwrap() + 1;
    let approve = held.body[start..at + "/approve".len()].to_owned();
    let page = visitor.get(&approve).await;
    let (shown, printed) = page.body.split_once("on-paper").unwrap();
    let is_in = |body: &str, id: &String| body.contains(&format!(">{id}<"));
    let deleted: Vec<&String> = before.iter().filter(|id| is_in(printed, id)).collect();
    let phrase = page.body.split("合計「").nth(1).unwrap().split('」').next().unwrap().to_owned();
    assert_eq!(deleted.len().to_string(), phrase);
    assert_eq!(deleted.iter().filter(|id| is_in(shown, id)).count(), 100);
    let last = visitor.get(&format!("{approve}?page={}", (deleted.len() - 1) / 100)).await;
    last.says(deleted.last().unwrap());
    // A browser gets it compressed: a whole company fits into an answer.
    let request = visitor.request(reqwest::Method::GET, &approve).header("accept-encoding", "gzip");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let packed = response.bytes().await.unwrap();
    assert!(packed.len() * 8 < page.body.len(), "{} of {}", packed.len(), page.body.len());
}

#[tokio::test]
async fn each_error_says_since_when_it_is_there() {
    let stage = Stage::set().await;
    let ids = stage.smarthr.change(|company| {
        let ids = company.active_ids(2);
        company.clear_kana(&ids[0]);
        ids
    });
    let mut visitor = stage.visitor().await;
    let first = link::time::date_of(jiff::Timestamp::now()).to_string().replace('-', "/");
    visitor.run("sync").await.says("いつから").says(&first);
    stage.clock.turn(SignedDuration::from_hours(48));
    stage.smarthr.change(|company| company.clear_kana(&ids[1]));
    let mut visitor = stage.visitor().await;
    let second =
        (link::time::date_of(jiff::Timestamp::now() + SignedDuration::from_hours(48))).to_string().replace('-', "/");
    let page = visitor.run("sync").await;
    let of = |id: &str| {
        let row = page.body.split("<tr>").find(|row| row.contains(&format!("/crews/{id}"))).unwrap();
        row.split("いつから\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    assert_eq!((of(&ids[0]), of(&ids[1])), (first.clone(), second));
    let kept = stage.file("known-errors.json").unwrap();
    assert!(!kept.contains(&ids[0]) && !kept.contains("KANA"), "{kept}");
}

#[tokio::test]
async fn a_fault_of_the_sheet_leads_to_its_row() {
    let stage = Stage::set().await;
    let sheet = simulators::samples::FULL_SHEET;
    let custom = sheet.lines().find(|line| line.contains("カスタム項目「")).unwrap();
    let row = sheet.lines().position(|line| line == custom).unwrap() + 1;
    let name = custom.split('「').nth(1).unwrap().split('」').next().unwrap();
    stage.put("mapping.csv", sheet.replace(&format!("「{name}」"), "「存在しない項目」"));
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await.says(&format!("href=\"/sheet#row-{row}\"")).says("存在しない項目");
    let page = visitor.get("/sheet").await;
    page.says(&format!("id=\"row-{row}\""));
    let target = page.body.split(&format!("id=\"row-{row}\"")).nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(target.contains("存在しない項目"), "{target}");
}

#[tokio::test]
async fn an_approval_comes_too_late_after_seven_days() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await.says("成功");
    stage.smarthr.change(|company| company.hide_people(0.5));
    let held = visitor.run("sync").await;
    let at = held.body.find("/approve").unwrap();
    let start = held.body[..at].rfind('"').unwrap() + 1;
    let approve = held.body[start..at + "/approve".len()].to_owned();
    stage.clock.turn(SignedDuration::from_hours(7 * 24 + 1));
    let mut visitor = stage.visitor().await;
    let page = visitor.get(&approve).await;
    assert_eq!(page.status, 409);
    page.says("承認の期限");
    assert_eq!(visitor.post(&approve, &[("phrase", "1")]).await.status, 409);
}

#[tokio::test]
async fn while_a_run_is_in_progress_nothing_else_is_started() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let until = jiff::Timestamp::now() + SignedDuration::from_mins(1);
    let lock = serde_json::json!({"holder": "20261123T043112345-0f1e2d3c4b5a", "expires_at": until.to_string()});
    stage.put("lock.json", lock.to_string());
    let page = visitor.post("/start/sync", &[]).await;
    assert_eq!(page.status, 409);
    page.says("実行中");
    assert_eq!(stage.audited(), ["entered"]);
}

#[tokio::test]
async fn a_viewer_looks_on_and_an_approver_approves() {
    let stage = Stage::set().await;
    let secret = stage.secret().await;
    assert_eq!(secret["connect"]["launch_key"], crate::stage::KEY);
    let mut viewer = stage.visitor_as("viewer").await;
    for path in ["/", "/runs", "/sheet", "/connection", "/audit"] {
        assert_eq!(viewer.get(path).await.status, 200, "{path}");
    }
    for path in ["/start/sync", "/connection/on-change/on", "/connection/disconnect"] {
        let page = viewer.post(path, &[("sure", "yes")]).await;
        assert_eq!(page.status, 403, "{path}");
        page.says("権限がありません");
    }
    assert_eq!(viewer.upload("x").await.status, 403);
    assert_eq!(stage.audited(), ["entered"]);
    assert_eq!(viewer.post("/leave", &[]).await.status, 303);
}

#[tokio::test]
async fn asking_for_a_download_writes_nothing_down() {
    let stage = Stage::set().await;
    stage.smarthr.change(|company| {
        let ids = company.active_ids(1);
        company.clear_kana(&ids[0]);
    });
    let mut visitor = stage.visitor().await;
    let page = visitor.run("sync").await;
    let at = page.body.find("/errors.csv").unwrap();
    let start = page.body[..at].rfind('"').unwrap() + 1;
    let file = page.body[start..at + "/errors.csv".len()].to_owned();
    let before = stage.audited().len();
    let asked = visitor.send(visitor.request(reqwest::Method::HEAD, &file)).await;
    assert_eq!((asked.status, stage.audited().len()), (200, before));
    assert_eq!(visitor.get(&file).await.status, 200);
    assert_eq!(stage.audited().len(), before + 1);
}

#[tokio::test]
async fn one_click_starts_one_run() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    let form = [("click", "a-click")];
    let first = visitor.post("/start/preview", &form).await;
    assert_eq!(first.status, 303, "{}", first.body);
    let again = visitor.post("/start/preview", &form).await;
    assert_eq!(again.location(), first.location());
    visitor.watch(&first).await.says("確認のみ");
    assert_eq!(visitor.post("/start/preview", &form).await.location(), first.location());
    assert_eq!(stage.audited().iter().filter(|action| *action == "preview_started").count(), 1);
    visitor.get("/").await.says("name=\"click\"");
}

#[tokio::test]
async fn errors_beyond_a_hundred_are_counted_by_kind_and_item() {
    let stage = Stage::with(
        "acme",
        |company| {
            *company = simulators::company::Company::generate(7, 400);
            for id in company.active_ids(150) {
                company.clear_kana(&id);
            }
        },
        |config| config,
    )
    .await;
    let mut visitor = stage.visitor().await;
    visitor.run("sync").await.says("氏名(ヨミ) (150件)").says("件を表示しています");
}

#[tokio::test]
async fn a_check_is_red_where_a_run_would_fail() {
    let stage = Stage::set().await;
    stage.smarthr.change(|company| {
        let ids = company.active_ids(3);
        for id in &ids {
            company.clear_kana(id);
        }
    });
    let mut visitor = stage.visitor().await;
    let page = visitor.run("check").await;
    page.says("連携を実行するとエラーになる点").says("notice bad").says("確認した点").says("Point①");
    assert!(
        page.body.find("確認した点").unwrap()
            < page.body.find("連携を実行するとエラーになる点</").unwrap_or(usize::MAX)
    );
}

#[tokio::test]
async fn runs_are_narrowed_to_a_period() {
    let stage = Stage::set().await;
    let mut visitor = stage.visitor().await;
    visitor.run("preview").await;
    visitor.get("/runs?kind=preview&from=2020-01-01").await.says("確認のみ");
    visitor.get("/runs?to=2020-01-01").await.says("該当する実行はありません");
}
