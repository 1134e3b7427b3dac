//! 承認して実行: what approving a held run does, by kind, and the decision: yes, typed and not only clicked, or no.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use link::report::{Answer, hold_reason_text};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::layout::{Frame, MenuItem, token};
use super::start;
use super::words::{figure, separated, time_text};
use crate::app::{App, Shared};
use crate::audit::{self, Action};
use crate::decisions::{self, Verdict};
use crate::form::Posted;
use crate::hold_plan::{Deletion, DeletionGroup, HoldPlan, WORD};
use crate::problem::Problem;
use crate::records::{self, RunRecord};
use crate::respond::see_other;
use crate::session::{Session, SignedIn};
use crate::site::Site;

/// Deletions on one page.
const ON_PAGE: usize = 100;
/// The longest reason.
const REASON: usize = 500;

/// Which of the deletions are shown.
#[derive(Default, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
}

async fn open<S: Site>(app: &App<S>, name: &str) -> Result<(RunRecord, Answer), Problem> {
    let record = records::named(app, name).await?;
    let conflict = |what: &str| {
        Problem::new(StatusCode::CONFLICT, "承認できません", what, "実行履歴から最新の結果を確認してください。")
            .way("/runs", "実行履歴を見る")
    };
    if decisions::about(app, &record.run.id).await?.is_some() {
        return Err(conflict("この保留については、すでに決定しています。"));
    }
    match record.answer.clone().filter(|answer| records::is_approvable(answer, app.now())) {
        Some(answer) => Ok((record, answer)),
        None => Err(conflict("この実行は保留ではないか、承認の期限(7日)を過ぎています。")),
    }
}

/// `GET /runs/{id}/approve`.
pub(crate) async fn show<S: Site>(
    State(app): State<Shared<S>>,
    SignedIn(session): SignedIn,
    Path(name): Path<String>,
    Query(search): Query<Search>,
) -> Result<Markup, Problem> {
    let (record, answer) = open(&app, &name).await?;
    let plan = HoldPlan::of(&app, &record, &answer).await?;
    let smarthr = app.config().await.map(|config| config.smarthr.base_url);
    let hold = answer.hold.as_ref();
    let frame = Frame::of(&app, &session, MenuItem::Runs, "保留の承認").await;
    Ok(frame.page(&html! {
        section {
            h2 { "保留の理由" }
            ul { @for reason in hold.iter().flat_map(|hold| &hold.reasons) { li { (separated(&hold_reason_text(reason))) } } }
            dl {
                dt { "保留した実行" } dd { (time_text(&answer.started_at)) " " span.mono { (answer.run_id) } }
                @if let Some(hold) = hold { dt { "承認の期限" } dd { (time_text(&hold.approve_until)) } }
            }
        }
        (deletions(&plan, &answer, &search, smarthr.as_deref()))
        (blanks(&plan))
        (adopted(&plan))
        section {
            h2 { "決定" }
            div class="notice bad" {
                p { "承認すると、このページに示した内容だけがエマージェンシーコールに反映されます。削除された方には緊急連絡が届かなくなります。" }
                p { "SmartHRのデータを改めて受信して実行します。対象が増えていた場合は、もう一度保留になります。" }
            }
            (approval_form(&session, &plan, &answer, smarthr.as_deref()))
            h3 { "却下する" }
            form method="post" action={ "/runs/" (answer.run_id) "/refuse" } {
                (token(&session))
                label for="refusal" { "却下の理由" }
                input id="refusal" type="text" name="reason" autocomplete="off" maxlength=(REASON) required;
                p {}
                button type="submit" { "却下する" }
                p.hint { "却下しても、エマージェンシーコールの登録内容は変わりません。SmartHRのデータを直すまで、毎日の連携は保留のままです。" }
            }
        }
    }))
}

