//! Receive and convert: from SmartHR's pages to EMC's rows, page by page.

use futures::join;

use super::Run;
use super::settle::Previous;
use super::tenant::Tenant;
use crate::compare::Approval;
use crate::config::{EmcItem, Rule, SmartHrField, Source};
use crate::convert::{
    AskedBy, ConversionContext, DepartmentSet, Masters, Needs, Unverified, Users, UsersResult, compile,
    convert_departments, needs, needs_groups, resolve_custom_fields,
};
use crate::emc::SearchWords;
use crate::fault::{Code, Fault, Faults, Subject};
use crate::smarthr::{FieldSet, Filter, FirstPages, OwnedTemplate, People, SmartHr, SmartHrError};
use crate::state::ports::{Platform, SecretStore};

/// Today's data, converted.
pub(crate) struct Received {
    pub(crate) departments: DepartmentSet,
    pub(crate) users: UsersResult,
}

/// So often the departments are read again because people belong to one that the list lacks.
const DEPARTMENTS_AGAIN: usize = 3;
/// So often the listings are read on the first link until two readings in a row agree.
const MOST_READINGS: usize = 4;
/// So many people, at most, are asked for one by one.
const ONE_BY_ONE: usize = 200;

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
    let is_first = previous.is_first();
    let receiving = Receiving { run, tenant, smarthr, words, previous, approved, reads_until_sure: is_first };
    let mut received = receiving.receive().await?;
    if is_first {
        received.users.warnings.extend(empty_items(tenant, &received.users));
    }
    Ok(received)
}

/// The same without a snapshot, where nothing follows from who is there: each listing is read once.
pub(crate) async fn look<H: Platform>(
    run: &Run<'_, H>,
    tenant: &Tenant,
    smarthr: &SmartHr<'_, H::Secrets>,
    words: &SearchWords,
) -> Result<Received, Faults> {
    let (previous, approved) = (Previous::default(), Approval::default());
    let (previous, approved) = (&previous, &approved);
    Receiving { run, tenant, smarthr, words, previous, approved, reads_until_sure: false }.receive().await
}

/// What people are received and converted with.
struct Receiving<'r, H: Platform> {
    run: &'r Run<'r, H>,
    tenant: &'r Tenant,
    smarthr: &'r SmartHr<'r, H::Secrets>,
    words: &'r SearchWords,
    previous: &'r Previous,
    approved: &'r Approval,
    /// Whether the listings are read until two readings in a row hold the same people.
    reads_until_sure: bool,
}

