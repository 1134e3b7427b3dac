//! `/api/v1/webhooks`: registering, changing and removing webhooks.

use serde_json::{Value, json};

use super::{EventKind, Webhook};
use crate::http::Reply;
use crate::smarthr::Asked;
use crate::smarthr::pages::{Page, bad_parameter, error};
use crate::smarthr::world::SmartHrWorld;

/// The answer to a request for `webhooks` or `webhooks/{id}`; the path is given below `/api/v1/`.
pub(in crate::smarthr) fn answer(world: &mut SmartHrWorld, asked: &Asked, path: &str) -> Reply {
    let id = path.strip_prefix("webhooks/");
    match (asked.method.as_str(), id) {
        ("GET", None) => list(world, asked),
        ("POST", None) => match changed(&asked.body, None) {
            Ok(webhook) => {
                let id = world.webhooks.register(webhook);
                shown(world, &id, 201)
            }
            Err(refusal) => refusal,
        },
        ("GET", Some(id)) => shown(world, id, 200),
        ("PUT" | "PATCH", Some(id)) => {
            let Some(at) = world.webhooks.all.iter().position(|webhook| webhook.id == id) else { return error(404) };
            let partly = (asked.method == "PATCH").then(|| world.webhooks.all[at].clone());
            match changed(&asked.body, partly) {
                Ok(webhook) => {
                    world.webhooks.all[at] = Webhook { id: id.to_owned(), ..webhook };
                    shown(world, id, 200)
                }
                Err(refusal) => refusal,
            }
        }
        ("DELETE", Some(id)) => match world.webhooks.remove(id) {
            Some(_) => Reply::of(204, "application/json; charset=utf-8", ""),
            None => error(404),
        },
        _ => error(404),
    }
}

fn shown(world: &SmartHrWorld, id: &str, status: u16) -> Reply {
    let webhook = world.webhooks.all.iter().find(|webhook| webhook.id == id);
    webhook.map_or_else(|| error(404), |webhook| Reply::json(status, webhook.json().to_string()))
}

fn list(world: &SmartHrWorld, asked: &Asked) -> Reply {
    let page = match Page::of(asked) {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let all = &world.webhooks.all;
    let shown = all[page.range(all.len())].iter().map(Webhook::json);
    let body = json!(world.settings.with_nulls("webhooks", shown)).to_string();
    let end = crate::smarthr::pages::End::Proper;
    crate::smarthr::pages::reply(asked, page, all.len(), end, &world.settings, body.into())
}

/// The webhook that a body describes. What a PUT leaves out is emptied; what a PATCH leaves out stays as in `partly`.
fn changed(body: &str, partly: Option<Webhook>) -> Result<Webhook, Reply> {
    let Ok(Value::Object(given)) = serde_json::from_str(body) else { return Err(error(400)) };
    let is_whole = partly.is_none();
    let mut webhook = partly.unwrap_or_else(|| Webhook {
        id: String::new(),
        url: String::new(),
        description: None,
        events: [].into(),
        expose_only_id: false,
        secret_token: None,
        disabled_at: None,
    });
    for kind in EventKind::ALL {
        match given.get(kind.as_str()) {
            Some(Value::Bool(true)) => _ = webhook.events.insert(kind),
            Some(Value::Bool(false)) => _ = webhook.events.remove(&kind),
            // The description declares all eight as required.
            None if !is_whole => {}
            _ => return Err(wrong(kind.as_str())),
        }
    }
    match given.get("url") {
        Some(Value::String(url)) if is_address(url) => webhook.url.clone_from(url),
        None if !is_whole => {}
        _ => return Err(wrong("url")),
    }
    match given.get("expose_only_id") {
        Some(Value::Bool(only)) => webhook.expose_only_id = *only,
        None => {}
        _ => return Err(wrong("expose_only_id")),
    }
    if let Some(description) = text(&given, "description")? {
        webhook.description = description;
    }
    if let Some(secret) = text(&given, "secret_token")? {
        webhook.secret_token = secret;
    }
    if let Some(day) = text(&given, "disabled_at")? {
        let day = day.filter(|day| !day.is_empty()).map(|day| day.parse().map_err(|_| wrong("disabled_at")));
        webhook.disabled_at = day.transpose()?;
    }
    Ok(webhook)
}

/// `None` where the key is absent, `Some(None)` where it is null.
#[expect(clippy::option_option, reason = "absent, null and a text are three things in an update")]
fn text(given: &serde_json::Map<String, Value>, key: &str) -> Result<Option<Option<String>>, Reply> {
    match given.get(key) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(text.clone()))),
        Some(_) => Err(wrong(key)),
    }
}

fn is_address(url: &str) -> bool {
    url.parse::<axum::http::Uri>()
        .is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some())
}

fn wrong(field: &str) -> Reply {
    bad_parameter(field, &format!("{field}に不正な値が指定されています"))
}
