//! SmartHR連携: the settings before the first link, the consent, its end, and the way to another link.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use link::state::keys::Key;
use link::state::ports::{Condition, StateErrorKind, StateStore};
use maud::{Markup, html};

use super::consent;
use super::layout::{Frame, MenuItem, button, token};
use super::on_change::{self, Changes};
use super::overview;
use super::rules;
use super::words::time;
use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::form::Posted;
use crate::other_links;
use crate::problem::Problem;
use crate::respond::{leading_to, origin_of, see_other};
use crate::secret_file;
use crate::session::{Session, SignedIn};
use crate::settings::{self, FieldFault, IdSettings};
use crate::site::{Caller, Site};

/// `GET /connection`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    Extension(caller): Extension<Caller>,
    SignedIn(session): SignedIn,
) -> Result<Response, Problem> {
    page(&app, &session, &caller, None).await
}

/// The page, with what was just filled in and what is wrong with it.
async fn page<S: Site>(
    app: &App<S>,
    session: &Session,
    caller: &Caller,
    refused: Option<(&IdSettings, &[FieldFault])>,
) -> Result<Response, Problem> {
    let (filled, faults) = refused.map_or((None, &[][..]), |(filled, faults)| (Some(filled), faults));
    let config = app.needed_config().await?;
    let secret = secret_file::load_or_empty(app).await?;
    let connected = secret.access_token().is_some();
    let granted = consent::connection(app).await?;
    let linked = is_linked(app).await?;
    let changes = Changes::load(app, &config).await?;
    let wanted = filled.cloned().unwrap_or_else(|| IdSettings::of(&config));
    let links = other_links::all(app).await;
    let frame = Frame::of(app, session, MenuItem::Connection, "SmartHR連携").await;
    let body = frame.page(&html! {
        section aria-labelledby="state" {
            h2 id="state" { "連携の状態" }
            @if connected {
                p { span.badge.ok { "連携済み" } }
                dl {
                    dt { "SmartHR" } dd { (config.smarthr.base_url) }
                    @if let Some(granted) = &granted {
                        dt { "許可したアカウント" }
                        dd { (granted.account_email.as_deref().or(granted.account_id.as_deref()).unwrap_or("SmartHRから通知されていません")) }
                        @if let Some(tenant) = &granted.smarthr_tenant { dt { "SmartHRの企業" } dd { (tenant) } }
                        dt { "連携した日時" } dd { (time(granted.connected_at)) " (" (granted.by) " 様)" }
                    } @else {
                        dt { "接続方法" } dd { "運用担当が登録した接続情報" }
                    }
                    @if let Some(at) = secret.refreshed_at() { dt { "SmartHRの許可を最後に更新した日時" } dd { (time(at)) } }
                }
                div.actions {
                    (button(session, "/start/check", "点検", "primary"))
                    @if secret.app().is_some() { (button(session, "/connection/connect", "連携し直す", "")) }
                    a.button href="/connection/disconnect" { "連携を解除する" }
                }
                p.hint { "「点検」は、設定と、連携に必要なSmartHRの権限がそろっているかを確認します。" }
            } @else {
                p { span.badge.warn { "未連携" } }
                dl { dt { "連携するSmartHR" } dd { (config.smarthr.base_url) } }
                @if secret.app().is_some() {
                    p { "「連携する」を押すとSmartHRの画面に移ります。SmartHRの管理者アカウントでログインし、連携を許可してください。" }
                    @if !linked { p { "先に、下の「連携の設定」を確認してください。初回の連携の後は変更できません。" } }
                    div.actions { (button(session, "/connection/connect", "連携する", "primary")) }
                } @else {
                    p { "SmartHRアプリの登録情報がまだ登録されていません。運用担当の準備が終わるまでお待ちください。" }
                }
            }
        }
        @if connected { (on_change::section(session, &config, &changes, &caller.origin)) }
        @if linked { (settled(&wanted)) } @else { (form(session, &wanted, faults)) }
        (rules::section(&config))
        section aria-labelledby="more" {
            h2 id="more" { "ほかのSmartHRとの連携" }
            @if app.settings.links.is_empty() {
                p { "この契約では、ほかの連携は登録されていません。" }
            } @else {
                (overview::link_list(&links))
            }
            p { "グループ会社などで複数のSmartHRをお使いの場合は、連携を追加できます。" }
            p { a.button href="/connection/add" { "連携を追加する" } }
        }
    });
    // The consent's form ends at SmartHR.
    let mut response = match origin_of(&config.smarthr.auth_url) {
        Some(origin) => leading_to(&origin, body),
        None => body.into_response(),
    };
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Whether the first link was made. The snapshot is looked for, not read: it may have megabytes.
async fn is_linked<S: Site>(app: &App<S>) -> Result<bool, Problem> {
    Ok(app.state().list(&Key::snapshot()).await?.contains(&Key::snapshot()))
}

/// The settings once people carry IDs made from them.
fn settled(wanted: &IdSettings) -> Markup {
    let or_none = |text: &str| if text.is_empty() { "なし".to_owned() } else { text.to_owned() };
    html! {
        section aria-labelledby="settings" {
            h2 id="settings" { "連携の設定" }
            dl {
                dt { "会社コード(ID付与コード)" } dd { (or_none(&wanted.prefix)) }
                dt { "最上位部署の部署ID" } dd { (or_none(&wanted.top_id)) }
                dt { "最上位部署の部署名" } dd { (or_none(&wanted.top_name)) }
            }
            p.hint { "すでに連携したIDがあるため、ここでは変更できません。変更すると全員のIDが変わります。ご希望の場合は運用担当へご相談ください。" }
        }
    }
}

fn form(session: &Session, wanted: &IdSettings, faults: &[FieldFault]) -> Markup {
    let wrong = |field: &str| {
        let own: Vec<&str> =
            faults.iter().filter(|fault| fault.field == field).map(|fault| fault.text.as_str()).collect();
        (!own.is_empty()).then(|| own.join(" "))
    };
    let beside = |field: &str| {
        html! {
            @if let Some(text) = wrong(field) { p.wrong id={ (field) "-wrong" } { (text) } }
        }
    };
    let invalid = |field: &str| wrong(field).map(|_| "true");
    let described = |field: &str, hint: &str| match wrong(field) {
        Some(_) => format!("{hint} {field}-wrong"),
        None => hint.to_owned(),
    };
    html! {
        section aria-labelledby="settings" {
            h2 id="settings" { "連携の設定" }
            @if !faults.is_empty() {
                div id="faults" class="notice bad" role="alert" {
                    p { strong { "保存していません。" (faults.len()) "か所を直してください。" } }
                }
            }
            form method="post" action="/connection/settings" {
                (token(session))
                label for="prefix" { "会社コード(ID付与コード) (任意)" }
                p.hint id="prefix-hint" { "すべてのユーザIDと部署IDの前に付けます。複数のSmartHRを連携するときに必要です。例: A" }
                input id="prefix" type="text" name="prefix" value=(wanted.prefix) autocomplete="off" aria-invalid=[invalid("prefix")]
                    aria-describedby=(described("prefix", "prefix-hint"));
                (beside("prefix"))
                label for="top_id" { "最上位部署の部署ID (任意)" }
                p.hint id="top-hint" { "SmartHRの部署全体を、この部署の下に置きます。例: 1" }
                input id="top_id" type="text" name="top_id" value=(wanted.top_id) autocomplete="off" aria-invalid=[invalid("top_id")]
                    aria-describedby=(described("top_id", "top-hint"));
                (beside("top_id"))
                label for="top_name" { "最上位部署の部署名 (任意)" }
                p.hint id="name-hint" { "例: 〇〇株式会社" }
                input id="top_name" type="text" name="top_name" value=(wanted.top_name) autocomplete="off" aria-invalid=[invalid("top_name")]
                    aria-describedby=(described("top_name", "name-hint"));
                (beside("top_name"))
                p {}
                button.primary type="submit" { "連携を開始する" }
                p.hint { "入力内容を確認して保存します。エマージェンシーコールの登録済みのIDと重ならないことも確認します。" }
            }
        }
    }
}

/// `POST /connection/settings`.
pub(crate) async fn save<S: Site>(
    State(app): State<Shared<S>>,
    Extension(caller): Extension<Caller>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    if is_linked(&app).await? {
        return Err(Problem::bad_request("すでに連携したIDがあるため、設定は変更できません。"));
    }
    let file = app.config_file().await?.ok_or_else(Problem::config_missing)?;
    let wanted = IdSettings {
        prefix: settings::half_width(posted.field("prefix")),
        top_id: settings::half_width(posted.field("top_id")),
        top_name: posted.field("top_name").to_owned(),
    };
    let (text, config) = match settings::edited(&file.text, &wanted) {
        Ok(edited) => edited,
        Err(faults) => return page(&app, &posted.session, &caller, Some((&wanted, &faults))).await,
    };
    let clashes = settings::clashes(&app, &config).await?;
    if !clashes.is_empty() {
        return page(&app, &posted.session, &caller, Some((&wanted, &clashes))).await;
    }
    audit::note(&app, &posted.session.record.person, Action::SettingsChanged, &wanted.prefix).await?;
    match app.state().put(&Key::config(), text.into(), Condition::Unchanged(file.version)).await {
        Ok(_) => {}
        Err(error) if error.kind == StateErrorKind::Conflict => return Err(Problem::overtaken()),
        Err(error) => return Err(error.into()),
    }
    posted.session.say(&app, "設定を保存しました。「連携する」を押して、SmartHRで連携を許可してください。").await?;
    Ok(see_other("/connection"))
}

/// `GET /connection/disconnect`.
pub(crate) async fn leaving<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    let frame = Frame::of(&app, &session, MenuItem::Connection, "連携の解除").await;
    Ok(frame.page(&html! {
        section {
            div class="notice warn" {
                p { "連携を解除すると、SmartHRの変更はエマージェンシーコールに反映されなくなります。登録済みの社員と部署はそのまま残ります。" }
                p { "毎日の連携は失敗としてメールで通知されます。連携をやめる場合は、運用担当へ連携の停止もご依頼ください。" }
            }
            form method="post" action="/connection/disconnect" {
                (token(&session))
                label { input type="checkbox" name="sure" value="yes" required; " 内容を理解しました" }
                div.actions {
                    button.danger type="submit" { "連携を解除する" }
                    a.button href="/connection" { "やめる" }
                }
            }
        }
    }))
}
