//! Every code of the catalogue is reached by the pipeline itself, and what it tells is kept as an example
//! (`tests/link/examples.txt`; `UPDATE_DOCS=1 cargo test -p e2e --test link codes` writes it anew).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::SignedDuration;
use link::fault::catalogue;
use link::net::Deadline;
use link::report::Answer;
use link::run::{Environment, Progress, invoke};
use serde_json::{Value, json};
use simulators::company::Company;
use simulators::emc::Fault as EmcFault;
use simulators::http::Rule;
use simulators::samples::{FULL_SHEET, oauth_secret, secret};
use simulators::smarthr::{Fault, SmartHrSettings};

use crate::world::{World, tenant};

const CREWS: &str = "/api/v1/crews";
const DEPARTMENTS: &str = "/api/v1/departments";
const IMPORTS: &str = "/v1/imports/*";

/// Not the line's to tell: the function's environment is read before there is a run (`functions/sync`, tests of
/// `environment`).
const ELSEWHERE: &[&str] = &["ENVIRONMENT_INVALID"];

/// What the mail says of the reasons of a hold, one line each and in the order of their codes.
const REASONS: &[&str] = &[
    "削除件数が上限を超えています",
    "1件も受信しませんでした",
    "削除の対象になっています",
    "全員空になりました",
    "の確認ができませんでした",
    "別の従業員のものになったユーザID",
    "自動では初回連携を行いません",
    "エマージェンシーコールに既に登録されています",
];

type Scene = Pin<Box<dyn Future<Output = Vec<Answer>>>>;

/// The sheet as a workbook of which Excel hides the last row.
fn workbook_with_a_hidden_row(sheet: &str) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let worksheet = workbook.add_worksheet();
    let mut last = 0;
    for (row, line) in (0_u32..)
        .zip(csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(sheet.as_bytes()).records())
    {
        for (column, cell) in (0_u16..).zip(&line.unwrap()) {
            worksheet.write_string(row, column, cell).unwrap();
        }
        last = row;
    }
    worksheet.set_row_hidden(last).unwrap();
    workbook.save_to_buffer().unwrap()
}

fn world() -> World {
    World::new(20)
}

fn sync() -> Value {
    json!({"mode": "sync"})
}

/// A sync of a small company after this was done to its world.
fn after(change: impl FnOnce(&World) + 'static) -> Scene {
    Box::pin(async move {
        let world = world();
        change(&world);
        vec![world.sync().await]
    })
}

/// The sync of the day after a first link, after this was done.
fn next_day(config: &'static str, change: impl FnOnce(&World) + 'static) -> Scene {
    Box::pin(async move {
        let world = World::with(
            Company::generate(7, 60),
            SmartHrSettings::default(),
            |sample| sample.prefix("A").more(config),
            FULL_SHEET,
        )
        .linked()
        .await;
        change(&world);
        vec![world.next_day().await]
    })
}

fn smarthr(fault: Fault) -> Scene {
    after(move |world| world.smarthr.inject(Rule::new(CREWS, fault).always()))
}

fn smarthr_says(status: u16, body: &'static str) -> Scene {
    smarthr(Fault::Answer { status, content_type: "application/json".into(), body: body.into() })
}

/// SmartHR lists exactly this, on one page.
fn lists(world: &World, path: &str, list: &str) {
    for (page, body) in [(1, list), (2, "[]")] {
        let answer = Fault::Answer { status: 200, content_type: "application/json".into(), body: body.into() };
        world.smarthr.inject(Rule::new(path, answer).page(page).always());
    }
}

fn emc(path: &'static str, fault: EmcFault) -> Scene {
    after(move |world| world.emc.inject(Rule::new(path, fault).always()))
}

fn emc_says(status: u16, body: &str) -> EmcFault {
    EmcFault::Answer { status, content_type: "application/json".into(), body: body.into() }
}

fn config(edit: impl FnOnce(String) -> String + 'static) -> Scene {
    after(move |world| world.write("config.toml", edit(world.read("config.toml").unwrap())))
}

fn sheet(edit: impl FnOnce(String) -> String + 'static) -> Scene {
    after(move |world| world.write("mapping.csv", edit(world.read("mapping.csv").unwrap())))
}

