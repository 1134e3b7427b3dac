//! 操作の記録: who did what in these pages.

use axum::extract::{Query, State};
use link::state::RunId;
use link::time::date_of;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Frame, MenuItem};
use super::words::time;
use crate::app::Shared;
use crate::audit::{self, Entry};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::site::Site;

#[derive(Deserialize)]
pub(crate) struct PageQuery {
    #[serde(default)]
    before: Option<String>,
}

/// `GET /audit`, and `GET /audit?before=ENTRY` for the entries before one.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<Markup, Problem> {
    let before = query.before.as_deref().and_then(RunId::parse);
    let entries = audit::page_before(&app, before.as_ref()).await?;
    let earlier = entries.last().filter(|_| entries.len() == audit::ON_PAGE).and_then(|entry| entry.id.clone());
    let frame = Frame::of(&app, &session, MenuItem::Audit, "操作の記録").await;
    Ok(frame.page(&html! {
        section {
            p.soft { "この画面で行われた操作です(新しい順)。" }
            p { a.button href="/export" { "記録をダウンロードする" } " " a href="/privacy" { "個人データの取扱いを見る" } }
            (table(&entries))
            @if let Some(earlier) = earlier { p { a.button href={ "/audit?before=" (earlier) } { "これより前の操作を見る" } } }
            @if before.is_some() { p { a href="/audit" { "最新の操作に戻る" } } }
        }
    }))
}

fn table(entries: &[Entry]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="操作の記録の表" {
            table.cards {
                thead { tr {
                    th scope="col" { "日時" } th scope="col" { "操作した人" } th scope="col" { "操作" } th scope="col" { "対象" }
                } }
                tbody { @for entry in entries {
                    tr {
                        td.time data-label="日時" { (time(entry.at)) }
                        td data-label="操作した人" { (entry.person.name) " 様 " span.soft { (entry.person.id) } }
                        td data-label="操作" { (entry.action.label()) }
                        td data-label="対象" {
                            @if let Some(invocation) = &entry.invocation {
                                a href={ "/progress/" (invocation) "?on=" (date_of(entry.at)) } { "実行結果" }
                            } @else if entry.target.is_empty() { "-" } @else { span.mono { (entry.target) } }
                        }
                    }
                } }
            }
        }
    }
}
