//! The HTML document around every page, with or without a session.

use maud::{DOCTYPE, Markup, html};

use crate::views::layout::menu;

/// The name of these pages.
pub(crate) const SITE: &str = "人事データ連携";

/// A page without the navigation: for who is not inside, and for problems.
pub(crate) fn bare(title: &str, body: &Markup) -> Markup {
    let inside = html! {
        header.top { div.inner { p.site { (SITE) } } }
        main id="main" { (body) }
        footer { p { "エマージェンシーコール " (SITE) } }
    };
    document(title, &inside)
}

/// A problem's page for who is inside: the menu stays.
pub(crate) fn with_menu(title: &str, body: &Markup) -> Markup {
    let inside = html! {
        header.top {
            div.inner { p.site { a href="/" { (SITE) } } }
            (menu(None))
        }
        main id="main" { (body) }
        footer { p { "エマージェンシーコール " (SITE) } }
    };
    document(title, &inside)
}

/// The document around what stands inside its body.
pub(crate) fn document(title: &str, inside: &Markup) -> Markup {
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