fn company(change: impl FnOnce(&mut Company) + 'static) -> Scene {
    after(move |world| world.smarthr.change(change))
}

fn first_person(company: &mut Company) -> &mut simulators::company::Person {
    let id = company.active_ids(1).remove(0);
    company.person_mut(&id).unwrap()
}

/// A sync at whose hand-over this happens to the state.
fn during(happens: impl Fn(&World) + Send + Sync + 'static) -> Scene {
    Box::pin(async move {
        let world = world();
        let environment = Environment {
            tenant: tenant(),
            version: "0.2.0+gabcdef0",
            mail_from: "emc-link@example.co.jp".into(),
            ops_mail: None,
            invocation: "during".into(),
            deadline: Deadline::after(Duration::from_mins(15)),
            pages_entry: None,
            smarthr_rate: None,
            progress: &|progress| {
                if matches!(progress, Progress::HandingOver { .. }) {
                    happens(&world);
                }
            },
        };
        // Who lost the lock leaves the mail to whoever has it: what was found is in the record.
        match invoke(&world.home, &environment, &sync()).await {
            Ok(answer) => vec![answer],
            Err(_) => vec![recorded(&world)],
        }
    })
}

/// A sync whose import EMC has committed when another writer replaces the snapshot.
fn overwritten() -> Scene {
    Box::pin(async {
        let world = world();
        world.emc.inject(Rule::new(IMPORTS, EmcFault::DelayAfter { ms: 1_000 }).method("PUT"));
        let other = async {
            while world.emc.committed().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            world.write("snapshot.json", "{}");
        };
        vec![futures::join!(world.sync(), other).0]
    })
}

/// The report of the only run.
fn recorded(world: &World) -> Answer {
    let only = |folder: std::path::PathBuf| std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let report = only(only(world.path("runs"))).join("report.json");
    serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap()
}

fn configuration() -> Vec<Scene> {
    vec![
        Box::pin(async { vec![world().run(json!({"mode": "delete"})).await] }),
        Box::pin(async {
            let mut world = world();
            world.ops_mail = Some("ops@example.co.jp".into());
            std::fs::remove_file(world.path("config.toml")).unwrap();
            vec![world.sync().await]
        }),
        Box::pin(async {
            let mut world = world();
            world.ops_mail = Some("ops@example.co.jp".into());
            world.write("config.toml", "company =");
            vec![world.sync().await]
        }),
        config(|text| text.replace("company", "compani")),
        config(|text| text.replace("[departments]", "[departments]\nwithout_code = \"maybe\"")),
        after(|world| std::fs::remove_file(world.path("mapping.csv")).unwrap()),
        after(|world| world.write("mapping.xlsx", "x")),
        sheet(|_| "\u{feff}".to_owned() + "a,b\n1,2\n"),
        after(|world| world.write("mapping.csv", [0xEF, 0xBB, 0xBF, 0xFF, 0xFE])),
        sheet(|text| text.replace("検索ワード1:勤務地", "検索ワード9:勤務地")),
        sheet(|text| text.replace("検索ワード2:居住地", "検索ワード1:居住地")),
        sheet(|text| text.replace("パスワード,社員番号", "※パスワード,社員番号").replace("パスワード強制変更", "※")),
        sheet(|text| text.replace("所属部署コード,部署1,登録", "所属部署コード,部署99,登録する")),
        sheet(|text| text.replace("所属部署コード,部署1,登録", "所属部署コード,部署1,登録する")),
        sheet(|text| text.replace("カスタム項目「緊急時の役割」", "カスタム項目「血液型」")),
        company(|company| {
            let group = company.add_custom_group("契約");
            company.add_custom_field(&group, "緊急時の役割", simulators::company::CustomKind::Enum);
        }),
        sheet(|text| text.replace("カスタム項目「緊急時の役割」", "カスタム項目「通勤経路図」")),
        after(|world| {
            let mut words = simulators::samples::search_words(&world.smarthr.look(Clone::clone));
            let mut again = words[0].options[0].clone();
            again.id = "999".into();
            words[0].options.push(again);
            world.emc.set_search_words(&words);
        }),
        after(|world| world.emc.set_search_words(&[])),
        after(|world| std::fs::remove_file(world.root().join("secrets/acme.json")).unwrap()),
        after(|world| world.set_secret("{}")),
        after(|world| {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(world.root().join("secrets/acme.json"), mode).unwrap();
        }),
    ]
}

