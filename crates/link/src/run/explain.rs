//! One person's story: what SmartHR says now, what the sheet makes of it, what a run would do, and what runs have done.
//! Reads SmartHR for that person only; takes no lock, writes, mails and records nothing.

use super::clients::{emc_if_asked, search_words, smarthr, upload_words};
use super::event::Whom;
use super::history::history;
use super::receive::masters;
use super::tenant::{self, Tenant, state_fault};
use super::{Environment, RunResult};
use crate::compare::{Approval, Expect, Snapshot};
use crate::config::{SmartHrField, Source};
use crate::convert::{ConversionContext, TracedItem, Users, UsersResult, compile, convert_departments, needs};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::report::{InSmartHr, Outcome, PersonStory, Verdict};
use crate::smarthr::{Crew, CrewSink, FieldSet, Filter, People, SmartHr, SmartHrError};
use crate::state::keys::Key;
use crate::state::ports::{Clock, Platform, SecretStore, StateStore};
use crate::time::date_of;

/// Tells a person's story.
pub(super) async fn explain<H: Platform>(platform: &H, environment: &Environment<'_>, whom: &Whom) -> RunResult {
    let told = async {
        let tenant = tenant::load(platform, None).await.tenant?;
        let snapshot = snapshot(platform).await?;
        story(platform, environment, &tenant, &snapshot, whom).await
    };
    match told.await {
        Ok(person) => RunResult { person: Some(person), ..RunResult::ending(Outcome::Explained) },
        Err(faults) => RunResult::failure(faults),
    }
}

async fn snapshot<H: Platform>(platform: &H) -> Result<Snapshot, Faults> {
    let found = platform.state().get(&Key::snapshot()).await.map_err(|error| Faults::from(state_fault(&error)))?;
    let Some(found) = found else { return Ok(Snapshot::default()) };
    Snapshot::parse(&found.body).map_err(|error| {
        let detail = format!("snapshot.jsonを読み取れません({})。", error.reason_ja());
        Fault::new(Code::SnapshotInvalid, Subject::State, detail).field("snapshot.json").into()
    })
}

/// Where the snapshot has the person: the position of the user.
fn known_at(snapshot: &Snapshot, tenant: &Tenant, whom: &Whom) -> Option<usize> {
    match whom {
        Whom::Id(id) => snapshot.users.ids.position(id),
        Whom::Crew(crew) => snapshot.users.crews.position(crew),
        Whom::Number(number) if by_number(tenant) => {
            snapshot.users.ids.position(&format!("{}{number}", tenant.config.prefix))
        }
        Whom::Number(_) => None,
    }
}

/// Whether the user ID is the 社員番号.
fn by_number(tenant: &Tenant) -> bool {
    tenant.mapping.user_id.source == Source::Field(SmartHrField::EmployeeNumber)
}

