//! Where the guides are played: a folder, both servers, and the commands as a shell runs them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use simulators::company::{Company, Person};
use simulators::emc::{Emc, EmcSettings, SearchWord};
use simulators::samples::{search_words, search_words_table};
use simulators::smarthr::{SmartHr, SmartHrSettings};

use crate::blocks::Block;

const PEOPLE: usize = 120;
/// The 役職 that EMC's master lacks at first.
const MISSING_WORD: u8 = 3;

pub(crate) struct Stage {
    folder: tempfile::TempDir,
    smarthr: SmartHr,
    emc: Emc,
    words: Vec<SearchWord>,
    token: String,
    variables: BTreeMap<String, String>,
    without_kana: Vec<Person>,
}

pub(crate) struct Played {
    pub(crate) exit: i32,
    pub(crate) output: String,
}

impl Stage {
    pub(crate) fn set() -> Self {
        let company = Company::generate(1, PEOPLE);
        let words = search_words(&company);
        let settings = SmartHrSettings::default();
        let token = settings.token.clone();
        let emc = Emc::start(EmcSettings { search_words: words.clone(), ..EmcSettings::default() }).unwrap();
        let smarthr = SmartHr::start(company, settings.without_limits()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let tools = folder.path().join("bin");
        std::fs::create_dir(&tools).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_emc-link"), tools.join("emc-link")).unwrap();
        Self { folder, smarthr, emc, words, token, variables: BTreeMap::new(), without_kana: Vec::new() }
    }

    /// Lets happen what happens before, then runs the block.
    pub(crate) fn play(&mut self, block: &Block) -> Played {
        for event in &block.events {
            self.happens(event);
        }
        for line in block.commands.lines() {
            if let Some((name, value)) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
                self.variables.insert(name.to_owned(), value.to_owned());
            }
        }
        // What a reader replaces by their own.
        let mut commands = block
            .commands
            .replace("subdomain = \"acme\"", &format!("base_url = \"{}\"", self.smarthr.base_url()))
            .replace("https://emc.example.jp/import", &self.emc.base_url())
            .replace("SmartHRのアクセストークン", &self.token)
            .replace("エマージェンシーコールのトークン", "emc-token");
        if commands.contains("実行ID") {
            commands = commands.replace("実行ID", &self.latest_run());
        }
        let result = self.shell(&commands);
        Played {
            exit: result.status.code().unwrap_or(-1),
            output: format!(
                "{}{}",
                String::from_utf8(result.stdout).unwrap(),
                String::from_utf8(result.stderr).unwrap()
            ),
        }
    }

    fn shell(&self, commands: &str) -> std::process::Output {
        let inherited = std::env::var("PATH").unwrap_or_default();
        Command::new("bash")
            .args(["-euc", commands])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{inherited}", self.folder.path().join("bin").display()))
            .envs(&self.variables)
            .output()
            .unwrap()
    }

    fn latest_run(&self) -> String {
        let runs = self.shell("emc-link runs --last 1 --json");
        let runs: serde_json::Value = serde_json::from_slice(&runs.stdout).unwrap();
        runs[0]["run_id"].as_str().unwrap().to_owned()
    }