fn state() -> Vec<Scene> {
    vec![
        after(|world| std::fs::create_dir(world.path("snapshot.json")).unwrap()),
        after(|world| world.write("snapshot.json", "{}")),
        during(|world| world.write("pending.json", "{\"import_id\":\"another\"}")),
        during(|world| world.write("lock.json", "{}")),
        overwritten(),
        Box::pin(async {
            let world = world();
            let missing = world.run(json!({"mode": "baseline"})).await;
            world.write("baseline/departments.csv", "部署名\n営業部\n");
            world.write("baseline/users.csv", "ユーザID\nA1\nA1\n");
            let invalid = world.run(json!({"mode": "baseline"})).await;
            world.write("baseline/departments.csv", "部署ID\n");
            world.write("baseline/users.csv", "ユーザID\nA1\n");
            let differs = world.run(json!({"mode": "baseline"})).await;
            world.emc.enter_user("A1", &[("氏名", "佐藤")]);
            world.write("baseline/users.csv", "ユーザID\nA1\na2\n");
            let suspect = world.run(json!({"mode": "baseline"})).await;
            vec![missing, invalid, differs, suspect, world.run(json!({"mode": "baseline"})).await]
        }),
        Box::pin(async {
            let world = world();
            std::fs::remove_file(world.path("mapping.csv")).unwrap();
            world.write("mapping.xlsx", workbook_with_a_hidden_row(FULL_SHEET));
            vec![world.run(json!({"mode": "check"})).await]
        }),
        Box::pin(async {
            let world = World::new(60).linked().await;
            let checked = world.run(json!({"mode": "check"})).await;
            world.smarthr.change(|company| company.hide_people(0.4));
            let held = world.next_day().await;
            let unknown = world.run(json!({"mode": "sync", "approve": checked.run_id})).await;
            world.clock.forward(SignedDuration::from_hours(8 * 24));
            let expired = world.run(json!({"mode": "sync", "approve": held.run_id})).await;
            vec![held, unknown, expired]
        }),
        Box::pin(async {
            let world = world();
            let snapshot = r#"{"version":1,"run_id":"x","taken_at":"","departments":{"received":0,"valid":0,"digest":"","ids":[]},"users":{"received":0,"valid":0,"digest":"","ids":[],"filled":{}}}"#;
            let pending =
                format!("{{\"version\":1,\"import_id\":\"never-put\",\"run_id\":\"x\",\"snapshot\":{snapshot}}}");
            world.write("pending.json", pending);
            vec![world.sync().await]
        }),
        Box::pin(async {
            let world = World::with(
                Company::generate(7, 20),
                SmartHrSettings::default(),
                |sample| sample.more("[csv]\nencoding = \"shift_jis\""),
                simulators::samples::PRODUCT_SHEET,
            );
            let text = world.read("config.toml").unwrap();
            world.write("config.toml", text.replace("[emc]\n", "[emc]\ndestination = \"csv\"\n"));
            let sheet: Vec<String> = simulators::samples::PRODUCT_SHEET
                .lines()
                .filter(|line| !line.starts_with("検索ワード"))
                .map(|line| {
                    line.replace(
                        "ユーザID,メールアドレス,登録,エラー,更新しない,エラー",
                        "ユーザID,社員番号,登録,連携しない,更新しない,連携しない",
                    )
                })
                .collect();
            world.write("mapping.csv", sheet.join("\n"));
            world.smarthr.change(|company| "𠮷田".clone_into(&mut first_person(company).last_name));
            let odd = world.sync().await;
            let text = world.read("config.toml").unwrap();
            world.write("config.toml", text.replace("shift_jis", "utf-8"));
            let (one, two) = (world.sync().await, world.sync().await);
            world.run(json!({"mode": "confirm", "run_id": one.run_id})).await;
            let outdated = world.run(json!({"mode": "confirm", "run_id": two.run_id})).await;
            let unknown = world.run(json!({"mode": "confirm", "run_id": odd.run_id})).await;
            vec![odd, outdated, unknown]
        }),
    ]
}

