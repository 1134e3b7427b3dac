//! Forms: read only where they carry the session's own token and come from these pages.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::HeaderMap;

use crate::app::Shared;
use crate::problem::Problem;
use crate::random::digest;
use crate::session::{Session, SignedIn};
use crate::site::Site;

/// The field that carries the token.
pub(crate) const CSRF: &str = "csrf";
/// The field that names a click which starts a run.
pub(crate) const CLICK: &str = "click";

/// A form that was sent from one of this session's own pages.
pub(crate) struct Posted {
    pub(crate) session: Session,
    fields: HashMap<String, String>,
}

impl Posted {
    /// A field's text without blanks around it; empty where it is absent.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |text| text.trim())
    }
}

impl<S: Site> FromRequest<Shared<S>> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared<S>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let SignedIn(session) = SignedIn::from_request_parts(&mut parts, app).await?;
        from_here(&parts.headers)?;
        let parts_path = parts.uri.path().to_owned();
        let request = Request::from_parts(parts, body);
        let axum::Form(pairs) = axum::Form::<Vec<(String, String)>>::from_request(request, app)
            .await
            .map_err(|_| Problem::bad_request("送られた内容を読み取れませんでした。"))?;
        let fields: HashMap<String, String> = pairs.into_iter().collect();
        carries_token(&session, fields.get(CSRF).map(String::as_str))?;
        // A viewer may leave, and nothing else.
        if !session.record.role.may_operate() && parts_path != "/leave" {
            return Err(Problem::role("閲覧の権限では、この操作は行えません。"));
        }
        Ok(Self { session, fields })
    }
}

/// A file that was sent from one of this session's own pages.
pub(crate) struct Uploaded {
    pub(crate) session: Session,
    pub(crate) content: Bytes,
}

impl<S: Site> FromRequest<Shared<S>> for Uploaded {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared<S>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let SignedIn(session) = SignedIn::from_request_parts(&mut parts, app).await?;
        from_here(&parts.headers)?;
        let unreadable =
            || Problem::bad_request("ファイルを受け取れませんでした。2MBまでのXLSXまたはCSVファイルを選んでください。");
        let request = Request::from_parts(parts, body);
        let mut form = Multipart::from_request(request, app).await.map_err(|_| unreadable())?;
        let (mut token, mut content) = (None, None);
        while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
            match field.name() {
                Some(CSRF) => token = Some(field.text().await.map_err(|_| unreadable())?),
                Some("file") => content = Some(field.bytes().await.map_err(|_| unreadable())?),
                _ => {}
            }
        }
        carries_token(&session, token.as_deref())?;
        if !session.record.role.may_operate() {
            return Err(Problem::role("閲覧の権限では、この操作は行えません。"));
        }
        let content = content.filter(|content| !content.is_empty()).ok_or_else(unreadable)?;
        Ok(Self { session, content })
    }
}

fn carries_token(session: &Session, token: Option<&str>) -> Result<(), Problem> {
    // Digests are compared, so that the time it takes tells nothing of the token.
    let is_own = token.is_some_and(|token| digest(token) == digest(&session.record.csrf));
    if is_own { Ok(()) } else { Err(Problem::form_refused()) }
}

/// A second look beside the token: browsers say where a form comes from.
fn from_here(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("sec-fetch-site").map(axum::http::HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Problem::form_refused()),
    }
}