impl<H: Platform> Receiving<'_, H> {
    async fn receive(&self) -> Result<Received, Faults> {
        let Self { tenant, smarthr, .. } = self;
        let needs = needs(&tenant.config, &tenant.mapping);
        let rules = compile(&tenant.mapping, self.words);
        let fields = FieldSet::new(needs.fields.iter().copied());

        // The first pages of people are asked for together with what is needed to convert them.
        let (departments, masters, first) =
            join!(smarthr.departments(), masters(smarthr, tenant, &needs), smarthr.first_pages(&fields));
        let mut faults = Faults::new();
        let mut found = |error: Faults| {
            // The same cause (no token, maintenance) hits all three: it is told once.
            for fault in error {
                let is_known = |known: &Fault| {
                    let by_place = matches!(fault.code.entry().family, crate::fault::Family::Config)
                        || matches!(fault.code, Code::SmarthrForbidden | Code::SmarthrRightMissing);
                    known.code == fault.code && (!by_place || known.field == fault.field && known.line == fault.line)
                };
                if !faults.0.iter().any(is_known) {
                    faults.push(fault);
                }
            }
        };
        let departments = departments.map_err(|error| found(fault(error))).ok();
        let masters = masters.map_err(&mut found).ok();
        let mut first = first.map_err(|error| found(fault(error))).ok();
        // What EMC's masters and SmartHR's custom fields say of the sheet is told together.
        let rules = match rules {
            Ok(rules) if faults.is_empty() => rules,
            Ok(_) => return Err(faults),
            Err(sheet) => {
                faults.0.splice(0..0, sheet);
                return Err(faults);
            }
        };
        let (Some(mut listed), Some(masters)) = (departments, masters) else { return Err(faults) };

        let mut rounds = 0;
        loop {
            let departments = convert_departments(&listed, &tenant.config);
            let mut rules = rules.clone();
            rules.name_departments(&departments);
            let mut users = Users::new(ConversionContext {
                config: &tenant.config,
                rules: &rules,
                words: self.words,
                departments: &departments,
                masters: &masters,
                previous: &self.previous.snapshot,
                approved: self.approved,
                today: self.run.today(),
            });
            self.people(&fields, first.take(), &mut users).await.map_err(fault)?;
            let mut users = users.finish();
            // One may have been made after the departments were read.
            let unlisted = &users.unlisted_departments;
            if !unlisted.is_empty() && rounds < DEPARTMENTS_AGAIN {
                let again = smarthr.departments().await.map_err(fault)?;
                if again.iter().any(|department| unlisted.contains(&department.id)) {
                    listed = again;
                    rounds += 1;
                    continue;
                }
            }
            users.warnings.extend(repeated_options(tenant, self.words));
            return Ok(Received { departments, users });
        }
    }

    /// Hands everybody to the conversion, and asks for those of the snapshot who were not listed.
    async fn people(
        &self,
        fields: &FieldSet,
        first: Option<FirstPages>,
        users: &mut Users<'_>,
    ) -> Result<(), SmartHrError> {
        let remembers = self.previous.snapshot.users.crews.iter().any(str::is_empty);
        let mut people = People::new(self.smarthr, fields, remembers);
        people.read(first, users).await?;
        if self.reads_until_sure {
            read_until_sure(&mut people, users).await?;
        }
        if users.has_unreadable_status() {
            return Ok(());
        }
        self.ask_for_missing(&mut people, users).await?;
        self.ask_for_missing_without_crew(&mut people, users).await
    }

    /// Nobody goes on a list's word.
    async fn ask_for_missing(
        &self,
        people: &mut People<'_, '_, H::Secrets>,
        users: &mut Users<'_>,
    ) -> Result<(), SmartHrError> {
        let ids: Vec<String> = users.not_come().into_iter().map(|(_, crew)| crew).collect();
        if ids.is_empty() || people.ask_for(&ids, users).await? == Filter::Heeded {
            return Ok(());
        }
        let mut missing = users.not_come();
        missing.retain(|(at, _)| !self.may_go(*at));
        if missing.len() > ONE_BY_ONE {
            let users_of_snapshot = missing.into_iter().map(|(at, _)| at).collect();
            users.cannot_verify(Unverified { users: users_of_snapshot, by: AskedBy::Crew });
            return Ok(());
        }
        for (_, crew) in missing {
            people.ask_for_one(&crew, users).await?;
        }
        Ok(())
    }

    /// After a baseline: the snapshot knows IDs and no crews.
    async fn ask_for_missing_without_crew(
        &self,
        people: &mut People<'_, '_, H::Secrets>,
        users: &mut Users<'_>,
    ) -> Result<(), SmartHrError> {
        let mut missing = users.not_come_without_crew();
        if missing.is_empty() {
            return Ok(());
        }
        if self.tenant.mapping.user_id.source != Source::Field(SmartHrField::EmployeeNumber) {
            return people.read_who_is_new(users).await;
        }
        missing.retain(|(at, _)| !self.may_go(*at));
        // Who lacks the prefix is nobody of this SmartHR.
        let numbers: Vec<(u32, &str)> = missing
            .iter()
            .filter_map(|(at, id)| Some((*at, id.strip_prefix(self.tenant.config.prefix.as_str())?)))
            .collect();
        let cannot = |rest: &[(u32, &str)]| Unverified {
            users: rest.iter().map(|(at, _)| *at).collect(),
            by: AskedBy::EmployeeNumber,
        };
        if numbers.len() > ONE_BY_ONE {
            users.cannot_verify(cannot(&numbers));
            return Ok(());
        }
        for (done, (_, number)) in numbers.iter().enumerate() {
            if people.ask_for_number(number, users).await? == Filter::Ignored {
                users.cannot_verify(cannot(numbers.get(done..).unwrap_or_default()));
                break;
            }
        }
        Ok(())
    }

    /// Whether a person approved that this user of the snapshot goes.
    fn may_go(&self, at: u32) -> bool {
        let id = self.previous.snapshot.users.ids.get(at as usize);
        let approved = self.approved.delete_users.as_ref();
        id.zip(approved).is_some_and(|(id, approved)| approved.contains(id))
    }
}