fn other_sides() -> Vec<Scene> {
    let nobody = "http://127.0.0.1:9";
    vec![
        smarthr(Fault::Error { status: 401 }),
        smarthr(Fault::Error { status: 403 }),
        smarthr(Fault::Error { status: 404 }),
        smarthr_says(403, r#"{"code":15,"type":"forbidden","message":"IP address is not permitted"}"#),
        smarthr_says(403, r#"{"code":7,"type":"forbidden","message":"plan"}"#),
        smarthr(Fault::InactiveSubdomain),
        smarthr(Fault::TooManyRequests { retry_after: Some(1), reset: 0 }),
        smarthr(Fault::Maintenance),
        smarthr(Fault::Error { status: 500 }),
        smarthr(Fault::Garbage { megabytes: 1 }),
        smarthr(Fault::LoginRedirect),
        after(|world| {
            lists(
                world,
                CREWS,
                r#"[{"id":"0723a1df-0000-4000-8000-000000000001","emp_status":"employed","departments":"総務部"}]"#,
            );
        }),
        after(|world| {
            let crew = r#"[{"id":"0723a1df-0000-4000-8000-000000000001","emp_status":"sabbatical","emp_code":"1"}]"#;
            lists(world, CREWS, crew);
        }),
        Box::pin(async {
            let world = World::new(300);
            world.smarthr.inject(Rule::new(CREWS, Fault::Shift { insert: 1, remove: 0 }).page(2).always());
            vec![world.sync().await]
        }),
        after(|world| {
            let mut settings = world.smarthr.world().settings.clone();
            settings.refresh_token = "void".into();
            world.set_secret(&oauth_secret(&settings, "stale", "2020-01-01T00:00:00Z", "emc-token"));
        }),
        Box::pin(async {
            let world = World::new(40);
            let settings = world.smarthr.world().settings.clone();
            world.set_secret(&oauth_secret(&settings, "stale", "2020-01-01T00:00:00Z", "emc-token"));
            world.smarthr.inject(Rule::new("/oauth/token", Fault::Error { status: 503 }).always());
            vec![world.run(json!({"mode": "keep_alive"})).await]
        }),
        config(move |text| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let at = lines.iter().position(|line| line.starts_with("base_url")).unwrap();
            lines[at] = format!("base_url = \"{nobody}\"");
            lines.join("\n")
        }),
        config(move |text| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let at = lines.iter().rposition(|line| line.starts_with("base_url")).unwrap();
            lines[at] = format!("base_url = \"{nobody}\"");
            lines.join("\n")
        }),
        after(|world| world.set_secret(&secret("smarthr-token", "wrong"))),
        emc(IMPORTS, emc_says(403, "{}")),
        emc(IMPORTS, emc_says(409, "{}")),
        emc(IMPORTS, EmcFault::Error { status: 503, retry_after: None }),
        emc("/v1/search-words", emc_says(200, "[]")),
        Box::pin(async {
            let world = World::new(60).linked().await;
            let body = r#"{"status":"rejected","errors":[{"record":"user","line":3,"id":"ID","field":"氏名","message":"だめです"}]}"#;
            let id = world.emc.user_ids().remove(0);
            world.smarthr.change(|company| company.change_positions(1));
            world.emc.inject(Rule::new(IMPORTS, emc_says(422, &body.replace("ID", &id))).method("PUT"));
            vec![world.next_day().await]
        }),
        Box::pin(async {
            let world = world();
            world.smarthr.adjust(|settings| _ = settings.hidden_as_null.insert("emp_code".into()));
            vec![world.run(json!({"mode": "check"})).await]
        }),
    ]
}

