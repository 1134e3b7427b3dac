//! The OAuth pages of SmartHR Plus: a customer's administrator allows the link, and tokens are issued and renewed.

use axum::http::Uri;
use serde_json::json;

use super::Asked;
use super::world::SmartHrWorld;
use crate::http::{Query, Reply};

/// `GET /oauth/authorization`: the administrator is signed in already. A page asks for the consent; where the settings
/// want none, it is given (or refused) at once.
pub(super) fn authorize(world: &mut SmartHrWorld, asked: &Asked) -> Reply {
    let wanted = |key| asked.query.get(key).unwrap_or_default();
    if wanted("client_id") != world.settings.client_id || wanted("response_type") != "code" {
        return Reply::html(400);
    }
    let redirect_uri = wanted("redirect_uri");
    if redirect_uri.parse::<Uri>().is_err() || redirect_uri.is_empty() {
        return Reply::html(400);
    }
    if world.settings.asks_for_consent {
        return Reply::of(200, "text/html; charset=utf-8", consent_page(&asked.raw_query));
    }
    let refused = world.settings.refuse_authorization;
    decided(world, asked, !refused)
}

/// `GET /oauth/consent`: what the administrator clicked on that page.
pub(super) fn consent(world: &mut SmartHrWorld, asked: &Asked) -> Reply {
    let answer = asked.query.get("answer").unwrap_or_default() == "allow";
    decided(world, asked, answer)
}

fn decided(world: &mut SmartHrWorld, asked: &Asked, allowed: bool) -> Reply {
    let redirect_uri = asked.query.get("redirect_uri").unwrap_or_default();
    let outcome = if allowed {
        let challenge =
            asked.query.get("code_challenge").filter(|_| asked.query.get("code_challenge_method") == Some("S256"));
        format!("code={}", world.tokens.new_code(redirect_uri, challenge))
    } else {
        "error=access_denied".to_owned()
    };
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    let state = asked
        .raw_query
        .split('&')
        .find(|pair| pair.starts_with("state="))
        .map_or_else(String::new, |pair| format!("&{pair}"));
    Reply::of(302, "text/html; charset=utf-8", "").with("location", &format!("{redirect_uri}{joint}{outcome}{state}"))
}

fn consent_page(query: &str) -> String {
    // A query as it was sent holds no quote and no bracket; an ampersand is written as HTML wants it.
    let query: String =
        query.chars().filter(|c| !matches!(c, '"' | '<' | '>')).collect::<String>().replace('&', "&amp;");
    format!(
        "<!DOCTYPE html><html lang=\"ja\"><head><meta charset=\"utf-8\"><title>SmartHR(シミュレータ)</title>\
         <meta name=\"viewport\" content=\"width=device-width\"></head><body><main><h1>アプリケーション連携の許可(シミュレータ)</h1>\
         <p>「エマージェンシーコール連携」が、従業員と部署の情報の閲覧を求めています。</p>\
         <p><a id=\"allow\" href=\"/oauth/consent?{query}&amp;answer=allow\">許可する</a></p>\
         <p><a id=\"refuse\" href=\"/oauth/consent?{query}&amp;answer=refuse\">許可しない</a></p></main></body></html>"
    )
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
            if !world.tokens.take_code(given("code"), given("redirect_uri"), given("code_verifier")) {
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
