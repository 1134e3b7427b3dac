//! 通知と確認の設定: whom the results are mailed to, who is linked, and what holds a run, in words; the first two are changed here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use link::config::{Config, Limit};
use link::state::keys::Key;
use link::state::ports::{Condition, StateErrorKind, StateStore};
use maud::{Markup, html};

use super::layout::{Frame, MenuItem, token};
use super::words::figure;
use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::form::Posted;
use crate::problem::Problem;
use crate::respond::see_other;
use crate::session::{Session, SignedIn};
use crate::settings::{FieldFault, Rules, half_width, with_rules};
use crate::site::Site;

/// The section on the page SmartHR連携.
pub(crate) fn section(config: &Config) -> Markup {
    let limit = |limit: Limit| match limit {
        Limit::BasisPoints(points) if points % 100 == 0 => format!("前回の{}%", points / 100),
        Limit::BasisPoints(points) => format!("前回の{}.{:02}%", points / 100, points % 100),
        Limit::Count(count) => format!("{}件", figure(count)),
    };
    let rules = Rules::of(config);
    let names = |names: &[String]| if names.is_empty() { "すべて".to_owned() } else { names.join("、") };
    html! {
        section aria-labelledby="rules" {
            h2 id="rules" { "通知と確認の設定" }
            dl {
                dt { "結果通知メールの宛先" } dd { (config.notify.join("、")) }
                dt { "連携する雇用形態" } dd { (names(&rules.types)) }
                dt { "連携する部署" } dd { (names(&rules.departments)) }
                dt { "保留にする削除" }
                dd { "社員は" (limit(config.guard.users)) "、部署は" (limit(config.guard.departments)) "を超えるとき(" (figure(config.guard.floor)) "件までは保留にしません)" }
                dt { "保留にする値の減少" }
                dd { "値が無いときに空にする項目で、値のある人が" (limit(config.guard.blanks)) "を超えて減るとき(" (figure(config.guard.floor)) "人までは保留にしません)。そのほかの項目は、半数以上にあった値が全員で空になるとき" }
            }
            p { a.button href="/connection/rules" { "宛先と連携する範囲を変更する" } }
            p.hint { "保留にする件数を変更するときは、運用担当へご連絡ください。" }
        }
    }
}

/// `GET /connection/rules`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    let rules = Rules::of(&app.needed_config().await?);
    Ok(page(&app, &session, &rules, &[]).await)
}

const FIELDS: [(&str, &str, &str); 3] = [
    ("to", "結果通知メールの宛先", "1行に1つ、5つまで入力します。"),
    (
        "types",
        "連携する雇用形態",
        "1行に1つ、SmartHRの名称のとおりに入力します。空欄にするとすべての雇用形態を連携します。",
    ),
    (
        "departments",
        "連携する部署",
        "1行に1つ、部署コードを入力します。その下の部署も含みます。空欄にするとすべての部署を連携します。",
    ),
];

async fn page<S: Site>(app: &App<S>, session: &Session, rules: &Rules, faults: &[FieldFault]) -> Markup {
    let frame = Frame::of(app, session, MenuItem::Connection, "宛先と連携する範囲").await;
    let lists = [&rules.to, &rules.types, &rules.departments];
    frame.page(&html! {
        section {
            div class="notice warn" {
                p { "連携する範囲を狭くすると、範囲から外れた方は次の連携で削除の対象になります。変更した後に「事前確認」で人数を確かめてください。" }
            }
            @if !faults.is_empty() {
                div class="notice bad" role="alert" { p { strong { "保存していません。" (faults.len()) "か所を直してください。" } } }
            }
            form method="post" action="/connection/rules" {
                (token(session))
                @for ((name, label, hint), list) in FIELDS.into_iter().zip(lists) {
                    @let own: Vec<&FieldFault> = faults.iter().filter(|fault| fault.field == name).collect();
                    label for=(name) { (label) }
                    p.hint id={ (name) "-hint" } { (hint) }
                    textarea id=(name) name=(name) rows="4" aria-describedby={ (name) "-hint" }
                        aria-invalid=[(!own.is_empty()).then_some("true")] { (list.join("\n")) }
                    @for fault in own { p.wrong { (fault.text) } }
                }
                p {}
                div.actions {
                    button.primary type="submit" { "保存する" }
                    a.button href="/connection" { "やめる" }
                }
                p.hint { "次の連携から有効になります。変更したことは操作の記録に残ります。" }
            }
        }
    })
}

/// `POST /connection/rules`.
pub(crate) async fn save<S: Site>(State(app): State<Shared<S>>, mut posted: Posted) -> Result<Response, Problem> {
    let file = app.config_file().await?.ok_or_else(Problem::config_missing)?;
    let before = Rules::of(&app.needed_config().await?);
    let lines = |name: &str| -> Vec<String> {
        posted.field(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let half = |lines: Vec<String>| lines.iter().map(|line| half_width(line)).collect();
    let wanted = Rules { to: half(lines("to")), types: lines("types"), departments: half(lines("departments")) };
    let text = match with_rules(&file.text, &wanted) {
        Ok(text) => text,
        Err(faults) => {
            let page = page(&app, &posted.session, &wanted, &faults).await;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    // What was changed, and no address: the log names nobody but who acts.
    let changed = [
        ("宛先", before.to != wanted.to),
        ("雇用形態", before.types != wanted.types),
        ("部署", before.departments != wanted.departments),
    ];
    let changed: Vec<&str> = changed.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name).collect();
    audit::note(&app, &posted.session.record.person, Action::SettingsChanged, &changed.join("、")).await?;
    match app.state().put(&Key::config(), text.into(), Condition::Unchanged(file.version)).await {
        Ok(_) => {}
        Err(error) if error.kind == StateErrorKind::Conflict => return Err(Problem::overtaken()),
        Err(error) => return Err(error.into()),
    }
    posted.session.say(&app, "設定を保存しました。次の連携から有効になります。").await?;
    Ok(see_other("/connection"))
}
