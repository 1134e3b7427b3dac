//! The command line as scripts meet it: exit codes, standard output, JSON.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn emc_link(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_emc-link"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("EMC_LINK_STATE")
        .env_remove("EMC_LINK_TENANT")
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_new_sheet_is_made_once_and_has_no_faults() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert_eq!(code(&emc_link(here, &["sheet", "new", "a.xlsx"])), 0);
    let before = std::fs::read(here.join("a.xlsx")).unwrap();
    let again = emc_link(here, &["sheet", "new", "a.xlsx"]);
    assert_eq!((code(&again), std::fs::read(here.join("a.xlsx")).unwrap()), (5, before));
    assert!(String::from_utf8(again.stderr).unwrap().contains("--force"));
    assert_eq!(code(&emc_link(here, &["sheet", "new", "a.xlsx", "--force"])), 0);
    assert_eq!(code(&emc_link(here, &["sheet", "new", "a.csv"])), 5);
    let checked = emc_link(here, &["sheet", "check", "a.xlsx", "--json"]);
    assert_eq!((code(&checked), json(&checked)["errors"].as_array().unwrap().len()), (0, 0));
    assert!(json(&checked)["hints"][0].as_str().unwrap().contains("パスワード"));
    let shown = text(&emc_link(here, &["sheet", "show", "a.xlsx"]));
    assert!(shown.contains("検索ワード3:役職 ← SmartHRの役職1") && !shown.contains("XXXXXX"), "{shown}");
}

#[test]
fn the_faults_of_a_sheet_are_told_by_cell() {
    let folder = tempfile::tempdir().unwrap();
    // A column beside the table and a title above it: cells are where Excel shows them.
    let sheet = "連携設定シート,,,,,,\n備考,エマージェンシーコール項目,SmartHR項目,新規登録:値あり,新規登録:値なし,更新:値あり,更新:値なし\n\
                 ,ユーザID,社員番号,登録,エラー,更新しない,エラー\n,パスワード,固定値「」,登録,エラー,更新しない,更新しない\n\
                 ,氏名,氏名,登録,エラー,更新する,エラー\n,氏名(ヨミ),氏名(ヨミガナ),登録,エラー,更新,エラー\n";
    std::fs::write(folder.path().join("a.csv"), sheet).unwrap();
    let checked = emc_link(folder.path(), &["sheet", "check", "a.csv", "--json"]);
    let told = json(&checked);
    let cells: Vec<&str> =
        told["errors"].as_array().unwrap().iter().map(|error| error["cell"].as_str().unwrap()).collect();
    assert_eq!((code(&checked), cells), (1, vec!["C4", "F5"]));
    let words = text(&emc_link(folder.path(), &["sheet", "check", "a.csv"]));
    assert!(words.contains("✗ C4 ") && words.contains("✗ F5 ") && words.contains("2件"), "{words}");
    // What cannot be read cannot be shown.
    assert_eq!(code(&emc_link(folder.path(), &["sheet", "show", "a.csv"])), 1);
}

#[test]
fn what_cannot_be_carried_out_says_why_and_ends_with_5() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["sheet", "check", "missing.xlsx"][..], "missing.xlsx"),
        (&["sheet", "check", "sheet.txt"], "sheet.txt"),
        (&["sync"], "--tenant"),
        (&["--tenant", "acme", "sync"], "--region"),
        (&["--tenant", "acme", "--state", "nowhere", "sync"], "nowhere"),
        (&["--tenant", "acme", "--state", ".", "report"], "記録はまだありません"),
        (&["--tenant", "acme", "--state", ".", "report", "20261123T043112345-0f1e2d3c4b5a"], "emc-link runs"),
    ] {
        let output = emc_link(folder.path(), arguments);
        let told = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(code(&output), 5, "{arguments:?}: {told}");
        assert!(told.contains(words) && output.stdout.is_empty(), "{arguments:?}: {told}");
        let as_json = emc_link(folder.path(), &[&["--json"], arguments].concat());
        assert!(json(&as_json)["error"].as_str().unwrap().contains(words));
    }
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was made");
}

