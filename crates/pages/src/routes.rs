//! Which address leads to which page.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, http::HeaderMap};

use crate::allowed_networks;
use crate::app::Shared;
use crate::audit::{self, Action};
use crate::document;
use crate::form::Posted;
use crate::launch;
use crate::other_links;
use crate::problem::Problem;
use crate::respond::{compressed, guarded, see_other};
use crate::session;
use crate::site::Site;
use crate::views::{
    approve, audit as audit_page, connection, consent, export, layout, link_request, on_change, overview, people,
    person, privacy, progress, rules, run, runs, sheet, start,
};
use crate::webhook;

/// No sheet is larger.
const LARGEST: usize = 2 * 1024 * 1024;

pub(crate) fn router<S: Site>(app: Shared<S>) -> Router {
    Router::new()
        // Without a session.
        .route("/launch", get(launch::enter::<S>))
        .route("/style.css", get(layout::style))
        .route("/state", get(other_links::own::<S>))
        .route("/healthz", get(async || "ok\n"))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/left", get(left))
        // Inside.
        .route("/", get(overview::show::<S>))
        .route("/leave", post(leave::<S>))
        .route("/person", get(person::show::<S>))
        .route("/people", get(people::show::<S>))
        .route("/runs", get(runs::show::<S>))
        .route("/runs/{id}", get(run::show::<S>))
        .route("/runs/{id}/approve", get(approve::show::<S>).post(approve::approve::<S>))
        .route("/runs/{id}/refuse", post(approve::refuse::<S>))
        .route("/runs/{id}/{file}", get(run::file::<S>))
        .route("/start/{what}", post(start::post::<S>))
        .route("/progress/{invocation}", get(progress::show::<S>))
        .route("/sheet", get(sheet::show::<S>))
        .route("/sheet/template", get(sheet::template::<S>))
        .route("/sheet/current", get(sheet::current_file::<S>))
        .route("/sheet/upload", post(sheet::upload::<S>))
        .route("/sheet/drafts/{name}", get(sheet::draft::<S>))
        .route("/sheet/drafts/{name}/{action}", post(sheet::act::<S>))
        .route("/sheet/history/{name}", get(sheet::earlier_file::<S>))
        .route("/sheet/history/{name}/restore", post(sheet::restore::<S>))
        .route("/connection", get(connection::show::<S>))
        .route("/connection/rules", get(rules::show::<S>).post(rules::save::<S>))
        .route("/connection/settings", post(connection::save::<S>))
        .route("/connection/connect", post(consent::ask::<S>))
        .route("/connection/disconnect", get(connection::leaving::<S>).post(consent::end::<S>))
        .route("/connection/on-change/{action}", post(on_change::act::<S>))
        .route("/connection/add", get(link_request::show::<S>).post(link_request::make::<S>))
        .route("/smarthr/webhook", post(webhook::receive::<S>))
        .route("/smarthr/callback", get(consent::back::<S>))
        .route("/audit", get(audit_page::show::<S>))
        .route("/export", get(export::show::<S>))
        .route("/export/{what}", get(export::file::<S>))
        .route("/privacy", get(privacy::show::<S>))
        .fallback(async || Problem::not_found().outside())
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "操作を受け付けられませんでした",
                "この操作は、この方法では行えません。",
                "前の画面に戻って操作してください。",
            )
        })
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(from_fn_with_state(Arc::clone(&app), allowed_networks::only_allowed::<S>))
        .layer(from_fn(compressed))
        .layer(from_fn(guarded))
        .with_state(app)
}

/// `POST /leave`.
async fn leave<S: Site>(State(app): State<Shared<S>>, headers: HeaderMap, posted: Posted) -> Result<Response, Problem> {
    audit::note(&app, &posted.session.record.person, Action::Left, "").await?;
    if let Some(name) = session::cookie_of(&headers) {
        session::end(&app, name).await;
    }
    let mut response = see_other("/left");
    response.headers_mut().insert(header::SET_COOKIE, session::no_cookie());
    Ok(response)
}

/// `GET /left`: the last page.
async fn left() -> maud::Markup {
    let body = maud::html! {
        section {
            h1 { "ログアウトしました" }
            p { "人事データ連携の画面からログアウトしました。このタブは閉じて構いません。" }
            p { "もう一度使うときは、メンテナンスサイトの「ユーザ管理」-「人事データ連携」からお入りください。" }
        }
    };
    document::bare("ログアウトしました", &body)
}
