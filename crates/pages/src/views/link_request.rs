//! 連携を追加する: one stack is one SmartHR, so another link is a request to the operator, ready to be carried out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use link::config::{is_mail_address, parse_config};
use link::state::TenantId;
use maud::{Markup, html};
use reqwest::Url;
use serde_json::json;

use super::layout::{Frame, MenuItem, token};
use crate::app::{App, Shared};
use crate::form::Posted;
use crate::problem::Problem;
use crate::session::{Session, SignedIn};
use crate::settings::{self, IdSettings, edited, half_width};
use crate::site::{Settings, Site};
use crate::status::prefixes_clash;

/// The request's fields: name, label, hint, whether it must be there.
const FIELDS: [(&str, &str, &str, bool); 7] = [
    ("company", "会社名", "例: 株式会社ベータ", true),
    ("tenant", "連携の略称", "半角の英小文字・数字・ハイフンで32文字まで。例: beta", true),
    ("subdomain", "SmartHRのサブドメイン", "https://〇〇.smarthr.jp の〇〇の部分。例: beta", true),
    ("prefix", "会社コード(ID付与コード)", "ほかの連携と異なるコード。例: B", true),
    ("top_id", "親部署(最上位部署)の部署ID", "例: 1", true),
    ("top_name", "親部署(最上位部署)の部署名", "例: 株式会社ベータ", true),
    ("mail", "結果通知メールの宛先", "例: hr@example.co.jp", true),
];

/// What was filled in, by the fields' names.
#[derive(Default)]
struct Filled(Vec<(&'static str, String)>);

impl Filled {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| *own == name).map_or("", |(_, text)| text)
    }
}

/// `GET /connection/add`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
) -> Result<Markup, Problem> {
    Ok(page(&app, &session, &Filled::default(), &[], None).await)
}

