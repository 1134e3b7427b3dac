//! Pages and errors as SmartHR sends them.

use bytes::Bytes;
use serde_json::json;

use super::Asked;
use super::settings::SmartHrSettings;
use crate::http::Reply;

/// SmartHR's JSON error for an HTTP status.
pub(super) fn error(status: u16) -> Reply {
    let (code, kind, message) = match status {
        400 => (1, "bad_request", "不正なリクエストパラメータです"),
        401 => (2, "unauthorized_token", "無効なアクセストークンです"),
        403 => (3, "forbidden", "このリソースにアクセスする権限がありません"),
        404 => (4, "not_found", "リソースが見つかりません"),
        429 => (6, "too_many_requests", "リクエスト数の上限を超えました"),
        503 => (9, "service_maintenance", "ただいまメンテナンス中です"),
        _ => (5, "internal_server_error", "予期せぬエラーが発生しました"),
    };
    let body = json!({ "code": code, "type": kind, "message": message, "errors": null });
    Reply::json(status, body.to_string())
}

/// A 400 that names the parameter.
pub(super) fn bad_parameter(field: &str, message: &str) -> Reply {
    let errors = json!([{ "message": message, "resource": "Request", "field": field }]);
    let body =
        json!({ "code": 1, "type": "bad_request", "message": "不正なリクエストパラメータです", "errors": errors });
    Reply::json(400, body.to_string())
}

/// Which page was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) number: usize,
    pub(super) size: usize,
}

impl Page {
    /// Reads `page` and `per_page`.
    pub(super) fn of(asked: &Asked) -> Result<Self, Reply> {
        let number = asked.query.number("page", 1).filter(|page| *page >= 1);
        let size = asked.query.number("per_page", 10).filter(|size| (1..=100).contains(size));
        match (number, size) {
            (Some(number), Some(size)) => Ok(Self { number, size }),
            (None, _) => Err(bad_parameter("page", "pageは1以上の整数で指定してください")),
            (_, None) => Err(bad_parameter("per_page", "per_pageは1以上100以下の整数で指定してください")),
        }
    }

    /// The last page of so many entries; an empty list has one page.
    pub(super) fn last(self, total: usize) -> usize {
        total.div_ceil(self.size).max(1)
    }

    /// The entries of this page, as a range within `total`.
    pub(super) fn range(self, total: usize) -> std::ops::Range<usize> {
        let start = (self.number - 1).saturating_mul(self.size).min(total);
        start..(start + self.size).min(total)
    }
}

/// What follows the last page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// No `next`.
    Proper,
    /// A `next`, for ever.
    Never,
}

/// The answer for one page.
pub(super) fn reply(
    asked: &Asked,
    page: Page,
    total: usize,
    end: End,
    settings: &SmartHrSettings,
    body: Bytes,
) -> Reply {
    let last = page.last(total);
    let mut links = vec![link(asked, 1, "first")];
    if page.number > 1 {
        links.push(link(asked, page.number - 1, "prev"));
    }
    if page.number < last || end == End::Never {
        links.push(link(asked, page.number + 1, "next"));
    }
    links.push(link(asked, last, "last"));
    let reply = Reply::json(200, body).with("link", &links.join(", "));
    let reply = if settings.total_count { reply.with("x-total-count", &total) } else { reply };
    if settings.page_headers { reply.with("x-page", &page.number).with("x-per-page", &page.size) } else { reply }
}

fn link(asked: &Asked, page: usize, relation: &str) -> String {
    let others = asked.raw_query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("page="));
    let query: Vec<String> = others.map(str::to_owned).chain([format!("page={page}")]).collect();
    // A bare comma would look like the end of a link.
    let query = query.join("&").replace(',', "%2C");
    format!("<http://{}{}?{query}>; rel=\"{relation}\"", asked.host, asked.path)
}