fn deletions(plan: &HoldPlan, answer: &Answer, search: &Search, smarthr: Option<&str>) -> Markup {
    let found = plan.search(search.q.trim());
    let first = search.page.min(found.len() / ON_PAGE) * ON_PAGE;
    let shown = found.get(first..(first + ON_PAGE).min(found.len())).unwrap_or_default();
    let approve = format!("/runs/{}/approve", answer.run_id);
    let to = |page: usize| {
        let mut query = reqwest::Url::parse("http://localhost/").ok()?;
        query.query_pairs_mut().append_pair("q", search.q.trim()).append_pair("page", &page.to_string());
        Some(format!("{approve}?{}", query.query()?))
    };
    html! {
        section {
            h2 { "削除される対象 (社員 " (figure(plan.users)) "件、部署 " (figure(plan.departments)) "件)" }
            @if plan.deletions.is_empty() {
                p { "この承認で削除される社員・部署はありません。" }
            } @else {
                (groups(&plan.groups()))
                form.filters method="get" action=(approve) {
                    label for="q" { "ID、理由または所属部署で探す" }
                    input id="q" type="text" name="q" value=(search.q) autocomplete="off";
                    button type="submit" { "探す" }
                }
                p.soft.on-screen { (figure(found.len() as u64)) "件のうち " (figure(shown.len() as u64)) "件を表示しています。印刷するとすべてを印刷します。" }
                div.scroll.tall.on-screen tabindex="0" role="region" aria-label="削除される対象の表" {
                    (table(shown, smarthr))
                }
                div.on-paper { (paper(&plan.deletions)) }
                div.actions {
                    @if first > 0 { @if let Some(to) = to(first / ON_PAGE - 1) { a.button href=(to) { "前の" (ON_PAGE) "件" } } }
                    @if first + ON_PAGE < found.len() {
                        @if let Some(to) = to(first / ON_PAGE + 1) { a.button href=(to) { "次の" (ON_PAGE) "件" } }
                    }
                    a.button href={ "/runs/" (answer.run_id) "/plan.xlsx" } { "新規・削除の一覧(Excel)" }
                }
            }
        }
    }
}

/// Groups that are shown; what is left is in the list itself.
const GROUPS: usize = 60;

fn groups(groups: &[DeletionGroup<'_>]) -> Markup {
    let rest: u64 = groups.iter().skip(GROUPS).map(|group| group.count).sum();
    html! {
        h3 { "理由と所属部署ごとの件数" }
        div.scroll tabindex="0" role="region" aria-label="理由と所属部署ごとの件数の表" {
            table.cards {
                thead { tr {
                    th scope="col" { "対象" } th scope="col" { "理由" } th scope="col" { "所属部署" } th.number scope="col" { "件数" }
                } }
                tbody { @for group in groups.iter().take(GROUPS) { tr {
                    td data-label="対象" { (group.record) }
                    td data-label="理由" { (group.reason) }
                    td data-label="所属部署" { (or_dash(group.department)) }
                    td.number data-label="件数" { (figure(group.count)) }
                } } }
            }
        }
        @if rest > 0 { p { "このほかに" (figure(rest)) "件あります。" } }
        h3 { "一覧" }
    }
}

fn table(shown: &[&Deletion], smarthr: Option<&str>) -> Markup {
    html! {
        table.cards {
            thead { tr {
                th scope="col" { "対象" } th scope="col" { "ID" } th scope="col" { "理由" } th scope="col" { "所属部署" }
                th scope="col" { "SmartHR" }
            } }
            tbody { @for line in shown { tr {
                td data-label="対象" { (line.record) }
                td.mono data-label="ID" { (line.id) }
                td data-label="理由" { (line.reason) }
                td data-label="所属部署" { (or_dash(&line.department)) }
                td data-label="SmartHR" {
                    @if line.address.is_empty() { "-" } @else { (in_smarthr(&line.address, smarthr, "SmartHRで開く")) }
                }
            } } }
        }
    }
}

/// Everybody, without the links that paper cannot follow.
fn paper(all: &[Deletion]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "対象" } th scope="col" { "ID" } th scope="col" { "理由" } th scope="col" { "所属部署" }
            } }
            tbody { @for line in all { tr {
                td { (line.record) } td.mono { (line.id) } td { (line.reason) } td { (or_dash(&line.department)) }
            } } }
        }
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn blanks(plan: &HoldPlan) -> Markup {
    html! {
        @if !plan.approval.blank.is_empty() {
            section {
                h2 { "空になる項目" }
                ul { @for (item, people) in &plan.approval.blank {
                    li { (item) @if *people > 0 && *people < u64::from(u32::MAX) { ": " (figure(*people)) "人の値がなくなります" } }
                } }
            }
        }
    }
}

