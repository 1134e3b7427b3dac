//! Receive and convert: from SmartHR's pages to EMC's rows, page by page.

use futures::join;

use super::Run;
use super::settle::Previous;
use super::tenant::Tenant;
use crate::compare::Approval;
use crate::convert::{
    ConversionContext, DepartmentSet, Masters, Needs, Users, UsersResult, compile, convert_departments, needs,
};
use crate::emc::SearchWords;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::smarthr::{FieldSet, SmartHr};
use crate::state::ports::Platform;

/// Today's data, converted.
pub(crate) struct Received {
    pub(crate) departments: DepartmentSet,
    pub(crate) users: UsersResult,
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