#[test]
fn a_command_line_that_is_not_understood_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--tenant", "../acme", "sync"][..],
        &["approve", "latest"],
        &["delete"],
        &["baseline", "--users", "a.csv"],
        &[],
    ] {
        assert_eq!(code(&emc_link(folder.path(), arguments)), 2, "{arguments:?}");
    }
}

#[test]
fn a_tenant_without_settings_fails_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("tenants/acme")).unwrap();
    let checked = emc_link(folder.path(), &["--tenant", "acme", "--state", ".", "check", "--json"]);
    let codes: Vec<String> = json(&checked)["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (code(&checked), codes),
        (1, ["CONFIG_MISSING", "SHEET_MISSING", "SECRET_MISSING"].map(str::to_owned).to_vec())
    );
    let words = text(&emc_link(folder.path(), &["--tenant", "acme", "--state", ".", "check"]));
    assert!(words.contains("✗ 設定ファイルがありません") && words.contains("config.tomlを置いてください"), "{words}");
}

#[test]
fn while_another_run_is_in_progress_nothing_is_told_of_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = folder.path().join("tenants/acme");
    std::fs::create_dir_all(&tenant).unwrap();
    std::fs::write(tenant.join("lock.json"), r#"{"holder":"another","expires_at":"2999-12-31T00:00:00Z"}"#).unwrap();
    std::fs::write(folder.path().join("masters.csv"), "as it was").unwrap();
    for arguments in [&["sync"][..], &["check", "--masters", "masters.csv"]] {
        let busy = emc_link(folder.path(), &[&["--tenant", "acme", "--state", "."], arguments].concat());
        let words = text(&busy);
        assert_eq!(code(&busy), 4, "{words}");
        assert!(words.starts_with("他の処理が実行中のため") && words.lines().count() == 2, "{words}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("masters.csv")).unwrap(), "as it was");
}

#[test]
fn completions_know_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = emc_link(folder.path(), &["completions", shell]);
        assert!(code(&script) == 0 && text(&script).contains("baseline"), "{shell}");
    }
}

/// The command writes into a pipe whose reader is gone, as behind `… | head -1`.
#[test]
fn a_closed_pipe_ends_no_command() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&emc_link(folder.path(), &["sheet", "new", "a.xlsx"])), 0);
    for arguments in
        [&["sheet", "show", "a.xlsx"][..], &["sheet", "check", "a.xlsx", "--json"], &["completions", "bash"]]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_emc-link"))
            .args(arguments)
            .current_dir(folder.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(command.stdout.take());
        let ended = command.wait_with_output().unwrap();
        assert_eq!(code(&ended), 0, "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
        assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn other_kinds_of_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let old = [&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], b"W\0o\0r\0k\0b\0o\0o\0k\0"].concat();
    for (name, content, word) in [
        ("a.xls", old.clone(), ".xls"),
        ("b.xlsx", old, ".xls"),
        ("c.xls", b"<html><table></table></html>".to_vec(), "HTML"),
        ("d.numbers", b"PK\x03\x04Index/Document.iwa".to_vec(), "Numbers"),
        ("e.xlsm", b"PK\x03\x04xl/workbook.xml xl/vbaProject.bin".to_vec(), ".xlsm"),
        ("f.csv", b"\xFF\xFEa\0".to_vec(), "UTF-16"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let checked = emc_link(folder.path(), &["sheet", "check", name]);
        assert_eq!(code(&checked), 1, "{name}");
        assert!(text(&checked).contains(word), "{name}: {}", text(&checked));
    }
}

#[test]
fn the_version_is_the_builds() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(text(&emc_link(folder.path(), &["--version"])), format!("emc-link {}\n", version::BUILD));
}

