//! 変更の即時反映: the switch for runs after a change in SmartHR, what it means, and what came of it.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use link::config::Config;
use link::state::ChangeRuns;
use maud::{Markup, html};
use secrecy::{ExposeSecret, SecretString};

use super::layout::button;
use super::words::{figure, time};
use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::change_scheduler::ChangeScheduler;
use crate::form::Posted;
use crate::problem::Problem;
use crate::respond::see_other;
use crate::secret_file;
use crate::session::Session;
use crate::site::{Caller, Site};
use crate::webhook;
use crate::webhook_registration::{self, Webhook};

/// What the section shows.
pub(crate) struct Changes {
    webhook: Option<Webhook>,
    token: Option<SecretString>,
    last_change: Option<jiff::Timestamp>,
    next_run: Option<jiff::Timestamp>,
    token_before_until: Option<jiff::Timestamp>,
    runs: ChangeRuns,
}

impl Changes {
    pub(crate) async fn load<S: Site>(app: &App<S>, config: &Config) -> Result<Self, Problem> {
        let is_on = config.on_change.enabled;
        let webhook = if is_on { webhook_registration::webhook(app).await? } else { None };
        // Shown only where a person has to paste it.
        let by_hand = is_on && webhook.as_ref().is_none_or(|webhook| webhook.id.is_none());
        let secret = if is_on { Some(secret_file::load_or_empty(app).await?) } else { None };
        let token = secret.as_ref().filter(|_| by_hand).and_then(secret_file::SecretFile::webhook_token);
        let token_before_until = secret.as_ref().and_then(|secret| secret.webhook_token_before_until(app.now()));
        let next_run = if is_on { app.site.scheduler().scheduled().await.ok().flatten() } else { None };
        let runs = webhook::runs(app).await?;
        Ok(Self { webhook, token, token_before_until, last_change: webhook::last_change(app).await?, next_run, runs })
    }
}

/// The section on the page SmartHR連携.
pub(crate) fn section(session: &Session, config: &Config, changes: &Changes, origin: &str) -> Markup {
    html! {
        section aria-labelledby="on-change" {
            h2 id="on-change" { "変更の即時反映" }
            @if config.on_change.enabled {
                p { span.badge.ok { "有効" } }
                (meaning(config))
                (course(changes))
                @if changes.webhook.as_ref().is_some_and(|webhook| webhook.id.is_some()) {
                    p { "SmartHRのWebhookは、この画面から登録済みです。" }
                } @else { (by_hand(changes, origin)) }
                div.actions {
                    @if changes.webhook.is_some() {
                        (button(session, "/connection/on-change/rotate", "シークレットトークンを変更する", ""))
                    }
                    (button(session, "/connection/on-change/off", "無効にする", ""))
                }
            } @else {
                p { span.badge.plain { "無効" } }
                (meaning(config))
                div.actions { (button(session, "/connection/on-change/on", "有効にする", "primary")) }
            }
        }
    }
}

fn meaning(config: &Config) -> Markup {
    html! {
        p {
            "有効にすると、SmartHRで従業員の登録・変更・削除・取り込みがあったとき、約" (config.on_change.wait_minutes)
            "分間の変更をまとめてエマージェンシーコールに反映します。毎日の連携と同じ確認(削除の上限、エラー、保留)を行い、"
            "問題があるときは何も登録しません。"
        }
        ul {
            li { "部署、役職、事業所などのマスタだけの変更では通知が届かないため、毎日の連携で反映します。" }
            li { "SmartHRで日付を指定した変更(入社予定、異動予定など)は、その日になってから反映します。" }
        }
    }
}

fn course(changes: &Changes) -> Markup {
    let or_none = |time: Option<jiff::Timestamp>| time.map_or("まだありません".to_owned(), super::words::time);
    html! {
        dl {
            dt { "最後に受け取った変更" } dd { (or_none(changes.last_change)) }
            dt { "最後に行った即時反映" } dd {
                (or_none(changes.runs.latest().map(|run| run.at)))
                @if changes.runs.latest().is_some() { " " a href="/runs" { "実行履歴を見る" } }
            }
            @if let Some(until) = changes.token_before_until {
                dt { "変更前のシークレットトークン" } dd { (time(until)) "まで使えます。" }
            }
            @if let Some(at) = changes.next_run { dt { "次の即時反映" } dd { (time(at)) " の予定" } }
            @match changes.runs.runs_an_hour() {
                Some(0) => {
                    dt { "回数の上限" }
                    dd { "1回の連携に必要なSmartHRへの問い合わせが多いため、即時反映は行いません。毎日の連携で反映します。" }
                }
                Some(runs) if runs < 12 => {
                    dt { "回数の上限" } dd { "SmartHRへの負担を抑えるため、1時間に" (figure(runs)) "回までです。" }
                }
                _ => {}
            }
        }
    }
}

/// Address and token, to be entered in SmartHR by a person.
fn by_hand(changes: &Changes, origin: &str) -> Markup {
    html! {
        div class="notice warn" {
            p { strong { "SmartHRでWebhookを登録してください。" } }
            p {
                "連携しているSmartHRのアカウントにWebhookの権限(参照・更新)がないため、自動では登録できませんでした。"
                "SmartHRの「共通設定」-「Webhook」で、従業員の作成・更新・削除・インポートについて、次の内容を登録してください。"
            }
        }
        dl {
            dt { "URL" } dd.mono { (origin) (webhook_registration::PATH) }
            @if let Some(token) = &changes.token { dt { "シークレットトークン" } dd.mono { (token.expose_secret()) } }
        }
    }
}

/// `POST /connection/on-change/{action}`.
pub(crate) async fn act<S: Site>(
    State(app): State<Shared<S>>,
    Extension(caller): Extension<Caller>,
    Path(action): Path<String>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    let person = posted.session.record.person.clone();
    let text = match action.as_str() {
        "on" => {
            audit::note(&app, &person, Action::ChangesSwitchedOn, "").await?;
            let webhook = webhook_registration::turn_on(&app, &person, &caller.origin).await?;
            if webhook.id.is_some() {
                "変更の即時反映を有効にし、SmartHRにWebhookを登録しました。"
            } else {
                "変更の即時反映を有効にしました。続いて、下の内容をSmartHRに登録してください。"
            }
        }
        "off" => {
            audit::note(&app, &person, Action::ChangesSwitchedOff, "").await?;
            webhook_registration::turn_off(&app).await?;
            "変更の即時反映を無効にしました。毎日の連携は続きます。"
        }
        "rotate" => {
            audit::note(&app, &person, Action::WebhookTokenChanged, "").await?;
            let webhook = webhook_registration::rotate(&app).await?;
            if webhook.id.is_some() {
                "シークレットトークンを変更しました。"
            } else {
                "シークレットトークンを変更しました。24時間以内にSmartHRの登録を変更してください。それまでは前のものも使えます。"
            }
        }
        _ => return Err(Problem::not_found()),
    };
    posted.session.say(&app, text).await?;
    Ok(see_other("/connection"))
}