fn people() -> Vec<Scene> {
    let all_required = |text: String| {
        text.replace("所属部署コード,部署1,登録,登録しない", "所属部署コード,部署1,登録,エラー")
            .replace("ユーザID,社員番号,登録,連携しない", "ユーザID,社員番号,登録,エラー")
            .replace("パスワード,社員番号", "パスワード,業務内容")
            .replace("氏名,ビジネスネーム", "氏名,氏名")
    };
    vec![
        Box::pin(async move {
            let world = world();
            world.write("mapping.csv", all_required(world.read("mapping.csv").unwrap()));
            world.smarthr.change(|company| {
                let ids = company.active_ids(8);
                company.set_employee_code(&ids[0], None);
                company.set_employee_code(&ids[1], Some(&"9".repeat(41)));
                company.set_employee_code(&ids[2], Some("77"));
                company.set_employee_code(&ids[3], Some("77"));
                company.set_employee_code(&ids[4], Some("7\u{7}8"));
                let nameless = company.person_mut(&ids[5]).unwrap();
                nameless.last_name.clear();
                nameless.first_name.clear();
                nameless.occupation = None;
                nameless.departments.clear();
                company.clear_kana(&ids[6]);
            });
            let mut words = simulators::samples::search_words(&world.smarthr.look(Clone::clone));
            words[0].options.clear();
            world.emc.set_search_words(&words);
            vec![world.sync().await]
        }),
        company(|company| {
            let lists: BTreeSet<String> = company
                .custom_templates
                .iter()
                .filter(|template| !template.elements.is_empty())
                .map(|template| template.id.clone())
                .collect();
            for (template, value) in company.people.iter_mut().flat_map(|person| &mut person.custom) {
                if lists.contains(template) {
                    *value = json!("no-such-element");
                }
            }
        }),
        after(|world| lists(world, DEPARTMENTS, "[]")),
        after(|world| {
            let text = world.read("config.toml").unwrap();
            world.write("config.toml", text.replace("[departments]", "[departments]\nwithout_code = \"error\""));
            world.smarthr.change(|company| {
                let id = company.coded_departments().next().unwrap().id.clone();
                company.set_department_code(&id, None);
            });
        }),
        Box::pin(async {
            let world = World::new(300);
            world.smarthr.change(|company| {
                let ids: Vec<String> = company.coded_departments().map(|department| department.id.clone()).collect();
                company.set_department_code(&ids[0], Some(&"1".repeat(31)));
                company.set_department_code(&ids[1], Some("5"));
                company.set_department_code(&ids[2], Some("5"));
                for department in &mut company.departments {
                    if department.id == ids[3] {
                        department.name.clear();
                    }
                }
            });
            vec![world.sync().await]
        }),
        after(|world| {
            let list = r#"[{"id":"d1","name":"総務部","code":"1","parent":{"id":"d1","name":"総務部","code":"1"}},
                {"id":"d2","name":"人事課","code":"2","parent":{"id":"gone","name":"人事部","code":"9"}}]"#;
            lists(world, DEPARTMENTS, list);
        }),
    ]
}

