//! The files that a tenant needs to be linked to these simulators: mapping sheets, `config.toml`, the secret, and masters
//! that fit the company.

use serde_json::json;

use crate::company::{Company, PREFECTURES};
use crate::emc::{SearchWord, SearchWordOption};

/// The sheet of the product's own example: メールアドレス is the ユーザID.
pub const PRODUCT_SHEET: &str = include_str!("product.csv");

/// A sheet that uses every kind of item, with 社員番号 as the ユーザID.
pub const FULL_SHEET: &str = include_str!("full.csv");

/// What a `config.toml` says that differs from tenant to tenant.
#[derive(Clone, Debug)]
pub struct SampleConfig {
    /// Where SmartHR answers.
    pub smarthr: String,
    /// Where EMC answers.
    pub emc: String,
    /// The 会社コード, where one is used.
    pub prefix: Option<String>,
    /// ID and name of a 最上位部署, where one is made.
    pub top_department: Option<(String, String)>,
    /// Who gets the mail.
    pub notify: Vec<String>,
    /// More TOML, put at the end, such as a `[scope]` or `[guard]`.
    pub more: String,
}

impl SampleConfig {
    /// Without prefix and top department.
    pub fn new(smarthr: &str, emc: &str) -> Self {
        Self {
            smarthr: smarthr.to_owned(),
            emc: emc.to_owned(),
            prefix: None,
            top_department: None,
            notify: vec!["hr@example.co.jp".to_owned()],
            more: String::new(),
        }
    }

    /// The same with this 会社コード.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Some(prefix.to_owned());
        self
    }

    /// The same with this 最上位部署.
    #[must_use]
    pub fn top_department(mut self, id: &str, name: &str) -> Self {
        self.top_department = Some((id.to_owned(), name.to_owned()));
        self
    }

    /// The same with more TOML at the end.
    #[must_use]
    pub fn more(mut self, toml: &str) -> Self {
        self.more.push_str(toml);
        self.more.push('\n');
        self
    }

    /// The text of `config.toml`.
    pub fn to_toml(&self) -> String {
        // A JSON string is a TOML basic string as long as no character below U+0020 but \n and \t is in it.
        let quoted = |text: &str| json!(text).to_string();
        let ids =
            self.prefix.as_deref().map_or_else(String::new, |prefix| format!("[ids]\nprefix = {}\n\n", quoted(prefix)));
        let top = self.top_department.as_ref().map_or_else(String::new, |(id, name)| {
            format!("[top_department]\nid = {}\nname = {}\n\n", quoted(id), quoted(name))
        });
        format!(
            "company = \"みなと総合サービス株式会社\"\n\n[smarthr]\nbase_url = {smarthr}\nauth_url = {smarthr}\n\n\
             [emc]\nbase_url = {emc}\n\n{ids}{top}[departments]\nname_kana = \"ブショ\"\n\n[notify]\nto = {to}\n\n{more}",
            smarthr = quoted(&self.smarthr),
            emc = quoted(&self.emc),
            to = json!(self.notify),
            more = self.more,
        )
    }
}

/// The secret of a tenant whose SmartHR token does not expire.
pub fn secret(smarthr_token: &str, emc_token: &str) -> String {
    json!({ "smarthr": { "access_token": smarthr_token }, "emc": { "token": emc_token } }).to_string()
}

/// The secret of a tenant linked by OAuth, with an access token that expires at this time (RFC 3339).
pub fn oauth_secret(
    settings: &crate::smarthr::SmartHrSettings,
    access_token: &str,
    expires_at: &str,
    emc_token: &str,
) -> String {
    let smarthr = json!({
        "access_token": access_token,
        "refresh_token": settings.refresh_token,
        "expires_at": expires_at,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    });
    json!({ "smarthr": smarthr, "emc": { "token": emc_token } }).to_string()
}

/// EMC's masters for this company, as the sheets here use them: 勤務地, 居住地, 役職, 雇用形態, 緊急時の役割.
pub fn search_words(company: &Company) -> Vec<SearchWord> {
    let names = |masters: &[crate::company::Master]| masters.iter().map(|master| master.name.clone()).collect();
    let roles = company.custom_templates.iter().flat_map(|template| &template.elements);
    let words: [(&str, Vec<String>); 5] = [
        ("勤務地", names(&company.establishments)),
        ("居住地", PREFECTURES.map(str::to_owned).to_vec()),
        ("役職", names(&company.job_titles)),
        ("雇用形態", names(&company.employment_types)),
        ("緊急時の役割", roles.map(|element| element.name.clone()).collect()),
    ];
    words.into_iter().zip(1..).map(|((name, options), number)| search_word(number, name, options)).collect()
}

/// The same as config.toml has them where no import API can be asked: the table `[csv.search_words]`.
pub fn search_words_table(words: &[SearchWord]) -> String {
    let line = |word: &SearchWord| {
        let options: Vec<String> = word.options.iter().map(|option| format!("{}={}", option.id, option.name)).collect();
        format!("{} = {}\n", word.number, serde_json::json!(options))
    };
    words.iter().map(line).fold("[csv.search_words]\n".to_owned(), |table, line| table + &line)
}

fn search_word(number: u8, name: &str, options: Vec<String>) -> SearchWord {
    let options =
        options.into_iter().zip(1_u32..).map(|(name, id)| SearchWordOption { id: id.to_string(), name }).collect();
    SearchWord { number, name: name.to_owned(), options }
}