fn adopted(plan: &HoldPlan) -> Markup {
    let list = |title: &str, ids: &std::collections::BTreeSet<String>| {
        html! {
            @if !ids.is_empty() {
                h3 { (title) " (" (figure(ids.len() as u64)) "件)" }
                div.scroll.tall tabindex="0" role="region" aria-label=(title) {
                    ul { @for id in ids { li.mono { (id) } } }
                }
            }
        }
    };
    html! {
        @if !plan.approval.adopt_users.is_empty() || !plan.approval.adopt_departments.is_empty() {
            section {
                h2 { "引き継ぐID" }
                div class="notice warn" {
                    p { "エマージェンシーコールにすでに登録されているIDです。同じ契約のほかの会社のIDでないことを、運用担当とご確認ください。" }
                }
                (list("引き継ぐユーザID", &plan.approval.adopt_users))
                (list("引き継ぐ部署ID", &plan.approval.adopt_departments))
            }
        }
    }
}

fn approval_form(session: &Session, plan: &HoldPlan, answer: &Answer, smarthr: Option<&str>) -> Markup {
    html! {
        form method="post" action={ "/runs/" (answer.run_id) "/approve" } {
            (token(session))
            @if !plan.approval.replace.is_empty() { (reused(plan, smarthr)) }
            label for="reason" { "承認の理由" }
            input id="reason" type="text" name="reason" autocomplete="off" maxlength=(REASON) required;
            label for="phrase" { (asked(plan)) }
            input id="phrase" type="text" name="phrase" autocomplete="off" required;
            p { }
            div.actions {
                button.danger type="submit" { "承認して実行" }
                a.button href={ "/runs/" (answer.run_id) } { "やめる" }
            }
        }
    }
}

/// For each reused ID: another person, or the same one under a new SmartHR record.
fn reused(plan: &HoldPlan, smarthr: Option<&str>) -> Markup {
    html! {
        h3 { "別の従業員のものになったユーザID" }
        p { "「別の人」を選ぶと、前の人のアカウント(パスワード、本人が登録した連絡先を含む)を消し、新しい人のアカウントを作ります。"
            "「同じ人」を選ぶと、アカウントをそのまま引き継ぎます。" }
        @for (id, crew) in &plan.approval.replace {
            fieldset {
                legend { span.mono { (id) } }
                p {
                    @if let Some((before, _)) = plan.people.get(id) { (in_smarthr(before, smarthr, "前の人をSmartHRで開く")) " " }
                    @if let Some(base) = smarthr { (in_smarthr(&format!("{base}/crews/{crew}"), smarthr, "今の人をSmartHRで開く")) }
                }
                label { input type="radio" name={ "reuse:" (id) } value="other" required; " 別の人(アカウントを作り直す)" }
                label { input type="radio" name={ "reuse:" (id) } value="same"; " 同じ人(アカウントを引き継ぐ)" }
            }
        }
    }
}

/// A link into the tenant's own SmartHR; any other address stays text.
pub(super) fn in_smarthr(address: &str, smarthr: Option<&str>, label: &str) -> Markup {
    let is_ours = smarthr.and_then(|base| address.strip_prefix(base)).is_some_and(|rest| rest.starts_with('/'));
    html! {
        @if is_ours { a href=(address) rel="noreferrer" target="_blank" { (label) } } @else { (address) }
    }
}

fn asked(plan: &HoldPlan) -> String {
    let phrase = plan.phrase();
    if phrase == WORD {
        format!("確認のため「{WORD}」と入力してください")
    } else {
        format!("確認のため、削除される件数の合計「{phrase}」を入力してください")
    }
}

fn reason(posted: &Posted) -> Result<String, Problem> {
    let reason = posted.field("reason");
    if reason.is_empty() || reason.chars().count() > REASON || reason.contains(char::is_control) {
        return Err(Problem::bad_request("理由が入力されていないか、長すぎるため、何も行っていません。"));
    }
    Ok(reason.to_owned())
}