const CONFIG: &str = "company = \"〇〇株式会社\"\n[smarthr]\nsubdomain = \"acme\"\n[emc]\nbase_url = \"https://emc.example.jp\"\n\
    [notify]\nto = [\"hr@example.co.jp\"]\n";

/// A tenant with config, sheet and two recorded runs.
fn tenant(here: &Path) {
    let tenant = here.join("state/tenants/acme");
    std::fs::create_dir_all(&tenant).unwrap();
    std::fs::write(tenant.join("config.toml"), CONFIG).unwrap();
    let sheet = tenant.join("mapping.xlsx");
    assert_eq!(code(&emc_link(here, &["sheet", "new", sheet.to_str().unwrap()])), 0);
    for day in ["2026-10-31", "2026-11-01"] {
        let run = tenant.join(format!("runs/{day}/{}T043000000-0f1e2d3c4b5a", day.replace('-', "")));
        std::fs::create_dir_all(&run).unwrap();
        std::fs::write(run.join("report.json"), "{}").unwrap();
    }
}

#[test]
fn a_tenants_data_map_comes_from_its_own_config_and_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    tenant(here);
    let of = |extra: &[&str]| emc_link(here, &[&["--state", "state", "--tenant", "acme", "data-map"], extra].concat());
    let shown = text(&of(&[]));
    assert!(shown.starts_with("# 個人データの取扱い: 〇〇株式会社\n") && shown.contains("| 氏名"), "{shown}");
    assert!(!shown.contains("XXXXXX"), "the initial password: {shown}");
    let map = json(&of(&["--json"]));
    assert!(map["flows"].as_array().unwrap().len() > 5 && map["kept"].as_array().unwrap().len() > 9);
    std::fs::remove_file(here.join("state/tenants/acme/mapping.xlsx")).unwrap();
    assert_eq!(code(&of(&[])), 5);
}

#[test]
fn an_export_holds_the_period_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    tenant(here);
    let of = |from: &str, to: &str| {
        emc_link(here, &["--state", "state", "--tenant", "acme", "--json", "export", "--from", from, "--to", to])
    };
    let made = of("2026-11-01", "2026-11-30");
    assert_eq!(code(&made), 0);
    let names: Vec<String> =
        json(&made)["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["config.toml", "mapping.xlsx", "runs/2026-11-01/20261101T043000000-0f1e2d3c4b5a/report.json"]);
    assert!(here.join("emc-link-acme-2026-11-01-2026-11-30.zip").is_file());
    let again = of("2026-11-01", "2026-11-30");
    assert!(code(&again) == 5 && json(&again)["error"].as_str().unwrap().contains("--output"));
    assert_eq!(code(&of("2026-11-30", "2026-11-01")), 5);
}

fn erase(here: &Path, confirm: &str) -> Output {
    let fixed = ["--state", "state", "--tenant", "acme", "erase", "--person", "運用 太郎", "--key", "key.pem"];
    emc_link(here, &[&fixed[..], &["--proof", "proof.json", "--confirm", confirm]].concat())
}

/// The key of a test of RFC 8032 (section 7.1), as OpenSSL writes it.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

#[test]
fn an_erasure_leaves_nothing_but_its_signed_proof() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    tenant(here);
    std::fs::write(here.join("key.pem"), KEY).unwrap();
    std::fs::create_dir_all(here.join("state/secrets")).unwrap();
    std::fs::write(here.join("state/secrets/acme.json"), "{}").unwrap();
    std::fs::create_dir_all(here.join("state/tenants/acme-2")).unwrap();
    std::fs::write(here.join("state/tenants/acme-2/config.toml"), CONFIG).unwrap();
    std::fs::remove_dir_all(here.join("state/tenants/acme/runs")).unwrap();

    assert_eq!(code(&erase(here, "acme-2")), 5, "another tenant's name is a slip");
    assert!(here.join("state/tenants/acme/config.toml").exists());
    let done = erase(here, "acme");
    assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!here.join("state/tenants/acme").exists() && !here.join("state/secrets/acme.json").exists());
    assert!(here.join("state/tenants/acme-2/config.toml").exists());
    let proof: Value = serde_json::from_slice(&std::fs::read(here.join("proof.json")).unwrap()).unwrap();
    assert_eq!((&proof["is_complete"], &proof["holdings"][0]["found"]), (&true.into(), &2.into()));
    assert_eq!(proof["person"], "運用 太郎");
    assert_eq!(std::fs::read(here.join("proof.json.sig")).unwrap().len(), 64);
    assert_eq!(code(&erase(here, "acme")), 5, "a proof is not overwritten");
}

