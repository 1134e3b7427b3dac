//! 操作の記録: who did what in these pages.

use axum::extract::State;
use link::state::Trigger;
use maud::{Markup, html};

use super::layout::{Frame, MenuItem};
use super::words::time;
use crate::app::Shared;
use crate::audit;
use crate::problem::Problem;
use crate::records;
use crate::session::SignedIn;
use crate::site::Site;

/// So many entries are shown; all of them lie in the tenant's state.
const SHOWN: usize = 200;

/// `GET /audit`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    let first = records::first_day(&app);
    let names = audit::entries_since(&app, first).await?;
    let latest = names.get(names.len().saturating_sub(SHOWN)..).unwrap_or(&names);
    let mut entries = audit::read(&app, latest).await?;
    entries.reverse();
    let runs = records::since(&app, first).await?;
    let run_of = |invocation: &str| {
        let mark = Trigger::Invocation(invocation.to_owned()).trigger_hash();
        runs.iter().find(|run| run.id.trigger_hash() == mark).map(|run| run.id.to_string())
    };
    let frame = Frame::of(&app, &session, MenuItem::Audit, "操作の記録").await;
    Ok(frame.page(&html! {
        section {
            p.soft { "直近60日にこの画面で行われた操作です(新しい順、最大" (SHOWN) "件)。" }
            div.scroll tabindex="0" role="region" aria-label="操作の記録の表" {
                table {
                    thead { tr {
                        th scope="col" { "日時" } th scope="col" { "操作した人" } th scope="col" { "操作" } th scope="col" { "対象" }
                    } }
                    tbody { @for entry in &entries {
                        tr {
                            td.time { (time(entry.at)) }
                            td { (entry.person.name) " 様 " span.soft { (entry.person.id) } }
                            td { (entry.action.label()) }
                            td {
                                @if let Some(run) = entry.invocation.as_deref().and_then(run_of) {
                                    a href={ "/runs/" (run) } { "実行結果" }
                                } @else if entry.target.is_empty() { "-" } @else { span.mono { (entry.target) } }
                            }
                        }
                    } }
                }
            }
        }
    }))
}
