//! A tenant with its pages, and a visitor who keeps one cookie as a browser does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use link::state::TenantId;
use link::state::ports::{Clock, Platform, SecretStore};
use link_local::LocalPlatform;
use pages::loopback::{Loopback, Runs, served_at};
use pages::{COOKIE, OtherLink, Person, Settings, mint, router};
use reqwest::header::{HeaderMap, SET_COOKIE};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use simulators::company::Company;
use simulators::emc::{Emc, EmcSettings};
use simulators::samples::{FULL_SHEET, SampleConfig, search_words};
use simulators::smarthr::{SmartHr, SmartHrSettings};
use tempfile::TempDir;

pub(crate) const VERSION: &str = "0.2.0+gabcdef0";
pub(crate) const KEY: &str = "a launch key for tests, 32 letters";

/// The machine's clock, turned forward by hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurnedClock(Arc<AtomicI64>);

impl TurnedClock {
    pub(crate) fn turn(&self, span: SignedDuration) {
        self.0.fetch_add(span.as_secs(), Ordering::Relaxed);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct Stage {
    pub(crate) smarthr: SmartHr,
    pub(crate) emc: Emc,
    pub(crate) home: Arc<LocalPlatform<TurnedClock>>,
    pub(crate) clock: TurnedClock,
    pub(crate) base: String,
    pub(crate) tenant: TenantId,
    pub(crate) folder: TempDir,
}

impl Stage {
    /// A tenant that is connected.
    pub(crate) async fn set() -> Self {
        Self::with("acme", |_| {}, |config| config).await
    }

    pub(crate) async fn with(
        tenant: &str,
        adjust: impl FnOnce(&mut Company),
        configure: impl FnOnce(SampleConfig) -> SampleConfig,
    ) -> Self {
        let mut company = Company::generate(7, 60);
        adjust(&mut company);
        let emc = Emc::start(EmcSettings { search_words: search_words(&company), ..EmcSettings::default() }).unwrap();
        let smarthr = SmartHr::start(company, SmartHrSettings::default().without_limits()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let tenant = TenantId::parse(tenant).unwrap();
        let clock = TurnedClock::default();
        let home = Arc::new(LocalPlatform::open_at(folder.path(), &tenant, clock.clone()));
        let secret = json!({
            "smarthr": {"access_token": "smarthr-token", "client_id": "emc-link", "client_secret": "emc-link-secret"},
            "emc": {"token": "emc-token"},
            "connect": {"launch_key": KEY},
        });
        home.secrets().set(&secret.to_string().into()).unwrap();
        let config = configure(SampleConfig::new(&smarthr.base_url(), &emc.base_url()).prefix("A"));
        let state = home.directory().directory();
        std::fs::create_dir_all(state).unwrap();
        std::fs::write(state.join("config.toml"), config.to_toml()).unwrap();
        std::fs::write(state.join("mapping.csv"), FULL_SHEET).unwrap();
        let base = Self::serve(&tenant, &home, "株式会社ベータ=http://127.0.0.1:1").await;
        Self { smarthr, emc, home, clock, base, tenant, folder }
    }

    pub(crate) async fn serve(tenant: &TenantId, home: &Arc<LocalPlatform<TurnedClock>>, links: &str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let runs = Runs {
            tenant: tenant.clone(),
            version: VERSION,
            mail_from: "emc-link@example.co.jp".to_owned(),
            ops_mail: None,
            smarthr_rate: None,
        };
        let settings = Settings {
            tenant: tenant.clone(),
            version: VERSION,
            links: OtherLink::parse_list(links).0,
            mail_from: "emc-link@example.co.jp".to_owned(),
            ops_mail: Some("ops@example.co.jp".to_owned()),
            schedule: Some(pages::Schedule { at: "04:30".parse().unwrap(), is_on: true }),
        };
        let router = served_at(router(Loopback::new(Arc::clone(home), runs), settings), &base);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        base
    }

    pub(crate) async fn token(&self, person: &str) -> String {
        let secret = self.home.secrets().load().await.unwrap().text;
        let person = Person { id: "yamada".to_owned(), name: person.to_owned() };
        mint(&secret, &self.tenant, &person, self.clock.now()).unwrap()
    }

    /// Someone who has come in by a launch link.
    pub(crate) async fn visitor(&self) -> Visitor {
        let mut visitor = Visitor::outside(&self.base);
        let entered = visitor.get(&format!("/launch?token={}", self.token("山田 花子").await)).await;
        assert_eq!((entered.status, entered.location()), (303, "/"), "{}", entered.body);
        visitor
    }

    /// Someone whose launch link names a role.
    pub(crate) async fn visitor_as(&self, role: &str) -> Visitor {
        let now = self.clock.now().as_second();
        let claims = json!({"aud": self.tenant.as_str(), "sub": "suzuki", "name": "鈴木", "iat": now, "exp": now + 60,
                            "jti": format!("{role}-{now}"), "role": role});
        let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        let mut visitor = Visitor::outside(&self.base);
        assert_eq!(visitor.get(&format!("/launch?token={token}")).await.status, 303);
        visitor
    }

    pub(crate) async fn secret(&self) -> Value {
        serde_json::from_str(self.home.secrets().load().await.unwrap().text.expose_secret()).unwrap()
    }

    pub(crate) fn set_secret(&self, secret: &Value) {
        self.home.secrets().set(&SecretString::from(secret.to_string())).unwrap();
    }

    pub(crate) fn file(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.home.directory().directory().join(name)).ok()
    }

    pub(crate) fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.home.directory().directory().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The mails that were sent, as they were sent.
    pub(crate) fn mails(&self) -> Vec<String> {
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        let mails = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "eml"));
        mails.map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()).collect()
    }

    /// The actions in the audit log, oldest first.
    pub(crate) fn audited(&self) -> Vec<String> {
        let mut files = Vec::new();
        collect(&self.home.directory().directory().join("audit"), &mut files);
        let entry = |file: &std::path::PathBuf| -> Value {
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
        };
        let mut entries: Vec<Value> = files.iter().map(entry).collect();
        // By their time, and not by their names, which tell the millisecond: on a directory two fit into one.
        entries.sort_by_key(|entry| entry["at"].as_str().unwrap().parse::<Timestamp>().unwrap());
        entries.into_iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    }
}