/// The reused IDs that are the same person; each has to be answered.
fn same_person(plan: &HoldPlan, posted: &Posted) -> Result<Vec<String>, Problem> {
    let mut same = Vec::new();
    for id in plan.approval.replace.keys() {
        match posted.field(&format!("reuse:{id}")) {
            "same" => same.push(id.clone()),
            "other" => {}
            _ => {
                return Err(Problem::bad_request(
                    "別の従業員のものになったユーザIDのすべてについて、「別の人」か「同じ人」を選んでください。承認していません。",
                ));
            }
        }
    }
    Ok(same)
}

/// `POST /runs/{id}/approve`.
pub(crate) async fn approve<S: Site>(
    State(app): State<Shared<S>>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    may_approve(&app, &posted.session).await?;
    let (record, answer) = open(&app, &name).await?;
    let plan = HoldPlan::of(&app, &record, &answer).await?;
    if halved(posted.field("phrase")) != plan.phrase() {
        return Err(Problem::bad_request(format!("確認の入力が一致しないため、承認していません。{}。", asked(&plan))));
    }
    let reason = reason(&posted)?;
    let same_person = same_person(&plan, &posted)?;
    let id = &record.run.id;
    let mut event = json!({ "mode": "sync", "approve": id.as_str() });
    if !same_person.is_empty() {
        event["same_person"] = json!(same_person);
    }
    start::free(&app).await?;
    let person = posted.session.record.person.clone();
    let decision = decisions::decide(&app, id, &person, Verdict::Approved, &reason).await?;
    match start::begin(&app, &posted.session, Action::Approved, id.as_str(), event).await {
        Ok(invocation) => {
            decisions::started(&app, id, decision, &invocation).await?;
            Ok(see_other(&format!("/progress/{invocation}")))
        }
        Err(problem) => {
            // Nothing was started: the hold waits for a decision as before.
            decisions::take_back(&app, id).await?;
            Err(problem)
        }
    }
}

/// `POST /runs/{id}/refuse`.
pub(crate) async fn refuse<S: Site>(
    State(app): State<Shared<S>>,
    Path(name): Path<String>,
    mut posted: Posted,
) -> Result<Response, Problem> {
    may_approve(&app, &posted.session).await?;
    let (record, answer) = open(&app, &name).await?;
    let reason = reason(&posted)?;
    let person = posted.session.record.person.clone();
    audit::note(&app, &person, Action::Refused, record.run.id.as_str()).await?;
    let decision = decisions::decide(&app, &record.run.id, &person, Verdict::Refused, &reason).await?;
    let told = match decisions::mail_refusal(&app, &answer, &decision).await {
        Ok(()) => {
            "保留を却下し、結果通知の宛先にメールで知らせました。エマージェンシーコールの登録内容は変わっていません。"
        }
        Err(error) => {
            tracing::error!(error, "the mail about a refusal was not sent");
            "保留を却下しましたが、メールでの通知はできませんでした。エマージェンシーコールの登録内容は変わっていません。"
        }
    };
    posted.session.say(&app, told).await?;
    Ok(see_other(&format!("/runs/{}", record.run.id)))
}

/// Whether this person may decide: by their role, and not about deletions of a sheet that they put in force themselves.
async fn may_approve<S: Site>(app: &App<S>, session: &Session) -> Result<(), Problem> {
    let pages = app.needed_config().await?.pages;
    if pages.approver_only && !session.record.role.may_approve() {
        return Err(Problem::role("承認は、承認者の権限を持つ方だけが行えます。"));
    }
    if pages.four_eyes && audit::last_sheet_change(app).await?.is_some_and(|id| id == session.record.person.id) {
        return Err(Problem::role(
            "連携設定シートを変更した方は、その後の保留を承認できません。ほかの方が承認してください。",
        ));
    }
    Ok(())
}

/// Full-width digits and commas are how many people type figures.
fn halved(text: &str) -> String {
    text.chars()
        .filter(|letter| !matches!(letter, ',' | '，' | '、'))
        .map(|letter| match letter {
            '０'..='９' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
            _ => letter,
        })
        .collect()
}