async fn story<H: Platform>(
    platform: &H,
    environment: &Environment<'_>,
    tenant: &Tenant,
    snapshot: &Snapshot,
    whom: &Whom,
) -> Result<PersonStory, Faults> {
    let client = smarthr(platform, environment, tenant)?;
    let words = match emc_if_asked(environment, tenant)? {
        Some(emc) => search_words(&emc, tenant).await?,
        None => upload_words(environment, tenant).await,
    };
    let needs = needs(&tenant.config, &tenant.mapping);
    // The number is asked for also where the sheet does not use it: a person may be asked about by it.
    let fields = FieldSet::new(needs.fields.iter().copied().chain(["emp_code"]));
    let listed = client.departments().await.map_err(fault)?;
    let masters = masters(&client, tenant, &needs).await?;
    let rules = compile(&tenant.mapping, &words)?;
    let departments = convert_departments(&listed, &tenant.config);
    let mut named = rules.clone();
    named.name_departments(&departments);
    let approved = Approval::default();
    let ctx = ConversionContext {
        config: &tenant.config,
        rules: &named,
        words: &words,
        departments: &departments,
        masters: &masters,
        previous: snapshot,
        approved: &approved,
        today: date_of(platform.clock().now()),
    };
    let known = known_at(snapshot, tenant, whom);
    let mut found = Found::new(ctx);
    find(&client, &fields, tenant, snapshot, whom, known, &mut found).await.map_err(fault)?;
    let mut person = found.into_story(tenant, snapshot, known);
    if person.id.is_none()
        && let Whom::Id(id) = whom
    {
        person.id = Some(id.clone());
    }
    person.history = history(platform, person.id.as_deref(), person.crew.as_deref()).await?;
    Ok(person)
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err as it is")]
fn fault(error: SmartHrError) -> Faults {
    error.to_fault().into()
}

/// Asks SmartHR for the person; for everybody who shares the number, where the user ID is the number.
async fn find<K: SecretStore>(
    client: &SmartHr<'_, K>,
    fields: &FieldSet,
    tenant: &Tenant,
    snapshot: &Snapshot,
    whom: &Whom,
    known: Option<usize>,
    found: &mut Found<'_>,
) -> Result<(), SmartHrError> {
    let mut people = People::new(client, fields, true);
    let linked = known.and_then(|at| snapshot.users.crews.get(at)).filter(|crew| !crew.is_empty());
    if let Whom::Crew(crew) = whom {
        people.ask_for_one(crew, found).await?;
    } else if let Whom::Number(number) = whom {
        found.only_number = Some(number.clone());
        if people.ask_for_number(number, found).await? == Filter::Ignored {
            people.read_who_is_new(found).await?;
        }
        found.only_number = None;
    }
    if found.people.is_empty()
        && let Some(crew) = linked
    {
        people.ask_for_one(crew, found).await?;
    }
    let number = match whom {
        Whom::Id(id) if by_number(tenant) => id.strip_prefix(tenant.config.prefix.as_str()).map(str::to_owned),
        _ if by_number(tenant) => found.people.first().and_then(|person| person.number.clone()),
        _ => None,
    };
    if let Some(number) = number.filter(|number| !number.is_empty() && !matches!(whom, Whom::Number(_))) {
        found.only_number = Some(number.clone());
        let _ = people.ask_for_number(&number, found).await?;
    }
    Ok(())
}

/// One of the people found.
struct Candidate {
    crew: String,
    status: InSmartHr,
    number: Option<String>,
}

/// The people found, and their conversion.
struct Found<'c> {
    users: Users<'c>,
    people: Vec<Candidate>,
    /// Takes only people with this 社員番号: a server may ignore the filter.
    only_number: Option<String>,
}

impl<'c> Found<'c> {
    fn new(ctx: ConversionContext<'c>) -> Self {
        Self { users: Users::traced(ctx), people: Vec::new(), only_number: None }
    }

    fn into_story(self, tenant: &Tenant, snapshot: &Snapshot, known: Option<usize>) -> PersonStory {
        let rows = self.users.first_trace();
        let result = self.users.finish();
        let linked_id = known.and_then(|at| snapshot.users.ids.get(at)).map(str::to_owned);
        let own_id = result.ids.get(0).map(str::to_owned);
        let linked_crew = known.and_then(|at| snapshot.users.crews.get(at)).filter(|crew| !crew.is_empty());
        let first = self.people.first();
        let crew = first.map(|person| person.crew.clone()).or(linked_crew.map(str::to_owned));
        let in_snapshot =
            linked_id.is_some() || crew.as_deref().is_some_and(|crew| snapshot.users.crews.position(crew).is_some());
        let (verdict, reason) = judge(tenant, snapshot, &result, &self.people, in_snapshot, known);
        PersonStory {
            id: own_id.or(linked_id),
            crew,
            in_smarthr: first.map_or(InSmartHr::NotFound, |person| person.status),
            in_snapshot,
            verdict,
            reason,
            rows: with_user_id(tenant, &result, rows, in_snapshot),
            history: Vec::new(),
        }
    }
}

