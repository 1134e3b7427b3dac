//! The frame around every page, and the style sheet.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use link::time::tokyo;
use maud::{Markup, html};

use crate::app::App;
use crate::document::{SITE, document};
use crate::form::{CLICK, CSRF};
use crate::random::random_name;
use crate::session::Session;
use crate::site::Site;

const STYLE: &str = include_str!("style.css");

/// The pages that the navigation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MenuItem {
    Overview,
    Runs,
    Sheet,
    Connection,
    Audit,
}

impl MenuItem {
    /// What the page is for, in a paragraph.
    fn help(self) -> &'static str {
        match self {
            Self::Overview => {
                "連携が正しく動いているかを確認する画面です。「現在の状態」が「正常」であれば、することはありません。それ以外のときは、表示された案内のとおりに進めてください。社員一人の状況は、画面上部の「社員を探す」で確認できます。"
            }
            Self::Runs => {
                "これまでの連携の結果を確認する画面です。失敗したときは「直し方」のとおりにSmartHRまたは連携設定シートを直すと、次の連携で反映されます。保留になったときは、内容を確認して承認または却下してください。"
            }
            Self::Sheet => {
                "SmartHRのどの項目をエマージェンシーコールのどの項目に登録するかを決める、連携設定シートの画面です。変更したシートをアップロードしても、「適用する」を押すまでは反映されません。"
            }
            Self::Connection => {
                "SmartHRとの接続と、連携の設定を確認する画面です。SmartHRの管理者のアカウントで連携を許可します。設定した会社コードと最上位部署は、最初の連携の後は変更できません。"
            }
            Self::Audit => {
                "この画面で、だれが、いつ、何をしたかを確認する画面です。記録は変更も削除もできません。期間を指定してダウンロードできます。"
            }
        }
    }
}

/// The menu; `place` is the page that it stands on.
pub(crate) fn menu(place: Option<MenuItem>) -> Markup {
    html! {
        nav aria-label="メニュー" {
            ul {
                @for (item, to, label) in PLACES {
                    li { a href=(to) aria-current=[(Some(item) == place).then_some("page")] { (label) } }
                }
            }
        }
    }
}

const PLACES: [(MenuItem, &str, &str); 5] = [
    (MenuItem::Overview, "/", "概要"),
    (MenuItem::Runs, "/runs", "実行履歴"),
    (MenuItem::Sheet, "/sheet", "連携設定シート"),
    (MenuItem::Connection, "/connection", "SmartHR連携"),
    (MenuItem::Audit, "/audit", "操作の記録"),
];

/// What the frame says beside the page's own content.
pub(crate) struct Frame<'a> {
    place: MenuItem,
    title: &'a str,
    company: String,
    version: &'static str,
    day: String,
    contact: Option<String>,
    session: &'a Session,
}

impl<'a> Frame<'a> {
    pub(crate) async fn of<S: Site>(app: &App<S>, session: &'a Session, place: MenuItem, title: &'a str) -> Self {
        let company = app.config().await.map_or_else(|| app.settings.tenant.to_string(), |config| config.company);
        let day = tokyo(app.now()).strftime("%Y/%m/%d").to_string();
        let contact = app.settings.ops_mail.clone();
        Self { place, title, company, version: app.settings.version, day, contact, session }
    }

    /// The whole page.
    pub(crate) fn page(&self, body: &Markup) -> Markup {
        let inside = html! {
            header.top {
                div.inner {
                    p.site { a href="/" { (SITE) } }
                    p.company { (self.company) }
                    form.search method="get" action="/person" role="search" {
                        label.soft for="person" { "社員を探す" }
                        input id="person" type="text" name="q" placeholder="社員番号・ユーザID" autocomplete="off" required;
                        button.quiet type="submit" { "探す" }
                    }
                    form.leave method="post" action="/leave" {
                        (token(self.session))
                        span.person { (self.session.record.person.name) " 様" }
                        button.quiet type="submit" { "ログアウト" }
                    }
                }
                (menu(Some(self.place)))
                p.printed { (self.company) " " (self.day) " 出力" }
            }
            main id="main" {
                @if let Some(text) = &self.session.flash {
                    p.flash role="status" { (text) }
                }
                h1 { (self.title) }
                (body)
                details.help {
                    summary { "この画面の使い方とお問い合わせ先" }
                    p { (self.place.help()) }
                    p {
                        "わからないことがあるときは、運用担当"
                        @if let Some(mail) = &self.contact { "(" a href={ "mailto:" (mail) } { (mail) } ")" }
                        "へお問い合わせください。その際は、画面の題名と日時、実行IDをお伝えください。"
                    }
                }
            }
            footer { p { "エマージェンシーコール " (SITE) " " small { (self.version) } } }
        };
        document(&format!("{} | {} | {}", self.title, self.day, self.company), &inside)
    }
}

/// The hidden field that every form carries.
pub(crate) fn token(session: &Session) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(session.record.csrf); }
}

/// A form that starts a run carries a name of its own, so that one click starts one run, however often it is sent.
fn click() -> Markup {
    html! {
        @if let Ok(name) = random_name() { input type="hidden" name=(CLICK) value=(name); }
    }
}

fn is_start(to: &str) -> bool {
    to.starts_with("/start/") || to.ends_with("/preview")
}

/// A form that is only a button.
pub(crate) fn button(session: &Session, to: &str, label: &str, class: &str) -> Markup {
    html! {
        form.inline method="post" action=(to) {
            (token(session))
            @if is_start(to) { (click()) }
            button class=(class) type="submit" { (label) }
        }
    }
}

/// `GET /style.css`.
pub(crate) async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, STYLE).into_response()
}