fn holds() -> Vec<Scene> {
    vec![
        next_day("", |world| {
            world.smarthr.change(|company| {
                let id = company.active_ids(1).remove(0);
                company.set_employee_code(&id, Some("99999"));
            });
        }),
        next_day("", |world| _ = world.smarthr.change(|company| company.hide_people(1.0))),
        next_day("[guard]\nfloor = 0\ndepartment_deletions = 0", |world| {
            world.smarthr.change(|company| {
                let id = company.coded_departments().last().unwrap().id.clone();
                company.close_department(&id);
            });
        }),
        next_day("", |world| lists(world, DEPARTMENTS, r#"[{"id":"d0","name":"別の部","code":"Z"}]"#)),
        next_day("", |world| {
            world.smarthr.change(|company| company.people.iter_mut().for_each(|person| person.establishment = None));
        }),
        next_day("", |world| {
            world.smarthr.change(|company| {
                let people = company.active_ids(2);
                company.retire(&people[..1]);
                company.reissue_number(&people[0], &people[1]);
            });
        }),
        Box::pin(async {
            let world = world();
            vec![world.run(json!({"mode": "sync", "scheduled_at": "2026-11-24T04:30:00+09:00"})).await]
        }),
        // The server knows neither filter, and more people are missing than can be asked for one by one.
        Box::pin(async {
            let world = World::new(700).linked().await;
            world
                .smarthr
                .adjust(|settings| settings.ignored_parameters.extend(["id".to_owned(), "emp_status".to_owned()]));
            world.smarthr.change(|company| company.hide_people(0.4));
            vec![world.next_day().await]
        }),
        // EMC lost a user who is still in a department that goes.
        Box::pin(async {
            let world = world().linked().await;
            let department = world.emc.department_ids().pop().unwrap();
            let user = world.emc.user_ids().remove(0);
            world.emc.change_user(&user, &[("兼務管理部署コード9", &department)]);
            world.smarthr.change(|company| {
                let code = department.strip_prefix('A').unwrap();
                let id = company.coded_departments().find(|one| one.code.as_deref() == Some(code)).unwrap().id.clone();
                company.close_department(&id);
            });
            vec![world.next_day().await]
        }),
        next_day("", |world| {
            world.emc.enter_user("A-by-hand", &[("氏名", "手入力"), ("氏名(ヨミ)", "テニュウリョク")]);
        }),
        next_day("", |world| {
            world
                .emc
                .inject(Rule::new("/v1/users.csv", simulators::emc::Fault::Error { status: 403, retry_after: None }));
        }),
        after(|world| {
            let code = world.smarthr.change(|company| first_person(company).emp_code.clone().unwrap());
            world.emc.enter_user(&format!("A{code}"), &[("氏名", "佐藤")]);
        }),
    ]
}

#[tokio::test]
async fn every_code_is_reached_and_has_an_example() {
    let scenes = [configuration(), state(), other_sides(), people(), holds()].into_iter().flatten();
    // By itself: it is about time.
    let late = Box::pin(async {
        let mut world = world();
        world.time = Duration::from_secs(8);
        world.smarthr.inject(Rule::new(CREWS, Fault::Delay { ms: 6_500 }));
        vec![world.sync().await]
    });
    let late = late.await;
    let mut answers = futures::future::join_all(scenes).await;
    answers.push(late);
    answers.push(crate::delivery::failures().await);
    let mut examples: BTreeMap<&'static str, String> = BTreeMap::new();
    for answer in answers.iter().flatten() {
        for fault in answer.errors.iter().chain(&answer.warnings) {
            examples.entry(fault.code.entry().name).or_insert_with(|| fault.message.clone());
        }
        let body = link::report::body_text(answer);
        let reasons = body.lines().filter(|line| REASONS.iter().any(|words| line.contains(words)));
        for (code, told) in answer.hold.iter().flat_map(|hold| &hold.codes).zip(reasons) {
            examples.entry(code.entry().name).or_insert_with(|| told.trim_start_matches(" - ").to_owned());
        }
    }
    let missing: Vec<&str> = catalogue::ALL
        .iter()
        .map(|code| code.entry().name)
        .filter(|name| !ELSEWHERE.contains(name) && !examples.contains_key(name))
        .collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");

    let mut text =
        String::from("# One example of every code, as the pipeline told it. Addresses are those of the simulators.\n");
    for code in catalogue::ALL {
        let name = code.entry().name;
        if let Some(example) = examples.get(name) {
            writeln!(text, "\n{name}\n  {}", steady(example)).unwrap();
        }
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("link/examples.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "tests/link/examples.txt is not what the pipeline tells: run with UPDATE_DOCS=1");
}

/// Without what differs from run to run: ports, run ids, seconds left.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("http://127.0.0.1:") {
        steady.push_str(&rest[..at]);
        steady.push_str("https://acme.smarthr.jp");
        let after = &rest[at + "http://127.0.0.1:".len()..];
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    steady.push_str(rest);
    let words: Vec<String> = steady
        .split('「')
        .map(|part| match part.split_once('」') {
            Some((inside, after)) if link::state::RunId::parse(inside).is_some() => {
                format!("20261124T043000000-0123456789ab」{after}")
            }
            _ => part.to_owned(),
        })
        .collect();
    let steady = words.join("「");
    let words = steady.split(' ').map(|word| match link::state::RunId::parse(word) {
        Some(_) => "20261124T043000000-0123456789ab",
        None => word,
    });
    let steady = words.collect::<Vec<_>>().join(" ");
    match (steady.find("(残り"), steady.find("秒)")) {
        (Some(from), Some(to)) if from < to => format!("{}(残り1{}", &steady[..from], &steady[to..]),
        _ => steady,
    }
}