async fn read_until_sure<K: SecretStore>(
    people: &mut People<'_, '_, K>,
    users: &mut Users<'_>,
) -> Result<(), SmartHrError> {
    for _ in 1..MOST_READINGS {
        let before = people.attendance();
        people.read(None, users).await?;
        if people.attendance() == before {
            return Ok(());
        }
    }
    let detail = format!("{MOST_READINGS}回読んでも、続けて同じ従業員になりませんでした");
    Err(SmartHrError::new(Code::SmarthrListingShifted, "従業員情報", detail))
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err as it is")]
fn fault(error: SmartHrError) -> Faults {
    error.to_fault().into()
}

pub(super) async fn masters<K: SecretStore>(
    smarthr: &SmartHr<'_, K>,
    tenant: &Tenant,
    needs: &Needs,
) -> Result<Masters, Faults> {
    let mut masters = Masters::default();
    let mut faults = Faults::new();
    if needs.establishments {
        match smarthr.establishments().await {
            Ok(establishments) => masters.establishments = establishments,
            Err(error) => faults.push(error.to_fault()),
        }
    }
    if !needs.custom_fields.is_empty() {
        match custom_fields(smarthr, tenant).await {
            Ok(custom_fields) => masters.custom_fields = custom_fields,
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(masters) } else { Err(faults) }
}

async fn custom_fields<K: SecretStore>(
    smarthr: &SmartHr<'_, K>,
    tenant: &Tenant,
) -> Result<hashbrown::HashMap<String, OwnedTemplate>, Faults> {
    let mut templates = smarthr.custom_field_templates().await.map_err(fault)?;
    if templates.is_empty() {
        let detail = "「カスタム従業員項目」の一覧が空です。";
        let fault = Fault::new(Code::SmarthrRightMissing, Subject::Smarthr, detail);
        return Err(fault.field("カスタム従業員項目").into());
    }
    if needs_groups(&tenant.mapping, &templates) && templates.iter().any(|template| template.group.is_empty()) {
        let groups = smarthr.custom_field_groups().await.map_err(fault)?;
        for template in templates.iter_mut().filter(|template| template.group.is_empty()) {
            template.group = groups.get(&template.group_id).cloned().unwrap_or_default();
        }
    }
    let (found, faults) = resolve_custom_fields(&tenant.mapping, &templates);
    if faults.is_empty() { Ok(found) } else { Err(faults.into()) }
}

/// Items of the sheet for which nobody at all has a value: perhaps the account may not read them.
pub(crate) fn empty_items(tenant: &Tenant, users: &UsersResult) -> Vec<Fault> {
    if users.with_user_id == 0 {
        let rule = &tenant.mapping.user_id;
        let is_told = users.faults.0.iter().any(|fault| fault.code == Code::SmarthrRightMissing);
        if users.considered == 0 || is_told || !matches!(rule.source, Source::Field(_) | Source::Custom(_)) {
            return Vec::new();
        }
        let detail = format!("{}の値を、1人も取得できませんでした。", rule.source.beside("ユーザID"));
        let fault = Fault::new(Code::PermissionSuspected, Subject::Mapping, detail);
        return vec![fault.line(rule.row).field("ユーザID")];
    }
    // An error that names the item, or the right that its source lacks, says more.
    let is_told = |rule: &Rule| {
        let source = match &rule.source {
            Source::Field(SmartHrField::Department(_)) => "部署",
            Source::Field(field) => field.label(),
            _ => "",
        };
        users.faults.0.iter().any(|fault| {
            let field = fault.field.as_deref().unwrap_or_default();
            match fault.code {
                Code::SmarthrRightMissing => field == rule.item.label() || field == source,
                Code::DepartmentUnknown | Code::ValueUnknown => field == rule.item.label(),
                _ => false,
            }
        })
    };
    let empty = tenant.mapping.rules.iter().filter(|rule| {
        let label = rule.item.label();
        matches!(rule.source, Source::Field(_) | Source::Custom(_))
            && users.filled.get(label) == Some(&0)
            && !is_told(rule)
    });
    empty
        .map(|rule| {
            let detail = format!("{}の値を、1人も取得できませんでした。", rule.in_words());
            Fault::new(Code::PermissionSuspected, Subject::Mapping, detail).line(rule.row).field(rule.item.label())
        })
        .collect()
}

/// Options of EMC's masters in use whose name stands twice: whom the other was meant for, nobody can tell.
fn repeated_options(tenant: &Tenant, words: &SearchWords) -> Vec<Fault> {
    let mut warnings = Vec::new();
    for rule in tenant.mapping.rules.iter().filter(|rule| !rule.is_idle()) {
        let EmcItem::SearchWord(number) = rule.item else { continue };
        for name in words.repeated(number) {
            let detail = format!("{}のマスタに、名称「{name}」の選択肢が2つ以上あります。", rule.label);
            let warning = Fault::new(Code::SearchWordRepeated, Subject::Emc, detail);
            warnings.push(warning.line(rule.row).field(rule.item.label()));
        }
    }
    warnings
}