/// `POST /connection/add`.
pub(crate) async fn make<S: Site>(State(app): State<Shared<S>>, posted: Posted) -> Result<Response, Problem> {
    let filled = Filled(FIELDS.iter().map(|(name, ..)| (*name, folded(name, posted.field(name)))).collect());
    let config = app.needed_config().await?;
    let neighbours = settings::neighbours(&app, filled.get("prefix")).await;
    let request = LinkRequest::of(&app.settings, &filled, &config.emc.base_url, &config.prefix);
    let request = match request {
        Ok(request) if neighbours.is_empty() => Ok(request),
        Ok(_) => Err(neighbours),
        Err(mut faults) => {
            faults.extend(neighbours);
            Err(faults)
        }
    };
    match request {
        Ok(request) => Ok(page(&app, &posted.session, &filled, &[], Some(&request)).await.into_response()),
        Err(faults) => {
            let page = page(&app, &posted.session, &filled, &faults, None).await;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// What an input method types in full width, as half width, where only that can be meant.
fn folded(name: &str, text: &str) -> String {
    if matches!(name, "tenant" | "subdomain" | "prefix" | "top_id" | "mail") {
        half_width(text)
    } else {
        text.to_owned()
    }
}

/// The operator's part, to be copied.
struct LinkRequest {
    stack: String,
    config: String,
    steps: String,
}

impl LinkRequest {
    fn of(settings: &Settings, filled: &Filled, emc: &str, own_prefix: &str) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        for (name, label, _, required) in FIELDS {
            let text = filled.get(name);
            if required && text.is_empty() {
                faults.push(format!("「{label}」を入力してください。"));
            } else if text.chars().count() > 200 || text.contains(char::is_control) {
                faults.push(format!("「{label}」に使えない文字があるか、長すぎます。"));
            }
        }
        let tenant = TenantId::parse(filled.get("tenant"));
        match &tenant {
            Err(_) if !filled.get("tenant").is_empty() => {
                faults.push("「連携の略称」は半角の英小文字・数字・ハイフンで32文字までにしてください。".to_owned());
            }
            Ok(tenant) if *tenant == settings.tenant => {
                faults.push("「連携の略称」は、この連携と異なるものにしてください。".to_owned());
            }
            _ => {}
        }
        let prefix = filled.get("prefix");
        if prefixes_clash(own_prefix, prefix) {
            faults.push(format!(
                "「会社コード(ID付与コード)」は、この連携のコード「{own_prefix}」と重ならないものにしてください。"
            ));
        }
        if !filled.get("mail").is_empty() && !is_mail_address(filled.get("mail")) {
            faults.push("「結果通知メールの宛先」をメールアドレスの形で入力してください。".to_owned());
        }
        let (Ok(tenant), true) = (tenant, faults.is_empty()) else { return Err(faults) };
        // A JSON string is a TOML basic string, as nothing here holds a control character.
        let quoted = |text: &str| json!(text).to_string();
        let plain = format!(
            "company = {}\n\n[smarthr]\nsubdomain = {}\n\n[emc]\nbase_url = {}\n\n[departments]\nname_kana = \"ブショ\"\n\n[notify]\nto = [{}]\n",
            quoted(filled.get("company")),
            quoted(filled.get("subdomain")),
            quoted(emc),
            quoted(filled.get("mail"))
        );
        if let Err((found, _)) = parse_config(plain.as_bytes()) {
            return Err(found.0.into_iter().map(|fault| fault.message).collect());
        }
        let wanted = IdSettings {
            prefix: filled.get("prefix").to_owned(),
            top_id: filled.get("top_id").to_owned(),
            top_name: filled.get("top_name").to_owned(),
        };
        let (config, _) =
            edited(&plain, &wanted).map_err(|faults| faults.into_iter().map(|fault| fault.text).collect::<Vec<_>>())?;
        let ops = settings.ops_mail.as_ref().map(|mail| format!("    \"OpsMail={mail}\",\n")).unwrap_or_default();
        let stack = format!(
            "[{tenant}.deploy.parameters]\nstack_name = \"emc-link-{tenant}\"\ns3_prefix = \"emc-link-{tenant}\"\n\
             region = \"ap-northeast-1\"\ncapabilities = \"CAPABILITY_IAM\"\nresolve_s3 = true\nconfirm_changeset = true\n\
             fail_on_empty_changeset = false\ntags = \"Application=emc-link Tenant={tenant}\"\nparameter_overrides = [\n    \
             \"TenantId={tenant}\",\n    \"MailFrom={from}\",\n{ops}    \"ScheduleState=DISABLED\",\n]\n",
            from = settings.mail_from,
        );
        let steps = format!(
            "sam build && sam deploy --config-env {tenant}\naws s3 cp config.toml s3://BUCKET/tenants/{tenant}/config.toml\n"
        );
        Ok(Self { stack, config, steps })
    }

    fn letter(&self, to: &str, filled: &Filled) -> Option<String> {
        let mut url = Url::parse(&format!("mailto:{to}")).ok()?;
        let body = format!(
            "人事データ連携の追加をお願いします。\r\n\r\n■ samconfig.toml\r\n{}\r\n■ config.toml\r\n{}\r\n■ 手順\r\n{}",
            self.stack, self.config, self.steps
        );
        url.query_pairs_mut()
            .append_pair("subject", &format!("人事データ連携の追加: {}", filled.get("company")))
            .append_pair("body", &body);
        // Mail programs do not read a plus as a blank.
        Some(url.as_str().replace('+', "%20"))
    }
}

async fn page<S: Site>(
    app: &App<S>,
    session: &Session,
    filled: &Filled,
    faults: &[String],
    request: Option<&LinkRequest>,
) -> Markup {
    let frame = Frame::of(app, session, MenuItem::Connection, "連携を追加する").await;
    let ops = app.settings.ops_mail.as_deref();
    frame.page(&html! {
        @if let Some(request) = request {
            section aria-labelledby="request" {
                h2 id="request" { "運用担当への依頼内容" }
                p { "次の内容を運用担当へお送りください。運用担当の作業が終わると、新しい連携の画面が使えるようになります。" }
                @if let Some(letter) = ops.and_then(|ops| request.letter(ops, filled)) {
                    p { a.button.primary href=(letter) { "メールを作成する" } }
                }
                dl { @for (name, label, ..) in FIELDS { dt { (label) } dd { (filled.get(name)) } } }
                @if ops.is_some() { p.hint { "メールには、運用担当の作業に必要な設定も記載されます。" } }
            }
        }
        section {
            p { "1つのSmartHRにつき1つの連携を作成します。次の内容を入力すると、運用担当への依頼内容を作成します。" }
            @if !faults.is_empty() {
                div class="notice bad" role="alert" {
                    p { strong { "次の点を直してください。" } }
                    ul { @for fault in faults { li { (fault) } } }
                }
            }
            form method="post" action="/connection/add" {
                (token(session))
                @for (name, label, hint, required) in FIELDS {
                    label for=(name) { (label) }
                    p.hint id={ (name) "-hint" } { (hint) }
                    input id=(name) type="text" name=(name) value=(filled.get(name)) required[required]
                        aria-describedby={ (name) "-hint" } autocomplete="off";
                }
                p {}
                button.primary type="submit" { "依頼内容を作成する" }
            }
        }
    })
}
