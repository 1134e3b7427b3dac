//! What there is to know of a sheet before it is put in force: its faults with the rows that they are in, what it would do to
//! people, and whether its names exist in SmartHR and Emergency Call.

use std::time::Duration;

use link::config::{Absent, Mapping, SHEET_COLUMNS, SheetFormat, UserIdAbsent};
use link::fault::Fault;
use link::net::Deadline;
use link::run::Environment;
use link::state::RunId;
use maud::{Markup, html};
use sheet::file_rows;

use crate::app::App;
use crate::sheet_store::StoredSheet;
use crate::site::Site;

/// The longest that SmartHR and Emergency Call are waited for.
const CHECK_PATIENCE: Duration = Duration::from_secs(15);

/// Faults by their place in the sheet.
pub(super) fn fault_table(faults: &[Fault]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="シートの誤りの表" {
            table {
                thead { tr { th.number scope="col" { "行" } th scope="col" { "項目・列" } th scope="col" { "誤りと直し方" } } }
                tbody { @for fault in faults {
                    tr {
                        td.number { @if let Some(line) = fault.line { a href={ "#row-" (line) } { (line) } } @else { "-" } }
                        td { (fault.field.as_deref().unwrap_or("-")) }
                        td { (fault.message) }
                    }
                } }
            }
        }
    }
}

/// The sheet as it stands in its file, with the rows of its faults marked; passwords are covered.
pub(super) fn file_table(format: SheetFormat, content: &[u8], faults: &[Fault]) -> Markup {
    const TITLE: &str = "アップロードしたシートの内容";
    html! { h3 { (TITLE) } (numbered_rows(TITLE, format, content, faults)) }
}

/// The rows of a sheet's file under their numbers, so that a fault can lead to its row.
pub(super) fn numbered_rows(label: &str, format: SheetFormat, content: &[u8], faults: &[Fault]) -> Markup {
    let rows = file_rows(format, content);
    let is_wrong = |number: u32| faults.iter().any(|fault| fault.line == Some(number));
    html! {
        @if !rows.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(label) {
                table {
                    thead { tr { th.number scope="col" { "行" } @for label in SHEET_COLUMNS { th scope="col" { (label) } } } }
                    tbody { @for (number, row) in &rows {
                        tr id={ "row-" (number) } class=[is_wrong(*number).then_some("wrong")] {
                            td.number { (number) @if is_wrong(*number) { " " span.badge.bad { "誤り" } } }
                            @for cell in row { td { (cell) } }
                        }
                    } }
                }
            }
        }
    }
}

/// What would give people other IDs, delete them, or empty what they have.
pub(super) fn dangers(old: Option<&StoredSheet>, new: &Mapping) -> Markup {
    let Some(before) = old.and_then(|old| old.mapping.as_ref().ok()) else { return html! {} };
    let is_other = before.user_id.source != new.user_id.source;
    let leaves_out = |mapping: &Mapping| {
        [mapping.user_id.create_absent, mapping.user_id.update_absent].contains(&UserIdAbsent::LeaveOut)
    };
    let clears = |mapping: &Mapping| -> Vec<String> {
        let clearing = mapping.rules.iter().filter(|rule| rule.update_absent == Absent::Clear && !rule.is_idle());
        clearing.map(|rule| rule.item.label().to_owned()).collect()
    };
    let known = clears(before);
    let newly: Vec<String> = clears(new).into_iter().filter(|item| !known.contains(item)).collect();
    html! {
        @if is_other {
            div class="notice bad" {
                p { strong { "ユーザIDにする項目が変わります。" } "IDが変わる方は、いったん削除されて新規に登録されます。パスワードと、本人が登録した連絡先は引き継がれません。必ず「このシートで事前確認」で人数を確かめてください。" }
            }
        }
        @if leaves_out(new) && !leaves_out(before) {
            div class="notice bad" {
                p { strong { "ユーザIDにする項目が空の方を連携しない設定になります。" } "登録済みの方でこの項目が空の方は、エマージェンシーコールから削除されます。" }
            }
        }
        @if !newly.is_empty() {
            div class="notice warn" {
                p { strong { "SmartHRに値が無い方の、次の項目が空になります。" } (newly.join("、")) }
            }
        }
    }
}

/// Whether the names in a draft exist in SmartHR and Emergency Call.
pub(super) async fn checked<S: Site>(app: &App<S>, name: &RunId, draft: &StoredSheet) -> Markup {
    let environment = Environment {
        tenant: app.settings.tenant.clone(),
        version: app.settings.version,
        mail_from: app.settings.mail_from.clone(),
        ops_mail: None,
        pages_entry: None,
        invocation: String::new(),
        deadline: Deadline::after(CHECK_PATIENCE),
        smarthr_rate: None,
        progress: &|_| {},
    };
    match link::run::sheet_faults(app.site.home(), &environment, name).await {
        Ok(faults) if faults.is_empty() => html! {
            p { span.badge.ok { "照合済み" } " シートの項目名は、SmartHRとエマージェンシーコールにあります。" }
        },
        Ok(faults) => html! {
            div class="notice bad" role="alert" {
                p { strong { "SmartHRまたはエマージェンシーコールと合わない点があります。" } "このまま適用すると、次の連携はエラーになります。" }
            }
            (fault_table(&faults))
            (file_table(draft.format, &draft.content, &faults))
        },
        Err(faults) => html! {
            div class="notice warn" {
                p { "SmartHRとエマージェンシーコールの項目名との照合はできませんでした。「このシートで事前確認」で確かめてください。" }
                @for fault in faults.0.iter().take(3) { p.soft { (fault.message) } }
            }
        },
    }
}
