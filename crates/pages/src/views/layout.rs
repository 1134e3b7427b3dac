//! The frame around every page, and the style sheet.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::app::App;
use crate::form::CSRF;
use crate::session::Session;
use crate::site::Site;

const STYLE: &str = include_str!("style.css");
const SITE: &str = "人事データ連携";

/// The pages that the navigation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Runs,
    Sheet,
    Connection,
    Audit,
}

const PLACES: [(Place, &str, &str); 5] = [
    (Place::Overview, "/", "概要"),
    (Place::Runs, "/runs", "実行履歴"),
    (Place::Sheet, "/sheet", "連携設定シート"),
    (Place::Connection, "/connection", "SmartHR連携"),
    (Place::Audit, "/audit", "操作の記録"),
];

/// What the frame says beside the page's own content.
pub(crate) struct Frame<'a> {
    place: Place,
    title: &'a str,
    company: String,
    version: &'static str,
    session: &'a Session,
}

impl<'a> Frame<'a> {
    pub(crate) async fn of<S: Site>(app: &App<S>, session: &'a Session, place: Place, title: &'a str) -> Self {
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
                    form.leave method="post" action="/leave" {
                        (token(self.session))
                        span.person { (self.session.record.person.name) " 様" }
                        button.quiet type="submit" { "終了" }
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

/// A page without the navigation: for who is not inside, and for problems.
pub(crate) fn bare(title: &str, body: &Markup) -> Markup {
    let inside = html! {
        header.top { div.inner { p.site { (SITE) } } }
        main id="main" { (body) }
        footer { p { "エマージェンシーコール " (SITE) } }
    };
    document(title, &inside)
}

fn document(title: &str, inside: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="ja" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " | " (SITE) }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#main" { "本文へ移動" }
                (inside)
            }
        }
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
