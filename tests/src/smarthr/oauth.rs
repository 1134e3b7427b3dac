//! The OAuth pages of SmartHR Plus: a customer's administrator allows the link, and tokens are issued and renewed.

use axum::http::Uri;
use serde_json::json;

use super::Asked;
use super::world::SmartHrWorld;
use crate::http::{Query, Reply};

/// `GET /oauth/authorization`: the administrator is logged in already and agrees at once, unless the settings say no.
pub(super) fn authorize(world: &mut SmartHrWorld, asked: &Asked) -> Reply {
    let wanted = |key| asked.query.get(key).unwrap_or_default();
    if wanted("client_id") != world.settings.client_id || wanted("response_type") != "code" {
        return Reply::html(400);
    }
    let redirect_uri = wanted("redirect_uri");
    if redirect_uri.parse::<Uri>().is_err() || redirect_uri.is_empty() {
        return Reply::html(400);
    }
    let outcome = if world.settings.refuse_authorization {
        "error=access_denied".to_owned()
    } else {
        format!("code={}", world.tokens.new_code(redirect_uri))
    };
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    let state = asked
        .raw_query
        .split('&')
        .find(|pair| pair.starts_with("state="))
        .map_or_else(String::new, |pair| format!("&{pair}"));
    Reply::of(302, "text/html; charset=utf-8", "").with("location", &format!("{redirect_uri}{joint}{outcome}{state}"))
}

/// `POST /oauth/token`, with the client's credentials in the body.
pub(super) fn token(world: &mut SmartHrWorld, asked: &Asked) -> Reply {
    let form = form(&asked.body);
    let given = |key| form.get(key).unwrap_or_default();
    if given("client_id") != world.settings.client_id || given("client_secret") != world.settings.client_secret {
        return refused(401, "invalid_client");
    }
    let rotates = world.settings.rotate_refresh_token;
    let kept = match given("grant_type") {
        "authorization_code" => {
            if !world.tokens.take_code(given("code"), given("redirect_uri")) {
                return refused(400, "invalid_grant");
            }
            None
        }
        "refresh_token" => {
            let token = given("refresh_token");
            if !world.tokens.accepts_refresh(token) {
                return refused(400, "invalid_grant");
            }
            if rotates {
                world.tokens.forget_refresh(token);
            }
            (!rotates).then(|| token.to_owned())
        }
        _ => return refused(400, "unsupported_grant_type"),
    };
    let (lifetime, refresh_lifetime) = (world.settings.access_token_lifetime, world.settings.refresh_token_lifetime);
    let issued = world.tokens.issue(lifetime, refresh_lifetime, kept.as_deref());
    let answer = json!({
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "refresh_token": issued.refresh_token,
        "scope": given("scope"),
        "token_request_tenant_id": "acme",
    });
    Reply::json(200, answer.to_string()).with("cache-control", &"no-store")
}

fn refused(status: u16, error: &str) -> Reply {
    Reply::json(status, json!({ "error": error, "error_description": "refused by the simulator" }).to_string())
}

/// A form is written as a query is.
fn form(body: &str) -> Query {
    format!("/?{}", body.trim()).parse::<Uri>().map(|uri| Query::of(&uri)).unwrap_or_default()
}
