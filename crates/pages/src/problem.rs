//! Pages that say what went wrong and what to do, in the visitor's words.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use link::fault::{Fault, Faults};
use maud::html;

use crate::document;

/// Something a page could not do. Boxed: it is the rare answer, and every page's result has room for it.
#[derive(Debug)]
pub(crate) struct Problem(Box<Content>);

#[derive(Debug)]
struct Content {
    status: StatusCode,
    title: &'static str,
    what: String,
    todo: String,
    /// Where to go on, and what that is called.
    way: Option<(&'static str, &'static str)>,
    details: Vec<String>,
}

const HOME: (&str, &str) = ("/", "概要に戻る");

impl Problem {
    /// A problem with its cause and its remedy.
    pub(crate) fn new(
        status: StatusCode,
        title: &'static str,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self(Box::new(Content {
            status,
            title,
            what: what.into(),
            todo: todo.into(),
            way: Some(HOME),
            details: Vec::new(),
        }))
    }

    /// The same with another way on.
    pub(crate) fn way(mut self, to: &'static str, label: &'static str) -> Self {
        self.0.way = Some((to, label));
        self
    }

    /// The same for someone who is not inside.
    pub(crate) fn outside(mut self) -> Self {
        self.0.way = None;
        self
    }

    /// The same with lines of detail.
    pub(crate) fn details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.0.details.extend(lines);
        self
    }

    pub(crate) fn no_session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "画面を開き直してください",
            "操作がないまま30分が過ぎたか、まだログインしていません。",
            "エマージェンシーコールのメンテナンスサイトにログインし、「ユーザ管理」-「人事データ連携」からもう一度お入りください。",
        )
        .outside()
    }

    pub(crate) fn form_refused() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "操作を受け付けられませんでした",
            "画面の有効期限が切れたか、別の画面から送られた操作のため、何も行いませんでした。",
            "前の画面に戻って再読み込みし、もう一度操作してください。",
        )
    }

    pub(crate) fn bad_request(what: impl Into<String>) -> Self {
        let todo = "前の画面に戻り、入力し直してください。";
        Self::new(StatusCode::BAD_REQUEST, "入力を確認してください", what, todo)
    }

    pub(crate) fn role(what: &'static str) -> Self {
        let todo = "権限が必要なときは、エマージェンシーコールのメンテナンスサイトの管理者にご相談ください。";
        Self::new(StatusCode::FORBIDDEN, "この操作を行う権限がありません", what, todo)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ページが見つかりません",
            "お探しのページは無いか、保存期間を過ぎて削除されました。",
            "概要の画面からお探しください。",
        )
    }

    pub(crate) fn too_many() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "しばらくお待ちください",
            "短い時間に多くのアクセスがありました。",
            "1分ほど待ってから、もう一度お試しください。",
        )
        .outside()
    }

    pub(crate) fn busy() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "ほかの処理が実行中です",
            "連携の処理が実行中のため、今は操作できません。何も変更していません。",
            "処理が終わるまで数分待ってから、もう一度操作してください。",
        )
    }

    pub(crate) fn overtaken() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "内容が先に変更されました",
            "この画面を開いた後に、ほかの方が同じ内容を変更しました。上書きを避けるため、何も変更していません。",
            "最新の内容を確認してから、もう一度操作してください。",
        )
    }

    pub(crate) fn config_missing() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "連携の準備がまだ終わっていません",
            "設定ファイルがまだ置かれていません。",
            "連携の設定作業が終わるまでお待ちください。お急ぎの場合は運用担当へご連絡ください。",
        )
    }

    pub(crate) fn config_faulty(faults: &Faults) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "設定ファイルに誤りがあります",
            "設定ファイルに誤りがあるため、この操作はできません。",
            "次の内容を運用担当へお伝えください。",
        )
        .details(faults.0.iter().map(|fault| fault.message.clone()))
    }

    pub(crate) fn store(fault: &Fault) -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "一時的に利用できません",
            "保存先に接続できないため、表示または操作ができませんでした。",
            "数分待ってからもう一度お試しください。続くときは、次の内容を運用担当へお伝えください。",
        )
        .details([format!("{} {}", fault.code.entry().name, fault.code.entry().title_ja)])
    }

    pub(crate) fn internal(detail: &str) -> Self {
        tracing::error!(detail, "a page could not be made");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "表示できませんでした",
            "画面を作れませんでした。",
            "もう一度お試しください。続くときは運用担当へご連絡ください。",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = html! {
            section.problem {
                h1 { (self.0.title) }
                p { (self.0.what) }
                p { (self.0.todo) }
                @if !self.0.details.is_empty() {
                    ul { @for line in &self.0.details { li { (line) } } }
                }
                @if let Some((to, label)) = self.0.way {
                    p { a.button href=(to) { (label) } }
                }
            }
        };
        // Who is outside has no menu.
        let page = if self.0.way.is_some() { document::with_menu } else { document::bare };
        let mut response = (self.0.status, page(self.0.title, &body)).into_response();
        if self.0.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}
