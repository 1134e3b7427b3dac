//! The frame around every page, and the style sheet.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::app::App;
use crate::document::{SITE, document};
use crate::form::CSRF;
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
    session: &'a Session,
}

impl<'a> Frame<'a> {
    pub(crate) async fn of<S: Site>(app: &App<S>, session: &'a Session, place: MenuItem, title: &'a str) -> Self {
        let company = app.config().await.map_or_else(|| app.settings.tenant.to_string(), |config| config.company);
        Self { place, title, company, version: app.settings.version, session }
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
                nav aria-label="メニュー" {
                    ul {
                        @for (place, to, label) in PLACES {
                            li {
                                a href=(to) aria-current=[(place == self.place).then_some("page")] { (label) }
                            }
                        }
                    }
                }
            }
            main id="main" {
                @if let Some(text) = &self.session.flash {
                    p.flash role="status" { (text) }
                }
                h1 { (self.title) }
                (body)
            }
            footer { p { "エマージェンシーコール " (SITE) " " small { (self.version) } } }
        };
        document(self.title, &inside)
    }
}

/// The hidden field that every form carries.
pub(crate) fn token(session: &Session) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(session.record.csrf); }
}

/// A form that is only a button.
pub(crate) fn button(session: &Session, to: &str, label: &str, class: &str) -> Markup {
    html! {
        form.inline method="post" action=(to) {
            (token(session))
            button class=(class) type="submit" { (label) }
        }
    }
}

/// `GET /style.css`.
pub(crate) async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, STYLE).into_response()
}