#[test]
fn nothing_is_erased_while_daily_runs_come_or_one_is_in_progress_or_without_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    tenant(here);
    let state = here.join("state/tenants/acme");
    std::fs::remove_dir_all(state.join("runs")).unwrap();
    assert_eq!(code(&erase(here, "acme")), 5, "no key");
    std::fs::write(here.join("key.pem"), "no key").unwrap();
    assert_eq!(code(&erase(here, "acme")), 5, "a key that is none");
    std::fs::write(here.join("key.pem"), KEY).unwrap();
    std::fs::write(state.join("lock.json"), "{}").unwrap();
    assert_eq!(code(&erase(here, "acme")), 5, "a run in progress");
    std::fs::remove_file(state.join("lock.json")).unwrap();
    let now = jiff::Timestamp::now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    let id = format!("{}T043000000-0f1e2d3c4b5a", today.replace('-', ""));
    let run = state.join(format!("runs/{today}/{id}"));
    std::fs::create_dir_all(&run).unwrap();
    let report = serde_json::json!({
        "run_id": id, "tenant": "acme", "mode": "sync", "outcome": "success", "code": "EMC-OK", "started_at": "",
        "finished_at": "", "scheduled_at": now.to_string(), "counts": null, "errors": [], "warnings": [], "drift": []
    });
    std::fs::write(run.join("report.json"), report.to_string()).unwrap();
    let refused = erase(here, "acme");
    assert_eq!(code(&refused), 5);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("ScheduleState=DISABLED"));
    assert!(state.join("config.toml").exists() && !here.join("proof.json").exists());
}

#[test]
fn the_rules_of_the_import_api_are_played() {
    use simulators::emc::{Deviation, Emc, EmcSettings};

    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let play = |emc: &Emc, more: &[&str]| {
        let url = emc.base_url();
        let all = [&["conformance", "--base-url", &url, "--token", "emc-token", "--users", "500"], more].concat();
        emc_link(here, &all)
    };
    let emc = Emc::start(EmcSettings::default()).unwrap();
    let report = play(&emc, &["--json", "--junit", "junit.xml"]);
    let rules = json(&report)["rules"].as_array().unwrap().clone();
    let number = |verdict: &str| rules.iter().filter(|rule| rule["verdict"] == verdict).count();
    assert_eq!((code(&report), number("broken"), number("not_played")), (0, 0, 7));
    assert!(number("holds") > 70);
    for key in ["number", "name", "request", "answer", "expected"] {
        assert!(rules.iter().all(|rule| !rule[key].is_null()), "{key}");
    }
    assert!(std::fs::read_to_string(here.join("junit.xml")).unwrap().contains("failures=\"0\""));
    // A second run says the same.
    assert_eq!(json(&play(&emc, &["--json"])), json(&report));

    emc.enter_user("A1", &[("氏名", "佐藤")]);
    assert_eq!(code(&play(&emc, &[])), 2);
    let settings = EmcSettings { deviation: Some(Deviation::NullIgnored), ..EmcSettings::default() };
    let broken = play(&Emc::start(settings).unwrap(), &[]);
    assert_eq!(code(&broken), 1);
    assert!(text(&broken).contains("✗ 514 nullは項目を空にする\n    要求: "), "{}", text(&broken));
    assert_eq!(code(&emc_link(here, &["conformance", "--base-url", "http://127.0.0.1:1", "--token", "x"])), 2);
}