impl CrewSink for Found<'_> {
    fn restart(&mut self) {
        self.people.clear();
        self.users.restart();
    }

    fn crew(&mut self, line: u32, crew: Crew<'_>) {
        let number = crew.emp_code.as_ref().map(|code| crate::characters::trimmed(code.as_str()).to_owned());
        if self.only_number.is_some() && self.only_number != number {
            return;
        }
        if self.people.iter().any(|known| known.crew == crew.id.as_str()) {
            return;
        }
        let status = match crew.emp_status.as_ref().map(crate::smarthr::Text::as_str) {
            Some("retired") => InSmartHr::Retired,
            Some("absent") => InSmartHr::Absent,
            _ => InSmartHr::Employed,
        };
        self.people.push(Candidate { crew: crew.id.as_str().to_owned(), status, number });
        self.users.crew(line, crew);
    }

    fn broken(&mut self, line: u32, id: Option<&str>) {
        self.users.broken(line, id);
    }
}

/// What a run would do with the person now.
fn judge(
    tenant: &Tenant,
    snapshot: &Snapshot,
    result: &UsersResult,
    people: &[Candidate],
    in_snapshot: bool,
    known: Option<usize>,
) -> (Verdict, String) {
    let Some(person) = people.first() else {
        return if in_snapshot {
            (Verdict::Delete, "SmartHRに居ません。次の連携で削除します。".to_owned())
        } else {
            (Verdict::Absent, "SmartHRにも前回データにも居ません。".to_owned())
        };
    };
    let in_service = people.iter().filter(|person| person.status != InSmartHr::Retired).count();
    if in_service > 1 {
        let detail = format!("同じ社員番号の従業員が{in_service}人居ます。SmartHRで社員番号を直してください。");
        return (Verdict::Ambiguous, detail);
    }
    if let Some(fault) = result.faults.0.first() {
        return (Verdict::Error, fault.message.clone());
    }
    if person.status == InSmartHr::Retired && in_service == 0 {
        return if in_snapshot {
            (Verdict::Delete, "在籍状況が退職済です。次の連携で削除します。".to_owned())
        } else {
            (Verdict::Absent, "在籍状況が退職済で、連携されていません。".to_owned())
        };
    }
    let Some(id) = result.ids.get(0) else {
        let at = known.or_else(|| snapshot.users.crews.position(&person.crew));
        let why = at.and_then(|at| result.leaving.get(at)).map(|why| why.reason_ja());
        return match why {
            Some(why) if in_snapshot => (Verdict::Delete, format!("{why}。次の連携で削除します。")),
            _ => {
                let why = result
                    .left_out
                    .first()
                    .map_or("連携対象の範囲外です", |left_out| left_out.why.reason_ja());
                (Verdict::LeftOut, format!("{why}。連携の対象外です。"))
            }
        };
    };
    let crew = result.crews.get(0).unwrap_or_default();
    match Expect::of_user(&snapshot.users, &Approval::default(), tenant.config.ids_reused, id, crew) {
        Expect::Create if in_snapshot => {
            (Verdict::Create, "ユーザIDが変わったため、新しいIDで登録し、前回のIDを削除します。".to_owned())
        }
        Expect::Create => (Verdict::Create, "前回データに無いため、新規登録します。".to_owned()),
        Expect::Update => (Verdict::Update, "前回データにあるため、更新(維持)します。".to_owned()),
        Expect::Adopt => (Verdict::Update, "別の従業員のものだったユーザIDを引き継いで更新します。".to_owned()),
        Expect::Replace => (
            Verdict::Create,
            "前回は別の従業員のものだったユーザIDです。連携は保留になり、承認されるまで何も行いません。".to_owned(),
        ),
    }
}

/// The rows with that of the user ID in front.
fn with_user_id(tenant: &Tenant, result: &UsersResult, rows: Vec<TracedItem>, in_snapshot: bool) -> Vec<TracedItem> {
    let id = result.ids.get(0);
    let action = match (id.is_some(), in_snapshot) {
        (true, true) => "更新",
        (true, false) => "登録",
        (false, _) => return rows,
    };
    let own = TracedItem {
        item: "ユーザID".to_owned(),
        from: tenant.mapping.user_id.source.to_string(),
        present: true,
        action: action.to_owned(),
        sends: id.map(str::to_owned),
    };
    std::iter::once(own).chain(rows).collect()
}