    fn happens(&mut self, event: &str) {
        match event {
            "masters-incomplete" => {
                let mut words = self.words.clone();
                for word in words.iter_mut().filter(|word| word.number == MISSING_WORD) {
                    word.options.truncate(1);
                }
                self.emc.set_search_words(&words);
            }
            "codes-and-masters-entered" => {
                let list = std::fs::read_to_string(self.folder.path().join("検索ワードマスタ.csv")).unwrap();
                assert!(list.contains("要追加"), "what is entered was listed");
                self.emc.set_search_words(&self.words);
                self.smarthr.change(|company| {
                    let without: Vec<String> = company
                        .departments
                        .iter()
                        .filter(|department| department.code.is_none())
                        .map(|department| department.id.clone())
                        .collect();
                    for (number, id) in (900..).zip(without) {
                        company.set_department_code(&id, Some(&number.to_string()));
                    }
                });
            }
            "download" => self.download(),
            "kana-cleared" => {
                self.without_kana = self.smarthr.change(|company| {
                    let ids = company.active_ids(2);
                    let before = ids.iter().filter_map(|id| company.person(id).cloned()).collect();
                    for id in &ids {
                        company.clear_kana(id);
                    }
                    before
                });
            }
            "kana-entered" => {
                let people = std::mem::take(&mut self.without_kana);
                self.smarthr.change(|company| {
                    // Whoever corrects the kana corrects something else, too: there is a change to be linked.
                    company.hire(1);
                    for person in people {
                        let id = person.id.clone();
                        *company.person_mut(&id).unwrap() = person;
                    }
                });
            }
            "third-hidden" => {
                self.smarthr.change(|company| company.hide_people(0.33));
            }
            "destination-csv" => self.choose_the_bulk_upload(),
            "people-come-and-go" => {
                self.smarthr.change(|company| {
                    company.retire_some(1);
                    company.hire(2);
                });
            }
            "files-uploaded" => self.upload(),
            unknown => panic!("the guide names an event that the stage does not know: {unknown}"),
        }
    }

    /// EMC had data before: three people of today, one of another company, and a department.
    fn download(&self) {
        let (people, department) = self.smarthr.look(|company| {
            let mails = company.active().filter_map(|person| person.email.clone()).take(3).collect::<Vec<_>>();
            let code = company.coded_departments().next().and_then(|department| department.code.clone()).unwrap();
            (mails, code)
        });
        let ids: Vec<String> = people.iter().map(|mail| format!("A{mail}")).chain(["B00001".to_owned()]).collect();
        for id in &ids {
            self.emc.enter_user(id, &[("氏名", "登録済")]);
        }
        self.emc.enter_department(&format!("A{department}"), "登録済", None);
        let write = |name: &str, text: String| std::fs::write(self.folder.path().join(name), text).unwrap();
        write("部署データ.csv", format!("部署ID\nA{department}\n"));
        write("ユーザデータ.csv", format!("ユーザID\n{}\n", ids.join("\n")));
    }

    /// The destination in place of the API, and the masters that are then not asked for.
    fn choose_the_bulk_upload(&self) {
        let file = self.folder.path().join("emc-link-data/tenants/acme/config.toml");
        let config = std::fs::read_to_string(&file).unwrap().replace("[emc]\n", "[emc]\ndestination = \"csv\"\n");
        assert!(config.contains("destination"), "{config}");
        let masters = search_words_table(&self.words);
        std::fs::write(&file, format!("{config}\n{masters}")).unwrap();
    }

    /// What EMC does with the users' file that was taken out; nothing else is to be uploaded here.
    fn upload(&self) {
        let folder = self.folder.path().join("アップロード");
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["users.csv"]);
        let mut reader = csv::Reader::from_path(folder.join("users.csv")).unwrap();
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|cell| cell.trim_start_matches('\u{feff}') == name).unwrap();
        let (flag, id) = (column("処理フラグ"), column("ユーザID"));
        let (mut entered, mut erased) = (0, 0);
        let before = self.emc.user_ids();
        for row in reader.records().map(Result::unwrap) {
            if &row[flag] == "削除" {
                self.emc.erase_user(&row[id]);
                erased += 1;
            } else if !before.iter().any(|known| known == &row[id]) {
                self.emc.enter_user(&row[id], &[]);
                entered += 1;
            }
        }
        assert_eq!((entered, erased), (2, 1), "two were hired and one retired");
    }

    /// After all of it EMC has exactly the people whom the account still sees, and the other company's.
    pub(crate) fn assert_the_end(&self) {
        let mut expected: Vec<String> = self.smarthr.look(|company| {
            company.active().filter_map(|person| person.email.as_ref().map(|mail| format!("A{mail}"))).collect()
        });
        expected.push("B00001".to_owned());
        expected.sort();
        assert_eq!(self.emc.user_ids(), expected);
        let mails = std::fs::read_dir(self.folder.path().join("emc-link-data/outbox")).unwrap().count();
        assert!(mails >= 7, "a mail for each sync and preview, and {mails} is too few");
        assert!(!Path::new("emc-link-data").exists(), "everything stays in the stage's folder");
    }
}
