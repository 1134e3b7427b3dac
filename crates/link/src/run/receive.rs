//! Receive and convert: from SmartHR's pages to EMC's rows, page by page.

use futures::join;

use super::Run;
use super::settle::Previous;
use super::tenant::Tenant;
use crate::compare::Approval;
use crate::config::EmcItem;
use crate::convert::{
    ConversionContext, DepartmentSet, Masters, Needs, Users, UsersResult, compile, convert_departments, needs,
};
use crate::emc::{Emc, SearchWords};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::smarthr::{FieldSet, SmartHr};
use crate::state::ports::Platform;

/// Today's data, converted.
pub(crate) struct Received {
    pub(crate) departments: DepartmentSet,
    pub(crate) users: UsersResult,
}

/// EMC's search words, if the sheet uses any.
pub(crate) async fn search_words(emc: &Emc, tenant: &Tenant) -> Result<SearchWords, Faults> {
    if !uses_search_words(tenant) {
        return Ok(SearchWords::default());
    }
    emc.search_words().await.map_err(|error| error.to_fault().into())
}

/// The search words of a bulk upload: the config's; where it has none, EMC's own, if there is a token to ask with.
pub(crate) async fn upload_words<H>(run: &Run<'_, H>, tenant: &Tenant) -> SearchWords {
    let own = &tenant.config.upload.search_words;
    if own.iter().all(Option::is_none)
        && tenant.secret.emc_token.is_some()
        && uses_search_words(tenant)
        && let Ok(emc) = super::link::emc(run, tenant)
        && let Ok(words) = emc.search_words().await
    {
        return words;
    }
    SearchWords::from_config(own)
}

fn uses_search_words(tenant: &Tenant) -> bool {
    tenant.mapping.rules.iter().any(|rule| matches!(rule.item, EmcItem::SearchWord(_)) && !rule.is_idle())
}

/// Receives everything and converts it. `Err` where SmartHR or the sheet stop the run; faults of the data are in the
/// result.
pub(crate) async fn receive<H: Platform>(
    run: &Run<'_, H>,
    tenant: &Tenant,
    smarthr: &SmartHr<'_, H::Secrets>,
    words: &SearchWords,
    previous: &Previous,
    approved: &Approval,
) -> Result<Received, Faults> {
    let needs = needs(&tenant.config, &tenant.mapping);
    let rules = compile(&tenant.mapping, words);
    let fields = FieldSet::new(needs.fields.iter().copied());
    let fault = |error: crate::smarthr::SmartHrError| Faults::from(error.to_fault());

    // The first page of people is asked for together with what is needed to convert it.
    let (departments, masters, first) =
        join!(smarthr.departments(), masters(smarthr, &needs), smarthr.crews_first_page(&fields));
    let mut faults = Faults::new();
    let mut found = |error: Faults| {
        // The same cause (no token, maintenance) hits all three: it is told once.
        for fault in error {
            if !faults.0.iter().any(|known| known.code == fault.code) {
                faults.push(fault);
            }
        }
    };
    let departments = departments.map_err(|error| found(fault(error))).ok();
    let masters = masters.map_err(&mut found).ok();
    let first = first.map_err(|error| found(fault(error))).ok();
    // What EMC's masters and SmartHR's custom fields say of the sheet is told together.
    if let Some(masters) = &masters {
        faults.0.extend(unknown_custom_fields(tenant, masters));
    }
    let mut rules = match rules {
        Ok(rules) if faults.is_empty() => rules,
        Ok(_) => return Err(faults),
        Err(sheet) => {
            faults.0.splice(0..0, sheet);
            return Err(faults);
        }
    };
    let (Some(departments), Some(masters), Some(first)) = (departments, masters, first) else { return Err(faults) };

    let departments = convert_departments(&departments, &tenant.config);
    rules.name_departments(&departments);
    let mut users = Users::new(ConversionContext {
        config: &tenant.config,
        rules: &rules,
        words,
        departments: &departments,
        masters: &masters,
        previous: &previous.snapshot,
        approved,
        today: run.today(),
    });
    smarthr.crews(first, &mut users).await.map_err(fault)?;
    let users = users.finish();
    Ok(Received { departments, users })
}

pub(crate) async fn masters<K: crate::state::ports::SecretStore>(
    smarthr: &SmartHr<'_, K>,
    needs: &Needs,
) -> Result<Masters, Faults> {
    let fault = |error: crate::smarthr::SmartHrError| Faults::from(error.to_fault());
    let mut masters = Masters::default();
    if needs.establishments {
        masters.establishments = smarthr.establishments().await.map_err(fault)?;
    }
    if !needs.custom_fields.is_empty() {
        let templates = smarthr.custom_field_templates().await.map_err(fault)?;
        masters.custom_fields =
            templates.into_iter().map(|template| (template.name.trim().to_owned(), template)).collect();
    }
    Ok(masters)
}

fn unknown_custom_fields(tenant: &Tenant, masters: &Masters) -> Vec<Fault> {
    let mut faults = Vec::new();
    let user_id = &tenant.mapping.user_id;
    let rows = std::iter::once((user_id.row, "ユーザID", &user_id.source))
        .chain(tenant.mapping.rules.iter().map(|rule| (rule.row, rule.item.label(), &rule.source)));
    for (row, label, source) in rows {
        if let crate::config::Source::Custom(name) = source
            && !masters.custom_fields.contains_key(name.trim())
        {
            let detail = format!("連携設定シートのカスタム項目「{name}」がSmartHRにありません。");
            faults.push(Fault::new(Code::SheetCustomFieldUnknown, Subject::Mapping, detail).line(row).field(label));
        }
    }
    faults
}

/// The client of SmartHR for this run.
pub(crate) fn smarthr<'r, H: Platform>(run: &Run<'r, H>, tenant: &Tenant) -> Result<SmartHr<'r, H::Secrets>, Faults> {
    let progress = run.environment.progress;
    SmartHr::new(
        &tenant.config.smarthr,
        run.platform.secrets(),
        tenant.stored.clone(),
        tenant.secret.smarthr.clone(),
        run.platform.clock(),
        run.environment.deadline,
    )
    .map(|client| {
        client.with_rate(run.environment.smarthr_rate).on_page(move |listing, done, total| {
            progress(super::Progress::SmartHr { listing, done, total });
        })
    })
    .map_err(|error| error.to_fault().into())
}
