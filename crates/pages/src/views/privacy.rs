//! 個人データの取扱い: which item goes from where to where, what is kept, where, how long and why; made from the tenant's own
//! settings and sheet.

use axum::extract::State;
use link::data_map::{RETENTION, data_map};
use maud::{Markup, html};

use super::layout::{Frame, MenuItem};
use crate::app::Shared;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::sheet_store;
use crate::site::Site;

/// `GET /privacy`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    let config = app.config().await;
    let mapping = sheet_store::in_force(&app).await?.and_then(|sheet| sheet.mapping.ok());
    let map = config.zip(mapping).map(|(config, mapping)| data_map(&config, &mapping));
    let kept = map.as_ref().map_or_else(|| RETENTION.to_vec(), |map| map.kept.clone());
    let frame = Frame::of(&app, &session, MenuItem::Audit, "個人データの取扱い").await;
    Ok(frame.page(&html! {
        p { "現在の設定と連携設定シートから作成しています。社内の個人情報の台帳や、委託先の確認にお使いください。" }
        @if let Some(map) = &map {
            section aria-labelledby="people" {
                h2 id="people" { "対象となる方" }
                ul { @for line in &map.people { li { (line) } } }
            }
            section aria-labelledby="flows" {
                h2 id="flows" { "項目の流れ(SmartHRからエマージェンシーコールへ)" }
                div.scroll tabindex="0" role="region" aria-label="項目の流れの表" {
                    table.cards {
                        thead { tr {
                            th scope="col" { "SmartHRの項目" } th scope="col" { "エマージェンシーコールの項目" }
                            th scope="col" { "いつ" } th scope="col" { "SmartHRに値が無いとき" }
                        } }
                        tbody { @for flow in &map.flows { tr {
                            td data-label="SmartHRの項目" { (flow.from) }
                            td data-label="登録先の項目" { (flow.to) }
                            td data-label="いつ" { (flow.when) }
                            td data-label="値が無いとき" { (flow.without_value) }
                        } } }
                    }
                }
            }
        } @else {
            section { p { "設定または連携設定シートに誤りがあるため、項目の流れを表示できません。" } }
        }
        section aria-labelledby="kept" {
            h2 id="kept" { "保管するものと期間" }
            div.scroll tabindex="0" role="region" aria-label="保管するものの表" {
                table.cards {
                    thead { tr {
                        th scope="col" { "何を" } th scope="col" { "個人データ" }
                        th scope="col" { "いつまで" } th scope="col" { "なぜ" }
                    } }
                    tbody { @for row in &kept { tr {
                        td data-label="何を" { (row.what) }
                        td data-label="個人データ" { (row.personal) }
                        td data-label="いつまで" { (plain(row.how_long)) }
                        td data-label="なぜ" { (row.why) }
                    } } }
                }
            }
        }
        @if let Some(map) = &map {
            section aria-labelledby="mailed" {
                h2 id="mailed" { "結果通知メールの宛先" }
                ul { @for address in &map.mailed_to { li { (address) } } }
            }
        }
    }))
}

/// Without the names of the stack's parameters, which mean nothing to a customer: `` `RunsRetentionDays`(400日) `` is 400日.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            continue;
        }
        match part.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            Some((value, rest)) if at > 0 => {
                out.push_str(value);
                out.push_str(rest);
            }
            _ => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn the_names_of_parameters_are_left_out() {
        assert_eq!(plain("契約の間。上書きされた版は `OldVersionsDays`(30日)"), "契約の間。上書きされた版は 30日");
        assert_eq!(plain("`RunsRetentionDays`(400日)"), "400日");
        assert_eq!(plain("30日"), "30日");
    }
}