fn collect(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// A browser's one tab.
#[derive(Clone)]
pub(crate) struct Visitor {
    http: reqwest::Client,
    base: String,
    pub(crate) cookie: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
    pub(crate) fn csrf(&self) -> String {
        let at = self.body.find("name=\"csrf\" value=\"").expect("a form") + 19;
        self.body[at..].split('"').next().unwrap().to_owned()
    }
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "{} does not say {text}:\n{}", self.status, self.body);
        self
    }
}

impl Visitor {
    pub(crate) fn outside(base: &str) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, base: base.to_owned(), cookie: None }
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.cookie {
            Some(cookie) => request.header("cookie", format!("{COOKIE}={cookie}")),
            None => request,
        }
    }

    pub(crate) async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            assert_eq!(name, COOKIE);
            let value = rest.split(';').next().unwrap();
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Page { status, headers, body: String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(self.request(reqwest::Method::GET, path)).await
    }

    pub(crate) async fn post_as_is(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(self.request(reqwest::Method::POST, path).form(form)).await
    }

    /// Sends a form with the session's token in it.
    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let csrf = self.get("/").await.csrf();
        let mut form = form.to_vec();
        form.push(("csrf", csrf.as_str()));
        self.post_as_is(path, &form).await
    }

    pub(crate) async fn upload(&mut self, content: impl Into<Vec<u8>>) -> Page {
        let csrf = self.get("/").await.csrf();
        let mut body = format!("--b\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\ncontent-type: text/csv\r\n\r\n").into_bytes();
        body.extend(content.into());
        body.extend(b"\r\n--b--\r\n");
        let request = self.request(reqwest::Method::POST, "/sheet/upload");
        self.send(request.header("content-type", "multipart/form-data; boundary=b").body(body)).await
    }

    /// Follows a start to the run's own page.
    pub(crate) async fn watch(&mut self, started: &Page) -> Page {
        assert_eq!(started.status, 303, "{}", started.body);
        let progress = started.location().to_owned();
        assert!(progress.starts_with("/progress/"), "{progress}");
        for _ in 0..600 {
            let page = self.get(&progress).await;
            if page.status == 303 {
                let to = page.location().to_owned();
                // The report is there before the lock is free.
                tokio::time::sleep(Duration::from_millis(100)).await;
                return self.get(&to).await;
            }
            assert_eq!(page.status, 200, "{}", page.body);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the run did not end");
    }

    pub(crate) async fn run(&mut self, what: &str) -> Page {
        let mut started = self.post(&format!("/start/{what}"), &[]).await;
        // The report of the run before is there a moment before its lock is free.
        for _ in 0..100 {
            if started.status != 409 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            started = self.post(&format!("/start/{what}"), &[]).await;
        }
        self.watch(&started).await
    }
}
